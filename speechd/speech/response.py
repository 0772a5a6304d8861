"""A reply on the wire: a stream's bytes as an ASGI response.

What was taken for a request (stream, ticket) is given back in `SpeechResponse.__call__`, in one place, whether the
reply completes, fails, or its client leaves.
"""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any, Final, NoReturn, Protocol, TypeVar

import orjson

from speechd.errors import Overloaded, SpeechdError, TransferAborted
from speechd.server.exchange import ABORT
from speechd.speech.playback import Download, Standstill
from speechd.speech.spool import Spool
from speechd.speech.stream import Timings

T = TypeVar("T")

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

CHARACTERS_PER_TOKEN: Final = 4
"""OpenAI's rule of thumb for English text, for the `usage` that its SSE clients require."""

AUDIO_TOKENS_PER_S: Final = 20
"""One token for 50 ms of audio, OpenAI's stated rate for generated audio."""


WHOLE_CHUNK_BYTES: Final = 1 << 16
"""A whole reply is sent in pieces, so that a client that stops reading is noticed."""


class Ticket(Protocol):
    """A request's place among those in flight."""

    def release(self) -> None:
        """Give the place back; once or more."""
        ...


class Stream(Protocol):
    """Bytes of speech as they come: a `SpeechStream`, or another server's."""

    timings: Timings

    async def read(self) -> bytes | None:
        """The next bytes (there may be none yet), None at the end; raises `SpeechdError`."""
        ...

    async def close(self) -> None:
        """Give everything back; in any case, and after `read` has ended."""
        ...


class Framing(Protocol):
    """How bytes of a format become chunks of the reply's body."""

    media_type: str

    def data(self, data: bytes) -> bytes:
        """Its length depends on that of `data` alone."""
        ...

    def end(self, audio_s: float) -> bytes: ...

    def error(self, error: SpeechdError) -> bytes: ...


class RawFraming:
    """The bytes as they are."""

    def __init__(self, media_type: str) -> None:
        self.media_type = media_type

    def data(self, data: bytes) -> bytes:
        return data

    def end(self, audio_s: float) -> bytes:
        return b""

    def error(self, error: SpeechdError) -> bytes:
        return b""


class ServerSentEvents:
    """OpenAI's `stream_format: "sse"`: speech.audio.delta events, then speech.audio.done with the usage."""

    media_type = "text/event-stream; charset=utf-8"

    def __init__(self, characters: int) -> None:
        self._input_tokens = -(-characters // CHARACTERS_PER_TOKEN)

    def data(self, data: bytes) -> bytes:
        return self._event({"type": "speech.audio.delta", "audio": base64.b64encode(data).decode()})

    def end(self, audio_s: float) -> bytes:
        output = round(audio_s * AUDIO_TOKENS_PER_S)
        usage = {"input_tokens": self._input_tokens, "output_tokens": output}
        return self._event(
            {"type": "speech.audio.done", "usage": usage | {"total_tokens": self._input_tokens + output}}
        )

    def error(self, error: SpeechdError) -> bytes:
        return self._event({"type": "error", **error.envelope()})

    @staticmethod
    def _event(event: Mapping[str, object]) -> bytes:
        return b"data: " + orjson.dumps(event) + b"\n\n"


class PassthroughFraming(RawFraming):
    """The bytes of another server, which has framed them. sse: they are events, and whole ones."""

    def __init__(self, media_type: str, *, sse: bool) -> None:
        super().__init__(media_type)
        self._sse = sse

    def error(self, error: SpeechdError) -> bytes:
        return ServerSentEvents(0).error(error) if self._sse else b""


@dataclass(frozen=True, slots=True)
class ClientTimeouts:
    """write_s: how long a client may leave what it was sent unread; first_audio_s: how long it waits for anything."""

    write_s: float
    first_audio_s: float


class SpeechResponse:
    """An ASGI response. Errors before the first audio are raised, for the app to answer; a reply with a spool is sent
    whole, from that. `headers` is called when there is audio to be sent, and `ended` is told the outcome: "complete",
    "failed", "client left", "client too slow" or "client stalled"."""

    def __init__(
        self,
        stream: Stream,
        ticket: Ticket,
        framing: Framing,
        *,
        spool: Spool | None,
        headers: Callable[[], Mapping[str, str]],
        patience: ClientTimeouts,
        ended: Callable[[str], None],
    ) -> None:
        self._stream, self._ticket, self._framing = stream, ticket, framing
        self._spool = spool
        self._headers = headers
        self._patience = patience
        self._ended = ended
        self._outcome = "failed"

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        try:
            await until_disconnect(receive, self._speak(scope, send))
        except ClientLeft:
            self._outcome = "client left"
        finally:
            try:
                await self._stream.close()
            finally:
                if self._spool is not None:
                    self._spool.close()
                self._ticket.release()
                self._ended(self._outcome)

    async def _speak(self, scope: Message, send: Send) -> None:
        if self._spool is not None:
            self._spool.charge()
        try:
            async with asyncio.timeout(self._patience.first_audio_s):
                data = await self._stream.read()
        except TimeoutError:
            raise Overloaded(
                "No audio within the time that you wait for it.", reason="patience", retry_after_s=1.0
            ) from None
        if self._spool is not None:
            await self._send_whole(data, self._spool, scope, send)
        else:
            await self._send_stream(data, scope, send)
        self._outcome = "complete"

    async def _start(self, send: Send, *more: tuple[bytes, bytes]) -> None:
        headers = [
            *((name.encode(), value.encode()) for name, value in self._headers().items()),
            (b"content-type", self._framing.media_type.encode()),
            (b"x-accel-buffering", b"no"),  # nginx would otherwise hold a stream back
            *more,
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})

    async def _send_whole(self, data: bytes | None, spool: Spool, scope: Message, send: Send) -> None:
        while data is not None:
            spool.write(data)
            spool.charge()
            data = await self._stream.read()
        # Places are for those who need slots, and so are encoders. What a download holds is bounded by other means.
        await self._stream.close()
        self._ticket.release()
        end = self._framing.end(self._stream.timings.audio_s)
        pieces, last = divmod(spool.size, WHOLE_CHUNK_BYTES)
        framed = (len(self._framing.data(bytes(size))) for size in (WHOLE_CHUNK_BYTES, last) if size)
        left = pieces * next(framed) + sum(framed) + len(end)
        await self._start(send, (b"content-length", str(left).encode()))
        download, sent = Download(), 0
        for piece in spool.pieces(WHOLE_CHUNK_BYTES):
            if download.is_too_slow(time.monotonic(), sent):
                self._drop(scope, "client stalled")
            chunk = self._framing.data(piece)
            sent += len(chunk)
            await self._send_chunk(chunk, scope, send, more=sent < left)
        if end:
            await self._send_chunk(end, scope, send, more=False)

    async def _send_stream(self, data: bytes | None, scope: Message, send: Send) -> None:
        await self._start(send)
        standstill = Standstill()
        try:
            while data is not None:
                if data:
                    await self._send_chunk(self._framing.data(data), scope, send)
                data = await self._stream.read()
                if standstill.is_too_long(time.monotonic(), self._stream.timings.standstill_s):
                    self._drop(scope, "client stalled")
        except SpeechdError as error:
            if last := self._framing.error(error):
                await self._send_chunk(last, scope, send)
            raise TransferAborted(error.message) from error
        await self._send_chunk(self._framing.end(self._stream.timings.audio_s), scope, send, more=False)

    async def _send_chunk(self, body: bytes, scope: Message, send: Send, *, more: bool = True) -> None:
        if not more:
            # Before, not after: a client that has seen the end may ask again at once, and at another worker.
            self._ticket.release()
        try:
            async with asyncio.timeout(self._patience.write_s):
                await send({"type": "http.response.body", "body": body, "more_body": more})
        except TimeoutError:
            self._drop(scope, "client too slow")

    def _drop(self, scope: Message, outcome: str) -> NoReturn:
        """The client is not one that listens: hang up on it."""
        self._outcome = outcome
        # Closing would wait for a client that does not read; what it has not taken is dropped.
        scope["extensions"][ABORT]()
        raise TransferAborted(outcome) from None


class ClientLeft(Exception):
    """The client has closed its connection: nobody is there to be answered."""


async def until_disconnect(receive: Receive, work: Coroutine[Any, Any, T]) -> T:
    """Do the work, and return its result; if the client leaves before, cancel it and raise `ClientLeft`."""
    working = asyncio.create_task(work)
    leaving = asyncio.create_task(_left(receive))
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ClientLeft
        return working.result()
    finally:
        working.cancel()
        leaving.cancel()
        await asyncio.gather(working, leaving, return_exceptions=True)
        del working, leaving  # whose exception has this frame in its traceback, and with it all that the reply held


async def _left(receive: Receive) -> None:
    """Return when the client has closed its connection."""
    while (await receive())["type"] != "http.disconnect":
        pass
