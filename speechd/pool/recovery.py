"""What those are told whose segments will have no audio: after a worker's death, and where the model does not load."""

from __future__ import annotations

from speechd.pool.ipc import SegmentStatus, failed_result
from speechd.pool.scoreboard import Scoreboard


def recover(board: Scoreboard, index: int) -> bool:
    """Give back, in the arbiter, all that worker `index` held when it ended, and tell those that it ran segments for.

    Returns whether requests of its own ended with it.
    """
    cleared = board.clear(index)
    for home, serial in cleared.failed:
        board.results[home].send(failed_result(serial, SegmentStatus.KILLED), wait=False)
    # A ring that the dead worker heard may have been for any segment that waits.
    board.bell.ring(board.queue.waiting)
    return cleared.requests > 0


def refuse_waiting(board: Scoreboard) -> None:
    """Tell all who wait for a slot that none will come: the model could not be loaded."""
    for home, place in board.queue.waiting_places():
        # The result first, as slots do: a home worker takes what is nowhere, and without a result, for lost.
        board.results[home].send(failed_result(place.serial, SegmentStatus.UNLOADED), wait=False)
        board.queue.cancel(place)
