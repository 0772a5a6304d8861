"""The plan of one utterance: which passage comes next, how long, and the segment that speaks it. Just in time.

Nothing of the text behind the passage in hand is normalised or phonemised, so that a long text costs a first listener
no more than a short one. Everything here runs in the process that reads.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, replace
from typing import Final

from speechd.engines.base import Engine, Segment, SegmentTooLong, SynthesisOptions
from speechd.errors import InvalidRequest, ReplyTooLong
from speechd.pool.capacity import StreamBudget
from speechd.text.cuts import LONGEST_WORD, TOLERANCE, split
from speechd.text.lexicon import NO_LEXICON, Lexicon
from speechd.text.markup.marks import Pause, Style
from speechd.text.passages import BEGINNING, Boundary, NotYet, Passage, PassageReader, Position
from speechd.text.words import longest_word

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

SPEEDS: Final = (0.25, 4.0)
"""The least and the greatest speed of a passage, whatever its text asks for; a request's own is within them."""

MAX_PAUSES_S: Final = 3600.0
"""Seconds of pauses in one input. They are free to ask for, and would keep a place and a connection for days."""

TOO_LONG: Final = Segment(b"", math.inf)
"""In place of a segment that the engine cannot make."""

GAP_S: Final = {
    Boundary.WORD: 0.0,
    Boundary.CLAUSE: 0.12,
    Boundary.SENTENCE: 0.3,
    Boundary.PARAGRAPH: 0.55,
}
"""Seconds from the last sound of a segment to the first of the next, at speed 1."""

LONGEST_WORD_S: Final = 3.0
"""Seconds that a word takes at speed 1, at most: the longest in English dictionaries, of 45 letters, takes so long."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A segment. gap_s: seconds of silence between its last sound and the first of the next. volume: a factor on its
    samples."""

    segment: Segment
    gap_s: float
    volume: float = 1.0


@dataclass(frozen=True, slots=True)
class Part:
    """Spoken text that is to be one segment, unless that is too long. boundary: how it ends. options, volume: how it is
    to be spoken. is_run: it is of a run of letters without boundaries, so that a cut anywhere does no harm."""

    text: str
    boundary: Boundary
    options: SynthesisOptions
    volume: float = 1.0
    is_run: bool = False


@dataclass(frozen=True, slots=True)
class Sizes:
    """How long the next segment is to be. target: characters of its passage, about; segment_s: seconds of audio that it
    has at most; run_s: that it has at most where it is of a run, which is what ordinary text has at speed 1."""

    target: int
    segment_s: float
    run_s: float


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a plan is. characters_per_s: of the last segment; planned_s: seconds of audio in all; parts: of a passage
    that was too long; in_run: whether the last passage ended within a run; position: how far the text is."""

    characters_per_s: float
    planned_s: float = 0.0
    parts: tuple[Part, ...] = ()
    in_run: bool = False
    position: Position = BEGINNING


class Planner:
    """Plans one utterance; `next` is called until it returns None."""

    def __init__(
        self,
        input: str,
        options: SynthesisOptions,
        engine: Engine,
        *,
        limit_s: float = math.inf,
        progress: Progress | None = None,
        pronunciations: Lexicon = NO_LEXICON,
    ) -> None:
        """options: of all passages that ask for nothing else. limit_s: seconds of audio that the response may have in
        all. progress: of another planner of the same utterance, whose plan this one continues. pronunciations: the
        client's."""
        self._pronunciations = pronunciations
        self._input = input
        self._options = options
        self._engine = engine
        self._limit_s = limit_s
        self._segment_s = SPARE * engine.efficient_length * (1 + TOLERANCE) / CHARACTERS_PER_S
        self._reader: PassageReader | None = None
        progress = progress or Progress(characters_per_s=CHARACTERS_PER_S * options.speed)
        self._position = progress.position
        self._parts = deque(progress.parts)
        self._in_run = progress.in_run
        self._characters_per_s = progress.characters_per_s
        self._planned_s = progress.planned_s

    @property
    def progress(self) -> Progress:
        """What a planner needs that is to continue this one's plan."""
        position = self._position if self._reader is None else self._reader.position
        return Progress(self._characters_per_s, self._planned_s, tuple(self._parts), self._in_run, position)

    def next(self, ahead_s: float, budget: StreamBudget) -> Planned | Pause | NotYet | None:
        """The next segment or pause, or None at the end of the text.

        ahead_s: seconds of audio that its listener will have in hand; budget: what it may count on. Of text in which
        nothing can be spoken a call passes over a little, and then returns `NotYet`.
        """
        reader = self._reader = self._reader or self._open()
        sizes = self._sizes(ahead_s, budget)
        part = self._parts.popleft() if self._parts else self._take(reader, sizes)
        planned = self._plan(part, sizes) if isinstance(part, Part) else part
        if planned is None or isinstance(planned, NotYet):
            return planned
        self._planned_s += planned.duration_s if isinstance(planned, Pause) else planned.segment.duration_s
        self._check_limit(self._planned_s)
        return planned

    def _open(self) -> PassageReader:
        self._engine.load_voice(self._options)
        reader = PassageReader(self._options.language, self._position, self._pronunciations)
        reader.feed(self._input)
        reader.finish()
        if reader.pauses_s > MAX_PAUSES_S:
            raise InvalidRequest(
                f"'input' has pauses of more than {MAX_PAUSES_S:g} s together: shorten them, or send it in parts.",
                param="input",
            )
        self._check_limit(reader.pauses_s + reader.letters / (LETTERS_PER_S * self._options.speed))
        return reader

    def _check_limit(self, audio_s: float) -> None:
        if audio_s > self._limit_s:
            raise ReplyTooLong(f"{self._limit_s:.0f} s")

    def _sizes(self, ahead_s: float, budget: StreamBudget) -> Sizes:
        segment_s = min(budget.limit_s, self._segment_s)
        wanted_s = min(HEADROOM * ahead_s * budget.realtime_factor, budget.max_segment_s, segment_s / (1 + TOLERANCE))
        least = LEAST_LENGTH if ahead_s or budget.realtime_factor < FAST_PACE else FIRST_LENGTH
        ordinary = min(max(wanted_s * CHARACTERS_PER_S, least), self._engine.efficient_length)
        # Of slow speech fewer characters are as long; but with too few a cut falls within every phrase.
        scaled = least * min(1.0, max(0.5, self._characters_per_s / CHARACTERS_PER_S))
        target = round(min(max(wanted_s * self._characters_per_s, scaled), self._engine.efficient_length))
        return Sizes(target, segment_s, run_s=ordinary * (1 + TOLERANCE) / CHARACTERS_PER_S)

    def _take(self, reader: PassageReader, sizes: Sizes) -> Part | Pause | NotYet | None:
        passage = reader.next(sizes.target, self._engine.passage_limit)
        if not isinstance(passage, Passage):
            return passage
        options = self._styled(passage.style)
        part = Part(passage.text, passage.boundary, options, passage.style.volume, is_run=self._in_run)
        self._in_run = passage.boundary is Boundary.WORD and (
            longest_word(passage.text) >= LONGEST_WORD or (self._in_run and " " not in passage.text)
        )
        return part

    def _styled(self, style: Style) -> SynthesisOptions:
        """The options of a passage: the request's own, as far as the text does not ask for others."""
        speed = min(max(self._options.speed * style.rate, SPEEDS[0]), SPEEDS[1])
        options = replace(self._options, speed=speed)
        if style.voice is not None:
            options = replace(options, blend=self._engine.voices().parse(style.voice))
            self._engine.load_voice(options)
        return options

    def _plan(self, part: Part, sizes: Sizes) -> Planned | NotYet:
        """The segment of this part, or of its beginning if all of it is too long; the rest comes next. `NotYet`:
        nothing in it can be spoken."""
        while (segment := self._prepared(part)) is not None:
            part = replace(part, is_run=part.is_run or has_run(part, segment))
            if not is_too_long(part, segment, sizes):
                if segment.duration_s > 0:
                    self._characters_per_s = len(part.text) / segment.duration_s
                return Planned(segment, GAP_S[part.boundary] / part.options.speed, part.volume)
            part, rest = cut(part)
            self._parts.appendleft(rest)
        return NotYet()

    def _prepared(self, part: Part) -> Segment | None:
        try:
            return self._engine.prepare(part.text, part.options)
        except SegmentTooLong:
            return TOO_LONG


def has_run(part: Part, segment: Segment) -> bool:
    """Whether the part holds what can be no word, by its length or by the time that it takes."""
    characters = longest_word(part.text)
    if segment is TOO_LONG:
        return characters >= LONGEST_WORD
    word_s = segment.duration_s * part.options.speed * characters / len(part.text)
    return characters >= LONGEST_WORD or word_s > LONGEST_WORD_S


def is_too_long(part: Part, segment: Segment, sizes: Sizes) -> bool:
    """Whether the part is to be cut."""
    if segment is TOO_LONG:
        return True
    if part.is_run and segment.duration_s > sizes.run_s:
        return len(part.text) > 1
    return segment.duration_s > sizes.segment_s and len(part.text) > SHORTEST_PART


def cut(part: Part) -> tuple[Part, Part]:
    """The halves of a part. Raises `InvalidRequest` for one that has none."""
    head, rest = split(part.text, max(1, len(part.text) // 2), part.options.language)
    if not rest:
        raise InvalidRequest("'input' has a word too long to be spoken.", param="input")
    return replace(part, text=head, boundary=Boundary.WORD), replace(part, text=rest)
