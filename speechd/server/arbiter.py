"""The arbiter's side: processes, signals and listening sockets. The only importer of gunicorn.

    serve ──▶ Application ──▶ SpeechArbiter ── fork ──▶ SpeechWorker ──▶ SpeechServer

The number of workers is fixed; one that has grown old or large is replaced, by another that comes first. SIGTERM and
SIGINT drain, a second SIGINT and SIGQUIT end at once. Other signals of gunicorn's (reload, more workers, fewer) are
refused: a rolling restart is the orchestrator's. So are a terminal's end and timers, by the workers too, which get what
is sent to the group of processes.
"""

from __future__ import annotations

import gc
import logging
import math
import random
import signal
import socket
import sys
import tempfile
import time
from types import FrameType
from typing import Any, Final, NoReturn

from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.errors import HaltServer
from gunicorn.glogging import Logger

from speechd import watchdog
from speechd.config.settings import InvalidSetting, Settings
from speechd.machine import unique_bytes
from speechd.server import descriptors, recycling, restarts
from speechd.server.hooks import Hooks
from speechd.server.recycling import Recycler
from speechd.server.restarts import Fork, RestartBackoff
from speechd.server.worker import IGNORED, SpeechWorker
from speechd.server.worker_table import Order, State

QUICK_S: Final = 2
"""Seconds that workers have to end in when there is to be no draining; then they are killed."""

SEND_BUFFER_BYTES: Final = 32 << 10
"""The kernel's send buffer of a connection. Its own choice takes 4 MB (84 s of PCM) from us for a client that never
reads."""

log = logging.getLogger("speechd")


def serve(settings: Settings, hooks: Hooks) -> NoReturn:
    """Be the arbiter until the server ends; the process exits."""
    try:
        descriptors.raise_limit(hooks.files)
    except InvalidSetting as error:
        sys.exit(f"speechd: {error}")
    watchdog.prepare()
    SpeechArbiter(Application(settings, hooks)).run()
    raise AssertionError("an arbiter exits")


class SpeechArbiter(Arbiter):  # type: ignore[misc]
    """The parent of the workers. It gives each its row, and outlives all their failures but the very first."""

    def __init__(self, app: Application) -> None:
        settings = app.settings
        self._hooks, self._table = app.hooks, app.hooks.table
        self._desired = self._hooks.reconcile(settled=False)
        self._recycler = Recycler(after_s=settings.recycle_after_s, over_bytes=settings.recycle_over_bytes)
        self._backoff = RestartBackoff(settings.respawn_delay_s, settings.respawn_limit_s)
        self._has_served = False
        self._write_timeout_s, self._grace_s = settings.write_timeout_s, settings.grace_s
        super().__init__(app)

    def start(self) -> None:
        """Listen; then put what exists out of the garbage collector's reach, so that it stays shared after forks."""
        super().start()
        for listener in self.LISTENERS:
            _limit_unread(listener, self._write_timeout_s)
        gc.collect()
        gc.freeze()

    def init_signals(self) -> None:
        """Called by gunicorn, which leaves some that end a process."""
        super().init_signals()
        for number in set(IGNORED) - set(self.SIGNALS):
            signal.signal(number, signal.SIG_IGN)

    def manage_workers(self) -> None:
        """Fork the workers that are missing, and dismiss those that have been replaced. Gunicorn's own method would
        kill the oldest of too many."""
        desired = self._hooks.reconcile(settled=recycling.is_settled(self._table.rows(), self._desired))
        if desired != self._desired:
            self._desired = desired
            self._table.forgive()
        self._recycle()
        self.spawn_workers()
        for index in recycling.replaced(self._table.rows(), desired):
            self._table.order(index, Order.RETIRE)

    def signal(self, sig: int, frame: FrameType | None) -> None:
        """The handler: as gunicorn's. What takes long in `manage_workers` does not delay the end."""
        super().signal(sig, frame)
        if sig in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
            self._hooks.interrupt()

    def spawn_workers(self) -> None:
        """Fork what is due."""
        while self._next_fork() is not None:
            self.spawn_worker()

    def spawn_worker(self) -> int:
        """Fork the worker that is due. Returns its process, or 0 where the system has none to give: it is a failure to
        start like any other."""
        fork = self._next_fork()
        assert fork is not None
        index = self._forked = fork.row
        recycle_at = self._recycler.recycle_at(time.monotonic(), random.random())
        self._table.fork(index, role=fork.role, generation=self._desired.generation, recycle_at=recycle_at)
        signal.pthread_sigmask(signal.SIG_BLOCK, self.SIGNALS)  # Until it has its own handlers, it would run ours.
        try:
            pid: int = super().spawn_worker()
        except OSError as error:  # of the arbiter: gunicorn lets none out of a worker
            log.error("worker %d could not be forked: %s", index, error)
            self._end(index)
            return 0
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, self.SIGNALS)
        return pid

    def forking(self, worker: SpeechWorker) -> None:
        """Gunicorn's `pre_fork`."""
        worker.index = self._forked

    def ended(self, worker: SpeechWorker) -> None:
        """Gunicorn's `child_exit`, which comes for every death."""
        if traces := watchdog.collect_traces():
            log.critical("worker %d hung, and its watchdog ended it", worker.index, extra={"trace": traces})
        self._end(worker.index)

    def wait_for_signals(self, timeout: float = 1.0) -> list[int]:
        """Wait, but not beyond the moment when a worker is due."""
        rows = self._table.rows()
        wait_s = restarts.wait_s(rows, time.monotonic(), recycling.missing(rows, self._desired))
        signals: list[int] = super().wait_for_signals(min(timeout, wait_s))
        return signals

    def stop(self, graceful: bool = True) -> None:
        """End the workers."""
        if graceful:
            log.info("ending: requests in flight have %g s to finish", self._grace_s)
        else:
            self.cfg.set("graceful_timeout", QUICK_S)
        self._hooks.stop()
        super().stop(graceful)

    def handle_int(self) -> NoReturn:
        """SIGINT: as SIGTERM."""
        self.handle_term()
        raise AssertionError("draining begins with an exception")

    def _next_fork(self) -> Fork | None:
        rows = self._table.rows()
        return restarts.next_fork(rows, time.monotonic(), recycling.missing(rows, self._desired))

    def _recycle(self) -> None:
        chosen = self._recycler.choose(self._table.rows(), self._desired, time.monotonic(), _unique_bytes)
        if chosen is not None:
            index, reason = chosen
            log.info("worker %d is to be replaced: %s", index, reason)
            self._table.order(index, Order.LEAVE)

    def _end(self, index: int) -> None:
        """Free the row of a worker that has ended."""
        self._has_served = self._has_served or self._table.has_served
        broken = self._hooks.ended(index)
        row = self._table.row(index)
        failures = restarts.failures_after(row)
        self._table.end(
            index,
            recycled=row.state is State.RETIRING and not (broken or failures),
            failures=failures,
            restart_at=time.monotonic() + self._backoff.delay_s(failures),
        )
        if failures and self._has_served:
            log.error("worker %d failed to start, %d times in a row", index, failures)
        elif failures and self.LISTENERS:  # They are closed first when the server ends.
            raise HaltServer("no worker could start; its error is above", 1)

    def _refuse(self) -> None:
        log.warning("this signal does nothing here: restart the server instead")

    handle_hup = handle_ttin = handle_ttou = handle_usr1 = handle_usr2 = handle_winch = _refuse


class Application(BaseApplication):  # type: ignore[misc]
    """Our settings as gunicorn's, and what arbiter and workers share."""

    def __init__(self, settings: Settings, hooks: Hooks) -> None:
        self.settings = settings
        self.hooks = hooks
        super().__init__()

    def load_config(self) -> None:
        """Called by gunicorn."""
        settings = self.settings
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        ports = [settings.port, *([settings.wyoming_port] if settings.wyoming_port else [])]
        given = {
            "bind": [f"{host}:{port}" for port in ports],
            "workers": settings.workers,
            "worker_class": SpeechWorker,
            "timeout": settings.worker_timeout_s,
            "graceful_timeout": math.ceil(settings.drain_wait_s + settings.grace_s) + QUICK_S,
            "loglevel": settings.log_level,
            "logger_class": RootLogger,
            "control_socket_disable": True,  # it would start a thread in the arbiter, which forks
            "worker_tmp_dir": _heartbeats(),
            "pre_fork": SpeechArbiter.forking,
            "child_exit": SpeechArbiter.ended,
        }
        for name, value in given.items():
            self.cfg.set(name, value)

    def load(self) -> NoReturn:
        """Never called: each worker has its own app."""
        raise NotImplementedError


class RootLogger(Logger):  # type: ignore[misc]
    """Gunicorn's lines go where all lines go. What is no trouble is told at level debug: it is of gunicorn's processes,
    and what matters of them is said in our own words."""

    def setup(self, cfg: Any) -> None:
        """Called by gunicorn."""
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True

    def info(self, msg: str, *args: Any, **kwargs: Any) -> None:
        """Called by gunicorn."""
        self.error_log.debug(msg, *args, **kwargs)


def _heartbeats() -> str | None:
    """The folder of the workers' heartbeats, in memory so that they wait for no disk; None, for the usual folder, where
    that one takes no more files."""
    try:
        with tempfile.TemporaryFile(dir="/dev/shm"):
            return "/dev/shm"
    except OSError:
        return None


def _limit_unread(listener: socket.socket, timeout_s: float) -> None:
    """Bound what the kernel takes from us for a client that does not read, and for how long (tcp(7)). Connections
    inherit it.

    Twice our own timeout, which begins later, when we have to wait: it is to end first, and to say what happened.
    """
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, round(2 * timeout_s * 1000))


def _unique_bytes(pid: int) -> int:
    return unique_bytes(pid) or 0
