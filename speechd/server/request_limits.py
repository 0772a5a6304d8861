"""The receipt of a request: how far it is, and whether it is within its limits.

Pure: no clock, no socket.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from speechd.errors import ContentTooLarge, HeaderFieldsTooLarge, InvalidRequest

REFUSED: Final = "refused"
"""Key in `scope["state"]` of a request that was refused while the app waited for its body: the error it is answered."""

CHUNK_LINE_BYTES: Final = 16
"""What frames one chunk of a body, in bytes, without extensions: its size in hexadecimal and two line ends."""

CHUNK_EXTENSIONS_BYTES: Final = 4 << 10
"""Chunk extensions that one body may have. Nobody sends any; without a limit they would be a body without one."""

HEAD_LINES: Final = 256
"""Of one head. Each costs a few microseconds, and 32 KiB of the shortest would be 8,000; browsers send about 20."""

MISREAD: Final = re.compile(rb"(?<!\r)\n|\n[ \t]")
"""A line that ends in LF alone, or goes on in the next."""

MISREAD_MESSAGE: Final = "This is not valid HTTP: a line must end in CR LF, and be no continuation."

HELD_BYTES: Final = 64 << 20
"""Of requests that one worker is receiving: 64 of the largest bodies. A thousand would be as much as a model."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a worker's clients may have.

    header_bytes: of a request's line and headers. body_bytes: of its body. receipt_timeout_s: seconds for all of it to
    arrive. connections: open at once. held_bytes: of requests that are being received, and of what was sent behind
    others, in sum; of each connection only what is beyond `FREE_BYTES` counts.
    """

    header_bytes: int
    body_bytes: int
    receipt_timeout_s: float
    connections: int = 1 << 16
    held_bytes: int = HELD_BYTES


class Phase(enum.Enum):
    """How far the receipt of a request is."""

    NOTHING = enum.auto()
    HEAD = enum.auto()
    BODY = enum.auto()
    WHOLE = enum.auto()


class InboundRequest:
    """One request, as its bytes are fed to a parser and reported by it."""

    def __init__(self, limits: Limits) -> None:
        self.part = Phase.NOTHING
        self.head_bytes = 0  # fed, of line and headers
        self._limits = limits
        self._body_bytes = 0
        self._unreported_bytes = 0  # fed since the head, and not of the body: chunk lines, and what is not parsed yet
        self._chunked = False
        self._chunks = 0
        self._lines = 0
        self._last_bytes = b""  # fed of the head: what a line's or the head's end may have begun in

    def feed(self, count: int) -> None:
        """The parser is about to be fed so many bytes, which belong to this request at least in part."""
        if self.part is Phase.NOTHING:
            self.part = Phase.HEAD
        if self.part is Phase.HEAD:
            self.head_bytes += count
        else:
            self._unreported_bytes += count

    def lines(self, piece: bytes) -> None:
        """These bytes are about to be fed, of the head or also of what is behind it.

        Raises `HeaderFieldsTooLarge` for too many lines, and `InvalidRequest` for lines that servers do not all read
        alike (RFC 9112, 2.2 and 5.2).
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

    def head(self, behind: int, stated: int, *, chunked: bool) -> None:
        """The head is here: of what was fed, so many bytes lie behind it. It states so many bytes of body (0 if none),
        or that the body is chunked. Raises `HeaderFieldsTooLarge` and `ContentTooLarge`."""
        self.head_bytes -= behind
        self._unreported_bytes = behind
        self._chunked = chunked
        self._check_head(self.head_bytes)
        self._check_body(stated)
        self.part = Phase.BODY

    def body(self, count: int, *, starts_chunk: bool) -> None:
        """So many bytes of the body came; raises `ContentTooLarge`."""
        self._body_bytes += count
        self._unreported_bytes -= count
        self._chunks += starts_chunk
        self._check_body(self._body_bytes)

    def parsed(self) -> None:
        """The parser needs more of the body. Raises `ContentTooLarge` if chunks are framed by too much."""
        if self._unreported_bytes > CHUNK_EXTENSIONS_BYTES + self._chunks * CHUNK_LINE_BYTES:
            raise ContentTooLarge(f"The body's chunk extensions and trailers exceed {CHUNK_EXTENSIONS_BYTES} bytes.")

    def end(self, text: bytes, trailers: Collection[tuple[bytes, bytes]] = ()) -> None:
        """The request is here, with these trailers; `text` is the end of it, with all of them.

        Raises `HeaderFieldsTooLarge`, and `InvalidRequest` as for the lines of a head: all servers on its way must
        agree where a body ends (RFC 9112, 7.1 and 11.2).
        """
        self._check_head(sum(len(name) + len(value) + len(b": \r\n") for name, value in trailers))
        if self._chunked:
            # Trailers and an empty line. Continuations make more lines than trailers; the last of these have one then.
            lines = text.split(b"\n")[-len(trailers) - 2 : -1]
            if any(not line.endswith(b"\r") or line.startswith((b" ", b"\t")) for line in lines):
                raise InvalidRequest(MISREAD_MESSAGE)
        self.part = Phase.WHOLE

    def _check_head(self, count: int) -> None:
        if count > self._limits.header_bytes:
            raise HeaderFieldsTooLarge(f"The request's line and headers exceed {self._limits.header_bytes} bytes.")

    def _check_body(self, count: int) -> None:
        if count > self._limits.body_bytes:
            raise ContentTooLarge(f"The request's body exceeds {self._limits.body_bytes} bytes.")
