"""A worker's slot: the thread that synthesises segments of any worker's requests.

It takes a window of a segment, which then waits again for its next one; or as many whole segments at once as its engine
can synthesise.
"""

from __future__ import annotations

import logging
import math
import os
import threading
import time
from collections.abc import Sequence
from typing import Final

import numpy as np

from speechd import watchdog
from speechd.audio.resample import resampled
from speechd.audio.samples import SAMPLE_RATE, Audio
from speechd.engines.base import SupportsThreads, SupportsWindows, Synthesizer, Window
from speechd.machine import available_cores
from speechd.pool.dispatch import latest_start, least_window_s
from speechd.pool.ipc import SegmentResult, SegmentStatus, failed_result
from speechd.pool.lease import Lease
from speechd.pool.scoreboard import Scoreboard
from speechd.server.worker_table import State

POLL_S: Final = 0.1
"""Seconds between two looks of a slot that could stop whether others still need it."""

MOST_THREADS: Final = 4
"""Threads of one synthesis at most, where each slot has fewer. More were never measured."""

NO_AUDIO: Final = "the engine returned no samples, or samples that are not finite"

log = logging.getLogger("speechd")


class Slot:
    """Works from `start` to `stop`, on whatever segments have the earliest deadlines."""

    def __init__(self, engine: Synthesizer, board: Scoreboard, index: int, threads: int = 1) -> None:
        """threads: what each slot has when all are at work."""
        self._engine, self._board, self._index = engine, board, index
        self._renderer = engine if board.queue.window_state_limit and isinstance(engine, SupportsWindows) else None
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
        """Take nothing more once no request in flight relies on this slot, and they end in their own time; return when
        what is in hand is done (`synthesis_timeout_s` at most). The rest of a segment then waits for another slot."""
        while self._thread.is_alive() and self._board.needed_by_others:
            time.sleep(POLL_S)
        self._stopping = True
        if self.has_begun:
            self._thread.join()

    def _run(self) -> None:
        queue, engine = self._board.queue, self._engine
        try:
            while not self._stopping and self._board.table.state(self._index) is not State.RETIRING:
                view = self._board.slot_view(self._index)
                if leases := queue.take(self._index, engine.batch_limit, engine.batch_limit_s, view):
                    self._work(leases)
                else:
                    self._board.bell.wait()
            self._board.bell.ring(queue.waiting)  # what this one heard last is for another
        except BaseException:
            # A worker without a slot, or with a lease it cannot give back, does harm: the arbiter forks a new one.
            log.critical("slot failed", exc_info=True)
            os._exit(1)

    def _work(self, leases: Sequence[Lease]) -> None:
        """Render a window, or synthesise the segments at once: or one after the other, where the engine fails on all of
        them together."""
        began = time.monotonic()
        threads = self._wanted_threads(leases[0], began)
        self._board.set_threads(self._index, threads)
        outcomes = self._synthesize(leases, threads)
        self._board.set_threads(self._index, 0)
        if isinstance(outcomes, list):
            self._finish(leases, outcomes, time.monotonic() - began, threads)
        elif len(leases) == 1:
            self._finish(leases, [outcomes], time.monotonic() - began, threads)
        else:
            for lease in leases:
                self._work([lease])

    def _synthesize(self, leases: Sequence[Lease], threads: int) -> list[Window | Exception] | Exception:
        """The outcome of each lease, or the exception that the engine raised for all."""
        # The watchdog is a thread in C: an engine that hangs with Python's lock held does not stop it. It ends
        # the process, and says where all threads were; what was leased is then done by another worker.
        watchdog.start(self._board.limits.synthesis_timeout_s)
        try:
            if isinstance(self._engine, SupportsThreads):
                self._engine.set_threads(threads)
            outcomes = self._render(leases)
        except Exception as error:  # whatever an engine raises, it is these segments that failed
            return error
        finally:
            watchdog.cancel()
        if len(outcomes) != len(leases):
            return ValueError(f"the engine returned {len(outcomes)} results for {len(leases)} segments")
        return outcomes

    def _render(self, leases: Sequence[Lease]) -> list[Window | Exception]:
        if self._renderer is None:
            return [_whole(outcome) for outcome in self._engine.synthesize([lease.segment for lease in leases])]
        (lease,) = leases
        window = self._renderer.render_window(lease.segment, lease.state, lease.wanted_s)
        return [_checked(window, self._board.queue.window_state_limit)]

    def _finish(
        self, leases: Sequence[Lease], outcomes: Sequence[Window | Exception], busy_s: float, threads: int
    ) -> None:
        """Note how fast it was, and pass on each outcome."""
        audio_s = sum(outcome.audio.duration_s for outcome in outcomes if isinstance(outcome, Window))
        had_room = self._has_room(len(leases), audio_s)
        for lease, outcome in zip(leases, outcomes, strict=True):
            if isinstance(outcome, Window):
                # Segments that were synthesised at once share the time by their lengths.
                share_s = busy_s * outcome.audio.duration_s / audio_s
                self._measure(lease, outcome, share_s, threads / self._threads, had_room=had_room)
            else:
                log.error("synthesis failed", exc_info=outcome)
            self._pass_on(lease, outcome, busy_s)

    def _has_room(self, segments: int, audio_s: float) -> bool:
        """Whether the engine would have taken twice as much at once."""
        return 2 * segments <= self._engine.batch_limit and 2 * audio_s <= self._engine.batch_limit_s

    def _measure(
        self, lease: Lease, window: Window, busy_s: float, thread_ratio: float, *, had_room: bool = False
    ) -> None:
        """Count the work. The throughput is that of whole segments, because first windows pay for their prosody."""
        throughput, audio_s, is_last = self._board.throughput, window.audio.duration_s, not window.state
        throughput.add_work(self._index, audio_s, busy_s, segments=int(is_last))
        work = self._board.queue.add_work(lease, audio_s, busy_s, thread_ratio)
        if is_last:
            ratio = work.own_s / (work.busy_s or math.inf)
            throughput.add_measurement(self._index, work.audio_s, work.busy_s, ratio, had_room=had_room)

    def _pass_on(self, lease: Lease, outcome: Window | Exception, busy_s: float) -> None:
        """Tell the home worker, and give the row back, or let the segment go on.

        The reply first: a worker killed between the two leaves a window to do again, not a segment that is nowhere.
        """
        queue, place = self._board.queue, lease.place
        if queue.is_wanted(lease):
            self._board.results[lease.home].send(
                SegmentResult(place.serial, SegmentStatus.OK, outcome.audio, busy_s, lease.window, outcome.left_s)
                if isinstance(outcome, Window)
                else failed_result(place.serial, SegmentStatus.RAISED, busy_s)
            )
        if not isinstance(outcome, Window) or not outcome.state:
            queue.give_back(lease)
            return
        # A listener who has nothing yet begins to play what was sent now.
        deadline = (lease.deadline if lease.has_listener else time.monotonic()) + outcome.audio.duration_s
        speed = self._board.slot_view(self._index).speed
        start_by = latest_start(deadline, min(outcome.left_s, least_window_s(speed)), speed)
        queue.go_on(lease, outcome.state, outcome.left_s, deadline, start_by)

    def _wanted_threads(self, lease: Lease, now: float) -> int:
        """The slot's own, which make the most audio for their time; more if somebody waits, and cores are idle."""
        audio_s = min(lease.left_s, lease.wanted_s)
        if (lease.deadline - now) * self._board.throughput.per_slot()[self._index] > audio_s:
            return self._threads
        return self._board.threads_for(self._threads, self._most, self._cores)


def _whole(outcome: Audio | Exception) -> Window | Exception:
    """The outcome of a segment that was synthesised whole, its audio at the server's sample rate."""
    if isinstance(outcome, Exception):
        return outcome
    return Window(resampled(outcome), b"", 0.0) if _is_audio(outcome) else ValueError(NO_AUDIO)


def _checked(window: Window, limit: int) -> Window | Exception:
    """The window, or what is wrong with it. limit: bytes that its state has at most."""
    if not _is_audio(window.audio):
        return ValueError(NO_AUDIO)
    if window.audio.sample_rate != SAMPLE_RATE:
        return ValueError(f"the engine returned a window at {window.audio.sample_rate} Hz, not at {SAMPLE_RATE} Hz")
    if len(window.state) > limit:
        return ValueError(f"the engine returned a state of {len(window.state)} bytes, of at most {limit}")
    if bool(window.state) != (window.left_s > 0):
        return ValueError("the engine returned a state behind the last window, or none before it")
    return window


def _is_audio(audio: Audio) -> bool:
    """Whether there are samples, and all are finite: encoders write silence for others, and nobody would know."""
    return bool(len(audio.samples) and np.isfinite(audio.samples).all())
