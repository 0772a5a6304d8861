"""The part of the OpenAPI description that is about other services' endpoints: ElevenLabs' and Cartesia's."""

from __future__ import annotations

from typing import Any, Final

from speechd.api import paths
from speechd.api.dev_schema import NOT_BLANK, Operation
from speechd.api.error_cases import Where
from speechd.api.fields import JsonSchema, nullable
from speechd.api.request_schema import REPLIES
from speechd.api.schema import LANG_CODE, RATE, SEED, SPEED
from speechd.speech.framing import ServerSentEvents

JSON: Final = "application/json"

_TEXT: Final[JsonSchema] = {"type": "string", "minLength": 1, "pattern": NOT_BLANK}
_FACTOR: Final[JsonSchema] = nullable(SPEED.reader.schema())

_SPOKEN: Final[JsonSchema] = {
    "type": "object",
    "required": ["text"],
    "properties": {
        "text": _TEXT,
        "model_id": {"description": "accepted and ignored: the server has one model"},
        "voice_settings": {"type": ["object", "null"], "properties": {"speed": _FACTOR}},
        "language_code": LANG_CODE.schema(),
        "seed": SEED.schema(),
        "apply_text_normalization": {"enum": ["auto", "on", "off", None]},
    },
}

_ALIGNMENT: Final[JsonSchema] = {
    "type": ["object", "null"],
    "properties": {
        "characters": {"type": "array", "items": {"type": "string"}},
        "character_start_times_seconds": {"type": "array", "items": {"type": "number"}},
        "character_end_times_seconds": {"type": "array", "items": {"type": "number"}},
    },
}

_ALIGNED: Final[JsonSchema] = {
    "type": "object",
    "properties": {
        "audio_base64": {"type": "string", "contentEncoding": "base64"},
        "alignment": _ALIGNMENT,
        "normalized_alignment": _ALIGNMENT,
    },
}

_VOICE: Final[JsonSchema] = {
    "type": "object",
    "properties": {name: {"type": "string"} for name in ("voice_id", "name", "category", "description")},
}


def _voices(**more: JsonSchema) -> JsonSchema:
    return {JSON: {"schema": {"type": "object", "properties": {"voices": {"type": "array", "items": _VOICE}} | more}}}


def _transcript(containers: tuple[str, ...], **more: JsonSchema) -> JsonSchema:
    output = {
        "container": {"enum": list(containers)},
        "encoding": {"enum": ["pcm_s16le", "pcm_f32le", "pcm_mulaw", "pcm_alaw"]},
        "sample_rate": RATE.schema(),
    }
    voice: dict[str, Any] = {"mode": {"const": "id"}, "id": {"type": "string", "maxLength": 512}}
    properties: JsonSchema = {
        "transcript": _TEXT,
        "model_id": {"description": "accepted and ignored: the server has one model"},
        "voice": {"type": "object", "properties": voice, "required": ["id"]},
        "output_format": {"type": "object", "properties": output, "required": ["sample_rate"]},
        "language": LANG_CODE.schema(),
        "generation_config": {"type": ["object", "null"], "properties": {"speed": _FACTOR}},
    }
    return {"type": "object", "required": ["transcript", "voice", "output_format"], "properties": properties | more}


_LINES: Final[JsonSchema] = {JSON: {"schema": _ALIGNED}}

OPERATIONS: Final = (
    Operation(paths.ELEVENLABS_SPEECH, "ElevenLabs: speak a text, sent whole", _SPOKEN, REPLIES),
    Operation(paths.ELEVENLABS_STREAM, "ElevenLabs: speak a text, as it is made", _SPOKEN, REPLIES),
    Operation(paths.ELEVENLABS_TIMED, "ElevenLabs: speak a text, and time its characters", _SPOKEN, _LINES),
    Operation(paths.ELEVENLABS_STREAM_TIMED, "ElevenLabs: the same as lines of JSON, as made", _SPOKEN, _LINES),
    Operation(paths.ELEVENLABS_VOICES, "ElevenLabs: all voices", None, _voices(), Where.MODELS),
    Operation(
        paths.ELEVENLABS_VOICES_V2,
        "ElevenLabs: all voices, on one page",
        None,
        _voices(has_more={"type": "boolean"}, total_count={"type": "integer"}),
        Where.MODELS,
    ),
    Operation(paths.ELEVENLABS_VOICE, "ElevenLabs: one voice", None, {JSON: {"schema": _VOICE}}, Where.MODELS),
    Operation(
        paths.CARTESIA_BYTES, "Cartesia: speak a text, as it is made", _transcript(("raw", "wav", "mp3")), REPLIES
    ),
    Operation(
        paths.CARTESIA_SSE,
        "Cartesia: speak a text, as server-sent events",
        _transcript(("raw",), add_timestamps={"type": ["boolean", "null"]}),
        {ServerSentEvents.media_type: {}},
    ),
)
"""The operations, with the fields of their bodies that this server reads."""
