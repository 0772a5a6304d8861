from __future__ import annotations

from dataclasses import replace

import pytest

from speechd.lifecycle.unload_policy import Observation, Step, UnloadPolicy
from speechd.pool.model_status import ModelState

QUIET = Observation(idle_s=60.0, settled=True, wanted=False, works=True)
"""A server that nobody has asked for a minute."""

ASKED = replace(QUIET, idle_s=0.0, wanted=True)
"""One for which a request waits while old slots still work."""

WAITING = replace(ASKED, works=False)
"""One for which a request waits, and no slot works."""


def loaded(after_s: float = 60.0) -> UnloadPolicy:
    return UnloadPolicy(after_s=after_s, timeout_s=100.0, delay_s=1.0, limit_s=5.0)


def unloaded() -> UnloadPolicy:
    policy = loaded()
    assert policy.step(0.0, QUIET) is Step.UNLOAD
    return policy


def loading(now: float = 10.0) -> UnloadPolicy:
    policy = unloaded()
    assert policy.step(now, WAITING) is Step.LOAD
    return policy


@pytest.mark.parametrize(
    ("seen", "step"),
    [
        (QUIET, Step.UNLOAD),
        (replace(QUIET, idle_s=59.9), None),
        (replace(QUIET, settled=False), None),  # a worker comes or goes: there may be no row for one without the model
        (ASKED, None),
    ],
)
def test_model_is_unloaded_once_nobody_asks(seen: Observation, step: Step | None) -> None:
    policy = loaded()
    assert policy.step(0.0, seen) is step
    assert policy.state is (ModelState.UNLOADED if step else ModelState.LOADED)


def test_unloaded_model_is_loaded_for_a_request_whatever_slots_still_work() -> None:
    for works in (True, False):
        policy = unloaded()
        assert policy.step(1.0, replace(QUIET, works=works)) is None
        assert policy.step(2.0, replace(ASKED, works=works)) is Step.LOAD
        assert repr(policy) == "<UnloadPolicy loading, 0 failures>"


def test_model_is_loaded_when_a_slot_works_and_stays_so_for_its_time() -> None:
    policy = loading(now=10.0)
    assert policy.step(11.0, WAITING) is None
    assert repr(policy) == "<UnloadPolicy loading, 0 failures>"
    assert policy.step(12.0, ASKED) is None
    assert repr(policy) == "<UnloadPolicy loaded, 0 failures>"
    assert policy.step(71.9, QUIET) is None  # the last request was before: it was what had the model loaded
    assert policy.step(72.0, QUIET) is Step.UNLOAD


def test_loading_times_out_when_no_slot_works() -> None:
    policy = loading(now=10.0)
    assert policy.step(109.9, WAITING) is None
    assert policy.step(110.0, WAITING) is Step.TIME_OUT


def test_loading_is_given_up_when_no_worker_can_start() -> None:
    failed = replace(WAITING, failed=True)
    assert loading().step(11.0, failed) is Step.GIVE_UP
    assert loading().step(11.0, replace(failed, works=True)) is None
    assert unloaded().step(11.0, replace(failed, wanted=False)) is None
    assert loaded().step(11.0, failed) is None


def test_failures_are_followed_by_waits_that_double_up_to_their_limit() -> None:
    policy, now, waits = loading(), 10.0, []
    for _ in range(5):
        policy.fail(now)
        waits.append(policy.retry_at - now)
        assert policy.step(now + waits[-1] - 0.1, WAITING) is None
        now += waits[-1]
        assert policy.step(now, WAITING) is Step.LOAD
    assert waits == [1.0, 2.0, 4.0, 5.0, 5.0]
    assert repr(policy) == "<UnloadPolicy loading, 5 failures>"


def test_failures_are_forgotten_once_a_slot_works() -> None:
    policy = loading()
    policy.fail(10.0)
    policy.step(11.0, WAITING)
    policy.step(12.0, ASKED)
    assert policy.state is ModelState.LOADED
    policy.step(1000.0, QUIET)
    policy.step(1001.0, WAITING)
    policy.fail(1001.0)
    assert policy.retry_at == 1002.0
