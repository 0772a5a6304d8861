"""Words as they were sent, from words as they are spoken: each once, in order, where it sounds."""

from __future__ import annotations

import itertools

import pytest

from speechd.speech.captions import WordTime
from speechd.speech.character_times import CharacterTimes
from speechd.speech.sent_text import SentText, SentWord, without_tags
from tests.speech.test_captions import heard, spoken

TEXT = (
    'One two, three. Pay $3.50 now — or later! It was 1999 when we met... (really) "yes" 50% of state-of-the-art '
    "things, e.g. Dr. O'Neil's 3rd on 5/6/2020; see https://example.com/a?b=1 👍 end"
)


def sent(text: str, *, at_once: int = 1, language: str = "en-us") -> list[SentWord]:
    _, words = spoken(text)
    made = SentText(language)
    made.feed(text)
    given = [word for at in range(0, len(words), at_once) for word in made.take(words[at : at + at_once])]
    return given + made.settle()


@pytest.mark.parametrize("at_once", [1, 2, 3, 1000])
def test_every_word_as_sent_is_given_once_and_in_order(at_once: int) -> None:
    words = sent(TEXT, at_once=at_once)
    assert [word.text for word in words] == TEXT.split()
    assert [TEXT[word.start : word.stop] for word in words] == TEXT.split()
    assert all(word.start_s <= word.end_s for word in words)
    assert all(first.end_s <= second.start_s for first, second in itertools.pairwise(words))


def test_a_word_sounds_as_long_as_all_that_is_spoken_of_it() -> None:
    samples, _ = spoken("Pay $3.50 now.")
    price = sent("Pay $3.50 now.")[1]
    as_word = WordTime(price.text, price.start_s, price.end_s, 0, 0, "")
    assert heard(samples, as_word) == "three dollars and fifty cents"


def test_words_that_are_spoken_as_they_are_written_are_given_at_once() -> None:
    text = SentText("en-us")
    text.feed("Hello, you ")
    assert [word.text for word in text.take([WordTime("Hello", 0.0, 0.3, 0, 5, "")])] == ["Hello,"]


def test_words_that_are_spoken_otherwise_are_given_once_they_are_over() -> None:
    text = SentText("en-us")
    text.feed("$5 now")
    assert text.take([WordTime("five", 0.0, 0.3, 0, 2, "")]) == []
    assert text.take([WordTime("dollars", 0.3, 0.6, 0, 2, "")]) == []
    given = text.take([WordTime("now", 0.6, 0.9, 3, 6, "")])
    assert given == [SentWord("$5", 0, 2, 0.0, 0.6), SentWord("now", 3, 6, 0.6, 0.9)]


def test_nothing_is_given_behind_the_place_up_to_which_it_is_settled() -> None:
    text = SentText("en-us")
    text.feed("... one ")
    place = text.cut()
    text.feed("... two")
    assert [word.text for word in text.settle(place)] == ["...", "one"]
    assert [word.text for word in text.settle()] == ["...", "two"]


def test_a_cut_parts_words_without_a_space_between_them() -> None:
    text = SentText("en-us")
    text.feed("Hello")
    text.cut()
    text.feed("world")
    words = [WordTime("Hello", 0.0, 0.3, 0, 5, ""), WordTime("world", 0.3, 0.6, 5, 10, "")]
    assert [word.text for word in text.take(words)] == ["Hello", "world"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('Wait <break time="1s" /> here.', ["Wait", "here."]),
        ("A <emotion value='sad'/>B c.", ["A", "B", "c."]),
        ("1 < 2 and 3 > 2.", ["1", "<", "2", "and", "3", ">", "2."]),
    ],
)
def test_tags_are_no_words(text: str, words: list[str]) -> None:
    assert [word.text for word in sent(text)] == words


def test_languages_without_spaces_have_the_words_that_are_spoken() -> None:
    text = SentText("ja")
    text.feed("猫が、好き。")
    words = [WordTime("猫が", 0.0, 0.4, 0, 2, ""), WordTime("好き", 0.5, 0.9, 3, 5, "")]
    assert [word.text for word in text.take(words) + text.settle()] == ["猫が、", "好き。"]


@pytest.mark.parametrize("step_s", [0.1, 0.5, 100.0])
def test_characters_are_given_once_with_the_audio_in_which_they_begin(step_s: float) -> None:
    _, words = spoken(TEXT)
    text = SentText("en-us")
    text.feed(TEXT)
    times = CharacterTimes(text)
    times.add(text.take(words))
    times.add(text.settle())
    times.rest()
    given = []
    for step in range(1, 400):
        released = times.release(step * step_s)
        assert all((step - 1) * step_s <= time.start_s < step * step_s for time in released)
        given += released
    given += times.release(400 * step_s, final=True)
    assert "".join(time.character for time in given) == TEXT + " "
    assert all(first.end_s == second.start_s for first, second in itertools.pairwise(given))


def test_spaces_end_words_in_the_same_audio() -> None:
    text = SentText("en-us")
    text.feed("Hello, you ")
    times = CharacterTimes(text)
    times.add(text.take([WordTime("Hello", 0.0, 0.3, 0, 5, "")]))
    assert "".join(time.character for time in times.release(0.5)) == "Hello, "


def test_without_tags_keeps_everything_else() -> None:
    assert without_tags("a<b>c</b> <br/>d < e > f") == "ac d < e > f"
