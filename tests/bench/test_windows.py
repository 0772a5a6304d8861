"""How the benchmark of windows cuts a text as it was cut before."""

from itertools import chain

from hypothesis import given
from hypothesis import strategies as st

from bench.windows import SEGMENTS, cut_at


@given(tokens=st.lists(st.integers(0, 4), max_size=300))
def test_text_is_cut_between_words_into_short_segments(tokens: list[int]) -> None:
    segments = cut_at(tokens, 0)
    assert [*chain.from_iterable(segments)] == tokens
    for index, segment in enumerate(segments[:-1]):
        assert segment[-1] == 0
        assert len(segment) >= SEGMENTS[min(index, 1)]
