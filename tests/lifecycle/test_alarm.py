"""In processes of their own, because pytest has a use for the same alarm."""

import contextlib
import signal
import sys
import time

from speechd.lifecycle.alarm import TimeLimit, TookTooLong
from tests.harness.forks import in_fresh_process

LONG_S = 20.0


def is_cut(limit, call):
    with contextlib.suppress(TookTooLong), limit:
        call()
        return False
    return True


@in_fresh_process
def test_call_that_takes_longer_is_cut_short():
    assert is_cut(TimeLimit(0.01), lambda: time.sleep(LONG_S))


@in_fresh_process
def test_call_that_a_signal_cuts_short_is():
    limit = TimeLimit(LONG_S)
    signal.signal(signal.SIGUSR1, lambda number, frame: limit.cut())

    def call():
        signal.raise_signal(signal.SIGUSR1)
        time.sleep(LONG_S)

    assert is_cut(limit, call)


@in_fresh_process
def test_exception_that_a_destructor_loses_is_raised_again():
    lost = []
    sys.unraisablehook = lost.append

    class Slow:
        def __del__(self):
            time.sleep(LONG_S)

    def call():
        Slow()
        time.sleep(LONG_S)

    assert is_cut(TimeLimit(0.01), call)
    assert len(lost) == 1


@in_fresh_process
def test_nothing_is_cut_after_the_call():
    limit = TimeLimit(LONG_S)
    assert not is_cut(limit, lambda: None)
    limit.cut()
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    assert signal.getsignal(signal.SIGALRM) is signal.SIG_DFL
