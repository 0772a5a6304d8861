"""In processes of their own, because pytest has a use for the same alarm."""

from __future__ import annotations

import contextlib
import signal
import sys
import time
from collections.abc import Callable

from speechd.lifecycle.alarm import Alarm, AlarmExpired
from tests.harness.forks import in_fresh_process

LONG_S = 20.0


def is_cut(alarm: Alarm, call: Callable[[], object]) -> bool:
    with contextlib.suppress(AlarmExpired), alarm:
        call()
        return False
    return True


@in_fresh_process
def test_call_that_takes_longer_is_cut_short() -> None:
    assert is_cut(Alarm(0.01), lambda: time.sleep(LONG_S))


@in_fresh_process
def test_call_that_a_signal_cuts_short_is() -> None:
    alarm = Alarm(LONG_S)
    signal.signal(signal.SIGUSR1, lambda number, frame: alarm.expire_now())

    def call() -> None:
        signal.raise_signal(signal.SIGUSR1)
        time.sleep(LONG_S)

    assert is_cut(alarm, call)


@in_fresh_process
def test_exception_that_a_destructor_loses_is_raised_again() -> None:
    lost: list[sys.UnraisableHookArgs] = []
    sys.unraisablehook = lost.append

    class Slow:
        def __del__(self) -> None:
            time.sleep(LONG_S)

    def call() -> None:
        Slow()
        time.sleep(LONG_S)

    assert is_cut(Alarm(0.01), call)
    assert len(lost) == 1


@in_fresh_process
def test_nothing_is_cut_after_the_call() -> None:
    alarm = Alarm(LONG_S)
    assert not is_cut(alarm, lambda: None)
    alarm.expire_now()
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    assert signal.getsignal(signal.SIGALRM) is signal.SIG_DFL
