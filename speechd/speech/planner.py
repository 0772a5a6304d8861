"""The plan of one utterance: which passage comes next, and the segment that speaks it. Just in time.

Nothing of the text behind the passage in hand is normalised or phonemised, so that a long text costs a first listener
no more than a short one. Everything here runs in the process that reads.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from speechd.engines.base import Engine, Segment, SegmentTooLong, SupportsPhonemes, SynthesisOptions
from speechd.errors import InvalidRequest, ReplyTooLong
from speechd.speech.captions import Script, script_of
from speechd.speech.passage_sizes import CHARACTERS_PER_S, Pace, Sizes, sizes_of
from speechd.speech.reading import AS_TEXT, Form, Reading, marks_of
from speechd.text.boundaries import sentence_starts
from speechd.text.cuts import LONGEST_WORD, PART_SHARE, TOLERANCE, split, split_near
from speechd.text.fed_text import Flushed
from speechd.text.lexicon import Lexicon
from speechd.text.markup.marks import Pause, Style
from speechd.text.passages import BEGINNING, Boundary, NotYet, Passage, PassageReader, Position, boundary_of
from speechd.text.spans import Span, before, shifted
from speechd.text.words import longest_word

SHORTEST_PART: Final = 8
"""Characters. A text so short is not cut to be shorter, for its graphemes and syllables are to stay whole."""

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
    samples. boundary: how its text ends. is_one: whether that is one sentence at most. script: what it says, where the
    words were asked for. is_last: nothing follows it; of some that are the last this is not known."""

    segment: Segment
    gap_s: float
    volume: float = 1.0
    boundary: Boundary = Boundary.PARAGRAPH
    is_one: bool = False
    script: Script | None = None
    is_last: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """Spoken text that is to be one segment, unless that is too long. boundary: how it ends. options, volume: how it is
    to be spoken. is_run: it is of a run of letters without boundaries, so that a cut anywhere does no harm. spans: its
    words in the input, where they are traced."""

    text: str
    boundary: Boundary
    options: SynthesisOptions
    volume: float = 1.0
    is_run: bool = False
    spans: tuple[Span, ...] = ()


class Prepared(NamedTuple):
    """What the engine made of a text with these options."""

    text: str
    options: SynthesisOptions
    segment: Segment | None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a plan is. pace: of the last segment; is_begun: whether there was one; planned_s: seconds of audio in
    all; parts: of a passage that was too long; in_run: whether the last passage ended within a run; position: how far
    the text is."""

    pace: Pace
    is_begun: bool = False
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
        reading: Reading = AS_TEXT,
    ) -> None:
        """options: of all passages that ask for nothing else. limit_s: seconds of audio that the response may have in
        all. progress: of another planner of the same utterance, whose plan this one continues. reading: how the
        input is to be read."""
        self._input = input
        self._reading = reading
        self._options = options
        self._engine = engine
        self._limit_s = limit_s
        self._reader: PassageReader | None = None
        progress = progress or Progress(Pace(CHARACTERS_PER_S * options.speed))
        self._position = progress.position
        self._parts = deque(progress.parts)
        if reading.form is Form.PHONEMES and progress == Progress(progress.pace):
            self._parts.append(Part(input.strip(), Boundary.PARAGRAPH, options))
        self._in_run = progress.in_run
        self._pace = progress.pace
        self._is_begun = progress.is_begun
        self._planned_s = progress.planned_s
        self._prepared: Prepared | None = None  # the last

    @property
    def progress(self) -> Progress:
        """What a planner needs that is to continue this one's plan."""
        position = self._position if self._reader is None else self._reader.position
        return Progress(self._pace, self._is_begun, self._planned_s, tuple(self._parts), self._in_run, position)

    def next(self, longest_s: float = math.inf) -> Planned | Pause | NotYet | None:
        """The next segment or pause, or None at the end of the text.

        longest_s: audio seconds that a segment may have, where it can be cut. Of text in which nothing can be spoken a
        call passes over a little, and then returns `NotYet`.
        """
        reader = self._reader = self._reader or self._open()
        sizes = sizes_of(self._engine, self._pace, longest_s, is_first=not self._is_begun)
        part = self._parts.popleft() if self._parts else self._take(reader, sizes)
        return self._planned(part, sizes)

    def _planned(self, part: Part | Pause | NotYet | None, sizes: Sizes) -> Planned | Pause | NotYet | None:
        planned = self._plan(part, sizes) if isinstance(part, Part) else part
        if planned is None or isinstance(planned, NotYet):
            return planned
        self._planned_s += planned.duration_s if isinstance(planned, Pause) else planned.segment.duration_s
        self._check_limit(self._planned_s)
        if isinstance(planned, Planned) and self._is_at_end:
            return replace(planned, is_last=True)
        return planned

    @property
    def _is_at_end(self) -> bool:
        return not self._parts and self._reader is not None and self._reader.is_at_end

    def _open(self) -> PassageReader:
        self._engine.load_voice(self._options)
        reader = PassageReader(
            self._options.language,
            self._position,
            Lexicon(self._reading.pronunciations),
            normalized=self._options.normalize,
        )
        if self._reading.has_marks:
            reader.feed_marks(marks_of(self._input, self._reading, self._options, self._engine))
        elif self._reading.form is Form.TEXT:
            reader.feed(self._input)
        reader.finish()
        if self._options.words:
            reader.trace(self._input)
        self._check_text(reader)
        return reader

    def _check_text(self, reader: PassageReader) -> None:
        if reader.pauses_s > MAX_PAUSES_S:
            raise InvalidRequest(
                f"'input' has pauses of more than {MAX_PAUSES_S:g} s together: shorten them, or send it in parts.",
                param="input",
            )
        self._check_limit(reader.pauses_s + reader.letters / (LETTERS_PER_S * self._options.speed))

    def _check_limit(self, audio_s: float) -> None:
        if audio_s > self._limit_s:
            raise ReplyTooLong(f"{self._limit_s:.0f} s")

    def _take(self, reader: PassageReader, sizes: Sizes) -> Part | Pause | NotYet | None:
        passage = reader.next(sizes.enough, sizes.most, sizes.limit)
        assert not isinstance(passage, Flushed)  # which are in live text alone
        return self._part(passage) if isinstance(passage, Passage) else passage

    def _part(self, passage: Passage) -> Part:
        options = self._styled(passage.style)
        part = Part(
            passage.text, passage.boundary, options, passage.style.volume, is_run=self._in_run, spans=passage.spans
        )
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
        if style.language is not None:
            options = replace(options, language=style.language)
        if style.voice is not None or style.language is not None:
            self._engine.load_voice(options)
        return options

    def _plan(self, part: Part, sizes: Sizes) -> Planned | NotYet:
        """The segment of this part, or of its beginning if all of it is too long; the rest comes next. `NotYet`:
        nothing in it can be spoken."""
        while (segment := self._segment(part)) is not None:
            part = replace(part, is_run=part.is_run or has_run(part, segment))
            if (parts := parts_of(part, segment, sizes)) == 1:
                self._is_begun = True
                self._pace = self._pace.measured(len(part.text), segment.duration_s, segment.tokens)
                gap_s = GAP_S[part.boundary] / part.options.speed
                is_one = next(sentence_starts(part.text, part.options.language), None) is None
                return Planned(segment, gap_s, part.volume, part.boundary, is_one, _script(part, segment))
            part, rest = cut(part, parts)
            self._parts.appendleft(rest)
        return NotYet()

    def _segment(self, part: Part) -> Segment | None:
        if self._prepared is None or self._prepared[:2] != (part.text, part.options):
            self._prepared = Prepared(part.text, part.options, self._prepare(part))
        return self._prepared.segment

    def _prepare(self, part: Part) -> Segment | None:
        try:
            if self._reading.form is Form.PHONEMES and isinstance(self._engine, SupportsPhonemes):
                return self._engine.prepare_phonemes(part.text, part.options)
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


def parts_of(part: Part, segment: Segment, sizes: Sizes) -> int:
    """Into how many parts this one is to be cut, of nearly equal lengths; 1 if it is not."""
    characters = len(part.text)
    if segment is TOO_LONG:
        return 2
    if part.is_run and segment.duration_s > sizes.run_s:
        return min(characters, math.ceil(segment.duration_s / sizes.run_s))
    excess = max(segment.duration_s / sizes.segment_s, segment.tokens / sizes.tokens)
    if excess <= 1 or characters <= SHORTEST_PART:
        return 1
    return min(math.ceil(excess / PART_SHARE), math.ceil(characters / SHORTEST_PART))


def cut(part: Part, parts: int) -> tuple[Part, Part]:
    """The first of so many parts, and the rest. Raises `InvalidRequest` for a text that cannot be cut."""
    text, language = part.text, part.options.language
    if len(text) < 2:
        raise InvalidRequest("'input' has a word too long to be spoken.", param="input")
    target = math.ceil(len(text) / parts)
    if part.is_run:
        head, rest = split(text, target, language)
    else:
        head, rest = split_near(text, target, min(len(text) - 1, round(target * (1 + TOLERANCE))), language)
    head_spans, rest_spans = before(part.spans, len(head)), shifted(part.spans, len(rest) - len(text))
    return (
        replace(part, text=head, boundary=boundary_of(head, rest, language), spans=head_spans),
        replace(part, text=rest, spans=rest_spans),
    )


def _script(part: Part, segment: Segment) -> Script | None:
    if not part.options.words:
        return None
    return script_of(part.text, part.spans, segment, str(part.options.blend), part.options.language)
