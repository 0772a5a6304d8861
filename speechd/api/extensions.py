"""The fields of a request that concern words and markup: when words sound, and what the text asks of voices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from speechd.api.fields import Boolean, Choice, Field, JsonSchema, Number, Text, wrong_type
from speechd.errors import InvalidRequest
from speechd.speech.reading import AS_TEXT, Form, Reading
from speechd.text.lexicon import MAX_LENGTH, REQUEST_ENTRIES, InvalidPronunciation, entries_of_request
from speechd.text.markup.ssml import Bookmark, is_ssml, parse_ssml
from speechd.text.markup.tags import RATES, Alias

SUBTITLES: Final = ("vtt", "srt")
"""Values of `response_format` that ask for the words instead of the audio."""

GRANULARITIES: Final = ("word", "phoneme")

_WORDS: Final = frozenset(("word",))

MAX_ALIASES: Final = 64
"""Names in one request. A dialogue has a handful of speakers."""

# Of words, and of what is said for them; without control characters, as `speechd.text.lexicon.check` has it.
_PHRASE: Final = r"^(?![\s\S]*[\x00-\x1f])[\s\S]*[^\W_]"
_SAID: Final = r"^(?![\s\S]*[\x00-\x1f])\s*([^\s/]|/[^/()\[\]]{1,100}/\s*$)"


class Reply(StrEnum):
    """What the body of a reply is, and how it says when words sound."""

    AUDIO = "audio"
    """The audio alone."""
    EVENTS = "sse"
    """Server-sent events, with timestamps where they are asked for."""
    JSON = "json"
    """A JSON object with the audio and the timestamps."""
    HEADER = "header"
    """The audio, with the words in a header."""
    VTT = "vtt"
    SRT = "srt"
    KOKORO_FASTAPI = "kokoro-fastapi"
    """JSON as Kokoro-FastAPI's `/dev/captioned_speech` has it."""
    ELEVENLABS = "elevenlabs"
    """JSON as ElevenLabs' `with-timestamps` has it."""
    CARTESIA = "cartesia"
    """Server-sent events as Cartesia's `/tts/sse` has them."""
    CARTESIA_FLOATS = "cartesia-floats"
    """The same, with samples that are floats."""
    FLOATS = "floats"
    """The audio alone, whose samples are floats."""


@dataclass(frozen=True, slots=True)
class Granularities:
    """A list of what is to be timed."""

    def read(self, name: str, value: object) -> tuple[str, ...]:
        if not isinstance(value, list):
            raise wrong_type(name, "an array", value)
        return tuple(Choice(GRANULARITIES).read(name, item) for item in value)

    def schema(self) -> JsonSchema:
        return {"type": "array", "items": {"type": "string", "enum": list(GRANULARITIES)}}

    def values(self) -> str:
        return "a list of " + ", ".join(f"`{choice}`" for choice in GRANULARITIES)


@dataclass(frozen=True, slots=True)
class VoiceAliases:
    """An object of names, each with a voice or blend, or with that and a rate."""

    def read(self, name: str, value: object) -> Mapping[str, Alias]:
        if not isinstance(value, dict):
            raise wrong_type(name, "an object", value)
        if len(value) > MAX_ALIASES:
            raise InvalidRequest(f"Invalid '{name}': at most {MAX_ALIASES} names.", param=name, code="invalid_value")
        return {
            Text(64).read(name, alias).strip().lower(): self._alias(f"{name}.{alias}", meant)
            for alias, meant in value.items()
        }

    def schema(self) -> JsonSchema:
        voice = {"type": "string", "maxLength": 512}
        rate = Number(*RATES).schema()
        by_rate = {"type": "object", "properties": {"voice": voice, "rate": rate}, "required": ["voice"]}
        return {"type": "object", "maxProperties": MAX_ALIASES, "additionalProperties": {"anyOf": [voice, by_rate]}}

    def values(self) -> str:
        return '`{"narrator": "af_bella", "wolf": {"voice": "am_adam(2)+am_onyx", "rate": 0.8}}`'

    @staticmethod
    def _alias(name: str, value: object) -> Alias:
        if not isinstance(value, dict):
            return Alias(Text(512).read(name, value))
        rate = value.get("rate")
        return Alias(
            Text(512).read(f"{name}.voice", value.get("voice")),
            1.0 if rate is None else Number(*RATES).read(f"{name}.rate", rate),
        )


class Pronunciations:
    """An object of words or phrases, each with another spelling, or IPA between slashes."""

    def read(self, name: str, value: object) -> Mapping[str, str]:
        try:
            return entries_of_request(value)
        except InvalidPronunciation as error:
            raise InvalidRequest(f"Invalid '{name}': {error}.", param=name, code="invalid_value") from None

    def schema(self) -> JsonSchema:
        names = {"maxLength": MAX_LENGTH, "pattern": _PHRASE}
        said = {"type": "string", "maxLength": MAX_LENGTH, "pattern": _SAID}
        return {
            "type": "object",
            "maxProperties": REQUEST_ENTRIES,
            "propertyNames": names,
            "additionalProperties": said,
        }

    def values(self) -> str:
        return '`{"nginx": "engine x", "Kokoro": "/kˈoʊkəɹoʊ/"}`'


TIMESTAMP_GRANULARITIES: Final = Field(
    "timestamp_granularities",
    Granularities(),
    "what the reply times: words, and phonemes where the engine has them. With `stream_format` `sse` or `json`",
    (),
    default_meaning="nothing",
    is_extension=True,
)
WORD_TIMESTAMPS: Final = Field(
    "word_timestamps",
    Boolean(),
    "the words in the header `X-Word-Timestamps` of a reply that is sent whole, as vllm-omni has it; in events, as "
    "`timestamp_granularities`",
    False,
    is_extension=True,
)
ALLOW_VOICE_TAGS: Final = Field(
    "allow_voice_tags",
    Boolean(),
    "whether `[voice:am_adam]` and `[rate:0.8]` in the input change the voice and the rate; they are never read aloud",
    False,
    is_extension=True,
)
VOICE_ALIASES: Final = Field(
    "voice_aliases",
    VoiceAliases(),
    "further names of voices, for `voice`, tags and SSML, each perhaps with a rate of its own",
    dict[str, Alias](),
    default_meaning="none",
    is_extension=True,
)
SSML: Final = Field(
    "ssml",
    Boolean(),
    "whether the input is a document of SSML",
    None,
    default_meaning="whether it is one, from `<speak>` to `</speak>`",
    is_extension=True,
)
PRONUNCIATIONS: Final = Field(
    "pronunciations",
    Pronunciations(),
    "how words and phrases of the input are said; in small letters, however they are written",
    dict[str, str](),
    default_meaning="none",
    is_extension=True,
)

EXTENSION_FIELDS: Final[tuple[Field[Any], ...]] = (
    *(TIMESTAMP_GRANULARITIES, WORD_TIMESTAMPS, ALLOW_VOICE_TAGS, VOICE_ALIASES, SSML, PRONUNCIATIONS),
)


@dataclass(frozen=True, slots=True)
class Extension:
    """What these fields ask for. granularities: what is timed. bookmarks: the marks of SSML."""

    reply: Reply = Reply.AUDIO
    granularities: frozenset[str] = frozenset()
    reading: Reading = AS_TEXT
    bookmarks: tuple[Bookmark, ...] = ()

    @property
    def is_timed(self) -> bool:
        """Whether words are to be timed: also for the marks of SSML, which the words around them tell."""
        has_room = self.reply in (Reply.EVENTS, Reply.JSON)
        is_needed = self.reply in (Reply.HEADER, Reply.VTT, Reply.SRT)
        return bool(self.granularities) or is_needed or (has_room and bool(self.bookmarks))

    @property
    def is_whole(self) -> bool:
        """Whether the reply is sent whole, whatever `stream` says."""
        return self.reply in (Reply.JSON, Reply.HEADER)

    @property
    def is_plain(self) -> bool:
        """Whether any server of OpenAI's contract can give the reply."""
        return self.reply in (Reply.AUDIO, Reply.EVENTS) and not self.is_timed and self.reading == AS_TEXT


PLAIN: Final = Extension()


def reply_of(fields: Mapping[str, object], stream_format: str, response_format: str) -> tuple[Reply, frozenset[str]]:
    """The reply that is asked for, and what it times. Raises `InvalidRequest` where it has no room for that."""
    granularities = frozenset(TIMESTAMP_GRANULARITIES.read(fields))
    is_in_header = WORD_TIMESTAMPS.read(fields)
    if response_format in SUBTITLES:
        if stream_format != "audio":
            raise InvalidRequest(
                f"'stream_format' cannot be '{stream_format}' with the response_format '{response_format}'.",
                param="stream_format",
            )
        return Reply(response_format), granularities
    if stream_format != "audio":
        return Reply(stream_format), granularities | (_WORDS if is_in_header else frozenset())
    if granularities - (_WORDS if is_in_header else frozenset()):
        raise InvalidRequest(
            "'timestamp_granularities' needs 'stream_format' to be 'sse' or 'json', the 'response_format' 'vtt' or "
            "'srt', or for words 'word_timestamps': audio alone has no room for timestamps.",
            param="timestamp_granularities",
        )
    return (Reply.HEADER if is_in_header else Reply.AUDIO), granularities


def reading_of(
    fields: Mapping[str, object], input: str, language: str, aliases: Mapping[str, Alias]
) -> tuple[Reading, Sequence[Bookmark]]:
    """How the input is to be read, and its SSML's marks. language: of the request. Raises `InvalidRequest` for what is
    no SSML."""
    ssml, pronunciations = SSML.read(fields), PRONUNCIATIONS.read(fields)
    if ssml if ssml is not None else is_ssml(input):
        return Reading(Form.SSML, aliases, pronunciations), parse_ssml(input, language, aliases).bookmarks
    if ALLOW_VOICE_TAGS.read(fields):
        return Reading(Form.TAGS, aliases, pronunciations), ()
    return Reading(pronunciations=pronunciations), ()
