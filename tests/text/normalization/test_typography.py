from __future__ import annotations

import pytest

from speechd.text.normalization.typography import remove_unspoken, unify


@pytest.mark.parametrize(
    ("written", "unified"),
    [
        ("“Smart” ‘quotes’", "\"Smart\" 'quotes'"),
        ("a―b -- c --- d", "a—b — c — d"),
        ("ＦＵＬＬ １２ café ﬁ", "FULL 12 café fi"),
        ("٣ १२ ①", "3 12 1"),
        ("so.... no. . . yes", "so… no… yes"),
        ("5 μg, μ is", "5 µg, μ is"),
        ("a\u00a0b\u200bc\ud800", "a bc"),
        ("𝐀 ℃ x²", "A °C x²"),
    ],
)
def test_what_can_be_typed_in_several_forms_gets_one(written: str, unified: str) -> None:
    assert unify(written) == unified


@pytest.mark.parametrize(
    ("text", "rest"), [("*** stars ***", " stars "), ("a – b", "a — b"), ("a–b", "a-b"), ("so  , no", "so, no")]
)
def test_signs_without_a_word_go(text: str, rest: str) -> None:
    assert remove_unspoken(text) == rest
