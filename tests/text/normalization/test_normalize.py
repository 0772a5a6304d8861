from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speechd.languages.table import LANGUAGES
from speechd.text.normalization.normalize import normalize
from tests.text.strategies import texts


@settings(max_examples=300, deadline=None, derandomize=True)
@given(text=texts, language=st.sampled_from([*LANGUAGES, "xx"]))
def test_spoken_text_does_not_change(text: str, language: str) -> None:
    spoken = normalize(text, language)
    assert normalize(spoken, language) == spoken


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    words=st.lists(st.text(st.characters(categories=["Lu", "Ll", "Lo"], max_codepoint=0x7FF), min_size=7, max_size=12)),
    language=st.sampled_from([*LANGUAGES, "xx"]),
)
def test_no_word_is_lost(words: list[str], language: str) -> None:
    assert normalize(" ".join(words), language) == " ".join(words)


def test_pronunciation_is_untouched() -> None:
    assert normalize("5 [Kokoro 5](/kˈOkəɹO/) & 6", "en-us") == "five [Kokoro 5](/kˈOkəɹO/) and six"


@pytest.mark.parametrize("language", ["xx", "ko"])
def test_language_without_rules_keeps_its_digits(language: str) -> None:
    assert normalize("12 km", language) == "12 km"


@pytest.mark.parametrize(
    ("written", "american", "british"),
    [
        ("101", "one hundred one", "one hundred and one"),
        ("5 km", "five kilometers", "five kilometres"),
        ("3/4/2024", "March fourth, twenty twenty-four", "the third of April, twenty twenty-four"),
        ("March 3", "March third", "March the third"),
        ("in 2007", "in two thousand seven", "in two thousand and seven"),
    ],
)
def test_british_differs_from_american(written: str, american: str, british: str) -> None:
    assert (normalize(written, "en-us"), normalize(written, "en-gb")) == (american, british)


@pytest.mark.parametrize(
    ("language", "spoken"), [("en-gb", "a, yes, no"), ("fr-fr", "a, oui, non"), ("zh", "a, 是, 否")]
)
def test_tick_and_cross_are_words(language: str, spoken: str) -> None:
    assert normalize("a, ✓, ✗", language) == spoken
