"""Streets, states and directions of addresses, mostly American."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from speechd.text.normalization.english import reading
from speechd.text.normalization.rules import Rule, either, rule
from speechd.text.normalization.verbalizer import Verbalizer

STREETS: Final[Mapping[str, str]] = {
    "St": "Street", "Ave": "Avenue", "Av": "Avenue", "Blvd": "Boulevard", "Rd": "Road", "Dr": "Drive", "Ln": "Lane",
    "Hwy": "Highway", "Pkwy": "Parkway", "Sq": "Square", "Ct": "Court", "Pl": "Place", "Ter": "Terrace",
    "Expy": "Expressway", "Cir": "Circle", "Fwy": "Freeway", "Tpke": "Turnpike",
}  # fmt: skip
_SMALL: Final[Mapping[str, str]] = {
    "st": "Street", "ave": "Avenue", "blvd": "Boulevard", "rd": "Road", "hwy": "Highway", "expy": "Expressway",
    "ln": "Lane", "pkwy": "Parkway", "dr": "Drive", "ct": "Court",
}  # fmt: skip
_POINTS: Final[Mapping[str, str]] = {
    "N": "North", "S": "South", "E": "East", "W": "West", "NE": "Northeast", "NW": "Northwest", "SE": "Southeast",
    "SW": "Southwest", "N.E": "Northeast", "N.W": "Northwest", "S.E": "Southeast", "S.W": "Southwest",
}  # fmt: skip
_STATES: Final[Mapping[str, str]] = {
    "AL": "Alabama", "AK": "Alaska", "AZ": "Arizona", "AR": "Arkansas", "CA": "California", "CO": "Colorado",
    "CT": "Connecticut", "DE": "Delaware", "FL": "Florida", "GA": "Georgia", "HI": "Hawaii", "ID": "Idaho",
    "IL": "Illinois", "IN": "Indiana", "IA": "Iowa", "KS": "Kansas", "KY": "Kentucky", "LA": "Louisiana",
    "ME": "Maine", "MD": "Maryland", "MA": "Massachusetts", "MI": "Michigan", "MN": "Minnesota", "MS": "Mississippi",
    "MO": "Missouri", "MT": "Montana", "NE": "Nebraska", "NV": "Nevada", "NH": "New Hampshire", "NJ": "New Jersey",
    "NM": "New Mexico", "NY": "New York", "NC": "North Carolina", "ND": "North Dakota", "OH": "Ohio",
    "OK": "Oklahoma", "OR": "Oregon", "PA": "Pennsylvania", "RI": "Rhode Island", "SC": "South Carolina",
    "SD": "South Dakota", "TN": "Tennessee", "TX": "Texas", "UT": "Utah", "VT": "Vermont", "VA": "Virginia",
    "WA": "Washington", "WV": "West Virginia", "WI": "Wisconsin", "WY": "Wyoming",
}  # fmt: skip
_OLD_STATES: Final[Mapping[str, str]] = {
    "Ala": "Alabama", "Ariz": "Arizona", "Ark": "Arkansas", "Calif": "California", "Colo": "Colorado",
    "Conn": "Connecticut", "Del": "Delaware", "Fla": "Florida", "Ga": "Georgia", "Ill": "Illinois", "Ind": "Indiana",
    "Kan": "Kansas", "Ky": "Kentucky", "La": "Louisiana", "Md": "Maryland", "Mass": "Massachusetts",
    "Mich": "Michigan", "Minn": "Minnesota", "Miss": "Mississippi", "Mo": "Missouri", "Mont": "Montana",
    "Neb": "Nebraska", "Nev": "Nevada", "N.H": "New Hampshire", "N.J": "New Jersey", "N.M": "New Mexico",
    "N.Y": "New York", "N.C": "North Carolina", "N.D": "North Dakota", "Okla": "Oklahoma", "Ore": "Oregon",
    "Pa": "Pennsylvania", "R.I": "Rhode Island", "S.C": "South Carolina", "S.D": "South Dakota", "Tenn": "Tennessee",
    "Tex": "Texas", "Vt": "Vermont", "Va": "Virginia", "Wash": "Washington", "W.Va": "West Virginia",
    "W. Va": "West Virginia", "Wis": "Wisconsin", "Wyo": "Wyoming",
}  # fmt: skip


def _old_state(match: re.Match[str], _: Verbalizer) -> str:
    """The state's name; the stop that also ends the sentence stays."""
    ends = not match.string[match.end() :].strip("\"') \n")
    return f", {_OLD_STATES[match[1]]}" + ("." if ends else "")


_EXCLAMATIONS: Final = frozenset("OK HI OH ME".split())
_OPENINGS: Final = frozenset("Well Yes Sure So No And But Oh Alright Fine Then Yeah".split())


def _state(match: re.Match[str], verbalizer: Verbalizer) -> str:
    """A state behind its town, and its ZIP code in digits."""
    town = _word_before(match)
    if not match[2] and (not town[:1].isupper() or (match[1] in _EXCLAMATIONS and town in _OPENINGS)):
        return match[0]
    codes = "".join(f" {verbalizer.digits(code, zero='oh')}" for code in match.groups()[1:] if code)
    return f", {_STATES[match[1]]}{codes}"


def _house(match: re.Match[str], verbalizer: Verbalizer) -> str:
    """A house number: in pairs, as rooms are."""
    number = match["number"]
    spoken = (
        reading.pairs(number, verbalizer)
        if len(number) in (3, 4)
        else (verbalizer.cardinal(number) if len(number) < 3 else verbalizer.digits(number, zero="oh"))
    )
    point = f" {_POINTS[match['point'].rstrip('.')]}" if match["point"] else ""
    return f"{spoken}{point} "


def _word_before(match: re.Match[str]) -> str:
    return match.string[max(0, match.start() - 24) : match.start()].rpartition(" ")[2].lstrip("\"'(")


def _named(match: re.Match[str]) -> bool:
    """Whether a name or an ordinal stands before the abbreviation of a street, and no "the" or "saw"."""
    before = _word_before(match)
    return (before[:1].isupper() or before[:1].isdigit()) and before not in ("The", "A", "My", "Saw")


_STREET_WORDS: Final = either(
    [*STREETS, *STREETS.values(), "street", "avenue", "road", "drive", "lane", "blvd", "ave", "St"]
)
_POINT: Final = r"(?:[NSEW]\.?|[NS][EW]|[NS]\.[EW]\.)"
NEEDED: Final = re.compile(
    rf"[ ]{either([*STREETS, *_SMALL])}(?![a-zA-Z])|[a-z],[ ](?:[A-Z]{{2}}(?!\w)|[A-Z][a-zA-Z. ]{{1,5}}\.)|\d[ ]"
    rf"(?:[NSEW]{{1,2}}[ .]|[A-Z][a-z]+[ ](?:Street|Avenue|Road|Drive|Lane))"
    r"|[ ](?:[NS][EW]|[NSEW])[ ]of[ ]"
)
"""What every address has."""

RULES: Final[tuple[Rule, ...]] = (
    rule(r"(\d[ ](?:[NSEW]\.?[ ])?[A-Z][a-z']{2,15}[ ])St\.(?=[ ][A-Z])", r"\1Street.", hint=" St."),
    rule(r"(?<=\dst|\dnd|\drd|\dth)[ ]St\.(?=[ ][A-Z]|\W?$)", " Street.", hint=" St."),
    rule(r"(?<=\dst|\dnd|\drd|\dth)[ ]St\.?(?=[ ,.;]|$)", " Street", hint=" St"),
    rule(
        rf"(?<![\w.,#$£€-])(?P<number>\d{{1,5}})[ ](?:(?P<point>{_POINT})[ ])?"
        rf"(?=(?:\d{{1,3}}(?:st|nd|rd|th)|[A-Z][A-Za-z'-]{{1,20}})(?:[ ][A-Z][a-z'-]{{1,20}}){{0,2}}"
        rf"[ ]{_STREET_WORDS}\b(?!['-]))",
        _house,
    ),
    rule(r"(?<=[a-z).] )(N[EW]|S[EW])(?=[ ]of[ ](?:the[ ])?[A-Z])", lambda m, _: _POINTS[m[1]].lower(), hint=" of "),
    rule(
        r"(?=[NSEW])(?:(?<=km )|(?<=mi )|(?<=miles )|(?<=\)[ ]))([NSEW])(?=[ ]of[ ])",
        lambda m, _: _POINTS[m[1]].lower(),
        hint=" of ",
    ),
    rule(rf"(?<=\d )({_POINT})(?=[ ]\d{{1,3}}(?:st|nd|rd|th)(?!\w))", lambda m, _: _POINTS[m[1].rstrip(".")]),
    rule(
        rf"(?<=[a-z] )(?P<street>{either(STREETS)})\.?[ ](?P<point>NE|NW|SE|SW|[NSEW])(?![\w'.])(?=[,;.]|[ ]|$)",
        lambda m, _: f"{STREETS[m['street']]} {_POINTS[m['point']]}",
    ),
    rule(
        rf"(?<=[a-z\dA-Z])[ ]({either(STREETS)})"
        r"(?:\.(?=[ ]?[,;\n]|[ ](?:NE|NW|SE|SW|[NSEW])\b|[ ](?:Apt|Apartment|Suite|Ste|Unit|Rm|Room|Floor"
        r"|Building)\b|[ ][a-z])"
        r"|(?=,[ ]|[ ](?:in|and|at|near|is)[ ]))(?![.]?[ ](?:and|or|&)[ ](?:Mrs|Mr|Ms|Miss|Dr|his|her|the)\b)",
        lambda m, _: f" {STREETS[m[1]]}" if _named(m) else m[0],
    ),
    rule(
        rf"(?:(?<=[A-Za-z][a-z])|(?<=\d[snrt][tdh]))"
        rf"[ ]({either(STREETS)})\.(?=[\"')\s]*$|[ ](?:The|He|She|It|They|We|In|On|At|But|And|A|This|That|There)[ ])",
        lambda m, _: f" {STREETS[m[1]]}." if _named(m) else m[0],
        hint=".",
    ),
    rule(
        rf"(?<!\w)([A-Z][a-z]{{2,20}}[ ])({either(_SMALL)})(?P<stop>\.?)(?=[,;]|[ ][a-z&]|[\"')]*$)(?!\.[ ][A-Z])",
        lambda m, _: m[1] + _SMALL[m[2]] + (m["stop"] if not m.string[m.end() :].strip("\"') ") else ""),
    ),
    rule(
        rf"(?<=[a-z]),[ ]({either(_STATES)})(?:,?[ ](\d{{5}})(?:-(\d{{4}}))?)?(?![\w'-])(?=[,.;:)!?\"]|$|[ ](?![A-Z]))",
        _state,
    ),
    rule(
        rf"(?<=[a-z]),[ ]({either(_OLD_STATES)})\.(?=[ ]?[,;:)\"]|[ ][a-z\d(—-]|--|—|[\"')\s]*$|[ ]—)",
        _old_state,
        hint=".",
    ),
)
