"""Script: an utterance's text as passages to speak, made of it only as they are needed."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from speechd.text.markup import Pause, parse
from speechd.text.normalization.normalize import normalize
from speechd.text.sentences import TOLERANCE, ends_clause, ends_sentence, sentences, split_near

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
    """Spoken text for one segment: stripped, with at least one letter or digit."""

    text: str
    boundary: Boundary


@dataclass(frozen=True, slots=True)
class NotYet:
    """So much text held nothing to speak that others are to go first: ask again."""


@dataclass(frozen=True, slots=True)
class Position:
    """How far a script is. fetched: sentences and pauses that it has looked at; text, end, pause: what of them is not
    taken yet, as in `PassageReader`."""

    fetched: int = 0
    text: str = ""
    end: Boundary = Boundary.WORD
    pause: Pause | None = None


BEGINNING: Final = Position()


class PassageReader:
    """The text of one utterance, consumed from its beginning; a sentence is normalised only when it is needed.

    pauses_s: seconds of all pauses together. letters: letters and digits to be spoken, before they are normalised.
    Mutable state: `_text`, spoken text fetched but not taken, which ends as `_end` says; `_pause`, what follows it;
    `_fetched`, how many sentences and pauses all of that, and what was taken, came from.
    """

    def __init__(self, input: str, language: str, position: Position = BEGINNING) -> None:
        """language: BCP 47, lower case; it chooses the rules that make the written spoken. position: where another
        script of the same input was, which this one continues."""
        # At once, and once: what is counted here is what is spoken later. Some 10 ms for 50,000 characters.
        blocks = list(parse(input))
        self.pauses_s = math.fsum(block.duration_s for block in blocks if isinstance(block, Pause))
        self.letters = sum(sum(map(str.isalnum, block)) for block in blocks if isinstance(block, str))
        self._pieces = _pieces(blocks, language, position.fetched)
        self._fetched = position.fetched
        self._text, self._end, self._pause = position.text, position.end, position.pause

    @property
    def position(self) -> Position:
        """For a script that is to continue this one."""
        return Position(self._fetched, self._text, self._end, self._pause)

    def take(self, target: int, limit: int) -> Passage | Pause | NotYet | None:
        """The next passage of about `target` and never more than `limit` characters, or a pause; None at the end.

        Whole sentences are gathered, but none beyond a paragraph's end; a long one is cut at a clause or a word.
        """
        while True:
            if not self._fill(round(min(limit, target) * (1 + TOLERANCE)) + 1):
                return NotYet()
            if not self._text:
                pause, self._pause = self._pause, None
                return pause
            head, rest = split_near(self._text, target, limit)
            self._text = rest if _speakable(rest) else ""
            if _speakable(head):
                return Passage(head, self._boundary(head, rest) if self._text else self._end)

    def _fill(self, length: int) -> bool:
        """Fetch sentences until `length` characters are here, or a paragraph's end or a pause stands behind them.

        False: not all of them, for so much was fetched that is not spoken; a further call goes on.
        """
        while self._pause is None and len(self._text) < length and not (self._text and self._end is Boundary.PARAGRAPH):
            self._fetched, piece = next(self._pieces, (self._fetched, None))
            if piece is None:
                break
            if isinstance(piece, NotYet):
                return False
            if isinstance(piece, Pause):
                self._pause = piece
            else:
                self._text = f"{self._text} {piece.text}".strip()
                self._end = piece.boundary
        return True

    @staticmethod
    def _boundary(head: str, rest: str) -> Boundary:
        if ends_sentence(head, rest):
            return Boundary.SENTENCE
        return Boundary.CLAUSE if ends_clause(head) else Boundary.WORD


def _pieces(
    blocks: Iterable[str | Pause], language: str, skipped: int
) -> Iterator[tuple[int, Passage | Pause | NotYet]]:
    """Sentences as spoken text, of any length, and pauses, each with how many were looked at by then. A passage without
    text only marks a paragraph's end. The first `skipped` are passed over, and cost next to nothing."""
    silent = 0
    for fetched, written in enumerate(_written(blocks), 1):
        if fetched <= skipped:
            continue
        if isinstance(written, Pause):
            yield fetched, written
            continue
        piece = _piece(written, language)
        silent = 0 if piece.text else silent + max(SILENT_SENTENCE, len(written))
        if piece.text or piece.boundary is Boundary.PARAGRAPH:
            yield fetched, piece
        if silent >= SILENT_LENGTH:
            silent = 0
            yield fetched, NotYet()


def _written(blocks: Iterable[str | Pause]) -> Iterator[str | Pause]:
    """Sentences with the white space after them, and pauses."""
    for block in blocks:
        if isinstance(block, Pause):
            yield block
        else:
            yield from sentences(block)


def _piece(sentence: str, language: str) -> Passage:
    """The sentence as spoken text, none if nothing in it can be spoken."""
    text = " ".join(normalize(sentence, language).split())
    after = sentence[len(sentence.rstrip()) :]
    if "\n\n" in after:
        boundary = Boundary.PARAGRAPH
    else:
        boundary = Boundary.SENTENCE if after.endswith("\n") or ends_sentence(text) else Boundary.WORD
    if not _speakable(text):
        return Passage("", boundary)
    if boundary is Boundary.SENTENCE and not (ends_sentence(text) or ends_clause(text)):
        text += "."  # a line that stands alone is gathered with the next one; the voice falls between them
    return Passage(text, boundary)


def _speakable(text: str) -> bool:
    return any(map(str.isalnum, text))
