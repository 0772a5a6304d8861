from __future__ import annotations

import pytest

from speechd.text.normalization.normalize import normalize


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("She lives at 12 Oak St. near the park", "She lives at twelve Oak Street near the park"),
        ("at 300 W. 34th Street", "at three hundred West thirty-fourth Street"),
        ("1420 Elm Street", "fourteen twenty Elm Street"),
        ("the Dr. knows Dr. Reed", "the doctor knows Doctor Reed"),
        ("Dr. and Mr. Poe", "Doctor and Mister Poe"),
        ("Salem, OR 97301", "Salem, Oregon nine seven three oh one"),
        ("Well, OK.", "Well, OK."),
        ("Hartford, Conn., is cold", "Hartford, Connecticut, is cold"),
        ("Mobile, Ala.", "Mobile, Alabama."),
        ("99 Rose Ln. NE", "ninety-nine Rose Lane Northeast"),
        ("St. Paul is on Paul St.", "Saint Paul is on Paul Street."),
        ("12 km NE of Izmir", "twelve kilometers northeast of Izmir"),
        ("10 Downing St. Mrs. May left", "ten Downing Street. Missus May left"),
        ("He lives on 5th St.", "He lives on fifth Street."),
        ("15 mi. SW of Erbil", "fifteen miles southwest of Erbil"),
    ],
)
def test_address_is_spoken(written: str, spoken: str) -> None:
    assert normalize(written, "en-us") == spoken
