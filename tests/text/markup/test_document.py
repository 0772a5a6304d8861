from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from speechd.text.markup.document import DocumentReader, parse, read_marks
from speechd.text.markup.markdown import BlockReader
from speechd.text.markup.marks import PAUSE_LIMIT_S, Pause, Phonemes, Text
from tests.text.strategies import documents


@pytest.mark.parametrize(
    ("tag", "duration_s"),
    [("0.5s", 0.5), ("500ms", 0.5), ("1", 1.0), (".25s", 0.25), ("2S", 2.0), ("99999", PAUSE_LIMIT_S)],
)
def test_pause_is_read_and_bounded(tag: str, duration_s: float) -> None:
    assert parse(f"a [pause:{tag}] b") == [Text("a "), Pause(duration_s), Text(" b\n\n")]


def test_adjacent_pauses_are_both_read() -> None:
    assert parse("[pause:1][pause:2]") == [Pause(1.0), Pause(2.0), Text("\n\n")]


def test_pronunciation_is_a_mark() -> None:
    assert parse("say [Kokoro](/kˈOkə_ɹ_O/) now") == [
        Text("say "),
        Phonemes("Kokoro", "kˈOkə_ɹ_O"),
        Text(" now\n\n"),
    ]


def test_mark_of_a_pause_is_no_word_of_a_pronunciation() -> None:
    assert parse("[pause:1](/x/)") == [Pause(1.0), Text("(/x/)\n\n")]


def test_paragraph_is_certain_at_the_blank_line_behind_it() -> None:
    reader = DocumentReader()
    assert reader.feed("One **bold") == []
    assert reader.feed("** word.\r") == []
    assert reader.feed("\n") == []
    assert reader.feed("\nTwo") == [Text("One bold word.\n\n")]
    assert reader.finish() == [Text("Two\n\n")]


@pytest.mark.parametrize(
    ("open_", "closed", "text"),
    [
        ("a <!-- b\n\n", "c --> d", "a   d\n\n"),
        ("a <script>b\n\n", "c</script> d", "a   d\n\n"),
        ("a <p\n\n", "class=x> d", "a d\n\n"),
    ],
)
def test_element_keeps_text_back_until_it_is_closed(open_: str, closed: str, text: str) -> None:
    reader = DocumentReader()
    assert reader.feed(open_) == []
    assert "".join(mark.text for mark in [*reader.feed(closed), *reader.finish()] if isinstance(mark, Text)) == text


def test_comparison_keeps_nothing_back() -> None:
    assert DocumentReader().feed("a < b and\n\n") == [Text("a < b and\n\n")]


@settings(max_examples=500, deadline=None, derandomize=True)
@given(text=documents, place=st.integers(0, 400))
@example(text="a\n\n\n\nb", place=3)
@example(text="```\n\n- a\n\n```\n\nb", place=6)
def test_marks_are_the_same_however_the_text_is_cut(text: str, place: int) -> None:
    at = place % (len(text) + 1)
    reader = DocumentReader()
    assert [*reader.feed(text[:at]), *reader.feed(text[at:]), *reader.finish()] == whole(text)


def whole(text: str) -> list[object]:
    """The marks, parsed at the end alone: with nothing in between that could cut them."""
    return list(read_marks(text, BlockReader()))
