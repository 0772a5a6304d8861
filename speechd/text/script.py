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


class Script:
    """The text of one utterance, consumed from its beginning; a sentence is normalised only when it is needed.

    Mutable state: `_text`, spoken text fetched but not taken, which ends as `_end` says; `_pause`, what follows it.
    """

    def __init__(self, input: str, language: str) -> None:
        """language: BCP 47, lower case; it chooses the rules that make the written spoken."""
        self._pieces = _pieces(input, language)
        self._text = ""
        self._end = Boundary.WORD
        self._pause: Pause | None = None

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
            piece = next(self._pieces, None)
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


def _pieces(input: str, language: str) -> Iterator[Passage | Pause]:
    """Sentences as spoken text, of any length, and pauses. A passage without text only marks a paragraph's end."""
    for block in parse(input):
        if isinstance(block, Pause):
            yield block
            continue
        for sentence in sentences(block):
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
            if text or boundary is Boundary.PARAGRAPH:
                yield Passage(text, boundary)


def _speakable(text: str) -> bool:
    return any(map(str.isalnum, text))
