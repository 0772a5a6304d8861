"""A reader process as the home worker sees it: idle, or busy with one call."""

from __future__ import annotations

import asyncio
from typing import Final, Protocol, cast

from speechd.speech.reader.messages import MessageBuffer, PlanResult, packed
from speechd.speech.reader.plan import ProcessDied, ReadPlan

SLOW_S: Final = 0.05
"""Seconds after which a call no longer stands before others: they get another process. Ordinary calls take 1 to 10 ms.
"""

START_S: Final = 20.0
"""Seconds from a process's fork to its first word, of which it takes a hundredth. Then the fork server has failed."""


class PendingCall:
    """A call, and whoever awaits its answer."""

    def __init__(self, plan: ReadPlan, longest_s: float) -> None:
        self.plan, self.longest_s = plan, longest_s
        self.answer: asyncio.Future[PlanResult] = asyncio.get_running_loop().create_future()


class ProcessOwner(Protocol):
    """What a process tells whoever made it."""

    def process_ready(self) -> None:
        """It is ready for calls."""
        ...

    def process_answered(self, process: ReaderProcess, *, outgrown: bool) -> None:
        """It has answered, and is idle. outgrown: it is to be replaced."""
        ...

    def process_slow(self) -> None:
        """It holds the others up."""
        ...

    def process_ended(self, process: ReaderProcess) -> None:
        """It has ended, and `ProcessDied` was raised where its answer was awaited."""
        ...

    def process_missing(self) -> None:
        """It has not said a word in `START_S`."""
        ...

    def kill(self, pid: int) -> None:
        """End the process of this number."""
        ...


class ReaderProcess(asyncio.Protocol):
    """A reader process, from its fork on: idle once it has said its number, then busy with one call at a time.

    is_abandoned: nobody awaits its answer any more, so that no text is to blame for its end. was_busy: it had a call
    when it ended.
    """

    def __init__(self, owner: ProcessOwner) -> None:
        self.pid: int | None = None
        self.is_slow = False
        self.is_abandoned = False
        self.was_busy = False
        self._owner = owner
        self._transport: asyncio.Transport | None = None
        self._messages = MessageBuffer()
        self._call: PendingCall | None = None
        self._over: list[int] = []
        self._is_killed = False
        self._timers = [asyncio.get_running_loop().call_later(START_S, owner.process_missing)]

    @property
    def is_idle(self) -> bool:
        """Whether it lives, and has no call."""
        return self.pid is not None and self._call is None and not self._is_killed

    def start(self, call: PendingCall, limit_s: float) -> None:
        """Send it this call. It is killed after `limit_s` seconds without an answer."""
        plan = call.plan
        is_new = plan.holder is not self
        if is_new:
            plan.close()  # in the process that had it
        over, self._over = tuple(self._over), []
        plan.holder, self._call = self, call
        loop = asyncio.get_running_loop()
        self._timers = [loop.call_later(SLOW_S, self._slow), loop.call_later(limit_s, self._kill)]
        assert self._transport is not None
        self._transport.write(packed(plan.call(call.longest_s, over, is_new=is_new)))

    def forget(self, id: int) -> None:
        """Have it let go of the plan of this number, with its next call."""
        self._over.append(id)

    def end_if_abandoned(self) -> None:
        """Kill it if it is slow, and nobody awaits its answer any more."""
        if self.is_slow and self._call is not None and self._call.answer.done():
            self.is_abandoned = True
            self._kill()

    def close(self) -> None:
        """End it: it reads the end of its socket."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport of its socket (`asyncio.Protocol`)."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by inheritance

    def data_received(self, data: bytes) -> None:
        """Take what it has sent (`asyncio.Protocol`)."""
        self._messages.add(data)
        while (message := self._messages.next()) is not None:
            self._stop_timers()
            if isinstance(message, PlanResult):
                self._answered(message)
            else:
                self.pid = message
                self._owner.process_ready()

    def connection_lost(self, exc: Exception | None) -> None:
        """Pass on that it has ended (`asyncio.Protocol`)."""
        self._stop_timers()
        call, self._call = self._call, None
        self.was_busy = call is not None
        if call is not None:
            call.plan.holder = None
            if not call.answer.done():
                call.answer.set_exception(ProcessDied())
        self._owner.process_ended(self)

    def _answered(self, result: PlanResult) -> None:
        call, self._call, self.is_slow = self._call, None, False
        if call is not None and not call.answer.done():
            call.answer.set_result(result)
        self._owner.process_answered(self, outgrown=result.outgrown)

    def _slow(self) -> None:
        self.is_slow = True
        self.end_if_abandoned()
        self._owner.process_slow()

    def _kill(self) -> None:
        self._is_killed = True
        if self.pid is not None:
            self._owner.kill(self.pid)

    def _stop_timers(self) -> None:
        for timer in self._timers:
            timer.cancel()
