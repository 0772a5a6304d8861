"""The batches that a slot has in hand: one that is spoken, and the one before or behind it.

    slot's thread      text k │ wait  │ text k+1 │ wait      │ text k+2 │ …
    the device                │ speech k         │ speech k+1           │ …
    results' thread                              │ results k │           …

The next batch is taken when the one that is spoken is about to end, so that its text half is done by then: as late as
that allows, for what comes after it waits for both. Results go out in a thread of their own.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from speechd import watchdog
from speechd.audio.samples import Audio
from speechd.engines.base import Window
from speechd.engines.pipelining import EngineLost, PendingBatch, SupportsPipelining
from speechd.pool.batch_times import BatchTimes
from speechd.pool.lease import Lease
from speechd.pool.outcomes import whole

log = logging.getLogger("speechd")

Deliver = Callable[[Sequence[Lease], Sequence[Window | Exception], float], None]
"""Passes on the outcome of each lease, and the seconds that the slot took for all of them."""


@dataclass(frozen=True, slots=True)
class _Batch:
    """began, launched: before and after its text half; audio_s: predicted."""

    leases: Sequence[Lease]
    pending: PendingBatch | Exception
    began: float
    launched: float

    @property
    def audio_s(self) -> float:
        return sum(lease.left_s for lease in self.leases)

    def outcomes(self) -> list[Audio | Exception] | Exception:
        """The outcome of each lease once it is there, or the exception that the engine raised for all."""
        if isinstance(self.pending, Exception):
            return self.pending
        try:
            outcomes = self.pending.wait()
        except EngineLost:
            raise
        except Exception as error:  # whatever an engine raises, it is these segments that failed
            return error
        if len(outcomes) != len(self.leases):
            return ValueError(f"the engine returned {len(outcomes)} results for {len(self.leases)} segments")
        return outcomes


class Pipeline:
    """Used by the slot's thread; results are delivered by its own. At most two batches are in hand, so that memory is
    bounded, and so is what a death costs."""

    def __init__(self, engine: SupportsPipelining, deliver: Deliver, timeout_s: float) -> None:
        """timeout_s: of the synthesis of a batch, after which the process ends."""
        self._engine, self._deliver, self._timeout_s = engine, deliver, timeout_s
        self._changed = threading.Condition()
        self._submitted: deque[_Batch] = deque()
        self._again: deque[Lease] = deque()  # of batches that failed as a whole: each is tried alone
        self._unspoken = 0  # batches that were begun, and are not spoken yet
        self._delivering = self._closed = False
        self._ended = 0.0  # when the device was done with the last batch
        self._times = BatchTimes()
        self._thread = threading.Thread(target=self._run, name="results", daemon=True)

    def start(self) -> None:
        """Be ready for batches. Raises `RuntimeError` where the system has no thread for that."""
        self._thread.start()

    def wait_for_turn(self) -> None:
        """Return when the next batch may be taken: at once if nothing is spoken, else when that is about to end."""
        while (lease := self._next_alone()) is not None:
            self.begin([lease])

    def begin(self, leases: Sequence[Lease]) -> None:
        """Begin to synthesise the segments; their results are delivered when they are there. Returns after the text
        half, when `wait_for_turn` may be called."""
        with self._changed:
            if not self._unspoken:
                watchdog.start(self._timeout_s)
            self._unspoken += 1
        began = time.monotonic()
        pending = self._submit(leases)
        batch = _Batch(leases, pending, began, time.monotonic())
        with self._changed:
            self._submitted.append(batch)
            self._changed.notify_all()

    def wait_for_end(self) -> bool:
        """Return when a batch that is spoken has ended; False at once if there is none."""
        with self._changed:
            unspoken = self._unspoken
            self._changed.wait_for(lambda: self._again or not unspoken or self._unspoken < unspoken)
            return bool(self._again or unspoken)

    def close(self) -> None:
        """Return when all that is in hand is delivered, and nothing can be begun any more."""
        while self.wait_for_end():
            self.wait_for_turn()
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._thread.join()

    def _next_alone(self) -> Lease | None:
        """A lease that is to be tried alone, or None when the next batch may be taken."""
        with self._changed:
            while True:
                if self._again and not self._unspoken:
                    return self._again.popleft()
                wait_s = self._until_turn_s()
                if not self._again and wait_s is not None and wait_s <= 0.0:
                    return None
                self._changed.wait(None if self._again else wait_s)

    def _until_turn_s(self) -> float | None:
        """Seconds until the next batch may be taken; None if that depends on what happens until then."""
        if not self._unspoken:
            return 0.0
        if self._delivering or self._unspoken > 1 or not self._submitted:
            return None
        (batch,) = self._submitted
        expected_s = self._times.speech_s(batch.audio_s)
        turn = max(batch.launched, self._ended) + expected_s - self._times.lead_s
        return min(turn - time.monotonic(), self._timeout_s)

    def _submit(self, leases: Sequence[Lease]) -> PendingBatch | Exception:
        try:
            return self._engine.submit([lease.segment for lease in leases])
        except EngineLost:
            raise
        except Exception as error:  # whatever an engine raises, it is these segments that failed
            return error

    def _run(self) -> None:
        try:
            while (batch := self._next_submitted()) is not None:
                outcomes = batch.outcomes()
                busy_s = self._note_end(batch, outcomes)
                if isinstance(outcomes, list):
                    self._deliver(batch.leases, [whole(outcome) for outcome in outcomes], busy_s)
                elif len(batch.leases) == 1:
                    self._deliver(batch.leases, [outcomes], busy_s)
                with self._changed:
                    self._delivering = False
                    self._changed.notify_all()
        except BaseException:
            # As where a slot's own thread fails.
            log.critical("slot failed", exc_info=True)
            os._exit(1)

    def _next_submitted(self) -> _Batch | None:
        """The first batch that is not spoken yet, once there is one; None after `close`."""
        with self._changed:
            self._changed.wait_for(lambda: self._submitted or self._closed)
            return self._submitted[0] if self._submitted else None

    def _note_end(self, batch: _Batch, outcomes: list[Audio | Exception] | Exception) -> float:
        """Take note that the device is done with a batch. Returns the seconds for which it had no other."""
        with self._changed:
            now, before = time.monotonic(), self._ended
            self._submitted.popleft()
            self._unspoken -= 1
            self._delivering, self._ended = True, now
            if isinstance(outcomes, list):
                text_s, speech_s = batch.launched - batch.began, now - max(batch.launched, before)
                self._times.add(batch.audio_s, text_s, speech_s)
            elif len(batch.leases) > 1:
                self._again.extend(batch.leases)
            # The next one's time begins, if it has been taken.
            if self._unspoken:
                watchdog.start(self._timeout_s)
            else:
                watchdog.cancel()
            self._changed.notify_all()
            return now - max(batch.began, before)
