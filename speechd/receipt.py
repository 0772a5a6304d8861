"""The receipt of requests: how far the one that a connection receives is, and whether it is within its limits.

Pure: no clock, no socket.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Final

from speechd.errors import HeadersTooLarge, TooLarge

REFUSED: Final = "refused"
"""Key in `scope["state"]` of a request that was refused while the app waited for its body: the status of the answer."""


@dataclass(frozen=True, slots=True)
class Limits:
    """On one request: bytes of its line and headers, bytes of its body, and seconds for all of it to arrive."""

    header_bytes: int
    body_bytes: int
    receipt_timeout_s: float


class Part(enum.Enum):
    """How far the receipt of a request is."""

    NOTHING = enum.auto()
    HEAD = enum.auto()
    BODY = enum.auto()


class Receipt:
    """One request at a time, as its bytes are fed to a parser and reported by it."""

    def __init__(self, limits: Limits) -> None:
        self.part = Part.NOTHING
        self._limits = limits
        self._head_bytes = 0  # of the request line and headers that the parser has reported
        self._unreported_bytes = 0  # fed since its last report
        self._body_bytes = 0

    def begin(self) -> None:
        """A request begins."""
        self.part = Part.HEAD
        self._head_bytes = self._unreported_bytes = self._body_bytes = 0

    def feed(self, count: int) -> None:
        """The parser is about to be fed so many bytes."""
        self._unreported_bytes += count

    def fed(self) -> None:
        """It has been: raises `HeadersTooLarge` for what it did not report, the beginning of an endless line."""
        if self.part is Part.HEAD:
            self._check_head(self._head_bytes + self._unreported_bytes)

    def head(self, count: int) -> None:
        """It reported so many bytes of line, headers or trailers; raises `HeadersTooLarge`."""
        self._head_bytes += count
        self._unreported_bytes = 0
        self._check_head(self._head_bytes)

    def expect_body(self, stated: int) -> None:
        """The head states so many bytes of body (0 if none); raises `TooLarge`."""
        self._check_body(stated)

    def begin_body(self) -> None:
        """The head is accepted."""
        self.part = Part.BODY

    def body(self, count: int) -> None:
        """So many bytes of the body came; raises `TooLarge`."""
        self._body_bytes += count
        self._check_body(self._body_bytes)

    def end(self) -> None:
        """The request is here."""
        self.part = Part.NOTHING

    def _check_head(self, count: int) -> None:
        if count > self._limits.header_bytes:
            raise HeadersTooLarge(f"The request's line and headers exceed {self._limits.header_bytes} bytes.")

    def _check_body(self, count: int) -> None:
        if count > self._limits.body_bytes:
            raise TooLarge(f"The request's body exceeds {self._limits.body_bytes} bytes.")
