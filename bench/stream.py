"""Requests on a schedule that waits for nobody, from one thread: senders that wait for each other would measure that."""

import asyncio
import itertools
import time
from collections.abc import Iterator, Sequence

from bench.served import CLIENT_SECONDS, Answer

OPEN = 400
"""Connections at a time; when all are open, the schedule waits, and the table says how much was offered."""

Kind = tuple[str, str, bytes]


def stream(port: int, kinds: Sequence[Kind], *, rate: float, seconds: float) -> list[Answer]:
    """Send ``rate`` requests a second for so long; return every answer."""
    return asyncio.run(_stream(port, itertools.cycle(_wire(*kind) for kind in kinds), rate=rate, seconds=seconds))


async def _stream(port: int, requests: Iterator[bytes], *, rate: float, seconds: float) -> list[Answer]:
    room, began = asyncio.Semaphore(OPEN), time.monotonic()
    found: list[asyncio.Task[Answer]] = []
    for number in itertools.count():
        await asyncio.sleep(max(0.0, began + number / rate - time.monotonic()))
        await room.acquire()
        if time.monotonic() - began > seconds:
            break
        task = asyncio.create_task(_ask(port, next(requests)))
        task.add_done_callback(lambda _done: room.release())
        found.append(task)
    return [await task for task in found]


async def _ask(port: int, request: bytes) -> Answer:
    began = time.perf_counter()
    try:
        async with asyncio.timeout(CLIENT_SECONDS):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(request)
            content = await reader.read()
            writer.close()
    except (OSError, TimeoutError):
        content = b""
    return _answer(content, time.perf_counter() - began)


def _answer(content: bytes, seconds: float) -> Answer:
    head, _, body = content.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    status = int(first.split(" ")[1]) if first.startswith("HTTP/1.1 ") else 0
    headers = dict(line.split(": ", 1) for line in lines)
    return Answer(status=status, seconds=seconds, headers=headers, body=body)


def _wire(method: str, path: str, body: bytes) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", "Connection: close", "Content-Type: application/json"]
    return "\r\n".join((*lines, f"Content-Length: {len(body)}", "", "")).encode() + body
