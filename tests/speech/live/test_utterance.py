from __future__ import annotations

import asyncio
import contextlib
import gc
import math
import random
import weakref
from itertools import pairwise

import pytest

from speechd.context import Outcome
from speechd.engines.tone import decode
from speechd.errors import InvalidRequest, Overloaded, SynthesisFailed
from speechd.speech.live.events import Flushed, Heard, LiveChunk
from speechd.speech.live.planning import LiveLimits
from speechd.speech.live.utterance import FLUSH_CHARS
from tests.harness.live import LiveHarness, live, run, samples_of, sound_of, words_of

TEXT = "Hello there, my friend. How are you doing today? I am fine, and it costs $3.50."


async def until_said(harness: LiveHarness, text: str) -> list[LiveChunk | Flushed]:
    """What comes until so much was said."""
    events: list[LiveChunk | Flushed] = []
    while text not in decode(samples_of(events)):
        event = await harness.utterance.read()
        assert event is not None
        events.append(event)
    return events


async def until_flushed(harness: LiveHarness) -> list[LiveChunk | Flushed]:
    """What comes up to the first flush."""
    events = list[LiveChunk | Flushed]()
    while not isinstance(event := await harness.utterance.read(), Flushed):
        assert event is not None
        events.append(event)
    return events


def test_what_is_fed_in_pieces_is_heard_in_order_with_its_words_where_they_sound() -> None:
    async def scenario() -> None:
        async with live() as harness:
            for start in range(0, len(TEXT), 4):
                harness.utterance.feed(TEXT[start : start + 4])
            harness.utterance.finish()
            events = await harness.read_all()
        samples, words = samples_of(events), words_of(events)
        said = "Hello there, my friend. How are you doing today? I am fine, and it costs three dollars and fifty cents."
        assert decode(samples).replace(" ", "") == said.replace(" ", "")
        assert [TEXT[word.source_start : word.source_stop] for word in words][:4] == ["Hello", "there", "my", "friend"]
        for word in words:
            assert decode(sound_of(samples, word)) == word.text
        assert harness.utterance.outcome is Outcome.COMPLETE

    run(scenario)


def test_flush_is_told_behind_the_audio_of_all_that_was_fed_before_it() -> None:
    async def scenario() -> None:
        async with live() as harness:
            utterance = harness.utterance
            utterance.feed("One two.")
            assert utterance.flush() == 0
            utterance.feed(" Three")
            assert utterance.flush() == 1
            assert utterance.flush() == 2
            utterance.feed(" four.")
            utterance.finish()
            events = await harness.read_all()
        parts: list[list[LiveChunk | Flushed]] = [[]]
        for event in events:
            if isinstance(event, Flushed):
                assert event.number == len(parts) - 1
                parts.append([])
            else:
                parts[-1].append(event)
        assert [decode(samples_of(part)) for part in parts] == ["One two.", "Three", "", "four."]
        starts = [event.start_s for event in events if isinstance(event, LiveChunk)]
        assert starts == sorted(starts)
        words = words_of(events)
        assert [(word.text, word.source_start, word.source_stop) for word in words] == [
            ("One", 0, 3),
            ("two", 4, 7),
            ("Three", 9, 14),
            ("four", 15, 19),
        ]

    run(scenario)


def test_place_is_held_only_while_there_is_something_to_speak() -> None:
    async def scenario() -> None:
        async with live() as harness:
            utterance = harness.utterance
            utterance.feed("One two.")
            utterance.flush()
            assert isinstance(await utterance.read(), LiveChunk)
            assert harness.places.held == 1
            await until_flushed(harness)
            reading = asyncio.create_task(utterance.read())
            while harness.places.held:
                await asyncio.sleep(0.001)
            utterance.feed(" Three.")
            utterance.finish()
            assert isinstance(await reading, LiveChunk)
            assert harness.places.taken == 2
            await harness.read_all()
            assert vars(harness.places) == {"held": 0, "taken": 2, "refusal": None}

    run(scenario)


def test_utterance_without_a_place_is_refused() -> None:
    async def scenario() -> None:
        async with live() as harness:
            harness.places.refusal = Overloaded("full", reason="count", retry_after_s=2.0)
            harness.utterance.feed("One two.")
            harness.utterance.finish()
            with pytest.raises(Overloaded):
                await harness.utterance.read()
            assert await harness.utterance.read() is None
            assert harness.utterance.outcome is Outcome.REFUSED

    run(scenario)


def test_utterance_that_has_begun_waits_for_a_place() -> None:
    async def scenario() -> None:
        limits = LiveLimits(max_chars=100, look_ahead_s=60, max_wait_s=10.0)
        async with live(limits=limits) as harness:
            harness.utterance.feed("One two.")
            harness.utterance.flush()
            await until_flushed(harness)
            reading = asyncio.create_task(harness.utterance.read())
            while harness.places.held:
                await asyncio.sleep(0.001)
            harness.places.refusal = Overloaded("full", reason="count", retry_after_s=2.0)
            harness.utterance.feed(" Three.")
            harness.utterance.finish()
            await asyncio.sleep(0.12)
            assert not reading.done()
            harness.places.refusal = None
            first = await reading
            assert first is not None
            assert decode(samples_of([first, *await harness.read_all()])) == "Three."

    run(scenario)


def test_cancel_drops_what_waits_and_says_how_far_the_listener_was_taken() -> None:
    async def scenario() -> None:
        async with live(window_s=0.2, delay_s=0.05) as harness:
            utterance = harness.utterance
            utterance.feed("One two three four five six seven eight nine ten.")
            utterance.flush()
            events = await until_said(harness, "One two three")
            sent_s = sum(event.audio_s for event in events if isinstance(event, LiveChunk))
            while utterance.heard().played_s < 0.6:
                await asyncio.sleep(0.01)
            heard = await utterance.cancel()
            assert heard.sent_s == pytest.approx(sent_s)
            assert 0.6 <= heard.played_s <= heard.sent_s
            assert heard.source_stop in (len("One two"), len("One two three"), len("One two three four"))
            assert all(job.cancelled for job in harness.pool.jobs)
            assert await utterance.read() is None
            assert utterance.outcome is Outcome.CANCELLED
            assert harness.places.held == 0

    run(scenario)


def test_cancel_ends_a_read_that_waits_for_a_slot() -> None:
    async def scenario() -> None:
        async with live() as harness:
            harness.pool.gate.clear()
            harness.utterance.feed("One two.")
            harness.utterance.flush()
            reading = asyncio.create_task(harness.utterance.read())
            while not harness.pool.jobs:
                await asyncio.sleep(0.001)
            assert await harness.utterance.cancel() == Heard(0.0, 0.0, 0)
            assert await reading is None
            assert harness.pool.jobs[0].cancelled
            assert harness.places.held == 0

    run(scenario)


def test_cancel_before_any_text_is_nothing() -> None:
    async def scenario() -> None:
        async with live() as harness:
            reading = asyncio.create_task(harness.utterance.read())
            await asyncio.sleep(0)
            assert await harness.utterance.cancel() == Heard(0.0, 0.0, 0)
            assert await reading is None
            harness.utterance.feed("Too late.")
            assert harness.places.taken == 0

    run(scenario)


def test_failure_is_raised_behind_the_audio_before_it() -> None:
    async def scenario() -> None:
        async with live() as harness:
            harness.utterance.feed("One two.")
            harness.utterance.flush()
            await until_flushed(harness)
            harness.pool.error = SynthesisFailed("no")
            harness.utterance.feed("Three.")
            harness.utterance.finish()
            with pytest.raises(SynthesisFailed):
                await harness.utterance.read()
            assert harness.utterance.outcome is Outcome.FAILED
            assert harness.places.held == 0

    run(scenario)


def test_more_characters_than_an_utterance_may_have_are_refused() -> None:
    async def scenario() -> None:
        async with live(limits=LiveLimits(max_chars=10, look_ahead_s=60)) as harness:
            harness.utterance.feed("One two.")
            with pytest.raises(InvalidRequest, match="longer than 10 characters"):
                harness.utterance.feed("Three.")
            harness.room = 0
            with pytest.raises(InvalidRequest, match="contexts of this connection"):
                harness.utterance.feed("!")

    run(scenario)


def test_more_flushes_than_an_utterance_may_have_are_refused() -> None:
    async def scenario() -> None:
        async with live(limits=LiveLimits(max_chars=3 * FLUSH_CHARS, look_ahead_s=60)) as harness:
            for _ in range(3):
                harness.utterance.flush()
            with pytest.raises(InvalidRequest, match="a flush counts"):
                harness.utterance.flush()
            harness.utterance.finish()
            assert await harness.read_all() == [Flushed(0), Flushed(1), Flushed(2)]

    run(scenario)


@pytest.mark.parametrize("text", ["", " \n"])
def test_without_text_there_is_nothing(text: str) -> None:
    async def scenario() -> None:
        async with live() as harness:
            harness.utterance.feed(text)
            harness.utterance.flush()
            harness.utterance.finish()
            assert await harness.read_all() == [Flushed(0)]
            assert harness.places.taken == 0

    run(scenario)


def test_text_in_which_nothing_can_be_spoken_is_silence() -> None:
    async def scenario() -> None:
        async with live() as harness:
            harness.utterance.feed("...")
            harness.utterance.finish()
            events = await harness.read_all()
            assert not samples_of(events).any()
            assert len(samples_of(events)) > 0

    run(scenario)


def test_listener_who_waited_for_text_has_not_run_dry() -> None:
    async def scenario() -> None:
        async with live() as harness:
            utterance = harness.utterance
            utterance.feed("One.")
            utterance.flush()
            await until_flushed(harness)
            reading = asyncio.create_task(utterance.read())
            while utterance.heard().played_s < utterance.heard().sent_s:
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.3)
            utterance.feed(" Two.")
            utterance.finish()
            await reading
            await harness.read_all()
            assert not utterance.timings.underrun_s
            first, second = harness.pool.jobs
            assert not second.playing
            assert second.deadline > first.deadline + 0.5

    run(scenario)


def test_silence_while_text_was_waited_for_is_not_heard_again() -> None:
    async def scenario() -> None:
        async with live() as harness:
            utterance = harness.utterance
            utterance.feed("One.")
            utterance.flush()
            events = await until_flushed(harness)
            reading = asyncio.create_task(utterance.read())
            while utterance.heard().played_s < utterance.heard().sent_s:
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.6)
            utterance.feed(" Two.")
            utterance.finish()
            first = await reading
            assert isinstance(first, LiveChunk)
            events += [first, *await harness.read_all()]
            one, two = words_of(events)
            assert two.start_s - one.end_s < 0.25

    run(scenario)


@pytest.mark.parametrize("ending", ["complete", "cancelled", "failed", "left"])
def test_nothing_is_kept_of_an_utterance_that_has_ended(ending: str) -> None:
    async def scenario() -> None:
        async with live() as harness:
            kept = weakref.ref(harness.utterance)
            harness.utterance.feed("One two. Three four.")
            harness.utterance.flush()
            assert await harness.utterance.read() is not None
            await end(harness, ending)
            await harness.utterance.close()
            harness.utterance = LiveHarness(harness.executor).utterance
            harness.pool.error = None  # whose traceback keeps it
            await asyncio.sleep(0)
            assert kept() is None

    async def end(harness: LiveHarness, ending: str) -> None:
        match ending:
            case "complete":
                harness.utterance.finish()
                await harness.read_all()
            case "cancelled":
                await harness.utterance.cancel()
            case "failed":
                harness.pool.error = SynthesisFailed("no")
                harness.utterance.feed("Five.")
                harness.utterance.finish()
                with contextlib.suppress(SynthesisFailed):
                    await harness.read_all()

    gc.disable()
    try:
        run(scenario)
    finally:
        gc.enable()


MARKED = (
    "It was **late**, and Dr. Smith went home at 5 p.m. Then he slept... He paid $5.99 for it.\n\n"
    "- One thing, as he said. And another.\n- A second [link. Here](http://x.y) to see.\n\n"
    '"All was well!" she cried, in 1999. What now? [pause:0.2s] Nothing.'
)


@pytest.mark.parametrize("seed", range(6))
def test_what_is_heard_is_the_text_however_it_came_in_pieces(seed: int) -> None:
    choice = random.Random(seed)

    async def heard(pieces: list[str]) -> tuple[str, list[tuple[int, int]]]:
        async with live(window_s=choice.choice([0.3, 1.0, math.inf])) as harness:
            reading = asyncio.create_task(harness.read_all())
            for piece in pieces:
                harness.utterance.feed(piece)
                await asyncio.sleep(choice.choice([0, 0, 0.002]))
            harness.utterance.finish()
            events = await reading
        words = [(word.source_start, word.source_stop) for word in words_of(events)]
        samples = samples_of(events)
        for word in words_of(events):
            assert decode(sound_of(samples, word)) == word.text
        return decode(samples).replace(" ", ""), words

    async def scenario() -> None:
        cuts = sorted(choice.sample(range(1, len(MARKED)), choice.choice([1, 5, 60])))
        pieces = [MARKED[start:stop] for start, stop in pairwise([0, *cuts, len(MARKED)])]
        assert await heard(pieces) == await heard([MARKED])

    run(scenario)
