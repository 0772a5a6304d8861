"""Endpoints under `/dev`, as Kokoro-FastAPI has them: captioned speech, dialogue, phonemes, SSML; and what a text
becomes before it is spoken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp

from speechd.api.dev_schema import (
    MAX_TURNS,
    OWN_FIELDS,
    PAUSE_BETWEEN_TURNS,
    PHONEMES,
    PHONEMIZE_LANGUAGE,
    PHONEMIZE_TEXT,
    RETURN_TIMESTAMPS,
    SSML_TEXT,
    SSML_VOICE,
)
from speechd.api.extensions import Reply
from speechd.api.fields import Text, missing
from speechd.api.media_type import require_json
from speechd.api.schema import SpeechRequest, json_object, parse
from speechd.api.speech import SpeechEndpoint
from speechd.errors import InvalidRequest, shorten
from speechd.speech.disconnect import ClientLeft
from speechd.speech.explaining import Explained
from speechd.speech.reading import Form, Reading
from speechd.text.markup.document import parse as parse_marks
from speechd.text.markup.marks import Tag
from speechd.text.markup.ssml import parse_ssml
from speechd.text.markup.ssml_elements import ELEMENTS, REFUSED, UNSPOKEN
from speechd.text.markup.ssml_values import BREAK_S, RATE
from speechd.text.markup.tagging import tagged
from speechd.text.markup.tags import RATES

DEFAULT_VOICE: Final = "af_heart"
"""Kokoro-FastAPI's default, where the engine has it."""


@dataclass(frozen=True, slots=True)
class DevEndpoints:
    """The endpoints of one worker that speak, and that only read."""

    speech: SpeechEndpoint

    async def captioned_speech(self, request: Request) -> ASGIApp:
        """`POST /dev/captioned_speech`: audio in base64, and when each word sounds."""
        body, fields = await self._fields(request)
        wanted = self._parsed({**fields, "stream_format": "audio", "timestamp_granularities": None})
        granularities = frozenset(("word",)) if RETURN_TIMESTAMPS.read(fields) else frozenset[str]()
        extension = replace(wanted.extension, reply=Reply.KOKORO_FASTAPI, granularities=granularities)
        return self.speech.respond(request, body, replace(wanted, extension=extension))

    async def dialogue(self, request: Request) -> ASGIApp:
        """`POST /dev/dialogue`: turns, each with its voice, as one piece of speech."""
        body, fields = await self._fields(request)
        turns = _turns(fields.get("turns", fields.get("inputs")))
        # Directly behind a turn, which then ends as a sentence does, and not as a paragraph with its longer silence.
        pause = f"\n[pause:{PAUSE_BETWEEN_TURNS.read(fields):.3f}s]\n\n"
        text = pause.join(f"{_voice_tag(voice)} {said}" for voice, said in turns)
        spoken = {**fields, "input": text, "voice": turns[0][0], "allow_voice_tags": True, "ssml": False}
        return self.speech.respond(request, body, self._parsed(spoken))

    async def generate_from_phonemes(self, request: Request) -> ASGIApp:
        """`POST /dev/generate_from_phonemes`: phonemes as streamed WAV."""
        body, fields = await self._fields(request)
        phonemes = PHONEMES.read(fields)
        if not phonemes.strip():
            raise InvalidRequest("'phonemes' is empty.", param="phonemes", code="empty_input")
        self.speech.available.require_phonemes("phonemes")
        wanted = self._parsed({"response_format": "wav", **fields, "input": phonemes, "ssml": False})
        extension = replace(wanted.extension, reading=Reading(Form.PHONEMES))
        return self.speech.respond(request, body, replace(wanted, extension=extension))

    async def phonemize(self, request: Request) -> JSONResponse:
        """`POST /dev/phonemize`: the phonemes of a text."""
        _, fields = await self._fields(request)
        self.speech.available.require_phonemes("text")
        text = PHONEMIZE_TEXT.read(fields)
        language = PHONEMIZE_LANGUAGE.read(fields)
        wanted = self._parsed({"input": text, "lang_code": language, "ssml": False})
        passages = await self._explained(request, wanted)
        phonemes = " ".join(script.phonemes for script in passages if not isinstance(script, float))
        return JSONResponse({"phonemes": phonemes, "tokens": []})

    async def explain(self, request: Request) -> JSONResponse:
        """`POST /dev/explain`: the passages of a request for speech, as they would be spoken, and their phonemes."""
        _, fields = await self._fields(request)
        wanted = self._parsed(fields)
        passages = await self._explained(request, wanted)
        return JSONResponse({"passages": [_explained(passage) for passage in passages]})

    async def ssml_help(self, request: Request) -> JSONResponse:
        """`GET /dev/ssml`: what of SSML is known."""
        return JSONResponse(
            {
                "elements": dict(ELEMENTS),
                "ignored": sorted(UNSPOKEN),
                "refused": dict(REFUSED),
                "break_strengths": dict(BREAK_S),
                "prosody_rates": dict(RATE),
                "rate_range": list(RATES),
            }
        )

    async def ssml(self, request: Request) -> JSONResponse:
        """`POST /dev/ssml`: a document of SSML as text with tags; what is none is not changed."""
        _, fields = await self._fields(request)
        text = Text(self.speech.available.max_input_chars).read(SSML_TEXT.name, SSML_TEXT.read(fields))
        voice = SSML_VOICE.read(fields)
        if text.lstrip().startswith("<"):
            text = tagged(parse_ssml(text, "en-us").marks, voice)
        return JSONResponse({"text": text})

    async def _explained(self, request: Request, wanted: SpeechRequest) -> list[Explained]:
        try:
            return await self.speech.local.explain(request, wanted)
        except ClientLeft:
            return []  # for nobody

    async def _fields(self, request: Request) -> tuple[bytes, Mapping[str, Any]]:
        require_json(request)
        body = b"".join([piece async for piece in request.stream()])
        return body, json_object(body)

    def _parsed(self, fields: Mapping[str, Any]) -> SpeechRequest:
        """The request for speech that these fields make, with Kokoro-FastAPI's defaults."""
        available = self.speech.available
        voices = [voice.id for voice in available.catalogue]
        defaults = {
            "model": next(iter(available.models)),
            "voice": DEFAULT_VOICE if DEFAULT_VOICE in voices else voices[0],
        }
        given = {name: value for name, value in fields.items() if value is not None and name not in OWN_FIELDS}
        return parse(orjson.dumps({**defaults, **given}), available)


def _turns(value: object) -> list[tuple[str, str]]:
    """The voice and the text of each turn."""
    if not isinstance(value, list) or not value:
        raise InvalidRequest("'turns' is a list of at least one turn, each with 'voice' and 'text'.", param="turns")
    if len(value) > MAX_TURNS:
        raise InvalidRequest(f"'turns' has more than {MAX_TURNS} turns: send them in parts.", param="turns")
    return [_turn(f"turns[{index}]", turn) for index, turn in enumerate(value)]


def _turn(name: str, turn: object) -> tuple[str, str]:
    if not isinstance(turn, dict):
        raise InvalidRequest(f"'{name}' is an object with 'voice' and 'text'.", param="turns")
    voice, text = turn.get("voice", turn.get("voice_id")), turn.get("text")
    if voice is None or text is None:
        raise missing(f"{name}.voice" if voice is None else f"{name}.text")
    voice, text = Text(512).read(f"{name}.voice", voice), Text().read(f"{name}.text", text)
    if not text.strip():
        raise InvalidRequest(f"'{name}.text' is empty.", param="turns", code="empty_input")
    return voice, text


def _voice_tag(voice: str) -> str:
    """The tag that names a voice in a text. Raises `InvalidRequest` for what would be read aloud there."""
    tag = f"[voice:{voice}]"
    if parse_marks(tag)[:1] != [Tag("voice", voice.strip())]:
        raise InvalidRequest(f"'{shorten(voice)}' names no voice.", param="turns", code="voice_not_found")
    return tag


def _explained(passage: Explained) -> dict[str, object]:
    if isinstance(passage, float):
        return {"pause": passage}
    words = [
        {
            "word": word.text,
            "input_start": word.source_start,
            "input_end": word.source_stop,
            **({"phonemes": passage.phonemes[word.token_start : word.token_stop]} if passage.phonemes else {}),
        }
        for word in passage.words
    ]
    return {
        "text": passage.text,
        "voice": passage.voice,
        "language": passage.language,
        "phonemes": passage.phonemes or None,
        "words": words,
    }
