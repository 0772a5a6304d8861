"""Text that is fed in pieces, as sentences: what a reader of passages reads from."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from speechd.text.blocks import Block, blocks_of
from speechd.text.lexicon import NO_LEXICON, Lexicon, installed
from speechd.text.live_text import Certain, LiveText, Sentence
from speechd.text.markup.document import DocumentReader
from speechd.text.markup.marks import NEUTRAL, Mark, Pause, Style
from speechd.text.sentences import sentences
from speechd.text.trace import Trace

PIECE: Final = 400
"""Characters of live text that are read at once, however many are fed: some milliseconds."""


@dataclass(frozen=True, slots=True)
class NeedsText:
    """The lack of a sentence: all that is fed and certain has been taken, and more may come."""


class Flushed(NamedTuple):
    """The end of all that was fed before the flush of this number: 0, 1, ..."""

    number: int


class FedText:
    """Parses text as it is fed, counts what is in it, and gives its sentences as they are asked for.

    pauses_s: seconds of all pauses together. letters: letters and digits to be spoken, before they are normalised. Both
    of what is fed and certain.
    """

    def __init__(self, language: str, pronunciations: Lexicon = NO_LEXICON, *, live: bool = False) -> None:
        """pronunciations: the client's; the operator's come after them. live: each sentence is certain as soon as
        nothing that may follow can change it; otherwise each paragraph, at the blank line behind it."""
        self._language = language
        self._pronunciations = pronunciations
        self._document = DocumentReader()
        self._live = LiveText(language) if live else None
        self._unread: deque[str | int | Flushed | None] = deque()  # of live text: text, breaks, flushes, the end
        self._blocks: deque[str | Sentence | Pause | Style | Flushed] = deque()
        self._style = NEUTRAL
        self._finished = False
        self._in_block = False  # more sentences of the block in hand follow
        self._pauses_s: list[float] = []
        self.letters = 0
        self.trace: Trace | None = None
        """Told of all live text."""

    @property
    def pauses_s(self) -> float:
        return math.fsum(self._pauses_s)  # a sum of rounded sums would drift

    @property
    def is_at_end(self) -> bool:
        """Whether all sentences there will be were given."""
        return self._finished and not self._blocks and not self._in_block

    def feed(self, text: str) -> None:
        """Add text."""
        if self._live is None:
            self.feed_marks(self._document.feed(text))
        else:
            self._unread += (text[start : start + PIECE] for start in range(0, len(text), PIECE))

    def finish(self) -> None:
        """Say that no more text comes."""
        if self._live is None:
            self.feed_marks(self._document.finish())
            self._finished = True
        else:
            self._unread.append(None)

    def break_off(self, at: int) -> None:
        """Of live text, make certain what was fed up to this character, which `clause_end` said then."""
        self._unread.append(at)

    def clause_end(self) -> int | None:
        """Of live text of which all sentences were taken, where it can be broken off; see `LiveText.clause_end`."""
        return self._live.clause_end() if self._live is not None else None

    def flush(self, number: int) -> None:
        """Of live text, make all certain that was fed; it ends with a `Flushed`."""
        self._unread.append(Flushed(number))

    def feed_marks(self, marks: Iterable[Mark]) -> None:
        """Add marks. A line break, a pause, a change of style and the last mark each end a sentence. A `Tag` is
        nothing."""
        for block in blocks_of(marks):
            self._add(block)

    def sentences(self) -> Iterator[str | Pause | Style | Flushed | NeedsText]:
        """Sentences with the white space after them, pauses, and each new style. They end only after `finish`."""
        language = self._language
        while True:
            while self._unread and not self._blocks:
                self._read_on()
            if self._finished and not self._blocks:
                return
            block = self._blocks.popleft() if self._blocks else NeedsText()
            if isinstance(block, Sentence):
                yield block.text
            elif isinstance(block, str):
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

    def _read_on(self) -> None:
        """Read a little more of what was fed of live text."""
        assert self._live is not None
        found: Iterable[Certain]
        match fed := self._unread.popleft():
            case str(text):
                found = self._live.feed(text)
            case Flushed():
                found = self._live.break_off(self._live.fed, goes_on=False)
            case int(at):
                found = self._live.break_off(at, goes_on=True)
            case None:
                found, self._finished = [self._live.finish()], True
        for certain in found:
            self._add_certain(certain)
        if isinstance(fed, Flushed):
            self._blocks.append(fed)

    def _add_certain(self, certain: Certain) -> None:
        for block in certain.blocks:
            self._add(block)
        if self.trace is not None:
            texts = [block.text if isinstance(block, Sentence) else block for block in certain.blocks]
            said = [text for text in texts if isinstance(text, str)]
            self.trace.add(said, certain.source, certain.start)

    def _add(self, block: Block | Sentence) -> None:
        match block:
            case Sentence(text) | str(text):
                self._blocks.append(block)
                self.letters += sum(map(str.isalnum, text))
            case Pause(duration_s):
                self._blocks.append(block)
                self._pauses_s.append(duration_s)
            case mark:
                style = self._style.after(mark)
                if style != self._style:
                    self._blocks.append(style)
                    self._style = style
