"""What a slot does with what it made: it counts the work, tells the home workers, and gives the rows back."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Sequence

from speechd.engines.base import Synthesizer, Window
from speechd.pool.dispatch import latest_start, least_window_s
from speechd.pool.ipc import SegmentResult, SegmentStatus, failed_result
from speechd.pool.lease import Lease
from speechd.pool.scoreboard import Scoreboard

log = logging.getLogger("speechd")


class Delivery:
    """The results of the slot of worker `index`. Called by one thread at a time."""

    def __init__(self, engine: Synthesizer, board: Scoreboard, index: int) -> None:
        self._engine, self._board, self._index = engine, board, index

    def deliver(
        self, leases: Sequence[Lease], outcomes: Sequence[Window | Exception], busy_s: float, thread_ratio: float = 1.0
    ) -> None:
        """Note how fast it was, and pass on each outcome.

        busy_s: seconds that the slot took for all of them. thread_ratio: on how many times its own threads.
        """
        audio_s = sum(outcome.audio.duration_s for outcome in outcomes if isinstance(outcome, Window))
        had_room = self._has_room(len(leases), audio_s)
        for lease, outcome in zip(leases, outcomes, strict=True):
            if isinstance(outcome, Window):
                # Segments that were synthesised at once share the time by their lengths.
                share_s = busy_s * outcome.audio.duration_s / audio_s
                self._measure(lease, outcome, share_s, thread_ratio, had_room=had_room)
            else:
                log.error("synthesis failed", exc_info=outcome)
            self._pass_on(lease, outcome, busy_s)

    def _has_room(self, segments: int, audio_s: float) -> bool:
        """Whether the engine would have taken twice as much at once."""
        return 2 * segments <= self._engine.batch_limit and 2 * audio_s <= self._engine.batch_limit_s

    def _measure(self, lease: Lease, window: Window, busy_s: float, thread_ratio: float, *, had_room: bool) -> None:
        """Count the work. The throughput is that of whole segments, because first windows pay for their prosody."""
        throughput, audio_s, is_last = self._board.throughput, window.audio.duration_s, not window.state
        throughput.add_work(self._index, audio_s, busy_s, segments=int(is_last))
        work = self._board.queue.add_work(lease, audio_s, busy_s, thread_ratio)
        if is_last:
            ratio = work.own_s / (work.busy_s or math.inf)
            throughput.add_measurement(self._index, work.audio_s, work.busy_s, ratio, had_room=had_room)

    def _pass_on(self, lease: Lease, outcome: Window | Exception, busy_s: float) -> None:
        """Tell the home worker, and give the row back, or let the segment go on.

        The result first: a worker killed between the two leaves a window to do again, not a segment that is nowhere.
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
