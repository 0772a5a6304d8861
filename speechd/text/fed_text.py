"""Text that is fed in pieces, as sentences: what a reader of passages reads from."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from speechd.text.lexicon import NO_LEXICON, Lexicon, installed
from speechd.text.markup.document import DocumentReader
from speechd.text.markup.marks import NEUTRAL, Mark, Pause, Phonemes, Style, Tag, Text
from speechd.text.sentences import sentences


@dataclass(frozen=True, slots=True)
class NeedsText:
    """The lack of a sentence: all that is fed and certain has been taken, and more may come."""


class FedText:
    """Parses text as it is fed, counts what is in it, and gives its sentences as they are asked for.

    pauses_s: seconds of all pauses together. letters: letters and digits to be spoken, before they are normalised. Both
    of what is fed and certain.
    """

    def __init__(self, language: str, pronunciations: Lexicon = NO_LEXICON) -> None:
        """pronunciations: the client's; the operator's come after them."""
        self._language = language
        self._pronunciations = pronunciations
        self._document = DocumentReader()
        self._blocks: deque[str | Pause | Style] = deque()
        self._style = NEUTRAL
        self._finished = False
        self._in_block = False  # more sentences of the block in hand follow
        self._pauses_s: list[float] = []
        self.letters = 0

    @property
    def pauses_s(self) -> float:
        return math.fsum(self._pauses_s)  # a sum of rounded sums would drift

    @property
    def is_at_end(self) -> bool:
        """Whether all sentences there will be were given."""
        return self._finished and not self._blocks and not self._in_block

    def feed(self, text: str) -> None:
        """Add text."""
        self.feed_marks(self._document.feed(text))

    def finish(self) -> None:
        """Say that no more text comes."""
        self.feed_marks(self._document.finish())
        self._finished = True

    def feed_marks(self, marks: Iterable[Mark]) -> None:
        """Add marks. A line break, a pause, a change of style and the last mark each end a sentence. A `Tag` is
        nothing."""
        block = ""
        for mark in marks:
            if isinstance(mark, Tag):
                continue
            if isinstance(mark, Text | Phonemes):
                block += mark.text if isinstance(mark, Text) else str(mark)
                if not block.endswith("\n"):
                    continue
            self._add_text(block)
            block = ""
            if isinstance(mark, Pause):
                self._add_pause(mark)
            elif not isinstance(mark, Text | Phonemes):
                self._add_style(self._style.after(mark))
        self._add_text(block)

    def sentences(self) -> Iterator[str | Pause | Style | NeedsText]:
        """Sentences with the white space after them, pauses, and each new style. They end only after `finish`."""
        language = self._language
        while self._blocks or not self._finished:
            block = self._blocks.popleft() if self._blocks else NeedsText()
            if isinstance(block, str):
                yield from self._sentences(block, language)
            else:
                if isinstance(block, Style):
                    language = block.language or self._language
                yield block

    def _sentences(self, block: str, language: str) -> Iterator[str]:
        ahead: str | None = None
        for sentence in sentences(block, language):
            if ahead is not None:
                self._in_block = True
                yield ahead
            ahead = sentence
        self._in_block = False
        if ahead is not None:
            yield ahead

    def blocks(self) -> list[str]:
        """The blocks of sentences that are not taken yet: joined, those are they."""
        return [block for block in self._blocks if isinstance(block, str)]

    def pronounced(self, sentence: str, language: str) -> str:
        """A sentence with the pronunciations that the client and the operator give."""
        for lexicon in filter(None, (self._pronunciations, installed(language))):
            sentence = lexicon.apply(sentence)
        return sentence

    def _add_text(self, block: str) -> None:
        if block:
            self._blocks.append(block)
            self.letters += sum(map(str.isalnum, block))

    def _add_pause(self, pause: Pause) -> None:
        self._blocks.append(pause)
        self._pauses_s.append(pause.duration_s)

    def _add_style(self, style: Style) -> None:
        if style != self._style:
            self._blocks.append(style)
            self._style = style
