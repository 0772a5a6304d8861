from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from hypothesis import given, settings

from speechd.text import lexicon
from speechd.text.lexicon import REQUEST_ENTRIES, InvalidPronunciation, Lexicon, installed, of_request
from speechd.text.passages import Passage, PassageReader
from tests.text.strategies import texts


@pytest.fixture
def operators() -> Iterator[None]:
    lexicon.install({"en-us": Lexicon({"gif": "jif", "SQL": "sequel"})})
    yield
    lexicon.install({})


@pytest.mark.parametrize(
    ("entries", "written", "said"),
    [
        ({"gif": "jif"}, "A gif, a GIF, gifs", "A jif, a jif, gifs"),
        ({"Polish": "Poalish"}, "Polish polish", "Poalish polish"),
        ({"St. Ives": "Saint Ives", "st": "street"}, "St.  Ives st", "Saint Ives street"),
        ({"Wynn": "/wˈɪn/"}, "Wynn's", "[Wynn](/wˈɪn/)'s"),
        ({"c++": "C plus plus", "c": "see"}, "c, c++", "see, C plus plus"),
        ({"new york": "NY", "new york city": "NYC"}, "New York City or New York", "NYC or NY"),
        ({"b": "x"}, "a [b](/b/) b", "a [b](/b/) x"),
        ({"東京": "とうきょう"}, "私は東京へ", "私はとうきょうへ"),
        ({"5G": "five gee"}, "5G at $5", "five gee at $5"),
    ],
)
def test_phrase_is_said_as_wished(entries: dict[str, str], written: str, said: str) -> None:
    assert Lexicon(entries).apply(written) == said


@settings(max_examples=200, deadline=None, derandomize=True)
@given(text=texts)
def test_text_without_known_words_stays(text: str) -> None:
    assert Lexicon({"zyxqvw": "a", "Zyxqvw b": "/b/"}).apply(text) == text


@pytest.mark.parametrize(
    ("phrase", "said", "reason"),
    [
        ("", "a", "is empty"),
        ("a", " ", "is empty"),
        ("a" * 101, "b", "at most 100 characters"),
        ("a\nb", "c", "control characters"),
        ("...", "c", "a letter or a digit"),
        ("a", "/b", "two slashes"),
        ("a", "/(b)/", "two slashes"),
        ("a[b]", "/b/", "no brackets"),
    ],
)
def test_what_cannot_be_an_entry_is_refused(phrase: str, said: str, reason: str) -> None:
    with pytest.raises(InvalidPronunciation, match=reason):
        Lexicon({phrase: said})


@pytest.mark.parametrize("value", [[], "a", {"a": 1}, dict.fromkeys(map(str, range(REQUEST_ENTRIES + 1)), "a")])
def test_request_brings_few_texts(value: object) -> None:
    with pytest.raises(InvalidPronunciation):
        of_request(value)


def test_ten_thousand_entries_cost_a_text_no_more_than_one() -> None:
    text = "the quick brown fox number 77 jumps " * 300
    few, many = Lexicon({"fox": "f"}), Lexicon({f"fox number {number}": "f" for number in range(10_000)})
    ratios = []
    for _ in range(5):
        costs = []
        for lexicon_ in (few, many):
            start = time.process_time()
            lexicon_.apply(text)
            costs.append(time.process_time() - start)
        ratios.append(costs[1] / costs[0])
    assert min(ratios) < 10


@pytest.mark.usefixtures("operators")
def test_client_goes_before_the_operator_and_both_before_numbers() -> None:
    reader = PassageReader("en-us", pronunciations=of_request({"sql": "S Q L", "5": "five point oh"}))
    reader.feed("SQL 5, a gif.")
    reader.finish()
    passage = reader.next(100, 200, 400)
    assert isinstance(passage, Passage)
    assert passage.text == "S Q L five point oh, a jif."
    assert not installed("en-gb")
