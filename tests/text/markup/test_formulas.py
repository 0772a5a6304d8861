from __future__ import annotations

import pytest

from speechd.text.markup.formulas import FORMULA, on_one_line


@pytest.mark.parametrize(
    "formula", [r"$x_1$", "$2n$", "$f(x)$", "$$\na = b\n$$", r"\(a^2\)", "\\[\nx = \\frac{1}{2}\n\\]"]
)
def test_formula_is_found_whole(formula: str) -> None:
    match = FORMULA.search(f"so {formula} holds")
    assert match is not None
    assert match[0] == formula


@pytest.mark.parametrize("text", ["$5 and $6", "US$20 in a US$", "$5m-$10m", "costs $ or $$", "$\n\n$$ a"])
def test_money_is_no_formula(text: str) -> None:
    assert FORMULA.search(text) is None


def test_displayed_formula_is_put_on_one_line() -> None:
    assert on_one_line("a\n\\[\nx\n\\]\nb") == "a\n\\[ x \\]\nb"
