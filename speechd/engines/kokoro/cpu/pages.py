"""Memory on huge pages, where the system has them: what is read through at every step is on another page otherwise, and
finding each costs as much as reading it."""

from __future__ import annotations

import mmap
from typing import Final

import torch
from torch import Tensor

HUGE_PAGE: Final = 2 * 1024 * 1024
"""Bytes of a huge page of x86-64 and of AArch64 with pages of 4 KiB."""
ARENA: Final = 64 * 1024 * 1024
"""Bytes that are reserved at once. Those that nothing is kept in take no memory."""
LINE: Final = 64
"""Bytes of a cache line, where what is kept begins."""


def pages(size: int) -> Tensor:
    """`size` bytes of any content, uint8, that begin on a huge page."""
    whole_pages = -(-size // HUGE_PAGE) * HUGE_PAGE
    memory = mmap.mmap(-1, whole_pages + HUGE_PAGE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    if hasattr(mmap, "MADV_HUGEPAGE"):
        memory.madvise(mmap.MADV_HUGEPAGE)
    room = torch.frombuffer(memory, dtype=torch.uint8)
    start = -room.data_ptr() % HUGE_PAGE
    return room[start : start + size]


class Arena:
    """Tensors side by side on huge pages; the memory is free when the last of them is."""

    def __init__(self) -> None:
        self._free = torch.empty(0, dtype=torch.uint8)

    def keep(self, tensor: Tensor) -> Tensor:
        """A contiguous copy of `tensor`."""
        size = tensor.numel() * tensor.element_size()
        if len(self._free) < size:
            self._free = pages(max(size, ARENA))
        kept = self._free[:size].view(tensor.dtype).view(tensor.shape)
        self._free = self._free[-(-size // LINE) * LINE :]
        return kept.copy_(tensor)
