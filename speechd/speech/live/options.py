"""How an utterance whose text is still being written is to be spoken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from speechd.audio.joiner import END_S
from speechd.audio.samples import SAMPLE_RATE
from speechd.encoders import FORMATS
from speechd.speech.reading import AS_TEXT, Reading
from speechd.voices import Blend

CODEC_HOLDS_S: Final = 0.15
"""Seconds of sound at 24 kHz that a codec holds back until it gets more, at most: AAC three frames, 128 ms; MP3 and
Opus less. At a lower rate its frames last longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveOptions:
    """The options of one utterance, all of which are valid.

    blend, language, speed, normalize: see `SynthesisOptions`. volume: a factor on its samples. format: one of
    `encoders.FORMATS`. sample_rate: of its audio, in Hz, as its format takes it; None for the format's own. words:
    whether chunks are to have the words that they complete. buffer_delay_s: how long text may wait that does not end a
    sentence, while nothing is heard; then a clause is spoken, or whole words. None: until the sentence ends, or a
    flush. seed: None for one that follows from the voice. reading: how the text is to be read.
    """

    blend: Blend
    language: str
    speed: float = 1.0
    volume: float = 1.0
    format: str = "pcm"
    sample_rate: int | None = None
    words: bool = False
    buffer_delay_s: float | None = None
    normalize: bool = True
    seed: int | None = None
    reading: Reading = AS_TEXT

    @property
    def flush_s(self) -> float:
        """Seconds of silence behind which the encoder of this format holds back nothing of a sound."""
        format = FORMATS[self.format]
        rate = self.sample_rate or format.sample_rate
        return END_S if format.is_raw else max(END_S, CODEC_HOLDS_S * SAMPLE_RATE / rate)
