"""ElevenLabs' messages: what a request for speech says, and the messages that answer it.

Names and shapes follow ElevenLabs' API reference ("Text to speech" and its WebSockets) and its SDKs.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from speechd.api.fields import Text, wrong_type
from speechd.encoders import FORMATS, MPEG_RATES, SAMPLE_RATES
from speechd.errors import InvalidRequest, SpeechdError
from speechd.speech.character_times import CharacterTime

DEFAULT_FORMAT: Final = "mp3_44100_128"

CODECS: Final = ("mp3", "opus", "pcm", "wav", "ulaw", "alaw")
"""ElevenLabs' names of codecs, which are those of formats in `encoders.FORMATS`, too."""

_OUTPUT_FORMAT = re.compile(r"(?P<codec>[a-z0-9]{3,4})_(?P<rate>\d{4,5})(?:_\d{2,3})?")


def output_format(value: str) -> tuple[str, int | None]:
    """The format of an `output_format` such as "mp3_44100_128", and its sample rate in Hz; the bit rate is this
    server's own. None: the format's own rate, for Opus is decoded to 48 kHz whatever it was. Raises
    `InvalidRequest`."""
    match = _OUTPUT_FORMAT.fullmatch(value[:64])
    if match is None or not _is_known(match["codec"], int(match["rate"])):
        raise InvalidRequest(
            f"Invalid value: '{value[:64]}'. Supported values are: pcm_RATE, mp3_RATE_BITRATE, wav_RATE, ulaw_8000, "
            f"alaw_8000 and opus_48000_BITRATE, with rates from {SAMPLE_RATES[0]} to {SAMPLE_RATES[1]}; of MP3 "
            f"{', '.join(map(str, MPEG_RATES))}.",
            param="output_format",
            code="invalid_value",
        )
    codec = match["codec"]
    return codec, None if codec == "opus" else int(match["rate"])


def _is_known(codec: str, rate: int) -> bool:
    is_rate = SAMPLE_RATES[0] <= rate <= SAMPLE_RATES[1]
    return codec in CODECS and is_rate and FORMATS[codec].has_rate(rate)


def voice_speed(fields: Mapping[str, Any]) -> object:
    """The speed in the `voice_settings` of a message, as it was written; None without one. Raises `InvalidRequest`."""
    settings = fields.get("voice_settings")
    if settings is None:
        return None
    if not isinstance(settings, dict):
        raise wrong_type("voice_settings", "an object", settings)
    return settings.get("speed")


def refuse_dictionaries(fields: Mapping[str, Any]) -> None:
    """Raise `InvalidRequest` for pronunciation dictionaries, which are kept at ElevenLabs."""
    if fields.get("pronunciation_dictionary_locators"):
        raise InvalidRequest(
            "'pronunciation_dictionary_locators' name what is kept at ElevenLabs; write '[word](/ipa/)' in the text "
            "instead.",
            param="pronunciation_dictionary_locators",
            code="unsupported_parameter",
        )


def text_of(fields: Mapping[str, Any]) -> str | None:
    """The text of a message; None where it has none. Raises `InvalidRequest`."""
    text = fields.get("text")
    return None if text is None else Text().read("text", text)


def flag(fields: Mapping[str, Any], name: str) -> bool:
    """Whether a flag of a message is set."""
    return fields.get(name) is True or str(fields.get(name)).lower() == "true"


def milliseconds(times: Sequence[CharacterTime], origin_s: float) -> dict[str, list[Any]]:
    """An alignment in milliseconds from a moment of the audio."""
    starts = [round((time.start_s - origin_s) * 1000) for time in times]
    stops = [round((time.end_s - origin_s) * 1000) for time in times]
    return {
        "chars": [time.character for time in times],
        "charStartTimesMs": starts,
        "charDurationsMs": [stop - start for start, stop in zip(starts, stops, strict=True)],
    }


def audio_message(data: bytes, alignment: Mapping[str, Any] | None, context: Mapping[str, object]) -> dict[str, Any]:
    """Audio, and when the characters sound that begin in it. context: the members that name the context, if any."""
    audio = base64.b64encode(data).decode() if data else None
    message = {"audio": audio, "isFinal": None, "normalizedAlignment": alignment, "alignment": alignment}
    return message | dict(context)


def final_message(context: Mapping[str, object]) -> dict[str, Any]:
    """The end of a context, or of the connection's only one."""
    message: dict[str, Any] = {"audio": None, "isFinal": True, "normalizedAlignment": None, "alignment": None}
    return message | dict(context)


def error_message(error: SpeechdError, context: Mapping[str, object]) -> dict[str, Any]:
    """An error."""
    return {"message": error.message, "error": error.code or error.type, "code": 1008} | dict(context)
