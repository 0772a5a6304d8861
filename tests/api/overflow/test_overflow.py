"""Who speaks, with the other server scripted and the local reply a note that it was asked for."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from speechd.api.overflow.overflow import CircuitBreaker, Overflow, SpeechCall, speech_url
from speechd.config.settings import Settings
from speechd.engines.base import Segment
from speechd.errors import NotReady, Overloaded, TransferAborted
from speechd.metrics.counters import Counts
from speechd.metrics.exposition import COUNTED, OVERFLOW_FIRST_AUDIO, OVERFLOWS
from speechd.pool.admission import Admission
from speechd.pool.capacity import Limits
from speechd.pool.scoreboard import Scoreboard
from speechd.speech.response import ClientTimeouts
from tests.harness.forks import end_worker, fork_worker
from tests.harness.scripted import END, HANG, Scripted, chunk, head

LIMITS = Limits(
    max_in_flight=2,
    max_in_flight_per_key=1,
    max_wait_s=60.0,
    segments_per_request=4,
    synthesis_timeout_s=5.0,
    max_overflow_in_flight=2,
)
ASKED = SpeechCall(
    id="req_1",
    body=b'{"input": "hello"}',
    key=None,
    whole=False,
    sse=False,
    patience=ClientTimeouts(write_s=0.3, first_audio_s=5.0),
    log={},
)
SPEECH = (head(x_speechd_engine="tone", x_secret="s"), chunk(b"ab"), chunk(b"cd"), END)


@pytest.fixture(scope="module")
def other() -> Iterator[Scripted]:
    with Scripted() as other:
        yield other


class House:
    """One worker of two: its scoreboard, its counts, and what was asked of the local server."""

    def __init__(self, url: str, **settings: object) -> None:
        self.board = Scoreboard(2, LIMITS, keys=2)
        for index in (0, 1):
            fork_worker(self.board, index)
        self.counts = Counts(2, COUNTED)
        self.admission = Admission(self.board, 0)
        known = {"overflow_first_audio_s": 0.5, "overflow_idle_s": 0.3, "overflow_connect_s": 0.3} | settings
        self.overflow = Overflow(Settings(overflow_url=url, **known), self.admission, self.counts.row(0))
        self.asked_here = 0
        self.sent: list[dict] = []
        self.aborted = False

    def here(self, key: int | None = None) -> object:
        ticket = self.admission.admit(key)

        async def reply(scope, receive, send) -> None:
            assert self.board.overflow_in_flight.sum() == 0, "the other is done with"
            self.asked_here += 1
            ticket.release()

        return reply

    def fill(self) -> None:
        for _ in range(2):
            Admission(self.board, 1).admit()

    def wait(self, seconds: float) -> None:
        """Give newcomers so long to wait."""
        for _ in range(4):
            self.board.queue.put(Segment(b"", seconds), 0, time.monotonic())

    def outcomes(self) -> dict[str, int]:
        return {outcome: int(count) for outcome, count in self.counts.counter(OVERFLOWS).items() if count}

    async def ask(self, asked: SpeechCall = ASKED, *, leave_s: float = 60, stall: bool = False) -> list[dict]:
        """The messages that the client is sent; they are in `sent`, too."""
        sent = self.sent = []

        async def send(message: dict) -> None:
            sent.append(message)
            if stall and message["type"] == "http.response.body":
                await asyncio.sleep(60)

        async def receive() -> dict:
            await asyncio.sleep(leave_s)
            return {"type": "http.disconnect"}

        def abort() -> None:
            self.aborted = True

        reply = self.overflow.reply(replace(asked, log={}), lambda: self.here(asked.key))
        await reply({"type": "http", "extensions": {"speechd.abort": abort}}, receive, send)
        return sent


@asynccontextmanager
async def house(url: str, **settings: object) -> AsyncIterator[House]:
    made = House(url, **settings)
    made.overflow.open()
    try:
        yield made
    finally:
        await made.overflow.close()
        assert made.board.overflow_in_flight.sum() == 0
        made.board.close()


def run(scenario) -> None:
    asyncio.run(asyncio.wait_for(scenario, 20))


async def until(condition) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.001)


def body(sent: list[dict]) -> bytes:
    return b"".join(message["body"] for message in sent if message["type"] == "http.response.body")


def test_request_that_finds_a_place_stays(other):
    async def scenario():
        async with house(other.url) as near:
            assert await near.ask() == []
            assert (near.asked_here, near.outcomes()) == (1, {})

    run(scenario())


def test_request_refused_for_the_count_goes_over(other):
    async def scenario():
        async with house(other.url) as near:
            near.fill()
            other.script = SPEECH
            start, *_ = sent = await near.ask()
            assert body(sent) == b"abcd"
            headers = dict(start["headers"])
            assert headers[b"x-speechd-overflow"] == b"1"
            assert headers[b"x-speechd-engine"] == b"tone"
            assert headers[b"content-type"] == b"audio/pcm"
            assert b"x-secret" not in headers
            assert (near.asked_here, near.outcomes()) == (0, {"complete": 1})
            assert near.counts.histogram(OVERFLOW_FIRST_AUDIO)[0][-1] == 1

    run(scenario())


@pytest.mark.parametrize(("wait_s", "goes"), [(40.0, True), (100.0, True), (4.0, False)])
def test_request_that_would_wait_goes_over(other, wait_s, goes):
    """40 s could be admitted, 100 s would be refused."""

    async def scenario():
        async with house(other.url, overflow_after_s=15.0) as near:
            near.wait(wait_s)
            other.script = SPEECH
            assert body(await near.ask()) == (b"abcd" if goes else b"")
            assert near.asked_here == (not goes)

    run(scenario())


def test_what_is_sent_on_is_the_body_and_nothing_else_of_the_client(other):
    async def scenario():
        async with house(other.url + "/v1/", overflow_api_key="far") as near:
            near.fill()
            other.script = SPEECH
            await near.ask()
            head, _, content = other.requests[-1].partition(b"\r\n\r\n")
            line, *rest = head.decode().lower().split("\r\n")
            headers = dict(field.split(": ", 1) for field in rest)
            assert line == "post /v1/audio/speech http/1.1"
            assert content == ASKED.body
            assert headers["authorization"] == "bearer far"
            assert headers["x-speechd-overflow"] == "1"
            assert headers["x-request-id"] == "req_1"
            assert headers["content-type"] == "application/json"

    run(scenario())


def test_cookie_of_one_reply_goes_with_no_other_request(other):
    async def scenario():
        async with house(other.url) as near:
            near.fill()
            other.script = (head(set_cookie="session=1; Path=/"), chunk(b"ab"), END)
            await near.ask()
            await until(lambda: not other.open)  # else the next might be sent on a connection that is being closed
            await near.ask()
            assert b"cookie" not in other.requests[-1].lower()

    run(scenario())


def test_request_that_could_be_admitted_is_spoken_here_when_the_other_declines(other):
    async def scenario():
        async with house(other.url) as near:
            near.wait(40.0)
            other.script = (head("503 Busy"), END)
            assert await near.ask() == []
            assert (near.asked_here, near.outcomes()) == (1, {"refused": 1})

    run(scenario())


def test_other_that_declines_is_hung_up_on_at_once(other):
    async def scenario():
        async with house(other.url) as near:
            near.wait(40.0)
            other.script = (head("503 Busy"), chunk(b"{"), HANG)
            await near.ask()
            await until(lambda: not other.open)

    run(scenario())


def test_request_that_was_refused_is_refused_when_the_other_declines(other):
    async def scenario():
        async with house(other.url) as near:
            near.fill()
            other.script = (head(), HANG)
            with pytest.raises(Overloaded) as refused:
                await near.ask()
            assert refused.value.reason == "count"
            assert (near.asked_here, near.outcomes()) == (0, {"slow": 1})

    run(scenario())


def test_refusal_for_its_key_stays_one(other):
    async def scenario():
        async with house(other.url) as near:
            near.admission.admit(0)
            with pytest.raises(Overloaded, match="this API key"):
                await near.ask(replace(ASKED, key=0))
            near.admission.admit(1)
            with pytest.raises(Overloaded, match="this API key"):  # though now the count is full, too
                await near.ask(replace(ASKED, key=0))
            assert near.outcomes() == {}

    run(scenario())


def test_loading_server_sends_nothing_over(other):
    async def scenario():
        async with house(other.url) as near:
            for index in (0, 1):
                end_worker(near.board, index)
                near.board.table.fork(index)
            with pytest.raises(NotReady):
                await near.ask()

    run(scenario())


def test_only_so_many_go_over(other):
    async def scenario():
        async with house(other.url, overflow_first_audio_s=30) as near:
            near.fill()
            other.script = (head(), chunk(b"ab"), HANG)
            going = [asyncio.create_task(near.ask(leave_s=1)) for _ in range(2)]
            await until(lambda: near.board.overflow_in_flight.sum() == 2)
            with pytest.raises(Overloaded):
                await near.ask()
            await asyncio.gather(*going, return_exceptions=True)
            assert near.outcomes()["full"] == 1

    run(scenario())


def test_client_that_leaves_before_the_other_speaks_hangs_up_on_it(other):
    async def scenario():
        async with house(other.url, overflow_first_audio_s=30) as near:
            near.fill()
            other.script = (HANG,)
            assert await near.ask(leave_s=0.1) == []
            await until(lambda: not other.open)
            assert near.outcomes() == {"client left": 1}

    run(scenario())


def test_client_that_leaves_while_the_other_speaks_hangs_up_on_it(other):
    async def scenario():
        async with house(other.url, overflow_idle_s=30) as near:
            near.fill()
            other.script = (head(), chunk(b"ab"), HANG)
            assert body(await near.ask(leave_s=0.3)) == b"ab"
            await until(lambda: not other.open)
            assert near.outcomes() == {"client left": 1}

    run(scenario())


def test_client_that_does_not_read_is_dropped_and_the_other_hung_up_on(other):
    async def scenario():
        async with house(other.url) as near:
            near.fill()
            other.script = (head(), *[chunk(bytes(10_000))] * 1000, END)
            with pytest.raises(TransferAborted):
                await near.ask(stall=True)
            await until(lambda: not other.open)
            assert near.aborted
            assert near.outcomes() == {"client too slow": 1}

    run(scenario())


@pytest.mark.parametrize("sse", [False, True])
def test_break_after_the_first_bytes_is_a_break(other, sse):
    async def scenario():
        async with house(other.url) as near:
            near.wait(40.0)
            media_type = "text/event-stream" if sse else "audio/pcm"
            other.script = (head(media_type=media_type), chunk(b"data: 1\n\ndata: "), HANG)
            with pytest.raises(TransferAborted):
                await near.ask(replace(ASKED, sse=sse))
            if sse:  # an event more, after whole ones
                assert body(near.sent).startswith(b'data: 1\n\ndata: {"type":"error"')
            else:
                assert body(near.sent) == b"data: 1\n\ndata: "
            assert all(message.get("more_body", True) for message in near.sent)
            assert (near.asked_here, near.outcomes()) == (0, {"failed": 1})

    run(scenario())


def test_whole_reply_that_breaks_off_is_spoken_here(other):
    async def scenario():
        async with house(other.url) as near:
            near.wait(40.0)
            other.script = (head(), chunk(b"ab"))
            assert await near.ask(replace(ASKED, whole=True)) == []
            assert (near.asked_here, near.outcomes()) == (1, {"broken": 1})
            assert near.counts.histogram(OVERFLOW_FIRST_AUDIO)[0][-1] == 0

    run(scenario())


def test_whole_reply_has_its_length(other):
    async def scenario():
        async with house(other.url) as near:
            near.fill()
            other.script = SPEECH
            start, *_ = sent = await near.ask(replace(ASKED, whole=True))
            assert (b"content-length", b"4") in start["headers"]
            assert body(sent) == b"abcd"

    run(scenario())


def test_other_that_does_not_answer_is_left_alone_until_it_does(other):
    async def scenario():
        async with house(other.url, overflow_rest_s=0.2) as near:
            near.fill()
            other.script = (HANG,)
            with pytest.raises(Overloaded):
                await near.ask()
            began = time.monotonic()
            with pytest.raises(Overloaded):
                await near.ask()
            assert near.outcomes() == {"slow": 1, "resting": 1}
            other.script = SPEECH
            await asyncio.sleep(max(0.0, began + 0.25 - time.monotonic()))
            assert body(await near.ask()) == b"abcd"
            assert body(await near.ask()) == b"abcd"

    run(scenario())


def test_client_with_less_patience_than_ours_does_not_let_the_other_rest(other):
    async def scenario():
        async with house(other.url, overflow_first_audio_s=30) as near:
            near.fill()
            other.script = (HANG,)
            hurried = replace(ASKED, patience=ClientTimeouts(write_s=1.0, first_audio_s=0.1))
            for _ in range(2):
                with pytest.raises(Overloaded):
                    await near.ask(hurried)
            assert near.outcomes() == {"slow": 2}

    run(scenario())


def test_other_that_is_not_there_is_left_alone():
    async def scenario():
        with socket.create_server(("127.0.0.1", 0)) as gone:
            port = gone.getsockname()[1]
        async with house(f"http://127.0.0.1:{port}") as near:
            near.wait(40.0)
            await near.ask()
            await near.ask()
            assert (near.asked_here, near.outcomes()) == (2, {"unreachable": 1, "resting": 1})

    run(scenario())


def test_rest_is_over_for_one_request_first():
    rest = CircuitBreaker(5.0)
    seen = [rest.may_ask(0.0), rest.may_ask(0.0)]
    rest.end(1.0, answers=False)
    seen += [rest.may_ask(5.9), rest.may_ask(6.0), rest.may_ask(6.0)]
    rest.end(7.0, answers=None)
    seen += [rest.may_ask(7.0), rest.may_ask(7.0)]
    rest.end(8.0, answers=True)
    seen += [rest.may_ask(8.0), rest.may_ask(8.0)]
    assert seen == [True, True, False, True, False, True, False, True, True]


def test_no_rest_is_taken_if_none_is_wanted():
    rest = CircuitBreaker(0.0)
    rest.end(1.0, answers=False)
    assert rest.may_ask(1.0)
    assert rest.may_ask(1.0)


@pytest.mark.parametrize(
    ("base_url", "url"),
    [
        ("http://far:8880", "http://far:8880/v1/audio/speech"),
        ("http://far:8880/", "http://far:8880/v1/audio/speech"),
        ("https://far/v1", "https://far/v1/audio/speech"),
        ("https://far/openai/v1/", "https://far/openai/v1/audio/speech"),
    ],
)
def test_base_url_is_taken_with_and_without_its_version(base_url, url):
    assert speech_url(base_url) == url
