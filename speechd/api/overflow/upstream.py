"""Speech of another server of OpenAI's contract, the upstream, as a stream of bytes.

Whatever goes wrong before its first bytes are here (of a reply that is to be sent whole, before its end) is a
`Declined`: nothing has come of it, and another server may speak. Afterwards a break is a `SynthesisFailed`, never a
clean end.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator
from dataclasses import dataclass
from typing import Final

import httpx2

from speechd.context import OverflowOutcome, Timings
from speechd.errors import Overloaded, ReplyTooLong, SynthesisFailed
from speechd.speech.source import Chunk
from speechd.speech.spool import Spool

RECEIVE_BUFFER_BYTES: Final = 64 << 10
"""The receive buffer of a connection. With the kernel's own choice, upstream would take megabytes for read that our
client has not read, and its look-ahead and its write timeout would mean nothing."""

EVENT_LIMIT_BYTES: Final = 4 << 20
"""The largest server-sent event: 65 s of PCM in base64."""

EVENT_ENDS: Final = (b"\n\n", b"\r\n\r\n")
"""The empty line that ends an event (WHATWG HTML, "Server-sent events")."""


class Declined(Exception):
    """Upstream does not speak this request. outcome: why."""

    def __init__(self, outcome: OverflowOutcome) -> None:
        super().__init__(outcome)
        self.outcome = outcome


@dataclass(frozen=True, slots=True)
class UpstreamRequest:
    """What is wanted of a reply. sse: it is server-sent events. first_audio_s: the longest wait for its first bytes, in
    seconds; idle_s: the longest silence after them."""

    sse: bool
    first_audio_s: float
    idle_s: float


class UpstreamSpeech:
    """A reply of upstream's. Call `open`, then `read` until it returns None; and in any case, after those, `close`.

    Nothing is read that is not asked for, so that a client which reads slowly slows upstream down. With a spool,
    `open` reads everything into it, and nothing is left for `read`; the spool is the caller's to close.
    """

    def __init__(
        self, client: httpx2.AsyncClient, request: httpx2.Request, wanted: UpstreamRequest, spool: Spool | None = None
    ) -> None:
        self.timings = Timings()
        self._client, self._request, self.wanted = client, request, wanted
        self._made = time.monotonic()
        self._response: httpx2.Response | None = None
        self._spool = spool
        self._pieces: AsyncIterator[bytes]
        self._first: bytes | None = None

    async def open(self) -> None:
        """Send the request, and wait for the first bytes of the reply, or for all of a whole one. Called again, it
        returns at once. Raises `Declined`."""
        if self._response is not None:
            return
        try:
            async with asyncio.timeout(self.wanted.first_audio_s):
                self._response = await send(self._client, self._request)
                require_speech(self._response, sse=self.wanted.sse)
                _limit_unread(self._response)
                pieces = self._response.aiter_raw()
                self._pieces = whole_events(pieces) if self.wanted.sse else pieces
                first = await self._next()
            if first is None:
                raise Declined(OverflowOutcome.NO_SPEECH)
            self.timings.first_audio_s = time.monotonic() - self._made
            if self._spool is not None:
                await self._read_all(first, self._spool)
            else:
                self._first = first
        except TimeoutError:
            raise Declined(OverflowOutcome.SLOW) from None
        except (httpx2.ConnectError, httpx2.ConnectTimeout):
            raise Declined(OverflowOutcome.UNREACHABLE) from None
        except httpx2.HTTPError:
            raise Declined(OverflowOutcome.BROKEN) from None

    async def read(self) -> Chunk | None:
        """The next bytes, None at the end. Raises `SynthesisFailed` if the reply breaks off or stops."""
        if self._spool is not None:
            return None
        if self._first is not None:
            first, self._first = self._first, None
            return Chunk(first)
        try:
            async with asyncio.timeout(self.wanted.idle_s):
                piece = await self._next()
                return None if piece is None else Chunk(piece)
        except (TimeoutError, httpx2.HTTPError) as error:
            raise SynthesisFailed("The speech of another server broke off.") from error

    async def close(self) -> None:
        """Hang up; if all has been read, keep the connection for the next request."""
        if self._response is not None:
            await self._response.aclose()

    @property
    def headers(self) -> httpx2.Headers:
        """The headers of the reply, once it is open."""
        assert self._response is not None
        return self._response.headers

    async def _next(self) -> bytes | None:
        async for piece in self._pieces:
            if piece:
                return piece
        return None

    async def _read_all(self, first: bytes, spool: Spool) -> None:
        piece: bytes | None = first
        while piece is not None:
            spool.write(piece)
            try:
                spool.charge()
            except ReplyTooLong:
                raise Declined(OverflowOutcome.NO_SPEECH) from None
            except Overloaded:
                raise Declined(OverflowOutcome.MEMORY) from None
            async with asyncio.timeout(self.wanted.idle_s):
                piece = await self._next()


async def send(client: httpx2.AsyncClient, request: httpx2.Request) -> httpx2.Response:
    """Send a request; its response, whose body is yet to be read.

    An idle connection may be closed by its server at the moment in which it is used (RFC 9112, section 9.3.1). So a
    request that gets no response on one is sent again, once. To ask for speech twice does no harm.
    """
    is_new = False

    async def trace(event: str, _details: object) -> None:
        nonlocal is_new
        is_new = is_new or event.endswith(".connect_tcp.started")

    request.extensions = {**request.extensions, "trace": trace}
    try:
        return await client.send(request, stream=True)
    except (httpx2.RemoteProtocolError, httpx2.ReadError):
        if is_new:
            raise
        return await client.send(request, stream=True)


def require_speech(response: httpx2.Response, *, sse: bool) -> None:
    """Raise `Declined` unless status and headers are those of speech as it was asked for."""
    if response.status_code != 200:
        raise Declined(OverflowOutcome.REFUSED)
    headers = response.headers
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    if sse:
        fits = media_type == "text/event-stream"
    else:
        fits = media_type.startswith("audio/") or media_type == "application/octet-stream"
    # Without one of these a body that breaks off looks like one that ends (RFC 9112, section 6.3).
    has_end = "content-length" in headers or headers.get("transfer-encoding", "").lower() == "chunked"
    if not fits or not has_end or headers.get("content-encoding", "identity") != "identity":
        raise Declined(OverflowOutcome.NO_SPEECH)


async def whole_events(pieces: AsyncIterable[bytes]) -> AsyncGenerator[bytes, None]:
    """Server-sent events, whole ones only: another event can follow what was passed on at any time."""
    rest = b""
    async for piece in pieces:
        rest += piece
        ended = max(at + len(end) if (at := rest.rfind(end)) >= 0 else 0 for end in EVENT_ENDS)
        if ended:
            yield rest[:ended]
            rest = rest[ended:]
        if len(rest) > EVENT_LIMIT_BYTES:
            raise httpx2.RemoteProtocolError("an event has no end")
    if rest:
        yield rest


def _limit_unread(response: httpx2.Response) -> None:
    connection = response.extensions.get("network_stream")  # tests have none
    if connection is not None and (known := connection.get_extra_info("socket")) is not None:
        known.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
