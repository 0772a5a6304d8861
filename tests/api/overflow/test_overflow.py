"""Who speaks, with a scripted upstream server and a local response that only counts its calls."""

import asyncio
import math
import socket
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from speechd.api.call import SpeechCall
from speechd.api.overflow.overflow import Overflow, speech_url
from speechd.config.settings import Settings
from speechd.context import RequestContext
from speechd.engines.base import Segment
from speechd.errors import NotReady, Overloaded, TransferAborted
from speechd.metrics.counters import Counts
from speechd.metrics.declarations import COUNTED, OVERFLOW_FIRST_AUDIO, OVERFLOWS
from speechd.pool.admission import Admission
from speechd.pool.capacity import Limits
from speechd.pool.scoreboard import Scoreboard
from tests.harness.forks import end_worker, fork_worker
from tests.harness.requests import speech_call
from tests.harness.scripted import END, HANG, ScriptedServer, chunk, head

LIMITS = Limits(
    max_in_flight=2,
    max_in_flight_per_key=1,
    max_wait_s=60.0,
    segments_per_request=4,
    synthesis_timeout_s=5.0,
    max_overflow_in_flight=2,
)
SPEECH = (head(x_speechd_engine="tone", x_secret="s"), chunk(b"ab"), chunk(b"cd"), END)


@pytest.fixture(scope="module")
def upstream() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        yield server


class OverflowHarness:
    """One worker of two: its scoreboard, its counts, and how often the local server was asked."""

    def __init__(self, url: str, **settings: Any) -> None:
        self.board = Scoreboard(2, LIMITS, keys=2)
        for index in (0, 1):
            fork_worker(self.board, index)
        self.counts = Counts(2, COUNTED)
        self.admission = Admission(self.board, 0)
        known = {"overflow_first_audio_s": 4.0, "overflow_idle_s": 0.3, "overflow_connect_s": 4.0} | settings
        self.overflow = Overflow(Settings(overflow_url=url, **known), self.admission, self.counts.row(0))
        self.spoken_here = 0
        self.sent: list[Message] = []
        self.context: RequestContext
        self.aborted = False

    def local(self, key: int | None = None) -> ASGIApp:
        """Takes a place, or raises a refusal; the response notes that it was asked for."""
        ticket = self.admission.admit(key)

        async def respond(scope: Scope, receive: Receive, send: Send) -> None:
            assert self.board.overflow_in_flight.sum() == 0, "upstream is done with"
            self.spoken_here += 1
            ticket.release()

        return respond

    def fill(self) -> None:
        """Take all places."""
        for _ in range(2):
            Admission(self.board, 1).admit()

    def wait(self, seconds: float) -> None:
        """Make newcomers wait for so long."""
        for _ in range(4):
            self.board.queue.put(Segment(b"", seconds), 0, time.monotonic())

    def outcomes(self) -> dict[str, int]:
        return {outcome: int(count) for outcome, count in self.counts.counter(OVERFLOWS).items() if count}

    def call(self, key: int | None = None, *, sse: bool = False, read_timeout_s: float = math.inf) -> SpeechCall:
        """A request of which nothing is known beyond its body."""

        def abort() -> None:
            self.aborted = True

        call = speech_call(key=key, abort=abort, read_timeout_s=read_timeout_s, first_audio_s=5.0, write_s=0.3)
        self.context = call.context
        return replace(call, wanted=replace(call.wanted, sse=sse))

    async def ask(self, call: SpeechCall | None = None, *, leave_s: float = 60, stall: bool = False) -> list[Message]:
        """The messages that the client is sent; they are in `sent`, too."""
        sent = self.sent = []
        call = call or self.call()

        async def send(message: Message) -> None:
            sent.append(message)
            if stall and message["type"] == "http.response.body":
                await asyncio.sleep(60)

        async def receive() -> Message:
            await asyncio.sleep(leave_s)
            return {"type": "http.disconnect"}

        response = self.overflow.respond(call, lambda: self.local(call.context.key))
        await response({"type": "http"}, receive, send)
        return sent


@asynccontextmanager
async def opened(server: ScriptedServer | str, **settings: Any) -> AsyncIterator[OverflowHarness]:
    """A worker in front of this server."""
    made = OverflowHarness(server if isinstance(server, str) else server.url, **settings)
    made.overflow.open()
    try:
        yield made
    finally:
        await made.overflow.close()
        assert made.board.overflow_in_flight.sum() == 0
        made.board.close()


def run(scenario: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(scenario, 60))


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.001)


def body(sent: list[Message]) -> bytes:
    return b"".join(message["body"] for message in sent if message["type"] == "http.response.body")


def test_request_that_finds_a_place_stays(upstream: ScriptedServer) -> None:
    async def scenario() -> None:
        async with opened(upstream) as worker:
            assert await worker.ask() == []
            assert (worker.spoken_here, worker.outcomes()) == (1, {})

    run(scenario())


def test_request_refused_for_the_count_goes_over(upstream: ScriptedServer) -> None:
    async def scenario() -> None:
        async with opened(upstream) as worker:
            worker.fill()
            upstream.script = SPEECH
            start, *_ = sent = await worker.ask()
            assert body(sent) == b"abcd"
            headers = dict(start["headers"])
            assert headers[b"x-speechd-overflow"] == b"1"
            assert headers[b"x-speechd-engine"] == b"tone"
            assert headers[b"content-type"] == b"audio/pcm"
            assert b"x-secret" not in headers
            assert (worker.spoken_here, worker.outcomes()) == (0, {"complete": 1})
            assert worker.counts.histogram(OVERFLOW_FIRST_AUDIO)[0][-1] == 1

    run(scenario())


@pytest.mark.parametrize(("wait_s", "goes"), [(40.0, True), (100.0, True), (4.0, False)])
def test_request_that_would_wait_goes_over(upstream: ScriptedServer, wait_s: float, goes: bool) -> None:
    """40 s could be admitted, 100 s would be refused."""

    async def scenario() -> None:
        async with opened(upstream, overflow_after_s=15.0) as worker:
            worker.wait(wait_s)
            upstream.script = SPEECH
            assert body(await worker.ask()) == (b"abcd" if goes else b"")
            assert worker.spoken_here == (not goes)

    run(scenario())


def test_what_is_sent_on_is_the_body_and_nothing_else_of_the_client(upstream: ScriptedServer) -> None:
    async def scenario() -> None:
        async with opened(upstream.url + "/v1/", overflow_api_key="far") as worker:
            worker.fill()
            upstream.script = SPEECH
            await worker.ask()
            head, _, content = upstream.requests[-1].partition(b"\r\n\r\n")
            line, *rest = head.decode().lower().split("\r\n")
            headers = dict(field.split(": ", 1) for field in rest)
            assert line == "post /v1/audio/speech http/1.1"
            assert content == worker.call().body
            assert headers["authorization"] == "bearer far"
            assert headers["x-speechd-overflow"] == "1"
            assert headers["x-request-id"] == "req_1"
            assert headers["content-type"] == "application/json"

    run(scenario())


def test_cookie_of_one_reply_goes_with_no_other_request(upstream: ScriptedServer) -> None:
    async def scenario() -> None:
        async with opened(upstream) as worker:
            worker.fill()
            upstream.script = (head(set_cookie="session=1; Path=/"), chunk(b"ab"), END)
            await worker.ask()
            await worker.ask()
            assert b"cookie" not in upstream.requests[-1].lower()

    run(scenario())


def test_request_that_could_be_admitted_is_spoken_here_when_upstream_declines(upstream: ScriptedServer) -> None:
    async def scenario() -> None:
        async with opened(upstream) as worker:
            worker.wait(40.0)
            upstream.script = (head("503 Busy"), END)
            assert await worker.ask() == []
            assert (worker.spoken_here, worker.outcomes()) == (1, {"refused": 1})

    run(scenario())


def test_upstream_that_declines_is_hung_up_on_at_once(upstream: ScriptedServer) -> None:
    async def scenario() -> None:
        async with opened(upstream) as worker:
            worker.wait(40.0)
            upstream.script = (head("503 Busy"), chunk(b"{"), HANG)
            await worker.ask()
            await until(lambda: not upstream.open)

    run(scenario())


def test_request_that_was_refused_is_refused_when_upstream_declines(upstream: ScriptedServer) -> None:
    async def scenario() -> None:
        async with opened(upstream, overflow_first_audio_s=0.3) as worker:
            worker.fill()
            upstream.script = (head(), HANG)
            with pytest.raises(Overloaded) as refused:
                await worker.ask()
            assert refused.value.reason == "count"
            assert (worker.spoken_here, worker.outcomes()) == (0, {"slow": 1})

    run(scenario())


def test_refusal_for_its_key_stays_one(upstream: ScriptedServer) -> None:
    async def scenario() -> None:
        async with opened(upstream) as worker:
            worker.admission.admit(0)
            with pytest.raises(Overloaded, match="this API key"):
                await worker.ask(worker.call(key=0))
            worker.admission.admit(1)
            with pytest.raises(Overloaded, match="this API key"):  # though now the count is full, too
                await worker.ask(worker.call(key=0))
            assert worker.outcomes() == {}

    run(scenario())


def test_loading_server_sends_nothing_over(upstream: ScriptedServer) -> None:
    async def scenario() -> None:
        async with opened(upstream) as worker:
            for index in (0, 1):
                end_worker(worker.board, index)
                worker.board.table.fork(index)
            with pytest.raises(NotReady):
                await worker.ask()

    run(scenario())


def test_only_so_many_go_over(upstream: ScriptedServer) -> None:
    async def scenario() -> None:
        async with opened(upstream, overflow_first_audio_s=30) as worker:
            worker.fill()
            upstream.script = (head(), chunk(b"ab"), HANG)
            going = [asyncio.create_task(worker.ask(leave_s=1)) for _ in range(2)]
            await until(lambda: worker.board.overflow_in_flight.sum() == 2)
            with pytest.raises(Overloaded):
                await worker.ask()
            await asyncio.gather(*going, return_exceptions=True)
            assert worker.outcomes()["full"] == 1

    run(scenario())


def test_client_that_leaves_before_upstream_speaks_hangs_up_on_it(upstream: ScriptedServer) -> None:
    async def scenario() -> None:
        async with opened(upstream, overflow_first_audio_s=30) as worker:
            worker.fill()
            upstream.script = (HANG,)
            assert await worker.ask(leave_s=0.1) == []
            await until(lambda: not upstream.open)
            assert worker.outcomes() == {"client left": 1}

    run(scenario())


def test_client_that_leaves_while_upstream_speaks_hangs_up_on_it(upstream: ScriptedServer) -> None:
    async def scenario() -> None:
        async with opened(upstream, overflow_idle_s=30) as worker:
            worker.fill()
            upstream.script = (head(), chunk(b"ab"), HANG)
            assert body(await worker.ask(leave_s=0.3)) == b"ab"
            await until(lambda: not upstream.open)
            assert worker.outcomes() == {"client left": 1}

    run(scenario())


def test_client_that_does_not_read_is_dropped_and_upstream_hung_up_on(upstream: ScriptedServer) -> None:
    async def scenario() -> None:
        async with opened(upstream) as worker:
            worker.fill()
            upstream.script = (head(), *[chunk(bytes(10_000))] * 1000, END)
            with pytest.raises(TransferAborted):
                await worker.ask(stall=True)
            await until(lambda: not upstream.open)
            assert worker.aborted
            assert worker.outcomes() == {"client too slow": 1}

    run(scenario())


@pytest.mark.parametrize("sse", [False, True])
def test_break_after_the_first_bytes_is_a_break(upstream: ScriptedServer, sse: bool) -> None:
    async def scenario() -> None:
        async with opened(upstream) as worker:
            worker.wait(40.0)
            media_type = "text/event-stream" if sse else "audio/pcm"
            upstream.script = (head(media_type=media_type), chunk(b"data: 1\n\ndata: "), HANG)
            with pytest.raises(TransferAborted):
                await worker.ask(worker.call(sse=sse))
            if sse:  # an event more, after whole ones
                assert body(worker.sent).startswith(b'data: 1\n\ndata: {"type":"error"')
            else:
                assert body(worker.sent) == b"data: 1\n\ndata: "
            assert all(message.get("more_body", True) for message in worker.sent)
            assert (worker.spoken_here, worker.outcomes()) == (0, {"failed": 1})

    run(scenario())


def test_whole_reply_that_breaks_off_is_spoken_here(upstream: ScriptedServer) -> None:
    async def scenario() -> None:
        async with opened(upstream) as worker:
            worker.wait(40.0)
            upstream.script = (head(), chunk(b"ab"))
            assert await worker.ask(replace(worker.call(), whole=True)) == []
            assert (worker.spoken_here, worker.outcomes()) == (1, {"broken": 1})
            assert worker.counts.histogram(OVERFLOW_FIRST_AUDIO)[0][-1] == 0

    run(scenario())


def test_whole_reply_has_its_length(upstream: ScriptedServer) -> None:
    async def scenario() -> None:
        async with opened(upstream) as worker:
            worker.fill()
            upstream.script = SPEECH
            start, *_ = sent = await worker.ask(replace(worker.call(), whole=True))
            assert (b"content-length", b"4") in start["headers"]
            assert body(sent) == b"abcd"

    run(scenario())


def test_upstream_that_does_not_answer_is_left_alone_until_it_does(upstream: ScriptedServer) -> None:
    async def scenario() -> None:
        async with opened(upstream, overflow_retry_s=0.2, overflow_first_audio_s=1) as worker:
            worker.fill()
            upstream.script = (HANG,)
            with pytest.raises(Overloaded):
                await worker.ask()
            began = time.monotonic()
            with pytest.raises(Overloaded):
                await worker.ask()
            assert worker.outcomes() == {"slow": 1, "resting": 1}
            upstream.script = SPEECH
            await asyncio.sleep(max(0.0, began + 0.25 - time.monotonic()))
            assert body(await worker.ask()) == b"abcd"
            assert body(await worker.ask()) == b"abcd"

    run(scenario())


def test_client_with_less_patience_than_ours_does_not_open_the_circuit(upstream: ScriptedServer) -> None:
    async def scenario() -> None:
        async with opened(upstream, overflow_first_audio_s=30) as worker:
            worker.fill()
            upstream.script = (HANG,)
            for _ in range(2):
                with pytest.raises(Overloaded):
                    await worker.ask(worker.call(read_timeout_s=0.1))
            assert worker.outcomes() == {"slow": 2}

    run(scenario())


def test_upstream_that_is_not_there_is_left_alone() -> None:
    async def scenario() -> None:
        with socket.create_server(("127.0.0.1", 0)) as gone:
            port = gone.getsockname()[1]
        async with opened(f"http://127.0.0.1:{port}") as worker:
            worker.wait(40.0)
            await worker.ask()
            await worker.ask()
            assert (worker.spoken_here, worker.outcomes()) == (2, {"unreachable": 1, "resting": 1})

    run(scenario())


def test_request_that_another_server_has_sent_is_not_sent_on(upstream: ScriptedServer) -> None:
    async def scenario() -> None:
        async with opened(upstream) as worker:
            worker.wait(40.0)
            await worker.ask(replace(worker.call(), is_forwarded=True))
            assert (worker.spoken_here, worker.outcomes()) == (1, {})
            worker.fill()
            with pytest.raises(Overloaded):
                await worker.ask(replace(worker.call(), is_forwarded=True))
            assert worker.outcomes() == {}

    run(scenario())


def test_context_has_what_came_of_it(upstream: ScriptedServer) -> None:
    async def scenario() -> None:
        async with opened(upstream) as worker:
            worker.fill()
            upstream.script = SPEECH
            await worker.ask()
            context = worker.context
            assert (context.overflow, context.outcome) == ("complete", "complete")
            assert context.timings is not None
            assert context.timings.first_audio_s is not None
            upstream.script = (HANG,)
            await worker.ask(leave_s=0.1)
            assert (worker.context.overflow, worker.context.outcome) == ("client left", "client left")

    run(scenario())


@pytest.mark.parametrize(
    ("base_url", "url"),
    [
        ("http://far:8880", "http://far:8880/v1/audio/speech"),
        ("http://far:8880/", "http://far:8880/v1/audio/speech"),
        ("https://far/v1", "https://far/v1/audio/speech"),
        ("https://far/openai/v1/", "https://far/openai/v1/audio/speech"),
    ],
)
def test_base_url_is_taken_with_and_without_its_version(base_url: str, url: str) -> None:
    assert speech_url(base_url) == url
