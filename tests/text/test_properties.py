from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speechd.text.markup import PRONUNCIATION, Pause, parse
from speechd.text.normalization.normalize import normalize
from speechd.text.passages import PassageReader
from speechd.text.sentences import SENTENCE_LIMIT, sentences, split

LANGUAGES = ("en-us", "en-gb", "es", "fr-fr", "hi", "it", "pt-br", "ja", "zh")
PIECES = (
    *"0123456789.,:;/-–—$%€'\"²½#@&+=x×kmsNo()[]{}<>^_*|~ \n?!abIVX",
    *(
        "St.",
        "Dr.",
        " No. ",
        "1990s",
        "pm",
        "e.g. ",
        "BC",
        "km",
        "US$",
        "[a](/b/)",
        "[pause:1]",
        "May ",
        "→",
        "π",
        "１",
    ),
    *("٣", "ß", "é", "\ud800", "。", "।", "क्षि", "😀", "<!--", "-->", "`", "\u200d", "http://", "www."),
)
texts = st.one_of(st.text(max_size=60), st.lists(st.sampled_from(PIECES), max_size=20).map("".join))


def bare(text: str) -> str:
    return "".join(text.split())


@settings(max_examples=300, deadline=None, derandomize=True)
@given(text=texts, language=st.sampled_from(LANGUAGES))
def test_normalize_is_idempotent_on_any_text(text: str, language: str) -> None:
    spoken = normalize(text, language)
    assert normalize(spoken, language) == spoken


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    words=st.lists(st.text(st.characters(categories=["Lu", "Ll", "Lo"], max_codepoint=0x7FF), min_size=7, max_size=12))
)
def test_normalize_loses_no_word(words: list[str]) -> None:
    assert normalize(" ".join(words), "en-us") == " ".join(words)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(text=texts)
def test_sentences_are_the_text(text: str) -> None:
    pieces = list(sentences(text))
    assert "".join(pieces) == text
    assert all(piece and len(piece.rstrip()) <= SENTENCE_LIMIT for piece in pieces)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(text=texts, limit=st.integers(1, 30))
def test_split_keeps_the_text_and_the_limit(text: str, limit: int) -> None:
    heads, rest = [], text
    while rest:
        head, shorter = split(rest, limit)
        assert len(head) <= limit
        assert len(shorter) < len(rest)
        heads.append(head)
        rest = shorter
    assert bare("".join(heads)) == bare(text)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(text=texts, target=st.integers(1, 60), limit=st.integers(1, 80), language=st.sampled_from(("en-us", "es", "ja")))
def test_script_speaks_every_letter_once_and_in_order(text: str, target: int, limit: int, language: str) -> None:
    script = PassageReader(text, language)
    passages = [piece for piece in iter(lambda: script.take(target, limit), None) if not isinstance(piece, Pause)]
    assert all(0 < len(passage.text) <= limit and passage.text == passage.text.strip() for passage in passages)
    spoken = (
        normalize(sentence, language)
        for block in parse(text)
        if isinstance(block, str)
        for sentence in sentences(block)
    )
    letters = [letter for sentence in spoken for letter in sentence if letter.isalnum()]
    assert [letter for passage in passages for letter in passage.text if letter.isalnum()] == letters


@settings(max_examples=100, deadline=None, derandomize=True)
@given(words=st.lists(st.sampled_from(["plain", "[New York](/nu jɔɹk/)", "words,", "end."]), min_size=1, max_size=30))
def test_script_cuts_no_pronunciation(words: list[str]) -> None:
    script = PassageReader(" ".join(words), "en-us")
    passages = [piece for piece in iter(lambda: script.take(30, 60), None) if not isinstance(piece, Pause)]
    found = Counter(match[0] for passage in passages for match in PRONUNCIATION.finditer(passage.text))
    assert found["[New York](/nu jɔɹk/)"] == words.count("[New York](/nu jɔɹk/)")


@pytest.mark.parametrize("limit", [1, 7])
def test_monster_word_is_cut_between_graphemes(limit: int) -> None:
    heads, rest = [], "e\u0301" * 50
    while rest:
        head, rest = split(rest, limit + 1)
        heads.append(head)
    assert "".join(heads) == "e\u0301" * 50
    assert all(head.startswith("e") and head.endswith("\u0301") for head in heads)
