from __future__ import annotations

import pytest

from speechd.text.normalization.english.abbreviations import roman
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
    ],
)
def test_money_is_spoken(written: str, spoken: str) -> None:
    assert normalize(written, "en-us") == spoken


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("Henry VIII, Louis XIV, Elizabeth I", "Henry the Eighth, Louis the Fourteenth, Elizabeth the First"),
        ("Chapter IV, World War II, Super Bowl XLII", "Chapter four, World War two, Super Bowl forty-two"),
        ("XIV century", "fourteenth century"),
        ("I MIX CD DC vitamin C", "I MIX CD DC vitamin C"),
        ("FBI NASA U.S.", "FBI NASA U.S."),
        ("a PhD", "a P.H.D"),
        ("Dr. Smith, Mr. and Mrs. Jones", "Doctor Smith, Mister and Missus Jones"),
        ("St. James lives on Elm St.", "Saint James lives on Elm Street."),
        ("on 5th St. in town", "on fifth Street in town"),
        ("e.g., this, i.e., that, etc.", "for example, this, that is, that, et cetera."),
        ("pp. 3–5, Vol. IV", "pages three to five, Volume four"),
        ("approx. 5 vs. 6", "approximately five versus six"),
    ],
)
def test_name_is_spoken(written: str, spoken: str) -> None:
    assert normalize(written, "en-us") == spoken


@pytest.mark.parametrize(
    ("numeral", "value"), [("I", 1), ("IV", 4), ("XIX", 19), ("XLII", 42), ("XC", 90), ("CCC", 300)]
)
def test_roman_numeral_has_its_value(numeral: str, value: int) -> None:
    assert roman(numeral) == value


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("john.doe42@example.com", "john dot doe forty-two at example dot com"),
        ("https://www.example.com/path?q=1.", "example dot com slash path question mark q equals one."),
        ("#MachineLearning @john_doe", "hashtag Machine Learning at john doe"),
        ("v2.1.3, Python 3.11", "version two point one point three, Python three point eleven"),
        ("report.pdf", "report dot PDF"),
        ("192.168.0.1", "one ninety-two dot one sixty-eight dot zero dot one"),
        ("/etc/hosts", "slash etc slash hosts"),
    ],
)
def test_address_is_spoken(written: str, spoken: str) -> None:
    assert normalize(written, "en-us") == spoken


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("C#, C++, .NET, F#", "C sharp, C plus plus, dot net, F sharp"),
        ("a & b + c = d", "a and b plus c equals d"),
        ("(c) 2024", "copyright twenty twenty-four"),
        ("α ≤ β ≈ π → done", "alpha less than or equal to beta approximately pi to done"),
        ("and/or w/o it", "and or without it"),
        ("~5, >5, <5", "about five, greater than five, less than five"),
        ("$x^2$ is $5", "x squared is five dollars"),
        (r"$\frac{a}{b}$", "a over b"),
        ("“Smart” ‘quotes’—dashes", "\"Smart\" 'quotes'—dashes"),
        ("ＦＵＬＬ １２ café", "FULL twelve café"),
        ("*** stars ***", "stars"),
    ],
)
def test_sign_is_spoken_or_dropped(written: str, spoken: str) -> None:
    assert normalize(written, "en-us") == spoken


def test_pronunciation_is_untouched() -> None:
    assert normalize("5 [Kokoro 5](/kˈOkəɹO/) & 6", "en-us") == "five [Kokoro 5](/kˈOkəɹO/) and six"
