"""Memory for the rows of the generator's stages, kept from one window to the next."""

from __future__ import annotations

import mmap
from typing import Final

import torch
from torch import Tensor

FLOAT: Final = 4
"""Bytes of a float32."""

KEPT: Final = 12 * 1024 * 1024
"""Bytes of each name that stay between windows, what 5 s of the last stage take: to have the rest cleared anew costs a
long window less than a hundredth of its time."""


class Buffers:
    """Rows that live from one synthesis to the next, because fresh pages cost as much as the work on short ones."""

    def __init__(self) -> None:
        self._memory: dict[str, tuple[mmap.mmap, Tensor]] = {}

    @property
    def most_bytes(self) -> int:
        """Bytes of all names, whether or not they were given back."""
        return sum(len(pages) for pages, _ in self._memory.values())

    def rows(self, name: str, count: int, channels: int) -> Tensor:
        """Rows (count, channels) with any content; the same memory for the same name."""
        size = count * channels
        if name not in self._memory or len(self._memory[name][1]) < size:
            self._memory.pop(name, None)
            pages = _pages(size * FLOAT)
            self._memory[name] = pages, torch.frombuffer(pages, dtype=torch.float32)
        return self._memory[name][1][:size].view(count, channels)

    def release(self) -> None:
        """Give back what is more than `KEPT` of each, and with it its content."""
        for pages, _ in self._memory.values():
            if len(pages) > KEPT and hasattr(mmap, "MADV_DONTNEED"):
                pages.madvise(mmap.MADV_DONTNEED, KEPT)


def _pages(size: int) -> mmap.mmap:
    """`size` bytes, on huge pages where the system has them: every row is another page otherwise."""
    pages = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    if hasattr(mmap, "MADV_HUGEPAGE"):
        pages.madvise(mmap.MADV_HUGEPAGE)
    return pages
