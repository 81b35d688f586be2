"""Processes that are started, killed without warning, and started again."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

FIRST_PORT = 10_240
FIRST_GIVEN_PORT = 32_768
"""From here on the system gives ports to connections, and to servers that ask for any."""


def leave_tidily() -> None:
    """Let SIGTERM end this program as Ctrl-C does: with everything that it started."""
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))


def free_port() -> int:
    """Return a port that nobody listens on.

    It is none that the system gives away by itself: until a slow program listens there, anybody's connection or
    server might have got it.
    """
    while True:
        port = FIRST_PORT + secrets.randbelow(FIRST_GIVEN_PORT - FIRST_PORT)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port


def answers(port: int, *, seconds: float = 1.0) -> bool:
    """True when somebody accepts connections there."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=seconds).close()
    except OSError:
        return False
    return True


def children_of(pid: int) -> list[int]:
    """Return the processes that this one started and that still live."""
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    except OSError:
        return []
    return [int(word) for word in text.split()]


def family_of(pid: int) -> list[int]:
    """Return a process and all that came from it, parents first."""
    return [pid, *(one for child in children_of(pid) for one in family_of(child))]


def kill(pid: int) -> bool:
    """End a process without warning; tell whether it was there."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


@dataclass(kw_only=True)
class Program:
    """One program of ours; it may die and start again."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(repr=False)
    log: Path
    folder: Path
    user: str | None = None
    process: subprocess.Popen[bytes] | None = None
    starts: int = 0

    def start(self) -> None:
        """Start it in a session of its own."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                list(self.command),
                cwd=self.folder,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                user=self.user,
            )
        self.starts += 1

    @property
    def is_running(self) -> bool:
        """True while its first process lives."""
        return self.process is not None and self.process.poll() is None

    def kill(self) -> None:
        """Kill the program and what it started, without warning."""
        if self.process is None:
            return
        pids = family_of(self.process.pid)
        for pid in pids:
            kill(pid)
        self.process.wait()
        end = time.monotonic() + 10
        while time.monotonic() < end and any(_is_alive(pid) for pid in pids[1:]):
            time.sleep(0.02)

    def stop(self, *, seconds: float = 15) -> None:
        """Ask it to end; kill what does not."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            self.kill()
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return


def _is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in {"Z", "X"}
