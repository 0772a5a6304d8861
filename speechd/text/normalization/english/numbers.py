"""Numbers and what stands with them: units, ranges, fractions, ordinals, years, codes, phone numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from speechd.text.normalization.rules import DASH, NUMBER, SIGN, START, Rule, either, rule
from speechd.text.normalization.units import SYMBOL, unit_of
from speechd.text.normalization.verbalizer import Verbalizer

_FRACTIONS: Final[Mapping[str, str]] = {
    "½": "1/2", "⅓": "1/3", "⅔": "2/3", "¼": "1/4", "¾": "3/4", "⅕": "1/5", "⅖": "2/5", "⅗": "3/5", "⅘": "4/5",
    "⅙": "1/6",
    "⅚": "5/6", "⅐": "1/7", "⅛": "1/8", "⅜": "3/8", "⅝": "5/8", "⅞": "7/8", "⅑": "1/9", "⅒": "1/10",
}  # fmt: skip
_PARTED: Final = (
    "cup teaspoon tablespoon tsp tbsp pint quart gallon ounce pound inch foot mile yard acre hour minute second day "
    "week month year century "
    "meter metre kilometer kilometre liter litre gram kilogram bottle can dozen stick page point percent slice "
    "package lb oz mi"
).split()
_WHOLE: Final = {"tsp": "teaspoon", "tbsp": "tablespoon", "lb": "pound", "oz": "ounce", "mi": "mile"}
_SCALE: Final = {"k": "thousand", "K": "thousand", "M": "million", "mn": "million", "bn": "billion", "tn": "trillion"}
_OTHER_UNITS: Final[Mapping[str, str]] = {
    "fps": "frames per second", "rpm": "revolutions per minute", "bpm": "beats per minute", "ppm": "parts per million",
    "dB": "decibels", "mAh": "milliamp hours", "Ah": "amp hours", "sqft": "square feet", "sq. ft.": "square feet",
    "yrs": "years",
        "pts": "points", "wk": "weeks", "wks": "weeks", "ºK": "kelvin", "pp": "percentage points", "pct": "percent",
}  # fmt: skip
_PLACES: Final = (
    "Room Rm Suite Apartment Apt Flight Boeing Airbus Route Highway Hwy Interstate Bus Unit Area Studio Building Gate "
    "Psalm Peugeot Levi's BMW "
    "room suite apartment flight route highway interstate bus unit area code"
).split()
_BEFORE_YEAR: Final = (
    "in since by from until till of during circa around about year before after between and to late early mid spring "
    "summer autumn fall winter copyright ©"
).split()
_ELEMENTS: Final = (
    "Al|Ag|Ar|Au|Ba|Be|Bi|Br|Ca|Cd|Ce|Cl|Co|Cr|Cs|Cu|Fe|Ga|Ge|He|Hg|Kr|La|Li|Mg|Mn|Mo|"
    "Na|Nd|Ne|Ni|Pb|Pd|Pt|Ra|Rb|Rn|Se|Si|Sn|Sr|Th|Ti|Xe|Zn|Zr"
)
_FORMULA = re.compile(rf"(?=.{{0,3}}[a-z])(?:{_ELEMENTS}|[BCFHIKNOPSUVWY]){{1,4}}")
_NO_PLURALS: Final = "hours was is has does this its as his us thus always perhaps across towards less".split()


def _plain(number: str) -> str:
    return number.replace(",", "")


def number(text: str, words: Verbalizer) -> str:
    """A number as written, "-1,234.5" or ".5"."""
    return words.number(_plain(text))


def _measure(match: re.Match[str], words: Verbalizer) -> str:
    unit = unit_of(match)
    if unit is None:
        return match[0]
    last = _plain(match["sign"] + match["number"])
    spoken = f"{words.number(last)} {words.unit('1', unit)}" if match["joint"] == "-" else words.measure(last, unit)
    if low := match["low"]:
        spoken = f"{number(low, words)} {'by' if match['dash'].strip() in 'x×' else 'to'} {spoken}"
    return spoken


def _feet(match: re.Match[str], words: Verbalizer) -> str:
    inches = f" {words.measure(match[2], 'length-inch')}" if match[2] else ""
    return words.measure(match[1], "length-foot") + inches


def _fraction(match: re.Match[str], words: Verbalizer) -> str:
    """ "3/4" as "three quarters", "1 1/2" as "one and a half", "3/4 cup" as "three quarters of a cup"."""
    whole, top, bottom = match["whole"], int(match["top"]), int(match["bottom"])
    noun = _WHOLE.get(match["noun"] or "", match["noun"])
    if (bottom > 16 and bottom not in (20, 32, 64, 100)) or (not whole and (top == 0 or bottom < 2)) or bottom == 0:
        return f"{words.cardinal(match['top'])} over {words.cardinal(match['bottom'])}" + (f" {noun}" if noun else "")
    name = {2: "half", 4: "quarter"}.get(bottom) or words.ordinal(bottom)
    if top != 1:
        name = "halves" if bottom == 2 else name + "s"
    if whole:
        part = f"a {name}" if top == 1 else f"{words.cardinal(str(top))} {name}"
        return f"{words.cardinal(whole)} and {part}" + (f" {noun}s" if noun else "")
    if not noun:
        return f"{words.cardinal(str(top))} {name}"
    article = "an" if noun[0] in "aeiou" or noun == "hour" else "a"
    if top == 1:
        return f"half {article} {noun}" if bottom == 2 else f"a {name} of {article} {noun}"
    return f"{words.cardinal(str(top))} {name} of {article} {noun}"


def _vulgar(match: re.Match[str], words: Verbalizer) -> str:
    """ "½", "1½": as a fraction in digits."""
    return f"{match[1]} {_FRACTIONS[match[2]]}".strip()


def _year_range(match: re.Match[str], words: Verbalizer) -> str:
    last = words.year(match[2]) if len(match[2]) == 4 else words.two_digits(match[2])
    return f"{words.year(match[1])} to {last}"


def _decade(match: re.Match[str], words: Verbalizer) -> str:
    digits = match[1] or match[2]
    spoken = words.year(digits) if len(digits) == 4 else words.cardinal(digits)
    return f"{spoken[:-1]}ies" if spoken.endswith("y") else f"{spoken}s"


def _era(match: re.Match[str], words: Verbalizer) -> str:
    """ "44 BC", "AD 70", "1200-800 BCE"."""
    spoken = " to ".join(words.year(year) for year in re.findall(r"\d+", match[0]))
    era = ".".join(re.sub(r"[^A-Z]", "", match[0]))
    return f"{era} {spoken}" if match[0][0].isalpha() else f"{spoken} {era}"


def _bare_year(match: re.Match[str], words: Verbalizer) -> str:
    """Four digits between 1100 and 2099 are a year, unless they count what follows: "1500 people"."""
    counted = match["noun"] and match["noun"] not in _NO_PLURALS and not match["before"]
    return (match["before"] or "") + (words.cardinal(match["year"]) if counted else words.year(match["year"]))


def _phone(match: re.Match[str], words: Verbalizer) -> str:
    groups = re.findall(r"\d+", match[0])
    spoken = ", ".join(words.digits(group, zero="oh") for group in groups)
    return f"plus {spoken}" if match[0].lstrip()[0] == "+" else spoken


def _code(match: re.Match[str], words: Verbalizer) -> str:
    """Letters and digits in one: "A4", "F-16", "B2B", "H264", "CO2", "MP3s"."""
    code = match[0].removesuffix("s")
    plural = match[0][len(code) :]
    formula = "-" not in code
    pieces = (
        _code_number(piece, words) if piece.isdecimal() else _spelled(piece, formula=formula)
        for piece in re.findall(r"\d+|[^\W\d_]+", code)
    )
    return "-".join(pieces) + plural


def _spelled(letters: str, *, formula: bool) -> str:
    """Letters of a code: two capitals and, in a formula, chemical symbols one by one; words as they are."""
    if (len(letters) == 2 and letters.isupper()) or (formula and _FORMULA.fullmatch(letters)):
        return "-".join(letters.upper())
    return letters


def _code_number(digits: str, words: Verbalizer) -> str:
    if digits[0] == "0" or len(digits) > 4:
        return words.digits(digits, zero="oh")
    return words.pairs(digits) if len(digits) > 2 else words.cardinal(digits)


def _scientific(match: re.Match[str], words: Verbalizer) -> str:
    sign = "minus " if match[2] in ("-", "−") else ""
    return f"{number(match[1], words)} times ten to the {sign}{words.cardinal(match[3])}"


def _power(match: re.Match[str], words: Verbalizer) -> str:
    exponent = match[2].translate(_RAISED)
    if exponent in ("2", "3"):
        return f"{match[1]} {'squared' if exponent == '2' else 'cubed'}"
    return f"{match[1]} to the power of {number(exponent, words) if exponent.lstrip('-−').isdecimal() else exponent}"


_RAISED: Final = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺ⁿⁱ", "0123456789-+ni")
_TO_RANGE: Final = rf"(?:(?P<low>{NUMBER}|\.\d++)(?P<dash>{DASH}|[ ]?[x×][ ]?)(?=[-−]?[\d.]))?"
_NOUNS: Final = rf"(?:[ ](?:of an? )?(?P<noun>{either(_PARTED)})(?!\w)(?:(?<=tsp|bsp)\.|(?<=lb|oz)\.)?)?"

CODES: Final[tuple[Rule, ...]] = (
    rule(r"(?<![\w&])#[ ]?(?=\d|[A-Z]{1,3}-?\d)", "number ", hint="#"),
    rule(r"(?<!\S)~(?=[\d$£€¥])", "about ", hint="~"),
    rule(r"(?<!\S)>[ ]?(?=[\d$£€¥])|(?<=\s)>(?=\s)", " greater than ", hint=">"),
    rule(r"(?<!\S)<[ ]?(?=[\d$£€¥])|(?<=\s)<(?=\s)", " less than ", hint="<"),
    rule(r"(?<=ending in )\d{4}(?!\w)|(?<=ending )\d{4}(?!\w)|(?<=PIN )\d{4}(?!\w)", lambda m, w: w.digits(m[0])),
    rule(r"(?<![\w./-])24/7(?![\w/]|[.,]\d)", "twenty-four seven", hint="24/7"),
    rule(r"(?<![\w./-])9/11(?![\w/]|[.,]\d)", "nine eleven", hint="9/11"),
    rule(r"(?<![\w./-])50/50(?![\w/]|[.,]\d)", "fifty-fifty", hint="50/50"),
    rule(r"(?<![\w./-])20/20(?![\w/]|[.,]\d)", "twenty twenty", hint="20/20"),
    rule(r"(?<![\w.,+-])\+\d{1,3}(?:[ .-]?\(?\d{1,5}\)?){2,6}(?![\w-])", _phone, hint="+"),
    rule(r"(?<![\w.,-])(?:1[ .-])?(?:\(\d{3}\)[ ]?|\d{3}[ .-])\d{3}[ .-]\d{4}(?![\w-])", _phone),
    rule(r"(?<![\w.,-])\d{3}-\d{2}-\d{4}(?![\w-])|(?<![\w.,-])\d{3}-\d{4}(?![\w-])", _phone, hint="-"),
    rule(r"(?<![\w.,-])0\d{2,4}[ -]\d{3,4}(?:[ -]\d{3,4})?(?![\w-]|,\d)", _phone),
    rule(r"(?<=[Dd]ial )\d{3}(?!\w|[.,-]\d)|(?<=[Cc]all )[1-9]11(?!\w|[.,-]\d)", lambda m, w: w.digits(m[0])),
    rule(
        rf"(?<=\b)({either(_PLACES)}[ ]#?)(\d{{3}})(?!\w|[.,]\d)",
        lambda m, w: m[1].replace("#", "") + _code_number(m[2], w),
    ),
)

MEASURES: Final[tuple[Rule, ...]] = (
    rule(
        r"(?<![\w.,])['’]?(1\d{3}|20\d{2})['’]?s(?!\w)"
        r"|(?:(?<![\w])['’](?=\d)|(?<=the )|(?<=mid-)|(?<=early )|(?<=late )|(?<=his )|(?<=her ))([1-9]0)['’]?s(?!\w)",
        _decade,
        hint="s",
    ),
    rule(
        f"([\\d]{{0,9}})[ ]?([{''.join(_FRACTIONS)}])", lambda m, w: f" {_vulgar(m, w)}" if not m[1] else _vulgar(m, w)
    ),
    rule(rf"{START}(\d{{1,2}})['’][ ]?(\d{{1,2}})(?:\"|'')", _feet),
    rule(rf"{START}(\d{{1,2}})[ ]?(?:ft|feet)\.?[ ](\d{{1,2}})[ ]?in(?:\.(?=[ ]?[,;a-z]))?(?!\w)", _feet, hint="in"),
    rule(
        rf"(?<![\w.,/\"])({NUMBER})\"(?=[ ](?P<noun>screen|display|pipe|monitor|TV)?"
        r"(?:(?<=[a-z])|x|by|of|wide|tall|long|deep|thick)(?!\w))",
        lambda m, w: f"{number(m[1], w)} {w.unit('1' if m['noun'] else _plain(m[1]), 'length-inch')}",
    ),
    rule(
        rf"{START}(?P<sign>{SIGN})({NUMBER})[ -]?in\.?(?=[ ](?:wide|tall|long|deep|thick|high|x)(?!\w))",
        lambda m, w: w.measure(m["sign"] + _plain(m[2]), "length-inch"),
        hint="in",
    ),
    rule(
        rf"(?<![\w.,/])(?:(?P<whole>\d{{1,6}})(?:[ ]|[ ]?-))?"
        rf"(?P<top>\d{{1,3}})/(?P<bottom>\d{{1,3}})(?![\w/]|[.,]\d){_NOUNS}",
        _fraction,
        hint="/",
    ),
    rule(
        rf"{START}({NUMBER})[ ]?({either(_OTHER_UNITS)})(?!\w)", lambda m, w: f"{number(m[1], w)} {_OTHER_UNITS[m[2]]}"
    ),
    rule(
        rf"(?<![\w.,/])(?P<sign>{SIGN}){_TO_RANGE}(?P<number>{NUMBER}|\.\d++)"
        rf"(?P<joint>[ -]?)(?:{SYMBOL})(?![\w°²³^]|/\d)(?:(?<=[a-z])\.(?=[,;]|[ ][a-z]))?",
        _measure,
    ),
    rule(
        rf"{START}(\d{{1,9}}(?:\.\d{{1,3}})?){DASH}(?=\d{{1,9}}(?:\.\d{{1,3}})?[x×kKM](?!\w))",
        lambda m, w: f"{number(m[1], w)} to ",
    ),
    rule(
        rf"{START}(?!4K|8K|2K)({NUMBER})[ ]?({either(_SCALE)})(?!\w)", lambda m, w: f"{number(m[1], w)} {_SCALE[m[2]]}"
    ),
    rule(r"(?<![\w.,])(\d{3,4})[ ]?[x×][ ]?(\d{3,4})(?!\w|[.,]\d)", lambda m, w: f"{w.pairs(m[1])} by {w.pairs(m[2])}"),
    rule(
        rf"(?<![\w.,])({NUMBER})(?:[ ]?x[ ]?|×)(?=\d{{1,4}}(?!\d|[.,]\d|[\^⁰¹²³⁴-⁹]))",
        lambda m, w: f"{number(m[1], w)} by ",
    ),
)

NUMBERS: Final[tuple[Rule, ...]] = (
    rule(r"(?<=[^\W\d_])\.(?=\d)", " point ", hint="."),
    rule(r"(?<!\w)'(?=\d{2}(?![\w']))", "", hint="'"),
    rule(rf"{START}(\d{{1,6}}(?:\.\d{{1,9}})?)[eE]([+−-]?)(\d{{1,4}})(?!\w)", _scientific),
    rule(r"(?<!\w)([A-Za-z]|\d{1,15}(?:\.\d{1,9})?|(?<=\))|\))\^\{?([-−]?\d{1,9}|[a-zA-Z])\}?(?!\w)", _power, hint="^"),
    rule(r"(\w|\))([⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺ⁿⁱ]{1,9})", _power),
    rule(
        r"(?<!\w)(?:AD|A\.D\.)[ ]\d{1,4}(?!\w|[.,]\d)"
        r"|(?<![\w.,-])\d{1,5}(?:[ ]?[-–][ ]?\d{1,5})?[ ]?(?:BCE?|CE|AD|B\.C\.(?:E\.)?|A\.D\.|C\.E\.)(?!\w)",
        _era,
    ),
    rule(rf"(?<![\w.,-])(1[1-9]\d{{2}}|20\d{{2}}){DASH}((?:1[1-9]|20)\d{{2}}|\d{{2}})(?!\w|[.,]\d|-)", _year_range),
    rule(
        rf"(?<![\w.,-])(?:(?P<before>(?<!\w)(?:{'|'.join(_BEFORE_YEAR)})[ ])(?=1\d|2[01])|(?=1[1-9]|20))"
        rf"(?P<year>[12]\d{{3}})(?=[ ](?P<noun>[a-z]+s|people|men|women|children|sheep|fish)(?!\w))?"
        r"(?![\w-]|[.,]\d|[ ]?[×+*/=])",
        _bare_year,
        flags=re.IGNORECASE,
    ),
    rule(r"(?<=\dst|\dnd|\drd|\dth)[-–](?=\d)", " to "),
    rule(
        r"(?<![\w.,])(\d{1,3}(?:,\d{3}){1,4}|\d{1,15})(?:st|nd|rd|th)(?!\w)", lambda m, w: w.ordinal(int(_plain(m[1])))
    ),
    rule(
        rf"{START}({NUMBER})[ ]?[x×]"
        r"(?=[ ](?:faster|slower|more|less|larger|smaller|better|bigger|cheaper|as|the|a|per)\b"
        rf"|[).,;:!?]|$|[ ]?(?![\w(]|[ ]))",
        lambda m, w: f"{number(m[1], w)} times",
    ),
    rule(rf"{START}({NUMBER})x(?!\w)", lambda m, w: f"{number(m[1], w)} times"),
    rule(
        r"(?<![\w.,:])(\d{1,4}):(\d{1,4})(?![\w:]|[.,]\d)",
        lambda m, w: f"{w.cardinal(m[1])} to {w.cardinal(m[2])}",
        hint=":",
    ),
    rule(
        rf"(?<![\w.,-])({SIGN})({NUMBER}|\.\d++){DASH}(?={NUMBER}(?![\w]|-\d))",
        lambda m, w: f"{number(m[1] + m[2], w)} to ",
    ),
    rule(
        r"(?<!\w)(?=[A-Za-z]{0,9}-?\d)(?=\d{0,9}-?[A-Za-z]|[A-Za-z])[A-Za-z]{0,9}(?:(?:-(?=\d))?\d{1,9}[A-Za-z]{0,9}){1,9}(?![\w]|-\d)",
        _code,
    ),
    rule(rf"(?<![\w.])({SIGN})({NUMBER}|\.\d++)", lambda m, w: number(m[1] + m[2], w)),
    rule(r"\d{1,4000}", lambda m, w: f" {w.number(m[0])} "),
)
