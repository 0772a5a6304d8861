"""Who speaks a request, case by case."""

from itertools import product
from typing import get_args

import pytest

from speechd.api.overflow.decision import LOAD_REFUSALS, Destination, Facts, decide
from speechd.errors import Reason

AFTER_S = 15.0
REASONS: tuple[Reason, ...] = get_args(Reason)
NOT_LOAD = [reason for reason in REASONS if reason not in LOAD_REFUSALS]


@pytest.mark.parametrize(("reason", "may_overflow"), list(product(NOT_LOAD, [False, True])))
def test_1_refusal_that_is_not_for_load_stays_one(reason: Reason, may_overflow: bool) -> None:
    assert decide(Facts(100.0, may_overflow, reason), AFTER_S) is Destination.REFUSED


@pytest.mark.parametrize("reason", LOAD_REFUSALS)
def test_2_refusal_for_load_stays_one_if_nobody_else_takes_it(reason: Reason) -> None:
    assert decide(Facts(0.0, may_overflow=False, refusal=reason), AFTER_S) is Destination.REFUSED


@pytest.mark.parametrize(("reason", "wait_s"), list(product(LOAD_REFUSALS, [0.0, 100.0])))
def test_3_refusal_for_load_goes_upstream(reason: Reason, wait_s: float) -> None:
    assert decide(Facts(wait_s, may_overflow=True, refusal=reason), AFTER_S) is Destination.UPSTREAM


@pytest.mark.parametrize("wait_s", [15.01, 100.0])
def test_4_long_wait_goes_upstream(wait_s: float) -> None:
    assert decide(Facts(wait_s, may_overflow=True), AFTER_S) is Destination.UPSTREAM


@pytest.mark.parametrize(("wait_s", "may_overflow"), [(0.0, True), (15.0, True), (15.01, False), (100.0, False)])
def test_5_anything_else_asks_for_a_place_here(wait_s: float, may_overflow: bool) -> None:
    assert decide(Facts(wait_s, may_overflow), AFTER_S) is Destination.LOCAL
