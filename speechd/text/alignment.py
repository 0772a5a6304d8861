"""The alignment of two sequences: which items of one are which of the other, and what lies between.

As patience diff does it (B. Cohen): items that occur once on each side are anchors, as far as they stand in the same
order, and what lies between two anchors is aligned in turn. Small rests are aligned exactly. All of it takes little
more than linear time, whatever the items.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

EXACT_PAIRS: Final = 1024
"""Pairs of items that are compared at most to align a rest without anchors: 32 by 32, some 0.2 ms."""

MAX_DEPTH: Final = 16
"""How often what lies between anchors is aligned in turn. Each time it is a part of what it was."""

Pair = tuple[int, int]
"""The indices of equal items, one of each sequence."""

Range = tuple[int, int]
"""The first index, and the one behind the last."""


class Block(NamedTuple):
    """Items of two sequences that lie between the same anchors: `one[one_start:one_stop]` is all that
    `other[other_start:other_stop]` may be."""

    one_start: int
    one_stop: int
    other_start: int
    other_stop: int


def matches(one: Sequence[Hashable], other: Sequence[Hashable]) -> list[Pair]:
    """Pairs of equal items, rising in both sequences."""
    found: list[Pair] = []
    waiting = [(Block(0, len(one), 0, len(other)), 0)]
    while waiting:
        block, depth = waiting.pop()
        block = _without_ends(one, other, block, found)
        if block.one_start == block.one_stop or block.other_start == block.other_stop:
            continue
        anchors = _anchors(one, other, block) if depth < MAX_DEPTH else []
        if anchors:
            found += anchors
            waiting += [(between, depth + 1) for between in _between(anchors, block)]
        elif (block.one_stop - block.one_start) * (block.other_stop - block.other_start) <= EXACT_PAIRS:
            found += _longest_common(one, other, block)
    return sorted(found)


def blocks(pairs: Sequence[Pair], one: int, other: int) -> Iterator[Block]:
    """What lies between the pairs of sequences of these lengths: blocks that have at least one item."""
    for block in _between(pairs, Block(0, one, 0, other)):
        if block.one_start < block.one_stop or block.other_start < block.other_stop:
            yield block


def assignment(
    targets: Sequence[Hashable],
    sources: Sequence[Hashable],
    refine: Callable[[Block], Sequence[Range] | None] | None = None,
) -> list[Range]:
    """Which sources each target is of: a range of their indices, which is empty where there is none. The beginnings and
    the ends of the ranges never fall.

    Equal items are each other's. Between them, as many targets as sources are one each; otherwise all are of all.
    refine: what is known better of a block of targets and sources, if anything.
    """
    pairs = matches(targets, sources)
    ranges: list[Range] = [(0, 0)] * len(targets)
    for target, source in pairs:
        ranges[target] = source, source + 1
    for block in blocks(pairs, len(targets), len(sources)):
        spread = _spread(block, refine) if block.one_start < block.one_stop else []
        ranges[block.one_start : block.one_stop] = spread
    return ranges


def _spread(block: Block, refine: Callable[[Block], Sequence[Range] | None] | None) -> Sequence[Range]:
    targets, sources = block.one_stop - block.one_start, block.other_stop - block.other_start
    if targets == sources:
        return [(index, index + 1) for index in range(block.other_start, block.other_stop)]
    refined = refine(block) if refine is not None and sources > 1 else None
    return refined or [(block.other_start, block.other_stop)] * targets


def _without_ends(one: Sequence[Hashable], other: Sequence[Hashable], block: Block, found: list[Pair]) -> Block:
    """The block without equal items at its beginning and its end, which are added to `found`."""
    start, stop, other_start, other_stop = block
    while start < stop and other_start < other_stop and one[start] == other[other_start]:
        found.append((start, other_start))
        start, other_start = start + 1, other_start + 1
    while start < stop and other_start < other_stop and one[stop - 1] == other[other_stop - 1]:
        stop, other_stop = stop - 1, other_stop - 1
        found.append((stop, other_stop))
    return Block(start, stop, other_start, other_stop)


def _between(pairs: Sequence[Pair], block: Block) -> Iterator[Block]:
    ends = [(block.one_start - 1, block.other_start - 1), *pairs, (block.one_stop, block.other_stop)]
    for (one, other), (next_one, next_other) in pairwise(ends):
        yield Block(one + 1, next_one, other + 1, next_other)


def _anchors(one: Sequence[Hashable], other: Sequence[Hashable], block: Block) -> list[Pair]:
    """Items that occur once on each side, as many as stand in the same order."""
    start, stop, other_start, other_stop = block
    counts = Counter(other[other_start:other_stop])
    places = {other[at]: at for at in range(other_start, other_stop) if counts[other[at]] == 1}
    own = Counter(one[start:stop])
    pairs = [(at, places[one[at]]) for at in range(start, stop) if own[one[at]] == 1 and one[at] in places]
    return _rising(pairs)


def _rising(pairs: Sequence[Pair]) -> list[Pair]:
    """The longest part of the pairs, which rise in their first member, that rises in the second as well."""
    ends: list[int] = []  # the least last member of a rising part of each length
    last: list[int] = []  # the index of the pair with it
    before: list[int] = []
    for index, (_, place) in enumerate(pairs):
        length = bisect_left(ends, place)
        before.append(last[length - 1] if length else -1)
        ends[length : length + 1] = [place]
        last[length : length + 1] = [index]
    index = last[-1] if last else -1
    rising: list[Pair] = []
    while index >= 0:
        rising.append(pairs[index])
        index = before[index]
    return rising[::-1]


def _longest_common(one: Sequence[Hashable], other: Sequence[Hashable], block: Block) -> list[Pair]:
    """A longest common subsequence of the block, by dynamic programming."""
    start, stop, other_start, other_stop = block
    width = other_stop - other_start
    lengths = [[0] * (width + 1)]
    for at in range(stop - 1, start - 1, -1):
        below = lengths[-1]
        row = [0] * (width + 1)
        for column in range(width - 1, -1, -1):
            equal = one[at] == other[other_start + column]
            row[column] = below[column + 1] + 1 if equal else max(below[column], row[column + 1])
        lengths.append(row)
    lengths.reverse()
    pairs: list[Pair] = []
    row_index = column = 0
    while row_index < stop - start and column < width:
        if one[start + row_index] == other[other_start + column]:
            pairs.append((start + row_index, other_start + column))
            row_index, column = row_index + 1, column + 1
        elif lengths[row_index + 1][column] >= lengths[row_index][column + 1]:
            row_index += 1
        else:
            column += 1
    return pairs
