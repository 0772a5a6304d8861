from __future__ import annotations

import pytest

from speechd.text.normalization.normalize import normalize


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("in 1905", "in nineteen oh five"),
        ("2007, 1984, 1900", "two thousand seven, nineteen eighty-four, nineteen hundred"),
        ("in 1500 people", "in fifteen hundred people"),
        ("for 1500 people", "for one thousand five hundred people"),
        ("the 1990s, mid-1990s, the '90s", "the nineteen nineties, mid-nineteen nineties, the nineties"),
        ("1800-1850", "eighteen hundred to eighteen fifty"),
        ("1914–1918, 1914-18", "nineteen fourteen to nineteen eighteen, nineteen fourteen to eighteen"),
        ("44 BC, AD 70", "forty-four B.C, A.D seventy"),
        ("born in '52", "born in fifty-two"),
        ("June 30–July 2", "June thirtieth to July second"),
        ("Mon 1/20–Fri 1/24", "Monday January twentieth to Friday January twenty-fourth"),
        ("5-Jun-2020", "the fifth of June, twenty twenty"),
        (
            "the 2019/20 season, (EU) 2016/679",
            "the twenty nineteen twenty season, (EU) twenty sixteen slash six hundred seventy-nine",
        ),
        ("at 0915 GMT", "at oh nine fifteen GMT"),
        ("week of 12/1", "week of December first"),
    ],
)
def test_year_is_spoken(written: str, spoken: str) -> None:
    assert normalize(written, "en-us") == spoken


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("2024-03-03", "March third, twenty twenty-four"),
        ("2024-03-03T07:05:00Z", "March third, twenty twenty-four, seven oh five and zero seconds"),
        ("March 3rd, 2024", "March third, twenty twenty-four"),
        ("Jan. 5", "January fifth"),
        ("12 May 1905", "the twelfth of May, nineteen oh five"),
        ("on the 12th of May", "on the twelfth of May"),
        ("March 2024", "March twenty twenty-four"),
        ("1/2/2024", "January second, twenty twenty-four"),
        ("31/12/2024", "December thirty-first, twenty twenty-four"),
        ("01/15/25", "January fifteenth, twenty twenty-five"),
        ("on 12/25 at home", "on December twenty-fifth at home"),
        ("04.07.2021, 2020/11/30", "July fourth, twenty twenty-one, November thirtieth, twenty twenty"),
        ("MAR 3 2019", "March third, twenty nineteen"),
        ("9th june,2001", "the ninth of June, two thousand one"),
        ("in May of 1999", "in May of nineteen ninety-nine"),
        ("99/99/2024", "ninety-nine over ninety-nine over twenty twenty-four"),
    ],
)
def test_date_is_spoken(written: str, spoken: str) -> None:
    assert normalize(written, "en-us") == spoken


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("3:30pm", "three thirty P.M."),
        ("3 p.m. sharp", "three P.M. sharp"),
        ("15:45, 15:00", "fifteen forty-five, fifteen hundred"),
        ("at 7:00", "at seven o'clock"),
        ("at 06:05", "at six oh five"),
        ("12:00:05", "twelve o'clock and five seconds"),
        ("10:30-11:00", "ten thirty to eleven o'clock"),
        ("9am-5pm, 9-5pm", "nine A.M. to five P.M., nine to five P.M."),
    ],
)
def test_time_is_spoken(written: str, spoken: str) -> None:
    assert normalize(written, "en-us") == spoken
