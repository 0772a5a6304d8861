"""The trace of spoken text to the input: kept beside a reader of passages, and only where it was asked for."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from functools import cached_property

from speechd.text.spans import SourceMap, Span, before, shifted, spoken_spans


class Trace:
    """Follows what a reader of passages does with its text.

    spans: the words of the spoken text that it has and has not returned, with their places in the input. reached: where
    the last word of that text begins there.
    """

    def __init__(self, spans: tuple[Span, ...] = (), reached: int = 0) -> None:
        """spans, reached: those of another trace, which this one continues."""
        self.spans, self.reached = spans, reached
        self._sources: deque[_Source] = deque()
        self._added = 0  # characters of all blocks
        self._offset = 0  # those that were looked at

    def add(self, blocks: Sequence[str], input: str, start: int = 0) -> None:
        """Add text. blocks: its sentences, in blocks of which no word goes on in the next. input: what they were made
        of; start: where that begins in all of the input."""
        length = sum(map(len, blocks))
        if length:
            self._sources.append(_Source(self._added, blocks, input, start))
            self._added += length

    def passed_over(self, written: str) -> None:
        """Note that the reader has looked at this sentence, and left it."""
        self._offset += len(written)

    def read(self, written: str, spoken: str, normalize: Callable[[str], str]) -> tuple[Span, ...]:
        """The words of the next sentence, which `normalize` has made `spoken`."""
        while len(self._sources) > 1 and self._sources[1].offset <= self._offset:
            self._sources.popleft()
        words = self._sources[0].words(self._offset, written)
        spans = spoken_spans(written, words, spoken, normalize, self.reached)
        self._offset += len(written)
        return spans

    def gathered(self, spans: tuple[Span, ...], start: int) -> None:
        """Note that these words were added to the text, from its character `start` on."""
        self.spans += shifted(spans, start)
        if spans:
            self.reached = spans[-1].source_start

    def cut(self, head: str, length: int, rest: str) -> tuple[Span, ...]:
        """The words of `head`, which was cut from a text of so many characters; `rest`, its end, is left."""
        taken, self.spans = before(self.spans, len(head)), shifted(self.spans, len(rest) - length)
        return taken


class _Source:
    """Sentences, the part of the input that they were made of, and where in that their words stand.

    offset: of the sentences among all.
    """

    def __init__(self, offset: int, blocks: Sequence[str], input: str, start: int) -> None:
        self.offset = offset
        self._blocks, self._input, self._start = blocks, input, start

    def words(self, offset: int, written: str) -> list[Span]:
        """The words of a sentence at this offset among all, with their places in all of the input."""
        by = self._start
        return [
            Span(start, stop, source_start + by, source_stop + by)
            for start, stop, source_start, source_stop in self._map.of(offset - self.offset, written)
        ]

    @cached_property
    def _map(self) -> SourceMap:
        return SourceMap(self._blocks, self._input)
