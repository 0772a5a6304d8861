from __future__ import annotations

import asyncio
import base64
import tracemalloc
from collections.abc import Iterator
from contextlib import nullcontext

import orjson
import pytest
from starlette.types import Message

from speechd.context import Outcome, Timings
from speechd.errors import Overloaded, SpeechdError, SynthesisFailed, TransferAborted
from speechd.pool.admission import Ticket
from speechd.speech import response
from speechd.speech.framing import Framing, RawFraming, ServerSentEvents
from speechd.speech.response import ClientTimeouts, SpeechResponse
from speechd.speech.source import Chunk
from speechd.speech.spool import Spool
from tests.harness.account import Account


class EndlessSource:
    """Bytes without end."""

    def __init__(self) -> None:
        self.timings = Timings()
        self.opened = self.closed = 0

    async def open(self) -> None:
        self.opened += 1

    async def read(self) -> Chunk | None:
        return Chunk(bytes(100))

    async def close(self) -> None:
        self.closed += 1


class FakeTicket(Ticket):
    """A place that is held until it is given back."""

    def __init__(self) -> None:
        self.held = True

    def release(self) -> None:
        self.held = False


async def never() -> Message:
    """Wait for a client that neither sends nor leaves."""
    await asyncio.Event().wait()
    raise AssertionError


class UnreadResponse:
    """A response to a client that never reads."""

    def __init__(self) -> None:
        self.ticket = FakeTicket()
        self.outcomes: list[Outcome] = []
        self.aborted = 0

    async def run(self, source: EndlessSource) -> None:
        response = SpeechResponse(
            source,
            self.ticket,
            RawFraming("audio/pcm"),
            spool=None,
            headers=dict,
            timeouts=ClientTimeouts(write_s=0.01, first_audio_s=5.0),
            abort=self._abort,
            ended=self.outcomes.append,
        )
        await response({}, never, self._send)

    def _abort(self) -> None:
        self.aborted += 1

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.body":
            await never()


def test_client_that_does_not_read_is_dropped_and_all_is_given_back() -> None:
    async def scenario() -> None:
        exchange, source = UnreadResponse(), EndlessSource()
        with pytest.raises(TransferAborted):
            await exchange.run(source)
        assert (exchange.aborted, exchange.outcomes) == (1, [Outcome.CLIENT_TOO_SLOW])
        assert (source.closed, exchange.ticket.held) == (1, False)

    asyncio.run(asyncio.wait_for(scenario(), 60))


class Megabytes(EndlessSource):
    """So many of them, each made when it is read."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self._chunks: Iterator[Chunk] = (Chunk(bytes(1 << 20)) for _ in range(count))

    async def read(self) -> Chunk | None:
        return next(self._chunks, None)


class WholeResponse:
    """A response that is sent whole, to a client that reads or (`send`) does something else. bodies: what it got."""

    def __init__(
        self,
        source: EndlessSource,
        framing: Framing | None = None,
        *,
        account: Account | None = None,
        limit: int = 1 << 30,
    ) -> None:
        self.account = account or Account()
        self.ticket = FakeTicket()
        self.bodies: list[bytes] = []
        self.headers: dict[bytes, bytes] = {}
        self.outcomes: list[Outcome] = []
        self.aborted = 0
        self.source = source
        self._response = SpeechResponse(
            source,
            self.ticket,
            framing or RawFraming("audio/pcm"),
            spool=Spool(limit, self.account),
            headers=dict,
            timeouts=ClientTimeouts(write_s=5.0, first_audio_s=5.0),
            abort=self._abort,
            ended=self.outcomes.append,
        )

    async def run(self) -> None:
        await self._response({}, never, self.send)

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.headers = dict(message["headers"])
        else:
            self.bodies.append(message["body"])
            left = int(self.headers[b"content-length"]) - sum(map(len, self.bodies))
            assert message["more_body"] == (left > 0)

    def _abort(self) -> None:
        self.aborted += 1


def test_whole_response_is_held_outside_of_the_heap_and_its_length_is_stated() -> None:
    async def scenario() -> None:
        whole = WholeResponse(Megabytes(16))
        await whole.run()
        assert sum(map(len, whole.bodies)) == int(whole.headers[b"content-length"]) == 16 << 20
        assert (whole.outcomes, whole.account.held, bool(whole.source.closed)) == ([Outcome.COMPLETE], 0, True)

    asyncio.run(asyncio.wait_for(scenario(), 60))


def test_whole_response_is_not_held_in_the_heap() -> None:
    class Forgetful(WholeResponse):
        async def send(self, message: Message) -> None:
            assert tracemalloc.get_traced_memory()[0] < 4 << 20

    tracemalloc.start()
    try:
        asyncio.run(asyncio.wait_for(Forgetful(Megabytes(16)).run(), 60))
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("size", [1, 65_535, 65_536, 65_537, 200_000])
def test_whole_events_are_framed_as_they_are_sent_and_their_length_is_stated_before(size: int) -> None:
    class Speech(EndlessSource):
        def __init__(self) -> None:
            super().__init__()
            self._chunks = iter([Chunk(bytes(range(256)) * (size // 256) + bytes(size % 256))])

        async def read(self) -> Chunk | None:
            return next(self._chunks, None)

    async def scenario() -> None:
        whole = WholeResponse(Speech(), ServerSentEvents(12))
        await whole.run()
        body = b"".join(whole.bodies)
        assert len(body) == int(whole.headers[b"content-length"])
        events = [orjson.loads(event.removeprefix(b"data: ")) for event in body.split(b"\n\n") if event]
        assert [event["type"] for event in events] == ["speech.audio.delta"] * (len(events) - 1) + ["speech.audio.done"]
        audio = b"".join(base64.b64decode(event["audio"]) for event in events[:-1])
        assert audio == bytes(range(256)) * (size // 256) + bytes(size % 256)

    asyncio.run(asyncio.wait_for(scenario(), 60))


@pytest.mark.parametrize(
    ("account", "limit", "status"), [(Account(), 2 << 20, 400), (Account(3 << 20), 1 << 30, 503), (Account(1), 9, 503)]
)
def test_whole_response_that_may_not_be_held_is_an_error_as_soon_as_that_is_known(
    account: Account, limit: int, status: int
) -> None:
    async def scenario() -> None:
        source = EndlessSource()
        whole = WholeResponse(source, account=account, limit=limit)
        with pytest.raises(SpeechdError) as error:
            await whole.run()
        assert error.value.status == status
        assert (whole.bodies, whole.account.held, whole.ticket.held, source.closed) == ([], 0, False, 1)

    asyncio.run(asyncio.wait_for(scenario(), 60))


def test_whole_response_gives_its_place_back_before_it_is_sent() -> None:
    class Slow(WholeResponse):
        async def send(self, message: Message) -> None:
            assert not self.ticket.held
            assert self.account.held
            assert last.closed  # with its encoder
            await super().send(message)

    class Last(Megabytes):
        async def read(self) -> Chunk | None:
            assert whole.ticket.held
            return await super().read()

    last = Last(3)
    whole = Slow(last)
    asyncio.run(asyncio.wait_for(whole.run(), 60))
    assert whole.outcomes == [Outcome.COMPLETE]


class Clock:
    """In place of `time`; moves when it is told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr(response, "time", self)

    def monotonic(self) -> float:
        return self.now


@pytest.mark.parametrize(("chunk_took_s", "outcome"), [(20.0, Outcome.CLIENT_STALLED), (15.0, Outcome.COMPLETE)])
def test_whole_response_that_is_taken_slower_than_by_a_modem_is_broken_off(
    monkeypatch: pytest.MonkeyPatch, chunk_took_s: float, outcome: Outcome
) -> None:
    clock = Clock(monkeypatch)

    class Slow(WholeResponse):
        async def send(self, message: Message) -> None:
            clock.now += chunk_took_s
            await super().send(message)

    whole = Slow(Megabytes(1))
    with pytest.raises(TransferAborted) if outcome != Outcome.COMPLETE else nullcontext():
        asyncio.run(asyncio.wait_for(whole.run(), 60))
    assert (whole.outcomes, whole.aborted, whole.account.held) == ([outcome], outcome != Outcome.COMPLETE, 0)


@pytest.mark.parametrize(("standstill_share", "outcome"), [(0.8, Outcome.CLIENT_STALLED), (0.7, Outcome.COMPLETE)])
def test_stream_that_is_not_played_is_broken_off(
    monkeypatch: pytest.MonkeyPatch, standstill_share: float, outcome: Outcome
) -> None:
    outcomes: list[Outcome] = []
    aborted: list[float] = []
    clock, left = Clock(monkeypatch), 40

    class Source(EndlessSource):
        async def read(self) -> Chunk | None:
            nonlocal left
            left -= 1
            clock.now += 10.0
            self.timings.standstill_s += 10.0 * standstill_share
            return Chunk(bytes(100)) if left else None

    async def send(message: Message) -> None:
        pass

    response = SpeechResponse(
        Source(),
        FakeTicket(),
        RawFraming("audio/pcm"),
        spool=None,
        headers=dict,
        timeouts=ClientTimeouts(write_s=5.0, first_audio_s=5.0),
        abort=lambda: aborted.append(clock.now),
        ended=outcomes.append,
    )
    with pytest.raises(TransferAborted) if outcome != Outcome.COMPLETE else nullcontext():
        asyncio.run(asyncio.wait_for(response({}, never, send), 60))
    assert outcomes == [outcome]
    assert aborted == ([1020.0 + 120.0] if outcome != Outcome.COMPLETE else [])


class Sent:
    """What a client was sent of a stream."""

    def __init__(self) -> None:
        self.status: int | None = None
        self.body = b""
        self.outcomes: list[Outcome] = []

    async def of(self, source: EndlessSource, framing: Framing, *, first_audio_s: float = 5.0) -> None:
        response = SpeechResponse(
            source,
            FakeTicket(),
            framing,
            spool=None,
            headers=dict,
            timeouts=ClientTimeouts(write_s=5.0, first_audio_s=first_audio_s),
            abort=lambda: None,
            ended=self.outcomes.append,
        )
        await asyncio.wait_for(response({}, never, self._send), 60)

    async def _send(self, message: Message) -> None:
        self.status = message.get("status", self.status)
        self.body += message.get("body", b"")


class Whole(EndlessSource):
    """All audio in one chunk, whole."""

    def __init__(self, data: bytes) -> None:
        super().__init__()
        self._chunks = iter([Chunk(data, 1.0, is_whole=True)])

    async def read(self) -> Chunk | None:
        return next(self._chunks, None)


class Measured(Sent):
    """Looks at the length that is stated, too. pieces: sizes of what was sent at a time."""

    def __init__(self) -> None:
        super().__init__()
        self.length = -1
        self.pieces: list[int] = []

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.length = int(dict(message["headers"])[b"content-length"])
        else:
            self.pieces.append(len(message["body"]))
        await super()._send(message)


@pytest.mark.parametrize("size", [1, 65_535, 200_000])
@pytest.mark.parametrize("framing", [RawFraming("audio/wav"), ServerSentEvents(12)])
def test_stream_that_is_there_before_its_first_byte_states_its_length(size: int, framing: Framing) -> None:
    async def scenario() -> None:
        sent, source = Measured(), Whole(bytes(size))
        await sent.of(source, framing)
        assert (sent.outcomes, source.closed) == ([Outcome.COMPLETE], 1)
        assert sent.length == len(sent.body) == sum(sent.pieces)
        assert max(sent.pieces) < 100_000  # so that a client that stops reading is noticed
        if isinstance(framing, RawFraming):
            assert sent.body == bytes(size)
        else:
            assert sent.body.endswith(framing.end(source.timings.audio_s))

    asyncio.run(scenario())


class Failing(EndlessSource):
    """Fails at the read of this number."""

    def __init__(self, at: int) -> None:
        super().__init__()
        self._left = at

    async def read(self) -> Chunk | None:
        self._left -= 1
        if not self._left:
            raise SynthesisFailed("as asked")
        return await super().read()


def test_failure_before_there_are_bytes_is_raised_and_no_status_is_sent() -> None:
    sent = Sent()
    with pytest.raises(SynthesisFailed):
        asyncio.run(sent.of(Failing(1), RawFraming("audio/pcm")))
    assert (sent.status, sent.outcomes) == (None, [Outcome.FAILED])


@pytest.mark.parametrize(("framing", "tells"), [(RawFraming("audio/pcm"), False), (ServerSentEvents(12), True)])
def test_failure_after_the_first_bytes_breaks_the_transfer_off_and_events_tell_of_it(
    framing: Framing, tells: bool
) -> None:
    sent = Sent()
    with pytest.raises(TransferAborted):
        asyncio.run(sent.of(Failing(3), framing))
    assert (sent.status, sent.outcomes) == (200, [Outcome.FAILED])
    assert (b"as asked" in sent.body) is tells


def test_client_does_not_wait_for_its_first_audio_for_longer_than_it_says() -> None:
    class Late(EndlessSource):
        async def open(self) -> None:
            await asyncio.Event().wait()

    sent, source = Sent(), Late()
    with pytest.raises(Overloaded) as caught:
        asyncio.run(sent.of(source, RawFraming("audio/pcm"), first_audio_s=0.01))
    assert (caught.value.reason, source.closed, sent.status) == ("patience", 1, None)
