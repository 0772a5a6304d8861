from __future__ import annotations

import pytest

from speechd.text.normalization.normalize import normalize


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("3/4 cup", "three quarters of a cup"),
        ("1/2 cup", "half a cup"),
        ("1 1/2 cups", "one and a half cups"),
        ("2/3, ½, 1½", "two thirds, one half, one and a half"),
        ("1920x1080, 4x4, 5 × 3", "nineteen twenty by ten eighty, four by four, five times three"),
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
