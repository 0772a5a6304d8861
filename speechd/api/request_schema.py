"""The JSON Schema of a request for speech, with what a server has, and what cannot be asked for together; and what
the reply may be."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from speechd.api.available import Available
from speechd.api.extensions import SSML, SUBTITLES, TIMESTAMP_GRANULARITIES, WORD_TIMESTAMPS
from speechd.api.fields import BOOLEANS, REQUIRED, JsonSchema, nullable
from speechd.api.languages import spoken_names
from speechd.api.schema import (
    FIELDS,
    INPUT,
    LANG_CODE,
    MODEL_ID,
    RESPONSE_FORMAT,
    SAMPLE_RATE,
    STREAM,
    STREAM_FORMAT,
    VOICE,
)
from speechd.api.voice_name import voice_schema
from speechd.encoders import FORMATS, MPEG_RATES
from speechd.speech.caption_framing import CaptionedJson
from speechd.speech.cues import MEDIA_TYPES
from speechd.speech.framing import ServerSentEvents


def _together(required: Collection[str], properties: JsonSchema) -> JsonSchema:
    return {"required": [*required], "properties": properties}


WHOLE_EVENTS: Final = _together(
    (STREAM_FORMAT.name, STREAM.name),
    {
        STREAM_FORMAT.name: {"const": "sse"},
        STREAM.name: {"enum": [False, *(text for text, meant in BOOLEANS.items() if not meant)]},
    },
)
"""Events, and that nothing is sent before all is there."""

SUBTITLES_OF_EVENTS: Final = _together(
    (STREAM_FORMAT.name, RESPONSE_FORMAT.name),
    {STREAM_FORMAT.name: {"enum": ["sse", "json"]}, RESPONSE_FORMAT.name: {"enum": [*SUBTITLES]}},
)
"""Subtitles, which are the reply, and another form of it."""

TIMES_WITHOUT_ROOM: Final = _together(
    (TIMESTAMP_GRANULARITIES.name,),
    {
        TIMESTAMP_GRANULARITIES.name: {"type": "array", "minItems": 1},
        STREAM_FORMAT.name: {"enum": ["audio", None]},
        RESPONSE_FORMAT.name: {"not": {"enum": [*SUBTITLES]}},
        WORD_TIMESTAMPS.name: {"enum": [False, *(text for text, meant in BOOLEANS.items() if not meant), None]},
    },
)
"""Timestamps, and audio alone."""

PHONEMES_WITHOUT_ROOM: Final = _together(
    (TIMESTAMP_GRANULARITIES.name,),
    {
        TIMESTAMP_GRANULARITIES.name: {"type": "array", "contains": {"const": "phoneme"}},
        STREAM_FORMAT.name: {"enum": ["audio", None]},
        RESPONSE_FORMAT.name: {"not": {"enum": [*SUBTITLES]}},
    },
)
"""Phonemes, and audio alone: the header has words."""

NO_MARKUP_AS_SSML: Final = _together(
    (SSML.name, INPUT.name),
    {
        SSML.name: {"enum": [True, *(text for text, meant in BOOLEANS.items() if meant)]},
        INPUT.name: {"not": {"pattern": r"^\s*<"}},
    },
)
"""SSML, and a text that does not begin as a document."""

RATE_OF_NO_CODEC: Final = _together(
    (SAMPLE_RATE.name,),
    {
        RESPONSE_FORMAT.name: {"enum": [None, *(name for name, known in FORMATS.items() if known.rates == MPEG_RATES)]},
        SAMPLE_RATE.name: {"not": {"enum": [*MPEG_RATES, *map(str, MPEG_RATES), None]}},
    },
)
"""A rate that the format does not have, which is MP3 unless another is named."""

CONTRADICTIONS: Final = (
    WHOLE_EVENTS,
    SUBTITLES_OF_EVENTS,
    TIMES_WITHOUT_ROOM,
    PHONEMES_WITHOUT_ROOM,
    NO_MARKUP_AS_SSML,
    RATE_OF_NO_CODEC,
)

REPLIES: Final[JsonSchema] = {
    **{format.media_type: {} for format in FORMATS.values()},
    **{media_type: {} for media_type in MEDIA_TYPES.values()},
    ServerSentEvents.media_type: {},
    CaptionedJson.media_type: {},
}
"""What a reply to a request for speech may be, by media type."""


def request_schema(available: Available) -> JsonSchema:
    """The JSON Schema of the body of `POST /v1/audio/speech`, with what the server has."""
    properties = {field.name: field.schema() for field in FIELDS}
    properties[INPUT.name] |= {"minLength": 1, "maxLength": available.max_input_chars, "pattern": r"\S"}
    properties[MODEL_ID.name] |= {"enum": [*available.models, "", None]}
    properties[LANG_CODE.name]["enum"] = [*spoken_names({voice.language for voice in available.catalogue}), None]
    properties[VOICE.name] |= nullable(voice_schema(voice_names(available)))
    properties[VOICE.name]["examples"] = list(available.catalogue.aliases)
    if not available.has_phonemes:
        properties[TIMESTAMP_GRANULARITIES.name]["items"] = {"const": "word"}
    required = [field.name for field in FIELDS if field.default is REQUIRED]
    return {"type": "object", "required": required, "properties": properties, "not": {"anyOf": [*CONTRADICTIONS]}}


def voice_names(available: Available) -> list[str]:
    """All names of voices, without those of blends."""
    catalogue = available.catalogue
    return [name for voice in catalogue for name in (voice.id, *catalogue.aliases_of(voice))]
