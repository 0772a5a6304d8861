from __future__ import annotations

import pytest

from speechd.text.normalization.normalize import normalize


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
        ("Take it q6h, then q4-6h.", "Take it every six hours, then every four to six hours."),
        (
            "the 2nd ed., a 19th c. house, the 5th Cir. ruling",
            "the second edition, a nineteenth century house, the fifth Circuit ruling",
        ),
        (
            "Fed. R. Civ. P. 12, 123 F.3d 456",
            "Federal Rule of Civil Procedure twelve, one hundred twenty-three F third four hundred fifty-six",
        ),
        ("para. 5 of Sched. 3, s. 12", "paragraph five of Schedule three, section twelve"),
        ("in the 1980's. 5 left", "in the nineteen eighties. five left"),
        (
            "2.5% (est. 2.4%); est. 1905",
            "two point five percent (estimated two point four percent); established nineteen oh five",
        ),
        ("vol. ii of the 2nd edn.", "volume two of the second edition."),
    ],
)
def test_name_is_spoken(written: str, spoken: str) -> None:
    assert normalize(written, "en-us") == spoken


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("etc. Then we left", "et cetera. Then we left"),
        ("tea, &c. and cake", "tea, et cetera and cake"),
        ("th' road o' life", "the road of life"),
        ("Who're you?", "Who are you?"),
        ("Rm 12, Apt. 9C", "Room twelve, Apartment nine-C"),
        ("an est. of $5", "an estimate of five dollars"),
        ("VOL 3 NO 4", "volume three number four"),
        ("the no. of days", "the number of days"),
    ],
)
def test_abbreviation_is_spoken(written: str, spoken: str) -> None:
    assert normalize(written, "en-us") == spoken
