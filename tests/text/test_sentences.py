from __future__ import annotations

import pytest

from speechd.text.sentences import LONGEST_WORD, SENTENCE_LIMIT, TOLERANCE, ends_sentence, sentences, split, split_near


@pytest.mark.parametrize(
    "expected",
    [
        ["Dr. Smith went to the U.S. ", "He met J. K. Rowling."],
        ["In the U.S. Army, Gen. Lee paid $3.50. ", "Prices rose 3.5 percent."],
        ["At 5 p.m. on Jan. 5 we left. ", "Then we slept."],
        ["No. 5 is alive. ", "It was no. ", "Then he left."],
        ['"Really?" he asked. ', '"Yes!" ', "(He did.) ", "Good."],
        ["Wait... what? ", "Wait... ", "What?! ", "Yes."],
        ["all lower. ", "so what? ", "yes"],
        ["So do I. ", "He left vitamin C. ", "The rest stayed."],
        ["e.g. this, i.e. that, etc. ", "The end."],
        ["It ended in 2007. ", "Good."],
        ["1. First things first. ", "Good."],
        ["你好。", "我是谁？", "“很好！”", "完了"],
        ["यह है। ", "वह है॥ ", "तीसरा"],
        ["One line\n", "another\n\n", "third"],
    ],
)
def test_text_falls_into_sentences(expected: list[str]) -> None:
    assert list(sentences("".join(expected))) == expected


def test_text_without_punctuation_is_cut_at_white_space() -> None:
    text = "word " * 1000
    pieces = list(sentences(text))
    assert "".join(pieces) == text
    assert all(len(piece.rstrip()) <= SENTENCE_LIMIT and piece.endswith("word ") for piece in pieces)


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
    assert split(text, limit) == (head, rest)


def test_split_near_prefers_a_clause_near_the_target() -> None:
    assert split_near("When the rain came, we all went inside and sat down by the fire.", 20, 60) == (
        "When the rain came,",
        "we all went inside and sat down by the fire.",
    )


def test_split_near_leaves_no_tiny_tail() -> None:
    assert split_near("One two three four five six, ok.", 24, 60) == ("One two three four five six, ok.", "")


@pytest.mark.parametrize(
    ("text", "after", "ends"), [("He left.", "Then", True), ("at ten A.M.", "EST", False), ("so,", "", False)]
)
def test_end_of_sentence_depends_on_what_follows(text: str, after: str, ends: bool) -> None:
    assert ends_sentence(text, after) is ends


@pytest.mark.parametrize("unbroken", ["a" * 400, "漢" * 400, "a-" * 200, "ก" * 400])
@pytest.mark.parametrize("target", [30, 120, 200])
def test_split_near_takes_no_more_of_text_without_boundaries_than_a_long_word(unbroken: str, target: int) -> None:
    head, rest = split_near(unbroken, target, 400)
    assert head + rest == unbroken
    assert len(head) <= max(LONGEST_WORD, target * (1 + TOLERANCE))


def test_split_near_keeps_a_word_longer_than_the_target() -> None:
    word = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
    assert split_near(f"{word} ist lang, und das ist noch nicht alles.", 30, 400)[0].startswith(word)
