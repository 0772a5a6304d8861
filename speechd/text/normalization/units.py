"""Symbols of units and their names in CLDR, which knows the words and plurals in every language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from speechd.text.normalization.rules import either

UNITS: Final[Mapping[str, str]] = {
    "km": "length-kilometer", "m": "length-meter", "dm": "length-decimeter", "cm": "length-centimeter",
    "mm": "length-millimeter", "µm": "length-micrometer", "nm": "length-nanometer", "mi": "length-mile",
    "yd": "length-yard", "yds": "length-yard", "ft": "length-foot", "ha": "area-hectare", "sq ft": "area-square-foot",
    "sq m": "area-square-meter", "sq km": "area-square-kilometer", "sq mi": "area-square-mile", "kg": "mass-kilogram",
    "g": "mass-gram", "mg": "mass-milligram", "µg": "mass-microgram", "mcg": "mass-microgram", "lb": "mass-pound",
    "lbs": "mass-pound", "oz": "mass-ounce", "t": "mass-tonne", "l": "volume-liter", "L": "volume-liter",
    "dl": "volume-deciliter", "cl": "volume-centiliter", "hl": "volume-hectoliter", "ml": "volume-milliliter",
    "mL": "volume-milliliter", "gal": "volume-gallon", "tsp": "volume-teaspoon", "tbsp": "volume-tablespoon",
    "fl oz": "volume-fluid-ounce", "ms": "duration-millisecond", "µs": "duration-microsecond",
    "ns": "duration-nanosecond", "s": "duration-second", "sec": "duration-second", "secs": "duration-second",
    "min": "duration-minute", "mins": "duration-minute", "h": "duration-hour", "hr": "duration-hour",
    "hrs": "duration-hour", "km/h": "speed-kilometer-per-hour", "kph": "speed-kilometer-per-hour",
    "kmh": "speed-kilometer-per-hour", "mph": "speed-mile-per-hour", "m/s": "speed-meter-per-second",
    "mpg": "consumption-mile-per-gallon", "Hz": "frequency-hertz", "kHz": "frequency-kilohertz",
    "MHz": "frequency-megahertz", "GHz": "frequency-gigahertz", "kB": "digital-kilobyte", "KB": "digital-kilobyte",
    "MB": "digital-megabyte", "GB": "digital-gigabyte", "TB": "digital-terabyte", "PB": "digital-petabyte",
    "Kb": "digital-kilobit", "kb": "digital-kilobit", "Mb": "digital-megabit", "Gb": "digital-gigabit",
    "bps": "bit/second", "kbps": "kilobit/second", "kbit/s": "kilobit/second", "Mbps": "megabit/second",
    "Mbit/s": "megabit/second", "Gbps": "gigabit/second", "Gbit/s": "gigabit/second", "MB/s": "megabyte/second",
    "GB/s": "gigabyte/second", "W": "power-watt", "kW": "power-kilowatt", "MW": "power-megawatt",
    "GW": "power-gigawatt", "hp": "power-horsepower", "Wh": "watt-hour", "kWh": "energy-kilowatt-hour",
    "J": "energy-joule", "kJ": "energy-kilojoule", "cal": "energy-calorie", "kcal": "energy-kilocalorie",
    "V": "electric-volt", "mA": "electric-milliampere", "Ω": "electric-ohm", "Pa": "pressure-pascal",
    "hPa": "pressure-hectopascal", "kPa": "pressure-kilopascal", "MPa": "pressure-megapascal", "bar": "pressure-bar",
    "mbar": "pressure-millibar", "mmHg": "pressure-millimeter-ofhg", "psi": "pressure-pound-force-per-square-inch",
    "px": "graphics-pixel", "MP": "graphics-megapixel", "dpi": "graphics-dot-per-inch", "°C": "temperature-celsius",
    "° C": "temperature-celsius", "ºC": "temperature-celsius", "°F": "temperature-fahrenheit",
    "° F": "temperature-fahrenheit", "ºF": "temperature-fahrenheit", "°": "angle-degree", "%": "concentr-percent",
}  # fmt: skip

SQUARES: Final[Mapping[str, str]] = {
    "km": "area-square-kilometer", "m": "area-square-meter", "cm": "area-square-centimeter", "mi": "area-square-mile",
    "ft": "area-square-foot", "in": "area-square-inch", "yd": "area-square-yard",
}  # fmt: skip
CUBES: Final[Mapping[str, str]] = {
    "km": "volume-cubic-kilometer", "m": "volume-cubic-meter", "cm": "volume-cubic-centimeter",
    "ft": "volume-cubic-foot", "in": "volume-cubic-inch",
}  # fmt: skip
PER: Final[Mapping[str, str]] = {
    "h": "hour", "hr": "hour", "s": "second", "min": "minute", "day": "day", "l": "liter", "L": "liter",
    "kg": "kilogram", "km": "kilometer", "m": "meter", "ml": "milliliter", "mL": "milliliter", "mo": "month",
    "yr": "year", "wk": "week", "lb": "pound", "oz": "ounce", "gal": "gallon",
    "ha": "hectare", "km²": "square-kilometer", "km2": "square-kilometer", "m2": "square-meter", "m²": "square-meter",
    "m³": "cubic-meter", "cm³": "cubic-centimeter", "m3": "cubic-meter", "cm3": "cubic-centimeter", "dl": "deciliter",
    "dL": "deciliter",
}  # fmt: skip

SYMBOL: Final = (
    f"(?:(?P<power>{either(SQUARES)}(?:[²³]|\\^?[23]))|(?P<symbol>{either(UNITS)})(?>(?:/(?P<per>{either(PER)}))?))"
)
"""Groups: power ("m²", "cm^3"), or symbol and perhaps per ("mg", "l")."""


def unit_of(match: re.Match[str]) -> str | None:
    """The CLDR name, as `Words.unit` takes it, of the unit that `SYMBOL` matched; None if it is no unit after all."""
    if power := match["power"]:
        squared = power[-1] in "²2"
        return (SQUARES if squared else CUBES).get(power.rstrip("^23²³"))
    unit = UNITS[match["symbol"]]
    if not match["per"]:
        return unit
    return f"{unit.partition('-')[2]}/{PER[match['per']]}"
