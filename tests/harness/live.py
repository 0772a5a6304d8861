"""Live utterances for tests: planned in this process, and spoken by the tone engine, whose sound is decoded."""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from itertools import count

import numpy as np

from speechd.audio.joiner import SegmentJoiner
from speechd.audio.samples import SAMPLE_RATE, Samples
from speechd.encoders import open_encoder
from speechd.engines.base import Segment, SynthesisOptions
from speechd.engines.kokoro.voices import catalogue
from speechd.engines.tone import ToneEngine
from speechd.pool.capacity import StreamBudget
from speechd.pool.client import PoolClient, SegmentJob, SpokenWindow
from speechd.speech.captions import WordTime
from speechd.speech.encoding import EncodingStage
from speechd.speech.live.events import Flushed, LiveChunk
from speechd.speech.live.flush_plan import FlushPlan
from speechd.speech.live.guess import FirstSentence
from speechd.speech.live.plan import Guess, LiveTextPlan, Urgency
from speechd.speech.live.planning import LiveLimits
from speechd.speech.live.utterance import LiveUtterance
from speechd.speech.live_planner import LivePlanner
from speechd.speech.planner import Planned, Planner
from speechd.speech.reader.messages import PlanResult, Utterance
from speechd.speech.reader.plan import ReadPlan
from speechd.speech.reader.pool import ReaderPool
from speechd.speech.reader.serve import answer
from speechd.speech.reading import AS_TEXT
from speechd.text.markup import Pause
from speechd.text.passages import NotYet

OPTIONS = SynthesisOptions(catalogue().parse("af_heart"), "en-us", words=True)


class ReadersHere(ReaderPool):
    """Readers without a process."""

    def __init__(self) -> None:
        self._ids = count()
        self._planners: dict[int, Planner] = {}

    async def _ask(self, plan: ReadPlan, longest_s: float) -> PlanResult:
        call = plan.call(longest_s, (), is_new=plan.id not in self._planners)
        return answer(ToneEngine(), self._planners, call, 60.0)


class SentencePlan(FlushPlan):
    """A plan with certain sentences: those behind which another word begins. asked: with how much urgency, each time
    anew. enough: characters for which it gathers."""

    def __init__(self, enough: int = 100) -> None:
        super().__init__(ReadersHere().plan, OPTIONS, AS_TEXT)
        self.asked: list[Urgency] = []
        self.enough = enough

    async def next(
        self, longest_s: float, urgency: Urgency, guess: str = ""
    ) -> Planned | Pause | Flushed | NotYet | Guess | None:
        if self.asked[-1:] != [urgency]:
            self.asked.append(urgency)
        if not self._ready:
            ends = [end.end() for end in re.finditer(r"[.!?] (?=[A-Z])", self._text)]
            if urgency is Urgency.CLAUSE and " " in self._text:
                ends.append(self._text.rindex(" ") + 1)
            if ends and (urgency is not Urgency.GATHER or ends[-1] >= self.enough):
                rest, self._text = self._text[ends[-1] :], self._text[: ends[-1]]
                self._cut(None)
                self._text = rest
        item = await super().next(longest_s, urgency)
        if guess and isinstance(item, NotYet):
            return LivePlanner("", OPTIONS, ToneEngine()).guess(guess, longest_s) or item
        return item

    def is_in_vain(self, urgency: Urgency) -> bool:
        return False


class ToneJob(SegmentJob):
    """A segment that is rendered in windows when its turn comes, after `delay_s` each."""

    def __init__(self, pool: TonePool, segment: Segment, deadline: float, *, playing: bool) -> None:
        self.segment, self.deadline, self.playing = segment, deadline, playing
        self.left_s, self.wait_s = segment.duration_s, 0.0
        self.cancelled = False
        self._slots, self._state = pool, b""

    async def next_window(self) -> SpokenWindow:
        await self._slots.gate.wait()
        await asyncio.sleep(self._slots.delay_s)
        if self._slots.error is not None:
            raise self._slots.error
        window = ToneEngine().render_window(self.segment, self._state, self._slots.window_s)
        self._state, self.left_s = window.state, window.left_s
        return SpokenWindow(window.audio, window.left_s, 0.0)

    def allow(self, ahead_s: float) -> None:
        pass

    @property
    def is_held_back(self) -> bool:
        return False

    def cancel(self) -> None:
        self.cancelled = True


class TonePool(PoolClient):
    """Slots without processes. gate: closed, nothing is rendered. error: with which rendering fails."""

    def __init__(self, *, window_s: float = 1.0, delay_s: float = 0.0) -> None:
        self.jobs: list[ToneJob] = []
        self.window_s, self.delay_s = window_s, delay_s
        self.gate = asyncio.Event()
        self.gate.set()
        self.error: Exception | None = None

    def submit(self, segment: Segment, deadline: float, *, playing: bool = False, ahead_s: float = math.inf) -> ToneJob:
        self.jobs.append(ToneJob(self, segment, deadline, playing=playing))
        return self.jobs[-1]

    def latest_start(self, deadline: float) -> float:
        return deadline - 0.2

    def budget(self) -> StreamBudget:
        return StreamBudget()


class Places:
    """Places among the requests in flight. held: that are taken now; taken: that were, in all. refusal: raised instead
    of giving one."""

    def __init__(self) -> None:
        self.held = self.taken = 0
        self.refusal: Exception | None = None

    async def turn(self) -> bool:
        return False

    def admit(self) -> HeldPlace:
        if self.refusal is not None:
            raise self.refusal
        self.held += 1
        self.taken += 1
        return HeldPlace(self)


class HeldPlace:
    """One of them."""

    def __init__(self, places: Places) -> None:
        self._places, self._is_held = places, True

    def release(self) -> None:
        if self._is_held:
            self._is_held = False
            self._places.held -= 1


class LiveHarness:
    """An utterance, and what it is made of."""

    def __init__(
        self,
        executor: ThreadPoolExecutor,
        *,
        format: str = "pcm",
        limits: LiveLimits | None = None,
        plan: LiveTextPlan | None = None,
        window_s: float = 1.0,
        delay_s: float = 0.0,
    ) -> None:
        self.executor = executor
        self.room = 1_000_000  # characters of the connection
        self.pool, self.places = TonePool(window_s=window_s, delay_s=delay_s), Places()
        encoding = EncodingStage(lambda: open_encoder(format, whole=False), SegmentJoiner(), executor)
        limits = limits or LiveLimits(max_chars=10_000, look_ahead_s=60, has_words=True)
        readers = ReadersHere()
        plan = plan or readers.live(Utterance("", OPTIONS))
        first = FirstSentence(OPTIONS.language)
        self.utterance = LiveUtterance(plan, first, self.pool, encoding, self.places, limits, lambda: self.room)

    async def read_all(self) -> list[LiveChunk | Flushed]:
        """All that comes of it."""
        events = []
        while (event := await self.utterance.read()) is not None:
            events.append(event)
        return events


@asynccontextmanager
async def live(**options: object) -> AsyncIterator[LiveHarness]:
    """An utterance, which is closed at the end. options: of `LiveHarness`."""
    with ThreadPoolExecutor(1) as executor:
        harness = LiveHarness(executor, **options)  # type: ignore[arg-type]
        try:
            yield harness
        finally:
            await harness.utterance.close()


def run(scenario: Callable[[], object]) -> None:
    """Run a scenario, which must end in time."""
    asyncio.run(asyncio.wait_for(scenario(), 60))  # type: ignore[arg-type]


def samples_of(events: Sequence[LiveChunk | Flushed]) -> Samples:
    """The audio of events in pcm."""
    data = b"".join(event.data for event in events if isinstance(event, LiveChunk))
    return np.frombuffer(data, "<i2").astype(np.float32) / np.float32(32767)


def words_of(events: Sequence[LiveChunk | Flushed]) -> list[WordTime]:
    """The words of events."""
    return [word for event in events if isinstance(event, LiveChunk) for word in event.words]


def sound_of(samples: Samples, word: WordTime) -> Samples:
    """What is heard while a word is said to sound."""
    return samples[round(word.start_s * SAMPLE_RATE) : round(word.end_s * SAMPLE_RATE)]
