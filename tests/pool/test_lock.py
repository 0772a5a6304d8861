from __future__ import annotations

import os
import signal
import threading

import numpy as np

from speechd.pool.lock import Lock
from speechd.shared_memory import shared_array
from tests.harness.forks import in_fresh_process, until


def hold(lock: Lock, held: np.ndarray) -> int:
    """Fork a process that takes the lock and keeps it."""
    pid = os.fork()
    if not pid:
        try:
            with lock:
                held[0] = True
                signal.pause()
        finally:
            os._exit(9)
    until(lambda: held[0])
    return pid


@in_fresh_process
def test_lock_excludes_forks_and_threads() -> None:
    lock, count = Lock(), shared_array(np.int64, 1)

    def add() -> None:
        for _ in range(500):
            with lock:
                count[0] = count[0] + 1

    pids = []
    for _ in range(3):
        if not (pid := os.fork()):
            threads = [threading.Thread(target=add) for _ in range(2)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            os._exit(0)
        pids.append(pid)
    assert [os.waitpid(pid, 0)[1] for pid in pids] == [0, 0, 0]
    assert count[0] == 3000
    lock.close()


@in_fresh_process
def test_lock_is_free_again_when_its_holder_is_killed() -> None:
    lock, held = Lock(), shared_array(np.bool_, 1)
    for _ in range(20):
        held[0] = False
        pid = hold(lock, held)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        with lock:
            pass
    lock.close()


@in_fresh_process
def test_lock_of_a_stopped_holder_is_taken_by_killing_it() -> None:
    lock, held = Lock(), shared_array(np.bool_, 1)
    pid = hold(lock, held)
    os.kill(pid, signal.SIGSTOP)
    with lock:
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL
    lock.close()


@in_fresh_process
def test_lock_held_by_its_maker_times_out_and_kills_nobody() -> None:
    lock = Lock()
    with lock:
        if not (pid := os.fork()):
            lock._threads = threading.Lock()  # as in a process forked at another moment
            try:
                with lock:
                    pass
            except TimeoutError:
                os._exit(0)
            os._exit(1)
        assert os.waitpid(pid, 0)[1] == 0
    lock.close()
