"""With which mean and variance the instance norms of decoder and generator normalise a window of a passage.

The model was trained with those of all that it was given: crops of 1 to 4 seconds (StyleTTS 2, arXiv:2306.07691). Norms
tie all frames of a passage together, by these two numbers per channel alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import numpy as np
import numpy.typing as npt

from speechd.engines.kokoro.cpu.stretch import Stretch
from speechd.engines.kokoro.cpu.text_ops import Spread


class Statistics(Protocol):
    """The mean and variance of every norm in turn; one object serves one window."""

    def __call__(self, core: Stretch, own: Spread) -> Spread:
        """What the next norm, in the order in which the model has them, is to normalise with.

        core: the window's rows, without margins; own: their mean and variance.
        """
        ...


class Own:
    """A window's own. Of one window over a whole passage they are the model's as it was trained."""

    def __init__(self) -> None:
        self.seen: list[Spread] = []
        """Those of all norms, for `Given`."""

    def __call__(self, core: Stretch, own: Spread) -> Spread:
        self.seen.append(own)
        return own


class Given:
    """Those of another synthesis, for example of the whole passage."""

    def __init__(self, moments: Iterable[Spread]) -> None:
        self._moments = iter(moments)

    def __call__(self, core: Stretch, own: Spread) -> Spread:
        return next(self._moments)


class Carried:
    """Those of all windows up to this one, every row counted once: they grow towards the whole passage's.

    Two sets of rows are merged as in Chan, Golub and LeVeque 1979, "Updating formulae and a pairwise algorithm for
    computing sample variances".
    """

    def __init__(self, before: npt.NDArray[np.float32]) -> None:
        """before: `after` of the window before this one, empty for the first."""
        self._before = before
        self._read = 0
        self._merged: list[Spread] = []

    def __call__(self, core: Stretch, own: Spread) -> Spread:
        merged = own if core.first == 0 else self._merge(core, own)
        self._merged.append(merged)
        return merged

    @property
    def after(self) -> npt.NDArray[np.float32]:
        """Mean and variance of every norm in turn, (values,)."""
        return np.concatenate([spread.reshape(-1) for spread in self._merged], dtype=np.float32)

    def _merge(self, core: Stretch, own: Spread) -> Spread:
        before = self._before[self._read : self._read + own.size].reshape(own.shape).astype(np.float64)
        self._read += own.size
        share = len(core) / core.end
        away = own - before
        merged: Spread = before + away * share
        merged[1] += away[0] * away[0] * (share * (1 - share))
        return merged
