"""One request as its listener lives it: which bytes came when, what audio they hold, and how long it would have waited.

Costs little, because a benchmark's client shares the machine with its server: one `asyncio.Protocol` per connection,
over a parser in C. What the bytes mean is worked out after the reply.
"""

from __future__ import annotations

import asyncio
import io
import itertools
import json
import ssl
import time
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple
from urllib.parse import urlsplit

import av
import httptools
import numpy as np

from speechd.audio import SAMPLE_RATE

AUDIBLE: Final = 100
"""Of a 16-bit sample's 32768: -50 dB. Below it is the silence, or the dither, that speech begins with."""

SAMPLE_BYTES: Final = 2
"""`pcm` is 16-bit mono at `SAMPLE_RATE`, OpenAI's definition."""

AT_ONCE_S: Final = 0.010
"""A reply whose audio all arrives within this time is one arrival, in however many reads TCP delivers it."""


class Arrival(NamedTuple):
    """Bytes of the body received by a moment, all together."""

    at_s: float
    total: int


@dataclass(slots=True)
class Reply:
    """What became of one request. Moments are seconds of `time.monotonic()`.

    status: 0 if none came; complete: the body ended as HTTP says it does; error: why it did not; port: the
    connection's own, which tells the server's processes apart.
    """

    sent_s: float
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    arrivals: list[Arrival] = field(default_factory=list)
    body: bytearray = field(default_factory=bytearray)
    ended_s: float = 0.0
    complete: bool = False
    error: str = ""
    port: int = 0

    @property
    def spoken(self) -> bool:
        """Whether it is a complete reply of audio."""
        return self.complete and self.status == 200

    @property
    def refused(self) -> bool:
        """Whether the server said that it has no room."""
        return self.status in (429, 503)

    @property
    def retry_after_s(self) -> float | None:
        """When the server asks to come back, if it does."""
        text = self.headers.get("retry-after-ms")
        try:
            return float(text) / 1000 if text is not None else float(self.headers["retry-after"])
        except (KeyError, ValueError):
            return None


@dataclass(frozen=True, slots=True)
class Listening:
    """What a reply was to its listener: seconds from the request to the first audible audio and to the end; seconds of
    audio; when the first audio arrived; the worst wait after that, None for audio that arrived at once."""

    ttfa_s: float
    e2e_s: float
    audio_s: float
    began_s: float
    underrun_s: float | None


def listen(reply: Reply, format: str) -> Listening | None:
    """What was heard of a reply in one of OpenAI's formats; None if it holds nothing audible."""
    body = bytes(reply.body)
    seconds, audible = clock(body, format)
    first = next((arrival for arrival in reply.arrivals if arrival.total >= audible), None)
    if first is None:
        return None
    heard = [(at_s, audio_s) for at_s, total in reply.arrivals if (audio_s := seconds(total)) > 0.0]
    return Listening(
        ttfa_s=first.at_s - reply.sent_s,
        e2e_s=reply.ended_s - reply.sent_s,
        audio_s=heard[-1][1],
        began_s=heard[0][0],
        underrun_s=underrun_s(heard),
    )


def underrun_s(heard: Sequence[tuple[float, float]]) -> float | None:
    """The worst wait of a listener who plays from the first arrival on: with t₀ the first moment, the greatest of
    (tᵢ − t₀) − seconds of audio received before i, and at least 0. None if all came at once, which shows nothing.

    heard: (moment, seconds of audio received by then), in order.
    """
    began_s = heard[0][0]
    if heard[-1][0] - began_s <= AT_ONCE_S:
        return None
    deficits = (at_s - began_s - before_s for (_, before_s), (at_s, _) in itertools.pairwise(heard))
    return max(0.0, *deficits)


def clock(body: bytes, format: str) -> tuple[Callable[[int], float], float]:
    """How to tell the seconds of audio in so many first bytes of a body, and how many bytes hold the first audible
    audio (infinite if none does): its first sample, or for compressed formats the first complete packet."""
    if format in ("pcm", "wav"):
        start = max(0, body.find(b"data")) + 8 if format == "wav" else 0
        samples = np.frombuffer(body[start : len(body) - (len(body) - start) % SAMPLE_BYTES], "<i2")
        audible = _first_audible(samples)
        byte_rate = int.from_bytes(body[28:32], "little") if format == "wav" else SAMPLE_RATE * SAMPLE_BYTES
        return (
            lambda total: max(0, total - start) / (byte_rate or SAMPLE_RATE * SAMPLE_BYTES),
            float("inf") if audible is None else start + (audible + 1) * SAMPLE_BYTES,
        )
    ends, ended_s = packets(body)
    seconds = [0.0, *ended_s]
    return lambda total: seconds[bisect_right(ends, total)], ends[0] if ends else float("inf")


def packets(body: bytes) -> tuple[list[int], list[float]]:
    """For every packet of a compressed file, or of a first part of one: with how many bytes a player has it, and the
    seconds of audio up to its end."""
    starts: list[int] = []
    ended_s: list[float] = []
    duration_s = 0.0
    try:
        with av.open(io.BytesIO(body), "r") as container:
            for packet in container.demux(audio=0):
                if packet.size and packet.pos is not None:
                    duration_s += float((packet.duration or 0) * packet.time_base)
                    starts.append(packet.pos)
                    ended_s.append(duration_s)
    except av.error.FFmpegError:
        pass  # Broken off: what came before counts.
    # Ogg's packets have the position of their page, and a player has them when the page is complete. The packets of
    # other containers follow one another.
    ends = [*starts[1:], len(body)] if starts else []
    for index in range(len(ends) - 2, -1, -1):
        if starts[index] == starts[index + 1]:
            ends[index] = ends[index + 1]
    return ends, ended_s


def _first_audible(samples: np.ndarray[tuple[int], np.dtype[np.int16]]) -> int | None:
    for start in range(0, len(samples), SAMPLE_RATE):
        loud = np.flatnonzero(np.abs(samples[start : start + SAMPLE_RATE].astype(np.int32)) > AUDIBLE)
        if loud.size:
            return start + int(loud[0])
    return None


class Client:
    """One listener's connection to a server: one request at a time, over the same connection while the server lets it,
    or each over its own. Closed by `close`, or at once by cancelling `speak`."""

    def __init__(self, url: str, *, api_key: str | None = None, keep_alive: bool = True) -> None:
        parts = urlsplit(url)
        self._host, self._tls = parts.hostname or "127.0.0.1", parts.scheme == "https"
        self._port = parts.port or (443 if self._tls else 80)
        self._keep_alive = keep_alive
        lines = [f"Host: {parts.netloc}", "Accept: */*", f"Connection: {'keep-alive' if keep_alive else 'close'}"]
        lines += [f"Authorization: Bearer {api_key}"] if api_key else []
        self._lines = "\r\n".join(lines)
        self._prefix = parts.path.rstrip("/").removesuffix("/v1")
        self._wire: _Wire | None = None

    async def speak(self, fields: dict[str, object], timeout_s: float = 120.0) -> Reply:
        """`POST /v1/audio/speech`. Whatever goes wrong is in the reply."""
        body = json.dumps(fields).encode()
        head = f"POST {self._prefix}/v1/audio/speech HTTP/1.1\r\n{self._lines}\r\n"
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        return await self._ask(head.encode() + body, timeout_s)

    async def get(self, path: str, timeout_s: float = 10.0) -> Reply:
        """`GET` of a path."""
        return await self._ask(f"GET {self._prefix}{path} HTTP/1.1\r\n{self._lines}\r\n\r\n".encode(), timeout_s)

    async def json(self, path: str) -> dict[str, object]:
        """The object that is at a path."""
        reply = await self.get(path)
        value: dict[str, object] = json.loads(reply.body)
        return value

    def close(self) -> None:
        """Leave, whatever is under way."""
        if self._wire is not None:
            self._wire.transport.abort()
            self._wire = None

    async def _ask(self, request: bytes, timeout_s: float) -> Reply:
        reply = Reply(time.monotonic())
        try:
            async with asyncio.timeout(timeout_s):
                wire = await self._connected()
                reply.port = wire.port
                await wire.ask(request, reply)
        except (OSError, TimeoutError, httptools.HttpParserError) as error:
            reply.error = f"{type(error).__name__}: {error}"
        finally:
            reply.ended_s = time.monotonic()
            if not (reply.complete and self._keep_alive and self._wire and self._wire.reusable):
                self.close()
        return reply

    async def _connected(self) -> _Wire:
        if self._wire is None or self._wire.transport.is_closing():
            context = ssl.create_default_context() if self._tls else None
            loop = asyncio.get_running_loop()
            _, self._wire = await loop.create_connection(_Wire, self._host, self._port, ssl=context)
        return self._wire


class _Wire(asyncio.Protocol):
    """The connection: fills in the reply as the bytes come."""

    transport: asyncio.Transport

    def __init__(self) -> None:
        self.reusable = False
        self.port = 0
        self._reply: Reply | None = None
        self._over: asyncio.Future[None] | None = None

    async def ask(self, request: bytes, reply: Reply) -> None:
        """Send a request; return at the end of its reply, complete or not."""
        self._reply = reply
        self._parser = httptools.HttpResponseParser(self)
        self._over = asyncio.get_running_loop().create_future()
        if self.transport.is_closing():
            self.connection_lost(None)
        self.transport.write(request)
        await self._over

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.port = transport.get_extra_info("sockname")[1]

    def data_received(self, data: bytes) -> None:
        reply = self._reply
        if reply is None:
            return
        now_s, before = time.monotonic(), len(reply.body)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._end(error)
        if len(reply.body) > before:
            reply.arrivals.append(Arrival(now_s, len(reply.body)))

    def connection_lost(self, error: Exception | None) -> None:
        reply = self._reply
        if reply is not None and not reply.complete:
            # Without a length and without chunks, the end of the connection is the end of the body.
            framed = "content-length" in reply.headers or "transfer-encoding" in reply.headers
            reply.complete = error is None and reply.status != 0 and not framed
            self._end(None if reply.complete else error or ConnectionResetError("the server closed the connection"))

    def on_header(self, name: bytes, value: bytes) -> None:
        assert self._reply is not None
        self._reply.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        assert self._reply is not None
        self._reply.status = self._parser.get_status_code()

    def on_body(self, body: bytes) -> None:
        assert self._reply is not None
        self._reply.body += body

    def on_message_complete(self) -> None:
        assert self._reply is not None
        self._reply.complete = True
        self.reusable = self._parser.should_keep_alive()
        self._end(None)

    def _end(self, error: Exception | None) -> None:
        if self._over is not None and not self._over.done():
            if error is None:
                self._over.set_result(None)
            else:
                self._over.set_exception(error)
