"""Run the suite once on every database that answers: ``python -m tests.databases [pytest arguments]``.

SQLite always runs, with every test. PostgreSQL and MariaDB run all but the tests marked ``once`` and ``browser``, at
TEST_POSTGRES_URL and TEST_MYSQL_URL, where they answer. With CI=true they, RabbitMQ and Redis are required.
"""

import os
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

CONNECT_SECONDS = 2
PROCESSES = "4"
"""So many keep two cores busy: for half of their time, tests wait for servers and browsers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """Something that tests talk to; only a database has a run of its own."""

    name: str
    variable: str
    default: str
    port: int
    driver: str = ""

    @property
    def url(self) -> str:
        return os.environ.get(self.variable) or self.default

    def problem(self) -> str:
        """Return why it cannot be used, in one sentence, or nothing."""
        parts = urlsplit(self.url)
        address = (parts.hostname or "127.0.0.1", parts.port or self.port)
        try:
            socket.create_connection(address, timeout=CONNECT_SECONDS).close()
        except OSError as error:
            return f"{self.name} does not answer at {address[0]}:{address[1]} ({error})"
        if (
            self.driver
            and subprocess.run(
                [sys.executable, "-c", f"import {self.driver}"], check=False, capture_output=True
            ).returncode
        ):
            return f"{self.name} answers, but its driver {self.driver} is not installed (requirements-mysql.txt)"
        return ""


DATABASES = (
    Service(
        name="PostgreSQL",
        variable="TEST_POSTGRES_URL",
        default="postgres://postgres@127.0.0.1:5432/saluhall",
        port=5432,
        driver="psycopg",
    ),
    Service(
        name="MariaDB",
        variable="TEST_MYSQL_URL",
        default="mysql://root@127.0.0.1:3306/saluhall",
        port=3306,
        driver="MySQLdb",
    ),
)
OTHERS = (
    Service(name="RabbitMQ", variable="TEST_BROKER_URL", default="amqp://guest:guest@127.0.0.1:5672/", port=5672),
    Service(name="Redis", variable="TEST_REDIS_URL", default="redis://127.0.0.1:6379/9", port=6379),
)


def run(name: str, url: str, arguments: list[str]) -> tuple[bool, str]:
    """Run pytest on one database; return whether all went well, and a line for the summary."""
    print(f"\n=== {name} ===", flush=True)
    began = time.monotonic()
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-n",
        os.environ.get("TEST_PROCESSES", PROCESSES),
        "--dist",
        "loadfile",
        "--no-loadscope-reorder",  # the slow files have few tests: they must not come last, one after another
        *arguments,
    ]
    code = subprocess.run(command, check=False, env={**os.environ, "DATABASE_URL": url}).returncode
    verdict = "passed" if code == 0 else f"FAILED (pytest says {code})"
    return code == 0, f"{name}: {verdict} in {time.monotonic() - began:.0f} s"


def main(arguments: list[str]) -> int:
    strict = os.environ.get("CI") == "true"
    problems = {service.name: problem for service in (*DATABASES, *OTHERS) if (problem := service.problem())}
    if strict and problems:
        print("CI=true asks for every service, but:", *problems.values(), sep="\n  ")
        return 1
    results = [run("SQLite", "", arguments)]
    results += [
        run(database.name, database.url, ["-m", "not once and not browser", *arguments])
        for database in DATABASES
        if database.name not in problems
    ]
    print(
        "\n=== Summary ===",
        *(line for _, line in results),
        *(f"not used: {problem}" for problem in problems.values()),
        sep="\n",
    )
    return 0 if all(passed for passed, _ in results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
