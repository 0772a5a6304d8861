"""The reader processes of one worker: which of them gets which call, and how many there are."""

from __future__ import annotations

import asyncio
import logging
import os
from collections import deque
from collections.abc import Callable
from itertools import count
from typing import Any, Final

from speechd.errors import EngineUnavailable
from speechd.pool.fork_server import ForkServer, ForkServerGone
from speechd.speech.reader.live_plan import LivePlan
from speechd.speech.reader.messages import PlanResult, Utterance
from speechd.speech.reader.plan import Observe, ReadPlan, RemotePlan
from speechd.speech.reader.process import PendingCall, ReaderProcess

MAX_PROCESSES: Final = 8
"""Of a worker. Slow texts hold nobody up while they are fewer."""

WALL_FACTOR: Final = 6.0
"""Seconds of the clock that a call may take for each second of processor time: a hang takes none, and on a crowded
machine honest work takes several."""

RETRY_S: Final = 0.25
"""Pause after a process that could not be had (no process, no descriptor) or ended before it was ready."""

log = logging.getLogger("speechd")


class ReaderPool:
    """The processes that read for one worker. Used from its event loop, between `open` and `close`.

    As a rule there is one, and calls go to it in turn: each stream has one at a time, so that they take turns. A call
    that is slow keeps its process, and the others go on with another.
    """

    def __init__(self, server: ForkServer, processor_s: float, died: Callable[[], None]) -> None:
        """processor_s: seconds of processor time for a call. died: called for each process that a text ended."""
        self._server, self._died = server, died
        self._limit_s = WALL_FACTOR * processor_s
        self._ids = count()
        self._processes: list[ReaderProcess] = []
        self._pending: deque[PendingCall] = deque()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._opened: asyncio.Future[None] | None = None
        self._retry: asyncio.TimerHandle | None = None
        self._closed = False

    async def open(self) -> None:
        """Wait for the first process. Raises `EngineUnavailable`."""
        self._opened = asyncio.get_running_loop().create_future()
        self._spawn()
        await self._opened

    def close(self) -> None:
        """End the processes, and whatever waits for them."""
        self._closed = True
        for process in self._processes:
            process.close()
        for call in self._pending:
            call.answer.cancel()
        if self._retry is not None:
            self._retry.cancel()
        self._server.close()

    def plan(self, utterance: Utterance, observe: Observe = lambda item: None) -> RemotePlan:
        """The plan of an utterance. Nothing of it is made before its first `next`, of which `observe` is told."""
        return RemotePlan(next(self._ids), utterance, self._ask, observe)

    def live(self, utterance: Utterance, observe: Observe = lambda item: None) -> LivePlan:
        """The plan of an utterance whose text is still to come."""
        return LivePlan(next(self._ids), utterance, self._ask, observe)

    async def _ask(self, plan: ReadPlan, longest_s: float) -> PlanResult:
        """The answer to one call; raises `ProcessDied`. If its client leaves, a slow call is ended with its process."""
        call = PendingCall(plan, longest_s)
        self._pending.append(call)
        self._dispatch()
        try:
            return await call.answer
        finally:
            if plan.holder is not None:
                plan.holder.end_if_abandoned()

    def process_ready(self) -> None:
        """Called by a process: it is ready for calls."""
        if self._opened is not None and not self._opened.done():
            self._opened.set_result(None)
        self._dispatch()

    def process_answered(self, process: ReaderProcess, *, outgrown: bool) -> None:
        """Called by a process: it has answered."""
        if outgrown:
            self._end(process)
        elif spare := next((other for other in self._processes if other is not process and other.is_idle), None):
            self._end(spare)  # it came while this one was slow, which by now has loaded more
        self._dispatch()

    def process_slow(self) -> None:
        """Called by a process: it holds the others up."""
        self._dispatch()

    def process_ended(self, process: ReaderProcess) -> None:
        """Called by a process: it has ended."""
        if process.pid is not None:
            self._server.ended(process.pid)
        if process not in self._processes:
            return
        self._processes.remove(process)
        if self._closed:
            return
        if process.pid is None:
            self._retry_later("it ended before it was ready")
            return
        if not process.is_abandoned:
            self._died()
            log.warning("a process ended that read text", extra={"fields": {"busy": process.was_busy}})
        if not self._processes:
            self._spawn()
        self._dispatch()

    def process_missing(self) -> None:
        """Called by a process that does not come to life, and where there is no fork server: a worker that cannot read
        is of no use. The arbiter forks a new one."""
        if self._opened is not None and not self._opened.done():
            self._opened.set_exception(EngineUnavailable("the process that reads text did not start; see above"))
        elif not self._closed:
            log.critical("the process that forks those which read text has ended, or hangs")
            os._exit(os.EX_SOFTWARE)

    def kill(self, pid: int) -> None:
        """Called by a process: it is to be ended."""
        self._server.kill(pid)

    def _end(self, process: ReaderProcess) -> None:
        self._processes.remove(process)
        process.close()

    def _retry_later(self, reason: str) -> None:
        if self._retry is None:
            log.error("no process to read text with is to be had: %s", reason)
            self._retry = asyncio.get_running_loop().call_later(RETRY_S, self._try_again)

    def _try_again(self) -> None:
        self._retry = None
        if not self._processes:
            self._spawn()
        self._dispatch()

    def _dispatch(self) -> None:
        while self._pending:
            if self._pending[0].answer.done():  # whoever awaited it has left
                self._pending.popleft()
            elif (process := self._free_process()) is not None:
                process.start(self._pending.popleft(), self._limit_s)
            else:
                return

    def _free_process(self) -> ReaderProcess | None:
        free = next((process for process in self._processes if process.is_idle), None)
        if free is None and all(process.is_slow for process in self._processes) and self._has_room:
            self._spawn()
        return free

    @property
    def _has_room(self) -> bool:
        return len(self._processes) < MAX_PROCESSES

    def _spawn(self) -> None:
        if self._retry is not None or self._closed:
            return
        try:
            sock = self._server.spawn()
        except OSError as error:
            self._retry_later(str(error))
            return
        except ForkServerGone:
            self.process_missing()
            return
        process = ReaderProcess(self)
        self._processes.append(process)
        task = asyncio.create_task(asyncio.get_running_loop().create_unix_connection(lambda: process, sock=sock))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
