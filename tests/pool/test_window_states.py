from __future__ import annotations

import sys
from pathlib import Path

import pytest

from speechd.pool.window_states import KEPT_BYTES, WindowStates

LIMIT = 4 * KEPT_BYTES


@pytest.mark.parametrize("limit", [1, 4096, LIMIT])
def test_each_window_finds_what_the_one_before_it_left_in_its_own_row(limit: int) -> None:
    states = WindowStates(3, limit)
    for row in range(3):
        states.begin(row)
        assert states.read(row, 0) == b""
    for window in range(1, 4):
        for row in range(3):
            states.write(row, window, bytes([16 * row + window]) * (limit - limit // 2 * (window % 2)))
        for row in range(3):
            assert states.read(row, window) == bytes([16 * row + window]) * (limit - limit // 2 * (window % 2))


def test_state_is_there_while_the_next_one_is_written() -> None:
    states = WindowStates(1, LIMIT)
    states.write(0, 1, b"a" * LIMIT)
    states.write(0, 2, b"b" * LIMIT)
    assert states.read(0, 1) == b"a" * LIMIT
    states.write(0, 2, b"c")
    assert (states.read(0, 1), states.read(0, 2)) == (b"a" * LIMIT, b"c")


def test_row_that_is_used_again_begins_with_nothing() -> None:
    states = WindowStates(1, LIMIT)
    states.write(0, 1, b"a")
    states.write(0, 2, b"b")
    states.release(0)
    states.begin(0)
    assert states.read(0, 0) == b""


def shared_kb() -> int:
    """Kilobytes of shared memory that this process has touched, and that are there yet."""
    status = Path("/proc/self/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("RssShmem")))


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's own count")
def test_memory_of_a_row_that_held_much_is_given_back_and_that_of_others_stays() -> None:
    states = WindowStates(2, 8 << 20)
    states.write(0, 1, b"a" * (8 << 20))
    states.write(1, 1, b"b" * (8 << 20))
    before_kb = shared_kb()
    states.release(0)
    assert before_kb - shared_kb() >= 8 << 10
    assert states.read(1, 1) == b"b" * (8 << 20)


def test_nobody_pays_for_rows_that_are_not_touched() -> None:
    states = WindowStates(100_000, 2 << 20)
    states.write(99_999, 1, b"far away")
    assert states.read(99_999, 1) == b"far away"
