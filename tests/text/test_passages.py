from __future__ import annotations

from speechd.text.markup import Pause
from speechd.text.passages import Boundary, Passage, PassageReader


def taken(input: str, target: int, limit: int) -> list[Passage | Pause]:
    script = PassageReader(input, "en-us")
    return list(iter(lambda: script.take(target, limit), None))


def test_short_sentences_are_gathered_near_the_target() -> None:
    assert taken("One. Two. Three. Four. Five is the last of all.", 20, 100) == [
        Passage("One. Two. Three. Four.", Boundary.SENTENCE),
        Passage("Five is the last of all.", Boundary.PARAGRAPH),
    ]


def test_long_sentence_is_cut_at_a_clause() -> None:
    assert taken("When the rain came, we all went inside and sat by the fire.", 20, 100) == [
        Passage("When the rain came,", Boundary.CLAUSE),
        Passage("we all went inside", Boundary.WORD),
        Passage("and sat by the fire.", Boundary.PARAGRAPH),
    ]


def test_paragraphs_are_not_joined() -> None:
    assert taken("First.\n\nSecond.", 100, 200) == [
        Passage("First.", Boundary.PARAGRAPH),
        Passage("Second.", Boundary.PARAGRAPH),
    ]


def test_lines_that_stand_alone_are_gathered_as_sentences() -> None:
    assert taken("Roses are red\nViolets are blue", 100, 200) == [
        Passage("Roses are red. Violets are blue", Boundary.PARAGRAPH)
    ]


def test_pause_stands_between_passages() -> None:
    assert taken("Hello [pause:0.5s] world", 100, 200) == [
        Passage("Hello", Boundary.WORD),
        Pause(0.5),
        Passage("world", Boundary.PARAGRAPH),
    ]


def test_pieces_without_letters_are_skipped() -> None:
    assert taken("!!!\n\n---\n\nHello ... !!!\n\n***", 100, 200) == [Passage("Hello…", Boundary.PARAGRAPH)]


def test_unspeakable_input_has_no_passage() -> None:
    assert taken("!!! --- 😀 \n\n ...", 100, 200) == []


def test_no_passage_exceeds_the_limit_below_the_target() -> None:
    passages = taken("word " * 100, 200, 30)
    assert all(isinstance(passage, Passage) and len(passage.text) <= 30 for passage in passages)
