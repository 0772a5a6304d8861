from __future__ import annotations

from collections.abc import Iterator

import pytest

from speechd.pool.scoreboard import Scoreboard
from tests.harness.forks import LIMITS, fork_worker


@pytest.fixture
def board() -> Iterator[Scoreboard]:
    """The scoreboard of two ready workers."""
    board = Scoreboard(2, LIMITS, keys=1)
    for index in (0, 1):
        fork_worker(board, index)
    yield board
    board.close()
