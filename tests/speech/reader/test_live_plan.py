"""Text that comes in pieces, planned in real processes, which may die."""

from __future__ import annotations

import asyncio
import math
import os
import signal
from collections.abc import Iterable

from speechd.engines.base import SynthesisOptions
from speechd.engines.kokoro.voices import catalogue
from speechd.engines.tone import ToneEngine, decode
from speechd.speech.live_planner import Guess
from speechd.speech.planner import Planned
from speechd.speech.reader.live_plan import LivePlan
from speechd.speech.reader.messages import Utterance
from speechd.text.fed_text import Flushed
from speechd.text.markup import Pause
from speechd.text.passages import NotYet, Urgency
from tests.harness.forks import in_fresh_process
from tests.speech.reader.test_pool import PoolHarness, run_scenario

UTTERANCE = Utterance("", SynthesisOptions(catalogue().parse("af_heart"), "en-us", words=True))
TEXT = (
    "It was **late**, and Dr. Smith went home at 5 p.m. Then he slept. He paid $5.99 for it.\n\n"
    "- One thing, as he said. And another.\n- A second [link. Here](http://x.y) to see.\n\nAll was well! What now? "
) * 4
MISSING = NotYet(needs_text=True)


def said(item: object) -> str:
    """What is spoken for an item of a plan."""
    assert isinstance(item, Planned)
    return decode(ToneEngine().speak(item.segment).samples)


def sources(item: object) -> list[str]:
    """The words of the input that an item says."""
    assert isinstance(item, Planned)
    assert item.script is not None
    return [f"{word.source_start}-{word.source_stop}" for word in item.script.words]


async def rest(plan: LivePlan, urgency: Urgency = Urgency.SENTENCE) -> list[Planned | Pause | Flushed]:
    """What can be planned now."""
    items: list[Planned | Pause | Flushed] = []
    while not isinstance(item := await plan.next(math.inf, urgency), NotYet | Guess | None):
        items.append(item)
    return items


def pieces(text: str, length: int) -> Iterable[str]:
    return (text[start : start + length] for start in range(0, len(text), length))


@in_fresh_process
def test_first_sentence_is_planned_with_the_word_behind_it_and_the_rest_is_gathered() -> None:
    async def scenario(harness: PoolHarness) -> None:
        plan = harness.readers.live(UTTERANCE)
        plan.feed("Hello there, my dear fr")
        assert await plan.next(math.inf, Urgency.SENTENCE) == MISSING
        plan.feed("iend. ")
        assert await plan.next(math.inf, Urgency.SENTENCE) == MISSING
        plan.feed("H")
        assert said(await plan.next(math.inf, Urgency.SENTENCE)) == "Hello there, my dear friend."
        plan.feed("ow are you? I am well. So ")
        assert await plan.next(math.inf, Urgency.GATHER) == MISSING
        plan.finish()
        assert said(await plan.next(math.inf, Urgency.GATHER)) == "How are you? I am well. So"
        assert await plan.next(math.inf, Urgency.GATHER) is None
        plan.close()

    run_scenario(scenario)


@in_fresh_process
def test_probable_sentence_is_guessed_in_the_same_call_and_then_certain() -> None:
    async def scenario(harness: PoolHarness) -> None:
        plan = harness.readers.live(UTTERANCE)
        plan.feed("Hello there, my dear friend.")
        guess = await plan.next(math.inf, Urgency.SENTENCE, "Hello there, my dear friend.")
        assert isinstance(guess, Guess)
        assert plan.is_in_vain(Urgency.SENTENCE), "a guess is nothing that is certain"
        plan.feed(" How")
        assert not plan.is_in_vain(Urgency.SENTENCE)
        planned = await plan.next(math.inf, Urgency.SENTENCE)
        assert said(planned) == "Hello there, my dear friend."
        assert isinstance(planned, Planned)
        assert planned.segment == guess.segment
        plan.close()

    run_scenario(scenario)


@in_fresh_process
def test_flush_has_all_spoken_and_text_may_follow() -> None:
    async def scenario(harness: PoolHarness) -> None:
        plan = harness.readers.live(UTTERANCE)
        plan.feed("Hello there")
        assert plan.flush() == 0
        assert [said(item) if isinstance(item, Planned) else item for item in await rest(plan)] == [
            "Hello there",
            Flushed(0),
        ]
        plan.feed(" and more.")
        assert plan.flush() == 1
        plan.finish()
        items = await rest(plan)
        assert [said(item) if isinstance(item, Planned) else item for item in items] == ["and more.", Flushed(1)]
        plan.close()

    run_scenario(scenario)


@in_fresh_process
def test_clause_is_planned_where_no_sentence_is_certain_and_neither_word_nor_number_is_parted() -> None:
    async def scenario(harness: PoolHarness) -> None:
        plan = harness.readers.live(UTTERANCE)
        plan.feed("He paid, as I sai")
        assert said(await plan.next(math.inf, Urgency.CLAUSE)) == "He paid,"
        plan.feed("d the other day 30 ")
        assert said(await plan.next(math.inf, Urgency.CLAUSE)) == "as I said the other day"
        assert await plan.next(math.inf, Urgency.CLAUSE) == MISSING
        plan.feed("1/2 dollars")
        plan.finish()
        assert said(await plan.next(math.inf, Urgency.CLAUSE)) == "thirty and a half dollars"
        plan.close()

    run_scenario(scenario)


@in_fresh_process
def test_another_process_goes_on_where_one_died() -> None:
    async def read(harness: PoolHarness, urgency: Urgency, *, kill: bool) -> tuple[list[str], list[str]]:
        plan = harness.readers.live(UTTERANCE)
        spoken, places = list[str](), list[str]()
        for number, piece in enumerate(pieces(TEXT, 7)):
            plan.feed(piece)
            if number % 20 == 19:
                plan.flush()
            if kill and number % 5 == 0:
                pid = harness.readers._processes[0].pid
                assert pid is not None
                os.kill(pid, signal.SIGKILL)
            for item in await rest(plan, urgency):
                if isinstance(item, Planned):
                    spoken.append(said(item))
                    places += sources(item)
        plan.finish()
        for item in await rest(plan, urgency):
            if isinstance(item, Planned):
                spoken.append(said(item))
                places += sources(item)
        plan.close()
        return spoken, places

    async def scenario(harness: PoolHarness) -> None:
        for urgency in Urgency:
            undisturbed = await read(harness, urgency, kill=False)
            assert len(undisturbed[0]) > 5
            deaths = harness.deaths
            assert await read(harness, urgency, kill=True) == undisturbed
            assert harness.deaths > deaths + 5

    run_scenario(scenario)


@in_fresh_process
def test_words_are_found_in_all_text_that_was_fed() -> None:
    async def scenario(harness: PoolHarness) -> None:
        plan = harness.readers.live(UTTERANCE)
        found = []
        for piece in pieces(TEXT, 5):
            plan.feed(piece)
            found += [item for item in await rest(plan) if isinstance(item, Planned)]
        plan.finish()
        found += [item for item in await rest(plan) if isinstance(item, Planned)]
        words = [word for item in found if item.script for word in item.script.words]
        starts = [word.source_start for word in words]
        assert starts == sorted(starts)
        for word in ("late", "Smith", "slept", "thing", "Here", "now"):
            places = {TEXT[found.source_start : found.source_stop] for found in words if found.text == word}
            assert places == {word}
            assert sum(found.text == word for found in words) == 4
        plan.close()

    run_scenario(scenario)


def test_reader_is_not_asked_about_text_that_ends_no_sentence() -> None:
    async def scenario() -> None:
        plan = LivePlan(1, UTTERANCE, lambda plan, longest_s: asyncio.get_running_loop().create_future())
        plan._lacking = Urgency.SENTENCE
        plan.feed("and so ")
        assert await plan.next(math.inf, Urgency.SENTENCE) == MISSING
        assert await plan.next(math.inf, Urgency.GATHER) == MISSING

    asyncio.run(scenario())
