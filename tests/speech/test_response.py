import asyncio
import base64
import tracemalloc
from collections.abc import Iterator
from contextlib import nullcontext

import orjson
import pytest

from speechd.context import Timings
from speechd.errors import SpeechdError, TransferAborted
from speechd.speech import response
from speechd.speech.response import ClientTimeouts, Framing, RawFraming, ServerSentEvents, SpeechResponse
from speechd.speech.spool import Spool
from tests.harness.account import Account


class FakeStream:
    """Bytes without end."""

    def __init__(self) -> None:
        self.timings = Timings()
        self.closed = 0

    async def read(self) -> bytes | None:
        return bytes(100)

    async def close(self) -> None:
        self.closed += 1


class FakeTicket:
    def __init__(self) -> None:
        self.held = True

    def release(self) -> None:
        self.held = False


class Exchange:
    """A reply to a client that never reads."""

    def __init__(self) -> None:
        self.ticket = FakeTicket()
        self.outcomes: list[str] = []
        self.aborted = 0

    async def run(self, stream: FakeStream) -> None:
        reply = SpeechResponse(
            stream,
            self.ticket,
            RawFraming("audio/pcm"),
            spool=None,
            headers=dict,
            patience=ClientTimeouts(write_s=0.01, first_audio_s=5.0),
            abort=self._abort,
            ended=self.outcomes.append,
        )
        await reply({}, self._never, self._send)

    def _abort(self) -> None:
        self.aborted += 1

    async def _send(self, message: object) -> None:
        if message["type"] == "http.response.body":
            await self._never()

    async def _never(self) -> None:
        await asyncio.Event().wait()


def test_client_that_does_not_read_is_dropped_and_all_is_given_back():
    async def scenario():
        exchange, stream = Exchange(), FakeStream()
        with pytest.raises(TransferAborted):
            await exchange.run(stream)
        assert (exchange.aborted, exchange.outcomes) == (1, ["client too slow"])
        assert (stream.closed, exchange.ticket.held) == (1, False)

    asyncio.run(asyncio.wait_for(scenario(), 10))


class Megabytes(FakeStream):
    """So many of them, each made when it is read."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self._pieces: Iterator[bytes] = (bytes(1 << 20) for _ in range(count))

    async def read(self) -> bytes | None:
        return next(self._pieces, None)


class Whole:
    """A reply that is sent whole, to a client that reads or (`send`) does something else. bodies: what it got."""

    def __init__(
        self,
        stream: FakeStream,
        framing: Framing | None = None,
        *,
        account: Account | None = None,
        limit: int = 1 << 30,
    ) -> None:
        self.account = account or Account()
        self.ticket = FakeTicket()
        self.bodies: list[bytes] = []
        self.headers: dict[bytes, bytes] = {}
        self.outcomes: list[str] = []
        self.aborted = 0
        self.stream = stream
        self._reply = SpeechResponse(
            stream,
            self.ticket,
            framing or RawFraming("audio/pcm"),
            spool=Spool(limit, self.account),
            headers=dict,
            patience=ClientTimeouts(write_s=5.0, first_audio_s=5.0),
            abort=self._abort,
            ended=self.outcomes.append,
        )

    async def run(self) -> None:
        await self._reply({}, asyncio.Event().wait, self.send)

    async def send(self, message) -> None:
        if message["type"] == "http.response.start":
            self.headers = dict(message["headers"])
        else:
            self.bodies.append(message["body"])
            left = int(self.headers[b"content-length"]) - sum(map(len, self.bodies))
            assert message["more_body"] == (left > 0)

    def _abort(self) -> None:
        self.aborted += 1


def test_whole_reply_is_held_outside_of_the_heap_and_its_length_is_stated():
    async def scenario():
        whole = Whole(Megabytes(16))
        await whole.run()
        assert sum(map(len, whole.bodies)) == int(whole.headers[b"content-length"]) == 16 << 20
        assert (whole.outcomes, whole.account.held, bool(whole.stream.closed)) == (["complete"], 0, True)

    asyncio.run(asyncio.wait_for(scenario(), 10))


def test_whole_reply_is_not_held_in_the_heap():
    class Forgetful(Whole):
        async def send(self, message) -> None:
            assert tracemalloc.get_traced_memory()[0] < 4 << 20

    tracemalloc.start()
    try:
        asyncio.run(asyncio.wait_for(Forgetful(Megabytes(16)).run(), 10))
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("size", [1, 65_535, 65_536, 65_537, 200_000])
def test_whole_events_are_framed_as_they_are_sent_and_their_length_is_stated_before(size):
    class Speech(FakeStream):
        def __init__(self) -> None:
            super().__init__()
            self._pieces = iter([bytes(range(256)) * (size // 256) + bytes(size % 256)])

        async def read(self) -> bytes | None:
            return next(self._pieces, None)

    async def scenario():
        whole = Whole(Speech(), ServerSentEvents(12))
        await whole.run()
        body = b"".join(whole.bodies)
        assert len(body) == int(whole.headers[b"content-length"])
        events = [orjson.loads(event.removeprefix(b"data: ")) for event in body.split(b"\n\n") if event]
        assert [event["type"] for event in events] == ["speech.audio.delta"] * (len(events) - 1) + ["speech.audio.done"]
        audio = b"".join(base64.b64decode(event["audio"]) for event in events[:-1])
        assert audio == bytes(range(256)) * (size // 256) + bytes(size % 256)

    asyncio.run(asyncio.wait_for(scenario(), 10))


@pytest.mark.parametrize(
    ("account", "limit", "status"), [(Account(), 2 << 20, 400), (Account(3 << 20), 1 << 30, 503), (Account(1), 9, 503)]
)
def test_whole_reply_that_may_not_be_held_is_an_error_as_soon_as_that_is_known(account, limit, status):
    async def scenario():
        stream = FakeStream()  # without end
        whole = Whole(stream, account=account, limit=limit)
        with pytest.raises(SpeechdError) as error:
            await whole.run()
        assert error.value.status == status
        assert (whole.bodies, whole.account.held, whole.ticket.held, stream.closed) == ([], 0, False, 1)

    asyncio.run(asyncio.wait_for(scenario(), 10))


def test_whole_reply_gives_its_place_back_before_it_is_sent():
    class Slow(Whole):
        async def send(self, message) -> None:
            assert not self.ticket.held
            assert self.account.held
            assert last.closed  # with its encoder
            await super().send(message)

    class Last(Megabytes):
        async def read(self) -> bytes | None:
            assert whole.ticket.held
            return await super().read()

    last = Last(3)
    whole = Slow(last)
    asyncio.run(asyncio.wait_for(whole.run(), 10))
    assert whole.outcomes == ["complete"]


class Clock:
    """In place of `time`; moves when it is told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        monkeypatch.setattr(response, "time", self)

    def monotonic(self) -> float:
        return self.now


@pytest.mark.parametrize(("chunk_took_s", "outcome"), [(20.0, "client stalled"), (15.0, "complete")])
def test_whole_reply_that_is_taken_slower_than_by_a_modem_is_broken_off(monkeypatch, chunk_took_s, outcome):
    clock = Clock(monkeypatch)

    class Slow(Whole):
        async def send(self, message) -> None:
            clock.now += chunk_took_s
            await super().send(message)

    whole = Slow(Megabytes(1))
    with pytest.raises(TransferAborted) if outcome != "complete" else nullcontext():
        asyncio.run(asyncio.wait_for(whole.run(), 10))
    assert (whole.outcomes, whole.aborted, whole.account.held) == ([outcome], outcome != "complete", 0)


@pytest.mark.parametrize(("standstill_share", "outcome"), [(0.8, "client stalled"), (0.7, "complete")])
def test_stream_that_is_not_played_is_broken_off(monkeypatch, standstill_share, outcome):
    clock, outcomes, aborted, left = Clock(monkeypatch), [], [], 40

    class Stream(FakeStream):
        async def read(self) -> bytes | None:
            nonlocal left
            left -= 1
            clock.now += 10.0
            self.timings.standstill_s += 10.0 * standstill_share
            return bytes(100) if left else None

    async def send(message):
        pass

    reply = SpeechResponse(
        Stream(),
        FakeTicket(),
        RawFraming("audio/pcm"),
        spool=None,
        headers=dict,
        patience=ClientTimeouts(write_s=5.0, first_audio_s=5.0),
        abort=lambda: aborted.append(clock.now),
        ended=outcomes.append,
    )
    with pytest.raises(TransferAborted) if outcome != "complete" else nullcontext():
        asyncio.run(asyncio.wait_for(reply({}, asyncio.Event().wait, send), 10))
    assert outcomes == [outcome]
    assert aborted == ([1020.0 + 120.0] if outcome != "complete" else [])
