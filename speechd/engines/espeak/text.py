"""Text as espeak-ng can be given it, whoever calls it."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

_LATIN: Final = "0-9A-Za-zÀ-ÖØ-öø-ɏ\u0300-\u036f"
_DEVANAGARI: Final = "\u0900-\u097f"

_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_DASH: Final = re.compile(
    rf"(?P<joint>(?<=[{_LATIN}])-(?=[{_LATIN}])|(?<=[{_DEVANAGARI}])-(?=[{_DEVANAGARI}]))"
    r"|(?P<minus>(?<![^\s(])-(?=[0-9]))|(?P<alone>(?<=\s)-(?=\s))"
    r"|(?P<pause>(?<=[^\W_])[\u0300-\u036f\u0900-\u0903\u093a-\u094f]?--+(?=[^\W_]))"
    r"|-+"
)
WORD_LIMIT: Final = 60
"""Characters of a word. espeak-ng overflows a buffer in some of 140 ("'s" 70 times: SIGABRT; 120 did not); the longest
words that people write have fewer than 60."""

_LONG_WORD: Final = re.compile(rf"(?:\S{{20,{WORD_LIMIT - 1}}}[,.;:!?…—]|\S{{{WORD_LIMIT}}})(?=\S)")
"""Whatever has no white space in it is a word ("U.S." 100 times). It is cut behind a mark where it has one."""
_FOREIGN: Final = re.compile("[\u0370-\U0010ffff]")
"""A character that may be a letter of another script than Latin."""


def for_espeak(text: str) -> str:
    """`text` without what espeak-ng takes for commands, and without the words that end the process.

    Commands: control characters (a NUL ends the text), and "[[", the mark of phonemes. Words: espeak-ng 1.52 reads
    memory that is not its own (SIGSEGV) where a word changes to the language of another script, and something stands
    before the change: "'-नमस्ते", "---नमस्ते", "ꩉñ𭒻". So a word has letters of one script; and a hyphen stays only
    where it joins letters or digits that all languages know, is a minus, or stands alone. Two or more between words
    are a pause. Words longer than `WORD_LIMIT` are cut.
    """
    text = _CONTROL.sub(" ", text).replace("[[", "[ [")
    if "-" in text:
        text = _DASH.sub(_dash, text)
    if _FOREIGN.search(text):
        text = _by_script(text)
    return _LONG_WORD.sub(r"\g<0> ", text)


def _dash(match: re.Match[str]) -> str:
    if match["joint"] or match["minus"] or match["alone"]:
        return "-"
    return match["pause"].rstrip("-") + " — " if match["pause"] else " "


def _by_script(text: str) -> str:
    """`text` with a space wherever a word's letters go on in another script."""
    pieces = []
    script = ""
    for character in text:
        if character.isspace():
            script = ""
        elif own := _script(character):
            if script and own != script:
                pieces.append(" ")
            script = own
        pieces.append(character)
    return "".join(pieces)


@lru_cache(4096)
def _script(character: str) -> str:
    """The script of a letter ("LATIN", "CJK" ...), or "". The standard library has scripts only in names."""
    if character < "\u0370":
        return "LATIN" if character.isalpha() else ""
    plain = unicodedata.normalize("NFKC", character)[0]
    return unicodedata.name(plain, "?").partition(" ")[0] if plain.isalpha() else ""
