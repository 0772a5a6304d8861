"""Addresses: URLs, e-mail, hashtags, handles, files and paths, IP addresses, versions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from speechd.text.normalization.english import reading
from speechd.text.normalization.rules import Rule, either, rule
from speechd.text.normalization.verbalizer import Verbalizer

_MARKS: Final[Mapping[str, str]] = {
    ".": "dot", "/": "slash", "\\": "backslash", "-": "dash", "_": "underscore", ":": "colon", "?": "question mark",
    "=": "equals", "&": "and", "#": "hash", "@": "at", "%": "percent", "+": "plus", "~": "tilde",
}  # fmt: skip
_SPELLED: Final = frozenset(
    "www io uk us eu tv html htm php xml css js ts py pdf csv tsv txt jpg png svg gif mp md sql cfg "
    "ftp api cdn rs cpp".split()
)
_EXTENSIONS: Final = (
    "pdf txt md csv tsv json xml html htm css js ts py rb rs go java cpp sh exe dll zip tar gz jpg jpeg png gif svg "
    "webp bmp mp3 mp4 wav flac ogg avi mov mkv doc docx xls xlsx ppt pptx odt log ini cfg yaml yml toml sql db bak iso "
    "apk dmg"
).split()
_DOMAINS: Final = (
    "com org net io edu uk gov mil info biz dev app ai co.uk org.uk ac.uk co eu de fr es it nl ch ca jp tv me".split()
)
_MONEY: Final = "[A-Z]{2}[DFRYPLK]|GBP|JPY|Rs|[Kk]r|RM|Tk"
"""Codes of currencies, before an amount without a space."""
_VERSIONED: Final = (
    "Python Java Node npm Ruby Rails Django PHP Perl Rust Go Swift Kotlin Ubuntu Debian Fedora Linux Windows Android "
    "iOS macOS Chrome Firefox Safari Bluetooth USB HTTP TLS SSL HTML CUDA PyTorch TensorFlow Kubernetes Docker "
    "Postgres PostgreSQL MySQL Unicode OpenGL Vulkan DirectX GPT Version version Release release Firmware firmware "
    "Llama Claude Gemini"
).split()

_PIECES = re.compile(r"[^\W\d_]+|[0-9]+|.", re.DOTALL)
_NAME_PIECES = re.compile(r"[A-Z]{2,}(?![a-z])|[A-Z]?[^\W\d_A-Z]+|[A-Z]|[0-9]+")


def spell(address: str, verbalizer: Verbalizer) -> str:
    """An address aloud: its words, "dot", "slash", numbers."""
    spoken = []
    for piece in _PIECES.findall(address):
        if piece.isdecimal():
            spoken.append(
                verbalizer.cardinal(piece) if len(piece) <= 4 and piece[0] != "0" else verbalizer.digits(piece)
            )
        elif piece.isalpha():
            spoken.append(piece.upper() if piece.lower() in _SPELLED else piece)
        else:
            spoken.append(_MARKS.get(piece, ""))
    return " ".join(filter(None, spoken))


def _url(match: re.Match[str], verbalizer: Verbalizer) -> str:
    return f" {spell(match[1].removesuffix('/'), verbalizer)} "


def _name(match: re.Match[str], verbalizer: Verbalizer) -> str:
    """A hashtag's or handle's words: MachineLearning, john_doe42."""
    pieces = (verbalizer.cardinal(piece) if piece.isdecimal() else piece for piece in _NAME_PIECES.findall(match[1]))
    return f"{'hashtag' if match[0][0] == '#' else 'at'} {' '.join(pieces)}"


def _file(match: re.Match[str], verbalizer: Verbalizer) -> str:
    return (
        f"{spell(match[1].replace('_', ' ').replace('-', ' '), verbalizer)} dot {spell(match[2].lower(), verbalizer)}"
    )


def _octets(match: re.Match[str], verbalizer: Verbalizer) -> str:
    octets = (
        reading.pairs(octet, verbalizer) if len(octet) == 3 else verbalizer.cardinal(octet)
        for octet in match[0].split(".")
    )
    return " dot ".join(octets)


def version(digits: str, verbalizer: Verbalizer) -> str:
    """Read "3.11.2" as "three point eleven point two", and "22.04" as "twenty-two point oh four"."""
    return " point ".join(
        verbalizer.digits(part, zero="oh") if len(part) > 1 and part[0] == "0" else verbalizer.cardinal(part)
        for part in digits.split(".")
    )


_LAST: Final = "[^\\s<>\"'.,;:!?)\\]…—]"
RULES: Final[tuple[Rule, ...]] = (
    rule(r"(?<!\w)mailto:(?=\w)", "", hint="mailto:"),
    rule(r"(?<![\w.+-])([\w.+-]{1,64}+@[\w-]{1,63}+(?:\.[\w-]{1,63}+){1,5})", lambda m, v: spell(m[1], v), hint="@"),
    rule(rf"(?:https?|ftps?)://(?:www\.)?([^\s<>\"]{{0,2000}}{_LAST})/?", _url, hint="://", flags=re.IGNORECASE),
    rule(rf"(?<!\w)(www\.[^\s<>\"]{{0,2000}}{_LAST})/?", _url, hint="www.", flags=re.IGNORECASE),
    rule(
        rf"(?<![\w@.-])(?-i:(?![A-Za-z'’]{{2,30}}\.[A-Z][a-z]{{1,4}}(?!\w|[./]\w)))((?:[a-z0-9][a-z0-9-]{{0,62}}+\.){{1,4}}{either(_DOMAINS)}(?:/(?:[^\s<>\"]{{0,2000}}{_LAST})?)?)(?![\w-]|\.\w)",
        _url,
        hint=".",
        flags=re.IGNORECASE,
    ),
    rule(
        r"(?<![\w&/#])#((?=\d{0,9}[^\W\d])(?![A-Z]{1,3}\d)(?!\d{1,4}[A-Za-z]?(?!\w))\w{1,100}+)(?!-\d)", _name, hint="#"
    ),
    rule(r"(?<![\w@.])@(\w{1,50}+)", _name, hint="@"),
    rule(
        rf"(?<![\w/.-])([\w-]{{1,100}}+)\.((?:tar\.)?(?:{'|'.join(_EXTENSIONS)}))(?!\w|\.\w)",
        _file,
        hint=".",
        flags=re.IGNORECASE,
    ),
    rule(r"(?<![\w/.:])(~(?:/[\w.-]{1,100}(?<!\.)){1,30}|(?:/[\w.-]{1,100}(?<!\.)){2,30})/?(?![\w/])", _url, hint="/"),
    rule(rf"(?<!\w)([A-Za-z]:\\[^\s<>\"]{{0,500}}{_LAST})", _url, hint=":\\"),
    rule(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?!\w|\.\d)", _octets, hint="."),
    rule(r"(?<=[a-z]):(\d{4,5})(?![\w:-]|\.\d)", lambda m, v: f" port {v.cardinal(m[1])}", hint=":"),
    rule(r"(?<=[A-Za-z])\.(\d{1,6}(?:\.\d{1,6}){1,5})(?!\w)", lambda m, v: f" point {version(m[1], v)}", hint="."),
    rule(
        r"(?<![\w.])(?:[vV]ersion[ ])?[vV](?:er(?:sion)?)?\.?[ ]?(\d{1,6}(?:\.\d{1,6}){1,5})(?!\d)",
        lambda m, v: f"version {version(m[1], v)}",
        hint=".",
    ),
    rule(
        rf"(?<!\w)({either(_VERSIONED)}[ -])(\d{{1,6}}(?:\.\d{{1,6}}){{1,5}})(?![\d%])",
        lambda m, v: m[1] + version(m[2], v) + ("," if re.match(r"[ ]\d", m.string[m.end() :]) else ""),
        hint=".",
    ),
    rule(
        rf"(?<![\w./])(?!(?:{_MONEY})\d)([A-Za-z]{{2,20}})(\d{{1,4}}(?:\.\d{{1,4}}){{1,3}})(?:-(?=[A-Za-z\d])|(?!\w|\.\w))",
        lambda m, v: f"{m[1]} {version(m[2], v)}{' ' if m[0].endswith('-') else ''}",
        hint=".",
    ),
    rule(r"(?<![\w.,])\d{1,3}(?:\.\d{3}){2,4}(?![\w.])", lambda m, v: v.number(m[0].replace(".", "")), hint="."),
    rule(
        r"(?<![\w.])(?!(?:0?[1-9]|[12]\d|3[01])\.(?:0?[1-9]|1[0-2])\.(?:19|20)\d\d(?!\w))(?!\d{3}\.\d{3}\.\d{4}(?!\w))(?!(?:19|20)\d\d\.(?:0?[1-9]|1[0-2])\.(?:0?[1-9]|[12]\d|3[01])(?![\w.]))"
        r"\d{1,6}(?:\.\d{1,6}){2,5}(?!\w|\.\d)",
        lambda m, v: version(m[0], v),
        hint=".",
    ),
)
