from __future__ import annotations

import pytest

from speechd.engines.espeak.phonemizer import Phonemizer
from speechd.engines.kokoro.g2p.foreign import read, voice_for


@pytest.mark.parametrize(
    ("word", "voice"),
    [
        ("мир", "zle/ru"),
        ("世界", "sit/cmn"),
        ("λόγος", "grk/el"),
        ("かな", "jpx/ja"),
        ("café", None),
        ("word", None),
        ("5", None),
        ("…", None),
    ],
)
def test_script_tells_the_voice(word: str, voice: str | None) -> None:
    assert voice_for(word) == voice


@pytest.mark.parametrize(("word", "voice", "sound"), [("мир", "zle/ru", "m"), ("世界", "sit/cmn", "ʃ")])
def test_word_is_read_and_not_spelled(word: str, voice: str, sound: str) -> None:
    phonemes = read(word, voice, Phonemizer())
    assert sound in phonemes
    assert not any(map(str.isdigit, phonemes))
    assert "." not in phonemes
    assert len(phonemes) < 20
