from __future__ import annotations

import math
from dataclasses import replace

import pytest

from speechd.server.restarts import Fork, RestartBackoff, failures_after, next_fork, wait_s
from speechd.server.worker_table import Role, Row, State

NONE: list[Role] = []
ONE = [Role.COMPLETE]
TWO = [Role.COMPLETE] * 2

FAILED = Row(0, failures=1, restart_at=1.0)
"""A row whose worker failed, and that waits until 1.0."""


def test_rows_are_taken_in_order_while_they_are_free() -> None:
    rows = [Row(0), Row(1)]
    assert next_fork(rows, 0.0, TWO) == Fork(0, Role.COMPLETE)
    rows = [Row(0, State.BOOTING), Row(1)]
    assert next_fork(rows, 0.0, ONE) == Fork(1, Role.COMPLETE)
    rows = [Row(0, State.BOOTING), Row(1, State.READY)]
    assert next_fork(rows, 0.0, ONE) is None
    assert wait_s(rows, 0.0, ONE) == math.inf


def test_wait_doubles_with_each_failure_up_to_its_limit() -> None:
    backoff = RestartBackoff(first_s=1.0, limit_s=5.0)
    assert [backoff.delay_s(failures) for failures in range(6)] == [0.0, 1.0, 2.0, 4.0, 5.0, 5.0]
    assert backoff.delay_s(100_000) == 5.0


@pytest.mark.parametrize(("row", "failures"), [(Row(0), 1), (Row(0, failures=2), 3), (Row(0, served=True), 0)])
def test_worker_that_has_served_did_not_fail_to_start(row: Row, failures: int) -> None:
    assert failures_after(row) == failures


def test_row_waits_until_its_moment() -> None:
    assert next_fork([FAILED], 0.9, ONE) is None
    assert wait_s([FAILED], 0.25, ONE) == 0.75
    assert next_fork([FAILED], 1.0, ONE) == Fork(0, Role.COMPLETE)
    assert wait_s([FAILED], 1.0, ONE) == 0.0


def test_other_row_is_due_while_one_waits() -> None:
    rows = [FAILED, Row(1)]
    assert next_fork(rows, 0.0, TWO) == Fork(1, Role.COMPLETE)
    assert wait_s(rows, 0.0, TWO) == 0.0


def test_spare_row_does_not_spare_a_worker_its_wait() -> None:
    rows = [FAILED, Row(1), Row(2)]
    assert next_fork(rows, 0.0, ONE) is None
    assert wait_s(rows, 0.25, ONE) == 0.75
    assert next_fork(rows, 1.0, ONE) == Fork(0, Role.COMPLETE)  # and there its failures go on being counted


def test_nobody_needs_no_row() -> None:
    assert next_fork([Row(0), Row(1)], 0.0, NONE) is None
    assert wait_s([Row(0), Row(1)], 0.0, NONE) == math.inf


def test_roles_are_forked_in_their_order() -> None:
    missing = [Role.BACK_END, Role.FRONT_END]
    assert next_fork([Row(0), Row(1)], 0.0, missing) == Fork(0, Role.BACK_END)


def test_row_that_waits_holds_up_its_own_role_alone() -> None:
    rows = [replace(FAILED, role=Role.BACK_END), Row(1), Row(2)]
    assert next_fork(rows, 0.0, [Role.BACK_END]) is None
    assert next_fork(rows, 0.0, [Role.BACK_END, Role.FRONT_END]) == Fork(1, Role.FRONT_END)
    assert next_fork(rows, 1.0, [Role.BACK_END, Role.FRONT_END]) == Fork(0, Role.BACK_END)


def test_failures_are_counted_in_a_row_of_the_same_role() -> None:
    rows = [Row(0), Row(1, failures=2, role=Role.BACK_END), Row(2, failures=3, role=Role.FRONT_END)]
    assert next_fork(rows, 0.0, [Role.BACK_END]) == Fork(1, Role.BACK_END)
    assert next_fork(rows, 0.0, [Role.FRONT_END]) == Fork(2, Role.FRONT_END)
