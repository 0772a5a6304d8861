"""Memory and files that forked processes share, without a name to leak: they are gone with the last process."""

from __future__ import annotations

import ctypes
import math
import mmap
import os
import sys
import tempfile
from contextlib import suppress
from typing import Any

import numpy as np
import numpy.typing as npt


def shared_array(dtype: npt.DTypeLike, *shape: int) -> npt.NDArray[Any]:
    """Zeros that every process forked from this one reads and writes too. Pages never touched cost nothing."""
    size = math.prod(shape) * np.dtype(dtype).itemsize
    return np.ndarray(shape, dtype, buffer=mmap.mmap(-1, max(1, size)))


def anonymous_file() -> int:
    """The descriptor of an empty file without a name, for the caller to close."""
    if sys.platform == "linux":
        return os.memfd_create("speechd")
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())


def write_all(file: int, data: bytes | memoryview) -> None:
    """Write to a file, and raise `OSError` where it does not take all: a single write then ends in the middle."""
    left = memoryview(data).cast("B")
    while left:
        left = left[os.write(file, left) :]


def trim_heap() -> None:
    """Give back to the kernel what was freed. glibc keeps it where anything behind it is in use."""
    if sys.platform == "linux":
        with suppress(AttributeError):  # musl has none
            ctypes.CDLL(None).malloc_trim(0)
