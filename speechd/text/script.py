"""Script: an utterance's text as passages to speak, made of it only as they are needed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from speechd.text.markup import Pause, parse
from speechd.text.normalize import normalize
from speechd.text.segment import TOLERANCE, ends_clause, ends_sentence, sentences, split_near


class Boundary(IntEnum):
    """How a passage ends; the greater, the longer the pause that fits after it."""

    WORD = 0
    CLAUSE = 1
    SENTENCE = 2
    PARAGRAPH = 3


@dataclass(frozen=True, slots=True)
class Passage:
    """Spoken text for one segment: stripped, with at least one letter or digit."""

    text: str
    boundary: Boundary


@dataclass(frozen=True, slots=True)
class Position:
    """How far a script is: pieces fetched, and of them what is not taken yet (text that ends as `end` says, and the
    pause after it)."""

    fetched: int = 0
    text: str = ""
    end: Boundary = Boundary.WORD
    pause: Pause | None = None


class Script:
    """The text of one utterance, consumed from its beginning; a sentence is normalised only when it is needed.

    Mutable state: `_text`, spoken text fetched but not taken, which ends as `_end` says; `_pause`, what follows it;
    `_fetched`, the pieces that all of that came from, and what was taken.
    """

    def __init__(self, input: str, language: str, position: Position = Position()) -> None:
        """language: BCP 47, lower case; it chooses the rules that make the written spoken. position: where another
        script of the same input was, which this one continues."""
        self._pieces = _pieces(input, language, position.fetched)
        self._fetched = position.fetched
        self._text, self._end, self._pause = position.text, position.end, position.pause

    @property
    def position(self) -> Position:
        """For a script that is to continue this one."""
        return Position(self._fetched, self._text, self._end, self._pause)

    def take(self, target: int, limit: int) -> Passage | Pause | None:
        """The next passage of about `target` and never more than `limit` characters, or a pause; None at the end.

        Whole sentences are gathered, but none beyond a paragraph's end; a long one is cut at a clause or a word.
        """
        while True:
            self._fill(round(min(limit, target) * (1 + TOLERANCE)) + 1)
            if not self._text:
                pause, self._pause = self._pause, None
                return pause
            head, rest = split_near(self._text, target, limit)
            self._text = rest if _speakable(rest) else ""
            if _speakable(head):
                return Passage(head, self._boundary(head, rest) if self._text else self._end)

    def _fill(self, length: int) -> None:
        """Fetch sentences until `length` characters are here, or a paragraph's end or a pause stands behind them."""
        while self._pause is None and len(self._text) < length and not (self._text and self._end is Boundary.PARAGRAPH):
            self._fetched, piece = next(self._pieces, (self._fetched, None))
            if piece is None:
                return
            if isinstance(piece, Pause):
                self._pause = piece
            else:
                self._text = f"{self._text} {piece.text}".strip()
                self._end = piece.boundary

    @staticmethod
    def _boundary(head: str, rest: str) -> Boundary:
        if ends_sentence(head, rest):
            return Boundary.SENTENCE
        return Boundary.CLAUSE if ends_clause(head) else Boundary.WORD


def _pieces(input: str, language: str, skipped: int) -> Iterator[tuple[int, Passage | Pause]]:
    """Sentences as spoken text, of any length, and pauses, each with how many of what was written it ends. A passage
    without text only marks a paragraph's end. The first `skipped` are passed over, and cost next to nothing."""
    for fetched, piece in enumerate(_written(input), 1):
        if fetched <= skipped:
            continue
        spoken = piece if isinstance(piece, Pause) else _spoken(piece, language)
        if spoken is not None:
            yield fetched, spoken


def _written(input: str) -> Iterator[str | Pause]:
    """Sentences with the white space after them, and pauses."""
    for block in parse(input):
        if isinstance(block, Pause):
            yield block
        else:
            yield from sentences(block)


def _spoken(sentence: str, language: str) -> Passage | None:
    text = " ".join(normalize(sentence, language).split())
    after = sentence[len(sentence.rstrip()) :]
    if "\n\n" in after:
        boundary = Boundary.PARAGRAPH
    else:
        boundary = Boundary.SENTENCE if after.endswith("\n") or ends_sentence(text) else Boundary.WORD
    if not _speakable(text):
        text = ""
    elif boundary is Boundary.SENTENCE and not (ends_sentence(text) or ends_clause(text)):
        text += "."  # a line that stands alone is gathered with the next one; the voice falls between them
    return Passage(text, boundary) if text or boundary is Boundary.PARAGRAPH else None


def _speakable(text: str) -> bool:
    return any(map(str.isalnum, text))
