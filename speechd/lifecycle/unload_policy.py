"""When the model is unloaded for want of requests, and loaded again for one. Pure: no clock, no engine."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum, auto

from speechd.pool.model_status import ModelState


class Step(Enum):
    """A step that is to be done."""

    UNLOAD = auto()
    LOAD = auto()
    TIME_OUT = auto()
    """Give up: no slot has come to work in time."""
    GIVE_UP = auto()
    """Give up: no worker could start with the model."""


@dataclass(frozen=True, slots=True)
class Observation:
    """The facts by which the policy decides.

    idle_s: seconds since the last request; settled: no worker comes or goes; wanted: a request waits; works: a slot
    does; failed: the last workers failed to start, and no other is starting.
    """

    idle_s: float
    settled: bool
    wanted: bool
    works: bool
    failed: bool = False


class UnloadPolicy:
    """The state of the model, and `retry_at`: the moment before which it is not loaded, after a failure."""

    def __init__(self, *, after_s: float, timeout_s: float, delay_s: float, limit_s: float) -> None:
        """after_s: without a request until it is unloaded; timeout_s: for a slot to work again; delay_s, limit_s: the
        wait after a first failure, which doubles, and the longest."""
        self.state = ModelState.LOADED
        self.retry_at = -math.inf
        self._after_s, self._timeout_s = after_s, timeout_s
        self._delay_s, self._limit_s = delay_s, limit_s
        self._since = -math.inf
        self._failures = 0

    def __repr__(self) -> str:
        return f"<UnloadPolicy {self.state.name.lower()}, {self._failures} failures>"

    def step(self, now: float, seen: Observation) -> Step | None:
        """Return the step that is due now. The state is then already the one that it leads to, but for a failure."""
        if self.state is ModelState.LOADED:
            return self._from_loaded(now, seen)
        if self.state is ModelState.UNLOADED:
            return self._from_unloaded(now, seen)
        return self._from_loading(now, seen)

    def fail(self, now: float) -> None:
        """Take note that it could not be loaded, or that no slot works with it: it is as good as unloaded."""
        self.retry_at = now + min(self._limit_s, self._delay_s * 2 ** min(self._failures, 64))
        self._failures += 1
        self._become(ModelState.UNLOADED, now)

    def _from_loaded(self, now: float, seen: Observation) -> Step | None:
        if not seen.settled or min(seen.idle_s, now - self._since) < self._after_s:
            return None
        self._become(ModelState.UNLOADED, now)
        return Step.UNLOAD

    def _from_unloaded(self, now: float, seen: Observation) -> Step | None:
        if not seen.wanted or now < self.retry_at:
            return None
        self._become(ModelState.LOADING, now)
        return Step.LOAD

    def _from_loading(self, now: float, seen: Observation) -> Step | None:
        if seen.works:
            self._failures = 0
            self._become(ModelState.LOADED, now)
            return None
        if seen.failed:
            return Step.GIVE_UP
        return Step.TIME_OUT if now >= self._since + self._timeout_s else None

    def _become(self, state: ModelState, now: float) -> None:
        self.state, self._since = state, now
