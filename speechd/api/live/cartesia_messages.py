"""Cartesia's messages: what a request for speech says, and the events that answer it.

Names and shapes follow Cartesia's API reference ("Text to Speech", WebSocket, bytes and SSE) and its SDKs.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from speechd.api.available import Available
from speechd.api.fields import Boolean, Choice, Number, Text, missing, wrong_type
from speechd.api.live.live_options import live_options
from speechd.api.schema import RATE
from speechd.errors import InvalidRequest, SpeechdError
from speechd.speech.alignment_framing import as_floats, word_times
from speechd.speech.captions import WordTime
from speechd.speech.live.events import LiveChunk
from speechd.speech.live.options import LiveOptions
from speechd.speech.sent_text import SentWord

BUFFER_DELAY_MS: Final = 3000.0
"""How long text is gathered while nothing is heard, unless a client says otherwise; Cartesia's default."""

BUFFER_DELAYS_MS: Final = (0.0, 5000.0)

ENCODINGS: Final[Mapping[str, str]] = {
    "pcm_s16le": "pcm",
    "pcm_f32le": "pcm",
    "pcm_mulaw": "ulaw",
    "pcm_alaw": "alaw",
}
"""Cartesia's name of an encoding → a format of `encoders.FORMATS`. Floats are made of 16-bit samples here."""

FLOATS: Final = "pcm_f32le"

SPEEDS: Final[Mapping[str, float]] = {"slow": 0.8, "normal": 1.0, "fast": 1.2}
"""What the words mean that models before sonic-3 have for a speed."""


@dataclass(frozen=True, slots=True)
class OutputFormat:
    """What the audio is to be. container: "raw", "wav" or "mp3". encoding: a key of `ENCODINGS`. format,
    sample_rate: of `encoders.FORMATS`, and in Hz."""

    container: str
    encoding: str
    format: str
    sample_rate: int

    @classmethod
    def read(cls, fields: Mapping[str, Any], containers: tuple[str, ...] = ("raw",)) -> OutputFormat:
        """The `output_format` of a request. Raises `InvalidRequest`."""
        value = required(fields, "output_format")
        if not isinstance(value, dict):
            raise wrong_type("output_format", "an object", value)
        container = Choice(containers).read("output_format.container", value.get("container", "raw"))
        encodings = ("pcm_s16le",) if container == "wav" else tuple(ENCODINGS)
        encoding = Choice(encodings).read("output_format.encoding", value.get("encoding", "pcm_s16le"))
        rate = RATE.read("output_format.sample_rate", required(value, "sample_rate"))
        return cls(container, encoding, ENCODINGS[encoding] if container == "raw" else container, rate)


@dataclass(frozen=True, slots=True)
class Generation:
    """How an utterance is to be made. has_words, has_phonemes: its events say when they sound. is_normalized: words
    are given as they are spoken, and not as they were sent."""

    options: LiveOptions
    output: OutputFormat
    has_words: bool
    is_normalized: bool

    @classmethod
    def read(cls, fields: Mapping[str, Any], available: Available) -> Generation:
        """What the first message of a context asks for. Raises `InvalidRequest`."""
        output = OutputFormat.read(fields)
        delay_ms = optional(fields, "max_buffer_delay_ms", Number(*BUFFER_DELAYS_MS), BUFFER_DELAY_MS)
        has_words = optional(fields, "add_timestamps", Boolean(), False)
        options = live_options(
            available,
            **voice_fields(fields),
            format=output.format,
            sample_rate=output.sample_rate,
            words=has_words,
            buffer_delay_s=delay_ms / 1000,
            normalize=fields.get("normalization") != "off",
        )
        is_normalized = optional(fields, "use_normalized_timestamps", Boolean(), False)
        return cls(options, output, has_words, is_normalized)


def voice_fields(fields: Mapping[str, Any]) -> dict[str, object]:
    """The voice, language, speed and volume of a request, as they were written. Raises `InvalidRequest`."""
    if fields.get("pronunciation_dict_id"):
        raise InvalidRequest(
            "'pronunciation_dict_id' names what is kept at Cartesia; write '[word](/ipa/)' in the transcript instead.",
            param="pronunciation_dict_id",
            code="unsupported_parameter",
        )
    config = fields.get("generation_config") or {}
    if not isinstance(config, dict):
        raise wrong_type("generation_config", "an object", config)
    speed = config.get("speed", fields.get("speed"))
    return {
        "voice": _voice(fields),
        "language": fields.get("language") or fields.get("locale"),
        "speed": SPEEDS.get(speed, speed) if isinstance(speed, str) else speed,
        "volume": config.get("volume"),
    }


def _voice(fields: Mapping[str, Any]) -> object:
    voice = required(fields, "voice")
    if isinstance(voice, dict):
        if voice.get("mode", "id") != "id":
            raise InvalidRequest(
                "This server has its own voices, and takes none from an embedding: send the voice's 'id'.",
                param="voice",
                code="unsupported_parameter",
            )
        return required(voice, "id")
    return voice


def transcript(fields: Mapping[str, Any]) -> str:
    """The text of a request; "" where there is none. Raises `InvalidRequest`."""
    text: str = optional(fields, "transcript", Text(), "")
    return text


def required(fields: Mapping[str, Any], name: str) -> Any:
    """The value of a field. Raises `InvalidRequest` if there is none."""
    if fields.get(name) is None:
        raise missing(name)
    return fields[name]


def optional(fields: Mapping[str, Any], name: str, reader: Any, default: Any) -> Any:
    """The value of a field, or `default`. Raises `InvalidRequest`."""
    value = fields.get(name)
    return default if value is None else reader.read(name, value)


def chunk_event(context_id: str | None, chunk: LiveChunk, encoding: str, step_ms: float, flush: int) -> dict[str, Any]:
    """Audio. step_ms: milliseconds since the event before. flush: how many flushes came before."""
    event = _event("chunk", context_id, 206)
    data = base64.b64encode(encoded(chunk.data, encoding)).decode()
    return event | {"data": data, "step_time": step_ms, "flush_id": flush + 1}


def encoded(data: bytes, encoding: str) -> bytes:
    """Samples in Cartesia's encoding, from bytes of its format."""
    return as_floats(data) if encoding == FLOATS else data


def timestamps_event(context_id: str | None, words: Sequence[SentWord | WordTime]) -> dict[str, Any]:
    """When words sound, in seconds from the beginning of the context's audio."""
    return _event("timestamps", context_id, 206) | {"word_timestamps": word_times(words)}


def flush_done_event(context_id: str | None, number: int) -> dict[str, Any]:
    """All that came before a flush has been sent. number: of the flush, from 0."""
    return _event("flush_done", context_id, 206) | {"flush_done": True, "flush_id": number + 1}


def done_event(context_id: str | None) -> dict[str, Any]:
    """The context is over."""
    return _event("done", context_id, 200) | {"done": True}


def error_event(context_id: str | None, error: SpeechdError) -> dict[str, Any]:
    """The context is over, because of an error; without a context, a message could not be understood. It is not
    `done`: LiveKit's plugin would take that for success."""
    return _event("error", context_id, error.status) | error_fields(error)


def error_fields(error: SpeechdError) -> dict[str, Any]:
    """Cartesia's description of an error."""
    title = HTTPStatus(error.status).phrase
    told: dict[str, Any] = {"error_code": error.code or error.type, "title": title, "message": error.message}
    return told | {"error": f"{title}: {error.message}"}


def _event(type: str, context_id: str | None, status: int) -> dict[str, Any]:
    event: dict[str, Any] = {"type": type, "done": False, "status_code": status}
    return event if context_id is None else event | {"context_id": context_id}
