"""Which workers are replaced though they live, and when: those that are too old, or hold too much memory, or are of
another generation than there is to be. Pure: no clock, no process.

A replacement comes first. Only when it is ready is one before it told to retire: it accepts no more connections, and
ends with its last one. So a replacement takes nothing from the number of workers that are ready.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final

JITTER: Final = 0.1
"""By up to this share of it, lives are cut short, so that workers that began together do not end together."""

LOOK_S: Final = 5.0
"""Between two looks at the workers' memory: each walks their page tables, which takes milliseconds."""

PAUSE_S: Final = 30.0
"""From one worker that is replaced for its memory to the next: a limit that all are over from their start must not
keep the server forking."""


@dataclass(frozen=True, slots=True)
class DesiredWorkers:
    """What workers there are to be: how many, and of which generation."""

    count: int
    generation: int = 0


@dataclass(slots=True)
class _Life:
    generation: int
    due: float
    leaves: bool = False  # it is to be replaced
    retires: bool = False  # it has been told to


class Recycler:
    """The workers that live, by index. `ready`, in the arguments: those that have been ready."""

    def __init__(self, *, after_s: float, over_bytes: int) -> None:
        """after_s: the longest life; over_bytes: the most memory of its own. 0: no limit."""
        self._after_s = after_s or math.inf
        self._over_bytes = over_bytes or math.inf
        self._lives: dict[int, _Life] = {}
        self._looks_at = -math.inf

    def __repr__(self) -> str:
        words = [
            f"{index} {'retires' if life.retires else 'leaves' if life.leaves else 'stays'}"
            for index, life in sorted(self._lives.items())
        ]
        return f"<Turnover {', '.join(words) or 'of none'}>"

    def begin(self, index: int, crew: DesiredWorkers, now: float, chance: float) -> None:
        """A worker is being forked. chance: 0 to 1, of how much its life is cut short."""
        self._lives[index] = _Life(crew.generation, now + self._after_s * (1.0 - JITTER * chance))

    def end(self, index: int) -> None:
        """The worker has ended, in whatever way."""
        del self._lives[index]

    def missing(self, crew: DesiredWorkers) -> int:
        """How many workers are to be forked."""
        return max(0, crew.count - len(self._staying(crew)))

    def is_settled(self, crew: DesiredWorkers, ready: Collection[int]) -> bool:
        """Whether those who are to be there are, are ready, and nobody else is."""
        staying = self._staying(crew)
        return len(staying) == len(self._lives) == crew.count and set(staying) <= set(ready)

    def choose(
        self, crew: DesiredWorkers, ready: Collection[int], now: float, own_bytes: Callable[[int], int]
    ) -> tuple[int, str] | None:
        """The worker that is to be replaced from now on, if any, and why. One at a time: none before the last one has
        ended. own_bytes: what the worker holds that it shares with nobody."""
        if not self.is_settled(crew, ready):
            return None
        index, life = min(self._lives.items(), key=lambda pair: pair[1].due)
        if now >= life.due:
            reason = f"it has lived for {self._after_s:g} s, or nearly"
        elif (heaviest := self._heaviest(now, own_bytes)) is not None:
            index, held = heaviest
            reason = f"it holds {held >> 20} MiB of its own"
        else:
            return None
        self._lives[index].leaves = True
        return index, reason

    def dismiss(self, crew: DesiredWorkers, ready: Collection[int]) -> list[int]:
        """Those who may retire now, because others have come in their place; they are told but once."""
        leaving = [index for index, life in self._lives.items() if not life.retires and not self._stays(life, crew)]
        come = sum(index in ready for index in self._staying(crew))
        dismissed = leaving[: max(0, come + len(leaving) - crew.count)]
        for index in dismissed:
            self._lives[index].retires = True
        return dismissed

    def _heaviest(self, now: float, own_bytes: Callable[[int], int]) -> tuple[int, int] | None:
        if self._over_bytes == math.inf or now < self._looks_at:
            return None
        held = {index: own_bytes(index) for index in self._lives}
        index = max(held, key=lambda index: held[index])
        over = held[index] > self._over_bytes
        self._looks_at = now + (PAUSE_S if over else LOOK_S)
        return (index, held[index]) if over else None

    def _staying(self, crew: DesiredWorkers) -> list[int]:
        return [index for index, life in self._lives.items() if self._stays(life, crew)]

    @staticmethod
    def _stays(life: _Life, crew: DesiredWorkers) -> bool:
        return not life.leaves and not life.retires and life.generation == crew.generation
