"""State of glibc's malloc in this process: all its arenas together, from `mallinfo2` (mallinfo(3))."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MUCH_BYTES: Final = 32 << 20
"""Free memory below this is no reason to warn."""
LITTLE: Final = 0.25
"""Share of the free memory: where less of it can be released, the rest is held by fragments in use."""


class _Mallinfo2(ctypes.Structure):
    """`struct mallinfo2` of <malloc.h>, glibc 2.33 and later."""

    _fields_ = tuple(
        (name, ctypes.c_size_t)
        for name in "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost".split()
    )


@dataclass(frozen=True, slots=True)
class Arenas:
    """Bytes: taken from the kernel, mapped ones included; of these in use; of these free; of the free ones at the top
    of the main arena, which `malloc_trim` would give back."""

    bytes: int
    allocated: int
    free: int
    releasable: int

    @property
    def utilisation(self) -> float:
        """Share in use."""
        return self.allocated / max(1, self.bytes)

    @property
    def warning(self) -> str:
        """A remark where much is free and little of it can be given back; else empty."""
        if self.free < MUCH_BYTES or self.releasable >= LITTLE * self.free:
            return ""
        return f"{self.free >> 20} MiB free, {self.releasable >> 20} releasable"


def read() -> Arenas | None:
    """The state now; None where there is no glibc, or jemalloc in its place."""
    library = ctypes.CDLL(None)
    if not hasattr(library, "mallinfo2") or "jemalloc" in Path("/proc/self/maps").read_text():
        return None
    library.mallinfo2.restype = _Mallinfo2
    state = library.mallinfo2()
    return Arenas(state.arena + state.hblkhd, state.uordblks + state.hblkhd, state.fordblks, state.keepcost)
