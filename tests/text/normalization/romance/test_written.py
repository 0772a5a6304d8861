from __future__ import annotations

import re

import pytest

from speechd.text.normalization.romance.written import NUMBER, value


@pytest.mark.parametrize(
    ("written", "decimal"),
    [
        ("7.654.321", "7654321"),
        ("7 654,5", "7654.5"),
        ("7,654.5", "7654.5"),
        ("7,654,321", "7654321"),
        ("7,65", "7.65"),
        ("7.65", "7.65"),
        ("0.125", "0.125"),
        ("-3,5", "-3.5"),
        ("7,654", "7.654"),
        ("007", "007"),
    ],
)
def test_separators_of_both_worlds(written: str, decimal: str) -> None:
    assert value(written) == decimal


@pytest.mark.parametrize(("written", "decimal"), [("750,000", "750000"), ("2,500", "2500"), ("0,500", "0.500")])
def test_comma_of_round_thousands(written: str, decimal: str) -> None:
    assert value(written, thousands_comma=True) == decimal


@pytest.mark.parametrize("text", ["20. Y", "20, y", "1.50. ", "3 000. "])
def test_number_ends_before_the_stop(text: str) -> None:
    found = re.match(NUMBER, text)
    assert found is not None
    assert found[0] == text.rstrip(" Yy").rstrip(".,")
