from __future__ import annotations

from pathlib import Path

import pytest

from speechd.config.names import InvalidNames, NamedVoice, read


def written(folder: Path, text: str) -> Path:
    path = folder / "names.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_file_has_pronunciations_by_language_and_voices(tmp_path: Path) -> None:
    names = read(
        written(
            tmp_path,
            '[pronunciations.en-us]\ngif = "jif"\n"a b" = "/x/"\n[pronunciations.es]\nx = "y"\n'
            '[voices]\nalloy = "v1"\nteller = { voice = "v1+v2", speed = 0.5 }\n',
        )
    )
    assert names.pronunciations == {"en-us": {"gif": "jif", "a b": "/x/"}, "es": {"x": "y"}}
    assert names.voices == {"alloy": NamedVoice("v1"), "teller": NamedVoice("v1+v2", 0.5)}


@pytest.mark.parametrize(
    ("text", "line", "hint"),
    [
        ("[voices]\n[pronunciation.en-us]\n", 2, "'pronunciations'"),
        ('[pronunciations.en-uk]\na = "b"\n', 1, "'en-us'"),
        ('[pronunciations.en-us]\na = "b"\nc = 5\n', 3, "'c'"),
        ('[voices]\na = "b"\nc = { voise = "d" }\n', 3, "voice = "),
        ('[voices]\nc = { voice = "d", sped = 2 }\n', 2, "'speed'"),
        ('\n[voices]\nc = { voice = "d", speed = 9 }\n', 3, "0.25 to 4"),
        ('[voices]\n"a b" = "d"\n', 2, "is no name"),
        ("x = 1\n", 1, "no section 'x'"),
        ("[voices\n", 1, ""),
    ],
)
def test_wrong_file_is_refused_with_its_line(tmp_path: Path, text: str, line: int, hint: str) -> None:
    with pytest.raises(InvalidNames, match=rf"line {line}\b") as raised:
        read(written(tmp_path, text))
    assert hint in str(raised.value)


def test_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidNames, match="cannot be read"):
        read(tmp_path / "none.toml")
