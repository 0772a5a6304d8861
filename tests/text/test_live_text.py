"""Text that comes in pieces, against the same text sent whole."""

from __future__ import annotations

import random
from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from speechd.languages.table import LANGUAGES
from speechd.text.fed_text import FedText, Flushed, NeedsText
from speechd.text.markup.document import read_marks
from speechd.text.markup.markdown import BlockReader
from speechd.text.markup.marks import Mark, Pause, Style
from tests.text.strategies import documents, texts

Spoken = tuple[str, str] | Pause | Style | Flushed
"""A sentence and how it ends: "paragraph" or not, or what stands between sentences."""

NATURAL = (
    "Dr. Smith paid $5.99 at 5 p.m. on Jan. 5. Then he left... Did he? Yes! He did.",
    '"Really?" he asked. "Yes!" (He did.) Wait... what? Good.',
    "It is **bold. And** this is [a link. Here](http://a.b/c?d) or `code. Foo` now.\n\n# Title\nText. More.\n\n> Said.",
    "Shopping:\n- One item. Two.\n- Another.\n\n1. First. Second.\n2. Third\n\n* [ ] To do\n* [x] Done",
    "| a | b |\n|---|---|\n| One. Two | 3 |\n\nAfter it. All. ```\nx = 1. y\n\nz\n```\nDone. Yes.",
    "A line of print is wrapped where its column ends. It goes\non in the next, and ends. Another one\nhere. So.",
    "Roses are red,\nViolets are blue.\nSugar is sweet\nAnd so are you.\n\nThe end.",
    "Say [Kokoro](/kˈOkə/). Wait [pause:1s] now. <break time='1s'/> Good. <b>So.</b> Then.<br>New. &amp; so. R&D. Ok.",
    "Hello 😀 there. 😀 Good! ✅ Done. See www.a.com. Or https://b.c/d.e. Mail a@b.c. Bye.",
    "He wrote $x_1 = 2$. It costs $5. *smiles* Well, 3. That. No. 5 is alive. It was no. Then J. K. Rowling came.",
    "<think>I should say. Hello.</think>Hello there. You. <!-- no. --> Fine. Ok.[3] Next.[citation needed] Last. End.",
    "==Marked. Text== and ~~gone. Not~~ so. a_b. c_d e. f. 1) Wash 2) Dry 3) Fold. a. One b. Two",
    "word " * 700 + "end. Then.",
    "你好。我是谁？“很好！”他说。完了",
    "今日は。元気ですか？「はい。」と言った。Mr. Smith が来た。終わり",
    "यह है। वह है॥ डॉ. अमित आए। क्या? हाँ!",
    "¿Qué tal? ¡Bien! La Sra. Ruiz vive en EE. UU. La casa es suya. Pan, etc. Luego salió.",
    "« Bien ! » dit-il. M. Le Goff et Mme. Curie parlent. Voir p. 45, av. J.-C. L'histoire suit.",
)


def spoken(pieces: Iterable[str], language: str = "en-us", *, live: bool = True) -> list[Spoken]:
    """What a text is that comes in these pieces, each as soon as it is certain."""
    fed = FedText(language, live=live)
    sentences = fed.sentences()
    found: list[Spoken] = []

    def take() -> None:
        for sentence in sentences:
            if isinstance(sentence, NeedsText):
                return
            if not isinstance(sentence, str):
                found.append(sentence)
            elif any(map(str.isalnum, sentence)):
                found.append((sentence.strip(), ending(sentence)))
            elif ending(sentence) and found and isinstance(last := found[-1], tuple) and not isinstance(last, Flushed):
                found[-1] = (last[0], "paragraph")

    for piece in pieces:
        fed.feed(piece)
        take()
    fed.finish()
    take()
    return found


def ending(sentence: str) -> str:
    return "paragraph" if "\n\n" in sentence[len(sentence.rstrip()) :] else ""


def whole(text: str, language: str = "en-us") -> list[Spoken]:
    return spoken([text], language, live=False)


def cut(text: str, places: Iterable[int]) -> list[str]:
    """The pieces of a text between these places."""
    stops = [0, *sorted(place % (len(text) + 1) for place in places), len(text)]
    return [text[start:stop] for start, stop in pairwise(stops)]


@pytest.mark.parametrize("text", NATURAL)
def test_sentences_are_those_of_the_whole_text_however_it_is_cut(text: str) -> None:
    draw = random.Random(text)
    for language in ("en-us", "es", "ja", "hi", "fr-fr"):
        expected = whole(text, language)
        assert expected
        for _ in range(3):
            places = [draw.randrange(len(text)) for _ in range(draw.choice((1, 1, 3, 20)))]
            assert spoken(cut(text, places), language) == expected
        assert spoken(cut(text, range(0, len(text), 3)), language) == expected


@pytest.mark.parametrize("text", NATURAL[:12] + NATURAL[13:])
def test_sentences_are_the_same_for_every_cut_in_two_and_character_by_character(text: str) -> None:
    expected = whole(text)
    assert spoken(text) == expected
    for place in range(0, len(text), 1 if len(text) < 60 else 3):
        assert spoken(cut(text, [place])) == expected


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    text=st.one_of(documents, texts),
    places=st.lists(st.integers(0, 400), min_size=1, max_size=8),
    language=st.sampled_from([*LANGUAGES, "xx"]),
)
@example(text="==. F==>", places=[1, 2, 3, 4, 5, 6, 7], language="en-us")
@example(text="<[pause:1]b[>", places=[2, 4, 6, 8, 10, 12], language="es")
@example(text="I\r\n…", places=[1], language="en-us")
@example(text="etc. No.", places=[6, 7], language="en-us")
@example(text="5s. 6d", places=[5], language="en-us")
@example(text="Ok. <br>", places=[4, 5, 6, 7], language="en-us")
@example(text="```\na.m. Dr", places=[9, 10, 11], language="es")
@example(text="<style . 7<br>>", places=[13], language="en-us")
@example(text="One line of text that\ndr. Two lines of text. Yes\nm", places=list(range(54)), language="en-us")
@example(text="t was `\n。m.<br>>", places=list(range(16)), language="fr-fr")
@example(text="c. J. K. Rowling\n+dDr. so $a.m. yes this.\nm", places=list(range(44)), language="ja")
@example(text="Vive en EE. UU. España gana.", places=[18], language="es")
@example(text="Trabalha na Rossi S.A. Umbral novo.", places=[25], language="pt-br")
def test_sentences_of_any_text_are_those_of_the_whole(text: str, places: list[int], language: str) -> None:
    assert spoken(cut(text, places), language) == whole(text, language)


@pytest.mark.parametrize(
    ("before", "decisive"),
    [
        ("He went home. ", "T"),
        ("Really? ", "Y"),
        ("At 5 p.m. ", "Then "),
        ("It is the end of **it.** ", "N"),
        ('"I did." ', "S"),
        ("See [this](http://a.b). ", "N"),
        ("It costs $5.99. ", "N"),
        ("你好。", "我"),
        ("यह है। ", "व"),
        ("One.\n", "\n"),
        ("- One", "\n- T"),
        ("# Title", "\n"),
        ("| a | b |", "\n"),
        ("One [pause:1s] ", "T"),
    ],
)
def test_sentence_is_certain_with_what_leaves_no_doubt(before: str, decisive: str) -> None:
    fed = FedText("en-us", live=True)
    sentences = fed.sentences()
    for character in before + decisive[:-1]:
        fed.feed(character)
        assert isinstance(next(sentences), NeedsText)
    fed.feed(decisive[-1])
    assert isinstance(next(sentences), str)


@pytest.mark.parametrize(
    "text",
    [
        "I saw Dr. ",
        "I saw Dr. S",
        "It was 3. ",
        "Wait... ",
        "He said [this. And",
        "He <b. A",
        "We left at 5 p.m. M",
        "It is ==this. A",
        "<think>This. That. Those. ",
        "He paid 5s. 6",
        "Roses are red.\nViolets are",
    ],
)
def test_sentence_that_more_text_may_change_is_not_certain(text: str) -> None:
    fed = FedText("en-us", live=True)
    sentences = fed.sentences()
    for character in text:
        fed.feed(character)
        assert isinstance(next(sentences), NeedsText)


def test_flush_ends_what_was_fed_and_the_text_goes_on() -> None:
    fed = FedText("en-us", live=True)
    sentences = fed.sentences()
    fed.feed("Hello the")
    fed.flush(0)
    assert [next(sentences) for _ in range(3)] == ["Hello the ", Flushed(0), NeedsText()]
    fed.feed("re. A")
    fed.flush(1)
    assert [next(sentences) for _ in range(3)] == ["re. ", "A ", Flushed(1)]


@pytest.mark.parametrize(
    ("text", "head"),
    [
        ("He paid, as I sai", "He paid, "),
        ("He paid thirty dol", "He paid thirty "),
        ("He paid 30 ", "He paid "),
        ("He paid 30 1", "He paid "),
        ("He paid 1,", "He paid "),
        ("So [a link here", "So "),
        ("Wait <break time='1s' ", "Wait "),
        ("He", None),
        ("", None),
        ("* ", None),
    ],
)
def test_text_is_broken_off_between_words_and_not_within_numbers_or_marks(text: str, head: str | None) -> None:
    fed = FedText("en-us", live=True)
    sentences = fed.sentences()
    fed.feed(text)
    assert isinstance(next(sentences), NeedsText)
    end = fed.clause_end()
    assert (None if end is None else text[:end]) == head


def test_text_goes_on_within_its_line_where_it_was_broken_off() -> None:
    fed = FedText("en-us", live=True)
    sentences = fed.sentences()
    fed.feed("It was, 1. a # b")
    next(sentences)
    fed.break_off(8)
    fed.finish()
    assert list(sentences) == ["It was, ", "1. a # b\n\n"]


def test_cost_of_text_fed_character_by_character_grows_with_its_length_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed = 0

    def counted(text: str, blocks: BlockReader, *, end: str = "\n\n", goes_on: bool = False) -> list[Mark]:
        nonlocal parsed
        parsed += len(text)
        return read_marks(text, blocks, end=end, goes_on=goes_on)

    monkeypatch.setattr("speechd.text.live_text.read_marks", counted)
    sentence = "The quick brown fox, as Dr. Smith said, jumps over the lazy dog. "
    costs = []
    for count in (40, 160):
        parsed = 0
        spoken(sentence * count)
        costs.append(parsed / (len(sentence) * count))
    assert costs[1] < 1.2 * costs[0] < 60


def test_nothing_is_said_twice_where_what_was_certain_is_read_otherwise_in_the_end() -> None:
    pieces = (
        "$**",
        "xqv<!--'!\u0abe",
        "_?\u0ac1$-",
        "->",
        "\u05e9\u0964\u0130&amp",
        "]\\(\u9908",
        "30|$[a](/b/)\uc54b",
    )
    assert letters(spoken(pieces, "hi")) == letters(spoken(pieces, "hi", live=False))


def letters(found: list[Spoken]) -> str:
    """Letters and digits of what is spoken, in order."""
    texts = (str(item[0]) for item in found if isinstance(item, tuple) and not isinstance(item, Flushed))
    return "".join(filter(str.isalnum, "".join(texts)))
