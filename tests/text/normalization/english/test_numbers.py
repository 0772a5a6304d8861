from __future__ import annotations

import pytest

from speechd.text.normalization.normalize import normalize


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("2500 people", "two thousand five hundred people"),
        ("1,000,000", "one million"),
        ("1.000.000", "one million"),
        ("0.5 and .5", "zero point five and zero point five"),
        ("007", "zero zero seven"),
        ("-5 and ±5", "minus five and plus or minus five"),
        ("1e-5", "one times ten to the minus five"),
        ("5^2, x², x³, 10⁶", "five squared, x squared, x cubed, ten to the power of six"),
        ("6.022×10²³", "six point zero two two times ten to the power of twenty-three"),
        (
            "12345678901234567890",
            "one two three four five six seven eight nine zero one two three four five six seven eight nine zero",
        ),
        ("21st, 22nd, 103rd", "twenty-first, twenty-second, one hundred third"),
        ("1st-3rd", "first to third"),
        ("120/80", "one hundred twenty over eighty"),
        ("10-20", "ten to twenty"),
        ("won 3-2", "won three to two"),
        ("2-3x faster", "two to three times faster"),
        ("16:9 and 1:1", "sixteen to nine and one to one"),
        ("5-3=2", "five minus three equals two"),
        ("#5, No. 5", "number five, number five"),
        ("24/7 since 9/11", "twenty-four seven since nine eleven"),
        (
            "a 6,000-square-foot home, a 1,200-page book",
            "a six thousand square-foot home, a one thousand two hundred page book",
        ),
        (
            "149.9p, 17 CFR 240.10b-5",
            "one hundred forty-nine point nine p, seventeen CFR two hundred forty point one zero b-five",
        ),
        ("2x–3x faster", "two to three times faster"),
        ("the n-1 others", "the n minus one others"),
        ("Llama 3.1 70B", "Llama three point one, seventy-B"),
        ("Ubuntu 22.04", "Ubuntu twenty-two point oh four"),
        ("10 000 people, 1 000 000", "ten thousand people, one million"),
        ("In 2020 5 million came", "In twenty twenty, five million came"),
    ],
)
def test_number_is_spoken(written: str, spoken: str) -> None:
    assert normalize(written, "en-us") == spoken


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("the 1972 floods, the 2024 census", "the nineteen seventy-two floods, the twenty twenty-four census"),
        ("2019 losses grew", "twenty nineteen losses grew"),
        ("1650 birds", "one thousand six hundred fifty birds"),
        ("c. 1420, (fl. 1210-1250)", "circa fourteen twenty, (flourished twelve ten to twelve fifty)"),
        ("a .22 rifle", "a twenty-two rifle"),
        ("fiscal 2021 results", "fiscal twenty twenty-one results"),
    ],
)
def test_year_or_count_is_told_from_what_stands_around_it(written: str, spoken: str) -> None:
    assert normalize(written, "en-us") == spoken
