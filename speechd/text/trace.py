"""The trace of spoken text to the input: kept beside a reader of passages, and only where it was asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from speechd.text.spans import SourceMap, Span, before, shifted, spoken_spans


class Trace:
    """Follows what a reader of passages does with its text.

    spans: the words of the spoken text that it has and has not returned, with their places in the input. reached: where
    the last word of that text begins there.
    """

    def __init__(self, input: str, blocks: Sequence[str], spans: tuple[Span, ...] = (), reached: int = 0) -> None:
        """blocks: all sentences of the input, in blocks of which no word goes on in the next. spans, reached: those of
        another trace, which this one continues."""
        self.spans, self.reached = spans, reached
        self._map = SourceMap(blocks, input)
        self._offset = 0

    def passed_over(self, written: str) -> None:
        """Note that the reader has looked at this sentence, and left it."""
        self._offset += len(written)

    def read(self, written: str, spoken: str, normalize: Callable[[str], str]) -> tuple[Span, ...]:
        """The words of the next sentence, which `normalize` has made `spoken`."""
        spans = spoken_spans(written, self._map.of(self._offset, written), spoken, normalize, self.reached)
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
