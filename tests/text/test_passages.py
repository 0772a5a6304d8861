from __future__ import annotations

import pickle
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from speechd.text.fed_text import Flushed
from speechd.text.markup.document import parse
from speechd.text.markup.marks import PRONUNCIATION, Mark, Pause, Phonemes, Prosody, Style, Text, Voice
from speechd.text.normalization.normalize import normalize
from speechd.text.passages import BEGINNING, WEAK_SHARE, Boundary, NotYet, Passage, PassageReader
from speechd.text.sentences import sentences
from tests.text.strategies import documents, texts


def reader_of(*pieces: str, language: str = "en-us") -> PassageReader:
    reader = PassageReader(language)
    for piece in pieces:
        reader.feed(piece)
    reader.finish()
    return reader


def rest(reader: PassageReader, enough: int, limit: int) -> list[Passage | Pause | Flushed]:
    results: list[Passage | Pause | Flushed] = []
    while (result := reader.next(enough, min(limit, 2 * enough), limit)) is not None:
        if not isinstance(result, NotYet):
            results.append(result)
    return results


def passages(text: str, enough: int, limit: int) -> list[Passage | Pause | Flushed]:
    return rest(reader_of(text), enough, limit)


def spoken(results: Iterable[Passage | Pause | Flushed]) -> list[str]:
    return [result.text for result in results if isinstance(result, Passage)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two. Three. Four. Five is the last.", ["One. Two. Three. Four.", "Five is the last."]),
        ("This one is long enough. And so is this one.", ["This one is long enough.", "And so is this one."]),
        (
            "This is not. This is much too long for it, so it stays apart.",
            ["This is not.", "This is much too long for it, so it stays apart."],
        ),
        (
            "No. This is much too long for it, and joins it all the same.",
            ["No. This is much too long for it, and joins it all the same."],
        ),
        (
            "Roses are red,\nViolets are blue,\nSugar is sweet.\nYes.",
            ["Roses are red, Violets are blue, Sugar is sweet.", "Yes."],
        ),
        ("You need:\n\n- tea\n- milk\n- one spoon of sugar", ["You need:", "tea. milk. one spoon of sugar."]),
    ],
)
def test_whole_sentences_are_gathered_until_there_are_enough(text: str, expected: list[str]) -> None:
    assert spoken(passages(text, 20, 100)) == expected


def test_sentence_is_cut_only_where_it_is_too_long_and_then_evenly_at_clauses() -> None:
    text = "When the rain came, we all went inside, and sat by the fire, until it was time to go."
    assert passages(text, 20, 90) == [Passage(text, Boundary.PARAGRAPH)]
    assert passages(text, 20, 70) == [
        Passage("When the rain came, we all went inside,", Boundary.CLAUSE),
        Passage("and sat by the fire, until it was time to go.", Boundary.PARAGRAPH),
    ]


def test_sentence_in_pieces_is_put_together_where_it_fits() -> None:
    reader = PassageReader("en-us")
    reader.feed_marks([Text("Half of a sentence")])
    reader.feed_marks([Text("and its other half. And another one.")])
    assert reader.next(10, 50, 80) == Passage("Half of a sentence and its other half.", Boundary.SENTENCE)


def test_passage_does_not_wait_for_text_that_it_does_not_need(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def record(text: str, language: str) -> str:
        read.append(text)
        return normalize(text, language)

    monkeypatch.setattr("speechd.text.passages.normalize", record)
    reader = PassageReader("en-us")
    reader.feed_marks([Text("This is long enough. This one is not even looked at.")])
    assert reader.next(20, 60, 100) == Passage("This is long enough.", Boundary.SENTENCE)
    assert read == ["This is long enough. "]
    reader.feed_marks([Text("Short.")])
    assert reader.next(60, 80, 100) == NotYet(needs_text=True)


def test_paragraphs_are_not_joined() -> None:
    assert passages("First.\n\nSecond.", 100, 200) == [
        Passage("First.", Boundary.PARAGRAPH),
        Passage("Second.", Boundary.PARAGRAPH),
    ]


def test_lines_that_stand_alone_are_gathered_as_sentences() -> None:
    assert passages("Roses are red\nViolets are blue", 100, 200) == [
        Passage("Roses are red. Violets are blue", Boundary.PARAGRAPH)
    ]


def test_pause_stands_between_passages() -> None:
    assert passages("Hello [pause:0.5s] world", 100, 200) == [
        Passage("Hello", Boundary.WORD),
        Pause(0.5),
        Passage("world", Boundary.PARAGRAPH),
    ]


def test_pieces_without_letters_are_skipped() -> None:
    assert passages("!!!\n\n---\n\nHello ... !!!\n\n***", 100, 200) == [Passage("Hello…", Boundary.PARAGRAPH)]


def test_unspeakable_input_has_no_passage() -> None:
    assert passages("!!! --- 😀 \n\n ...", 100, 200) == []


def test_no_passage_exceeds_the_limit() -> None:
    results = passages("word " * 100, 200, 30)
    assert results
    assert all(len(text) <= 30 for text in spoken(results))


@settings(max_examples=100, deadline=None, derandomize=True)
@given(words=st.lists(st.integers(1, 18), min_size=1, max_size=30), enough=st.integers(1, 60))
def test_no_sentence_within_the_limit_is_cut(words: list[int], enough: int) -> None:
    text = " ".join(f"The{' sea' * count}." for count in words)
    results = rest(reader_of(text), enough, 80)
    ends = [result.boundary for result in results if isinstance(result, Passage)]
    assert set(ends[:-1]) <= {Boundary.SENTENCE}
    assert " ".join(spoken(results)) == text
    most = min(80, 2 * enough)
    for passage, following in pairwise(spoken(results)):
        first, *more = (f"{sentence}." for sentence in passage.rstrip(".").split(". "))
        assert not more or len(passage) <= most or len(" ".join([first, *more[:-1]])) < WEAK_SHARE * most
        assert len(passage) >= enough or len(f"{passage} {following.partition('.')[0]}.") > most


def test_passage_waits_for_the_text_that_decides_it() -> None:
    reader = PassageReader("en-us")
    assert reader.next(100, 200, 400) == NotYet(needs_text=True)
    reader.feed("First paragraph.\n\nThe sec")
    assert reader.next(100, 200, 400) == Passage("First paragraph.", Boundary.PARAGRAPH)
    assert reader.next(100, 200, 400) == NotYet(needs_text=True)
    reader.feed("ond one.\n")
    assert reader.next(100, 200, 400) == NotYet(needs_text=True)
    reader.finish()
    assert reader.next(100, 200, 400) == Passage("The second one.", Boundary.PARAGRAPH)
    assert reader.next(100, 200, 400) is None


def test_what_is_certain_is_counted_as_it_is_fed() -> None:
    reader = PassageReader("en-us")
    reader.feed("One, two. [pause:0.5s]\n\n")
    assert (reader.letters, reader.pauses_s) == (6, 0.5)
    reader.feed("[pause:1s] Six")
    reader.finish()
    assert (reader.letters, reader.pauses_s) == (9, 1.5)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(text=documents, enough=st.integers(1, 60))
def test_reader_goes_on_where_another_was_whatever_the_text(text: str, enough: int) -> None:
    results, position = list[Passage | Pause | Flushed](), BEGINNING
    while True:
        reader = PassageReader("en-us", position)
        reader.feed(text)
        reader.finish()
        result = reader.next(enough, min(80, 2 * enough), 80)
        position = reader.position
        if result is None:
            break
        results += [] if isinstance(result, NotYet) else [result]
    assert results == rest(reader_of(text), enough, 80)


def cut(text: str, places: Sequence[int]) -> list[str]:
    return [text[start:end] for start, end in pairwise([0, *sorted(place % (len(text) + 1) for place in places), None])]


@settings(max_examples=500, deadline=None, derandomize=True)
@given(text=documents, places=st.lists(st.integers(0, 400), max_size=6), enough=st.integers(1, 60))
@example(text="a\r\n\r\nb", places=[2, 4], enough=20)
@example(text="x <!-- a\n\nb --> y\n\nz", places=[10], enough=20)
@example(text="```\na\n\nb\n```\n\n**c**", places=[7], enough=20)
@example(text="é <script>a\n\nb</SCRIPT> y", places=[13], enough=20)
def test_passages_are_the_same_however_the_text_is_cut(text: str, places: list[int], enough: int) -> None:
    whole, fed, letter_by_letter = reader_of(text), reader_of(*cut(text, places)), reader_of(*text)
    expected = rest(whole, enough, 80)
    assert rest(fed, enough, 80) == expected
    assert rest(letter_by_letter, enough, 80) == expected
    assert (fed.letters, fed.pauses_s) == (whole.letters, whole.pauses_s)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(text=documents, places=st.lists(st.integers(0, 400), max_size=6), enough=st.integers(1, 60))
def test_passages_are_the_same_when_they_are_read_between_the_pieces(text: str, places: list[int], enough: int) -> None:
    reader, results = PassageReader("en-us"), list[Passage | Pause | Flushed]()
    for piece in cut(text, places):
        reader.feed(piece)
        while not isinstance(result := reader.next(enough, min(80, 2 * enough), 80), NotYet):
            assert result is not None
            results.append(result)
    reader.finish()
    assert [*results, *rest(reader, enough, 80)] == rest(reader_of(text), enough, 80)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(text=texts, enough=st.integers(1, 60), limit=st.integers(1, 80), language=st.sampled_from(("en-us", "es", "ja")))
def test_every_letter_is_spoken_once_and_in_order(text: str, enough: int, limit: int, language: str) -> None:
    found = spoken(rest(reader_of(text, language=language), enough, limit))
    assert all(0 < len(passage) <= limit and passage == passage.strip() for passage in found)
    blocks = [
        mark.text if isinstance(mark, Text) else "\n" if isinstance(mark, Pause) else str(mark) for mark in parse(text)
    ]
    expected = (normalize(sentence, language) for sentence in sentences("".join(blocks), language))
    assert letters("".join(found)) == letters("".join(expected))


def letters(text: str) -> str:
    return "".join(filter(str.isalnum, text))


@settings(max_examples=100, deadline=None, derandomize=True)
@given(words=st.lists(st.sampled_from(["plain", "[New York](/nu jɔɹk/)", "words,", "end."]), min_size=1, max_size=30))
def test_no_pronunciation_is_cut(words: list[str]) -> None:
    found = Counter(
        match[0] for text in spoken(passages(" ".join(words), 30, 60)) for match in PRONUNCIATION.finditer(text)
    )
    assert found["[New York](/nu jɔɹk/)"] == words.count("[New York](/nu jɔɹk/)")


MARKS: list[Mark] = [
    Text("One. "),
    Voice("bm_george"),
    Text("Two, "),
    Phonemes("three", "θɹi"),
    Text(" four. "),
    Prosody(rate=1.5),
    Pause(1.0),
    Voice(None),
    Prosody(rate=1.5),
    Text("Five.\n\n"),
    Prosody(),
    Voice(None),
    Text("Six.\n\n"),
]
STYLED = [
    Passage("One.", Boundary.SENTENCE),
    Passage("Two, [three](/θɹi/) four.", Boundary.SENTENCE, Style("bm_george")),
    Pause(1.0),
    Passage("Five.", Boundary.PARAGRAPH, Style(rate=1.5)),
    Passage("Six.", Boundary.PARAGRAPH),
]


def styled() -> PassageReader:
    reader = PassageReader("en-us")
    reader.feed_marks(MARKS)
    reader.finish()
    return reader


def test_each_passage_has_the_style_that_the_marks_before_it_ask_for() -> None:
    assert rest(styled(), 100, 200) == STYLED


def test_reader_goes_on_where_another_was() -> None:
    results: list[Passage | Pause | Flushed] = []
    position = styled().position
    while True:
        reader = PassageReader("en-us", pickle.loads(pickle.dumps(position)))
        reader.feed_marks(MARKS)
        reader.finish()
        result = reader.next(100, 200, 400)
        position = reader.position
        if result is None:
            break
        assert not isinstance(result, NotYet)
        results.append(result)
    assert results == STYLED
