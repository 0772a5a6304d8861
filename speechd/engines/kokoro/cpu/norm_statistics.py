"""With which mean and variance the instance norms of decoder and generator normalise a window of a passage.

The model was trained with those of all that it was given: crops of 1 to 4 seconds (StyleTTS 2, arXiv:2306.07691). Norms
tie all frames of a passage together, by these two numbers per channel alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import numpy as np
import numpy.typing as npt

from speechd.engines.kokoro.cpu.adain import Values
from speechd.engines.kokoro.cpu.stretch import Stretch

Moments = tuple[Values, Values]
"""Mean and variance (channels,) of rows."""


class Statistics(Protocol):
    """The mean and variance of every norm in turn; one object serves one window."""

    def __call__(self, core: Stretch, own: Moments) -> Moments:
        """What the next norm, in the order in which the model has them, is to normalise with.

        core: the window's rows, without margins; own: their mean and variance.
        """
        ...


class Own:
    """A window's own. Of one window over a whole passage they are the model's as it was trained."""

    def __init__(self) -> None:
        self.seen: list[Moments] = []
        """Those of all norms, for `Given`."""

    def __call__(self, core: Stretch, own: Moments) -> Moments:
        self.seen.append(own)
        return own


class Given:
    """Those of another synthesis, for example of the whole passage."""

    def __init__(self, moments: Iterable[Moments]) -> None:
        self._moments = iter(moments)

    def __call__(self, core: Stretch, own: Moments) -> Moments:
        return next(self._moments)


class Carried:
    """Those of all windows up to this one, every row counted once: they grow towards the whole passage's.

    Two sets of rows are merged as in Chan, Golub and LeVeque 1979, "Updating formulae and a pairwise algorithm for
    computing sample variances".
    """

    def __init__(self, before: Values) -> None:
        """before: `after` of the window before this one, empty for the first."""
        self._before = before
        self._read = 0
        self._merged: list[Values] = []

    def __call__(self, core: Stretch, own: Moments) -> Moments:
        merged = own if core.first == 0 else self._merge(core, own)
        self._merged += merged
        return merged

    @property
    def after(self) -> npt.NDArray[np.float32]:
        """Mean and variance of every norm in turn, (values,)."""
        return np.concatenate(self._merged, dtype=np.float32)

    def _merge(self, core: Stretch, own: Moments) -> Moments:
        mean, variance = own
        earlier, spread = self._next(len(mean)), self._next(len(mean))
        share = len(core) / core.end
        away = mean - earlier
        merged = earlier + away * share, spread + (variance - spread) * share + away * away * (share * (1 - share))
        return merged[0].astype(mean.dtype), merged[1].astype(mean.dtype)

    def _next(self, size: int) -> Values:
        self._read += size
        return self._before[self._read - size : self._read].astype(np.float64)
