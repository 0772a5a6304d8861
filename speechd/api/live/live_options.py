"""The options of an utterance, from what a protocol's messages say."""

from __future__ import annotations

from typing import Final

from speechd.api import languages
from speechd.api.available import Available
from speechd.api.fields import Number
from speechd.api.languages import LanguageCode
from speechd.api.schema import SPEEDS
from speechd.api.voice_name import VoiceName
from speechd.speech.live.options import LiveOptions

VOLUMES: Final = (0.0, 4.0)
"""Least and greatest factor on the samples."""


def live_options(
    available: Available,
    *,
    voice: object,
    language: object = None,
    speed: object = None,
    volume: object = None,
    format: str = "pcm",
    sample_rate: int | None = None,
    words: bool = False,
    buffer_delay_s: float | None = None,
    normalize: bool = True,
) -> LiveOptions:
    """Valid options. voice, language, speed, volume: as a client wrote them, None where it did not. The rest: see
    `LiveOptions`. Raises `InvalidRequest`."""
    name = None if voice is None else VoiceName().read("voice", voice)
    meant = available.meant(name)
    blend = available.blend(None if name is None else meant.voice)
    tag = None if language is None else LanguageCode().read("language", language)
    return LiveOptions(
        blend=blend,
        language=languages.spoken(tag, blend.language),
        speed=spoken_speed(speed, meant.rate),
        volume=1.0 if volume is None else Number(*VOLUMES).read("volume", volume),
        format=format,
        sample_rate=sample_rate,
        words=words,
        buffer_delay_s=buffer_delay_s,
        normalize=normalize,
    )


def spoken_speed(speed: object, rate: float = 1.0) -> float:
    """The speaking rate that a client asks for with `speed`, None if it does not, of a voice that has this rate. Raises
    `InvalidRequest`."""
    asked = 1.0 if speed is None else Number(*SPEEDS).read("speed", speed)
    return min(max(asked * rate, SPEEDS[0]), SPEEDS[1])
