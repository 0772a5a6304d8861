from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speechd.languages.table import LANGUAGES
from speechd.text.cuts import LONGEST_WORD, TOLERANCE, pieces, split, split_near
from tests.text.strategies import texts


@pytest.mark.parametrize(
    ("text", "limit", "head", "rest"),
    [
        ("short", 10, "short", ""),
        ("One two. Three four five", 14, "One two.", "Three four five"),
        ("One two, three four five", 14, "One two,", "three four five"),
        ("One two three four", 10, "One two", "three four"),
        ("we pay 1 000 000", 10, "we pay", "1 000 000"),
        ("say [New York](/nu jɔɹk/)", 20, "say", "[New York](/nu jɔɹk/)"),
        ("abcdefghij", 4, "abcd", "efghij"),
        ("aaae\u0301bbb", 4, "aaa", "e\u0301bbb"),
        ("pi 3.14159", 6, "pi", "3.14159"),
    ],
)
def test_split_prefers_the_best_boundary(text: str, limit: int, head: str, rest: str) -> None:
    assert split(text, limit, "en-us") == (head, rest)


def test_split_near_prefers_a_clause_near_the_target() -> None:
    assert split_near("When the rain came, we all went inside and sat down by the fire.", 20, 60, "en-us") == (
        "When the rain came,",
        "we all went inside and sat down by the fire.",
    )


def test_split_near_leaves_no_tiny_tail() -> None:
    assert split_near("One two three four five six, ok.", 24, 60, "en-us") == ("One two three four", "five six, ok.")


@pytest.mark.parametrize(
    ("text", "head"),
    [
        ("It rained; we stayed at home, and we read until the evening.", "It rained; we stayed at home,"),
        ("We stayed at home; it rained, and we read until the evening.", "We stayed at home;"),
        ("We stayed at home, it rained and we read until the evening.", "We stayed at home,"),
        ("We stayed at home all day and we read until the evening.", "We stayed at home all day"),
        ("We stayed at home until the evening without a single word.", "We stayed at home until"),
    ],
)
def test_split_near_prefers_stronger_marks_to_weaker_ones_and_those_to_none(text: str, head: str) -> None:
    assert split_near(text, 28, 60, "en-us")[0] == head


@pytest.mark.parametrize("unbroken", ["a" * 400, "漢" * 400, "a-" * 200, "ก" * 400])
@pytest.mark.parametrize("target", [30, 120, 200])
def test_split_near_takes_no_more_of_text_without_boundaries_than_a_long_word(unbroken: str, target: int) -> None:
    head, rest = split_near(unbroken, target, 400, "en-us")
    assert head + rest == unbroken
    assert len(head) <= max(LONGEST_WORD, target * (1 + TOLERANCE))


def test_split_near_keeps_a_word_longer_than_the_target() -> None:
    word = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
    assert split_near(f"{word} ist lang, und das ist noch nicht alles.", 30, 400, "de")[0].startswith(word)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(text=texts, limit=st.integers(1, 30), language=st.sampled_from([*LANGUAGES]))
def test_split_keeps_the_text_and_the_limit(text: str, limit: int, language: str) -> None:
    heads, rest = [], text
    while rest:
        head, shorter = split(rest, limit, language)
        assert len(head) <= limit
        assert len(shorter) < len(rest)
        heads.append(head)
        rest = shorter
    assert bare("".join(heads)) == bare(text)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(text=texts, limit=st.integers(1, 30))
def test_pieces_are_the_text(text: str, limit: int) -> None:
    found = list(pieces(text, limit, "en-us"))
    assert "".join(found) == text
    assert all(piece and len(piece.rstrip()) <= limit for piece in found)


def bare(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize("limit", [1, 7])
def test_monster_word_is_cut_between_graphemes(limit: int) -> None:
    heads, rest = [], "e\u0301" * 50
    while rest:
        head, rest = split(rest, limit + 1, "en-us")
        heads.append(head)
    assert "".join(heads) == "e\u0301" * 50
    assert all(head.startswith("e") and head.endswith("\u0301") for head in heads)
