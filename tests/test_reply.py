import asyncio
import tracemalloc
from collections.abc import Iterator

import pytest

from speechd.errors import BrokenOff
from speechd.reply import Patience, Plain, SpeechReply
from speechd.stream import Timings


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
        reply = SpeechReply(
            stream,
            self.ticket,
            Plain("audio/pcm"),
            whole=False,
            headers=dict,
            patience=Patience(write_s=0.01, first_audio_s=5.0),
            ended=self.outcomes.append,
        )
        await reply({"extensions": {"speechd.abort": self._abort}}, self._never, self._send)

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
        with pytest.raises(BrokenOff):
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


def test_whole_reply_is_held_once_and_let_go_as_it_is_sent():
    sizes, held = [], []

    async def send(message):
        if message["type"] == "http.response.body":
            sizes.append(len(message["body"]))
            held.append(tracemalloc.get_traced_memory()[0] >> 20)
            assert message["more_body"] == (sum(sizes) < 16 << 20)

    async def scenario():
        reply = SpeechReply(
            Megabytes(16),
            FakeTicket(),
            Plain("audio/pcm"),
            whole=True,
            headers=dict,
            patience=Patience(write_s=5.0, first_audio_s=5.0),
            ended=lambda outcome: None,
        )
        await reply({}, asyncio.Event().wait, send)
        assert max(held) <= 17
        assert held[-1] <= 2
        assert sum(sizes) == 16 << 20

    tracemalloc.start()
    try:
        asyncio.run(asyncio.wait_for(scenario(), 10))
    finally:
        tracemalloc.stop()
