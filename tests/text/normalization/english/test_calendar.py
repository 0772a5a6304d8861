from __future__ import annotations

import pytest

from speechd.text.normalization.normalize import normalize


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("Tue-Sat", "Tuesday to Saturday"),
        ("on Thu. we met", "on Thursday we met"),
        ("Nov-Feb rain", "November to February rain"),
        ("due 4/9", "due April ninth"),
        ("before 11/30 and after", "before November thirtieth and after"),
        ("the 7/4 game", "the July fourth game"),
        ("8/21 until 9/2", "August twenty-first until September second"),
        ("from 2/1 to 2/9", "from February first to February ninth"),
        ("Fri 6pm, Sat 9-5", "Friday six P.M., Saturday nine to five"),
        ("5/6 March", "five to six March"),
        ("Sat down in the sun", "Sat down in the sun"),
        ("3/4 of it", "three quarters of it"),
        ("by 9/11", "by nine eleven"),
        ("Mon/Wed/Fri", "Monday, Wednesday, Friday"),
        ("by COB Thurs. (ETA: 10/15)", "by COB Thursday (ETA: October fifteenth)"),
        ("My birthday is 3/14.", "My birthday is March fourteenth."),
        ("Tues 6th, it was in Mar.", "Tuesday sixth, it was in March."),
        ("on Friday (12/13), reopens 1/2", "on Friday (December thirteenth), reopens January second"),
        ("at 8 p.m. Wed. (now Thu.)", "at eight P.M. Wednesday (now Thursday)"),
    ],
)
def test_day_or_month_is_spoken(written: str, spoken: str) -> None:
    assert normalize(written, "en-us") == spoken
