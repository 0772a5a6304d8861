"""Pronunciations that an operator or a client wishes: words and phrases, and how each is to be said.

They are applied to the text before its written forms become words. The work is in proportion to the text, however many
entries there are: tokens walk a trie.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from speechd.text.markup.marks import PRONUNCIATION

MAX_ENTRIES: Final = 100_000
"""Entries of one language in a names file: some 100 MB of memory."""

REQUEST_ENTRIES: Final = 100
"""Entries that a request may bring."""

MAX_LENGTH: Final = 100
"""Characters of a word or phrase, and of what is said for it."""

_MARKED_WORD: Final = 60
"""Characters of a word that `[word](/ipa/)` can hold."""

_TOKEN = re.compile(
    r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[^\W\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+|\s+|[^\w\s]"
)
"""Words, signs, white space; of scripts that put no spaces between words, characters."""

_IPA = re.compile(r"/([^/()\[\]\n]{1,100})/")
_MARK = re.compile(PRONUNCIATION.pattern)

Node = dict[str, "Node | str"]
_END: Final = ""
"""Key of what is said, in the node behind a phrase's last token; no token is empty."""


class InvalidPronunciation(ValueError):
    """A word, or what is to be said for it, that cannot be used; the message says why, as the rest of a sentence."""


class Lexicon:
    """The pronunciations of one language.

    A phrase in small letters stands for all its spellings in capitals; one with a capital letter only for itself. The
    longest phrase goes first. What is said is another spelling, or IPA between slashes.
    """

    def __init__(self, entries: Mapping[str, str]) -> None:
        """entries: word or phrase → spelling, or "/ipa/". Raises `InvalidPronunciation`."""
        self._exact: Node = {}
        self._folded: Node = {}
        for phrase, said in entries.items():
            check(phrase, said)
            folded = phrase == phrase.lower()
            _add(self._folded if folded else self._exact, _tokens(phrase.strip()), said.strip())
        self._first = {token for trie in (self._exact, self._folded) for token in trie}

    def __bool__(self) -> bool:
        return bool(self._first)

    def apply(self, text: str) -> str:
        """`text` with each known phrase as it is to be said. Pronunciations in it (`[word](/ipa/)`) stay."""
        if not self._first:
            return text
        pieces = []
        position = 0
        for mark in _MARK.finditer(text):
            pieces += [self._replaced(text[position : mark.start()]), mark[0]]
            position = mark.end()
        return "".join([*pieces, self._replaced(text[position:])])

    def _replaced(self, text: str) -> str:
        tokens = _TOKEN.findall(text)
        spoken = []
        index = 0
        while index < len(tokens):
            length, said = self._longest(tokens, index)
            spoken.append(_spoken("".join(tokens[index : index + length]), said) if length else tokens[index])
            index += length or 1
        return "".join(spoken)

    def _longest(self, tokens: list[str], start: int) -> tuple[int, str]:
        """How many tokens the longest phrase at `start` has, and what is said for it; 0 if there is none."""
        exact = _walk(self._exact, tokens, start, str)
        folded = _walk(self._folded, tokens, start, str.lower)
        return max(exact, folded, key=lambda found: found[0])


NO_LEXICON: Final = Lexicon({})


def check(phrase: str, said: str) -> None:
    """Raise `InvalidPronunciation` if the pair cannot be an entry."""
    for text, name in ((phrase, "a word"), (said, "what is said")):
        if not text.strip():
            raise InvalidPronunciation(f"{name} is empty")
        if len(text) > MAX_LENGTH:
            raise InvalidPronunciation(f"{name} has at most {MAX_LENGTH} characters, and this one has {len(text)}")
        if any(ord(character) < 32 for character in text):
            raise InvalidPronunciation(f"{name} has no line breaks or other control characters")
    if not any(map(str.isalnum, phrase)):
        raise InvalidPronunciation("a word has a letter or a digit")
    if said.strip().startswith("/"):
        _check_ipa(phrase, said.strip())


def _check_ipa(phrase: str, said: str) -> None:
    if not _IPA.fullmatch(said):
        raise InvalidPronunciation("IPA stands between two slashes, and has no brackets: /ˈkoʊkəɹoʊ/")
    if len(phrase) > _MARKED_WORD or set(phrase) & set("[]"):
        raise InvalidPronunciation(f"a word with IPA has at most {_MARKED_WORD} characters, and no brackets")


def of_request(value: object) -> Lexicon:
    """The lexicon of a request's `pronunciations`, as `entries_of_request` has them."""
    return Lexicon(entries_of_request(value))


def entries_of_request(value: object) -> dict[str, str]:
    """A request's `pronunciations`, checked: an object of words and what is said for them.

    At most `REQUEST_ENTRIES` of `MAX_LENGTH` characters. Raises `InvalidPronunciation`.
    """
    if not isinstance(value, Mapping):
        raise InvalidPronunciation('an object is needed: {"word": "spelling or /ipa/"}')
    if len(value) > REQUEST_ENTRIES:
        raise InvalidPronunciation(f"there are at most {REQUEST_ENTRIES} entries, and these are {len(value)}")
    for phrase, said in value.items():
        if not isinstance(phrase, str) or not isinstance(said, str):
            raise InvalidPronunciation(f"what is said for {str(phrase)[:40]!r} is text")
        check(phrase, said)
    return dict(value)


def _tokens(text: str) -> Iterator[str]:
    return (" " if token.isspace() else token for token in _TOKEN.findall(text))


def _add(trie: Node, tokens: Iterator[str], said: str) -> None:
    node = trie
    for token in tokens:
        following = node.setdefault(token, {})
        assert isinstance(following, dict)
        node = following
    node[_END] = said


def _walk(trie: Node, tokens: list[str], start: int, form: Callable[[str], str]) -> tuple[int, str]:
    node, found = trie, (0, "")
    for length in range(1, min(MAX_LENGTH, len(tokens) - start) + 1):
        token = tokens[start + length - 1]
        following = node.get(" " if token.isspace() else form(token))
        if not isinstance(following, dict):
            break
        node = following
        if isinstance(said := node.get(_END), str):
            found = (length, said)
    return found


def _spoken(word: str, said: str) -> str:
    """What stands in the text instead of `word`."""
    ipa = _IPA.fullmatch(said)
    return f"[{' '.join(word.split())}](/{ipa[1]}/)" if ipa else said


_installed: dict[str, Lexicon] = {}


def install(lexicons: Mapping[str, Lexicon]) -> None:
    """Use these lexicons, by language, for all text that this process and its children read. Before the first fork."""
    _installed.clear()
    _installed.update(lexicons)


def installed(language: str) -> Lexicon:
    """The operator's lexicon of a language."""
    return _installed.get(language, NO_LEXICON)
