"""How long passages are: what an engine speaks best, within what it takes and what a segment may have."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speechd.engines.tone import ToneEngine
from speechd.speech.passage_sizes import CHARACTERS_PER_S, ENOUGH, FIRST, LONGEST, MOST, WHOLE_SHARE, Pace, sizes_of

ENGINE = ToneEngine()
LENGTH = ENGINE.passage_length
ENGLISH = Pace(CHARACTERS_PER_S)


@pytest.mark.parametrize(("is_first", "enough"), [(True, FIRST), (False, ENOUGH)])
def test_first_passage_is_enough_sooner_than_others(is_first: bool, enough: float) -> None:
    sizes = sizes_of(ENGINE, ENGLISH, math.inf, is_first=is_first)
    assert (sizes.enough, sizes.most, sizes.limit) == tuple(round(share * LENGTH) for share in (enough, MOST, LONGEST))


def test_script_with_many_tokens_in_a_character_has_as_many_tokens() -> None:
    dense = sizes_of(ENGINE, ENGLISH._replace(tokens_per_character=2.0), math.inf, is_first=False)
    usual = sizes_of(ENGINE, ENGLISH, math.inf, is_first=False)
    assert (2 * dense.enough, 2 * dense.most, 2 * dense.limit) == (usual.enough, usual.most, usual.limit)
    assert dense.tokens == usual.tokens


@pytest.mark.parametrize("characters_per_s", [CHARACTERS_PER_S / 4, CHARACTERS_PER_S])
def test_slow_speech_has_fewer_characters_where_there_is_a_limit(characters_per_s: float) -> None:
    sizes = sizes_of(ENGINE, Pace(characters_per_s), 5.0, is_first=False)
    assert (sizes.segment_s, sizes.most) == (5.0, int(5.0 * characters_per_s))


@given(
    pace=st.builds(Pace, st.floats(0.1, 1000.0), st.floats(0.05, 20.0)),
    longest_s=st.floats(0.01, 1000.0) | st.just(math.inf),
    is_first=st.booleans(),
)
def test_sizes_are_in_order_and_within_their_limits(pace: Pace, longest_s: float, is_first: bool) -> None:
    sizes = sizes_of(ENGINE, pace, longest_s, is_first=is_first)
    assert 1 <= sizes.enough <= sizes.most <= sizes.limit <= ENGINE.passage_limit
    assert sizes.segment_s <= longest_s
    if math.isfinite(longest_s):
        assert sizes.segment_s <= WHOLE_SHARE * LENGTH / CHARACTERS_PER_S
        assert sizes.most == 1 or sizes.most <= sizes.segment_s * pace.characters_per_s
