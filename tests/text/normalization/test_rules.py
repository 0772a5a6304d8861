from __future__ import annotations

import pytest

from speechd.languages.table import LANGUAGES
from speechd.text.normalization.rules import apply, either, rule
from speechd.text.normalization.verbalizer import Verbalizer

AMERICAN = Verbalizer(LANGUAGES["en-us"])


def test_rules_are_applied_in_order() -> None:
    rules = (rule(r"\bb\b", "5"), rule(r"\d", lambda match, verbalizer: verbalizer.number(match[0]), hint="5"))
    assert apply(rules, "a b", AMERICAN) == "a five"


def test_rule_is_not_searched_for_without_its_hint() -> None:
    assert apply((rule(r"\d", "x", hint="5"),), "4", AMERICAN) == "4"


def test_template_refers_to_groups() -> None:
    assert apply((rule(r"(\w)=(\w)", r"\2=\1"),), "a=b", AMERICAN) == "b=a"


@pytest.mark.parametrize(("text", "rest"), [("km/h", ""), ("km", ""), ("x.y", ""), ("xay", "xay")])
def test_longest_word_is_found_first_and_literally(text: str, rest: str) -> None:
    assert apply((rule(either(["k", "km", "km/h", "x.y"]), ""),), text, AMERICAN) == rest
