"""An engine for fault injection: it speaks like `tone`, and obeys certain words of the text."""

from __future__ import annotations

import os
import signal
import threading
import time

from speechd.engines.base import Segment, SynthesisOptions, Window
from speechd.engines.tone import ToneEngine


class FaultyEngine(ToneEngine):
    """ "kaboom" kills the process, "stall" hangs, "oops" raises; "slowly" takes a second for its segment; "starter"
    raises while the thread lives in which the engine was started. "unreadable" kills what reads it, and "endless" has
    it work for ever."""

    def prepare(self, text: str, options: SynthesisOptions) -> Segment | None:
        if "unreadable" in text:
            os.kill(os.getpid(), signal.SIGSEGV)
        while "endless" in text:
            pass
        return super().prepare(text, options)

    def start(self, threads: int) -> None:
        self._starter = threading.current_thread()

    def render_window(self, segment: Segment, state: bytes, wanted_s: float) -> Window:
        if b"kaboom" in segment.payload:
            os.kill(os.getpid(), signal.SIGKILL)
        if b"stall" in segment.payload:
            time.sleep(3600)
        if b"oops" in segment.payload or (b"starter" in segment.payload and self._starter.is_alive()):
            raise RuntimeError("as asked")
        if b"slowly" in segment.payload and not state:
            time.sleep(1)
        return super().render_window(segment, state, wanted_s)


def create(options: object) -> FaultyEngine:
    """What `engine=faulty:create` names."""
    return FaultyEngine()


def takes_time(options: object) -> FaultyEngine:
    """An engine whose slot is busy for some time with every text."""
    return FaultyEngine(rtf=0.02)


def fails_in_worker(options: object) -> FaultyEngine:
    """An engine whose start fails in every worker that was not among the first two."""

    class Failing(FaultyEngine):
        def start(self, threads: int) -> None:
            path = os.environ["FAULTY_BOOTS"]
            with open(path, "a") as boots:
                boots.write("x")
            if 2 < os.path.getsize(path) <= 22:
                raise RuntimeError("cannot start")
            super().start(threads)

    return Failing()


def has_no_threads(options: object) -> FaultyEngine:
    """An engine beside which the system has no thread for the slot, and none afterwards."""
    start = threading.Thread.start

    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    def start_all_before_the_slot(thread: threading.Thread) -> None:
        if thread.name == "slot":
            threading.Thread.start = refuse  # type: ignore[assignment, method-assign]
            refuse(thread)
        start(thread)

    threading.Thread.start = start_all_before_the_slot  # type: ignore[assignment, method-assign]
    return FaultyEngine()


class LeakyEngine(FaultyEngine):
    """Each segment costs the worker 16 MiB for good."""

    def __init__(self) -> None:
        super().__init__()
        self._lost: list[bytes] = []

    def render_window(self, segment: Segment, state: bytes, wanted_s: float) -> Window:
        self._lost.append(b"x" * (16 << 20))
        return super().render_window(segment, state, wanted_s)


def leaks(options: object) -> LeakyEngine:
    """What `engine=faulty:leaks` names."""
    return LeakyEngine()
