"""What only the real server can show: header floods, and the start as in production."""

import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from tests.integration.hardening.addresses import SAMPLES
from tests.integration.live_shop import ROOT, LiveShop, running_shop

pytestmark = pytest.mark.once
FLOODS = {
    "a line of 1 MB": b"X-Long: " + b"a" * (1024 * 1024) + b"\r\n",
    "1,000 headers": b"".join(b"X-Many-%d: 1\r\n" % number for number in range(1000)),
    "a line that is none": b"no colon here\r\n",
    "two lengths": b"Content-Length: 1\r\nContent-Length: 2\r\n",
    "length and chunks": b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
    "a name with a space": b"Bad Name: 1\r\n",
    "a nul": b"X-Nul: a\x00b\r\n",
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveShop]:
    with running_shop(tmp_path_factory.mktemp("hardened")) as running:
        yield running


def first_line(shop: LiveShop, request: bytes) -> str:
    """Return the server's first line, or nothing when it hung up."""
    where = urlsplit(shop.url)
    with socket.create_connection((where.hostname or "", where.port or 0), timeout=10) as wire:
        try:
            wire.sendall(request)
            return wire.recv(200).decode("latin-1").partition("\r\n")[0]
        except ConnectionError:
            return ""


@pytest.mark.parametrize("name", FLOODS)
def test_a_flood_of_headers_is_refused_and_the_server_lives(shop: LiveShop, name: str) -> None:
    host = urlsplit(shop.url).netloc.encode()

    line = first_line(shop, b"GET / HTTP/1.1\r\nHost: " + host + b"\r\n" + FLOODS[name] + b"\r\n")

    assert line == "" or line.split()[1] in {"400", "431"}, line
    assert requests.get(f"{shop.url}/livez", timeout=5).status_code == 200


def title_of(answer: requests.Response) -> str:
    """Return the title of a page."""
    return answer.text.partition("<title>")[2].partition("</title>")[0].strip()


@pytest.mark.parametrize("header", ["SCRIPT_NAME: /cart", "SCRIPT_NAME: /elsewhere", "PATH_INFO: /livez"])
def test_no_header_says_below_which_path_the_shop_stands(shop: LiveShop, header: str) -> None:
    name, _colon, value = header.partition(": ")

    plain, sent = (requests.get(f"{shop.url}/cart/", headers=extra, timeout=10) for extra in ({}, {name: value}))

    assert (plain.status_code, sent.status_code) == (200, 200)
    assert title_of(sent) == title_of(plain)


@pytest.mark.parametrize(
    "kind", ["text/plain; a*=no-such-letters''%41", "text/plain; charset=idna", "text/plain; charset=utf-8"]
)
def test_a_kind_of_content_that_cannot_be_read_is_no_fault(shop: LiveShop, kind: str) -> None:
    for query in (f"a=%f0.{'b' * 99}", "&".join("a" * 1500)):
        answer = requests.get(f"{shop.url}/cart/?{query}", headers={"Content-Type": kind}, timeout=10)

        assert answer.status_code in {200, 400, 415}


@pytest.mark.parametrize("line", ["GET /" + "a" * 100_000 + " HTTP/1.1", "GET / HTTP/9.9", "\x00\x01\x02", "GET"])
def test_a_first_line_that_is_none_is_refused_and_the_server_lives(shop: LiveShop, line: str) -> None:
    answer = first_line(shop, line.encode() + b"\r\nHost: 127.0.0.1\r\n\r\n")

    assert answer == "" or answer.split()[1] in {"400", "414", "431", "505"}, answer
    assert requests.get(f"{shop.url}/livez", timeout=5).status_code == 200


def test_what_a_client_sends_behind_its_request_does_not_cut_the_answer_off(shop: LiveShop) -> None:
    where = urlsplit(shop.url)
    request = b"GET /products/ HTTP/1.1\r\nHost: " + where.netloc.encode() + b"\r\nConnection: close\r\n\r\n"

    with socket.create_connection((where.hostname or "", where.port or 0), timeout=10) as wire:
        wire.sendall(request + b"x" * 30_000)
        time.sleep(1)
        read = b"".join(iter(lambda: wire.recv(4096), b""))

    assert read.startswith(b"HTTP/1.1 200 ")
    assert read.endswith(b"</html>\n") or read.rstrip().endswith(b"</html>")


def test_no_link_that_opens_something_is_in_the_log_however_much_is_logged(tmp_path: Path) -> None:
    with running_shop(tmp_path, LOG_LEVEL="DEBUG") as shop:
        for method in ("GET", "HEAD", "POST", "PUT", "DELETE"):
            requests.request(method, f"{shop.url}/accounts/password/reset/key/4fzzz-s3cret-k3y/", timeout=10)
            requests.request(method, f"{shop.url}/orders/{SAMPLES[0]}/?token=s3cret-t0ken&a=b", timeout=10)
        log = (tmp_path / "server.log").read_text()

    assert "Forbidden" in log
    assert "/accounts/password/reset/key/***/" in log
    assert [line for line in log.splitlines() if "s3cret" in line] == []


def test_the_server_does_not_say_what_it_is(shop: LiveShop) -> None:
    answer = requests.get(f"{shop.url}/", timeout=10)

    assert not any(sign.isdigit() for sign in answer.headers.get("Server", ""))
    assert "X-Powered-By" not in answer.headers


def test_production_settings_pass_djangos_own_inspection(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("deploy")
    environment = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ} | {
        "DEBUG": "false",
        "SECRET_KEY": secrets.token_urlsafe(60),
        "JWT_PRIVATE_KEY": os.environ["JWT_PRIVATE_KEY"],
        "PUBLIC_URL": "https://shop.example.com",
        "DATABASE_URL": f"sqlite:///{folder}/shop.sqlite3",
    }

    done = subprocess.run(
        [sys.executable, "-W", "error::Warning:saluhall", "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout
