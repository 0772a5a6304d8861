"""Spanish, French, Italian and Portuguese: written → spoken. One set of rules over a table of each language's words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from speechd.text.normal.rules import Rule, apply, either, rule
from speechd.text.normal.units import SYMBOL, unit_of
from speechd.text.normal.words import Words


@dataclass(frozen=True, slots=True)
class _Tongue:
    """What differs between the four languages. Currencies: one, several, and how hundredths are added."""

    to: str
    of: str
    first: str
    clock: str
    dot: str
    dash: str
    signs: Mapping[str, str]
    currencies: Mapping[str, tuple[str, str, str]]
    millions: str
    abbreviations: Mapping[str, str]
    ordinals: str
    halves: Mapping[str, str]


_TONGUES: Final[Mapping[str, _Tongue]] = {
    "es": _Tongue(
        to="a", of=" de ", first="uno", clock="{hour} {minute}", dot="punto", dash="guion",
        signs={"&": "y", "+": "más", "=": "igual a", "×": "por", "÷": "entre", "±": "más menos", "≤": "menor o igual que", "≥": "mayor o igual que",
               "≈": "aproximadamente", "→": "a", "@": "arroba", "²": "al cuadrado", "³": "al cubo", "/": "barra", "№": "número", "§": "sección"},
        currencies={"€": ("euro", "euros", "con {} céntimos"), "$": ("dólar", "dólares", "con {} centavos"), "£": ("libra", "libras", "con {} peniques"),
                    "¥": ("yen", "yenes", ""), "₹": ("rupia", "rupias", "")},
        millions="millón|millones|mil millones", ordinals=r"\.?[ºª°]",
        abbreviations={"Sr.": "señor", "Sra.": "señora", "Srta.": "señorita", "Dr.": "doctor", "Dra.": "doctora", "D.": "don", "Ud.": "usted",
                       "Uds.": "ustedes", "p. ej.": "por ejemplo", "etc.": "etcétera", "pág.": "página", "núm.": "número", "n.º": "número", "aprox.": "aproximadamente"},
        halves={"½": "un medio", "¼": "un cuarto", "¾": "tres cuartos"},
    ),
    "fr": _Tongue(
        to="à", of=" ", first="premier", clock="{hour} heures {minute}", dot="point", dash="tiret",
        signs={"&": "et", "+": "plus", "=": "égale", "×": "fois", "÷": "divisé par", "±": "plus ou moins", "≤": "inférieur ou égal à", "≥": "supérieur ou égal à",
               "≈": "environ", "→": "vers", "@": "arobase", "²": "au carré", "³": "au cube", "/": "barre", "№": "numéro", "§": "paragraphe"},
        currencies={"€": ("euro", "euros", "{}"), "$": ("dollar", "dollars", "{}"), "£": ("livre", "livres", "{}"), "¥": ("yen", "yens", ""), "₹": ("roupie", "roupies", "")},
        millions="millions?|milliards?", ordinals="(?:er|re|e|è|ème|nde?|ᵉ)",
        abbreviations={"M.": "monsieur", "MM.": "messieurs", "Mme": "madame", "Mmes": "mesdames", "Mlle": "mademoiselle", "Dr": "docteur", "p. ex.": "par exemple",
                       "c.-à-d.": "c'est-à-dire", "etc.": "et cetera", "n°": "numéro", "env.": "environ", "av. J.-C.": "avant Jésus-Christ", "apr. J.-C.": "après Jésus-Christ"},
        halves={"½": "un demi", "¼": "un quart", "¾": "trois quarts"},
    ),
    "it": _Tongue(
        to="a", of=" ", first="primo", clock="{hour} e {minute}", dot="punto", dash="trattino",
        signs={"&": "e", "+": "più", "=": "uguale a", "×": "per", "÷": "diviso", "±": "più o meno", "≤": "minore o uguale a", "≥": "maggiore o uguale a",
               "≈": "circa", "→": "a", "@": "chiocciola", "²": "al quadrato", "³": "al cubo", "/": "barra", "№": "numero", "§": "paragrafo"},
        currencies={"€": ("euro", "euro", "e {} centesimi"), "$": ("dollaro", "dollari", "e {} centesimi"), "£": ("sterlina", "sterline", "e {} pence"),
                    "¥": ("yen", "yen", ""), "₹": ("rupia", "rupie", "")},
        millions="milione|milioni|miliardo|miliardi", ordinals="[ºª°]",
        abbreviations={"Sig.": "signor", "Sig.ra": "signora", "Sig.na": "signorina", "Dott.": "dottor", "Dott.ssa": "dottoressa", "Prof.": "professor",
                       "Ing.": "ingegner", "Avv.": "avvocato", "ecc.": "eccetera", "p. es.": "per esempio", "pag.": "pagina", "n.": "numero", "a.C.": "avanti Cristo", "d.C.": "dopo Cristo"},
        halves={"½": "mezzo", "¼": "un quarto", "¾": "tre quarti"},
    ),
    "pt": _Tongue(
        to="a", of=" de ", first="primeiro", clock="{hour} e {minute}", dot="ponto", dash="hífen",
        signs={"&": "e", "+": "mais", "=": "igual a", "×": "vezes", "÷": "dividido por", "±": "mais ou menos", "≤": "menor ou igual a", "≥": "maior ou igual a",
               "≈": "aproximadamente", "→": "para", "@": "arroba", "²": "ao quadrado", "³": "ao cubo", "/": "barra", "№": "número", "§": "parágrafo"},
        currencies={"€": ("euro", "euros", "e {} centavos"), "R$": ("real", "reais", "e {} centavos"), "$": ("dólar", "dólares", "e {} centavos"),
                    "£": ("libra", "libras", "e {} pence"), "¥": ("iene", "ienes", ""), "₹": ("rupia", "rupias", "")},
        millions="milhão|milhões|bilhão|bilhões|mil", ordinals="[ºª°]",
        abbreviations={"Sr.": "senhor", "Sra.": "senhora", "Dr.": "doutor", "Dra.": "doutora", "Prof.": "professor", "Profa.": "professora", "p. ex.": "por exemplo",
                       "etc.": "etcétera", "pág.": "página", "n.º": "número", "aprox.": "aproximadamente", "a.C.": "antes de Cristo", "d.C.": "depois de Cristo"},
        halves={"½": "meio", "¼": "um quarto", "¾": "três quartos"},
    ),
}  # fmt: skip

_NUMBER: Final = r"(?:\d{1,3}(?:[. ]\d{3})++(?!\d)|\d++)(?:[,.]\d++)?+"
_SIGN: Final = r"(?:(?<![\w)\]%°.,-])[-−](?=\d))?"


def spoken(text: str, words: Words) -> str:
    """`text`, tidied, in words."""
    return apply(_rules(words.family), text, words)


def _value(written: str) -> str:
    """ "1.234,5" and "1 234,5" as "1234.5"; a point that groups no thousands is a decimal one."""
    whole = re.sub(r"(?<=\d)[. ](?=\d{3}(?!\d))", "", written)
    return whole.replace(",", ".")


def _number(match: re.Match[str], words: Words) -> str:
    return words.number(_value(match[0]))


def _measure(match: re.Match[str], words: Words) -> str:
    unit = unit_of(match)
    if unit is None:
        return match[0]
    low = f"{words.number(_value(match['low']))} {_TONGUES[words.family].to} " if match["low"] else ""
    return low + words.measure(_value(match["sign"] + match["number"]), unit)


def _money(match: re.Match[str], words: Words) -> str:
    tongue = _TONGUES[words.family]
    one, many, hundredths = tongue.currencies[match["currency"]]
    value = _value(match["number"])
    if match["millions"]:
        of = " d'" if words.family == "fr" and many[0] in "aeiouy" else " de "
        return f"{words.before_noun(words.number(value))} {match['millions']}{' di ' if words.family == 'it' else of}{many}"
    whole, _, cents = value.partition(".")
    if not hundredths or len(cents) != 2:
        return f"{words.before_noun(words.number(value))} {one if value == '1' else many}"
    spoken = f"{words.before_noun(words.cardinal(whole))} {one if whole in ('0', '1') and words.family in ('fr', 'pt') or whole == '1' else many}"
    return f"{spoken} {hundredths.format(words.cardinal(cents))}" if int(cents) else spoken


def _date(match: re.Match[str], words: Words) -> str:
    from babel.dates import get_month_names  # its tables take time to load, and most texts have no such date

    day, month = int(match["day"]), int(match["month"])
    if not (1 <= day <= 31 and 1 <= month <= 12):
        return match[0]
    tongue = _TONGUES[words.family]
    spoken = tongue.first if day == 1 else words.cardinal(str(day))
    return tongue.of.join((spoken, get_month_names("wide", locale=words.locale)[month], words.cardinal(match["year"])))


def _time(match: re.Match[str], words: Words) -> str:
    if int(match[1]) > 24 or int(match[2]) > 59:
        return match[0]
    hour, minute = words.cardinal(match[1]), "" if match[2] == "00" else words.cardinal(match[2])
    if words.family == "fr":
        hour = "une" if hour == "un" else hour
        return f"{hour} heure{'s' if int(match[1]) > 1 else ''} {minute}".strip()
    return _TONGUES[words.family].clock.format(hour=hour, minute=minute) if minute else hour


def _ordinal(match: re.Match[str], words: Words) -> str:
    ordinal = words.ordinal(int(match[1]))
    suffix = match[0][len(match[1]) :]
    if words.family == "fr":
        return "première" if suffix == "re" else ordinal
    return f"{ordinal[:-1]}a" if suffix.endswith("ª") else ordinal


def _address(match: re.Match[str], words: Words) -> str:
    tongue = _TONGUES[words.family]
    marks = {".": tongue.dot, "/": tongue.signs["/"], "@": tongue.signs["@"], "-": tongue.dash}
    pieces = re.findall(r"[^\W\d_]+|\d+|.", match[1])
    return " ".join(words.digits(piece) if piece.isdigit() else piece if piece.isalpha() else marks.get(piece, "") for piece in pieces)


@lru_cache(maxsize=4)
def _rules(family: str) -> tuple[Rule, ...]:
    tongue = _TONGUES[family]
    currency = f"(?P<currency>{either(tongue.currencies)})"
    amount = rf"(?P<number>{_NUMBER})"
    millions = rf"(?:[ ](?P<millions>{tongue.millions})(?!\w))?"
    return (
        rule(r"(?:https?://)?(?:www\.)?((?<![\w@.-])[\w-]{1,63}+(?:\.[\w-]{1,63}+){0,4}\.(?:com|org|net|es|fr|it|pt|br|eu|io)(?:/[\w./-]{0,200}\w)?)(?![\w@])", _address, hint="."),
        rule(r"(?<![\w.+-])([\w.+-]{1,64}+@[\w-]{1,63}+(?:\.[\w-]{1,63}+){1,5})", _address, hint="@"),
        rule(rf"(?<![\w.]){either(tongue.abbreviations)}(?=[ ][\w])", lambda m, _: tongue.abbreviations[m[0]]),
        rule(r"(?<![\w/.-])(?P<day>\d{1,2})(?P<mark>[/.-])(?P<month>\d{1,2})(?P=mark)(?P<year>\d{4})(?![\w/-])", _date),
        rule(r"(?<![\w-])(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})(?![\w-])", _date, hint="-"),
        rule(r"(?<![\w.,:])(\d{1,2})(?::|[ ]?h[ ]?)(\d{2})(?:[ ]?h)?(?![\w:]|[.,]\d)", _time),
        rule(rf"(?<![\w.,]){currency}[ ]?{amount}{millions}", _money),
        rule(rf"(?<![\w.,]){amount}{millions}[ ]?(?:de |d')?{currency}", _money),
        rule(rf"(?<![\w.,/])(?P<sign>{_SIGN})(?:(?P<low>{_NUMBER})[ ]?[-–][ ]?(?=\d))?{amount}[ ]?(?:{SYMBOL})(?![\w°²³^]|/\d)", _measure),
        rule(rf"(?<![\w.,])(\d{{1,6}}){tongue.ordinals}(?!\w)", _ordinal),
        rule(rf"[{''.join(tongue.halves)}]", lambda m, _: f" {tongue.halves[m[0]]} "),
        rule(rf"(?<![\w.,-])({_NUMBER})[ ]?[-–][ ]?(?=\d)", lambda m, w: f"{w.number(_value(m[1]))} {tongue.to} "),
        rule(rf"(?<![\w.,]){_SIGN}{_NUMBER}", _number),
        rule(r"\d{1,4000}", lambda m, w: f" {w.number(m[0])} "),
        rule(either(set(tongue.signs) - {"/"}), lambda m, _: f" {tongue.signs[m[0]]} "),
        rule(r"(?<=\w)[ ]?/[ ]?(?=\w)", f" {tongue.signs['/']} ", hint="/"),
        rule(f"[{''.join(mark for mark in tongue.currencies if len(mark) == 1)}]", lambda m, _: f" {tongue.currencies[m[0]][1]} "),
    )  # fmt: skip
