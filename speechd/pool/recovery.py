"""What those are told whose segments will have no audio: after a worker's death, and where the model does not load."""

from __future__ import annotations

from collections.abc import Iterable

from speechd.pool.ipc import SegmentStatus, failed_result
from speechd.pool.scoreboard import Scoreboard


def recover(board: Scoreboard, index: int) -> bool:
    """Give back, in the arbiter, all that worker `index` held when it ended, and tell those that it ran segments for.

    Returns whether requests of its own ended with it.
    """
    cleared = board.clear(index)
    _fail(board, cleared.failed, SegmentStatus.KILLED)
    # A ring that the dead worker heard may have been for any segment that waits.
    board.bell.ring(board.queue.waiting)
    return cleared.requests > 0


def refuse_waiting(board: Scoreboard) -> None:
    """Tell all who wait for a slot that none will come: the model could not be loaded."""
    _fail(board, board.queue.drop_waiting(), SegmentStatus.UNLOADED)


def _fail(board: Scoreboard, segments: Iterable[tuple[int, int]], status: SegmentStatus) -> None:
    for home, serial in segments:
        board.results[home].send(failed_result(serial, status), wait=False)
