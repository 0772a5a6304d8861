from __future__ import annotations

from importlib import metadata
from pathlib import Path

import pytest

from speechd.engines.kokoro.voices import EXAMPLES, GRADES, IDS, OPENAI_NAMES, catalogue, is_readable
from speechd.voices import Voice

CATALOGUE = catalogue()


def test_catalogue_has_every_voice_of_kokoro_once() -> None:
    assert len(list(CATALOGUE)) == len(set(IDS)) == 54
    assert [voice.id for voice in CATALOGUE] == sorted(IDS)


@pytest.mark.parametrize(
    ("id", "name", "language", "gender"),
    [
        ("af_heart", "Heart", "en-us", "female"),
        ("bm_fable", "Fable", "en-gb", "male"),
        ("em_santa", "Santa", "es", "male"),
        ("ff_siwis", "Siwis", "fr-fr", "female"),
        ("hm_psi", "Psi", "hi", "male"),
        ("im_nicola", "Nicola", "it", "male"),
        ("jf_alpha", "Alpha", "ja", "female"),
        ("pf_dora", "Dora", "pt-br", "female"),
        ("zm_yunxi", "Yunxi", "zh", "male"),
    ],
)
def test_voice_of_each_language(id: str, name: str, language: str, gender: str) -> None:
    assert CATALOGUE.parse(id).parts == ((Voice(id, name, language, gender), 1.0),)


def test_every_grade_is_of_a_voice() -> None:
    assert set(GRADES) <= set(IDS)
    assert {voice.id: voice.quality for voice in CATALOGUE if voice.quality} == GRADES
    assert not any(voice.quality for voice in catalogue(graded=False))


def test_voice_that_lacks_something_is_not_listed_and_still_found() -> None:
    listed = catalogue(lacks=lambda voice: voice.language == "ja")
    assert {voice.language for voice in listed} == {voice.language for voice in CATALOGUE} - {"ja"}
    assert listed.parse("jf_alpha").language == "ja"


def test_language_is_readable_if_its_packages_are_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    def distribution(name: str) -> None:
        if name == "fugashi":
            raise metadata.PackageNotFoundError

    monkeypatch.setattr(metadata, "distribution", distribution)
    assert [is_readable(tag) for tag in ("en-us", "zh", "ja")] == [True, True, False]


def test_openai_names_are_thirteen_distinct_voices() -> None:
    voices = [CATALOGUE.parse(name).heaviest for name in OPENAI_NAMES]
    assert len(set(voices)) == len(voices) == 13
    assert {voice.language for voice in voices} == {"en-us", "en-gb"}


@pytest.mark.parametrize("name", ["alloy", "echo", "fable", "onyx", "nova"])
def test_openai_name_that_kokoro_has_too_is_that_voice(name: str) -> None:
    assert CATALOGUE.parse(name).heaviest.name == name.title()


def test_openais_names_are_the_catalogues_aliases() -> None:
    assert CATALOGUE.aliases == tuple(OPENAI_NAMES)
    assert set(OPENAI_NAMES.values()) <= set(IDS)
    assert set(EXAMPLES) <= set(IDS)


def test_packs_of_a_folder_are_voices_too(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "voices").mkdir()
    for name in ("bm_own.pt", "mine.pt", "a+b.pt", "notes.txt"):
        (tmp_path / "voices" / name).touch()
    voices = catalogue(tmp_path)
    assert len(list(voices)) == 56
    assert voices.parse("bm_own").heaviest == Voice("bm_own", "Own", "en-gb", "male")
    assert [record.args for record in caplog.records] == [("a+b",)]
    assert voices.parse("mine").heaviest == Voice("mine", "Mine", "en-us", "female")
