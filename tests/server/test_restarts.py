from __future__ import annotations

import math

import pytest

from speechd.server.restarts import RestartBackoff, failures_after, next_row, wait_s
from speechd.server.worker_table import Row, State

FAILED = Row(0, failures=1, restart_at=1.0)
"""A row whose worker failed, and that waits until 1.0."""


def test_rows_are_taken_in_order_while_they_are_free() -> None:
    rows = [Row(0), Row(1)]
    assert next_row(rows, 0.0, 2) == 0
    rows = [Row(0, State.BOOTING), Row(1)]
    assert next_row(rows, 0.0, 1) == 1
    rows = [Row(0, State.BOOTING), Row(1, State.READY)]
    assert next_row(rows, 0.0, 1) is None
    assert wait_s(rows, 0.0, 1) == math.inf


def test_wait_doubles_with_each_failure_up_to_its_limit() -> None:
    backoff = RestartBackoff(first_s=1.0, limit_s=5.0)
    assert [backoff.delay_s(failures) for failures in range(6)] == [0.0, 1.0, 2.0, 4.0, 5.0, 5.0]
    assert backoff.delay_s(100_000) == 5.0


@pytest.mark.parametrize(("row", "failures"), [(Row(0), 1), (Row(0, failures=2), 3), (Row(0, served=True), 0)])
def test_worker_that_has_served_did_not_fail_to_start(row: Row, failures: int) -> None:
    assert failures_after(row) == failures


def test_row_waits_until_its_moment() -> None:
    assert next_row([FAILED], 0.9, 1) is None
    assert wait_s([FAILED], 0.25, 1) == 0.75
    assert next_row([FAILED], 1.0, 1) == 0
    assert wait_s([FAILED], 1.0, 1) == 0.0


def test_other_row_is_due_while_one_waits() -> None:
    rows = [FAILED, Row(1)]
    assert next_row(rows, 0.0, 2) == 1
    assert wait_s(rows, 0.0, 2) == 0.0


def test_spare_row_does_not_spare_a_worker_its_wait() -> None:
    rows = [FAILED, Row(1), Row(2)]
    assert next_row(rows, 0.0, 1) is None
    assert wait_s(rows, 0.25, 1) == 0.75
    assert next_row(rows, 1.0, 1) == 0  # and there its failures go on being counted


def test_nobody_needs_no_row() -> None:
    assert next_row([Row(0), Row(1)], 0.0, 0) is None
    assert wait_s([Row(0), Row(1)], 0.0, 0) == math.inf
