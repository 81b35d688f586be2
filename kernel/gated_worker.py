"""Gunicorn's worker with threads, with an end to its queue; the master reads this file and holds no Django."""

import selectors
import socket
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

from kernel import refusing
from kernel.paced import GRACE_SECONDS, LEAST_GRACE_SECONDS, Paced

DOOR_THREADS = 2
HALF_SECONDS = 1.0
"""How long half a request may lie there before it is refused, when no thread is free to wait for the rest."""

MOST_OF_THE_REST = 64 * 1024
"""How much is read, and thrown away, of what a client sends after its answer."""

AT_ONCE = 64
"""How many are refused before anything else is looked after."""


class GatedWorker(ThreadWorker):
    """Hands connections beyond the threads and the places to wait to the door."""

    wsgi: Any

    def init_process(self) -> None:
        self.waiting_allowed = 0
        self.in_hand = 0
        self.half: deque[tuple[float, Any]] = deque()
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
            self._set_the_pace(conn)
            conn.data_ready = _has_something(conn.sock)
            if not conn.data_ready:
                self._wait_for_it(conn, self.on_pending_socket_readable)  # browsers open some in advance
                return
        conn.arrived = time.monotonic()
        if self._is_half(conn):
            self.half.append((conn.arrived + HALF_SECONDS, conn))
        elif self.has_room:
            self.in_hand += 1
            future = self.tpool.submit(self.handle, conn)
            future.add_done_callback(lambda done: self.method_queue.defer(self._served, conn, done))
        elif self._may_refuse(conn) and self._refuse_at_once(conn.sock.fileno()):
            self._leave(conn)
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

    def _set_the_pace(self, conn: Any) -> None:
        if not isinstance(conn.sock, Paced) and not self.cfg.is_ssl:
            conn.sock = Paced(conn.sock)

    def _is_half(self, conn: Any) -> bool:
        """True for what would only keep a place that others can use: it lies there in part, and no thread is free."""
        is_busy = self.in_hand >= self.cfg.threads
        return is_busy and self._may_refuse(conn) and refusing.is_half(refusing.look(conn.sock.fileno()))

    def murder_pending(self) -> None:
        """Look again at what came in part; the main thread comes by here at least once a second."""
        super().murder_pending()
        now = time.monotonic()
        while self.half and self.half[0][0] <= now:
            self._decide(self.half.popleft()[1])

    def _decide(self, conn: Any) -> None:
        """Refuse what is still half a request, if there is still no thread for it."""
        if not self._is_half(conn):
            self.enqueue_req(conn)
            return
        number = conn.sock.fileno()
        refusing.answer(number, refusing.look(number), self.wsgi.refusal("GET", "/"))
        self._part(conn)

    def _wait_for_it(self, conn: Any, then: Callable[[Any, socket.socket], None]) -> None:
        """Hold no thread for a connection that says nothing; gunicorn closes it when its time is over."""
        conn.sock.settimeout(0)
        conn.timeout = time.monotonic() + self.cfg.keepalive
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(then, conn))

    def finish_request(self, conn: Any, done: Any) -> None:
        """Go on as gunicorn does, but wait for nobody who does not hang up: this thread takes everybody's connections."""
        if done.cancelled() or done.exception() is not None or done.result():
            super().finish_request(conn, done)
        else:
            self._part(conn)

    def _part(self, conn: Any) -> None:
        """Say that this was all, and close when the client does, or has had its time."""
        try:
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self._leave(conn)
            return
        conn.read_after = 0
        self._wait_for_it(conn, self._read_the_rest)

    def _read_the_rest(self, conn: Any, sock: socket.socket) -> None:
        """Throw away what still comes; a close with something unread would be a reset, and cut the answer off."""
        try:
            rest = sock.recv(MOST_OF_THE_REST, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return
        except OSError:
            rest = b""
        conn.read_after += len(rest)
        if not rest or conn.read_after >= MOST_OF_THE_REST:
            self.poller.unregister(sock)
            self.pending_conns.remove(conn)
            self._leave(conn)

    def _leave(self, conn: Any) -> None:
        self.nr_conns -= 1
        conn.close()

    def handle(self, conn: Any) -> Any:
        """Work on a request; who is slow gets less time at the door, and the less, the longer it waited."""
        if isinstance(conn.sock, Paced):
            waited = time.monotonic() - conn.arrived
            conn.sock.begin(grace=LEAST_GRACE_SECONDS if _is_at_the_door() else GRACE_SECONDS - waited)
        return super().handle(conn)

    def handle_request(self, req: Any, conn: Any) -> Any:
        """Tell the gate when the request came; one thread works on one request."""
        from kernel.gate import place  # noqa: PLC0415 - as in load_wsgi

        place.arrived = conn.arrived
        if _is_at_the_door():
            req.force_close()  # else the body would be read that nobody wants
        return super().handle_request(req, conn)

    def _served(self, conn: Any, done: Any) -> None:
        self.in_hand -= 1
        self.finish_request(conn, done)


def _stand_at_the_door() -> None:
    from kernel.gate import place  # noqa: PLC0415 - as in load_wsgi

    place.is_refused = True


def _is_at_the_door() -> bool:
    from kernel.gate import place  # noqa: PLC0415 - as in load_wsgi

    return bool(getattr(place, "is_refused", False))


def _has_something(sock: socket.socket) -> bool:
    try:
        sock.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except BlockingIOError:
        return False
    except OSError:
        return True  # broken: the thread finds out and closes it
    return True
