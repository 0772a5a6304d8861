"""Speech as an ASGI response, streamed or whole.

What was taken for a request (source, spool, ticket) is given back in `SpeechResponse.__call__`, in one place, whether
the response completes, fails, or its client leaves.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, NoReturn

from starlette.types import Receive, Scope, Send

from speechd.context import Outcome
from speechd.errors import Overloaded, SpeechdError, TransferAborted, with_jitter
from speechd.pool.admission import Ticket
from speechd.speech.disconnect import ClientLeft, until_disconnect
from speechd.speech.framing import Framing
from speechd.speech.source import Chunk, SpeechSource
from speechd.speech.spool import Spool
from speechd.speech.stalls import DownloadStall, StreamStall

WHOLE_CHUNK_BYTES: Final = (1 << 16) - 1
"""A whole response is sent in pieces of so many bytes, so that a client that stops reading is noticed. A multiple
of 3, so that their base64 is joined without padding between them."""


@dataclass(frozen=True, slots=True)
class ClientTimeouts:
    """Seconds. write_s: how long a client may leave what it was sent unread; first_audio_s: how long it waits for
    anything."""

    write_s: float
    first_audio_s: float


class SpeechResponse:
    """An ASGI response. Errors before the first audio are raised, for the app to answer."""

    def __init__(
        self,
        source: SpeechSource,
        ticket: Ticket,
        framing: Framing,
        *,
        spool: Spool | None,
        headers: Callable[[], Mapping[str, str]],
        timeouts: ClientTimeouts,
        abort: Callable[[], None],
        ended: Callable[[Outcome], None],
    ) -> None:
        """spool: where a response is collected that is to be sent whole; None for one that is streamed. headers: called
        when there is audio to be sent. abort: drops the connection with what the client has not taken. ended: called
        with the outcome, at the end."""
        self._source, self._ticket, self._framing = source, ticket, framing
        self._spool = spool
        self._headers = headers
        self._timeouts = timeouts
        self._abort = abort
        self._ended = ended
        self._outcome = Outcome.FAILED

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await until_disconnect(receive, self._respond(send))
        except ClientLeft:
            self._outcome = Outcome.CLIENT_LEFT
        finally:
            try:
                await self._source.close()
            finally:
                if self._spool is not None:
                    self._spool.close()
                self._ticket.release()
                self._ended(self._outcome)

    async def _respond(self, send: Send) -> None:
        if self._spool is not None:
            self._spool.charge()
        try:
            async with asyncio.timeout(self._timeouts.first_audio_s):
                await self._source.open()
        except TimeoutError:
            raise Overloaded(
                "No audio within the time that you wait for it.", reason="patience", retry_after_s=with_jitter(1.0)
            ) from None
        # Before the status, even of a stream: whatever fails until there are bytes is an error, and not a broken body.
        first = await self._source.read()
        if self._spool is not None:
            await self._send_whole(first, self._spool, send)
        else:
            await self._send_stream(first, send)
        self._outcome = Outcome.COMPLETE

    async def _start(self, send: Send, *more: tuple[bytes, bytes]) -> None:
        headers = [
            *((name.encode(), value.encode()) for name, value in self._headers().items()),
            (b"content-type", self._framing.media_type.encode()),
            (b"x-accel-buffering", b"no"),  # nginx would otherwise hold a stream back
            *more,
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})

    async def _send_stream(self, chunk: Chunk | None, send: Send) -> None:
        if chunk is not None and chunk.is_whole:
            await self._send_at_once(chunk, send)
            return
        await self._start(send)
        stall = StreamStall()
        try:
            while chunk is not None:
                self._framing.take(chunk)
                if body := self._framing.data(chunk.data):
                    await self._send_body(body, send)
                chunk = await self._source.read()
                if stall.is_stalled(time.monotonic(), self._source.timings.standstill_s):
                    self._drop(Outcome.CLIENT_STALLED)
        except SpeechdError as error:
            if last := self._framing.error(error):
                await self._send_body(last, send)
            raise TransferAborted(error.message) from error
        await self._send_body(self._framing.end(self._source.timings.audio_s), send, more=False)

    async def _send_at_once(self, chunk: Chunk, send: Send) -> None:
        """Send a response of which all was there before its first byte."""
        await self._source.read()  # it says that this was all
        self._framing.take(chunk)
        pieces = range(0, len(chunk.data), WHOLE_CHUNK_BYTES)
        bodies = [self._framing.data(chunk.data[start : start + WHOLE_CHUNK_BYTES]) for start in pieces]
        bodies = [body for body in (*bodies, self._framing.end(self._source.timings.audio_s)) if body]
        await self._start(send, (b"content-length", str(sum(map(len, bodies))).encode()))
        stall, sent = DownloadStall(), 0
        for number, body in enumerate(bodies or [b""], 1):
            if stall.is_stalled(time.monotonic(), sent):
                self._drop(Outcome.CLIENT_STALLED)
            await self._send_body(body, send, more=number < len(bodies))
            sent += len(body)

    async def _send_whole(self, chunk: Chunk | None, spool: Spool, send: Send) -> None:
        while chunk is not None:
            spool.write(chunk.data)
            self._framing.take(chunk)
            spool.charge()
            chunk = await self._source.read()
        # Places are for those who need slots, and so are encoders. What a download holds is bounded by other means.
        await self._source.close()
        self._ticket.release()
        begin = self._framing.begin()
        end = self._framing.end(self._source.timings.audio_s)
        left = len(begin) + framed_size(self._framing, spool.size) + len(end)
        await self._start(send, (b"content-length", str(left).encode()))
        stall, sent = DownloadStall(), len(begin)
        if begin or not left:
            await self._send_body(begin, send, more=len(begin) < left)
        for piece in spool.pieces(WHOLE_CHUNK_BYTES):
            if stall.is_stalled(time.monotonic(), sent):
                self._drop(Outcome.CLIENT_STALLED)
            body = self._framing.data(piece)
            sent += len(body)
            if body:
                await self._send_body(body, send, more=sent < left)
        if end:
            await self._send_body(end, send, more=False)

    async def _send_body(self, body: bytes, send: Send, *, more: bool = True) -> None:
        if not more:
            # Before, not after: a client that has seen the end may ask again at once, and at another worker.
            self._ticket.release()
        try:
            async with asyncio.timeout(self._timeouts.write_s):
                await send({"type": "http.response.body", "body": body, "more_body": more})
        except TimeoutError:
            self._drop(Outcome.CLIENT_TOO_SLOW)

    def _drop(self, outcome: Outcome) -> NoReturn:
        """The client is not one that listens: hang up on it."""
        self._outcome = outcome
        # Closing would wait for a client that does not read; what it has not taken is dropped.
        self._abort()
        raise TransferAborted(outcome) from None


def framed_size(framing: Framing, size: int) -> int:
    """Bytes of the body that carries `size` bytes in pieces of `WHOLE_CHUNK_BYTES`, without its end."""
    pieces, last = divmod(size, WHOLE_CHUNK_BYTES)
    whole = pieces * len(framing.data(bytes(WHOLE_CHUNK_BYTES))) if pieces else 0
    return whole + (len(framing.data(bytes(last))) if last else 0)
