"""The watchdog of a process: it ends one that hangs, from a thread in C, whoever holds Python's lock (faulthandler).

Before that it writes where all threads are. Not to standard error, where nobody may read and it would wait for ever,
but to a file without a name that the arbiter has opened before it forked; the arbiter logs what it finds there.
"""

from __future__ import annotations

import faulthandler
import fcntl
import os
import sys
from typing import Final

from speechd.shared_memory import anonymous_file

LONGEST_DUMP: Final = 64 << 10
"""Bytes of one trace that are logged, about as much as the log lets wait."""

_files: Final[list[int]] = []
"""The file of the arbiter and of the workers that it forks; none elsewhere, as in tests."""


def prepare() -> None:
    """Open the file, in the arbiter, before it forks."""
    file = anonymous_file()
    fcntl.fcntl(file, fcntl.F_SETFL, fcntl.fcntl(file, fcntl.F_GETFL) | os.O_APPEND)
    _files[:] = [file]


def start(limit_s: float) -> None:
    """End this process after that time, unless `cancel` is called. A process has one watchdog: the last one started."""
    faulthandler.dump_traceback_later(limit_s, exit=True, file=_files[0] if _files else sys.stderr)


def cancel() -> None:
    """Let this process live."""
    faulthandler.cancel_dump_traceback_later()


def collect_traces() -> str:
    """Where the threads were of the processes that were ended since the last call, in the arbiter; mostly ""."""
    traces = b""
    for file in _files:
        traces = os.pread(file, LONGEST_DUMP, 0)
        os.ftruncate(file, 0)
    return traces.decode(errors="replace").strip()
