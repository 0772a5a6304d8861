from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from speechd.config.names import NamedVoice
from speechd.config.settings import InvalidSetting
from speechd.speech.names import use, voice_of
from speechd.text import lexicon
from speechd.voices import Catalogue, Voice

CATALOGUE = Catalogue(
    [Voice("a_one", "One", "en-us", "female"), Voice("a_two", "Two", "en-us", "male")], {"alloy": "a_one"}
)


@pytest.fixture(autouse=True)
def none_installed() -> Iterator[None]:
    yield
    lexicon.install({})


def test_names_of_a_file_are_in_use(tmp_path: Path) -> None:
    path = tmp_path / "names.toml"
    path.write_text('[pronunciations.en-us]\ngif = "jif"\n[voices]\nalloy = { voice = "a_two", speed = 2 }\n')
    names = use(path, CATALOGUE)
    assert lexicon.installed("en-us").apply("a gif") == "a jif"
    assert voice_of(names, " alloy ") == NamedVoice("a_two", 2.0)
    assert voice_of(names, "a_one") == NamedVoice("a_one")


def test_without_a_file_nothing_is_in_use() -> None:
    lexicon.install({"en-us": lexicon.Lexicon({"a": "b"})})
    assert voice_of(use(None, CATALOGUE), "alloy") == NamedVoice("alloy")
    assert not lexicon.installed("en-us")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('[voices]\nx = "a_on"\n', r"line 2: 'x': .*a_one"),
        ('[pronunciations.en-us]\na = "b"\nc = "/d"\n', r"line 3: 'c': .*slashes"),
        ('[pronunciations.xx]\na = "b"\n', "line 1"),
    ],
)
def test_wrong_file_stops_the_start(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "names.toml"
    path.write_text(text)
    with pytest.raises(InvalidSetting, match=reason):
        use(path, CATALOGUE)
