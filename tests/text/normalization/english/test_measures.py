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
        (
            "250 mg/5 mL, 120/80 mmHg",
            "two hundred fifty milligrams per five milliliters, one hundred twenty over eighty millimeters of mercury",
        ),
        (
            "220V/50Hz, 300 m / 984 ft",
            "two hundred twenty volts, fifty hertz, three hundred meters, nine hundred eighty-four feet",
        ),
        ("highs 3-7C, lows around -10C", "highs three to seven degrees Celsius, lows around minus ten degrees Celsius"),
        ("a 10-yr bond, a 6-mo lease", "a ten year bond, a six month lease"),
        ("It fell 4 bps.", "It fell four basis points."),
        ("an i7-13700K", "an i-seven-one three seven oh oh-K"),
        ("5 cu. ft. of air", "five cubic feet of air"),
        ("1 lb = 454 g", "one pound equals four hundred fifty-four grams"),
        ("1 t. salt, ½ c. milk", "one teaspoon salt, half a cup milk"),
        (
            "110°–115°F for 1–1½ hrs",
            "one hundred ten to one hundred fifteen degrees Fahrenheit for one to one and a half hours",
        ),
        ("lows of 3C, -2C in Oslo", "lows of three degrees Celsius, minus two degrees Celsius in Oslo"),
        ("6h 39m, 2h30m, 8d 3h", "six hours thirty-nine minutes, two hours thirty minutes, eight days three hours"),
        ("40 people/yr. try it", "forty people per year try it"),
    ],
)
def test_measure_is_spoken(written: str, spoken: str) -> None:
    assert normalize(written, "en-us") == spoken


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("a 12 ft pole is 12 ft long", "a twelve foot pole is twelve feet long"),
        ("the 50m race", "the fifty meter race"),
        ("4 lb. beef. Cook it.", "four pounds beef. Cook it."),
        ("30 yrs. of age", "thirty years of age"),
        ("10%-20%, 4°C-8°C, 3kg-5kg", "ten to twenty percent, four to eight degrees Celsius, three to five kilograms"),
        ("400°F/200°C", "four hundred degrees Fahrenheit or two hundred degrees Celsius"),
        ("2 c. milk, 1 T butter", "two cups milk, one tablespoon butter"),
        ('an 8"x10" photo', "an eight by ten inch photo"),
        ("9 st 2 lb", "nine stone two pounds"),
        (
            "3.5 mmol/L, 20 µL, 12 kg/m2",
            "three point five millimoles per liter, twenty microliters, twelve kilograms per square meter",
        ),
        ("a 2.7B model", "a two point seven B model"),
        ("802.11n", "eight oh two dot eleven N"),
        ("a 6.1-magnitude quake", "a six point one magnitude quake"),
        ("40°12′N, 8°30′15″W", "forty degrees twelve minutes north, eight degrees thirty minutes fifteen seconds west"),
        ("set it to 70F", "set it to seventy degrees Fahrenheit"),
        ("3 million kg", "three million kilograms"),
    ],
)
def test_measure_is_read_as_its_place_asks(written: str, spoken: str) -> None:
    assert normalize(written, "en-us") == spoken
