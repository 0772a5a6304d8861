"""Whether the engine's model is in memory, as the arbiter has told all workers."""

from __future__ import annotations

import math
import os
import signal
import time
from enum import IntEnum

import numpy as np

from speechd.errors import NotReady, with_jitter
from speechd.shared_memory import shared_array


class ModelState(IntEnum):
    """The state of the model."""

    LOADED = 0
    UNLOADED = 1
    """It is not in memory, for want of requests; the next one has it loaded."""
    LOADING = 2
    """It is being loaded for requests that wait, until the first slot works."""


class ModelStatus:
    """The state of the model, in shared memory. Made in the arbiter, its only writer."""

    def __init__(self) -> None:
        self._arbiter = os.getpid()
        self._state = shared_array(np.uint8, 1)
        self._retry_at = shared_array(np.float64, 1)

    @property
    def state(self) -> ModelState:
        """Whether it is in memory."""
        return ModelState(self._state[0])

    @property
    def retry_after_s(self) -> float:
        """Seconds until it is loaded on demand again; infinite once the server ends."""
        return max(0.0, float(self._retry_at[0]) - time.monotonic())

    def set(self, state: ModelState, retry_at: float = 0.0) -> None:
        """Say, in the arbiter, what has become of it. retry_at: the moment of `time.monotonic()` before which it is not
        loaded."""
        self._retry_at[0] = retry_at
        self._state[0] = state

    def check(self) -> None:
        """Raise `NotReady` if it is not in memory, and does not come back soon enough to be waited for."""
        if self.state is not ModelState.LOADED and self.retry_after_s:
            raise self.unavailable()

    def unavailable(self) -> NotReady:
        """The error of those who waited for it in vain."""
        wait_s = self.retry_after_s if self.retry_after_s < math.inf else 0.0  # another server may answer at once
        return NotReady("The model could not be loaded.", reason="not ready", retry_after_s=with_jitter(wait_s))

    def demand(self) -> None:
        """Wake the arbiter, from a worker, if a request waits for the model. It would see so itself within a second.

        By SIGCHLD, the one signal that tells it nothing but to look after its workers.
        """
        if self.state is ModelState.UNLOADED:
            os.kill(self._arbiter, signal.SIGCHLD)
