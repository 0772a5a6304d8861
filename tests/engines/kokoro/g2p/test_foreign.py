from __future__ import annotations

import pytest

from speechd.engines.kokoro.g2p.foreign import language_of, read


@pytest.mark.parametrize(
    ("word", "language"),
    [
        ("мир", "ru"),
        ("世界", "cmn"),
        ("λόγος", "el"),
        ("かな", "ja"),
        ("café", None),
        ("word", None),
        ("5", None),
        ("…", None),
    ],
)
def test_script_tells_the_language(word: str, language: str | None) -> None:
    assert language_of(word) == language


@pytest.mark.parametrize(("word", "language", "sound"), [("мир", "ru", "m"), ("世界", "cmn", "ʃ")])
def test_word_is_read_and_not_spelled(word: str, language: str, sound: str) -> None:
    phonemes = read(word, language)
    assert sound in phonemes
    assert not any(map(str.isdigit, phonemes))
    assert "." not in phonemes
    assert len(phonemes) < 20
