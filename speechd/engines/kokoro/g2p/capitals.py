"""Text in capitals as words: misaki spells what its tagger takes for names, "HIM" and "STORM HITS" among it."""

from __future__ import annotations

import re
from collections.abc import Callable, Container
from typing import Final

_SENTENCE = re.compile(r"[^.!?…:;\n]+[.!?…:;\n]*")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_LONGEST_INITIALISM: Final = 3
"""Letters. A longer word that no lexicon has is read, not spelled, if it has a vowel."""

_INITIALISMS: Final = frozenset(
    "YMCA YWCA ESPN NCAA NAACP ISBN IEEE ASCII ISIS AAA IOU UAE UAW IRA UPI API CEO CIO CFO".split()
)
_AFTER_THE: Final = frozenset("US IT UN".split())
"""Words that are initials behind "THE"."""

_SHOUTED: Final = 3
"""Words in capitals that make a shouted run, in a sentence that has others."""

_SHARE_OF_WORDS: Final = 0.5
"""Share of a run's words that a lexicon must have: fewer, and it may be a list of initialisms."""


def without_shouting(text: str, known: Callable[[str], bool], acronyms: Container[str]) -> str:
    """`text` with sentences and long runs in capitals in small letters, but for initialisms.

    known: whether a lexicon has a word, in small letters. acronyms: words in capitals that a lexicon has as such.
    """
    if sum(map(str.isupper, text)) < 2 * _SHOUTED - 2:
        return text
    return _SENTENCE.sub(lambda match: _sentence(match[0], known, acronyms), text)


def _sentence(text: str, known: Callable[[str], bool], acronyms: Container[str]) -> str:
    words = list(_WORD.finditer(text))
    whole = all(word[0].isupper() for word in words)
    spoken, position = "", 0
    for run in _runs(words):
        if len(run) < (2 if whole else _SHOUTED) or not _are_words(run, known):
            continue
        for index, word in enumerate(run):
            before = run[index - 1][0] if index else ""
            spoken += text[position : word.start()] + _lowered(word[0], before, known, acronyms)
            position = word.end()
    return spoken + text[position:]


def _runs(words: list[re.Match[str]]) -> list[list[re.Match[str]]]:
    """The longest runs of words in capitals."""
    runs: list[list[re.Match[str]]] = [[]]
    for word in words:
        if word[0].isupper():
            runs[-1].append(word)
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]


def _are_words(run: list[re.Match[str]], known: Callable[[str], bool]) -> bool:
    return sum(len(word[0]) > 1 and known(word[0].lower()) for word in run) >= _SHARE_OF_WORDS * len(run)


def _lowered(word: str, before: str, known: Callable[[str], bool], acronyms: Container[str]) -> str:
    if word == "I" or word.startswith(("I'", "I’")) or (len(word) == 1 and word != "A"):
        return word[0] + word[1:].lower()
    if word in _INITIALISMS or (word in _AFTER_THE and before == "THE"):
        return word
    small = word.lower()
    if known(small):
        return small
    spelled = len(word) <= _LONGEST_INITIALISM or not set(small) & set("aeiouy") or word in acronyms
    return word if spelled else small
