from __future__ import annotations

import math
import os
import signal
import time

import pytest

from speechd.errors import NotReady
from speechd.pool.admission import Admission
from speechd.pool.model_status import ModelState
from speechd.pool.scoreboard import Scoreboard
from speechd.server.worker_table import Event
from tests.harness.forks import end_worker, fork_worker


@pytest.mark.parametrize(
    ("state", "retry_after_s", "refused"),
    [
        (ModelState.LOADED, 0.0, True),  # and yet no slot works
        (ModelState.UNLOADED, 0.0, False),
        (ModelState.LOADING, 0.0, False),
        (ModelState.UNLOADED, 9.0, True),
        (ModelState.UNLOADED, math.inf, True),
    ],
)
def test_requests_are_taken_without_a_slot_if_the_model_will_come(
    board: Scoreboard, monkeypatch: pytest.MonkeyPatch, state: ModelState, retry_after_s: float, refused: bool
) -> None:
    woken: list[int] = []
    monkeypatch.setattr(os, "kill", lambda pid, number: woken.append(number))
    for index in (0, 1):
        end_worker(board, index)
    fork_worker(board, 1, Event.IDLE)
    board.model.set(state, time.monotonic() + retry_after_s)
    if refused:
        with pytest.raises(NotReady) as raised:
            Admission(board, 1).admit()
        assert raised.value.retry_after_s <= 1.5 * max(1.0, retry_after_s if retry_after_s < math.inf else 0.0)
    else:
        Admission(board, 1).admit().release()
    assert woken == ([signal.SIGCHLD] if state is ModelState.UNLOADED and not refused else [])
    ready = int(state is not ModelState.LOADED)  # once it is there, a slot is to be as well
    assert repr(board) == f"<Scoreboard in flight 0/8, waiting 0, running 0, ready {ready}/2>"
