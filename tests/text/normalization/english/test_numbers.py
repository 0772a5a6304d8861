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
        ("3/4 cup", "three quarters of a cup"),
        ("1/2 cup", "half a cup"),
        ("1 1/2 cups", "one and a half cups"),
        ("2/3, ½, 1½", "two thirds, one half, one and a half"),
        ("120/80", "one hundred twenty over eighty"),
        ("10-20", "ten to twenty"),
        ("won 3-2", "won three to two"),
        ("2-3x faster", "two to three times faster"),
        ("16:9 and 1:1", "sixteen to nine and one to one"),
        ("1920x1080, 4x4, 5 × 3", "nineteen twenty by ten eighty, four by four, five times three"),
        ("5-3=2", "five minus three equals two"),
        ("#5, No. 5", "number five, number five"),
        ("24/7 since 9/11", "twenty-four seven since nine eleven"),
    ],
)
def test_number_is_spoken(written: str, spoken: str) -> None:
    assert normalize(written, "en-us") == spoken


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("10m long", "ten meters long"),
        ("5 km/h, 60 mph", "five kilometers per hour, sixty miles per hour"),
        ("1 km, 0.5 km", "one kilometer, zero point five kilometers"),
        ("5'10\"", "five feet ten inches"),
        ('a 27" monitor', "a twenty-seven inch monitor"),
        ("3GB, 100 Mbps", "three gigabytes, one hundred megabits per second"),
        ("20 µg, 5 mg/l", "twenty micrograms, five milligrams per liter"),
        ("3.5-4.5 kg", "three point five to four point five kilograms"),
        (
            "-5°C, 72°F, −40 °F",
            "minus five degrees Celsius, seventy-two degrees Fahrenheit, minus forty degrees Fahrenheit",
        ),
        ("20 m², 3 m^3", "twenty square meters, three cubic meters"),
        ("100%", "one hundred percent"),
        ("a 5-mile walk, a 5-km run", "a five-mile walk, a five kilometer run"),
        ("25-30 min., then", "twenty-five to thirty minutes, then"),
        ("It is 5 ft.", "It is five feet."),
        ("10 in the morning", "ten in the morning"),
        ("10k people, 10M users", "ten thousand people, ten million users"),
    ],
)
def test_measure_is_spoken(written: str, spoken: str) -> None:
    assert normalize(written, "en-us") == spoken


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("A4, M4A, 3D, 4K", "A-four, M-four-A, three-D, four-K"),
        ("B2B, F-16, COVID-19", "B-two-B, F-sixteen, COVID-nineteen"),
        ("CO2, H2O, H2SO4, CO₂", "C-O-two, H-two-O, H-two-S-O-four, C-O-two"),
        ("Fe2O3, NaCl", "F-E-two-O-three, N.A.C.L"),
        ("Boeing 747, Room 101", "Boeing seven forty-seven, Room one oh one"),
        ("(555) 123-4567", "five five five, one two three, four five six seven"),
        ("+1 555 123 4567", "plus one, five five five, one two three, four five six seven"),
        ("555-0123", "five five five, oh one two three"),
        ("MP3s", "M-P-threes"),
    ],
)
def test_code_or_phone_number_is_spelled(written: str, spoken: str) -> None:
    assert normalize(written, "en-us") == spoken


@pytest.mark.parametrize(
    ("written", "american", "british"),
    [
        ("101", "one hundred one", "one hundred and one"),
        ("5 km", "five kilometers", "five kilometres"),
        ("3/4/2024", "March fourth, twenty twenty-four", "the third of April, twenty twenty-four"),
        ("in 2007", "in two thousand seven", "in two thousand and seven"),
    ],
)
def test_british_differs_from_american(written: str, american: str, british: str) -> None:
    assert (normalize(written, "en-us"), normalize(written, "en-gb")) == (american, british)
