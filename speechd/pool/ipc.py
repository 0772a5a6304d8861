"""Messages between workers: a doorbell that wakes one idle slot, and channels that bring results to a home worker.

All sockets are made before the fork, so that a respawned worker has those of the worker before it.
"""

from __future__ import annotations

import logging
import mmap
import os
import socket
import struct
import sys
from contextlib import suppress
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np

from speechd.audio.samples import Audio, TokenTime
from speechd.shared_memory import anonymous_file, write_all

log = logging.getLogger("speechd")

IDLE_S: Final = 0.25
"""Seconds that an idle slot waits for the bell before it looks by itself: what a lost ring costs at most."""

SEND_S: Final = 1.0
"""Seconds that a slot waits for a home worker that does not read. There is room for more than a hundred results."""

KIND: Final = socket.SOCK_SEQPACKET if sys.platform == "linux" else socket.SOCK_DGRAM
"""The kind of socket: of messages, not bytes, so that each arrives whole or not at all, whenever its sender is killed.
"""

HEADER: Final = struct.Struct("=qBiqiidd")
"""Serial number, status, number of the window, count of samples, sample rate, count of tokens in the alignment, seconds
of audio that are left of the segment, seconds of synthesis."""

TOKEN: Final = struct.Struct("=idd")
"""A `TokenTime`."""

INT: Final = struct.Struct("i")
FLOAT32_BYTES: Final = 4


class SegmentStatus(IntEnum):
    """What became of a segment."""

    OK = 0
    RAISED = 1
    """The engine failed."""
    KILLED = 2
    """A window of it was running when its worker died, twice."""
    LOST = 3
    """It is in no queue, or some of its audio did not arrive."""
    UNLOADED = 4
    """No slot will synthesise it, for the model could not be loaded."""


@dataclass(frozen=True, slots=True, eq=False)
class SegmentResult:
    """A result of a segment, for its home worker: a window of its audio, or how it ended without.

    serial: that of its place in the queue. audio: empty unless the status is `OK`. synthesis_s: seconds that the engine
    took. window: the number of the window within the segment. left_s: seconds of audio that are left of the segment; 0
    with the last window.
    """

    serial: int
    status: SegmentStatus
    audio: Audio
    synthesis_s: float
    window: int = 0
    left_s: float = 0.0

    @property
    def is_last(self) -> bool:
        """Whether no other follows."""
        return self.status is not SegmentStatus.OK or not self.left_s


def failed_result(serial: int, status: SegmentStatus, synthesis_s: float = 0.0) -> SegmentResult:
    """A result without audio."""
    return SegmentResult(serial, status, Audio(np.empty(0, np.float32)), synthesis_s)


class Doorbell:
    """A counting semaphore: each ring wakes one waiting slot of any worker, now or when it comes to wait."""

    def __init__(self) -> None:
        self._inside, self._outside = socket.socketpair(socket.AF_UNIX, KIND)
        self._inside.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _timeval(IDLE_S))

    def ring(self, times: int = 1) -> None:
        """Ring, and never block: a bell that cannot take another ring has rung for every slot there is."""
        with suppress(BlockingIOError):
            for _ in range(times):
                self._outside.send(b"\0", socket.MSG_DONTWAIT)

    def wait(self) -> None:
        """Return at a ring, or after `IDLE_S`."""
        with suppress(BlockingIOError):
            self._inside.recv(1)

    def close(self) -> None:
        """Close both ends, in this process."""
        self._inside.close()
        self._outside.close()


class ResultChannel:
    """The results for one home worker. Audio travels as a file that is passed along, so that a message is small."""

    def __init__(self) -> None:
        self._inbox, self._outbox = socket.socketpair(socket.AF_UNIX, KIND)
        self._outbox.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, _timeval(SEND_S))

    def fileno(self) -> int:
        """The descriptor that is readable when there is a result to `receive`."""
        return self._inbox.fileno()

    def send(self, result: SegmentResult, *, wait: bool = True) -> None:
        """Send a result from any process, waiting at most `SEND_S`.

        If that fails (no room, no memory, no descriptors), the result is lost, and its home worker finds that out.
        """
        try:
            self._send(result, 0 if wait else socket.MSG_DONTWAIT)
        except OSError as error:
            log.warning("result lost", extra={"fields": {"serial": result.serial, "error": str(error)}})

    def receive(self) -> SegmentResult | None:
        """The next result, if there is one; None at once if not."""
        try:
            # Not `socket.recv_fds`, which ignores its flags (as `send_fds` does, CPython 3.11).
            header, ancillary, _, _ = self._inbox.recvmsg(HEADER.size, socket.CMSG_LEN(INT.size), socket.MSG_DONTWAIT)
        except BlockingIOError:
            return None
        serial, status, window, count, sample_rate, tokens, left_s, synthesis_s = HEADER.unpack(header)
        if not count:
            return failed_result(serial, SegmentStatus(status))
        if not ancillary:  # this process may open no more files
            return failed_result(serial, SegmentStatus.LOST)
        (file,) = INT.unpack(ancillary[0][2])
        try:
            # Windows may wait behind a whole segment, more of them than there are files for.
            audio = _read(file, count, sample_rate, tokens, keep=not window and not left_s)
        except OSError:  # it needs a descriptor of its own, and memory
            return failed_result(serial, SegmentStatus.LOST)
        finally:
            os.close(file)
        return SegmentResult(serial, SegmentStatus(status), audio, synthesis_s, window, left_s)

    def close(self) -> None:
        """Close both ends, in this process."""
        self._inbox.close()
        self._outbox.close()

    def _send(self, result: SegmentResult, flags: int) -> None:
        audio = result.audio
        sizes = len(audio.samples), audio.sample_rate, len(audio.alignment)
        header = HEADER.pack(result.serial, result.status, result.window, *sizes, result.left_s, result.synthesis_s)
        if not len(audio.samples):
            self._outbox.sendmsg([header], (), flags)
            return
        file = anonymous_file()
        try:
            write_all(file, np.ascontiguousarray(audio.samples, np.float32).data)
            write_all(file, b"".join(TOKEN.pack(*token) for token in audio.alignment))
            rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, INT.pack(file))
            self._outbox.sendmsg([header], [rights], flags)
        finally:
            os.close(file)


def _read(file: int, count: int, sample_rate: int, tokens: int, *, keep: bool) -> Audio:
    """The audio in a file: its samples, and then its alignment. keep: the file is kept, rather than copied."""
    end = count * FLOAT32_BYTES
    size = end + tokens * TOKEN.size
    # Private: the samples may be written to, whoever else has the file.
    if keep:
        content = mmap.mmap(file, size, access=mmap.ACCESS_COPY)
    else:
        content = mmap.mmap(-1, size, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        os.preadv(file, [content], 0)
    alignment = tuple(TokenTime(*token) for token in TOKEN.iter_unpack(content[end:]))
    return Audio(np.frombuffer(content, np.float32, count), sample_rate, alignment)


def _timeval(seconds: float) -> bytes:
    return struct.pack("ll", int(seconds), int(seconds % 1 * 1e6))
