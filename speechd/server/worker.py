"""The worker's side: its server, heartbeat, start and end."""

from __future__ import annotations

import asyncio
import logging
import math
import os
import signal
import socket
import sys
import time
from types import FrameType
from typing import Any, Final

from uvicorn import Config, Server
from uvicorn_worker import UvicornWorker

from speechd import watchdog
from speechd.config.settings import Settings
from speechd.errors import EngineUnavailable
from speechd.machine import end_with
from speechd.server import descriptors
from speechd.server.connections import ServerConnections
from speechd.server.hooks import Hooks, WorkerHooks
from speechd.server.http_protocol import SpeechProtocol
from speechd.server.request_limits import HELD_BYTES, Limits
from speechd.server.tcp_session import TcpConnection
from speechd.server.worker_table import Event, Order, Role

FAILED: Final = 70
"""Exit code of a worker that failed (EX_SOFTWARE). Not 3 and not 4: those tell gunicorn to end the whole server."""

IGNORED: Final = tuple(
    getattr(signal, f"SIG{name}")
    for name in ("HUP", "USR1", "USR2", "TTIN", "TTOU", "WINCH", "ALRM", "VTALRM", "PROF", "IO", "PIPE")
    if hasattr(signal, f"SIG{name}")
)
"""Signals that must not end a worker. Most would, by default."""

log = logging.getLogger("speechd")


class SpeechServer(Server):
    """uvicorn's server in a worker. On SIGTERM it drains before it stops listening; it may retire before that."""

    def __init__(self, config: Config, worker: SpeechWorker) -> None:
        super().__init__(config)
        settings = worker.settings
        limits = Limits(
            header_bytes=settings.max_header_bytes,
            body_bytes=settings.max_body_bytes,
            request_timeout_s=settings.request_timeout_s,
            connections=descriptors.connections(worker.hooks.files),
            held_bytes=max(HELD_BYTES, 2 * settings.max_body_bytes),
            write_timeout_s=settings.write_timeout_s,
            session_idle_s=settings.session_idle_s,
        )
        rejected, cors_origins = worker.application.rejected, settings.cors_origins
        self.server_state = self._connections = ServerConnections(limits, rejected, cors_origins=cors_origins)
        self._worker = worker
        self._drain_wait_s = settings.drain_wait_s
        self._drained_at = math.inf
        self._is_retiring = False
        self._interrupted = False

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        if not self._worker.has_peers():
            await self._listen(sockets or [])
            self._worker.begin()
        elif await self._worker.begin():  # before it listens, so that nobody comes to one that cannot start
            await self._listen(sockets or [])
            self._worker.ready()
        else:
            self.should_exit = True

    async def _listen(self, sockets: list[socket.socket]) -> None:
        """Accept connections: of HTTP, and on the port for Wyoming of that."""
        wyoming_port = self._worker.settings.wyoming_port
        others = [one for one in sockets if wyoming_port and one.getsockname()[1] == wyoming_port]
        await super().startup([one for one in sockets if one not in others])
        app, app_state = self.config.loaded_app, self.lifespan.state
        for listener in others:
            server = await asyncio.get_running_loop().create_server(
                lambda: TcpConnection(self._connections, app, app_state), sock=listener, backlog=self.config.backlog
            )
            self.servers.append(server)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._worker.advance(Event.DRAIN)  # whatever it ends for
        await super().shutdown(sockets)

    async def on_tick(self, counter: int) -> bool:
        if self._is_retiring:
            # Checked in a later tick than that in which it began, for what had been accepted by then.
            self.should_exit = self.should_exit or not (self._connections.connections or self._connections.tasks)
        elif self._worker.is_dismissed():
            self.retire()
        self.should_exit = self.should_exit or time.monotonic() >= self._drained_at
        return await super().on_tick(counter)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        # Not passed on to uvicorn, which in the end would die of the signal instead of exiting with 0. And the one
        # Ctrl-C of a terminal reaches a worker twice: from there, and as the arbiter's SIGTERM.
        if sig == signal.SIGQUIT or (sig == signal.SIGINT and self._interrupted):
            self.force_exit = self.should_exit = True
            asyncio.get_running_loop().call_soon_threadsafe(self._abort_all)
        self._interrupted = self._interrupted or sig == signal.SIGINT
        self.drain()

    def drain(self) -> None:
        """Say that this worker is on its way out; stop listening after `drain_wait_s`."""
        if self._drained_at == math.inf:
            self._connections.draining = True
            self._drained_at = time.monotonic() + self._drain_wait_s
            self._worker.advance(Event.DRAIN)

    def retire(self) -> None:
        """Accept no more connections, and end with the last one.

        An idle one is not closed, for its client may be sending a request: the next response is the last on it, or it
        ends after `keep_alive_s`, when its client has let go of it. A WebSocket that is not in use is: it says why.
        """
        self._is_retiring = self._connections.draining = True
        self._connections.end_sessions()
        for listener in (*self.servers, *self._worker.sockets):
            listener.close()
        self._worker.advance(Event.RETIRE)

    def _abort_all(self) -> None:
        for connection in list(self._connections.connections):
            connection.transport.abort()


class SpeechWorker(UvicornWorker):  # type: ignore[misc]
    """A worker: its heartbeat, its start and its end.

    index: its row, set just before the fork. application: what it runs, from just after the fork on.
    """

    CONFIG_KWARGS: dict[str, Any] = {  # noqa: RUF012  # gunicorn's way
        "interface": "asgi3",
        "http": SpeechProtocol,
        "ws": "none",
        "lifespan": "on",
        "access_log": False,
        "server_header": False,
        "proxy_headers": False,
        "callback_notify": None,  # uvicorn's own heartbeat stops while draining, and when the wall clock steps back
    }

    index: int
    application: WorkerHooks

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.settings: Settings = self.app.settings
        self.hooks: Hooks = self.app.hooks
        self.config.timeout_keep_alive = self.settings.keep_alive_s
        self.config.timeout_graceful_shutdown = self.settings.grace_s
        uvicorn_log = logging.getLogger("uvicorn.error")
        uvicorn_log.setLevel(logging.WARNING)
        uvicorn_log.propagate = True
        self._tasks: list[asyncio.Task[Any]] = []
        self._has_failed = False

    def init_process(self) -> None:
        """Be the worker, from the fork to the exit."""
        end_with(self.ppid)  # else it would keep the port
        self.init_signals()
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        try:
            self.hooks.table.adopt(self.index)
            self.application = self.hooks.build(self.index)
            # Ends the process from a thread of C, so that a start that keeps the interpreter to itself is ended too.
            watchdog.start(self.settings.boot_timeout_s)
            super().init_process()
        except Exception as error:
            if not self._has_failed:  # else it follows from that, and would only hide it
                self._fail(error)
        except SystemExit as end:
            sys.exit(FAILED if end.code else 0)
        if self._has_failed:
            sys.exit(FAILED)

    def _fail(self, error: Exception) -> None:
        self._has_failed = True
        expected = isinstance(error, EngineUnavailable)
        log.error("worker %d failed: %s", self.index, error, exc_info=None if expected else error)

    def init_signals(self) -> None:
        """Called by gunicorn, too. What ends a worker has its default here (SIGABRT is gunicorn's to one that hangs),
        and a handler later. All else was sent to the group of processes (a terminal was closed, say): ignored."""
        for number in {*self.SIGNALS, *IGNORED}:
            signal.signal(number, signal.SIG_IGN if number in IGNORED else signal.SIG_DFL)

    def load_wsgi(self) -> None:
        """Called by gunicorn, to build the app: it is built already, while the process had a single thread."""

    async def _serve(self) -> None:
        if self.hooks.table.row(self.index).role is Role.BACK_END:
            self._listen_no_more()
        self.config.app = self.application.app
        self.server = SpeechServer(self.config, self)
        asyncio.get_running_loop().add_signal_handler(signal.SIGQUIT, self.server.handle_exit, signal.SIGQUIT, None)
        # Not gunicorn's wrappers: of Python's own sockets uvloop knows that they are closed once it has closed them.
        await self.server.serve(sockets=[listener.sock for listener in self.sockets])

    def _listen_no_more(self) -> None:
        for listener in self.sockets:
            listener.close()
        self.sockets: list[Any] = []

    def has_peers(self) -> bool:
        """Return whether any other worker has been ready."""
        return self.hooks.table.has_served

    def begin(self) -> asyncio.Task[bool]:
        """Show from now on that this worker lives, and get ready. The task's result is whether it could."""
        booting = asyncio.create_task(self._boot())
        self._tasks = [asyncio.create_task(self._beat()), booting]
        return booting

    def ready(self) -> None:
        """Begin to work: this worker has booted, and accepts connections."""
        # First, for a process has one such timer: a slot that worked already would have set it for its synthesis.
        watchdog.cancel()
        self.advance(self.application.ready())
        os.kill(self.ppid, signal.SIGCHLD)  # have the arbiter look after its workers: one may leave now

    def advance(self, event: Event) -> None:
        """Report what happens to this worker."""
        self.hooks.table.advance(self.index, event)

    def is_dismissed(self) -> bool:
        """Return whether the arbiter has told this worker to retire."""
        return self.hooks.table.row(self.index).order is Order.RETIRE

    async def _beat(self) -> None:
        while True:
            self.notify()
            if os.getppid() != self.ppid:
                os._exit(FAILED)
            await asyncio.sleep(min(1.0, self.settings.worker_timeout_s / 4))

    async def _boot(self) -> bool:
        try:
            await self.application.boot()
            if self.server.started:
                self.ready()
        except Exception as error:  # The worker ends after its exchanges have ended.
            self._fail(error)
            watchdog.cancel()
            if self.server.started:
                self.advance(Event.RETIRE)  # it never works for others
                self.server.drain()
            return False
        return True
