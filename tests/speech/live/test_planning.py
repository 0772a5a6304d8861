from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import pytest

from speechd.engines.tone import decode
from speechd.errors import Overloaded
from speechd.speech.live import planning
from speechd.speech.live.events import Flushed, LiveChunk
from speechd.speech.live.guess import MOST
from speechd.speech.live.plan import Urgency
from speechd.speech.live.planning import LiveLimits
from speechd.speech.reader.messages import Utterance
from speechd.speech.synthesis import Guesses
from tests.harness.live import OPTIONS, LiveHarness, ReadersHere, SentencePlan, live, run, samples_of, words_of

FIRST = "The first of them is this one and takes as long to say as a busy machine may take to go on."
LONG = "One two three four five six seven eight nine ten eleven twelve, and so on for as long as a machine may be busy."
REST = "The second comes later. The third is even later than that, and it is long. So is the fourth, which is last."


async def until(condition: Callable[[], object]) -> None:
    while not condition():
        await asyncio.sleep(0.001)


class Reading:
    """Reads all that comes of an utterance, as a client does."""

    def __init__(self, harness: LiveHarness) -> None:
        self.events: list[LiveChunk | Flushed] = []
        self._harness = harness
        self.task = asyncio.create_task(self._read())

    async def _read(self) -> None:
        while (event := await self._harness.utterance.read()) is not None:
            self.events.append(event)

    @property
    def said(self) -> str:
        """What was said so far."""
        return decode(samples_of(self.events))

    async def has_said(self, text: str) -> None:
        """Return once this was said. By its words, for to decode takes long beside what is waited for."""
        await until(lambda: len(words_of(self.events)) == len(text.split()))


def test_first_sentence_is_spoken_as_soon_as_it_is_certain_and_the_rest_is_gathered_meanwhile() -> None:
    async def scenario() -> None:
        plan = SentencePlan()
        async with live(plan=plan) as harness:
            reading = Reading(harness)
            harness.utterance.feed(f"{FIRST} The")
            await reading.has_said(FIRST)
            assert plan.asked[:2] == [Urgency.SENTENCE, Urgency.GATHER]
            for word in REST.removeprefix("The").split():
                harness.utterance.feed(f" {word}")
                await asyncio.sleep(0.01)
            harness.utterance.finish()
            await reading.task
            assert reading.said.replace(" ", "") == f"{FIRST}{REST}".replace(" ", "")
            assert len(harness.pool.jobs) == 3, "the first alone, the two that made enough, and the rest"

    run(scenario)


def test_what_is_certain_is_spoken_before_the_listener_runs_dry() -> None:
    async def scenario() -> None:
        plan = SentencePlan()
        async with live(plan=plan) as harness:
            reading = Reading(harness)
            harness.utterance.feed("One two three four. Five six seven. Eight")
            await until(lambda: len(harness.pool.jobs) == 1)
            harness.utterance.feed(" nine. Ten")
            await until(lambda: len(harness.pool.jobs) == 2)
            assert plan.asked[:3] == [Urgency.SENTENCE, Urgency.GATHER, Urgency.SENTENCE]
            second = harness.pool.jobs[1]
            assert second.playing
            assert time.monotonic() < second.deadline, "there is still something to be heard"
            harness.utterance.finish()
            await reading.task
            assert not harness.utterance.timings.underrun_s

    run(scenario)


def test_place_is_kept_while_text_is_gathered_and_given_back_when_nothing_is_certain() -> None:
    async def scenario() -> None:
        async with live(plan=SentencePlan()) as harness:
            reading = Reading(harness)
            harness.pool.gate.clear()
            harness.utterance.feed(f"{LONG} Five six seven")
            await until(lambda: harness.pool.jobs)
            harness.utterance.feed(" eight")
            harness.pool.gate.set()
            await reading.has_said(LONG)
            await asyncio.sleep(0.05)
            assert harness.places.held == 1
            await until(lambda: not harness.places.held)
            harness.utterance.finish()
            await reading.task
            assert harness.places.taken == 2

    run(scenario)


def test_place_is_kept_while_sentences_wait_that_came_with_the_first() -> None:
    async def scenario() -> None:
        async with live(plan=ReadersHere().live(Utterance("", OPTIONS))) as harness:
            reading = Reading(harness)
            harness.utterance.feed(f"{LONG} Five six seven. Eight nine")
            await reading.has_said(LONG)
            await asyncio.sleep(0.05)
            assert harness.places.held == 1
            await reading.has_said(f"{LONG} Five six seven.")
            assert harness.places.taken == 1
            await until(lambda: not harness.places.held)

    run(scenario)


def test_clause_is_spoken_when_nothing_else_was_certain_for_too_long() -> None:
    async def scenario() -> None:
        limits = LiveLimits(max_chars=100, look_ahead_s=60, buffer_delay_s=0.2)
        async with live(plan=SentencePlan(), limits=limits) as harness:
            reading, began = Reading(harness), time.monotonic()
            harness.utterance.feed("Well, one two thr")
            await until(lambda: harness.pool.jobs)
            assert time.monotonic() - began >= 0.2
            harness.utterance.feed("ee.")
            harness.utterance.finish()
            await reading.task
            assert reading.said.replace(" ", "") == "Well,onetwothree."

    run(scenario)


def test_probable_sentence_is_begun_before_it_is_certain_and_heard_once() -> None:
    async def scenario() -> None:
        async with live(plan=SentencePlan()) as harness:
            reading = Reading(harness)
            harness.utterance.feed(FIRST[:9])
            harness.utterance.feed(FIRST[9:])
            await until(lambda: len(harness.pool.jobs) == 1)
            assert harness.places.held == 1
            await asyncio.sleep(0.05)
            assert not reading.events, "it is not certain yet"
            harness.utterance.feed(" The")
            await reading.has_said(FIRST)
            assert len(harness.pool.jobs) == 1
            harness.utterance.feed(" second.")
            harness.utterance.finish()
            await reading.task
            assert len(harness.pool.jobs) == 2
            assert harness.places.held == 0
            assert harness.utterance.guesses == Guesses(right=1, dropped=0)

    run(scenario)


def test_guess_that_was_wrong_is_dropped_and_nobody_hears_of_it() -> None:
    async def scenario() -> None:
        async with live(plan=SentencePlan()) as harness:
            reading = Reading(harness)
            harness.utterance.feed("This is what he calls 3.")
            await until(lambda: len(harness.pool.jobs) == 1)
            harness.utterance.feed("5 pounds. Then")
            await until(lambda: len(harness.pool.jobs) == 2)
            assert harness.pool.jobs[0].cancelled
            harness.utterance.finish()
            await reading.task
            assert reading.said.startswith("This is what he calls three point five pounds.")
            assert harness.utterance.guesses == Guesses(right=0, dropped=1)

    run(scenario)


def test_guess_that_nothing_follows_gives_its_place_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "GUESS_S", 0.1)

    async def scenario() -> None:
        async with live(plan=SentencePlan()) as harness:
            reading = Reading(harness)
            harness.utterance.feed(FIRST)
            await until(lambda: len(harness.pool.jobs) == 1)
            await until(lambda: harness.pool.jobs[0].cancelled)
            assert harness.places.held == 0
            harness.utterance.finish()
            await reading.task
            assert reading.said == FIRST

    run(scenario)


def test_guess_without_a_place_is_not_made() -> None:
    async def scenario() -> None:
        async with live(plan=SentencePlan()) as harness:
            harness.places.refusal = Overloaded("full", reason="count", retry_after_s=1.0)
            reading = Reading(harness)
            harness.utterance.feed(FIRST)
            await asyncio.sleep(0.05)
            assert not harness.pool.jobs
            harness.places.refusal = None
            harness.utterance.feed(" Then")
            await reading.has_said(FIRST)
            await harness.utterance.cancel()
            await reading.task

    run(scenario)


def test_cancelled_guess_is_dropped() -> None:
    async def scenario() -> None:
        async with live(plan=SentencePlan()) as harness:
            reading = Reading(harness)
            harness.utterance.feed(FIRST)
            await until(lambda: len(harness.pool.jobs) == 1)
            await harness.utterance.cancel()
            await reading.task
            assert harness.pool.jobs[0].cancelled
            assert harness.places.held == 0

    run(scenario)


@pytest.mark.parametrize("text", ["Short.", "This one goes on and on", "word " * 100 + "end."])
def test_no_guess_is_made_at_what_is_probably_no_first_sentence(text: str) -> None:
    async def scenario() -> None:
        async with live(plan=SentencePlan()) as harness:
            reading = Reading(harness)
            harness.utterance.feed(text)
            await asyncio.sleep(0.05)
            assert not harness.pool.jobs
            await harness.utterance.cancel()
            await reading.task

    run(scenario)


def test_only_a_few_guesses_are_made() -> None:
    async def scenario() -> None:
        async with live(plan=SentencePlan()) as harness:
            reading = Reading(harness)
            for number in range(2 * MOST):
                harness.utterance.feed(f"This is what they call {number}.")
                await asyncio.sleep(0.02)
            assert len(harness.pool.jobs) == MOST
            await harness.utterance.cancel()
            await reading.task

    run(scenario)
