"""Parts of speech by rule, where spaCy's trained tagger is not installed.

Misaki wants Penn Treebank tags: of punctuation, without which it drops it; of a few function words, whose weak forms
depend on it; and of words that sound otherwise as a noun, a verb or an adjective ("to record", "the record").
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import spacy
from spacy.tokens import Doc

PUNCTUATION: Final[Mapping[str, str]] = {
    **dict.fromkeys(",、，", ","),
    **dict.fromkeys(".!?。！？", "."),
    **dict.fromkeys((":", ";", "…", "...", "—", "–", "-", "--"), ":"),
    **dict.fromkeys("([{", "-LRB-"),
    **dict.fromkeys(")]}", "-RRB-"),
    **dict.fromkeys("“«„", "``"),
    **dict.fromkeys("”»", "''"),
    **dict.fromkeys("$£€", "$"),
}
FUNCTION_WORDS: Final[Mapping[str, str]] = {
    **dict.fromkeys("a an the every each some any no another".split(), "DT"),
    **dict.fromkeys("my your his her its our their whose".split(), "PRP$"),
    **dict.fromkeys("i you he she it we they".split(), "PRP"),
    **dict.fromkeys("in of for with at by from on into about as than vs".split(), "IN"),
    **dict.fromkeys("will would can could shall should may might must ll 'll 'd".split(), "MD"),
    **dict.fromkeys("and or but".split(), "CC"),
    "to": "TO",
}
BEING: Final = frozenset("be been being am is are was were 's 're 'm so very too more most".split())
HAVING: Final = frozenset("have has had having 've".split())
BEFORE_VERBS: Final = frozenset("do does did n't not let please to who you we they i".split())
PAST_BY_FORM: Final = frozenset(("read", "reread", "wound", "used"))


def tagger() -> Callable[[str], Doc]:
    """A function that splits a text into tokens with tags."""
    split = spacy.blank("en")

    def tagged(text: str) -> Doc:
        doc = split(text)
        words = [token.lower_ for token in doc]
        quoted = False
        for index, token in enumerate(doc):
            joined = index > 0 and not doc[index - 1].whitespace_
            token.tag_ = _tag(words, index)
            if token.text in "\"'" and (quoted or not joined):
                token.tag_ = "''" if quoted else "``"
                quoted = not quoted
            elif token.text == "'":
                token.tag_ = "POS"
            elif token.text == "-" and joined and not token.whitespace_:
                token.tag_ = "HYPH"
        return doc

    return tagged


def _tag(words: list[str], index: int) -> str:
    word = words[index]
    before = words[index - 1] if index else ""
    if word in PUNCTUATION:
        return PUNCTUATION[word]
    if word in FUNCTION_WORDS:
        return FUNCTION_WORDS[word]
    if word[0].isdigit():
        return "CD"
    if word == "used" and before not in BEING | HAVING:
        return "VBD"
    if before in HAVING or (before in BEING and word in PAST_BY_FORM):
        return "VBN"
    if before in BEING:
        return "JJ"
    role = FUNCTION_WORDS.get(before)
    if role == "MD" or before in BEFORE_VERBS:
        return "VB"
    if role in ("DT", "PRP$", "IN"):
        after = words[index + 1] if index + 1 < len(words) else ""
        return "JJ" if after.isalpha() and after not in FUNCTION_WORDS and after not in BEING | HAVING else "NN"
    return ""
