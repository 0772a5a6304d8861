from __future__ import annotations

import pytest

from speechd.languages.table import LANGUAGES
from speechd.text.normalization.romance.verbalizer import RomanceVerbalizer

WORDS = {tag: RomanceVerbalizer(LANGUAGES[tag]) for tag in ("es", "fr-fr", "it", "pt-br")}


@pytest.mark.parametrize(
    ("language", "amount", "unit", "spoken"),
    [
        ("es", "21", "length-kilometer", "veintiún kilómetros"),
        ("es", "1", "duration-hour", "una hora"),
        ("es", "21", "concentr-percent", "veintiuno por ciento"),
        ("fr-fr", "21", "duration-hour", "vingt et une heures"),
        ("it", "1", "mass-kilogram", "un chilogrammo"),
        ("it", "1", "duration-hour", "un'ora"),
        ("pt-br", "1", "mass-gram", "um grama"),
        ("pt-br", "2", "duration-hour", "duas horas"),
        ("pt-br", "2000000", "length-meter", "dois milhões de metros"),
    ],
)
def test_number_agrees_with_its_unit(language: str, amount: str, unit: str, spoken: str) -> None:
    assert WORDS[language].measure(amount, unit) == spoken


@pytest.mark.parametrize(
    ("language", "amount", "noun", "spoken"),
    [
        ("es", "700", "casas", "setecientas casas"),
        ("es", "31", "días", "treinta y un días"),
        ("es", "1", "problema", "un problema"),
        ("es", "500200", "personas", "quinientas mil doscientas personas"),
        ("es", "200000000", "personas", "doscientos millones de personas"),
        ("fr-fr", "51", "tables", "cinquante et une tables"),
        ("fr-fr", "1", "musée", "un musée"),
        ("fr-fr", "3000000", "habitants", "trois millions d'habitants"),
        ("it", "1", "scuola", "una scuola"),
        ("it", "1", "specchio", "uno specchio"),
        ("it", "1", "isola", "un'isola"),
        ("it", "41", "case", "quarantuno case"),
        ("pt-br", "402", "cadeiras", "quatrocentas e duas cadeiras"),
        ("pt-br", "2", "mapas", "dois mapas"),
    ],
)
def test_number_agrees_with_its_noun(language: str, amount: str, noun: str, spoken: str) -> None:
    assert WORDS[language].counted(amount, noun) == spoken


@pytest.mark.parametrize(
    ("language", "number", "feminine", "spoken"),
    [
        ("es", 13, False, "decimotercero"),
        ("es", 28, True, "vigesimoctava"),
        ("es", 45, False, "cuadragésimo quinto"),
        ("es", 9000, False, "nuevemilésimo"),
        ("fr-fr", 1, True, "première"),
        ("fr-fr", 22, True, "vingt-deuxième"),
        ("it", 23, True, "ventitreesima"),
        ("pt-br", 35, True, "trigésima quinta"),
    ],
)
def test_ordinal_has_a_gender(language: str, number: int, feminine: bool, spoken: str) -> None:
    assert WORDS[language].gendered_ordinal(number, feminine=feminine) == spoken


def test_ordinal_is_short_before_a_masculine_noun() -> None:
    assert [WORDS["es"].gendered_ordinal(number, short=True) for number in (1, 23, 4)] == [
        "primer",
        "vigesimotercer",
        "cuarto",
    ]


@pytest.mark.parametrize(
    ("language", "numerator", "denominator", "spoken"),
    [
        ("es", 5, 6, "cinco sextos"),
        ("es", 7, 12, "siete doceavos"),
        ("es", 1, 30, "un treintavo"),
        ("es", 3, 107, "tres sobre ciento siete"),
        ("fr-fr", 5, 6, "cinq sixièmes"),
        ("it", 5, 8, "cinque ottavi"),
        ("pt-br", 5, 16, "cinco dezesseis avos"),
        ("pt-br", 1, 9, "um nono"),
    ],
)
def test_fraction_has_parts(language: str, numerator: int, denominator: int, spoken: str) -> None:
    assert WORDS[language].fraction(numerator, denominator) == spoken


def test_nothing_is_no_fraction() -> None:
    assert WORDS["es"].fraction(0, 3) is None
    assert WORDS["es"].fraction(3, 0) is None


def test_language_without_written_forms_has_no_verbalizer() -> None:
    with pytest.raises(ValueError, match="en-us"):
        RomanceVerbalizer(LANGUAGES["en-us"])
