"""Stretches of a passage, at each of the rates that its rows have in the model."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stretch:
    """Rows `first` ... `end` - 1 of the `total` rows that a passage has at one rate."""

    first: int
    end: int
    total: int

    @classmethod
    def whole(cls, total: int) -> Stretch:
        """All rows of a passage that has `total`."""
        return cls(0, total, total)

    def __len__(self) -> int:
        return self.end - self.first

    def widened(self, reach: int) -> Stretch:
        """With `reach` rows more on both sides, as far as the passage has them."""
        return Stretch(max(self.first - reach, 0), min(self.end + reach, self.total), self.total)

    def scaled(self, factor: int, extra: int = 0) -> Stretch:
        """The same stretch at `factor` times the rate, where a passage has `extra` rows more at its end."""
        end = self.end * factor + (extra if self.end == self.total else 0)
        return Stretch(self.first * factor, end, self.total * factor + extra)

    def within(self, outer: Stretch) -> slice:
        """Where these rows are among those of `outer`, which has them all."""
        return slice(self.first - outer.first, self.end - outer.first)
