"""When the model is unloaded for want of requests, and loaded again for one. Pure: no clock, no engine."""

from __future__ import annotations

import math
from enum import Enum, auto

from speechd.pool.model_status import ModelState


class Step(Enum):
    """What is to be done."""

    UNLOAD = auto()
    LOAD = auto()
    GIVE_UP = auto()
    """No slot came to work in time."""


class UnloadPolicy:
    """The presence of the model, and `rests_until`: the moment before which it is not loaded, after a failure."""

    def __init__(self, *, after_s: float, timeout_s: float, delay_s: float, limit_s: float) -> None:
        """after_s: without a request until it is unloaded; timeout_s: for a slot to work again; delay_s, limit_s: the
        rest after a first failure, which doubles, and the longest."""
        self.presence = ModelState.LOADED
        self.rests_until = -math.inf
        self._after_s, self._timeout_s = after_s, timeout_s
        self._delay_s, self._limit_s = delay_s, limit_s
        self._since = -math.inf
        self._failures = 0

    def __repr__(self) -> str:
        return f"<Idle {self.presence.name.lower()}, {self._failures} failures>"

    def step(self, now: float, *, idle_s: float, settled: bool, wanted: bool, works: bool) -> Step | None:
        """What is to be done now. idle_s: since the last request; settled: no worker comes or goes; wanted: a request
        waits; works: a slot does."""
        if self.presence is ModelState.LOADED:
            if settled and min(idle_s, now - self._since) >= self._after_s:
                self._become(ModelState.UNLOADED, now)
                return Step.UNLOAD
        elif self.presence is ModelState.UNLOADED:
            if wanted and now >= self.rests_until:
                self._become(ModelState.LOADING, now)
                return Step.LOAD
        elif works:
            self._failures = 0
            self._become(ModelState.LOADED, now)
        elif now >= self._since + self._timeout_s:
            return Step.GIVE_UP
        return None

    def fail(self, now: float) -> None:
        """It could not be loaded, or no slot works with it: it is as good as unloaded."""
        self.rests_until = now + min(self._limit_s, self._delay_s * 2 ** min(self._failures, 64))
        self._failures += 1
        self._become(ModelState.UNLOADED, now)

    def _become(self, presence: ModelState, now: float) -> None:
        self.presence, self._since = presence, now
