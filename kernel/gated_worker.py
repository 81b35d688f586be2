"""Gunicorn's worker with threads, with an end to its queue; the master reads this file and holds no Django."""

import selectors
import socket
import struct
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

from kernel import refusing

DOOR_THREADS = 2
STALL_SECONDS = 10
"""How long one read or write of a connection may take before it is given up."""

AT_ONCE = 64
"""How many are refused before anything else is looked after."""


class GatedWorker(ThreadWorker):
    """Hands connections beyond the threads and the places to wait to the door."""

    wsgi: Any

    def init_process(self) -> None:
        self.waiting_allowed = 0
        self.in_hand = 0
        self.door = ThreadPoolExecutor(DOOR_THREADS, thread_name_prefix="door", initializer=_stand_at_the_door)
        super().init_process()

    def load_wsgi(self) -> None:
        """Load the application and put the gate before it."""
        super().load_wsgi()
        from django.conf import settings  # noqa: PLC0415 - only the serving process needs Django

        from kernel.gate import Gate  # noqa: PLC0415 - as above

        self.waiting_allowed = settings.REQUESTS_WAITING
        self.wsgi = Gate(self.wsgi)

    @property
    def has_room(self) -> bool:
        """False when everybody who comes now has to be refused."""
        return bool(self.in_hand < self.cfg.threads + self.waiting_allowed)

    def accept(self, listener: Any) -> None:
        """Take a connection, or, without room, refuse all that wait; runs in the main thread alone, like what follows."""
        for _ in range(AT_ONCE):
            if self.has_room or self.cfg.is_ssl or not refusing.IS_POSSIBLE:
                super().accept(listener)
                return
            number = refusing.take(listener.fileno())
            if number is None:
                return
            if self._refuse_at_once(number):
                refusing.close(number)
            else:
                self._take_in(number, listener)

    def _take_in(self, number: int, listener: Any) -> None:
        """Go on with a connection that is not refused yet, as gunicorn does with every one."""
        with suppress(OSError):
            sock, client = refusing.as_socket(number)
            self.nr_conns += 1
            self.enqueue_req(TConn(self.cfg, sock, client, listener.getsockname()))

    def enqueue_req(self, conn: Any) -> None:
        """Give a connection to a thread, to the queue, or to the door."""
        if not conn.initialized and not conn.data_ready:
            _limit_stalls(conn.sock)
            conn.data_ready = _has_something(conn.sock)
            if not conn.data_ready:
                self._wait_for_it(conn)
                return
        conn.arrived = time.monotonic()
        if self.has_room:
            self.in_hand += 1
            future = self.tpool.submit(self.handle, conn)
            future.add_done_callback(lambda done: self.method_queue.defer(self._served, conn, done))
        elif self._may_refuse(conn) and self._refuse_at_once(conn.sock.fileno()):
            self.nr_conns -= 1
            conn.close()
        else:
            future = self.door.submit(self.handle, conn)
            future.add_done_callback(lambda done: self.method_queue.defer(self.finish_request, conn, done))

    def _may_refuse(self, conn: Any) -> bool:
        """False for what is encrypted, or was read already behind the request before it."""
        if self.cfg.is_ssl or not refusing.IS_POSSIBLE:
            return False
        return not (conn.initialized and conn.parser.unreader.buf.getvalue())

    def _refuse_at_once(self, number: int) -> bool:
        """Refuse what lies there whole; False for what has to be read, or always passes: that is for the door."""
        seen = refusing.look(number)
        request = refusing.whole_request(seen)
        content = self.wsgi.refusal(*request) if request else None
        if content is None:
            return False
        refusing.answer(number, seen, content)
        return True

    def _wait_for_it(self, conn: Any) -> None:
        """Hold no thread for a connection that has said nothing yet: browsers open some in advance."""
        conn.sock.settimeout(0)
        conn.timeout = time.monotonic() + self.cfg.keepalive
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self.on_pending_socket_readable, conn))

    def handle_request(self, req: Any, conn: Any) -> Any:
        """Tell the gate when the request came; one thread works on one request."""
        from kernel.gate import place  # noqa: PLC0415 - as in load_wsgi

        place.arrived = conn.arrived
        return super().handle_request(req, conn)

    def _served(self, conn: Any, done: Any) -> None:
        self.in_hand -= 1
        self.finish_request(conn, done)


def _stand_at_the_door() -> None:
    from kernel.gate import place  # noqa: PLC0415 - as in load_wsgi

    place.is_refused = True


def _has_something(sock: socket.socket) -> bool:
    try:
        sock.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except BlockingIOError:
        return False
    except OSError:
        return True  # broken: the thread finds out and closes it
    return True


def _limit_stalls(sock: socket.socket) -> None:
    for side in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
        sock.setsockopt(socket.SOL_SOCKET, side, struct.pack("ll", STALL_SECONDS, 0))
