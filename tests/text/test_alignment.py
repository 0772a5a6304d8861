from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speechd.text.alignment import EXACT_PAIRS, assignment, matches

sequences = st.text("abcde ", max_size=40)


@settings(deadline=None)
@given(sequences, sequences)
def test_pairs_are_equal_and_rise_on_both_sides(one: str, other: str) -> None:
    pairs = matches(one, other)
    assert all(one[left] == other[right] for left, right in pairs)
    assert all(before[0] < after[0] and before[1] < after[1] for before, after in pairwise(pairs))


@settings(deadline=None)
@given(sequences)
def test_equal_sequences_are_paired_whole(text: str) -> None:
    assert matches(text, text) == [(index, index) for index in range(len(text))]


@settings(deadline=None)
@given(sequences, sequences)
def test_every_target_has_sources_in_order_and_within(targets: str, sources: str) -> None:
    ranges = assignment(targets, sources)
    assert len(ranges) == len(targets)
    assert all(0 <= start <= stop <= len(sources) for start, stop in ranges)
    assert ranges == sorted(ranges)
    assert [stop for _, stop in ranges] == sorted(stop for _, stop in ranges)


@settings(deadline=None)
@given(sequences)
def test_no_source_is_lost_between_targets(text: str) -> None:
    """What is deleted or replaced on the way belongs to what stands there, or lies between two that are equal."""
    ranges = assignment([*text, "x"], [*text, "y", "z"])
    assert ranges[-1] == (len(text), len(text) + 2)


@pytest.mark.parametrize(
    ("targets", "sources", "ranges"),
    [
        ("it costs five dollars now", "it costs $5 now", [(0, 1), (1, 2), (2, 3), (2, 3), (3, 4)]),
        ("a b", "a x y b", [(0, 1), (3, 4)]),
        ("a new b", "a b", [(0, 1), (1, 1), (1, 2)]),
        ("one two three", "1 2 3", [(0, 1), (1, 2), (2, 3)]),
        ("", "a", []),
        ("a", "", [(0, 0)]),
    ],
)
def test_what_lies_between_equal_words_is_of_what_lies_there(
    targets: str, sources: str, ranges: list[tuple[int, int]]
) -> None:
    assert assignment(targets.split(), sources.split()) == ranges


@pytest.mark.parametrize("text", ["ab" * 3000, "".join(f"{index} " for index in range(3000)), "a" * 6000])
def test_time_grows_with_length_and_not_with_its_square(text: str) -> None:
    """In comparisons, not in seconds: of a square there would be millions."""
    compared = 0

    class Item(str):
        __slots__ = ()

        def __eq__(self, other: object) -> bool:
            nonlocal compared
            compared += 1
            return str.__eq__(self, other)

        __hash__ = str.__hash__

    items = [Item(character) for character in text]
    changed = [Item("x"), *items[: len(items) // 2], Item("y"), *reversed(items[len(items) // 2 :])]
    matches(items, changed)
    assert compared < 100 * len(text) + EXACT_PAIRS * 10
