"""What became of a text's sentences: the joins between its passages, by kind, and how long the passages are."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple

from speechd.speech.planner import Planned
from speechd.text.markup import Pause
from speechd.text.passages import Boundary

GOOD: Final = (100, 200)
"""Tokens of a passage on which Kokoro's voices are best, as their author says (see `passage_sizes.ENOUGH`)."""


class Join(StrEnum):
    """What lies between two passages. The values are those of the label `kind` in the metrics."""

    PAUSE = "pause"
    PARAGRAPH = "paragraph"
    SENTENCE = "sentence"
    CLAUSE = "clause"
    INSIDE = "inside a clause"


JOINS: Final = {
    Boundary.PARAGRAPH: Join.PARAGRAPH,
    Boundary.SENTENCE: Join.SENTENCE,
    Boundary.CLAUSE: Join.CLAUSE,
    Boundary.WORD: Join.INSIDE,
}


class Met(NamedTuple):
    """What is known of a passage once the next one is. tokens: it has, 0 where the engine does not say. join: between
    it and the next, None behind the last. had_text: whether its text let it have a good length: it is not the first,
    which is to be short, nor is it too short because its paragraph ends, or too long because its one sentence is."""

    tokens: int
    join: Join | None
    had_text: bool


class PassageMeter:
    """Follows the plan of one text."""

    def __init__(self) -> None:
        self._before: Planned | None = None
        self._is_first = True
        self._paused = False

    def add(self, item: Planned | Pause | None) -> Met | None:
        """Take what was planned next, None for the end of the text. Returns what that tells of the passage before."""
        if isinstance(item, Pause):
            self._paused = True
            return None
        before, paused = self._before, self._paused
        self._before, self._paused = item, False
        if before is None:
            return None
        is_first, self._is_first = self._is_first, False
        ends = item is None or paused or before.boundary is Boundary.PARAGRAPH
        join = None if item is None else Join.PAUSE if paused else JOINS[before.boundary]
        tokens = before.segment.tokens
        could_not = is_first or (tokens < GOOD[0] and ends) or (tokens > GOOD[1] and before.is_one)
        return Met(tokens, join, had_text=not could_not)
