"""The plan of one utterance: which passage comes next, how long, and the segment that speaks it. Just in time.

Nothing of the text behind the passage in hand is normalised or phonemised, so that a long text costs a first listener
no more than a short one. Everything here runs in a text thread.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final

from speechd.engines.base import Delivery, Engine, Segment, SegmentTooLong
from speechd.errors import InvalidRequest
from speechd.text.markup import Pause, parse
from speechd.text.script import Boundary, Passage, Position, Script
from speechd.text.segment import split
from speechd.workers.pool import Share

FIRST_LENGTH: Final = 30
"""Characters of a segment for a listener with nothing in hand, where the pace is fast: a clause, soon synthesised."""

LEAST_LENGTH: Final = 40
"""Characters of any other segment, at least: its 2.7 s of audio cover the synthesis of the next on a slow machine."""

FAST_PACE: Final = 2.5
"""From here on `FIRST_LENGTH` covers the synthesis of `LEAST_LENGTH`. Simulated, with 10 % of spread: first segments
so short halve the TTFA on idle slots, and cost a full house 0.6 % of C100 at most; at a pace of 1.5 they cost 5 %."""

CHARACTERS_PER_S: Final = 15.0
"""Characters of English in a second of speech at speed 1; only where a plan begins, before a segment tells better."""

HEADROOM: Final = 0.5
"""Share of the audio in hand within which the next segment must be ready; the rest is for waiting and for errors of
prediction."""

MAX_PAUSES_S: Final = 3600.0
"""Seconds of pauses in one input. They are free to ask for, but a reply that is sent whole holds them in memory."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A segment and how its passage ends, which decides the pause before the next."""

    segment: Segment
    boundary: Boundary


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a plan is: of its script, the parts of a passage that was too long, and the speed of the last segment."""

    script: Position
    parts: tuple[tuple[str, Boundary], ...]
    characters_per_s: float


class Planner:
    """Plans one utterance; `next` is called until it returns None."""

    def __init__(self, input: str, delivery: Delivery, engine: Engine, progress: Progress | None = None) -> None:
        """progress: of another planner of the same utterance, whose plan this one continues."""
        self._input = input
        self._script = Script(input, delivery.language, progress.script if progress else Position())
        self._delivery = delivery
        self._engine = engine
        self._parts = deque(progress.parts if progress else ())
        self._characters_per_s = progress.characters_per_s if progress else CHARACTERS_PER_S * delivery.speed
        self._first = progress is None

    @property
    def progress(self) -> Progress:
        """For a planner that is to continue this one's plan."""
        return Progress(self._script.position, tuple(self._parts), self._characters_per_s)

    def next(self, ahead_s: float, share: Share) -> Planned | Pause | None:
        """The next segment or pause, or None at the end of the text.

        ahead_s: seconds of audio that its listener will have in hand; share: what it may count on. Passages in which
        nothing can be spoken are passed over.
        """
        if self._first:
            self._engine.check(self._delivery)
            self._check_pauses()
            self._first = False
        while True:
            piece = self._parts.popleft() if self._parts else self._take(ahead_s, share)
            if piece is None or isinstance(piece, Pause):
                return piece
            text, boundary = piece
            try:
                segment = self._engine.prepare(text, self._delivery)
            except SegmentTooLong:
                head, rest = split(text, max(1, len(text) // 2))
                if not rest:
                    raise InvalidRequest("'input' has a word too long to be spoken.", param="input") from None
                self._parts.extendleft(((rest, boundary), (head, Boundary.WORD)))
                continue
            if segment is not None:
                if segment.duration_s > 0:
                    self._characters_per_s = len(text) / segment.duration_s
                return Planned(segment, boundary)

    def _check_pauses(self) -> None:
        if "[pause:" in self._input.lower():
            pauses_s = sum(piece.duration_s for piece in parse(self._input) if isinstance(piece, Pause))
            if pauses_s > MAX_PAUSES_S:
                raise InvalidRequest(f"'input' has pauses of more than {MAX_PAUSES_S:g} s together.", param="input")

    def _take(self, ahead_s: float, share: Share) -> tuple[str, Boundary] | Pause | None:
        least: float = LEAST_LENGTH if ahead_s or share.pace < FAST_PACE else FIRST_LENGTH
        # Of slow speech fewer characters are as long; but with too few a cut falls within every phrase.
        least *= min(1.0, max(0.5, self._characters_per_s / CHARACTERS_PER_S))
        wanted = min(HEADROOM * ahead_s * share.pace, share.longest_s) * self._characters_per_s
        target = round(min(max(wanted, least), self._engine.efficient_length))
        taken = self._script.take(target, self._engine.passage_limit)
        return (taken.text, taken.boundary) if isinstance(taken, Passage) else taken
