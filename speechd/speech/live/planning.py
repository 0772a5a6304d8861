"""What of a text that is still being written is to be spoken, and when: by what its listener has left to hear.

LiveTextPlan ──▶ LivePlanning ──▶ SynthesisStage
                      └── a place among the requests in flight, while there is something to speak
"""

from __future__ import annotations

import asyncio
import math
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Protocol

from speechd.errors import Overloaded, Unavailable
from speechd.pool.client import PoolClient
from speechd.speech.live.events import Flushed
from speechd.speech.live.guess import GUESS_S, FirstSentence
from speechd.speech.live.plan import Guess, LiveTextPlan, Urgency
from speechd.speech.planner import Planned
from speechd.speech.synthesis import Flush, SynthesisStage
from speechd.text.markup import Pause
from speechd.text.passages import NotYet

PLACE_RETRY_S: Final = 0.05
"""Seconds before an utterance that has begun asks again for a place."""

PLANNING_S: Final = 0.1
"""Seconds that planning a passage and handing it to a slot may take, before its synthesis."""

STEP: Final = 60
"""Characters by which gathered text grows before it is looked at again: a third of a passage. A look is a call of the
process that reads, and models write hundreds of tokens a second for all sessions together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveLimits:
    """max_chars: characters of one utterance, in all. look_ahead_s: see `SpeechStream`. max_wait_s: how long an
    utterance that has begun waits for a place when it has something to speak again; others do not wait.
    buffer_delay_s, has_words: see `LiveOptions`."""

    max_chars: int
    look_ahead_s: float
    max_wait_s: float = 0.0
    buffer_delay_s: float | None = None
    has_words: bool = False


class Place(Protocol):
    """A place among the requests in flight, held until it is released."""

    def release(self) -> None:
        """Give the place back. Safe to call twice."""
        ...


class Places(Protocol):
    """The places that the utterances of one connection may have."""

    async def turn(self) -> bool:
        """Wait until it is this one's turn to take a place, which is then to be taken at once. Returns whether it had
        to wait."""
        ...

    def admit(self) -> Place:
        """Take a place. Raises `Unavailable`."""
        ...


class LivePlanning:
    """Of one utterance. `run` is a task of its own, which ends with the text."""

    def __init__(
        self,
        plan: LiveTextPlan,
        first: FirstSentence | None,
        pool: PoolClient,
        stage: SynthesisStage,
        places: Places,
        limits: LiveLimits,
    ) -> None:
        """first: for a guess at the first passage, until that is planned. places: of its connection."""
        self._plan, self._pool, self._stage = plan, pool, stage
        self._first = first
        self._places, self._limits = places, limits
        self._place: Place | None = None
        self._feeds = 0  # how often text came, or a flush, or the end
        self._gathered = 0.0  # characters since the plan was asked; infinite with a flush, or the end
        self._fed_at = self._waiting_since = time.monotonic()
        self._is_fresh = True  # nothing has come since the last passage was planned
        self._fed = self._letter_stop = 0  # characters, and where the last letter or digit of them ends
        self._planned_stop: float = 0  # where the last word ends that was planned
        self._awaited: tuple[int, Urgency] | None = None  # see `_has_news`, while text is waited for

    def feed(self, text: str) -> None:
        """Note that this text has come."""
        if self._first is not None:
            self._first.feed(text)
        self._gathered += len(text)
        last = next((at for at in range(len(text), 0, -1) if text[at - 1].isalnum()), None)
        self._letter_stop = self._letter_stop if last is None else self._fed + last
        self._fed += len(text)
        self._note()

    def press(self) -> None:
        """Note that all is to be spoken that has come: a flush, or the end."""
        self._gathered = math.inf
        self._note()

    async def run(self) -> None:
        """Submit everything, each thing in its time. Raises `SpeechdError`: the text cannot be read, or there is no
        place to speak it."""
        try:
            while (item := await self._next()) is not None:
                self._stage.submit(item)
        finally:
            self._stage.end()

    def release(self) -> None:
        """Give the place back."""
        if self._place is not None:
            self._place.release()
            self._place = None

    async def _next(self) -> Planned | Pause | Flush | None:
        """The next thing to speak, when its time has come, with a place to speak it."""
        while True:
            budget = await self._stage.room()
            seen, arrival, self._gathered = self._feeds, self._fed_at, 0.0
            urgency, _ = self._urgency(time.monotonic())
            probable = self._first.take() if self._first is not None else ""
            item = await self._plan.next(budget.limit_s, urgency, probable)
            if isinstance(item, Guess):
                self._begin_with(item, arrival)
            if isinstance(item, Guess | NotYet):
                if isinstance(item, Guess) or item.needs_text:
                    await self._wait(seen, urgency)
                continue
            if isinstance(item, Flushed):
                return Flush(item.number)
            if item is not None:
                self._waiting_since, self._is_fresh = time.monotonic(), self._feeds == seen
                self._first = None
                if isinstance(item, Planned):
                    words = item.script.words if item.script is not None else ()
                    self._planned_stop = max((word.source_stop for word in words), default=math.inf)
                await self._begin(arrival)
            return item

    def _note(self) -> None:
        self._fed_at = time.monotonic()
        self._feeds += 1
        was_fresh = self._is_fresh
        if was_fresh:
            self._waiting_since, self._is_fresh = self._fed_at, False
        # There are many tokens of which nothing comes, and slots may need the core.
        if self._awaited is not None and (was_fresh or self._has_news(*self._awaited)):
            self._stage.changed.set()

    def _has_news(self, seen: int, urgency: Urgency) -> bool:
        """Whether the plan is to be asked, which had nothing of this urgency after `seen` feeds."""
        least = STEP if urgency is Urgency.GATHER else 0
        if self._feeds == seen or self._gathered < least:
            return False
        is_probable = self._first is not None and self._first.is_probable
        return is_probable or not self._plan.is_in_vain(urgency)

    @property
    def _is_all_planned(self) -> bool:
        """Whether no text has come since the last passage was planned, and that ends with the last word."""
        return self._is_fresh and self._letter_stop <= self._planned_stop

    def _urgency(self, now: float) -> tuple[Urgency, float]:
        """How urgent the next passage is, and from when on it will be more so; infinite if that depends on progress."""
        playback = self._stage.look_ahead.playback
        is_at_rest = self._stage.is_at_rest
        if is_at_rest and playback.is_dry(now):
            delay_s = self._limits.buffer_delay_s
            due = self._waiting_since + delay_s if delay_s is not None else math.inf
            return (Urgency.CLAUSE, math.inf) if now >= due else (Urgency.SENTENCE, due)
        due = self._pool.latest_start(self._stage.look_ahead.deadline(now)) - PLANNING_S
        if now < due:
            return Urgency.GATHER, due
        ends_at = playback.ends_at if is_at_rest else None
        return Urgency.SENTENCE, math.inf if ends_at is None else ends_at

    async def _wait(self, seen: int, urgency: Urgency) -> None:
        """Wait for more text than those `seen` feeds, or for a moment of more urgency."""
        guess_until = time.monotonic() + GUESS_S
        while not self._has_news(seen, urgency):
            now = time.monotonic()
            current, until = self._urgency(now)
            if current > urgency:
                return
            if self._stage.has_guess and now < guess_until:
                until = min(until, guess_until)
            # While text is only being gathered, some of it is to be spoken yet.
            elif self._stage.is_at_rest and (urgency > Urgency.GATHER or self._is_all_planned):
                self._stage.drop_guess()
                self.release()
            self._stage.changed.clear()
            self._awaited = seen, urgency
            with suppress(TimeoutError):
                async with asyncio.timeout(until - now if until < math.inf else None):
                    await self._stage.changed.wait()
            self._awaited = None

    def _begin_with(self, guess: Guess, arrival: float) -> None:
        """Have a slot begin with what is probably the first sentence, whose text came by `arrival`."""
        with suppress(Unavailable):
            self._place = self._place or self._places.admit()
            self._stage.guess(guess.segment, arrival)

    async def _begin(self, arrival: float) -> None:
        """Take a place. Where the listener waits for text, it has waited since `arrival`; one that waits for others of
        its own connection is to go before nobody else for that."""
        playback = self._stage.look_ahead.playback
        has_begun, give_up = playback.sent_s > 0, time.monotonic() + self._limits.max_wait_s
        while self._place is None:
            if await self._places.turn():
                arrival = time.monotonic()
                has_begun, give_up = True, arrival + self._limits.max_wait_s
            try:
                self._place = self._places.admit()
            except Overloaded:
                if not has_begun or time.monotonic() >= give_up:
                    raise
                await asyncio.sleep(PLACE_RETRY_S)
        now = time.monotonic()
        if self._stage.is_at_rest and playback.is_dry(now):
            self._stage.resume(arrival, now - (now if playback.ends_at is None else playback.ends_at))
