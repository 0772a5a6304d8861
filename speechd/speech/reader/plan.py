"""The plan of one utterance, as the home worker sees it: made by whichever reader process has its turn."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final, Protocol

from speechd.errors import InvalidRequest
from speechd.speech.live_planner import Guess
from speechd.speech.planner import Planned, Progress
from speechd.speech.reader.messages import PlanCall, PlanResult, Utterance
from speechd.text.fed_text import Flushed
from speechd.text.markup import Pause
from speechd.text.passages import NotYet

MAX_DEATHS: Final = 2
"""Processes that one call may end; it is not tried again."""


class ProcessDied(Exception):
    """The process that a call was for has ended."""


class Holder(Protocol):
    """The process that has a plan's planner."""

    def forget(self, id: int) -> None:
        """Let go of the plan of this number."""
        ...

    def end_if_abandoned(self) -> None:
        """Die if the call in hand takes long, and nobody awaits its answer any more."""
        ...


class ReadPlan:
    """One utterance being planned: `close` in any case.

    progress: how far it is, for another process to go on from. holder: the process that has it, if that still lives.
    """

    def __init__(self, id: int, utterance: Utterance, ask: Ask, observe: Observe = lambda item: None) -> None:
        """ask: makes one call, and raises `ProcessDied`. observe: called with each result of `next`."""
        self.id, self.utterance = id, utterance
        self.progress: Progress | None = None
        self.holder: Holder | None = None
        self._ask, self._observe = ask, observe

    def call(self, longest_s: float, over: tuple[int, ...], *, is_new: bool) -> PlanCall:
        """The next call, for a process that has none of this plan if it `is_new`. over: plans that it may forget."""
        return PlanCall(self.id, longest_s, (self.utterance, self.progress) if is_new else None, over)

    def close(self) -> None:
        """Have it forgotten. Safe to call twice."""
        if self.holder is not None:
            self.holder.forget(self.id)
            self.holder = None

    async def _answer(self, longest_s: float) -> PlanResult:
        """The answer to a call, and `progress` with it. Raises what it is, if that is an error."""
        for _ in range(MAX_DEATHS):
            with suppress(ProcessDied):
                answer = await self._ask(self, longest_s)
                self.progress = answer.progress
                if isinstance(answer.result, Exception):
                    raise answer.result
                return answer
        raise InvalidRequest(
            "A part of 'input' cannot be read: it was tried twice, and each time took too long or broke what reads it. "
            "Take out what is no ordinary text there.",
            param="input",
            code="unreadable_input",
        )


class RemotePlan(ReadPlan):
    """The plan of a text that is whole: `next` until it returns None. Made by `ReaderPool.plan`.

    is_at_end: nothing follows what `next` has returned, which it can then say without another call.
    """

    is_at_end = False

    async def next(self, longest_s: float = math.inf) -> Planned | Pause | None:
        """The next segment or pause, as of `Planner.next`. Ends in bounded time.

        Raises `InvalidRequest` also for a text that ends, or outlasts, whatever reads it.
        """
        while not self.is_at_end:
            result = (await self._answer(longest_s)).result
            if not isinstance(result, NotYet):  # else it is asked again, behind all others
                assert not isinstance(result, Exception | Flushed | Guess)
                self.is_at_end = isinstance(result, Planned) and result.is_last
                self._observe(result)
                return result
        self._observe(None)
        return None


Observe = Callable[[Planned | Pause | None], None]
"""Told what was planned next, None for the end of the text."""

Ask = Callable[[ReadPlan, float], Awaitable[PlanResult]]
"""One call of `Planner.next` for a plan, with its `longest_s`."""
