"""A TCP proxy that makes a way bad: it swallows everything, is slow, or breaks connections."""

import contextlib
import selectors
import socket
import threading
import time
from collections import deque

CHUNK = 65536


class Proxy:
    """Stands between a client and a server on this machine; its faults begin and end at once, for open ways too."""

    def __init__(self, *, target: int) -> None:
        self.target = target
        self.delay = 0.0
        """Seconds that each piece is held back, in each direction."""
        self.is_black_hole = False
        """Bytes go nowhere; nobody is told."""
        self._pairs: dict[socket.socket, socket.socket] = {}
        self._waiting: deque[tuple[float, socket.socket, bytes]] = deque()
        self._selector = selectors.DefaultSelector()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self._listener.settimeout(0)
        self.port: int = self._listener.getsockname()[1]
        self._is_over = False
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._run, name=f"proxy-{target}", daemon=True)
        self._thread.start()

    def heal(self) -> None:
        """Be a plain way again."""
        self.delay = 0.0
        self.is_black_hole = False

    def reset(self) -> None:
        """Break every connection, so that both sides are told."""
        for one in list(self._pairs):
            with contextlib.suppress(OSError):
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                one.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Stop, and let go of everything."""
        self._is_over = True
        self._thread.join()

    def _run(self) -> None:
        while not self._is_over:
            for key, _ in self._selector.select(timeout=self._until_due()):
                ready = key.fileobj
                if ready is self._listener:
                    self._accept()
                elif isinstance(ready, socket.socket):
                    self._read(ready)
            self._send_due()
        for one in (*self._pairs, self._listener):
            one.close()
        self._selector.close()

    def _until_due(self) -> float:
        if not self._waiting or self.is_black_hole:
            return 0.05
        return min(0.05, max(0.0, self._waiting[0][0] - time.monotonic()))

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            here, _ = self._listener.accept()
            try:
                there = socket.create_connection(("127.0.0.1", self.target), timeout=1)
            except OSError:
                here.close()
                return
            for one, other in ((here, there), (there, here)):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                one.settimeout(10)
                self._pairs[one] = other
                self._selector.register(one, selectors.EVENT_READ)

    def _read(self, one: socket.socket) -> None:
        if one not in self._pairs or self.is_black_hole:
            time.sleep(0.01 if self.is_black_hole else 0)  # what nobody reads stays with the system
            return
        try:
            content = one.recv(CHUNK)
        except OSError:
            content = b""
        self._waiting.append((time.monotonic() + self.delay, one, content))
        if not content:
            self._selector.unregister(one)

    def _send_due(self) -> None:
        while self._waiting and not self.is_black_hole and self._waiting[0][0] <= time.monotonic():
            _, one, content = self._waiting.popleft()
            other = self._pairs.get(one)
            if other is None:
                continue
            try:
                if content:
                    other.sendall(content)
                    continue
            except OSError:
                content = b""
            self._drop(one, other)

    def _drop(self, *pair: socket.socket) -> None:
        for one in pair:
            self._pairs.pop(one, None)
            with contextlib.suppress(KeyError, ValueError):
                self._selector.unregister(one)
            one.close()
