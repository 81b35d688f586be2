"""Gunicorn's worker with threads, with an end to its queue; the master reads this file and holds no Django."""

import selectors
import socket
import struct
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

DOOR_THREADS = 2
STALL_SECONDS = 10
"""How long one read or write of a connection may take before it is given up."""

SWITCH_SECONDS = 0.0005
"""A refusal takes Python's lock some ten times, and each time waits this long for a thread that computes: with the usual
5 ms, refusing took longer than serving."""


class GatedWorker(ThreadWorker):
    """Hands connections beyond the threads and the places to wait to the door."""

    wsgi: Any

    def init_process(self) -> None:
        self.waiting_allowed = 0
        self.in_hand = 0
        self.door = ThreadPoolExecutor(DOOR_THREADS, thread_name_prefix="door", initializer=_stand_at_the_door)
        sys.setswitchinterval(SWITCH_SECONDS)
        super().init_process()

    def load_wsgi(self) -> None:
        """Load the application and put the gate before it."""
        super().load_wsgi()
        from django.conf import settings  # noqa: PLC0415 - only the serving process needs Django

        from kernel.gate import Gate  # noqa: PLC0415 - as above

        self.waiting_allowed = settings.REQUESTS_WAITING
        self.wsgi = Gate(self.wsgi)

    def enqueue_req(self, conn: Any) -> None:
        """Give a connection to a thread, to the queue, or to the door; runs in the main thread alone."""
        if not conn.initialized and not conn.data_ready:
            _limit_stalls(conn.sock)
            conn.data_ready = _has_something(conn.sock)
            if not conn.data_ready:
                self._wait_for_it(conn)
                return
        conn.arrived = time.monotonic()
        if self.in_hand < self.cfg.threads + self.waiting_allowed:
            self.in_hand += 1
            future = self.tpool.submit(self.handle, conn)
            future.add_done_callback(lambda done: self.method_queue.defer(self._served, conn, done))
        else:
            future = self.door.submit(self.handle, conn)
            future.add_done_callback(lambda done: self.method_queue.defer(self.finish_request, conn, done))

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
