"""The trace of spoken text to the input: kept beside a reader of passages, and only where it was asked for."""

from __future__ import annotations

from collections.abc import Callable

from speechd.text.spans import SourceMap, Span, before, shifted, spoken_spans


class Trace:
    """Follows what a reader of passages does with its text.

    spans: the words of the spoken text that it has and has not returned, with their places in the input.
    """

    def __init__(self, input: str, document: str, spans: tuple[Span, ...] = ()) -> None:
        """document: all sentences of the input, joined. spans: where another trace was, which this one continues."""
        self.spans = spans
        self._map = SourceMap(document, input)
        self._offset = 0

    def passed_over(self, written: str) -> None:
        """Note that the reader has looked at this sentence, and left it."""
        self._offset += len(written)

    def read(self, written: str, spoken: str, normalize: Callable[[str], str]) -> tuple[Span, ...]:
        """The words of the next sentence, which `normalize` has made `spoken`."""
        spans = self._map.of(self._offset, written)
        self._offset += len(written)
        return spoken_spans(written, spans, spoken, normalize)

    def gathered(self, spans: tuple[Span, ...], start: int) -> None:
        """Note that these words were added to the text, from its character `start` on."""
        self.spans += shifted(spans, start)

    def cut(self, head: str, length: int, rest: str) -> tuple[Span, ...]:
        """The words of `head`, which was cut from a text of so many characters; `rest`, its end, is left."""
        taken, self.spans = before(self.spans, len(head)), shifted(self.spans, len(rest) - length)
        return taken
