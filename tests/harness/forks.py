"""A pool for tests: forked workers whose slots have an engine that does what its segment tells it.

The test's own process is the arbiter and also a home worker without a slot.
"""

from __future__ import annotations

import functools
import json
import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np

from speechd.audio.samples import Audio
from speechd.engines.base import Segment, SequentialEngine, Synthesizer
from speechd.pool.capacity import Limits
from speechd.pool.client import SegmentJob
from speechd.pool.recovery import recover
from speechd.pool.scoreboard import Scoreboard
from speechd.pool.slot import Slot
from speechd.server.worker_table import Event
from speechd.shared_memory import shared_array

TIMEOUT_S = 20.0
LIMITS = Limits(
    max_in_flight=8, max_in_flight_per_key=0, max_wait_s=10.0, segments_per_request=4, synthesis_timeout_s=10.0
)
COUNT = 240


def in_fresh_process(test: Callable[..., None]) -> Callable[..., None]:
    """Run the test in a new interpreter, which has one thread and can therefore fork. Its arguments are literals."""

    @functools.wraps(test)
    def run(**arguments: object) -> None:
        code = f"import {test.__module__} as module; module.{test.__name__}.__wrapped__(**{arguments!r})"
        env = {"PYTHONPATH": os.pathsep.join(sys.path), "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
        result = subprocess.run(
            [sys.executable, "-W", "error", "-c", code],
            env=os.environ | env,
            check=False,
            capture_output=True,
            text=True,
            timeout=240,
        )
        assert result.returncode == 0, result.stderr

    return run


def until(condition: Callable[[], object]) -> None:
    """Poll until the condition holds."""
    deadline = time.monotonic() + TIMEOUT_S
    while not condition():
        assert time.monotonic() < deadline, "this did not come about"
        time.sleep(0.001)


def fork_worker(board: Scoreboard, index: int, event: Event | None = Event.READY) -> None:
    """Have a row taken by a worker of this process's, to which this happens."""
    board.table.fork(index)
    board.table.adopt(index)
    if event is not None:
        board.table.advance(index, event)


def end_worker(board: Scoreboard, index: int) -> None:
    """Do as the arbiter does once a worker has ended."""
    recover(board, index)
    board.table.end(index)


def segment(name: int, do: str = "speak", duration_s: float = 1.0) -> Segment:
    """What `ScriptedEngine` is to do; its audio has the value `name`, which is below 1000."""
    return Segment(json.dumps([name, do]).encode(), duration_s)


async def audio_of(job: SegmentJob) -> Audio:
    """All of a job's audio."""
    parts, left_s = [], math.inf
    while left_s:
        audio, left_s, _ = await job.next_window()
        parts.append(audio.samples)
    return Audio(np.concatenate(parts))


class Journal:
    """What engines in all processes did, and what they wait for; by name of segment."""

    def __init__(self) -> None:
        self.starts = shared_array(np.int32, 1000)
        self.slot = shared_array(np.int32, 1000)
        self.at = shared_array(np.float64, 1000)
        self.opened = shared_array(np.bool_, 1000)


class ScriptedEngine(SequentialEngine):
    """Speaks, waits to be opened, raises, hangs or kills its worker, always or the first time only."""

    name = "scripted"
    passage_limit = 100
    passage_length = 100

    def __init__(self, journal: Journal, index: int) -> None:
        self._journal, self._index = journal, index

    def start(self, threads: int) -> None:
        """It has nothing to get ready."""

    def speak(self, segment: Segment) -> Audio:
        name, do = json.loads(segment.payload)
        journal = self._journal
        journal.slot[name], journal.at[name] = self._index, time.monotonic()
        journal.starts[name] += 1  # last: whoever sees it reads the others
        do, _, once = do.partition(" ")
        if not once or journal.starts[name] == 1:
            match do:
                case "wait":
                    until(lambda: journal.opened[name])
                case "raise":
                    raise ValueError("as told")
                case "hang":
                    time.sleep(TIMEOUT_S)
                case "die":
                    os.kill(os.getpid(), signal.SIGKILL)
        return Audio(np.full(COUNT, name, np.float32))


class PoolHarness:
    """A scoreboard, `slots` forked workers that only have their slots, and this process as home worker `home`."""

    def __init__(
        self,
        slots: int = 2,
        limits: Limits = LIMITS,
        *,
        keys: int = 0,
        rows: int | None = None,
        window_state_limit: int = 0,
    ) -> None:
        self.journal = Journal()
        self.board = Scoreboard(rows or slots + 1, limits, keys=keys, window_state_limit=window_state_limit)
        self.home = 0
        fork_worker(self.board, self.home, None)
        self.pids: dict[int, int] = {}
        for _ in range(slots):
            self.fork(self.serve)
        until(lambda: self.board.ready == slots)

    def fork(self, body: Callable[[int], None]) -> int:
        """Fork a worker that does this and ends; returns its index."""
        index = next(row.index for row in self.board.table.rows() if row.is_free)
        self.board.table.fork(index)
        pid = os.fork()
        if not pid:
            try:
                self.board.table.adopt(index)
                body(index)
            finally:
                os._exit(9)
        self.pids[index] = pid
        return index

    def engine(self, index: int) -> Synthesizer:
        """The engine of a worker."""
        return ScriptedEngine(self.journal, index)

    def serve(self, index: int) -> None:
        """Do as a worker that only has its slot."""
        Slot(self.engine(index), self.board, index).start()
        self.board.table.advance(index, Event.READY)
        while True:
            signal.pause()

    def signal(self, index: int, number: signal.Signals = signal.SIGKILL) -> None:
        os.kill(self.pids[index], number)

    def reap(self) -> tuple[int, int]:
        """Wait for a worker's death and do as the arbiter does: its index and its exit code (negative: the signal)."""
        pid, status = os.waitpid(-1, 0)
        index = next(index for index in self.pids if self.pids[index] == pid)
        del self.pids[index]
        end_worker(self.board, index)
        return index, os.waitstatus_to_exitcode(status)

    def end(self) -> None:
        """Kill all; check that nothing is left."""
        for index in self.pids:
            self.signal(index)
        while self.pids:
            self.reap()
        end_worker(self.board, self.home)
        limits, rows = self.board.limits, self.board.workers
        left = f"<Scoreboard in flight 0/{limits.max_in_flight}, waiting 0, running 0, ready 0/{rows}>"
        assert repr(self.board) == left
        assert not self.board.in_flight_by_key.any()
        self.board.close()
