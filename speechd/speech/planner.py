"""The plan of one utterance: which passage comes next, how long, and the segment that speaks it. Just in time.

Nothing of the text behind the passage in hand is normalised or phonemised, so that a long text costs a first listener
no more than a short one. Everything here runs in the process that reads.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import Final

from speechd.engines.base import Engine, Segment, SegmentTooLong, SynthesisOptions
from speechd.errors import InvalidRequest, ReplyTooLong
from speechd.pool.capacity import StreamBudget
from speechd.text.markup import Pause
from speechd.text.passages import BEGINNING, Boundary, NotYet, Passage, PassageReader, Position
from speechd.text.sentences import TOLERANCE, split

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

SPARE: Final = 1.6
"""Of the seconds that a passage of the engine's efficient length takes in English at speed 1, tolerance included, how
many a segment has at most, in any voice, script and at any speed. What a slot holds grows with them: Kokoro took 15 MB
a second, and up to 120 s before there was a limit."""

SHORTEST_PART: Final = 8
"""Characters. A text so short is not cut to save time, for its graphemes and syllables are to stay whole."""

LETTERS_PER_S: Final = 20.0
"""Letters and digits in a second of speech at speed 1, at most: English has 12. With it, a text too long for its reply
is known before any of it is spoken."""

MAX_PAUSES_S: Final = 3600.0
"""Seconds of pauses in one input. They are free to ask for, and would keep a place and a connection for days."""

TOO_LONG: Final = Segment(b"", math.inf)
"""In place of a segment that the engine cannot make."""

Piece = tuple[str, Boundary] | Pause | NotYet | None
"""A passage's text and how it ends, or what comes in its place."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A segment and how its passage ends, which decides the pause before the next."""

    segment: Segment
    boundary: Boundary


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a plan is. characters_per_s: of the last segment; planned_s: seconds of audio in all; parts: of a passage
    that was too long, and how each ends; script: how far its text is."""

    characters_per_s: float
    planned_s: float = 0.0
    parts: tuple[tuple[str, Boundary], ...] = ()
    script: Position = BEGINNING


class Planner:
    """Plans one utterance; `next` is called until it returns None."""

    def __init__(
        self,
        input: str,
        delivery: SynthesisOptions,
        engine: Engine,
        *,
        limit_s: float = math.inf,
        progress: Progress | None = None,
    ) -> None:
        """limit_s: seconds of audio that the reply may have in all. progress: of another planner of the same utterance,
        whose plan this one continues."""
        self._input = input
        self._delivery = delivery
        self._engine = engine
        self._limit_s = limit_s
        self._segment_s = SPARE * engine.efficient_length * (1 + TOLERANCE) / CHARACTERS_PER_S
        self._script: PassageReader | None = None
        progress = progress or Progress(characters_per_s=CHARACTERS_PER_S * delivery.speed)
        self._position = progress.script
        self._parts = deque(progress.parts)
        self._characters_per_s = progress.characters_per_s
        self._planned_s = progress.planned_s

    @property
    def progress(self) -> Progress:
        """For a planner that is to continue this one's plan."""
        position = self._position if self._script is None else self._script.position
        return Progress(self._characters_per_s, self._planned_s, tuple(self._parts), position)

    def next(self, ahead_s: float, share: StreamBudget) -> Planned | Pause | NotYet | None:
        """The next segment or pause, or None at the end of the text.

        ahead_s: seconds of audio that its listener will have in hand; share: what it may count on. Of text in which
        nothing can be spoken a call passes over a little, and then returns `NotYet`.
        """
        script = self._script = self._script or self._begun()
        segment_s = min(share.limit_s, self._segment_s)
        piece = self._parts.popleft() if self._parts else self._take(script, ahead_s, share, segment_s)
        if piece is None or isinstance(piece, NotYet):
            return piece
        planned = piece if isinstance(piece, Pause) else self._planned(*piece, segment_s)
        if planned is None:
            return NotYet()
        self._planned_s += planned.duration_s if isinstance(planned, Pause) else planned.segment.duration_s
        self._check_limit(self._planned_s)
        return planned

    def _begun(self) -> PassageReader:
        self._engine.check(self._delivery)
        script = PassageReader(self._input, self._delivery.language, self._position)
        if script.pauses_s > MAX_PAUSES_S:
            raise InvalidRequest(
                f"'input' has pauses of more than {MAX_PAUSES_S:g} s together: shorten them, or send it in parts.",
                param="input",
            )
        self._check_limit(script.pauses_s + script.letters / (LETTERS_PER_S * self._delivery.speed))
        return script

    def _check_limit(self, audio_s: float) -> None:
        if audio_s > self._limit_s:
            raise ReplyTooLong(f"{self._limit_s:.0f} s")

    def _take(self, script: PassageReader, ahead_s: float, share: StreamBudget, segment_s: float) -> Piece:
        least: float = LEAST_LENGTH if ahead_s or share.realtime_factor < FAST_PACE else FIRST_LENGTH
        # Of slow speech fewer characters are as long; but with too few a cut falls within every phrase.
        least *= min(1.0, max(0.5, self._characters_per_s / CHARACTERS_PER_S))
        wanted_s = min(HEADROOM * ahead_s * share.realtime_factor, share.max_segment_s, segment_s / (1 + TOLERANCE))
        target = round(min(max(wanted_s * self._characters_per_s, least), self._engine.efficient_length))
        taken = script.take(target, self._engine.passage_limit)
        return (taken.text, taken.boundary) if isinstance(taken, Passage) else taken

    def _planned(self, text: str, boundary: Boundary, segment_s: float) -> Planned | None:
        """The segment of this text, or of its beginning if all of it is too long; the rest comes next. None: nothing
        in it can be spoken."""
        while True:
            segment = self._prepared(text)
            if segment is None:
                return None
            if segment is not TOO_LONG and (segment.duration_s <= segment_s or len(text) <= SHORTEST_PART):
                break
            head, rest = split(text, max(1, len(text) // 2))
            if not rest:
                raise InvalidRequest("'input' has a word too long to be spoken.", param="input")
            self._parts.appendleft((rest, boundary))
            text, boundary = head, Boundary.WORD
        if segment.duration_s > 0:
            self._characters_per_s = len(text) / segment.duration_s
        return Planned(segment, boundary)

    def _prepared(self, text: str) -> Segment | None:
        try:
            return self._engine.prepare(text, self._delivery)
        except SegmentTooLong:
            return TOO_LONG
