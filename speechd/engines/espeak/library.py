"""espeak-ng's library (its speak_lib.h), which the `espeakng_loader` package brings.

It keeps its state in globals, so one thread uses it, of a process that does nothing else: some texts crash it. It is
asked for phonemes or for speech, not for both: behind phonemes, the event of a first word has been lost.
"""

from __future__ import annotations

import ctypes
from typing import Final, NamedTuple

import espeakng_loader
import numpy as np
import numpy.typing as npt

from speechd.audio.samples import Audio
from speechd.engines.espeak.words import WordEvent, alignment, word_events
from speechd.errors import EngineUnavailable

# speak_lib.h
_SYNCHRONOUS: Final = 2
_DONT_EXIT: Final = 0x8000
_UTF8: Final = 1
_PHONEMES: Final = 0x100
_IPA: Final = 0x02
_TIES: Final = 0x80
_RATE, _PITCH, _WORD_GAP = 1, 3, 7
TIE: Final = "\u0361"
"""What stands between the letters of one phoneme, where it has several."""

_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


class _Voice(ctypes.Structure):
    """The beginning of `espeak_VOICE`. identifier: the name by which it was set, where that was its file's."""

    _fields_ = [("name", ctypes.c_char_p), ("languages", ctypes.c_char_p), ("identifier", ctypes.c_char_p)]


class Speech(NamedTuple):
    """How a text is to be spoken: rate in words per minute, word gap and pitch in espeak-ng's units, voice by name.
    is_timed: the audio is to say when its words sound."""

    rate: int
    word_gap: int
    pitch: int
    voice: str
    is_timed: bool = False


class Library:
    """espeak-ng, initialised. For one thread at a time: all instances in a process share its globals."""

    def __init__(self) -> None:
        try:
            self._lib = ctypes.CDLL(espeakng_loader.get_library_path())
            rate = self._lib.espeak_Initialize(_SYNCHRONOUS, 0, espeakng_loader.get_data_path().encode(), _DONT_EXIT)
        except (OSError, RuntimeError) as error:
            raise EngineUnavailable(f"espeak-ng cannot be loaded: {error}. Reinstall 'espeakng-loader'.") from error
        if rate <= 0:
            raise EngineUnavailable("espeak-ng does not find its data. Reinstall 'espeakng-loader'.")
        self._sample_rate = rate
        self._lib.espeak_GetCurrentVoice.restype = ctypes.POINTER(_Voice)
        self._lib.espeak_TextToPhonemes.restype = ctypes.c_char_p
        self._lib.espeak_TextToPhonemes.argtypes = [ctypes.POINTER(ctypes.c_char_p), ctypes.c_int, ctypes.c_int]

    def speak(self, speech: Speech, text: bytes) -> Audio:
        """The audio, at the library's rate. Raises `RuntimeError` with espeak-ng's status."""
        parts: list[npt.NDArray[np.int16]] = []
        words: list[WordEvent] = []

        def collect(samples: ctypes._Pointer[ctypes.c_short], count: int, events: int | None) -> int:
            if samples and count:
                parts.append(np.ctypeslib.as_array(samples, (count,)).copy())
            if speech.is_timed:
                words.extend(word_events(events))
            return 0

        lib = self._lib
        callback = _CALLBACK(collect)
        lib.espeak_SetSynthCallback(callback)
        # A voice resets the parameters, so it goes first.
        _succeed(lib.espeak_SetVoiceByName(speech.voice.encode()))
        for parameter, value in ((_RATE, speech.rate), (_PITCH, speech.pitch), (_WORD_GAP, speech.word_gap)):
            _succeed(lib.espeak_SetParameter(parameter, value, 0))
        _succeed(lib.espeak_Synth(text, len(text) + 1, 0, 1, 0, _UTF8 | _PHONEMES, None, None))
        spoken = np.concatenate([np.zeros(0, np.int16), *parts])
        samples = spoken.astype(np.float32) / np.float32(32768)
        return Audio(samples, self._sample_rate, alignment(words, spoken, self._sample_rate, text.decode()))

    def phonemes(self, voice: str, text: str) -> str:
        """The phonemes of `text` in IPA, with `TIE`s and signs of stress, and without punctuation.

        voice: by its file's name, "roa/fr". Words of another language stand between the names of languages, in
        parentheses. Raises `RuntimeError` with espeak-ng's status.
        """
        lib = self._lib
        # To set a voice takes up to 6 ms (Russian), which none should wait for whose voice it is already.
        if lib.espeak_GetCurrentVoice().contents.identifier != voice.encode():
            _succeed(lib.espeak_SetVoiceByName(voice.encode()))
        rest = ctypes.c_char_p(text.encode(errors="replace"))
        clauses = []
        while rest.value is not None:
            clauses.append(lib.espeak_TextToPhonemes(ctypes.byref(rest), _UTF8, _IPA | _TIES | ord(TIE) << 8))
        return " ".join(clause.decode() for clause in clauses if clause)


def _succeed(status: int) -> None:
    if status:
        raise RuntimeError(f"espeak-ng answered with status {status}")
