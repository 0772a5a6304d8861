"""The life of every worker: one row of shared memory for each, and one table of what may happen to it.

    FREE ─ fork ─▶ BOOTING ─ ready, work ─▶ READY, WORKING ─ drain ─▶ DRAINING ─ end ─▶ FREE
                      │                            └──────── retire ────▶ RETIRING ─ end ─▶ FREE
                      └──── idle ───▶ IDLE ────── drain, retire ────────────▲

Everything that changes a worker's state is in `TRANSITIONS`; what follows from the rows (who is replaced, who is forked
and when) is decided by the pure functions of `recycling` and `restarts`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum, IntEnum, auto
from typing import Final

import numpy as np
import numpy.typing as npt

from speechd.shared_memory import shared_array


class Role(IntEnum):
    """The part that a worker has, from its fork to its end."""

    COMPLETE = 0
    """It accepts requests, and works for all workers."""
    FRONT_END = 1
    """It accepts requests, and leaves the work on them to others."""
    BACK_END = 2
    """It works for all workers, and accepts no requests."""


class State(IntEnum):
    """The state of a row's worker."""

    FREE = 0
    """The row has no worker."""
    BOOTING = 1
    READY = 2
    """It accepts requests, and works for all workers."""
    DRAINING = 3
    """It finishes what is in flight, and works for others until it ends."""
    RETIRING = 4
    """It finishes what is in flight, and works for nobody else: it never could, or another has come in its place."""
    IDLE = 5
    """It accepts requests, but cannot work on them: it is a front end, or the server has unloaded what that takes."""
    WORKING = 6
    """It accepts no requests, and works for all workers."""


class Event(Enum):
    """An event in the life of a worker. `FORK` and `END` are reported by the arbiter, the others by itself."""

    FORK = auto()
    READY = auto()
    IDLE = auto()
    WORK = auto()
    DRAIN = auto()
    RETIRE = auto()
    END = auto()


TRANSITIONS: Final[Mapping[tuple[State, Event], State]] = {
    (State.FREE, Event.FORK): State.BOOTING,
    (State.BOOTING, Event.READY): State.READY,
    (State.BOOTING, Event.IDLE): State.IDLE,
    (State.BOOTING, Event.WORK): State.WORKING,
    # Where nothing works yet, there is nothing that could go on working for others.
    (State.BOOTING, Event.DRAIN): State.RETIRING,
    (State.BOOTING, Event.RETIRE): State.RETIRING,
    (State.READY, Event.DRAIN): State.DRAINING,
    (State.READY, Event.RETIRE): State.RETIRING,
    (State.IDLE, Event.DRAIN): State.RETIRING,
    (State.IDLE, Event.RETIRE): State.RETIRING,
    (State.WORKING, Event.DRAIN): State.DRAINING,
    (State.WORKING, Event.RETIRE): State.RETIRING,
    (State.DRAINING, Event.DRAIN): State.DRAINING,
    (State.DRAINING, Event.RETIRE): State.RETIRING,
    (State.RETIRING, Event.DRAIN): State.RETIRING,
    (State.RETIRING, Event.RETIRE): State.RETIRING,
    # Told to end while it booted, it is not ready any more when it has booted.
    (State.RETIRING, Event.READY): State.RETIRING,
    (State.RETIRING, Event.IDLE): State.RETIRING,
    (State.RETIRING, Event.WORK): State.RETIRING,
    # A process may end at any moment.
    **{(state, Event.END): State.FREE for state in State if state is not State.FREE},
}


class Order(IntEnum):
    """An order of the arbiter's to a worker."""

    STAY = 0
    LEAVE = 1
    """Another is to come in its place; until that one is ready, this one serves on."""
    RETIRE = 2
    """Another has come: accept no more connections, and end with the last one."""


@dataclass(frozen=True, slots=True)
class Row:
    """The row of one worker, as it was at a moment.

    The worker: served, whether it has ever been ready; pid, 0 until it says so; generation, that of `DesiredWorkers`
    for which it was forked; recycle_at, from when on it is to be replaced for its age.
    role, which it keeps: that of the row's last worker while it is free.
    The row, since the server began: boots; recycled, how many ended because another had come; deaths, all other ends;
    failures, how many of the last boots in succession failed; restart_at, before when no other is to be forked.

    Moments are seconds of `time.monotonic()`.
    """

    index: int
    state: State = State.FREE
    order: Order = Order.STAY
    served: bool = False
    pid: int = 0
    generation: int = 0
    recycle_at: float = 0.0
    boots: int = 0
    recycled: int = 0
    deaths: int = 0
    failures: int = 0
    restart_at: float = 0.0
    role: Role = Role.COMPLETE

    @property
    def is_free(self) -> bool:
        """Whether it has no worker."""
        return self.state is State.FREE


ROW: Final = np.dtype(
    [
        ("state", np.uint8),
        ("order", np.uint8),
        ("served", np.bool_),
        ("pid", np.int32),
        ("generation", np.int32),
        ("recycle_at", np.float64),
        ("boots", np.int32),
        ("recycled", np.int32),
        ("deaths", np.int32),
        ("failures", np.int32),
        ("restart_at", np.float64),
        ("role", np.uint8),
    ],
    align=True,
)
"""The layout of a `Row` in memory, but for its index."""


class WorkerTable:
    """A row for each worker that there may be at once. Made in the arbiter, before the first fork.

    A row's state is written last, by the arbiter when it forks the worker and when that has ended, by the worker in
    between. So whenever a worker is killed, and whoever looks on, a row means what its state says.
    """

    def __init__(self, rows: int) -> None:
        self._rows = shared_array(ROW, rows)

    def __len__(self) -> int:
        return len(self._rows)

    def __repr__(self) -> str:
        return f"<WorkerTable {', '.join(row.state.name.lower() for row in self.rows())}>"

    def state(self, index: int) -> State:
        """The state of a worker."""
        return State(self._rows["state"][index])

    def row(self, index: int) -> Row:
        """A copy of one row."""
        state, order, *rest, role = self._rows[index].item()
        return replace(Row(index, State(state), Order(order), *rest), role=Role(role))

    def rows(self) -> list[Row]:
        """A copy of all rows."""
        return [self.row(index) for index in range(len(self))]

    def has_state(self, *any_of: State) -> npt.NDArray[np.bool_]:
        """Which workers are in one of these states, shape (rows,)."""
        wanted = np.zeros(len(State), np.bool_)
        wanted[list(any_of)] = True
        found: npt.NDArray[np.bool_] = wanted[self._rows["state"]]
        return found

    @property
    def has_served(self) -> bool:
        """Whether any worker that lives has been ready."""
        return bool(self._rows["served"].any())

    def advance(self, index: int, event: Event) -> None:
        """Report, in the worker, what happens to it. Raises `ValueError` where `TRANSITIONS` does not have it."""
        state = self._next(index, event)
        if event in (Event.READY, Event.IDLE, Event.WORK):
            self._write(index, failures=0, served=True)
        self._rows["state"][index] = state

    def adopt(self, index: int) -> None:
        """Say, in the worker, which process it is."""
        self._write(index, pid=os.getpid())

    def fork(self, index: int, *, role: Role = Role.COMPLETE, generation: int = 0, recycle_at: float = 0.0) -> None:
        """Take a free row, in the arbiter, for a worker that is about to be forked."""
        state = self._next(index, Event.FORK)
        boots = self.row(index).boots + 1
        self._write(index, role=role, generation=generation, recycle_at=recycle_at, boots=boots)
        self._rows["state"][index] = state

    def end(self, index: int, *, recycled: bool = False, failures: int = 0, restart_at: float = 0.0) -> None:
        """Free the row, in the arbiter, once its worker has ended. For the arguments, see `Row`."""
        state, row = self._next(index, Event.END), self.row(index)
        self._write(index, recycled=row.recycled + recycled, deaths=row.deaths + (not recycled))
        self._write(index, failures=failures, restart_at=restart_at, order=Order.STAY, served=False, pid=0)
        self._rows["state"][index] = state

    def order(self, index: int, order: Order) -> None:
        """Tell a worker, from the arbiter, what it is to do."""
        self._write(index, order=order)

    def forgive(self) -> None:
        """Forget all failures to boot: others are to be forked than those that failed."""
        self._rows["failures"], self._rows["restart_at"] = 0, 0.0

    def _next(self, index: int, event: Event) -> State:
        state = self.state(index)
        if (state, event) not in TRANSITIONS:
            raise ValueError(f"worker {index} is {state.name}, which {event.name} must not happen to")
        return TRANSITIONS[state, event]

    def _write(self, index: int, **values: float) -> None:
        for name, value in values.items():
            self._rows[name][index] = value
