"""Text into sentences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from speechd.text.boundaries import sentence_starts
from speechd.text.cuts import pieces

SENTENCE_LIMIT: Final = 1000
"""Characters. A longer "sentence" (text without punctuation) is cut at a clause or white space."""


def sentences(text: str, language: str) -> Iterator[str]:
    """The sentences of `text`, lazily, each with the white space after it: joined they are `text` itself.

    A line break ends a sentence. None is longer than `SENTENCE_LIMIT`.
    """
    start = 0
    for end in sentence_starts(text, language):
        yield from pieces(text[start:end], SENTENCE_LIMIT, language)
        start = end
    yield from pieces(text[start:], SENTENCE_LIMIT, language)
