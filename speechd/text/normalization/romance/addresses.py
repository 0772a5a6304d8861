"""Addresses: URLs, e-mail, handles, files, IP addresses, versions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from speechd.text.normalization.romance.verbalizer import RomanceVerbalizer
from speechd.text.normalization.rules import Rule, either, rule

_DOMAINS: Final = (
    "com org net edu gov gob info io dev app biz eu es fr it pt br ar mx cl co pe ve uy ec bo cr us uk de ch be at nl "
    "ca lu tv me ai"
).split()
_EXTENSIONS: Final = (
    "pdf txt md csv json xml html htm css js py exe zip tar gz jpg jpeg png gif svg mp3 mp4 wav avi doc docx xls xlsx "
    "ppt pptx odt log ini yaml sql"
).split()
_PIECES = re.compile(r"[^\W\d_]+|[0-9]+|.", re.DOTALL)
_VERSIONED: Final = (
    "Python Java Node Ruby PHP Rust Go Ubuntu Debian Linux Windows Android iOS macOS Chrome Firefox Bluetooth USB HTTP "
    "GPT Llama Kotlin Swift PostgreSQL MySQL"
).split()


def rules(words: RomanceVerbalizer) -> Iterator[Rule]:
    """The rules of one language."""

    def spell(match: re.Match[str], _: object) -> str:
        return f" {_spelled(match[1], words)} "

    def version(match: re.Match[str], _: object) -> str:
        return f"{match[1]} {version_words(match[2], words)}"

    yield rule(r"(?<![\w.+-])([\w.+-]{1,64}+@[\w-]{1,63}+(?:\.[\w-]{1,63}+){1,5})", spell, hint="@")
    yield rule(
        r"(?:https?|ftp)://(?:www\.)?([^\s<>\"]{0,2000}[^\s<>\"'.,;:!?)\]…—/])/?",
        spell,
        hint="://",
        flags=re.IGNORECASE,
    )
    yield rule(
        rf"(?:(?<![\w@.-])www\.)?((?<![\w@-])(?<!\w\.)(?:[a-z0-9][a-z0-9-]{{0,62}}+\.){{1,4}}{either(_DOMAINS)}"
        r"(?:/(?:[^\s<>\"]{0,2000}[^\s<>\"'.,;:!?)\]…—/])?)?)/?(?![\w@-]|\.\w)",
        spell,
        hint=".",
    )
    yield rule(rf"(?<![\w/.-])([\w-]{{1,100}}+\.(?:{'|'.join(_EXTENSIONS)}))(?!\w|\.\w)", spell, hint=".")
    yield rule(r"(?<![\w.@])@(\w{1,50}+)", lambda m, _: f"{words.forms.signs['@']} {_spelled(m[1], words)}", hint="@")
    yield rule(r"(?<![\w.])(\d{1,3}(?:\.\d{1,3}){3})(?!\w|\.\d)", lambda m, _: _octets(m, words), hint=".")
    yield rule(
        r"(?<![\w.])[vV](?:ers(?:ión|ion|ione|ão)?)?\.?[ ]?(\d{1,6}(?:\.\d{1,6}){1,5})(?![\d%])",
        lambda m, _: f"{words.forms.version} {version_words(m[1], words)}",
        hint=".",
    )
    named = f"{words.forms.version}|{either(_VERSIONED)}"
    product = r"(?<!\w)([A-Z]\w{1,30})[ ](\d{1,2}\.\d{1,2})(?![\d%]|[.,]\d|[ ]?[%€$£°]|[ ][^\W\d_]{1,3}(?!\w))"
    yield rule(product, version, hint=".")
    yield rule(rf"(?<!\w)({named})[ -](\d{{1,6}}(?:\.\d{{1,6}}){{1,5}})(?![\d%])", version, hint=".")


def _spelled(address: str, words: RomanceVerbalizer) -> str:
    forms = words.forms
    marks = {
        ".": forms.dot, "/": forms.signs["/"], "@": forms.signs["@"], "-": forms.hyphen, "_": forms.underscore,
        ":": forms.colon, "&": forms.signs["&"], "+": forms.signs["+"], "=": forms.signs["="],
    }  # fmt: skip
    pieces = _PIECES.findall(address)
    return " ".join(
        filter(None, (_piece(piece, words) if piece[0].isalnum() else marks.get(piece, "") for piece in pieces))
    )


def _piece(piece: str, words: RomanceVerbalizer) -> str:
    return words.digits(piece) if piece.isdecimal() else piece


def _octets(match: re.Match[str], words: RomanceVerbalizer) -> str:
    octets = match[1].split(".")
    grouped = all(len(octet) == 3 for octet in octets[1:])
    if any(int(octet) > 255 or (grouped and octet[0] == "0") for octet in octets):
        return match[0]
    return f" {words.forms.dot} ".join(map(words.digits, octets))


def version_words(digits: str, words: RomanceVerbalizer) -> str:
    """ "3.11.2" as "tres punto once punto dos"."""
    return f" {words.forms.dot} ".join(words.cardinal(part) for part in digits.split("."))
