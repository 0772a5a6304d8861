"""An utterance's text as passages to speak, made only as they are needed."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from typing import Final

from speechd.text.boundaries import ends_clause, ends_sentence
from speechd.text.cuts import PART_SHARE, split_near
from speechd.text.fed_text import FedText, Flushed, NeedsText
from speechd.text.lexicon import NO_LEXICON, Lexicon
from speechd.text.markup.marks import Mark, Pause, Style
from speechd.text.normalization.normalize import normalize
from speechd.text.normalization.typography import unify
from speechd.text.passage import BEGINNING, Boundary, NotYet, Passage, Position, Urgency
from speechd.text.spans import Span
from speechd.text.trace import Trace

__all__ = ["BEGINNING", "Boundary", "NotYet", "Passage", "PassageReader", "Position", "Urgency", "boundary_of"]

WEAK_SHARE: Final = 0.1
"""Share of the most that is gathered. A shorter passage is not worth having: the next sentence joins it, however long
(Kokoro is weak under 10 to 20 tokens)."""

SILENT_LENGTH: Final = 4000
"""Characters without anything to speak that one call looks through; some 30 ms of work."""

SILENT_SENTENCE: Final = 50
"""Characters that a sentence without anything to speak counts as, at least: what it costs however short it is."""

_GOES_ON = re.compile(r"[,;:—–，、；：][\"'”’»]*$")
_CONTEXT: Final = 24
"""Characters at the end of a line that tell whether its sentence goes on."""


class PassageReader:
    """The text of one utterance, fed in pieces and read from its beginning; a sentence is normalised only when needed.

    The passages are the same, however the text is cut into pieces.

    State: `_text`, spoken text read but not returned, which ends as `_end` says and is to be spoken in `_style`;
    `_after`, the pause or the new style behind it; `_read`, how many sentences, pauses and changes of style were read;
    `_seen`, the one behind them where it had to be looked at, and `_read` with it.
    """

    def __init__(
        self,
        language: str,
        position: Position = BEGINNING,
        pronunciations: Lexicon = NO_LEXICON,
        *,
        normalized: bool = True,
        live: bool = False,
    ) -> None:
        """language: BCP 47, lower case; it chooses the rules that make written forms spoken. position: where another
        reader was, which this one continues when it is fed the same text from the beginning. pronunciations: the
        client's, which go before the operator's. normalized: whether those rules are applied. live: the text is still
        being written; see `FedText`."""
        self._language = language
        self._normalized = normalized
        self._live = live
        self._fed = FedText(language, pronunciations, live=live)
        self._read = position.read
        self._text, self._end, self._style, self._after = position.text, position.end, position.style, position.after
        self._pieces = self._read_pieces(position.read)
        self._trace: Trace | None = None
        self._traced_so_far = position.spans, position.reached
        self._seen: tuple[int, Passage | Pause | Style | Flushed] | None = None

    @property
    def pauses_s(self) -> float:
        """Seconds of all pauses together, in what is fed and certain."""
        return self._fed.pauses_s

    @property
    def letters(self) -> int:
        """Letters and digits to be spoken, in what is fed and certain, before they are normalised."""
        return self._fed.letters

    @property
    def position(self) -> Position:
        """The position for a reader that is to continue this one."""
        traced = self._traced_so_far if self._trace is None else (self._trace.spans, self._trace.reached)
        return Position(self._read, self._text, self._end, self._style, self._after, *traced)

    def feed(self, text: str) -> None:
        """Add text. It is parsed at once: what is counted is what is spoken. Some 10 ms for 50,000 characters."""
        self._fed.feed(text)

    def feed_marks(self, marks: Iterable[Mark]) -> None:
        """Add marks that another parser has made of text. They end a sentence."""
        self._fed.feed_marks(marks)

    def finish(self) -> None:
        """Say that no more text comes."""
        self._fed.finish()

    def flush(self, number: int) -> None:
        """Have all live text that was fed become passages, however little it is; then `next` returns a `Flushed`."""
        self._fed.flush(number)

    def clause_end(self) -> int | None:
        """Where in all live text that was fed it can be broken off; None if there is nothing to speak before it."""
        return self._fed.clause_end()

    def break_off(self, at: int) -> None:
        """Have live text become a passage up to where `clause_end` says."""
        self._fed.break_off(at)

    def trace(self, input: str) -> None:
        """Have passages say where in `input` their words stand. Called after `finish`, and before the first `next`."""
        self._trace = Trace(*self._traced_so_far)
        self._trace.add(self._fed.blocks(), input)

    def trace_live(self) -> None:
        """Have passages say where in all live text their words stand. Called before the first `feed`."""
        self._trace = self._fed.trace = Trace(*self._traced_so_far)

    def next(
        self, enough: int, most: int, limit: int, urgency: Urgency = Urgency.GATHER
    ) -> Passage | Pause | Flushed | NotYet | None:
        """The next passage, pause or flush; None at the end.

        A passage is a sentence, and those behind it while it has fewer than `enough` characters: up to `most`, and none
        beyond a paragraph's end or a change of style. A sentence of more than `limit` characters is cut into nearly
        equal parts, and no other: at clauses where it has them. urgency: whether less is to be had of text that goes
        on.
        """
        while True:
            missing = self._gather(enough, most, limit)
            if missing and not (missing.needs_text and self._is_worth_having(urgency)):
                return missing
            if self._text:
                head, rest = self._cut(limit)
                length, self._text = len(self._text), rest if _speakable(rest) else ""
                spans = self._trace.cut(head, length, self._text) if self._trace is not None else ()
                if _speakable(head):
                    boundary = boundary_of(head, rest, self._spoken_language) if self._text else self._end
                    return Passage(head, boundary, self._style, spans)
            else:
                after, self._after = self._after, None
                if not isinstance(after, Style):
                    return after
                self._style = after

    def _gather(self, enough: int, most: int, limit: int) -> NotYet | None:
        """Read sentences until there are enough, or what ends a passage stands behind them. Returns why there are
        fewer."""
        while not self._is_enough(enough, limit):
            read, piece = self._seen or next(self._pieces, (self._read, None))
            if piece is None or isinstance(piece, NotYet):
                self._read = read
                return piece
            self._seen = read, piece
            if isinstance(piece, Passage) and self._stands_apart(piece, most, limit):
                return None
            self._read, self._seen = read, None
            if isinstance(piece, Passage):
                self._text = f"{self._text} {piece.text}".strip()
                if self._trace is not None and piece.text:
                    self._trace.gathered(piece.spans, len(self._text) - len(piece.text))
                self._end = piece.boundary
            else:
                self._after = piece
        return None

    def _is_worth_having(self, urgency: Urgency) -> bool:
        """Whether what is read is to be spoken, though more would be better."""
        least = (Boundary.PARAGRAPH, Boundary.SENTENCE, Boundary.WORD)[urgency]
        return bool(self._text) and self._end >= least

    def _is_enough(self, enough: int, limit: int) -> bool:
        """Whether what is read is to be spoken before more is looked at."""
        if self._after is not None or len(self._text) > limit:
            return True
        if not self._text or self._end < Boundary.SENTENCE:
            return False
        return self._end is Boundary.PARAGRAPH or len(self._text) >= enough

    def _stands_apart(self, sentence: Passage, most: int, limit: int) -> bool:
        """Whether too little is read, and yet is to be spoken without this next sentence."""
        if not self._text or self._end < Boundary.SENTENCE:
            return False
        joined = len(self._text) + 1 + len(sentence.text)
        return joined > (limit if len(self._text) < WEAK_SHARE * most else most)

    def _cut(self, limit: int) -> tuple[str, str]:
        """What is read: all of it, or the first of nearly equal parts, and the rest."""
        if len(self._text) <= limit:
            return self._text, ""
        parts = math.ceil(len(self._text) / (PART_SHARE * limit))
        return split_near(self._text, math.ceil(len(self._text) / parts), limit, self._spoken_language)

    def _read_pieces(self, skipped: int) -> Iterator[tuple[int, Passage | Pause | Style | Flushed | NotYet]]:
        """Sentences as spoken text, of any length, pauses and styles, each with how many were looked at by then. A
        passage without text only marks a paragraph's end. The first `skipped` are passed over, at next to no cost."""
        silent = read = passed = 0
        for written in self._fed.sentences():
            if isinstance(written, NeedsText):
                yield max(read, skipped), NotYet(needs_text=True)
                continue
            read += 1
            if read <= skipped:
                if isinstance(written, str):
                    if self._trace is not None:
                        self._trace.passed_over(written)
                    passed += len(written)
                if self._live and passed >= SILENT_LENGTH:
                    passed = 0
                    yield skipped, NotYet()
                continue
            if not isinstance(written, str):
                yield read, written
                continue
            passage = self._passage(written)
            silent = 0 if passage.text else silent + max(SILENT_SENTENCE, len(written))
            if passage.text or passage.boundary is Boundary.PARAGRAPH:
                yield read, passage
            if silent >= SILENT_LENGTH:
                silent = 0
                yield read, NotYet()

    @property
    def _spoken_language(self) -> str:
        return self._style.language or self._language

    def _passage(self, sentence: str) -> Passage:
        """The sentence as spoken text, none if nothing in it can be spoken."""
        language = self._spoken_language
        text = " ".join(self._normalize(sentence, language).split())
        spans = self._traced(sentence, text, language)
        after = sentence[len(sentence.rstrip()) :]
        boundary = self._boundary(text, after)
        if not _speakable(text):
            return Passage("", boundary)
        if boundary is Boundary.SENTENCE and not (ends_sentence(text, language) or ends_clause(text)):
            text += "."  # a line that stands alone is gathered with the next one; the voice falls between them
        return Passage(text, boundary, spans=spans)

    def _traced(self, sentence: str, text: str, language: str) -> tuple[Span, ...]:
        if self._trace is None:
            return ()
        return self._trace.read(sentence, text, lambda written: self._normalize(written, language))

    def _normalize(self, text: str, language: str) -> str:
        text = self._fed.pronounced(text, language)
        return normalize(text, language) if self._normalized else unify(text)

    def _boundary(self, sentence: str, after: str) -> Boundary:
        """How the sentence ends; `after` is the white space behind it."""
        if "\n\n" in after:
            return Boundary.PARAGRAPH
        if not after.endswith("\n"):
            if ends_sentence(sentence, self._spoken_language):
                return Boundary.SENTENCE
            return Boundary.CLAUSE if self._live and ends_clause(sentence) else Boundary.WORD
        # A line of verse, or of a list, within a sentence that goes on.
        return Boundary.CLAUSE if _GOES_ON.search(sentence[-_CONTEXT:]) else Boundary.SENTENCE


def boundary_of(head: str, rest: str, language: str) -> Boundary:
    """How `head` ends, which was cut from before `rest`."""
    if ends_sentence(head, language, rest):
        return Boundary.SENTENCE
    return Boundary.CLAUSE if ends_clause(head) else Boundary.WORD


def _speakable(text: str) -> bool:
    return any(map(str.isalnum, text))
