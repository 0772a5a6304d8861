"""Cutting text into passages does not change how its words sound: espeak-ng's phonemes of whole and parts."""

from __future__ import annotations

import ctypes
import re

import espeakng_loader
import pytest

from speechd.text.normalization.normalize import normalize
from speechd.text.passages import Passage, PassageReader

PARAGRAPHS = (
    (
        "The treaty was signed on June 28, 1919, five years after the assassination. "
        "It cost $33 billion; nobody could pay, and so the debt grew."
    ),
    (
        "Preheat the oven to 350°F. Mix 2 1/2 cups of flour with 3/4 cup of sugar, "
        "then bake for 25-30 minutes until golden. Dr. Smith agrees."
    ),
    (
        "Flight 1549 departs at 06:05 from gate B32, the display says. Call (212) 555-0147 "
        "before 5:30pm if you cannot come; otherwise wait there."
    ),
)


@pytest.fixture(scope="module")
def espeak() -> ctypes.CDLL:
    library = ctypes.CDLL(espeakng_loader.get_library_path())
    library.espeak_TextToPhonemes.restype = ctypes.c_char_p
    library.espeak_TextToPhonemes.argtypes = [ctypes.POINTER(ctypes.c_char_p), ctypes.c_int, ctypes.c_int]
    assert library.espeak_Initialize(2, 0, espeakng_loader.get_data_path().encode(), 0) > 0
    assert library.espeak_SetVoiceByName(b"en-us") == 0
    return library


def phonemes(espeak: ctypes.CDLL, text: str) -> str:
    """IPA without stress, length and spaces: what is said, not how it flows."""
    rest = ctypes.c_char_p(text.encode())
    spoken = []
    while rest.value:
        spoken.append(espeak.espeak_TextToPhonemes(ctypes.byref(rest), 1, 0x02).decode())
    return re.sub(r"[ˈˌː\s_]", "", "".join(spoken))


@pytest.mark.parametrize("text", PARAGRAPHS)
def test_passages_sound_like_the_whole(espeak: ctypes.CDLL, text: str) -> None:
    reader = PassageReader("en-us")
    reader.feed(text)
    reader.finish()
    passages = [piece.text for piece in iter(lambda: reader.next(50, 100, 300), None) if isinstance(piece, Passage)]
    assert len(passages) > 1
    assert phonemes(espeak, " ".join(passages)) == phonemes(espeak, normalize(text, "en-us"))
    assert "".join(phonemes(espeak, passage) for passage in passages) == phonemes(espeak, normalize(text, "en-us"))
