import pytest

from speechd.lifecycle.unload_policy import Step, UnloadPolicy
from speechd.pool.model_status import ModelState

QUIET = {"idle_s": 60.0, "settled": True, "wanted": False, "works": True}
"""A server that nobody has asked for a minute."""


def idle(after_s=60.0):
    return UnloadPolicy(after_s=after_s, timeout_s=100.0, delay_s=1.0, limit_s=5.0)


def unloaded():
    model = idle()
    assert model.step(0.0, **QUIET) is Step.UNLOAD
    return model


def loading(now=10.0):
    model = unloaded()
    assert model.step(now, **asked(works=False)) is Step.LOAD
    return model


def asked(**other):
    return QUIET | {"idle_s": 0.0, "wanted": True} | other


@pytest.mark.parametrize(
    ("seen", "step"),
    [
        ({}, Step.UNLOAD),
        ({"idle_s": 59.9}, None),
        ({"settled": False}, None),  # a worker comes or goes: there may be no row for one without the model
        ({"idle_s": 0.0, "wanted": True}, None),
    ],
)
def test_model_is_unloaded_once_nobody_asks(seen, step):
    model = idle()
    assert model.step(0.0, **QUIET | seen) is step
    assert model.presence is (ModelState.UNLOADED if step else ModelState.LOADED)


def test_unloaded_model_is_loaded_for_a_request_whatever_slots_still_work():
    for works in (True, False):
        model = unloaded()
        assert model.step(1.0, **QUIET | {"works": works}) is None
        assert model.step(2.0, **asked(works=works)) is Step.LOAD
        assert repr(model) == "<Idle loading, 0 failures>"


def test_model_is_loaded_when_a_slot_works_and_stays_so_for_its_time():
    model = loading(now=10.0)
    assert model.step(11.0, **asked(works=False)) is None
    assert model.presence is ModelState.LOADING
    assert model.step(12.0, **asked()) is None
    assert model.presence is ModelState.LOADED
    assert model.step(71.9, **QUIET) is None  # the last request was before: it was what woke the server
    assert model.step(72.0, **QUIET) is Step.UNLOAD


def test_loading_is_given_up_when_no_slot_works_in_time():
    model = loading(now=10.0)
    assert model.step(109.9, **asked(works=False)) is None
    assert model.step(110.0, **asked(works=False)) is Step.GIVE_UP


def test_failures_are_followed_by_rests_that_double_up_to_their_limit():
    model, now, rests = loading(), 10.0, []
    for _ in range(5):
        model.fail(now)
        rests.append(model.rests_until - now)
        assert model.step(now + rests[-1] - 0.1, **asked(works=False)) is None
        now += rests[-1]
        assert model.step(now, **asked(works=False)) is Step.LOAD
    assert rests == [1.0, 2.0, 4.0, 5.0, 5.0]
    assert repr(model) == "<Idle loading, 5 failures>"


def test_failures_are_forgotten_once_a_slot_works():
    model = loading()
    model.fail(10.0)
    model.step(11.0, **asked(works=False))
    model.step(12.0, **asked())
    assert model.presence is ModelState.LOADED
    model.step(1000.0, **QUIET)
    model.step(1001.0, **asked(works=False))
    model.fail(1001.0)
    assert model.rests_until == 1002.0
