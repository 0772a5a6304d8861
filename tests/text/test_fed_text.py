from __future__ import annotations

from speechd.text.fed_text import FedText, NeedsText
from speechd.text.markup.marks import Pause, Phonemes, Prosody, Style, Text, Voice


def test_sentences_come_as_far_as_the_text_is_certain() -> None:
    fed = FedText("en-us")
    sentences = fed.sentences()
    assert next(sentences) == NeedsText()
    fed.feed("One. Two.\n\nThr")
    assert [next(sentences) for _ in range(3)] == ["One. ", "Two.\n\n", NeedsText()]
    fed.feed("ee.")
    fed.finish()
    assert list(sentences) == ["Three.\n\n"]


def test_pronunciation_belongs_to_its_sentence_and_a_pause_ends_one() -> None:
    fed = FedText("en-us")
    fed.feed_marks([Text("Say "), Phonemes("a", "ə"), Text(" now"), Pause(1.0), Text("and on.\n\n")])
    fed.finish()
    assert list(fed.sentences()) == ["Say [a](/ə/) now", Pause(1.0), "and on.\n\n"]


def test_style_comes_once_for_each_change() -> None:
    fed = FedText("en-us")
    fed.feed_marks([Voice("a"), Voice("a"), Prosody(rate=2.0), Voice(None), Prosody()])
    fed.finish()
    assert list(fed.sentences()) == [Style("a"), Style("a", rate=2.0), Style(rate=2.0), Style()]


def test_pauses_add_up_without_rounding() -> None:
    fed = FedText("en-us")
    fed.feed_marks([Pause(0.1)] * 36_000)
    assert fed.pauses_s == 3600.0
