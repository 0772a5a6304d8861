"""Codes, read piece by piece: letters with digits, chemical formulas, phone numbers, rooms, and fixed expressions."""

from __future__ import annotations

import re
from typing import Final

from speechd.text.normalization.english import plurals, reading
from speechd.text.normalization.rules import Rule, either, rule
from speechd.text.normalization.verbalizer import Verbalizer

_PLACES: Final = (
    "Xbox Porsche Fahrenheit "
    "Room Rm Suite Apartment Apt Flight Boeing Airbus Route Highway Hwy Interstate Bus Unit Area Studio Building Gate "
    "Psalm Peugeot Levi's BMW room suite apartment flight route highway interstate bus unit area code"
).split()
_ELEMENTS: Final = (
    "Al|Ag|Ar|Au|Ba|Be|Bi|Br|Ca|Cd|Ce|Cl|Co|Cr|Cs|Cu|Fe|Ga|Ge|He|Hg|Kr|La|Li|Mg|Mn|Mo|"
    "Na|Nd|Ne|Ni|Pb|Pd|Pt|Ra|Rb|Rn|Se|Si|Sn|Sr|Th|Ti|Xe|Zn|Zr"
)
_FORMULA = re.compile(rf"(?=.{{0,3}}[a-z])(?:{_ELEMENTS}|[BCFHIKNOPSUVWY]){{1,4}}")


def _phone(match: re.Match[str], verbalizer: Verbalizer) -> str:
    groups = re.findall(r"\d+", match[0])
    spoken = ", ".join(verbalizer.digits(group, zero="oh") for group in groups)
    return f"plus {spoken}" if match[0].lstrip()[0] == "+" else spoken


def _code(match: re.Match[str], verbalizer: Verbalizer) -> str:
    """Letters and digits in one: "A4", "F-16", "B2B", "H264", "CO2", "MP3s"."""
    code = match[0].removesuffix("s")
    plural = match[0][len(code) :]
    formula = "-" not in code
    pieces = (
        _code_number(piece, verbalizer) if piece.isdecimal() else _spelled(piece, formula=formula)
        for piece in re.findall(r"\d+|[^\W\d_]+", code)
    )
    spoken = "-".join(pieces)
    return plurals.plural(spoken) if plural else spoken


def _hexadecimal(digits: str, verbalizer: Verbalizer) -> str:
    return " ".join(verbalizer.cardinal(digit) if digit.isdecimal() else digit.upper() for digit in digits)


def _spelled(letters: str, *, formula: bool) -> str:
    """Letters of a code: two capitals and, in a formula, chemical symbols one by one; words as they are."""
    if (len(letters) == 2 and letters.isupper()) or (formula and _FORMULA.fullmatch(letters)):
        return "-".join(letters.upper())
    return letters


def _code_number(digits: str, verbalizer: Verbalizer) -> str:
    if digits[0] == "0" or len(digits) > 4:
        return verbalizer.digits(digits, zero="oh")
    return reading.pairs(digits, verbalizer) if len(digits) > 2 else verbalizer.cardinal(digits)


def _serial(match: re.Match[str], verbalizer: Verbalizer) -> str:
    """A number that only names something, digit by digit: behind "order", "SKU" or "serial". Hyphens are said."""
    dash = f" {match['dashes']} " if match.groupdict().get("dashes") else " dash "
    groups = (verbalizer.digits(group, zero="oh") for group in match["code"].replace(" ", "-").split("-"))
    cue = match["cue"].replace("#", "number " if "number" not in match["cue"] else "")
    return f"{cue}{dash.join(groups)}"


def _lettered(match: re.Match[str], verbalizer: Verbalizer) -> str:
    return f"{match['cue']}{' '.join(match['letters'])} {verbalizer.digits(match['code'])}"


def _grouped(match: re.Match[str], verbalizer: Verbalizer) -> str:
    """A card's or an account's number, in the groups that it is written in."""
    cue = match.groupdict().get("cue") or ""
    code = match.groupdict().get("code") or match[0]
    return cue + ", ".join(verbalizer.digits(group, zero="oh") for group in re.findall(r"\d+X?", code))


def _verse(match: re.Match[str], verbalizer: Verbalizer) -> str:
    """Chapter and verse: "John 3:16"."""
    last = f" to {verbalizer.cardinal(match[4])}" if match[4] else ""
    return f"{match[1]}{verbalizer.cardinal(match[2])} {verbalizer.cardinal(match[3])}{last}"


def _vanity_part(part: str, verbalizer: Verbalizer) -> str:
    if not part.isdecimal():
        return part
    return verbalizer.cardinal(part) if part.endswith("00") else verbalizer.digits(part, zero="oh")


def _vanity(match: re.Match[str], verbalizer: Verbalizer) -> str:
    """A telephone number with words: "1-800-GO-2-HAUL"."""
    parts = match[0].split("-")
    return ", ".join(_vanity_part(part, verbalizer) for part in parts)


_BOOKS: Final = (
    "Genesis Exodus Leviticus Numbers Deuteronomy Joshua Judges Ruth Samuel Kings Chronicles Ezra Nehemiah Esther Job "
    "Psalm Psalms Proverbs Ecclesiastes Isaiah Jeremiah Lamentations Ezekiel Daniel Hosea Joel Amos Obadiah Jonah "
    "Micah "
    "Nahum Habakkuk Zephaniah Haggai Zechariah Malachi Matthew Mark Luke John Acts Romans Corinthians Galatians "
    "Ephesians Philippians Colossians Thessalonians Timothy Titus Philemon Hebrews James Peter Jude Revelation"
).split()
_NAMED: Final = (
    "order serial SKU tracking account confirmation reference ref invoice ticket case claim booking policy member "
    "membership customer model part item routing license passport PIN pin passcode password code ID id VIN Order "
    "Serial "
    "Tracking Account Confirmation Reference Ref Invoice Ticket Case Claim Booking Policy Customer Part Item"
).split()
_ZIP: Final = ("zip zipcode ZIP postal postcode zip-code Zip Postal").split()
_CUE: Final = (
    rf"(?P<cue>(?<!\w)(?:{'|'.join(_NAMED)})(?:[ ](?:number|no\.?|code|ID|id|num))?(?:[ ](?:is|was|of))?:?[ ]?#?[ ]?)"
)

RULES: Final[tuple[Rule, ...]] = (
    rule(
        rf"(?<!\w)((?:[123][ ])?(?:{'|'.join(_BOOKS)})[ ])(\d{{1,3}}):(\d{{1,3}})(?:[-–](\d{{1,3}}))?(?![\w:]|"
        rf"[ ]?[aApP]\.?m)",
        _verse,
        hint=":",
    ),
    rule(r"(?<![\w.,:/-])()(\d{1,3}):(\d)[-–](\d{1,3})(?![\w:])", _verse, hint=":"),
    rule(
        r"(?P<cue>(?<!\w)(?:P\.?[ ]?O\.?|[Pp]ost [Oo]ffice|[Rr]ented|[Ll]ock)[ ][Bb]ox[ ])(?P<code>\d{3,6})(?![\w-])",
        _serial,
        hint="ox ",
    ),
    rule(
        r"(?P<cue>[Ss]erial (?:[Nn]umber|[Nn]o\.)[ ])(?P<letters>[A-Z]{1,3})-?(?P<code>\d{3,9})(?!\w)",
        _lettered,
        hint="erial",
    ),
    rule(
        r"(?<![\w.,-])(\d{1,3})-(\d{1,2})-(\d{1,2})(?![\w-]|[.,]\d)",
        lambda m, v: ", ".join(v.cardinal(part) for part in m.groups()),
        hint="-",
    ),
    rule(
        r"(?P<cue>(?<!\w)(?:PIN|pin|[Pp]asscode|[Cc]ode|combination)(?:[ ](?:number|code))?(?:[ ](?:is|was))?:?[ ])"
        r"(?P<code>\d{4,6})(?![\w.,-])",
        _serial,
    ),
    rule(r"(?P<cue>ISBN(?:-1[03])?:?[ ])(?P<code>\d[\d -]{8,15}[\dX])(?!\w)", _grouped, hint="ISBN"),
    rule(rf"{_CUE}(?P<code>\d{{4}}(?:[ -]\d{{4}}){{2,3}})(?![\w-])", _grouped),
    rule(rf"{_CUE}(?P<code>\d{{2,12}}(?:-\d{{1,12}}){{1,4}}|\d{{5,15}})(?![\w-]|[.,]\d)", _serial),
    rule(
        rf"(?P<cue>(?<!\w)(?:{'|'.join(_ZIP)})(?:[ ]?code)?(?:[ ](?:is|was|of))?:?[ ])(?P<code>\d{{5}}"
        rf"(?:-\d{{4}})?)(?![\w-])",
        _serial,
    ),
    rule(r"(?<![\w.,-])\d{4}(?:[ -]\d{4}){3,5}(?:[ -]\d{1,4})?(?![\w-])", _grouped),
    rule(r"(?<=Opus )(\d{1,3})/(?=\d{1,2}(?![\w/]))", r"\1 number ", hint="Opus"),
    rule(r"(?<=[a-z] )#(?=:)", "number", hint="#:"),
    rule(r"\((8\d\d|900)\)[ ]?(?=[\dA-Z-]{0,12}[A-Z]{2})(?=[\d-]{0,4}[A-Z])", r"\1-", hint="("),
    rule(
        r"(?<![\w.,-])1?-?(?:800|888|877|866|855|844|833|900)-(?=[\dA-Z-]{0,12}[A-Z])[A-Z0-9]{1,8}(?:-[A-Z0-9]{1,8}){0,3}(?![\w-])",
        _vanity,
        hint="-",
    ),
    rule(r"(?<=\d{3}[-. ]\d{4})[ ]?(?:x|[Ee]xtn?\.?)[ ]?(?=\d{2,5}(?!\w))", " extension "),
    rule(r"(?<![\w.,-])(?:1[.])?\d{3}\.\d{3}\.\d{4}(?![\w-]|\.\d)", _phone, hint="."),
    rule(r"(?<![\w.,-])0\d{3,4}[ ]\d{5,6}(?![\w-]|,\d)", _phone),
    rule(
        r"(?<![\w.,$£€-])911(?![\w]|[.,:/-]\d)(?![ ](?:[a-z]{3,}s|people|men|women|degrees|km|miles|m|kg)(?!\w))"
        r"(?<!Porsche 911)(?<!of 911)(?<!the 911)",
        "nine one one",
        hint="911",
    ),
    rule(
        r"(?<![\w.,-])(?<!\d )([1-9]\d{0,2}(?:[ ]\d{3}){0,4}[ ]000)(?![\w-]|[.,]\d|[ ]\d)",
        lambda m, v: v.cardinal(m[1].replace(" ", "")),
        hint=" 000",
    ),
    rule(
        r"(?=\d)(?:(?<=number )(?!\d{3}[-–]\d{3}(?!\d))|(?<=Public Law ))(\d{1,4})[-–](\d{3,6})(?![\w-]|[.,]\d)",
        lambda m, v: f"{_code_number(m[1], v)}, {_code_number(m[2], v)}",
        hint="-",
    ),
    rule(r"0[xX](?<![\w.,+-]0[xX])([0-9A-Fa-f]{1,16})(?!\w)", lambda m, v: f"zero X {_hexadecimal(m[1], v)}", hint="0"),
    rule(r"(?<![\w/-])40[13]\(([a-z])\)(?!\w)", lambda m, v: f"{reading.pairs(m[0][:3], v)} {m[1]}", hint="("),
    rule(r"(?<![\w&])#[ ]?(?=\d|[A-Z]{1,3}-?\d)", "number ", hint="#"),
    rule(r"(?<![\w.,-])\d{2,4}(?:-\d{5,9}){2,3}(?![\w-])", _grouped, hint="-"),
    rule(r"(?<!\S)~(?=[\d$£€¥])", "about ", hint="~"),
    rule(r"(?<!\S)>[ ]?(?=[\d$£€¥])|(?<=\s)>(?=\s)", " greater than ", hint=">"),
    rule(r"(?<!\S)<[ ]?(?=[\d$£€¥])|(?<=\s)<(?=\s)", " less than ", hint="<"),
    rule(r"(?<=ending in )\d{4}(?!\w)|(?<=ending )\d{4}(?!\w)|(?<=PIN )\d{4}(?!\w)", lambda m, v: v.digits(m[0])),
    rule(
        r"(?<![\w.,])\.(\d{3})(?=[ ](?:hitter|average|batting|season|in[ ]\d)(?!\w))|(?<=batting )\.(\d{3})(?!\w)",
        lambda m, v: reading.pairs(m[1] or m[2], v),
        hint=".",
    ),
    rule(r"(?<![\w./-])24/7(?![\w/]|[.,]\d)", "twenty-four seven", hint="24/7"),
    rule(r"(?<![\w./])(?<!\d-)9/11(?![\w/]|[.,]\d)", "nine eleven", hint="9/11"),
    rule(
        r"(?=\d)(?:(?<=\ba )|(?<=\ban )|(?<=[Tt]he )|(?<=\bran )|(?<=\brun )|(?<=[Mm]y ))(\d{1,2})[kK](?![\w-])",
        lambda m, v: f"{v.cardinal(m[1])} K",
    ),
    rule(r"(?<![\w./-])50/50(?![\w/]|[.,]\d)", "fifty-fifty", hint="50/50"),
    rule(r"(?<![\w./-])50-50(?![\w/-]|[.,]\d)", "fifty-fifty", hint="50-50"),
    rule(r"(?<![\w./-])20/20(?![\w/]|[.,]\d)", "twenty twenty", hint="20/20"),
    rule(r"(?<![\w.,+-])\+(?=(?:[ .()-]{0,2}\d){7})\d{1,3}(?:[ .-]?\(?\d{1,5}\)?){2,6}(?![\w-])", _phone, hint="+"),
    rule(r"(?<![\w.,-])(?:1[ .-])?(?:\(\d{3}\)[ -]?|\d{3}[ .-])\d{3}[ .-]\d{4}(?:-\d{1,4})?(?![\w-])", _phone),
    rule(
        r"(?<![\w.,-])\d{3}-\d{2}-\d{4}(?![\w-])|(?<![\w.,-])(?!\d00-\d000)\d{3}-\d{4}(?![\w-])(?![ ](?:words"
        r"|people|years|men|women|meters|metres|miles|km|kg|[a-z]{3,}s)(?!\w))",
        _phone,
        hint="-",
    ),
    rule(r"(?<![\w.,-])0\d{2,4}[ -]\d{3,4}(?:[ -]\d{3,4})?(?![\w-]|,\d)", _phone),
    rule(
        r"(?=[19])(?:(?<=[Cc]all )|(?<=[Dd]ial )|(?<=[Rr]ing )|(?<=[Pp]hone ))(?:999|112|111|101)(?!\w|[.,-]\d)",
        lambda m, v: v.digits(m[0], zero="oh"),
    ),
    rule(r"(?<![\w.,/-])40([13])k(?!\w)", lambda m, v: f"four oh {v.cardinal(m[1])} K", hint="k"),
    rule(
        r"(?<![\w.,])(\d{1,2})[x×](\d{1,2})s(?!\w)",
        lambda m, v: f"{v.cardinal(m[1])} by {plurals.plural(v.cardinal(m[2]))}",
        hint="s",
    ),
    rule(r"(?<![\w:.])2:([12])(?=[ ](?:degree|honours|in )|[ ]?\()", lambda m, v: f"two {v.cardinal(m[1])}", hint="2:"),
    rule(r"(?=\d)(?<=[Dd]ial )\d{3}(?!\w|[.,-]\d)|(?<=[Cc]all )[1-9]11(?!\w|[.,-]\d)", lambda m, v: v.digits(m[0])),
    rule(
        r"(?<!\w)((?:RFC|ISO|IEEE|Form|ANSI|DIN)[ -])(\d{4})(?!\w|[.,]\d)",
        lambda m, v: m[1] + reading.pairs(m[2], v),
    ),
    rule(
        rf"(?<=\b)({either(_PLACES)}[ ]#?)(\d{{3}})(?!\w|[.,]\d)",
        lambda m, v: m[1].replace("#", "") + _code_number(m[2], v),
    ),
)

LETTERS_WITH_DIGITS: Final = rule(
    r"(?<!\w)(?<!\d[.,])(?=[A-Za-z]{0,9}-?\d)(?=\d{0,9}-?[A-Za-z]|[A-Za-z])[A-Za-z]{0,9}(?:(?:-(?=\d))?\d{1,9}[A-Za-z]{0,9}){1,9}(?![\w]|-\d)",
    _code,
)
"""After dates, measures and powers, which also have letters next to digits."""
