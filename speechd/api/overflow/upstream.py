"""Speech of another server of OpenAI's contract ("the other"), as a stream of bytes.

What can go wrong until its first bytes are here (of a reply that is to be sent whole, until its end) is a `Declined`:
nothing has come of it, and somebody else may speak. Afterwards a break is a `SynthesisFailed`, never a clean end.
"""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator
from dataclasses import dataclass
from typing import Final

import httpx

from speechd.errors import Overloaded, ReplyTooLong, SynthesisFailed
from speechd.speech.spool import Spool
from speechd.speech.stream import Timings

RECEIVE_BUFFER_BYTES: Final = 64 << 10
"""Of a connection. With the kernel's own choice the other takes megabytes to be heard that our client has not read,
and neither its look-ahead nor its write timeout mean anything."""

EVENT_LIMIT_BYTES: Final = 4 << 20
"""Of one server-sent event: 65 s of PCM in base64."""

ENDS: Final = (b"\n\n", b"\r\n\r\n")
"""Of an event."""


class Declined(Exception):
    """The other does not speak this. outcome: why, as `metrics.OVERFLOWS` has it."""

    def __init__(self, outcome: str) -> None:
        super().__init__(outcome)
        self.outcome = outcome


@dataclass(frozen=True, slots=True)
class UpstreamRequest:
    """What is wanted of a reply. sse: it is events; first_audio_s: until its first bytes; idle_s: between any two."""

    sse: bool
    first_audio_s: float
    idle_s: float


class UpstreamSpeech:
    """`open`, then `read` until it returns None; in any case, and after those have ended, `close`.

    Nothing is read that is not asked for, so that a client which reads slowly slows the other down. With a spool all is
    read into it by `open`, and nothing is left to be read; it is the caller's to close.
    """

    def __init__(
        self, client: httpx.AsyncClient, request: httpx.Request, wish: UpstreamRequest, spool: Spool | None = None
    ) -> None:
        self.timings = Timings()
        self._client, self._request, self._wish = client, request, wish
        self._made = time.monotonic()
        self._response: httpx.Response | None = None
        self._spool = spool
        self._pieces: AsyncIterator[bytes]
        self._first: bytes | None = None

    async def open(self) -> None:
        """Ask, and wait for its first bytes, or for all of a whole reply. Raises `Declined`."""
        try:
            async with asyncio.timeout(self._wish.first_audio_s):
                self._response = await self._client.send(self._request, stream=True)
                check(self._response, sse=self._wish.sse)
                _limit_unread(self._response)
                pieces = self._response.aiter_raw()
                self._pieces = whole_events(pieces) if self._wish.sse else pieces
                first = await self._next()
            if first is None:
                raise Declined("no speech")
            self.timings.first_audio_s = time.monotonic() - self._made
            if self._spool is not None:
                await self._read_all(first, self._spool)
            else:
                self._first = first
        except TimeoutError:
            raise Declined("slow") from None
        except (httpx.ConnectError, httpx.ConnectTimeout):
            raise Declined("unreachable") from None
        except httpx.HTTPError:
            raise Declined("broken") from None

    async def read(self) -> bytes | None:
        """The next bytes, None at the end. Raises `SynthesisFailed` where it breaks off or stops."""
        if self._spool is not None:
            return None
        if self._first is not None:
            first, self._first = self._first, None
            return first
        try:
            async with asyncio.timeout(self._wish.idle_s):
                return await self._next()
        except (TimeoutError, httpx.HTTPError) as error:
            raise SynthesisFailed("The speech of another server broke off.") from error

    async def close(self) -> None:
        """Hang up, unless all has been read: the connection is then kept for the next."""
        if self._response is not None:
            await self._response.aclose()

    @property
    def headers(self) -> httpx.Headers:
        """Those of its reply, once it is open."""
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
                raise Declined("no speech") from None
            except Overloaded:
                raise Declined("memory") from None
            async with asyncio.timeout(self._wish.idle_s):
                piece = await self._next()


def check(response: httpx.Response, *, sse: bool) -> None:
    """Raise `Declined` for what is not speech as it was asked for, going by the status and headers."""
    if response.status_code != 200:
        raise Declined("refused")
    headers = response.headers
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    if sse:
        fits = media_type == "text/event-stream"
    else:
        fits = media_type.startswith("audio/") or media_type == "application/octet-stream"
    # Without one of these a body that breaks off looks like one that ends.
    has_end = "content-length" in headers or headers.get("transfer-encoding", "").lower() == "chunked"
    if not fits or not has_end or headers.get("content-encoding", "identity") != "identity":
        raise Declined("no speech")


async def whole_events(pieces: AsyncIterable[bytes]) -> AsyncGenerator[bytes, None]:
    """Server-sent events as they end: at any time another can follow what was passed on."""
    rest = b""
    async for piece in pieces:
        rest += piece
        ended = max(at + len(end) if (at := rest.rfind(end)) >= 0 else 0 for end in ENDS)
        if ended:
            yield rest[:ended]
            rest = rest[ended:]
        if len(rest) > EVENT_LIMIT_BYTES:
            raise httpx.RemoteProtocolError("an event has no end")
    if rest:
        yield rest


def _limit_unread(response: httpx.Response) -> None:
    connection = response.extensions.get("network_stream")  # tests have none
    if connection is not None and (known := connection.get_extra_info("socket")) is not None:
        known.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
