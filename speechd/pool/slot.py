"""A worker's slot: the thread that synthesises one segment at a time, of any worker's requests."""

from __future__ import annotations

import logging
import os
import threading
import time
from typing import Final

import numpy as np

from speechd import watchdog
from speechd.audio.samples import SAMPLE_RATE, Samples
from speechd.engines.base import Segment, Speaker, SupportsThreads
from speechd.machine import available_cores
from speechd.pool.ipc import SegmentResult, SegmentStatus
from speechd.pool.queue import Lease
from speechd.pool.scoreboard import Scoreboard
from speechd.server.worker_table import State

POLL_S: Final = 0.1
"""How often a slot that could stop looks whether others still need it."""

MOST_THREADS: Final = 4
"""Of one segment, where each slot has fewer. More were never measured."""

log = logging.getLogger("speechd")


class Slot:
    """Works from `start` to `stop`, on whatever segment has the earliest deadline."""

    def __init__(self, engine: Speaker, board: Scoreboard, index: int, threads: int = 1) -> None:
        """threads: what each slot has when all are at work."""
        self._engine, self._board, self._index = engine, board, index
        self._threads = threads
        self._most = max(threads, MOST_THREADS) if isinstance(engine, SupportsThreads) else threads
        self._cores = min(available_cores(), threads * board.workers)
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="slot", daemon=True)

    def start(self) -> None:
        """Take segments, for the engine is warm. Raises `RuntimeError` where the system has no thread for that
        (`ulimit -u`, a container's limit of processes)."""
        self._thread.start()

    @property
    def has_begun(self) -> bool:
        """Whether it ever worked."""
        return self._thread.ident is not None

    def stop(self) -> None:
        """Take no more segments once no request in flight relies on this slot, and they end in their own time; return
        when the one in hand is done (`synthesis_timeout_s` at most)."""
        while self._thread.is_alive() and self._board.needed_by_others:
            time.sleep(POLL_S)
        self._stopping = True
        if self.has_begun:
            self._thread.join()

    def _run(self) -> None:
        try:
            while not self._stopping and self._board.table.state(self._index) is not State.RETIRING:
                if lease := self._board.queue.take(self._index):
                    self._work(lease)
                else:
                    self._board.bell.wait()
            self._board.bell.ring(self._board.queue.waiting)  # what this one heard last is for another
        except BaseException:
            # A worker without a slot, or with a lease it cannot give back, does harm: the arbiter forks a new one.
            log.critical("slot failed", exc_info=True)
            os._exit(1)

    def _work(self, lease: Lease) -> None:
        began = time.monotonic()
        threads = self._wanted_threads(lease, began)
        self._board.set_threads(self._index, threads)
        outcome, samples = self._synthesize(lease.segment, threads)
        self._board.set_threads(self._index, 0)
        busy_s = time.monotonic() - began
        if outcome is SegmentStatus.SPOKEN:
            thread_ratio = threads / self._threads
            self._board.throughput.add_measurement(self._index, len(samples) / SAMPLE_RATE, busy_s, thread_ratio)
        # The reply first: a worker killed between the two leaves a segment to do again, and not one that is nowhere.
        if self._board.queue.is_wanted(lease):
            self._board.results[lease.home].send(SegmentResult(lease.place.serial, outcome, samples, busy_s))
        self._board.queue.give_back(lease)

    def _wanted_threads(self, lease: Lease, now: float) -> int:
        """The slot's own, which speak most for their time; more if somebody waits already, and cores have no work."""
        if (lease.deadline - now) * self._board.throughput.per_slot()[self._index] > lease.segment.duration_s:
            return self._threads
        return self._board.threads_for(self._threads, self._most, self._cores)

    def _synthesize(self, segment: Segment, threads: int) -> tuple[SegmentStatus, Samples]:
        # The watchdog is a thread in C: an engine that hangs with Python's lock held does not stop it. It ends
        # the process, and says where all threads were; what was leased is then done by another worker.
        watchdog.start(self._board.limits.synthesis_timeout_s)
        try:
            if isinstance(self._engine, SupportsThreads):
                self._engine.use(threads)
            return SegmentStatus.SPOKEN, _checked(self._engine.synthesize(segment).samples)
        except Exception:  # whatever an engine raises, it is this segment that failed
            log.error("synthesis failed", exc_info=True)
            return SegmentStatus.RAISED, np.empty(0, np.float32)
        finally:
            watchdog.cancel()


def _checked(samples: Samples) -> Samples:
    """What an engine returned. Raises `ValueError` where that is no audio: encoders write silence for what is
    not finite, and nobody would know."""
    if not len(samples) or not np.isfinite(samples).all():
        raise ValueError("the engine returned no samples, or samples that are not finite")
    return samples
