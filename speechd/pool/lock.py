"""The one lock over all workers, a record lock (fcntl(2)). The kernel frees it when its holder dies, and no wait for it
is endless."""

from __future__ import annotations

import fcntl
import os
import signal
import struct
import sys
import threading
import time
from contextlib import suppress
from types import TracebackType
from typing import Final

import numpy as np

from speechd.shared_memory import anonymous_file, shared_array

PAUSE_S: Final = 0.001
"""The longest pause between two attempts. The lock is held for some 20 µs, so that a second attempt is rare."""

STUCK_ATTEMPTS: Final = 1_000
"""Attempts (about a second) after which a holder is taken to be stopped. Attempts, not time: when a whole container
was paused and goes on, the waiters must not believe that the holder was idle meanwhile."""

ATTEMPTS: Final = 2 * STUCK_ATTEMPTS
"""Attempts after which the wait fails."""

FLOCK: Final = struct.Struct("hhqqi")
"""struct flock of 64-bit Linux: type, whence, start, length, process."""


class Lock:
    """Mutual exclusion of the threads of the process that made it and of all its forks. Not reentrant.

    Entering raises `TimeoutError` after some seconds. A fork that holds the lock for a second was stopped while it did
    and would stop all others: whoever waits for it kills it. Its maker, the arbiter, is never killed.

    What the lock guards must be valid after every single write, because a holder may be killed between any two.
    """

    def __init__(self) -> None:
        # Record locks belong to a process, and closing any descriptor of the file drops them: this stays the only one.
        self._file = anonymous_file()
        self._threads = threading.Lock()
        self._maker = os.getpid()
        self._turns = shared_array(np.int64, 1)

    def __enter__(self) -> None:
        if not self._threads.acquire(timeout=ATTEMPTS * PAUSE_S):
            raise TimeoutError("the lock of the scoreboard is held by another thread")
        try:
            self._acquire()
        except BaseException:
            self._threads.release()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        fcntl.lockf(self._file, fcntl.LOCK_UN)
        self._threads.release()

    def close(self) -> None:
        """Close the file, in this process."""
        os.close(self._file)

    def _acquire(self) -> None:
        turns, stuck = self._turns[0], 0
        for attempt in range(ATTEMPTS):
            if self._try():
                return
            stuck = stuck + 1 if self._turns[0] == turns else 0
            turns = self._turns[0]
            if stuck == STUCK_ATTEMPTS:
                self._kill_holder()
            time.sleep(min(PAUSE_S, attempt * 20e-6))
        raise TimeoutError("the lock of the scoreboard is held by another process")

    def _try(self) -> bool:
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):  # EAGAIN or EACCES, as POSIX leaves it to the system
            return False
        self._turns[0] += 1
        return True

    def _kill_holder(self) -> None:
        if sys.platform != "linux":  # FLOCK is laid out otherwise
            return
        question = FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
        kind, _, _, _, holder = FLOCK.unpack(fcntl.fcntl(self._file, fcntl.F_GETLK, question))
        if kind != fcntl.F_UNLCK and holder != self._maker:
            with suppress(ProcessLookupError):
                os.kill(holder, signal.SIGKILL)
