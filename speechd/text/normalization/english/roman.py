"""Roman numerals: of chapters, rulers, centuries and wars. The letters I, V, X and C are words, initials, and more."""

from __future__ import annotations

import re
from typing import Final

from speechd.text.normalization.rules import Rule, rule
from speechd.text.normalization.verbalizer import Verbalizer

_REGENTS: Final = (
    "Henry Henri Louis George Edward Elizabeth Charles James William Richard Philip Felipe Carlos Juan Mary Pius Paul "
    "Benedict Francis Leo Gregory Alexander Nicholas Catherine Frederick Wilhelm Napoleon Ramses Ramesses Ptolemy "
    "Cleopatra Darius Xerxes Artaxerxes Otto Ferdinand Gustav Christian Harald Olaf Haakon Ivan Peter Innocent Clement "
    "Urban Boniface Sixtus Julius Albert Leopold Victoria Margaret Umberto Emmanuel Murad Mehmed Selim Alfonso Sancho "
    "Pedro Afonso Manuel Maria Anne Constantine Theodosius Justinian Michael Basil Malcolm Robert David Edmund Hassan "
    "Mohammed Abdullah Rama Akbar Tutankhamun Thutmose Amenhotep Seti Callixtus Celestine Adrian Eugene Martin Stephen "
    "Conrad Rudolf Rudolph Sigismund Maximilian Joseph Ludwig Lothair Lothar Philippe Joao João Ferdinando Vittorio "
    "Humbert Baldwin Bohemond Nikolaus Gustavus Adolf Oscar Haile Honorius Hadrian Eugenius Urbanus Casimir Sigmund "
    "Stanislaus Augustus Augustine Alexios Isaac Andronikos Manuel Romanos Leopoldo Bela Béla Ladislaus Matthias Karl"
).split()
_RULERS: Final = (
    "King Queen Pope Emperor Empress Tsar Czar Kaiser Sultan Prince Princess Duke Saint Pharaoh Shah".split()
)
_NUMBERED: Final = (
    "Chapter Part Book Volume Act Scene Section Appendix War Phase Type Title Article Level Class Stage Figure Table "
    "Bowl Episode Canto Unit Lesson Exhibit Schedule Annex Division Grade Category Form Factor Step Round Group Tier "
    "Option Plan Fantasy Rocky Rambo Apollo Mark Symphony Sonata Concerto Opus Olympiad Corps Army Saturn Mach Block "
    "Quartet Page Letter Verse Psalm Plate Vol Vols No Sonnet Ode Elegy Epistle Stanza Amendment Clause Item Question "
    "Case Example Theorem Lemma Region Zone Sector Band Cranial Superman Gemini"
).split()
_ROMAN: Final = r"(?=[IVXLC])(?:C{0,3}(?:X[CL]|LX{0,3}|X{0,3})|C{1,3})(?:I[XV]|V?I{0,3})"
_SMALL: Final = r"(?=[ivxlc])(?:c{0,3}(?:x[cl]|lx{0,3}|x{0,3})|c{1,3})(?:i[xv]|v?i{0,3})"
_PLAIN_ROMAN: Final = r"(?:X{0,2}(?:I[XV]|VI{1,3}|I{2,3})|X{1,2}VI{0,3}|XI{1,3}|XI[XV])"
_VALUES: Final = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}
_RULING: Final = (
    "was|is|ruled|reigned|died|became|of|and|succeeded|granted|abdicated|married|ordered|by|to|in|from|at|as|on|with|"
    "issued|for|conquered|invaded|founded|commissioned|declared"
)
_GIVEN: Final = (
    "John Thomas Samuel Benjamin Frank Harry Arthur Walter Daniel Andrew Anthony Patrick Hugh Jesse Henry Donald "
    "Winthrop Cornelius Franklin Theodore Ulysses Alfred Edwin Ernest Clarence Harold Raymond Ralph Albert Roy Fred "
    "Jonathan Matthew Mark Steven Kenneth Gary Larry Jerry Dennis Tyler Ryan Eric Kevin Brian Jack Sammy Ken Calvin"
).split()
_INTRAVENOUS: Final = (
    "drip drips line lines fluid fluids antibiotics antibiotic therapy catheter catheters injection injections bag "
    "bags "
    "pole access solution medication medications drug drugs infusion infusions push now twice again treatment needle "
    "pump pumps site tubing"
).split()


def roman(numeral: str) -> int:
    """The value of a Roman numeral below 400."""
    values = [_VALUES[letter] for letter in numeral.upper()]
    following = [*values[1:], 0]
    return sum(-value if value < after else value for value, after in zip(values, following, strict=True))


def _regent(match: re.Match[str], verbalizer: Verbalizer) -> str:
    name = match[1] if not match[1].isupper() else match[1].title()
    return f"{name} the {verbalizer.ordinal(roman(match[2])).title()}"


def _numbered(match: re.Match[str], verbalizer: Verbalizer) -> str:
    return f"{match[1]} {verbalizer.cardinal(str(roman(match[2])))}"


def _cardinal(match: re.Match[str], verbalizer: Verbalizer) -> str:
    return verbalizer.cardinal(str(roman(match[1])))


def _ordinal(match: re.Match[str], verbalizer: Verbalizer) -> str:
    return verbalizer.ordinal(roman(match[1]))


_CASES: Final = "|".join(form for name in _NUMBERED for form in (name, name.lower(), name.upper()))
_NAMES: Final = "|".join(form for name in _REGENTS for form in (name, name.upper()))
_AFTER_RULER: Final = "(?:" + "|".join(rf"(?<=\b{ruler} )" for ruler in _RULERS) + ")"
_NO_PRONOUN: Final = (
    r"(?![ ](?:am|have|had|will|would|think|know|want|need|can|could|do|did|like|love|feel|see|guess|hope)(?!\w))"
)
NEEDED: Final = re.compile(r"(?<!\w)(?:[IVXLC]{1,8}|[ivxlc]{1,8})(?:th|st|nd|rd)?(?!\w)(?<!\ba)")
"""A word that may be a Roman numeral."""

RULES: Final[tuple[Rule, ...]] = (
    rule(
        r"(?<!\w)(an?|the|my|his|her|your|every|by|via|The|An?)[ ]IV(?![\w'-])(?![ ][Cc]entur|[ ](?:Corps|Army"
        r"|Legion))",
        r"\1 I.V",
        hint=" IV",
    ),
    rule(rf"(?<!\w)IV(?=[ ](?:{'|'.join(_INTRAVENOUS)})(?!\w))", "I.V", hint="IV"),
    rule(rf"(?<!\w)({_NAMES})[ ]({_PLAIN_ROMAN})(?:\.(?=,|[ ][a-z]))?(?!\w|\.[A-Z])", _regent),
    rule(rf"(?<!\w)({_NAMES})[ ]the[ ]({_PLAIN_ROMAN}|I|V|X)(?!\w)", _regent),
    rule(rf"(?<!\w)({_NAMES})[ ](I|V|X)(?=['’]s(?!\w))", _regent),
    rule(
        rf"(?=[A-Z][a-z]{{2,15}}[ ][IVX]){_AFTER_RULER}([A-Z][a-z]{{2,15}})[ ](I|V|X|{_PLAIN_ROMAN})(?:\.(?=,|"
        rf"[ ][a-z]))?(?!\w|'|\."
        rf"[ ]?[A-Z])",
        _regent,
    ),
    rule(
        rf"(?<!\w)(?<!Hi )(?<!Hey )(?<!Hello )(?<!Dear )(?<!Sorry )(?<!Thanks )(?<!Morning )(?<!morning )(?!Malcolm X)"
        rf"({_NAMES})[ ](I|V|X)(?:\.(?=[ ][a-z]|,))?(?=[,;:)\]\"]|\.?[\"')]?$|[ ]—|(?<=\.)[ ]|[ ](?:{_RULING})(?!\w))",
        _regent,
    ),
    rule(rf"(?<!\w)({_CASES})[ ](?![CL](?!\w))({_ROMAN})(?!\w|'|\.[A-Z]){_NO_PRONOUN}", _numbered),
    rule(
        rf"(?<!\w)(pages?|act|scene|chapter|figure|table|part|section|book|volume|canto|appendix|plate|verse|note|"
        rf"Page|Act|Scene|Chapter|Figure|Part|Section)[ ](?![cl](?!\w)|i[ ][a-z])({_SMALL})(?![\w'-])",
        _numbered,
    ),
    rule(rf"(?<!\w)({_ROMAN})(?:th|st|nd|rd)?(?=[ ][Cc]entur(?:y|ies)(?!\w))", _ordinal, hint="entur"),
    rule(
        rf"(?<!\w)({_ROMAN})(?:th)?(?=[ ](?:and|or|to)[ ][XVI]{{1,5}}(?:th)?[ ][Cc]entur(?:y|ies)(?!\w))",
        _ordinal,
        hint="entur",
    ),
    rule(rf"(?<!\w)(?=[XVI]{{2,6}}(?:th|st|nd|rd)(?!\w)|[VX]th(?!\w))({_ROMAN})(?:th|st|nd|rd)", _ordinal),
    rule(
        rf"(?<!\w)((?:{_NAMES}|{'|'.join(_GIVEN)})(?:[ ][A-Z]\.)?[ ][A-Z][a-z]{{2,15}},?)[ ](II|III|IV)(?!\w|\.[A-Z])",
        _regent,
    ),
    rule(rf"^({_PLAIN_ROMAN})(?=[ .:)]|$)(?!\.[A-Z])", _cardinal),
    rule(rf"(?<=[a-z][ ])({_PLAIN_ROMAN})(?!\w|'|\.\w)", _cardinal),
)
