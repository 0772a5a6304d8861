"""Titles, abbreviations, initialisms and Roman numerals."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from speechd.text.normalization.rules import Rule, either, rule
from speechd.text.normalization.verbalizer import Verbalizer

_TITLES: Final[Mapping[str, str]] = {
    "Dr": "Doctor", "Mr": "Mister", "Mrs": "Missus", "Ms": "Miz", "Prof": "Professor", "Rev": "Reverend",
    "Hon": "Honorable", "Gen": "General", "Col": "Colonel", "Maj": "Major", "Capt": "Captain", "Cpt": "Captain",
    "Lt": "Lieutenant", "Sgt": "Sergeant", "Cpl": "Corporal", "Cmdr": "Commander", "Adm": "Admiral", "Gov": "Governor",
    "Sen": "Senator", "Rep": "Representative", "Pres": "President", "Supt": "Superintendent", "Fr": "Father",
    "Mt": "Mount", "Ft": "Fort", "St": "Saint", "Messrs": "Messieurs",
}  # fmt: skip
_STREETS: Final[Mapping[str, str]] = {
    "St": "Street", "Ave": "Avenue", "Av": "Avenue", "Blvd": "Boulevard", "Rd": "Road", "Dr": "Drive", "Ln": "Lane",
    "Hwy": "Highway", "Pkwy": "Parkway", "Sq": "Square", "Ct": "Court", "Pl": "Place",
}  # fmt: skip
_ABBREVIATIONS: Final[Mapping[str, str]] = {
    "e.g.": "for example", "eg.": "for example", "i.e.": "that is", "etc.": "et cetera", "vs.": "versus",
    "vs": "versus", "approx.": "approximately", "ca.": "circa", "cf.": "compare", "et al.": "et al", "viz.": "namely",
    "incl.": "including", "excl.": "excluding", "esp.": "especially", "avg.": "average", "temp.": "temperature",
    "dept.": "department", "Dept.": "Department", "est.": "established", "Est.": "Established", "govt.": "government",
    "Inc.": "Incorporated", "Ltd.": "Limited", "Co.": "Company", "Corp.": "Corporation", "Bros.": "Brothers",
    "Jr.": "Junior", "Sr.": "Senior", "Esq.": "Esquire", "misc.": "miscellaneous", "tel.": "telephone",
    "Tel.": "Telephone", "ext.": "extension", "Ext.": "Extension", "Assn.": "Association", "Univ.": "University",
    "hrs.": "hours", "mins.": "minutes", "yrs.": "years", "abbr.": "abbreviation", "P.S.": "P.S", "aka": "A.K.A",
    "ASAP": "A.S.A.P", "w.r.t.": "with respect to", "b/w": "between", "PhD": "P.H.D", "Ph.D.": "P.H.D", "Ph.D": "P.H.D",
    "PhDs": "P.H.D's", "MSc": "M.S.C", "BSc": "B.S.C", "NYU": "N.Y.U", "AWS": "A.W.S", "IQ": "I.Q", "NaCl": "N.A.C.L",
    "NaOH": "N.A.O.H", "HCl": "H.C.L", "KCl": "K.C.L", "NaHCO₃": "N.A.H.C.O three", "Wi-Fi": "Wifi", "WiFi": "Wifi",
}  # fmt: skip
_BEFORE_NUMBER: Final[Mapping[str, str]] = {
    "No": "number", "no": "number", "Nos": "numbers", "nos": "numbers", "Nr": "number", "pp": "pages", "p": "page",
    "pg": "page", "vol": "volume", "Vol": "Volume", "vols": "volumes", "ch": "chapter", "Ch": "Chapter",
    "chap": "chapter", "Chap": "Chapter", "sec": "section", "Sec": "Section", "fig": "figure", "Fig": "Figure",
    "figs": "figures", "Figs": "Figures", "eq": "equation", "Eq": "Equation", "Art": "Article", "art": "article",
    "Ex": "Example", "Rm": "Room", "Apt": "Apartment", "apt": "apartment", "Ste": "Suite", "Op": "Opus", "op": "opus",
    "par": "paragraph", "ver": "version", "Ver": "version", "v": "version",
}  # fmt: skip

_REGENTS: Final = (
    "Henry Louis George Edward Elizabeth Charles James William Richard Philip Felipe Carlos Juan Mary Pius Paul "
    "Benedict Francis Leo Gregory Alexander Nicholas Catherine Frederick Wilhelm Napoleon Ramses Ramesses Ptolemy "
    "Cleopatra Darius Xerxes Artaxerxes Otto Ferdinand Gustav Christian Harald Olaf Haakon Ivan Peter Innocent Clement "
    "Urban Boniface Sixtus Julius Albert Leopold Victoria Margaret Umberto Emmanuel Murad Mehmed Selim Alfonso Sancho "
    "Pedro Afonso Manuel Maria Anne Constantine Theodosius Justinian Michael Basil Malcolm Robert David Edmund Hassan "
    "Mohammed Abdullah Rama Akbar Tutankhamun Thutmose Amenhotep Seti Callixtus Celestine Adrian Eugene Martin Stephen"
).split()
_NUMBERED: Final = (
    "Chapter Part Book Volume Act Scene Section Appendix War Phase Type Title Article Level Class Stage Figure Table "
    "Bowl Episode Canto Unit Lesson Exhibit Schedule Annex Division Grade Category Form Factor Step Round Group Tier "
    "Option Plan Fantasy Rocky Rambo Apollo Mark Symphony Sonata Concerto Opus Olympiad Corps Army Saturn Mach Block "
    "Quartet"
).split()
_ROMAN: Final = r"(?=[IVXLC])(?:X[CL]|L?X{0,3}|C{1,3})(?:I[XV]|V?I{0,3})"
_PLAIN_ROMAN: Final = r"(?:X{0,2}(?:I[XV]|VI{1,3}|I{2,3})|X{1,2}VI{0,3}|XI{1,3}|XI[XV])"
_VALUES: Final = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}


def roman(numeral: str) -> int:
    """The value of a Roman numeral below 400."""
    values = [_VALUES[letter] for letter in numeral]
    following = [*values[1:], 0]
    return sum(-value if value < after else value for value, after in zip(values, following, strict=True))


def _regent(match: re.Match[str], verbalizer: Verbalizer) -> str:
    return f"{match[1]} the {verbalizer.ordinal(roman(match[2])).title()}"


def _numbered(match: re.Match[str], verbalizer: Verbalizer) -> str:
    return f"{match[1]} {verbalizer.cardinal(str(roman(match[2])))}"


def _century(match: re.Match[str], verbalizer: Verbalizer) -> str:
    return verbalizer.ordinal(roman(match[1]))


def _abbreviation(match: re.Match[str], _: Verbalizer) -> str:
    """The words; the stop of an abbreviation that ends the text ends the sentence, too."""
    written = match[0]
    return _ABBREVIATIONS[written] + (
        "." if written[-1] == "." and not match.string[match.end() :].strip("\"') \n") else ""
    )


RULES: Final[tuple[Rule, ...]] = (
    rule(r"(?<=\dst|\dnd|\drd|\dth)[ ]St\.(?=[ ][A-Z])", " Street.", hint=" St."),
    rule(r"(?<=\dst|\dnd|\drd|\dth)[ ]St\.?(?=[ ,.;]|$)", " Street", hint=" St"),
    rule(
        rf"(?<!\w)({either(_BEFORE_NUMBER)})\.[ ]?(?=[#\d]|[IVXLC]{{1,6}}(?!\w))",
        lambda m, _: f"{_BEFORE_NUMBER[m[1]]} ",
        hint=".",
    ),
    rule(
        rf"(?<=[a-z\dA-Z])[ ]({either(_STREETS)})"
        rf"(?:\.(?=[ ]?[,;a-z\n]|[ ](?:NE|NW|SE|SW|[NSEW])\b)|(?=,[ ]|[ ](?:in|and|at|near|is)[ ]))",
        lambda m, _: f" {_STREETS[m[1]]}",
    ),
    rule(
        rf"(?:(?<=[A-Za-z][a-z])|(?<=\d[snrt][tdh]))"
        rf"[ ]({either(_STREETS)})\.(?=[\"')\s]*$|[ ](?:The|He|She|It|They|We|In|On|At|But|And|A|This|That|There)[ ])",
        lambda m, _: f" {_STREETS[m[1]]}.",
        hint=".",
    ),
    rule(
        rf"(?<![\w'])({either(_TITLES)})(?:\.[ ]?|[ ])(?=[A-Z])(?![A-Z]{{2,}}(?!\w))", lambda m, _: f"{_TITLES[m[1]]} "
    ),
    rule(r"(?<!\w)(Mr|Mrs|Ms|Dr|Prof)\.?(?=[ ](?:and|or|&)[ ])", lambda m, _: _TITLES[m[1]]),
    rule(rf"(?<!\w)({'|'.join(_REGENTS)})[ ]({_PLAIN_ROMAN}|I|V|X)(?!\w|'|\.[A-Z])", _regent),
    rule(rf"(?<!\w)({'|'.join(_NUMBERED)}|{'|'.join(_NUMBERED).lower()})[ ]({_ROMAN})(?!\w|'|\.[A-Z])", _numbered),
    rule(rf"(?<!\w)({_ROMAN})(?=(?:th)?[ ][Cc]entur(?:y|ies)(?!\w))", _century, hint="entur"),
    rule(rf"(?<=[a-z][ ])()({_PLAIN_ROMAN})(?!\w|'|\.\w)", lambda m, v: v.cardinal(str(roman(m[2])))),
    rule(rf"(?<![\w.]){either(_ABBREVIATIONS)}(?![\w]|\.\w)", _abbreviation),
)
