from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import pytest

from speechd.api.available import Available
from speechd.api.downloads import Downloads
from speechd.api.live.session import MAX_UTTERANCES, LiveSession, LiveSpeech, seed_of
from speechd.api.local_speech import LocalSpeech
from speechd.config.settings import Settings
from speechd.context import Outcome, RequestContext
from speechd.engines.kokoro.voices import catalogue
from speechd.engines.tone import ToneEngine, decode
from speechd.errors import InvalidRequest, NotReady, Overloaded
from speechd.metrics.counters import Counts
from speechd.metrics.declarations import COUNTED, UTTERANCES, UTTERANCES_BEGUN
from speechd.pool.admission import Admission
from speechd.pool.scoreboard import Scoreboard
from speechd.speech.live.events import Flushed, LiveChunk
from speechd.speech.live.options import LiveOptions
from speechd.speech.live.utterance import LiveUtterance
from speechd.speech.reading import Form, Reading
from tests.harness.forks import LIMITS, end_worker, fork_worker
from tests.harness.live import ReadersHere, TonePool, samples_of

OPTIONS = LiveOptions(blend=catalogue().parse("af_heart"), language="en-us")


@dataclass
class SessionHarness:
    """The sessions of a server with one worker. in_use: what its connection was told, in order."""

    board: Scoreboard
    live: LiveSpeech
    context: RequestContext
    in_use: list[bool] = field(default_factory=list)

    def begin(self) -> LiveSession:
        """A session."""
        return self.live.begin(self.context, self.in_use.append)


@asynccontextmanager
async def harness(max_sessions: int = 2, max_in_flight: int = 8) -> AsyncIterator[SessionHarness]:
    board = Scoreboard(1, replace(LIMITS, max_sessions=max_sessions, max_in_flight=max_in_flight))
    fork_worker(board, 0)
    settings = Settings.load({"engine": "tone"}, {})
    with ThreadPoolExecutor(1) as executor:
        local = LocalSpeech(
            settings=settings,
            engine_name="tone",
            admission=Admission(board, 0),
            pool=TonePool(),
            readers=ReadersHere(),
            encoding=executor,
            counters=Counts(1, COUNTED).row(0),
            downloads=Downloads(0, 1.0),
        )
        available = Available.of(ToneEngine(), catalogue(), settings)
        context = RequestContext(id="1", method="GET", path="/live", abort=lambda: None)
        yield SessionHarness(board, LiveSpeech(local, available), context)
    board.close()


def run(scenario: Callable[[], Awaitable[None]]) -> None:
    async def timely() -> None:
        async with asyncio.timeout(60):
            await scenario()

    asyncio.run(timely())


async def spoken(utterance: LiveUtterance, text: str) -> str:
    """What is said of a text, to its end."""
    utterance.feed(text)
    utterance.finish()
    events: list[LiveChunk | Flushed] = []
    while (event := await utterance.read()) is not None:
        events.append(event)
    return decode(samples_of(events))


def test_utterances_of_a_session_are_spoken_counted_and_logged() -> None:
    async def scenario() -> None:
        async with harness() as server:
            session = server.begin()
            first, second = session.open(OPTIONS), session.open(OPTIONS)
            said = await asyncio.gather(spoken(first, "One."), spoken(second, "Two, three."))
            assert list(said) == ["One.", "Two, three."]
            await session.end(first)
            second.feed("too late")
            await second.cancel()
            await session.end(second)
            left = session.open(OPTIONS)
            left.feed("Four.")
            left.flush()
            assert await left.read() is not None
            await session.close()
            assert server.live.local.counters.total(UTTERANCES_BEGUN) == 3
            assert server.live.local.counters.total(UTTERANCES) == 3
            fields = server.context.log_fields()
            assert (fields["utterances"], fields["characters"]) == (3, len("One.Two, three.Four."))
            assert fields["outcome"] is Outcome.CLIENT_LEFT
            assert float(str(fields["audio_s"])) > 1.0
            assert (server.board.sessions.sum(), server.board.in_flight.sum()) == (0, 0)

    run(scenario)


def test_connection_is_in_use_while_any_utterance_has_something_to_speak() -> None:
    async def scenario() -> None:
        async with harness() as server:
            session = server.begin()
            first, second = session.open(OPTIONS), session.open(OPTIONS)
            assert server.in_use == []
            first.feed("One.")
            second.feed("Two.")
            first.flush()
            second.flush()
            assert await first.read() is not None
            assert await second.read() is not None
            assert server.in_use == [True]
            assert server.board.in_flight.sum() == 2
            await session.close()
            assert server.in_use == [True, False]

    run(scenario)


def test_connection_is_in_use_until_the_end_of_an_utterance_is_told() -> None:
    async def scenario() -> None:
        async with harness() as server:
            session = server.begin()
            utterance = session.open(OPTIONS)
            assert await spoken(utterance, "One.") == "One."
            assert server.board.in_flight.sum() == 0  # the client that hears of the end may ask again at once
            assert server.in_use == [True]
            await session.end(utterance)
            assert server.in_use == [True, False]
            await session.close()

    run(scenario)


def test_sessions_of_a_server_are_bounded() -> None:
    async def scenario() -> None:
        async with harness(max_sessions=2) as server:
            sessions = [server.begin(), server.begin()]
            with pytest.raises(Overloaded, match="connections"):
                server.begin()
            await sessions[0].close()
            await sessions[0].close()
            sessions[0] = server.begin()
            with pytest.raises(Overloaded):
                server.begin()
            for session in sessions:
                await session.close()
            assert server.board.sessions.sum() == 0

    run(scenario)


def test_no_session_begins_where_nothing_would_be_spoken() -> None:
    async def scenario() -> None:
        async with harness() as server:
            end_worker(server.board, 0)
            with pytest.raises(NotReady):
                server.begin()

    run(scenario)


def test_utterances_of_a_connection_are_bounded() -> None:
    async def scenario() -> None:
        async with harness() as server:
            session = server.begin()
            utterances = [session.open(OPTIONS) for _ in range(MAX_UTTERANCES)]
            with pytest.raises(Overloaded, match="contexts"):
                session.open(OPTIONS)
            await session.end(utterances[0])
            session.open(OPTIONS)
            await session.close()

    run(scenario)


def test_text_of_a_connection_is_bounded() -> None:
    async def scenario() -> None:
        async with harness() as server:
            session = server.begin()
            longest = server.live.settings.max_input_chars
            utterances = [session.open(OPTIONS) for _ in range(3)]
            for utterance in utterances[:2]:
                utterance.feed(" " * longest)
            with pytest.raises(InvalidRequest, match="contexts"):
                utterances[2].feed(" ")
            await session.end(utterances[0])
            utterances[2].feed(" ")
            await session.close()

    run(scenario)


def test_utterance_without_a_place_is_refused_and_others_go_on() -> None:
    async def scenario() -> None:
        async with harness(max_in_flight=1) as server:
            session, other = server.begin(), server.begin()
            first, second = session.open(OPTIONS), other.open(OPTIONS)
            first.feed("One.")
            first.flush()
            assert await first.read() is not None
            with pytest.raises(Overloaded, match="in flight"):
                await spoken(second, "Two.")
            await other.close()
            assert await spoken(first, "") != "One."  # the rest of it
            await session.close()
            assert server.live.local.counters.total(UTTERANCES) == 2

    run(scenario)


@pytest.mark.parametrize(("places", "share"), [(1, 1), (2, 2), (3, 2), (4, 2), (8, 4), (9, 4)])
def test_connection_holds_its_share_of_the_places_and_what_is_beyond_it_is_spoken_in_turn(
    places: int, share: int
) -> None:
    async def scenario() -> None:
        async with harness(max_in_flight=places) as server:
            pool = server.live.local.pool
            assert isinstance(pool, TonePool)
            pool.gate.clear()
            session = server.begin()
            texts = ["Ann.", "Bob.", "Cid.", "Dan.", "Eve.", "Fay.", "Gus."][: share + 3]
            speaking = [asyncio.create_task(spoken(session.open(OPTIONS), text)) for text in texts]
            while len(pool.jobs) < share:
                await asyncio.sleep(0.001)
            await asyncio.sleep(0.05)
            assert (len(pool.jobs), server.board.in_flight.sum()) == (share, share)
            other = server.begin()
            if places > share:
                Admission(server.board, 0).admit().release()
            else:
                with pytest.raises(Overloaded):
                    await spoken(other.open(OPTIONS), "Other.")
            pool.gate.set()
            assert await asyncio.gather(*speaking) == texts
            assert [decode(ToneEngine().speak(job.segment).samples) for job in pool.jobs] == texts
            await other.close()
            await session.close()
            assert server.board.in_flight.sum() == 0

    run(scenario)


def test_utterance_that_is_cancelled_while_it_waits_its_turn_holds_nobody_up() -> None:
    async def scenario() -> None:
        async with harness(max_in_flight=1) as server:
            pool = server.live.local.pool
            assert isinstance(pool, TonePool)
            pool.gate.clear()
            session = server.begin()
            utterances = [session.open(OPTIONS) for _ in range(3)]
            speaking = [asyncio.create_task(spoken(each, f"{at}.")) for at, each in enumerate(utterances)]
            while not pool.jobs:
                await asyncio.sleep(0.001)
            await utterances[1].cancel()
            pool.gate.set()
            await asyncio.gather(*speaking)
            assert len(pool.jobs) == 2
            assert [each.outcome for each in utterances] == [Outcome.COMPLETE, Outcome.CANCELLED, Outcome.COMPLETE]
            await session.close()

    run(scenario)


def test_what_is_no_plain_text_is_spoken_at_each_flush() -> None:
    async def scenario() -> None:
        async with harness() as server:
            session = server.begin()
            utterance = session.open(replace(OPTIONS, reading=Reading(Form.SSML)))
            utterance.feed("<speak>One ")
            utterance.feed("<break time='1s'/>two.</speak>")
            utterance.flush()
            events = list[LiveChunk | Flushed]()
            while not isinstance(event := await utterance.read(), Flushed):
                assert event is not None
                events.append(event)
            assert decode(samples_of(events)) == "Onetwo."
            assert await spoken(utterance, "<speak>Three.</speak>") == "Three."
            await session.close()

    run(scenario)


def test_seed_follows_from_the_options() -> None:
    assert seed_of(OPTIONS) == seed_of(replace(OPTIONS, words=True))
    assert seed_of(OPTIONS) != seed_of(replace(OPTIONS, speed=1.5))
    assert seed_of(replace(OPTIONS, seed=7)) == 7
