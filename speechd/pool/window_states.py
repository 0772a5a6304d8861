"""The engine's state between the windows of the segments in the queue, in shared memory.

A row has two areas, and windows write to them by turns: that of window n is read while window n writes the other. So a
slot that is killed while it writes has spoilt nothing that anybody reads.
"""

from __future__ import annotations

import mmap
import sys
from contextlib import suppress
from typing import Final

import numpy as np

from speechd.shared_memory import shared_array

AREAS: Final = 2

KEPT_BYTES: Final = 64 << 10
"""Bytes that a row keeps for its next segment; what held more is given back to the kernel with it."""

NORESERVE: Final = 0x4000
"""Linux's MAP_NORESERVE, which Python 3.11 does not name: areas that nobody touches count for nothing."""


class WindowStates:
    """A row's areas are its slot's while it runs, and whoever's frees it."""

    def __init__(self, rows: int, limit: int) -> None:
        """limit: bytes that a state has at most; 0 where there are no windows."""
        self.limit = limit
        self._area = -(-limit // mmap.PAGESIZE) * mmap.PAGESIZE
        self._length = shared_array(np.int64, rows, AREAS)
        self._touched = shared_array(np.int64, rows)
        self._memory = _sparse(max(1, rows * AREAS * self._area))

    def begin(self, row: int) -> None:
        """Have the row's first window find nothing."""
        self._length[row, 0] = 0

    def read(self, row: int, window: int) -> bytes:
        """What window `window` of the row starts from."""
        start = self._start(row, window)
        return self._memory[start : start + int(self._length[row, window % AREAS])]

    def write(self, row: int, window: int, state: bytes) -> None:
        """Put down what window `window` is to start from, while the one before it still runs. At most `limit` bytes."""
        self._touched[row] = max(int(self._touched[row]), len(state))
        start = self._start(row, window)
        self._memory[start : start + len(state)] = state
        self._length[row, window % AREAS] = len(state)

    def release(self, row: int) -> None:
        """Give the row's memory back, if it is much: before the row is free for another."""
        if self._touched[row] > KEPT_BYTES and sys.platform == "linux":
            with suppress(OSError):  # then it is the next segment's
                self._memory.madvise(mmap.MADV_REMOVE, self._start(row, 0), AREAS * self._area)
            self._touched[row] = 0

    def _start(self, row: int, window: int) -> int:
        return (row * AREAS + window % AREAS) * self._area


def _sparse(size: int) -> mmap.mmap:
    flags = mmap.MAP_SHARED | mmap.MAP_ANONYMOUS
    return mmap.mmap(-1, size, flags | NORESERVE if sys.platform == "linux" else flags)
