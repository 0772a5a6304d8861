"""A whole response while it grows and is sent: in a file without a name, and within limits.

A heap keeps much of what it once held; the memory of such a file goes back to the kernel the moment it is closed.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from typing import Final, Protocol

from speechd.errors import ReplyTooLong
from speechd.shared_memory import anonymous_file

STEP_BYTES: Final = 1 << 20
"""Bytes that a response is charged at a time, for the count of all takes a lock. It has them before its first byte, so
that there is a bounded number of responses, each of which has a file and a connection."""


class Account(Protocol):
    """The bytes that the whole responses of all workers hold, and may hold."""

    def hold(self, size: int) -> None:
        """Count so many bytes more. Raises `Overloaded` if they are too many."""
        ...

    def let_go(self, size: int) -> None:
        """Count so many bytes less."""
        ...


class Spool:
    """The bytes of one response. `write`, `seek` and `tell` are for an encoder, in its thread; the rest is the event
    loop's.

    size: bytes so far. May be closed at any moment, and twice; what is written afterwards is dropped.
    """

    def __init__(self, limit_bytes: int, account: Account, expected_bytes: float = 0.0) -> None:
        """expected_bytes: charged from the start, so that a response for which there is no room is refused then, and
        not when half of it has been made."""
        self.size = 0
        self._limit_bytes, self._account = limit_bytes, account
        self._expected_bytes = int(min(expected_bytes, limit_bytes))
        self._held = 0
        self._position = 0
        self._file: int | None = None
        self._closed = False
        self._lock = threading.Lock()  # a descriptor closed under a write may be another file's by then

    def write(self, data: bytes) -> int:
        """Write at the position, which moves."""
        with self._lock:
            if self._closed:
                return len(data)
            if self._file is None:
                self._file = anonymous_file()
            left = memoryview(data)
            while left:
                written = os.pwrite(self._file, left, self._position)
                self._position += written
                left = left[written:]
            self.size = max(self.size, self._position)
        return len(data)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move the position, as a file does."""
        self._position = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self.size}[whence]
        return self._position

    def tell(self) -> int:
        """The position, in bytes from the beginning."""
        return self._position

    def charge(self) -> None:
        """Have what was written counted; called before the first byte and as the response grows.

        Raises `ReplyTooLong`, and `Overloaded` if all responses together have too much.
        """
        if self.size > self._limit_bytes:
            raise ReplyTooLong(f"{self._limit_bytes / (1 << 20):.0f} MiB")
        more = max(self.size + 1, self._expected_bytes) - self._held
        if more > 0:
            more = -(-more // STEP_BYTES) * STEP_BYTES
            self._account.hold(more)
            self._held += more

    def pieces(self, size: int) -> Iterator[bytes]:
        """All of it, in order, in pieces of at most so many bytes."""
        for start in range(0, self.size, size):
            assert self._file is not None
            yield os.pread(self._file, size, start)

    def close(self) -> None:
        """Give the memory back, and what was charged."""
        with self._lock:
            self._closed = True
            if self._file is not None:
                os.close(self._file)
                self._file = None
        self._account.let_go(self._held)
        self._held = 0
