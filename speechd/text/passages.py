"""An utterance's text as passages to speak, made only as they are needed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from speechd.text.boundaries import ends_clause, ends_sentence
from speechd.text.cuts import TOLERANCE, split_near
from speechd.text.fed_text import FedText, NeedsText
from speechd.text.lexicon import NO_LEXICON, Lexicon
from speechd.text.markup.marks import NEUTRAL, Mark, Pause, Style
from speechd.text.normalization.normalize import normalize

SILENT_LENGTH: Final = 4000
"""Characters without anything to speak that one call looks through; some 30 ms of work."""

SILENT_SENTENCE: Final = 50
"""Characters that a sentence without anything to speak counts as, at least: what it costs however short it is."""


class Boundary(IntEnum):
    """How a passage ends; the greater, the longer the pause that fits after it."""

    WORD = 0
    CLAUSE = 1
    SENTENCE = 2
    PARAGRAPH = 3


@dataclass(frozen=True, slots=True)
class Passage:
    """Spoken text for one segment: stripped, with at least one letter or digit. style: what the markup asks for."""

    text: str
    boundary: Boundary
    style: Style = NEUTRAL


@dataclass(frozen=True, slots=True)
class NotYet:
    """No passage is known yet. needs_text: more must be fed first; else, so much text held nothing to speak that others
    are to go first, and the same call goes on."""

    needs_text: bool = False


@dataclass(frozen=True, slots=True)
class Position:
    """How far a reader is. read: the sentences, pauses and changes of style that it has looked at. text, end, style,
    after: what it keeps of them, as in `PassageReader`."""

    read: int = 0
    text: str = ""
    end: Boundary = Boundary.WORD
    style: Style = NEUTRAL
    after: Pause | Style | None = None


BEGINNING: Final = Position()


class PassageReader:
    """The text of one utterance, fed in pieces and read from its beginning; a sentence is normalised only when needed.

    The passages are the same, however the text is cut into pieces.

    State: `_text`, spoken text read but not returned, which ends as `_end` says and is to be spoken in `_style`;
    `_after`, the pause or the new style behind it; `_read`, how many sentences, pauses and changes of style were read.
    """

    def __init__(self, language: str, position: Position = BEGINNING, pronunciations: Lexicon = NO_LEXICON) -> None:
        """language: BCP 47, lower case; it chooses the rules that make written forms spoken. position: where another
        reader was, which this one continues when it is fed the same text from the beginning. pronunciations: the
        client's, which go before the operator's."""
        self._language = language
        self._fed = FedText(language, pronunciations)
        self._read = position.read
        self._text, self._end, self._style, self._after = position.text, position.end, position.style, position.after
        self._pieces = self._read_pieces(position.read)

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
        return Position(self._read, self._text, self._end, self._style, self._after)

    def feed(self, text: str) -> None:
        """Add text. It is parsed at once: what is counted is what is spoken. Some 10 ms for 50,000 characters."""
        self._fed.feed(text)

    def feed_marks(self, marks: Iterable[Mark]) -> None:
        """Add marks that another parser has made of text. They end a sentence."""
        self._fed.feed_marks(marks)

    def finish(self) -> None:
        """Say that no more text comes."""
        self._fed.finish()

    def next(self, target: int, limit: int) -> Passage | Pause | NotYet | None:
        """The next passage of about `target` and never more than `limit` characters, or a pause; None at the end.

        Whole sentences are gathered, but none beyond a paragraph's end or a change of style; a long one is cut at a
        clause or a word.
        """
        while True:
            if missing := self._gather(round(min(limit, target) * (1 + TOLERANCE)) + 1):
                return missing
            if self._text:
                head, rest = split_near(self._text, target, limit, self._language)
                self._text = rest if _speakable(rest) else ""
                if _speakable(head):
                    return Passage(head, self._boundary(head, rest) if self._text else self._end, self._style)
            else:
                after, self._after = self._after, None
                if not isinstance(after, Style):
                    return after
                self._style = after

    def _gather(self, length: int) -> NotYet | None:
        """Read sentences until `length` characters are here, or what ends a passage stands behind them. Returns why
        there are fewer."""
        while self._after is None and len(self._text) < length and not (self._text and self._end is Boundary.PARAGRAPH):
            self._read, piece = next(self._pieces, (self._read, None))
            if piece is None or isinstance(piece, NotYet):
                return piece
            if isinstance(piece, Passage):
                self._text = f"{self._text} {piece.text}".strip()
                self._end = piece.boundary
            else:
                self._after = piece
        return None

    def _boundary(self, head: str, rest: str) -> Boundary:
        if ends_sentence(head, self._language, rest):
            return Boundary.SENTENCE
        return Boundary.CLAUSE if ends_clause(head) else Boundary.WORD

    def _read_pieces(self, skipped: int) -> Iterator[tuple[int, Passage | Pause | Style | NotYet]]:
        """Sentences as spoken text, of any length, pauses and styles, each with how many were looked at by then. A
        passage without text only marks a paragraph's end. The first `skipped` are passed over, at next to no cost."""
        silent = read = 0
        for written in self._fed.sentences():
            if isinstance(written, NeedsText):
                yield max(read, skipped), NotYet(needs_text=True)
                continue
            read += 1
            if read <= skipped:
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

    def _passage(self, sentence: str) -> Passage:
        """The sentence as spoken text, none if nothing in it can be spoken."""
        text = " ".join(normalize(sentence, self._language).split())
        after = sentence[len(sentence.rstrip()) :]
        if "\n\n" in after:
            boundary = Boundary.PARAGRAPH
        else:
            ended = after.endswith("\n") or ends_sentence(text, self._language)
            boundary = Boundary.SENTENCE if ended else Boundary.WORD
        if not _speakable(text):
            return Passage("", boundary)
        if boundary is Boundary.SENTENCE and not (ends_sentence(text, self._language) or ends_clause(text)):
            text += "."  # a line that stands alone is gathered with the next one; the voice falls between them
        return Passage(text, boundary)


def _speakable(text: str) -> bool:
    return any(map(str.isalnum, text))
