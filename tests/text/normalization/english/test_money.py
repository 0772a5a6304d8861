from __future__ import annotations

import pytest

from speechd.text.normalization.normalize import normalize


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("$3.50.", "three dollars and fifty cents."),
        ("$1, $0.99, -$5", "one dollar, ninety-nine cents, minus five dollars"),
        ("$1.5 million, £3.5m", "one point five million dollars, three point five million pounds"),
        ("¥500, ₹100, €1.00", "five hundred yen, one hundred rupees, one euro"),
        ("USD 5, 5 EUR, 5 k€", "five U.S. dollars, five euros, five thousand euros"),
        ("$5-10, $5-$10, 5€-6€", "five to ten dollars, five to ten dollars, five to six euros"),
        ("$5/month", "five dollars per month"),
        ("a $20 bill", "a twenty dollar bill"),
        ("99¢", "ninety-nine cents"),
        ("£1,000pcm, £250 pw", "one thousand pounds per calendar month, two hundred fifty pounds per week"),
        ("EUR/USD 1.0845", "EUR slash USD one point zero eight four five"),
        ("$20/mo/user", "twenty dollars per month per user"),
        ("a $20 item, the $5 we owe", "a twenty dollar item, the five dollars we owe"),
        (
            "the £2.4bn scheme, EPS: $(0.12), $10.5mm",
            "the two point four billion pound scheme, EPS: minus twelve cents, ten point five million dollars",
        ),
        ("$5 a yr", "five dollars a year"),
    ],
)
def test_money_is_spoken(written: str, spoken: str) -> None:
    assert normalize(written, "en-us") == spoken


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("S$4, NT$30, CA$5", "four Singapore dollars, thirty new Taiwan dollars, five Canadian dollars"),
        ("Rs. 900, ₹3,00,000", "nine hundred rupees, three hundred thousand rupees"),
        ("$9 CAD", "nine Canadian dollars"),
        ("₹2 crore", "two crore rupees"),
        ("7s. 9d. each", "seven shillings and ninepence each"),
        ("300L. a year", "three hundred pounds a year"),
        ("$1.50-$2.25", "one dollar and fifty cents to two dollars and twenty-five cents"),
        ("$40-a-day", "forty dollars a day"),
        ("$3.2T", "three point two trillion dollars"),
    ],
)
def test_sum_of_any_country_is_spoken(written: str, spoken: str) -> None:
    assert normalize(written, "en-us") == spoken
