"""A worker's slot: the thread that synthesises segments of any worker's requests, as many at once as its engine can."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Sequence
from typing import Final

import numpy as np

from speechd import watchdog
from speechd.audio.resample import resampled
from speechd.audio.samples import Audio
from speechd.engines.base import Segment, SupportsThreads, Synthesizer
from speechd.machine import available_cores
from speechd.pool.ipc import SegmentResult, SegmentStatus, failed_result
from speechd.pool.queue import Lease
from speechd.pool.scoreboard import Scoreboard
from speechd.server.worker_table import State

POLL_S: Final = 0.1
"""Seconds between two looks of a slot that could stop whether others still need it."""

MOST_THREADS: Final = 4
"""Threads of one synthesis at most, where each slot has fewer. More were never measured."""

log = logging.getLogger("speechd")


class Slot:
    """Works from `start` to `stop`, on whatever segments have the earliest deadlines."""

    def __init__(self, engine: Synthesizer, board: Scoreboard, index: int, threads: int = 1) -> None:
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
        queue, engine = self._board.queue, self._engine
        try:
            while not self._stopping and self._board.table.state(self._index) is not State.RETIRING:
                if leases := queue.take(self._index, engine.batch_limit, engine.batch_limit_s):
                    self._work(leases)
                else:
                    self._board.bell.wait()
            self._board.bell.ring(queue.waiting)  # what this one heard last is for another
        except BaseException:
            # A worker without a slot, or with a lease it cannot give back, does harm: the arbiter forks a new one.
            log.critical("slot failed", exc_info=True)
            os._exit(1)

    def _work(self, leases: Sequence[Lease]) -> None:
        """Synthesise the segments at once, or one after the other where the engine fails on all of them together."""
        began = time.monotonic()
        threads = self._wanted_threads(leases[0], began)
        self._board.set_threads(self._index, threads)
        outcomes = self._synthesize([lease.segment for lease in leases], threads)
        self._board.set_threads(self._index, 0)
        if isinstance(outcomes, list):
            self._finish(leases, outcomes, time.monotonic() - began, threads)
        elif len(leases) == 1:
            self._finish(leases, [outcomes], time.monotonic() - began, threads)
        else:
            for lease in leases:
                self._work([lease])

    def _synthesize(self, segments: Sequence[Segment], threads: int) -> list[Audio | Exception] | Exception:
        """The outcome of each segment, or the exception that the engine raised for all."""
        # The watchdog is a thread in C: an engine that hangs with Python's lock held does not stop it. It ends
        # the process, and says where all threads were; what was leased is then done by another worker.
        watchdog.start(self._board.limits.synthesis_timeout_s)
        try:
            if isinstance(self._engine, SupportsThreads):
                self._engine.set_threads(threads)
            outcomes = [_checked(outcome) for outcome in self._engine.synthesize(segments)]
        except Exception as error:  # whatever an engine raises, it is these segments that failed
            return error
        finally:
            watchdog.cancel()
        if len(outcomes) != len(segments):
            return ValueError(f"the engine returned {len(outcomes)} results for {len(segments)} segments")
        return outcomes

    def _finish(
        self, leases: Sequence[Lease], outcomes: Sequence[Audio | Exception], busy_s: float, threads: int
    ) -> None:
        """Tell each home worker, give the rows back, and note how fast it was."""
        audio_s = sum(outcome.duration_s for outcome in outcomes if isinstance(outcome, Audio))
        for lease, outcome in zip(leases, outcomes, strict=True):
            if isinstance(outcome, Audio):
                # Segments that were synthesised at once share the time by their lengths.
                share_s = busy_s * outcome.duration_s / audio_s
                thread_ratio = threads / self._threads
                self._board.throughput.add_measurement(self._index, outcome.duration_s, share_s, thread_ratio)
                result = SegmentResult(lease.place.serial, SegmentStatus.OK, outcome, busy_s)
            else:
                log.error("synthesis failed", exc_info=outcome)
                result = failed_result(lease.place.serial, SegmentStatus.RAISED, busy_s)
            # The reply first: a worker killed between the two leaves a segment to do again, not one that is nowhere.
            if self._board.queue.is_wanted(lease):
                self._board.results[lease.home].send(result)
            self._board.queue.give_back(lease)

    def _wanted_threads(self, lease: Lease, now: float) -> int:
        """The slot's own, which make the most audio for their time; more if somebody waits, and cores are idle."""
        if (lease.deadline - now) * self._board.throughput.per_slot()[self._index] > lease.segment.duration_s:
            return self._threads
        return self._board.threads_for(self._threads, self._most, self._cores)


def _checked(outcome: Audio | Exception) -> Audio | Exception:
    """The outcome of a segment, its audio at the server's sample rate.

    No samples, or samples that are not finite, are a failure: encoders write silence for them, and nobody would know.
    """
    if isinstance(outcome, Exception):
        return outcome
    if not len(outcome.samples) or not np.isfinite(outcome.samples).all():
        return ValueError("the engine returned no samples, or samples that are not finite")
    return resampled(outcome)
