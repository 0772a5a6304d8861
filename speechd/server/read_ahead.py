"""What a client has sent and nobody has parsed yet, within limits where it lies behind the request in hand."""

from __future__ import annotations

from typing import Final

BEHIND_BYTES: Final = 64 << 10
"""What is kept behind the request in hand, of a client that sends ahead. Of one that sends more nothing is kept, and
the response in hand is the last (RFC 9112, section 9.3.2: a client must be prepared to send such requests again)."""

DISCARDED_BYTES: Final = 1 << 20
"""What is then read and discarded, until the connection is aborted: only to see that the client has left."""


class ReadAhead:
    """The bytes that are not parsed, and how many were discarded. Pure: no socket."""

    def __init__(self) -> None:
        self.unparsed = bytearray()
        self._discarded_bytes: int | None = None

    def __len__(self) -> int:
        return len(self.unparsed)

    @property
    def is_discarding(self) -> bool:
        """Whether the client has sent more than is kept."""
        return self._discarded_bytes is not None

    @property
    def is_behind(self) -> bool:
        """Whether the client has sent more than the request in hand. A line end is none: old clients send one after a
        body (RFC 9112, section 2.2)."""
        return bool(self.unparsed.strip(b"\r\n")) or self.is_discarding

    @property
    def is_too_much(self) -> bool:
        """Whether what is behind the request in hand, or has been discarded since, exceeds its limit."""
        if self._discarded_bytes is not None:
            return self._discarded_bytes > DISCARDED_BYTES
        return len(self.unparsed) > BEHIND_BYTES

    def add(self, data: bytes) -> None:
        """Keep these bytes, or count them among the discarded."""
        if self._discarded_bytes is None:
            self.unparsed += data
        else:
            self._discarded_bytes += len(data)

    def discard(self) -> None:
        """Drop what is here, and all that comes."""
        self.unparsed.clear()
        self._discarded_bytes = 0

    def clear(self) -> None:
        """Drop what is here."""
        self.unparsed.clear()
