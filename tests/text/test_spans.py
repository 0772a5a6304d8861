from __future__ import annotations

import pytest
from hypothesis import example, given, settings

from speechd.text.markup.marks import PRONUNCIATION, Pause
from speechd.text.passages import NotYet, Passage, PassageReader, Position
from speechd.text.spans import SourceMap, Span, before, shifted, words
from tests.text.strategies import documents, texts

LONG = "It costs $5.50, and Dr. Smith paid 12 km at 3:30pm. " * 4


def read(input: str, language: str = "en-us", target: int = 60) -> list[Passage]:
    """All passages of an input, traced."""
    reader = PassageReader(language)
    reader.feed(input)
    reader.finish()
    reader.trace(input)
    passages = []
    while (passage := reader.next(target, target, 400)) is not None:
        if isinstance(passage, Passage):
            passages.append(passage)
        assert isinstance(passage, Passage | Pause | NotYet)
    return passages


def origins(input: str, language: str = "en-us") -> list[tuple[str, str]]:
    """Each spoken word, and the characters of the input that it comes from."""
    return [
        (passage.text[span.start : span.stop], input[span.source_start : span.source_stop])
        for passage in read(input, language)
        for span in passage.spans
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello, world!", ["Hello", "world"]),
        ('"(well)" he\'s — 5 % & mother-in-law.', ["well", "he's", "5", "%", "&", "mother-in-law"]),
        ("-5 or #1", ["-5", "or", "#1"]),
        ("[Kokoro](/kˈOkəɹO/) is", ["Kokoro", "is"]),
        ("你好，世界", ["你", "好", "世", "界"]),
        ("東京へ行くカタカナ", ["東京へ", "行く", "カタカナ"]),
        ("... — !", []),
    ],
)
def test_words_are_without_the_punctuation_around_them(text: str, expected: list[str]) -> None:
    assert [text[start:stop] for start, stop in words(text)] == expected


@pytest.mark.parametrize(
    ("input", "expected"),
    [
        ("Plain words stay.", [("Plain", "Plain"), ("words", "words"), ("stay", "stay")]),
        ("It is **bold** &amp; _it_.", [("It", "It"), ("is", "is"), ("bold", "bold"), ("and", "&"), ("it", "it")]),
        (
            "Pay $5.50 now.",
            [("Pay", "Pay"), *[(word, "$5.50") for word in "five dollars and fifty cents".split()], ("now", "now")],
        ),
        ("Read [the book](http://a.b/the) now.", [(word, word) for word in ("Read", "the", "book", "now")]),
        ("<p>One <b class='two'>two</b></p>", [("One", "One"), ("two", "two")]),
        ("Say [Kokoro](/kˈOkəɹO/) once.", [("Say", "Say"), ("Kokoro", "Kokoro"), ("once", "once")]),
        ("# Title\n\nText", [("Title", "Title"), ("Text", "Text")]),
        ("a [pause:1s] b", [("a", "a"), ("b", "b")]),
        ("the the the 5 the the", [*[("the", "the")] * 3, ("five", "5"), *[("the", "the")] * 2]),
    ],
)
def test_words_come_from_where_they_were_written(input: str, expected: list[tuple[str, str]]) -> None:
    assert origins(input) == expected


@pytest.mark.parametrize(
    ("language", "input", "pair"),
    [
        ("fr-fr", "Il est 14h30 ici.", ("quatorze", "14h30")),
        ("es", "Cuesta 5 € hoy.", ("cinco", "5")),
        ("zh", "看baidu.com吧。", ("点", "baidu.com")),
        ("hi", "नमस्ते दुनिया", ("दुनिया", "दुनिया")),
    ],
)
def test_words_of_other_languages_are_traced(language: str, input: str, pair: tuple[str, str]) -> None:
    assert pair in origins(input, language)


@settings(deadline=None)
@example(":0\r->")
@example("A@[PAUSE:0]0")
@given(texts | documents)
def test_every_word_has_a_place_in_order_and_within_the_input(input: str) -> None:
    passages = read(input)
    for passage in passages:
        assert [passage.text[span.start : span.stop] for span in passage.spans] == [
            passage.text[start:stop] for start, stop in words(passage.text)
        ]
    places = [(span.source_start, span.source_stop) for passage in passages for span in passage.spans]
    assert all(0 <= start <= stop <= len(input) for start, stop in places)
    assert [start for start, _ in places] == sorted(start for start, _ in places)


@settings(deadline=None)
@given(texts | documents)
def test_tracing_changes_no_passage(input: str) -> None:
    untraced = PassageReader("en-us")
    untraced.feed(input)
    untraced.finish()
    spoken = []
    while (passage := untraced.next(60, 60, 400)) is not None:
        if isinstance(passage, Passage):
            assert passage.spans == ()
            spoken.append(passage.text)
    assert [passage.text for passage in read(input)] == spoken


def test_another_reader_goes_on_with_the_trace() -> None:
    reader, whole = PassageReader("en-us"), read(LONG)
    position = Position()
    resumed = []
    while True:
        reader = PassageReader("en-us", position)
        reader.feed(LONG)
        reader.finish()
        reader.trace(LONG)
        passage = reader.next(60, 60, 400)
        if passage is None:
            break
        resumed.append(passage)
        position = reader.position
    assert resumed == whole


def test_spans_are_cut_with_their_text() -> None:
    spans = (Span(0, 3, 0, 3), Span(4, 9, 5, 10))
    assert before(spans, 6) == (Span(0, 3, 0, 3), Span(4, 6, 5, 10))
    assert shifted(spans, -6) == (Span(0, 3, 5, 10),)


def test_word_with_spaces_in_its_pronunciation_is_one() -> None:
    text = "[New York](/nu jɔɹk/) is"
    assert PRONUNCIATION.match(text)
    assert [text[start:stop] for start, stop in words(text)] == ["New York", "is"]


@pytest.mark.parametrize(
    ("document", "input", "expected"),
    [
        ("A B C here", "<say-as>abc</say-as> here", ["abc", "abc", "abc", "here"]),
        ("World Wide Web now", "<sub alias='World Wide Web'>WWW</sub> now", ["WWW", "WWW", "WWW", "now"]),
    ],
)
def test_parted_words_come_from_one(document: str, input: str, expected: list[str]) -> None:
    spans = SourceMap([document], input).of(0, document)
    assert [input[span.source_start : span.source_stop] for span in spans] == expected
