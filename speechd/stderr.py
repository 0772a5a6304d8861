"""The standard error of a server, written without ever waiting for whoever reads it.

A pipe that nobody reads (a stuck log shipper, a pager) takes 64 KiB, and then every write waits: in the event loop, in
the arbiter, for good. Here such lines wait in memory, a few, and what comes then is counted and dropped. There is no
thread that writes: the arbiter must have none when it forks.
"""

from __future__ import annotations

import io
import os
import select
import socket
import stat
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

WAITING_BYTES: Final = 64 << 10
"""Bytes that wait in each process: as much as a pipe holds (pipe(7)), some 300 lines."""

OUT, ERR = 1, 2
"""The descriptors of the standard output streams."""

Put = Callable[[bytes], int]
"""Writes the beginning of what it is given, without waiting, and returns how much. Raises `BlockingIOError` where
nothing goes now, and any other `OSError` where nothing will."""


class Lines:
    """The way out for all lines of a process: whole, in order, from any thread."""

    def __init__(self, put: Put, notice: Callable[[int], str]) -> None:
        """notice: the line that says how many were lost."""
        self._put = put
        self._notice = notice
        self._waiting: deque[tuple[bytes, int]] = deque()  # with how many lines each stands for
        self._size = 0
        self._lost = 0
        self._lock = threading.RLock()
        os.register_at_fork(after_in_child=self._begin)

    def write(self, line: str) -> None:
        """Write a line, or have it wait for the next one, or lose it. Raises nothing."""
        with self._lock:
            self.flush()
            if self._lost:
                line = f"{self._notice(self._lost)}\n{line}"
            # A line longer than all the room is cut: whole, it would never get through.
            data = line.encode(errors="backslashreplace")[: WAITING_BYTES - 1] + b"\n"
            if self._size + len(data) > WAITING_BYTES:
                self._lost += 1
                return
            self._waiting.append((data, 1 + self._lost))
            self._size += len(data)
            self._lost = 0
            self.flush()

    def flush(self) -> None:
        """Write what waits, as far as it goes."""
        with self._lock:
            try:
                # One at a time: a write of at most PIPE_BUF (4 KiB) is never mixed with another process's.
                while self._waiting:
                    line, count = self._waiting[0]
                    written = self._put(line)
                    self._size -= written
                    if written < len(line):
                        self._waiting[0] = line[written:], count
                    else:
                        self._waiting.popleft()
            except BlockingIOError:
                pass
            except OSError:  # The reader has gone, or the disk is full: what comes later may still get through.
                self._lost += sum(count for _, count in self._waiting)
                self._waiting.clear()
                self._size = 0

    def _begin(self) -> None:
        """Forget, after a fork, what waits: it is the parent's to write."""
        self._waiting.clear()
        self._size = self._lost = 0
        self._lock = threading.RLock()


class _Printed(io.BufferedIOBase):
    """A binary stream under `sys.stderr` and `sys.stdout`: for warnings, and what libraries print."""

    def __init__(self, tell: Callable[[str], object]) -> None:
        super().__init__()
        self._tell = tell

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return ERR

    def write(self, data: Any, /) -> int:
        content = bytes(data)
        for line in content.decode(errors="backslashreplace").split("\n"):
            if line.strip():
                self._tell(line)
        return len(content)


def open_missing() -> None:
    """Open the null device where a standard stream is closed (`2>&-`): else a connection or the database of the
    process would get its number, and be written to as if it were the log."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            null = os.open(os.devnull, os.O_RDWR)  # the lowest number that is free
            os.set_inheritable(null, True)


def make_nonblocking(notice: Callable[[int], str]) -> Lines:
    """Make both output streams of this process, and of those it forks, such that nothing waits for them."""
    lines = Lines(_open(ERR), notice)
    os.dup2(ERR, OUT)
    return lines


def redirect_prints(printed: Callable[[str], object]) -> None:
    """Call this with every line that is printed, to whichever stream, instead of writing it."""
    sys.stdout = sys.stderr = io.TextIOWrapper(
        _Printed(printed), encoding="utf-8", errors="backslashreplace", line_buffering=True
    )


@contextmanager
def blocking() -> Iterator[int]:
    """A descriptor of standard error for a program that waits for its reader, as programs do: their progress bars fail
    otherwise."""
    if os.get_blocking(ERR):
        number = os.dup(ERR)
    else:
        number = os.open(f"/proc/self/fd/{ERR}", os.O_WRONLY | os.O_APPEND | os.O_NOCTTY)
    try:
        yield number
    finally:
        os.close(number)


def _open(number: int) -> Put:
    """Return how to write to a descriptor, which is made non-blocking where it can be, for libraries in C too.

    Never by O_NONBLOCK on what is there: that would be the shell's, and of every process that has it from there. A
    pipe or terminal can be opened once more, by whom it belongs to (a container's may be another user's).
    """
    mode = os.fstat(number).st_mode
    if stat.S_ISSOCK(mode):  # the journal's
        # Not a duplicate of it: forks that close all but the standard descriptors are to write there too.
        connected = socket.socket(fileno=number)
        return lambda data: connected.send(data, socket.MSG_DONTWAIT)
    if not (stat.S_ISFIFO(mode) or os.isatty(number)):  # a file, which makes nobody wait
        return lambda data: os.write(number, data)
    try:
        flags = os.O_WRONLY | os.O_APPEND | os.O_NONBLOCK | os.O_NOCTTY
        again = os.open(f"/proc/self/fd/{number}", flags)
    except OSError:
        most = select.PIPE_BUF if stat.S_ISFIFO(mode) else 1
        return lambda data: _put_if_ready(number, data[:most])
    os.dup2(again, number)
    os.close(again)
    return lambda data: os.write(number, data)


def _put_if_ready(number: int, data: bytes) -> int:
    """Write to a descriptor that may block. A pipe that is ready takes a page, a terminal a character; only another
    process that took the last one between the two calls could make us wait."""
    poll = select.poll()
    poll.register(number, select.POLLOUT)
    if not poll.poll(0):
        raise BlockingIOError
    return os.write(number, data)
