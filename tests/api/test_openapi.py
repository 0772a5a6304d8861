"""The OpenAPI description: whole, true, and one with what is declared."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speechd.api import openapi, paths
from speechd.api.error_cases import CASES, Where
from speechd.api.request_schema import request_schema
from speechd.api.schema import FIELDS, parse
from speechd.encoders import FORMATS
from speechd.errors import InvalidRequest
from speechd.speech.cues import MEDIA_TYPES
from tests.harness.requests import AVAILABLE

DOCUMENT = openapi.document(openapi.default_server(), has_keys=False)
PATHS = [
    value
    for name, value in vars(paths).items()
    if name.isupper() and str(value).startswith("/") and value not in paths.WEBSOCKETS
]


def references(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        yield from ([node["$ref"]] if "$ref" in node else [])
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def schema(name: str) -> dict[str, Any]:
    found: dict[str, Any] = DOCUMENT["components"]["schemas"][name]
    return found


def test_every_path_is_described() -> None:
    assert set(DOCUMENT["paths"]) == set(PATHS)


def test_endpoints_under_dev_have_the_values_of_the_server() -> None:
    def body(path: str) -> dict[str, Any]:
        found: dict[str, Any] = DOCUMENT["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]
        return found

    speech = schema("SpeechRequest")
    for path in (paths.CAPTIONED_SPEECH, paths.EXPLAIN):
        assert body(path)["properties"]["voice"] == speech["properties"]["voice"]
        assert body(path)["properties"]["input"] == speech["properties"]["input"]
    assert body(paths.DIALOGUE)["not"] == body(paths.EXPLAIN)["not"] == speech["not"]
    dialogue = jsonschema.Draft202012Validator(body(paths.DIALOGUE))
    assert dialogue.is_valid({"turns": [{"voice": "af_heart", "text": "Hi."}]})
    for turn in ({"voice": "", "text": "Hi."}, {"voice": "nobody", "text": "Hi."}, {"voice": "nova", "text": " "}):
        assert not dialogue.is_valid({"turns": [turn]})
    assert not jsonschema.Draft202012Validator(body(paths.FROM_PHONEMES)).is_valid({"phonemes": " "})


def test_every_reference_leads_somewhere() -> None:
    names = {reference.removeprefix("#/components/schemas/") for reference in references(DOCUMENT)}
    assert names == set(DOCUMENT["components"]["schemas"])


@pytest.mark.parametrize("name", DOCUMENT["components"]["schemas"])
def test_schemas_are_json_schema(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(schema(name))


def test_every_field_is_described_and_the_limit_is_the_server_s() -> None:
    request = request_schema(replace(AVAILABLE, max_input_chars=7))
    assert list(request["properties"]) == [field.name for field in FIELDS]
    assert request["required"] == ["input"]
    assert request["properties"]["input"]["maxLength"] == 7
    assert request["properties"]["model"]["enum"] == [*AVAILABLE.models, "", None]
    assert "alloy" in request["properties"]["voice"]["examples"]


def test_speech_has_every_format_and_every_error_beside_it() -> None:
    responses = DOCUMENT["paths"][paths.SPEECH]["post"]["responses"]
    media_types = responses["200"]["content"]
    others = {"text/event-stream; charset=utf-8", "application/json", *MEDIA_TYPES.values()}
    assert set(media_types) == {format.media_type for format in FORMATS.values()} | others
    for case in CASES:
        if case.code is not None and case.where & Where.SPEECH:
            assert f"`{case.code}`: {case.when}" in responses[str(case.status)]["description"]


@pytest.mark.parametrize("asked_for", [False, True])
def test_keys_are_asked_for_where_there_are_any(asked_for: bool) -> None:
    described = openapi.document(AVAILABLE, has_keys=asked_for)
    for path, operations in described["paths"].items():
        for operation in operations.values():
            assert ("security" in operation) is (asked_for and path.startswith(paths.API_PREFIX))


values = st.one_of(
    *(st.none(), st.booleans(), st.integers(-5, 5), st.floats(-5.0, 5.0), st.text(max_size=5)),
    st.sampled_from(
        [
            "mp3",
            "wav",
            "sse",
            "audio",
            "es",
            "English",
            "1.5",
            "true",
            "8000",
            "8001",
            9000,
            44100,
            "aac",
            "flac",
            *AVAILABLE.models,
        ]
    ),
    st.sampled_from(["nova", "af_heart", "af_bella(2)+af_sky", "af_sky-af_bella", "nobody", {"id": "alloy"}]),
)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.dictionaries(st.sampled_from([field.name for field in FIELDS]), values))
def test_body_that_fits_the_schema_is_a_request(fields: dict[str, object]) -> None:
    body = {"model": "tts-1", "input": "Hello.", "voice": "alloy"} | fields
    is_decimal = isinstance(body.get("seed"), float) or isinstance(body.get("sample_rate"), float)
    if (
        jsonschema.Draft202012Validator(schema("SpeechRequest")).is_valid(body)
        and not is_decimal
        and not body.get("ssml")
    ):
        parse(
            json.dumps(body).encode(), openapi.default_server()
        )  # 1.0 is an integer to JSON Schema, and no schema tells SSML


@pytest.mark.parametrize(
    "fields",
    [
        {"stream_format": "sse", "stream": False},
        {"stream_format": "json", "response_format": "vtt"},
        {"timestamp_granularities": ["word"]},
        {"ssml": True},
        {"sample_rate": 8001},
        {"sample_rate": "23456", "response_format": "aac"},
        {"timestamp_granularities": ["word"], "stream_format": "audio", "response_format": "mp3"},
    ],
)
def test_what_contradicts_itself_fits_no_schema_and_is_refused(fields: dict[str, object]) -> None:
    body = {"input": "Hello."} | fields
    assert not jsonschema.Draft202012Validator(schema("SpeechRequest")).is_valid(body)
    with pytest.raises(InvalidRequest):
        parse(json.dumps(body).encode(), openapi.default_server())


def test_phonemes_are_timed_where_there_are_any() -> None:
    body = {"input": "Hello.", "stream_format": "sse", "timestamp_granularities": ["phoneme"]}
    for has_phonemes in (False, True):
        described = request_schema(replace(AVAILABLE, has_phonemes=has_phonemes))
        assert jsonschema.Draft202012Validator(described).is_valid(body) is has_phonemes


def test_tables_have_a_row_for_each_field_and_each_error() -> None:
    tables = openapi.markdown()
    for field in FIELDS:
        assert re.search(rf"^\| `{field.name}`( \(extension\))? \| ", tables, re.MULTILINE)
    for case in CASES:
        assert f"| {case.status} | {f'`{case.code}`' if case.code else '–'} | {case.when} |" in tables
    widths = {line.count(" | ") for line in tables.splitlines() if line}
    assert widths == {3, 2}


@pytest.mark.parametrize("arguments", [[], ["--markdown"]])
def test_command_prints(arguments: list[str]) -> None:
    command = [sys.executable, "-m", "speechd.api.openapi", *arguments]
    printed = subprocess.run(command, check=True, timeout=240, stdout=subprocess.PIPE, text=True).stdout
    assert printed == openapi.markdown() if arguments else json.loads(printed) == json.loads(json.dumps(DOCUMENT))
