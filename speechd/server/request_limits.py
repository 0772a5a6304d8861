"""A request as it arrives: how far it is, and whether it is within its limits.

Pure: no clock, no socket.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from speechd.errors import ContentTooLarge, HeaderFieldsTooLarge, InvalidRequest

CHUNK_LINE_BYTES: Final = 16
"""What frames one chunk of a body without extensions: its size in hexadecimal, and two line ends (RFC 9112, 7.1)."""

CHUNK_EXTENSIONS_BYTES: Final = 4 << 10
"""Chunk extensions that one body may have. Nobody sends any; without a limit they would be a body without one."""

HEAD_LINES: Final = 256
"""Lines of one head at most. Each costs a few microseconds, and 32 KiB of the shortest would be 8,000; browsers send
about 20."""

MISREAD: Final = re.compile(rb"(?<!\r)\n|\n[ \t]")
"""A line that ends in LF alone, or goes on in the next."""

MISREAD_MESSAGE: Final = "This is not valid HTTP: a line must end in CR LF, and be no continuation."

HELD_BYTES: Final = 64 << 20
"""Bytes of requests that one worker is receiving: 64 of the largest bodies. A thousand would be as much as a model."""

MESSAGE_BYTES: Final = 256 << 10
"""The largest WebSocket message: 50,000 characters as JSON, each up to five bytes."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a worker's clients.

    header_bytes: of a request's line and headers. body_bytes: of its body. request_timeout_s: seconds for all of it to
    arrive. connections: open at once. held_bytes: of requests that are being received, and of what was sent behind
    others, in sum; of each connection only what is beyond `FREE_BYTES` counts. message_bytes: of one WebSocket message.
    write_timeout_s: seconds for which a WebSocket's client may leave unread what it was sent. session_idle_s: seconds
    without a message after which a WebSocket is closed that is not in use.
    """

    header_bytes: int
    body_bytes: int
    request_timeout_s: float
    connections: int = 1 << 16
    held_bytes: int = HELD_BYTES
    message_bytes: int = MESSAGE_BYTES
    write_timeout_s: float = 30.0
    session_idle_s: float = 600.0


class Phase(enum.Enum):
    """How far a request has arrived."""

    NOTHING = enum.auto()
    HEAD = enum.auto()
    BODY = enum.auto()
    WHOLE = enum.auto()


class InboundRequest:
    """One request, as its bytes are fed to a parser and reported by it."""

    def __init__(self, limits: Limits) -> None:
        self.phase = Phase.NOTHING
        self.head_bytes = 0  # fed, of line and headers
        self._limits = limits
        self._body_bytes = 0
        self._unreported_bytes = 0  # fed since the head, and not of the body: chunk lines, and what is not parsed yet
        self._chunked = False
        self._chunks = 0
        self._lines = 0
        self._last_bytes = b""  # fed of the head: what a line's or the head's end may have begun in

    def will_feed(self, count: int) -> None:
        """Count bytes that the parser is about to be fed, and that belong to this request at least in part."""
        if self.phase is Phase.NOTHING:
            self.phase = Phase.HEAD
        if self.phase is Phase.HEAD:
            self.head_bytes += count
        else:
            self._unreported_bytes += count

    def check_lines(self, piece: bytes) -> None:
        """Check bytes that are about to be fed, of the head or also of what is behind it.

        Raises `HeaderFieldsTooLarge` for too many lines, and `InvalidRequest` for lines that servers read differently
        (RFC 9112, 2.2 and 5.2).
        """
        text, new = self._last_bytes + piece, len(self._last_bytes)
        end = text.find(b"\r\n\r\n")
        end = len(text) if end < 0 else end + 3
        # The last bytes fed are looked at again, with what follows. Not the first of them: whether a line feed there is
        # one of CR LF was seen with what came before it.
        if MISREAD.search(text, min(1, new), end):
            raise InvalidRequest(MISREAD_MESSAGE)
        self._lines += text.count(b"\n", new, end)
        if self._lines > HEAD_LINES:
            raise HeaderFieldsTooLarge(f"The request has more than {HEAD_LINES} header lines.")
        self._last_bytes = text[-4:]

    def add_head(self, behind: int, stated: int, *, chunked: bool) -> None:
        """Take note that the head is here: of what was fed, so many bytes lie behind it. It states so many bytes of
        body (0 if none), or that the body is chunked. Raises `HeaderFieldsTooLarge` and `ContentTooLarge`."""
        self.head_bytes -= behind
        self._unreported_bytes = behind
        self._chunked = chunked
        self._check_head(self.head_bytes)
        self._check_body(stated)
        self.phase = Phase.BODY

    def add_body(self, count: int, *, starts_chunk: bool) -> None:
        """Count bytes of the body. Raises `ContentTooLarge`."""
        self._body_bytes += count
        self._unreported_bytes -= count
        self._chunks += starts_chunk
        self._check_body(self._body_bytes)

    def was_fed(self) -> None:
        """Take note that the parser has parsed all that it was fed, and needs more. Raises `ContentTooLarge` if chunks
        are framed by too much."""
        if self._unreported_bytes > CHUNK_EXTENSIONS_BYTES + self._chunks * CHUNK_LINE_BYTES:
            raise ContentTooLarge(f"The body's chunk extensions and trailers exceed {CHUNK_EXTENSIONS_BYTES} bytes.")

    def end(self, text: bytes, trailers: Collection[tuple[bytes, bytes]] = ()) -> None:
        """Take note that the request is here, with these trailers; `text` is the end of it, with all of them.

        Raises `HeaderFieldsTooLarge`, and `InvalidRequest` as for the lines of a head: all servers on its way must
        agree where a body ends (RFC 9112, 7.1 and 11.2).
        """
        self._check_head(sum(len(name) + len(value) + len(b": \r\n") for name, value in trailers))
        if self._chunked:
            # Trailers and an empty line. Continuations make more lines than trailers; the last of these have one then.
            lines = text.split(b"\n")[-len(trailers) - 2 : -1]
            if any(not line.endswith(b"\r") or line.startswith((b" ", b"\t")) for line in lines):
                raise InvalidRequest(MISREAD_MESSAGE)
        self.phase = Phase.WHOLE

    def _check_head(self, count: int) -> None:
        if count > self._limits.header_bytes:
            raise HeaderFieldsTooLarge(f"The request's line and headers exceed {self._limits.header_bytes} bytes.")

    def _check_body(self, count: int) -> None:
        if count > self._limits.body_bytes:
            raise ContentTooLarge(f"The request's body exceeds {self._limits.body_bytes} bytes.")
