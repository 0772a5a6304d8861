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
    """Of the model."""

    LOADED = 0
    UNLOADED = 1
    """For want of requests; the next one has it loaded."""
    LOADING = 2
    """For requests that wait, until the first slot works."""


class ModelStatus:
    """Made in the arbiter, its only writer."""

    def __init__(self) -> None:
        self._arbiter = os.getpid()
        self._presence = shared_array(np.uint8, 1)
        self._rests_until = shared_array(np.float64, 1)

    @property
    def presence(self) -> ModelState:
        """Where it is."""
        return ModelState(self._presence[0])

    @property
    def rest_s(self) -> float:
        """Seconds until it is loaded on demand again; infinite once the server ends."""
        return max(0.0, float(self._rests_until[0]) - time.monotonic())

    def set(self, presence: ModelState, rests_until: float = 0.0) -> None:
        """In the arbiter: this has become of it. rests_until: of `time.monotonic()`, no attempt is made before."""
        self._rests_until[0] = rests_until
        self._presence[0] = presence

    def check(self) -> None:
        """Raise `NotReady` if it is away and does not come back soon enough to be waited for."""
        if self.presence is not ModelState.LOADED and self.rest_s:
            raise self.lacking()

    def lacking(self) -> NotReady:
        """What those are told who waited for it in vain."""
        rest_s = self.rest_s if self.rest_s < math.inf else 0.0  # another server may answer at once
        return NotReady("The model could not be loaded.", reason="not ready", retry_after_s=with_jitter(rest_s))

    def demand(self) -> None:
        """In a worker: a request waits for it. Wakes the arbiter, which would see so itself within a second.

        By the one signal that tells it nothing but to look after its workers.
        """
        if self.presence is ModelState.UNLOADED:
            os.kill(self._arbiter, signal.SIGCHLD)
