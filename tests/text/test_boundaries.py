from __future__ import annotations

import pytest

from speechd.text.boundaries import clause_ends, ends_clause, ends_sentence, phrase_ends, word_ends


@pytest.mark.parametrize(
    ("text", "after", "ends"), [("He left.", "Then", True), ("at ten A.M.", "EST", False), ("so,", "", False)]
)
def test_end_of_sentence_depends_on_what_follows(text: str, after: str, ends: bool) -> None:
    assert ends_sentence(text, "en-us", after) is ends


@pytest.mark.parametrize(
    ("text", "ends"), [("so,", True), ("(so)", True), ('so,"', True), ("so", False), ("对，", True)]
)
def test_end_of_clause_is_a_mark_and_what_closes_after_it(text: str, ends: bool) -> None:
    assert ends_clause(text) is ends


@pytest.mark.parametrize(
    ("language", "text", "heads"),
    [
        ("en-us", "we ran and he fell, e bene", ["we ran ", "we ran and he fell, "]),
        ("it", "corse e cadde, and so", ["corse ", "corse e cadde, "]),
        ("es", "corrió y cayó porque sí", ["corrió ", "corrió y cayó "]),
        ("fr-fr", "il court et tombe", ["il court "]),
        ("pt-br", "correu e caiu", ["correu "]),
        ("hi", "वह आया और गया", ["वह आया "]),
        ("xx", "one and two, three", ["one and two, "]),
    ],
)
def test_clause_ends_before_the_conjunctions_of_its_language(language: str, text: str, heads: list[str]) -> None:
    assert [text[:at] for at in clause_ends(text, len(text), language)] == heads


@pytest.mark.parametrize(
    ("language", "text", "heads"),
    [
        ("en-us", "sat by the old fire", ["sat ", "sat by the old "]),
        ("es", "en mil novecientos diez", ["en mil novecientos "]),
        ("it", "nel mezzo del cammin", ["nel mezzo "]),
    ],
)
def test_phrase_does_not_end_behind_a_word_that_leans_on_the_next(language: str, text: str, heads: list[str]) -> None:
    assert [text[:at] for at in phrase_ends(text, len(text), language)] == heads


def test_number_is_not_parted() -> None:
    text = "pay 1 000 euros"
    assert [text[:at] for at in word_ends(text, len(text))] == ["pay ", "pay 1 000 "]
