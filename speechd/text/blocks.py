"""Marks as what a reader of passages looks at: blocks of sentences, and what stands between them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from speechd.text.markup.marks import Mark, Pause, Phonemes, Prosody, Tag, Text, Voice

Block = str | Pause | Voice | Prosody
"""One or more whole sentences, or what is between sentences."""


def blocks_of(marks: Iterable[Mark]) -> Iterator[Block]:
    """The blocks of these marks. A line break, a pause, a change of style and the last mark each end a sentence. A
    `Tag` is nothing."""
    block = ""
    for mark in marks:
        if isinstance(mark, Tag):
            continue
        if isinstance(mark, Text | Phonemes):
            block += mark.text if isinstance(mark, Text) else str(mark)
            if not block.endswith("\n"):
                continue
        if block:
            yield block
        block = ""
        if not isinstance(mark, Text | Phonemes):
            yield mark
    if block:
        yield block
