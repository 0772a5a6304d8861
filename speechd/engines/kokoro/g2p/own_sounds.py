"""Words that sound otherwise than misaki reads them: interjections, long-drawn words, and words of two sounds."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol

INTERJECTIONS: Final[Mapping[str, str]] = {
    "shh": "ʃː", "sh": "ʃː", "psst": "psːt", "pst": "psːt", "grr": "ɡɹˈɜɹ", "brr": "bɹˈɜɹ", "zz": "zː", "pfft": "pfːt",
    "pff": "pfː", "tsk": "tsk", "hmm": "hˈʌm", "hm": "hˈʌm", "mmm": "mː", "mm": "mː", "mhm": "mhˈʌm", "ugh": "ˈʌɡ",
    "ahh": "ˈɑː", "ooh": "ˈu", "aww": "ˈɔ", "eww": "ˈiu", "phew": "fjˈu", "argh": "ˈɑɹɡ", "hahaha": "hˌɑhɑhˈɑ",
    "haha": "hɑhˈɑ",
}  # fmt: skip
"""In Kokoro's phonemes."""

_DRAWN = re.compile(r"(?<![\w'’.@/#-])(?=\w{0,30}?([A-Za-z])\1\1)[A-Za-z]{3,40}(?![\w'’@/]|\.\w)")
_REPEATED = re.compile(r"([A-Za-z])\1{2,}", re.IGNORECASE)


def shortened(text: str, known: Callable[[str], bool]) -> str:
    """`text` with long-drawn words as they are in the lexicon: "Noooo" as "No", "goood" as "good"."""
    return _DRAWN.sub(lambda match: _shortened(match[0], known), text)


def _shortened(word: str, known: Callable[[str], bool]) -> str:
    double, single = _REPEATED.sub(r"\1\1", word), _REPEATED.sub(r"\1", word)
    for short in (double, single):
        if known(short.lower()) or short.lower() in INTERJECTIONS:
            return short
    return double


class Token(Protocol):
    """A token of misaki's, as far as it matters here."""

    text: str
    tag: str
    phonemes: str | None


_METAL: Final = frozenset(
    "pipe pipes poisoning paint acetate shot bullet bullets ore pencil pencils crystal glass content exposure weight "
    "weights batteries battery solder shield shielding sinker sinkers apron glaze dust oxide roof sulfide sulfate "
    "contamination levels free".split()
)
_TINY: Final = frozenset(
    "detail details amount amount amounts quantity quantities particle particles trace traces difference differences "
    "fraction fractions changes change variations crack cracks attention proportion proportions examination".split()
)
_BASS: Final = frozenset("guitar guitars drum drums line lines player players clef note notes solo voice part".split())
_DETERMINERS: Final = frozenset("a an the my your his her its our their this that each every".split())
_RECURRING: Final = frozenset("every always usually often daily never sometimes rarely generally".split())
_PAST: Final = frozenset("yesterday ago last earlier once previously already had recently".split())
_OPERATORS: Final = frozenset("squared cubed equals plus minus times over sub".split())


def tell_apart(tokens: Sequence[Token]) -> None:
    """Give words of two sounds the tag, or the phonemes, of the one that is meant."""
    words = [token.text.lower() for token in tokens]
    for index, (token, word) in enumerate(zip(tokens, words, strict=True)):
        if token.phonemes is not None:
            continue
        before = words[index - 1] if index else ""
        after = words[index + 1] if index + 1 < len(words) else ""
        if word in INTERJECTIONS:
            token.phonemes = INTERJECTIONS[word]
        elif word in _RULES:
            _RULES[word](token, before, after, index, words, tokens)


def _read(token: Token, before: str, after: str, index: int, words: list[str], tokens: Sequence[Token]) -> None:
    """Misaki takes the present ("I read books") for the past."""
    recurring = not _RECURRING.isdisjoint(words) or any(
        other.tag in ("VBP", "VBZ") for place, other in enumerate(tokens) if place != index
    )
    past = not _PAST.isdisjoint(words) or any(
        other.tag == "VBD" for place, other in enumerate(tokens) if place != index
    )
    if (
        not _PAST.isdisjoint(words)
        and token.tag in ("", "VB", "VBP")
        and before not in ("to", "will", "not", "n't", "can")
    ):
        token.tag = "VBD"
    elif token.tag == "VBP" or (token.tag == "VBD" and recurring and not past):
        token.tag = "VB"


def _lead(token: Token, before: str, after: str, index: int, words: list[str], tokens: Sequence[Token]) -> None:
    following = words[index + 2] if after == "-" and index + 2 < len(words) else after
    if following in _METAL or before in ("molten", "leaded"):
        token.phonemes = "lˈɛd"


def _minute(token: Token, before: str, after: str, index: int, words: list[str], tokens: Sequence[Token]) -> None:
    token.tag = "JJ" if after in _TINY else "NN"


def _arithmetic(token: Token, before: str, after: str, index: int, words: list[str], tokens: Sequence[Token]) -> None:
    if not after.isalpha() or after in ("and", "or", "is", "was", "but", "in", "for", "at", "with"):
        token.tag = "NN"


def _resume(token: Token, before: str, after: str, index: int, words: list[str], tokens: Sequence[Token]) -> None:
    if before in _DETERMINERS or (token.tag in ("NN", "NNP") and before not in ("to", "will")):
        token.phonemes = "ɹˈɛzəmˌA"


def _am(token: Token, before: str, after: str, index: int, words: list[str], tokens: Sequence[Token]) -> None:
    if before == "pan":
        token.phonemes = "ˈæm"


def _bass(token: Token, before: str, after: str, index: int, words: list[str], tokens: Sequence[Token]) -> None:
    if after in _BASS or before in ("double", "on", "play", "plays", "played", "playing"):
        token.phonemes = "bˈAs"


def _letter(token: Token, before: str, after: str, index: int, words: list[str], tokens: Sequence[Token]) -> None:
    """The letter A in a formula is no article."""
    if after in _OPERATORS or (before in _OPERATORS and not after.isalpha()):
        token.tag = "NN"


_RULES: Final[Mapping[str, Callable[[Token, str, str, int, list[str], Sequence[Token]], None]]] = {
    "read": _read, "lead": _lead, "minute": _minute, "arithmetic": _arithmetic, "resume": _resume, "am": _am,
    "bass": _bass, "a": _letter,
}  # fmt: skip
