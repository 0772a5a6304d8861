"""The OpenAPI 3.1 description of the server, made from the declarations of fields, formats and errors.

`python -m speechd.api.openapi` prints it; with `--markdown`, the tables of fields and errors for docs/api.md.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from itertools import groupby
from typing import Any, Final

from speechd import __version__
from speechd.api import docs_page, paths, service_operations
from speechd.api.available import OPENAI_MODELS, Available
from speechd.api.dev_schema import OPERATIONS, with_values
from speechd.api.error_cases import CASES, ErrorCase, Where, cases_of
from speechd.api.fields import REQUIRED, Boolean, Field
from speechd.api.request_schema import REPLIES, request_schema, voice_names
from speechd.api.schema import FIELDS
from speechd.api.voice_name import combination_schema
from speechd.api.voices import LEGACY, PACK_MEDIA_TYPE
from speechd.config.settings import Settings
from speechd.encoders import FORMATS
from speechd.engines.kokoro import voices
from speechd.metrics.exposition import MEDIA_TYPE

JSON: Final = "application/json"
HTML: Final = "text/html; charset=utf-8"

Json = dict[str, Any]

ERROR: Final[Json] = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["message", "type", "param", "code"],
            "properties": {
                "message": {"type": "string"},
                "type": {"type": "string"},
                "param": {"type": ["string", "null"]},
                "code": {"type": ["string", "null"]},
            },
        }
    },
}
"""OpenAI's error envelope."""

MODEL_OBJECT: Final[Json] = {
    "type": "object",
    "required": ["id", "object", "created", "owned_by"],
    "properties": {
        "id": {"type": "string"},
        "object": {"const": "model"},
        "created": {"type": "integer"},
        "owned_by": {"type": "string"},
    },
}

VOICE_OBJECT: Final[Json] = {
    "type": "object",
    "required": ["id", "name", "display_name", "language", "gender", "quality", "aliases"],
    "properties": {
        **{name: {"type": "string"} for name in ("id", "name", "display_name", "language", "gender")},
        "quality": {"type": ["string", "null"]},
        "aliases": {"type": "array", "items": {"type": "string"}},
    },
}


def document(available: Available, *, has_keys: bool) -> Json:
    """The description of a server. has_keys: whether it asks for API keys."""
    described: Json = {
        "openapi": "3.1.0",
        "info": {
            "title": "speechd",
            "version": __version__,
            "description": "Text to speech by OpenAI's contract. Every response has an `x-request-id`.",
        },
        "paths": _paths(available),
        "components": {
            "schemas": {
                "SpeechRequest": request_schema(available),
                "Error": ERROR,
                "Model": MODEL_OBJECT,
                "Voice": VOICE_OBJECT,
            }
        },
    }
    if has_keys:
        described["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
        for path, operations in described["paths"].items():
            if path.startswith(paths.API_PREFIX):
                for operation in operations.values():
                    operation["security"] = [{"key": []}]
    return described


def _paths(available: Available) -> Json:
    return _stable_paths(available) | _declared_paths(request_schema(available), has_phonemes=available.has_phonemes)


def _declared_paths(speech: Json, *, has_phonemes: bool) -> Json:
    described: Json = {}
    for operation in (*OPERATIONS, *service_operations.OPERATIONS):
        if operation.needs_phonemes and not has_phonemes:
            continue
        answer = {"description": operation.summary, "content": operation.content}
        content: Json = {"summary": operation.summary, "responses": {"200": answer, **_errors(operation.where)}}
        if operation.request is not None:
            body = with_values(operation.request, speech)
            content["requestBody"] = {"required": True, "content": {JSON: {"schema": body}}}
        if names := re.findall(r"{(\w+)}", operation.path):
            content["parameters"] = [_path_parameter(name) for name in names]
        described.setdefault(operation.path, {})["get" if operation.request is None else "post"] = content
    return described


def _stable_paths(available: Available) -> Json:
    models = {"type": "object", "properties": {"object": {"const": "list"}, "data": _array("Model")}}
    id, name = _path_parameter("id"), _path_parameter("name")
    return {
        paths.SPEECH: {"post": _speech()},
        paths.VOICES: {"get": _voices()},
        paths.COMBINE: {"post": _combine(available)},
        paths.AUDIO_MODELS: {"get": _get("All models, as Open WebUI reads them", models, Where.MODELS)},
        paths.DOWNLOAD: {"get": _download()},
        paths.TEST: {"get": _get("Whether this is a server with Kokoro's voices", {"type": "object"}, Where.MODELS)},
        paths.MODELS: {"get": _get("All models", models, Where.MODELS)},
        paths.MODEL: {"get": {**_get("One model", _reference("Model"), Where.MODELS), "parameters": [id]}},
        paths.HEALTH: {"get": _get("Whether the process answers", {"type": "object"}, Where.OTHER)},
        paths.READY: {"get": _get("Whether speech can be asked for", {"type": "object"}, Where.READY)},
        paths.METRICS: {"get": _get("Metrics for Prometheus", {"type": "string"}, Where.OTHER, MEDIA_TYPE)},
        paths.OPENAPI: {"get": _get("This description", {"type": "object"}, Where.OTHER)},
        paths.DOCS: {"get": _get("This description, to read and to try", {"type": "string"}, Where.OTHER, HTML)},
        paths.DOCS_FILE: {"get": _file()},
        paths.HOME: {"get": _get("Links; to browsers, a page to try the voices on", {"type": "object"}, Where.OTHER)},
        paths.HOME_FILE: {"get": {**_get("A file of the page", {"type": "string"}, Where.OTHER), "parameters": [name]}},
    }


def _speech() -> Json:
    speech = {"description": "The speech, in the format that was asked for", "content": REPLIES}
    return {
        "summary": "Speak a text",
        "requestBody": {"required": True, "content": {JSON: {"schema": _reference("SpeechRequest")}}},
        "responses": {"200": speech, **_errors(Where.SPEECH)},
    }


def _voices() -> Json:
    voices = {"type": "array", "items": {"anyOf": [_reference("Voice"), {"type": "string"}]}}
    described = _get("All voices", {"type": "object", "properties": {"voices": voices}}, Where.MODELS)
    legacy = {
        "name": LEGACY,
        "in": "query",
        "description": "Whether to list ids alone.",
        "schema": Boolean().schema(),
    }
    return {**described, "parameters": [legacy]}


def _combine(available: Available) -> Json:
    schema = combination_schema(voice_names(available))
    pack = {"description": "The pack of the blend, as PyTorch saves it", "content": {PACK_MEDIA_TYPE: {}}}
    return {
        "summary": "Make a voice pack of a blend",
        "requestBody": {"required": True, "content": {JSON: {"schema": schema}}},
        "responses": {"200": pack, **_errors(Where.COMBINE)},
    }


def _download() -> Json:
    name = {"name": "name", "in": "path", "required": True, "schema": {"type": "string"}}
    audio: Json = {format.media_type: {} for format in FORMATS.values()}
    kept = {"description": "The speech, as it was sent", "content": audio}
    part = {"description": "The ranges of it that were asked for", "content": audio}
    return {
        "summary": "Download a reply again",
        "parameters": [name],
        "responses": {"200": kept, "206": part, **_errors(Where.DOWNLOAD)},
    }


def _file() -> Json:
    files = docs_page.FILES
    name = {
        "name": "name",
        "in": "path",
        "required": True,
        "schema": {"type": "string", "enum": list(files.names)},
    }
    content: Json = {media_type: {"schema": {"type": "string"}} for media_type in files.media_types}
    file = {"description": "The file", "content": content}
    kept = {"description": "The file has not changed"}
    return {
        "summary": "A file of the pages",
        "parameters": [name],
        "responses": {"200": file, "304": kept, **_errors(Where.OTHER)},
    }


def _path_parameter(name: str) -> Json:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def _get(summary: str, schema: Json, where: Where, media_type: str = JSON) -> Json:
    answer = {"description": summary, "content": {media_type: {"schema": schema}}}
    return {"summary": summary, "responses": {"200": answer, **_errors(where)}}


def _errors(where: Where) -> Json:
    return {
        str(status): {
            "description": "; ".join(_told(case) for case in cases),
            "content": {JSON: {"schema": _reference("Error")}},
        }
        for status, cases in groupby(cases_of(where), key=lambda case: case.status)
    }


def _told(case: ErrorCase) -> str:
    return f"`{case.code}`: {case.when}" if case.code else case.when


def _reference(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _array(name: str) -> Json:
    return {"type": "array", "items": _reference(name)}


def markdown() -> str:
    """The tables of fields and of errors, for docs/api.md."""
    fields = _table(("field", "values", "default", "meaning"), [_field_row(field) for field in FIELDS])
    cases = _table(("status", "code", "when"), [_case_row(case) for case in CASES])
    return f"{fields}\n\n{cases}\n"


def _field_row(field: Field[Any]) -> Sequence[str]:
    extension = " (extension)" if field.is_extension else ""
    return f"`{field.name}`{extension}", field.reader.values(), _default(field), field.meaning


def _default(field: Field[Any]) -> str:
    if field.default is REQUIRED:
        return "required"
    if field.default_meaning or field.default == "":
        return field.default_meaning or "–"
    return f"`{field.default}`" if isinstance(field.default, str) else f"`{json.dumps(field.default)}`"


def _case_row(case: ErrorCase) -> Sequence[str]:
    return str(case.status), f"`{case.code}`" if case.code else "–", case.when


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def default_server() -> Available:
    """What a server with Kokoro and the default settings has."""
    models = {**voices.MODEL_IDS, **OPENAI_MODELS}
    return Available(models, voices.catalogue(), Settings().max_input_chars, has_phonemes=True)


def main(arguments: Sequence[str]) -> None:
    """Print the description, or with `--markdown` the tables."""
    text = (
        markdown()
        if "--markdown" in arguments
        else json.dumps(document(default_server(), has_keys=False), indent=2) + "\n"
    )
    sys.stdout.write(text)


if __name__ == "__main__":
    main(sys.argv[1:])
