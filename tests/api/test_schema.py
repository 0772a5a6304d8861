"""The body of a request for speech: every field, right and wrong."""

import json
from dataclasses import fields as attributes
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from speechd.api.error_cases import Where, cases_of
from speechd.api.fields import REQUIRED, Boolean, Choice, Field, Integer, Number, Text
from speechd.api.json_depth import MAX_DEPTH
from speechd.api.normalization_options import NormalizationOptions
from speechd.api.schema import FIELDS, MAX_SEED, SpeechRequest, json_object, parse
from speechd.errors import InvalidRequest, NotFound, SpeechdError
from tests.harness.requests import AVAILABLE, LEAST, speech_request


def test_defaults_are_openai_s() -> None:
    request = speech_request()
    assert (request.format, request.speed, request.volume, request.sse, request.stream) == (
        "mp3",
        1.0,
        1.0,
        False,
        True,
    )
    assert (request.language, request.seed, str(request.blend)) == ("en-us", None, "af_alloy")


@pytest.mark.parametrize(
    ("fields", "name", "expected"),
    [
        ({"voice": {"id": "bf_emma"}}, "language", "en-gb"),
        ({"voice": "bf_emma", "lang_code": "a"}, "language", "en-us"),
        ({"lang_code": "FR"}, "language", "fr-fr"),
        ({"lang_code": "pt_BR"}, "language", "pt-br"),
        ({"stream_format": "sse"}, "sse", True),
        ({"stream": False}, "stream", False),
        ({"speed": 4}, "speed", 4.0),
        ({"volume_multiplier": 0.5}, "volume", 0.5),
        ({"speed": "1.5"}, "speed", 1.5),
        ({"stream": "False"}, "stream", False),
        ({"voice": ..., "speaker": "bf_emma"}, "language", "en-gb"),
        ({"voice": "bf_emma", "speaker": "bf_emma"}, "language", "en-gb"),
        ({"language": "French"}, "language", "fr-fr"),
        ({"voice": "bf_emma", "language": "English"}, "language", "en-gb"),
        ({"sample_rate": 8000}, "sample_rate", 8000),
        ({"sample_rate": "16000"}, "sample_rate", 16000),
        ({"sample_rate": 9000, "response_format": "flac"}, "sample_rate", 9000),
        ({"sample_rate": "47999", "response_format": "opus"}, "sample_rate", 47999),
        ({"response_format": "alaw"}, "sample_rate", 8000),
        ({"normalization_options": {"normalize": False}}, "normalize", False),
        ({"normalization_options": {"normalize": "false", "url_normalization": False}}, "normalize", False),
        ({"normalization_options": {"normalize": True, "unit_normalization": False}}, "normalize", True),
        ({"seed": "-7"}, "seed", MAX_SEED - 6),
        ({"seed": 7}, "seed", 7),
        ({"seed": -1}, "seed", MAX_SEED),
        ({"seed": 2**64 - 1}, "seed", MAX_SEED),
        ({"seed": 2**64 + 3}, "seed", 3),
        ({"seed": -(2**64) - 3}, "seed", MAX_SEED - 2),
        ({"seed": 10**300 + 1}, "seed", (10**300 + 1) % 2**56),
        ({"speed": None, "response_format": None}, "format", "mp3"),
        ({"model": "gpt-4o-mini-tts-2025-12-15", "instructions": "Gently."}, "model", "gpt-4o-mini-tts-2025-12-15"),
        ({"unknown_extension": [1]}, "input", "Hello."),
    ],
)
def test_field(fields: dict[str, object], name: str, expected: object) -> None:
    assert getattr(speech_request(**fields), name) == expected


@pytest.mark.parametrize(
    ("fields", "param", "code"),
    [
        ({"input": ...}, "input", "missing_required_parameter"),
        ({"voice": {}}, "voice.id", "missing_required_parameter"),
        ({"input": 3}, "input", "invalid_type"),
        ({"input": " \n\t"}, "input", "empty_input"),
        ({"input": "x" * 101}, "input", "string_above_max_length"),
        ({"voice": 1}, "voice", "invalid_type"),
        ({"voice": "nobody"}, "voice", "voice_not_found"),
        ({"response_format": "ogg"}, "response_format", "invalid_value"),
        ({"speed": 0.2}, "speed", "decimal_below_min_value"),
        ({"speed": 4.1}, "speed", "decimal_above_max_value"),
        ({"speed": "fast"}, "speed", "invalid_type"),
        ({"speed": "1e0"}, "speed", "invalid_type"),
        ({"speed": "5"}, "speed", "decimal_above_max_value"),
        ({"voice": "nova", "speaker": "echo"}, "speaker", "invalid_value"),
        ({"lang_code": "a", "language": "b"}, "language", "invalid_value"),
        ({"sample_rate": 8001}, "sample_rate", "invalid_value"),
        ({"sample_rate": 8001, "response_format": "aac"}, "sample_rate", "invalid_value"),
        ({"sample_rate": 7999, "response_format": "wav"}, "sample_rate", "invalid_value"),
        ({"sample_rate": 48001, "response_format": "wav"}, "sample_rate", "invalid_value"),
        ({"sample_rate": 16000.5}, "sample_rate", "invalid_type"),
        ({"normalization_options": True}, "normalization_options", "invalid_type"),
        (
            {"normalization_options": {"url_normalization": False}},
            "normalization_options.url_normalization",
            "unsupported_parameter",
        ),
        ({"speed": True}, "speed", "invalid_type"),
        ({"volume_multiplier": -1}, "volume_multiplier", "decimal_below_min_value"),
        ({"stream_format": "ws"}, "stream_format", "invalid_value"),
        ({"stream": "maybe"}, "stream", "invalid_type"),
        ({"stream": False, "stream_format": "sse"}, "stream", None),
        ({"instructions": "x" * 4097}, "instructions", "string_above_max_length"),
        ({"lang_code": "xx"}, "lang_code", "invalid_value"),
        ({"seed": 1.5}, "seed", "invalid_type"),
    ],
)
def test_wrong_field_is_named(fields: dict[str, object], param: str, code: str | None) -> None:
    with pytest.raises(InvalidRequest) as caught:
        speech_request(**fields)
    assert (caught.value.param, caught.value.code) == (param, code)


def test_message_of_a_rate_that_a_codec_lacks_names_those_that_it_has_and_the_formats_that_have_any() -> None:
    with pytest.raises(InvalidRequest) as caught:
        speech_request(sample_rate=8001, response_format="mp3")
    assert "are: 8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000." in caught.value.message
    assert caught.value.message.endswith("there are: opus, flac, wav, pcm, ulaw, alaw.")


def test_message_of_a_long_input_names_both_lengths() -> None:
    with pytest.raises(InvalidRequest, match=r"maximum length 100, but got a string with length 150"):
        speech_request(input="x" * 150)


@pytest.mark.parametrize("seed", [1.0, 1e20, 0.5, "7.0", "", "9" * 400, True, []])
def test_seed_is_an_integer(seed: object) -> None:
    with pytest.raises(InvalidRequest, match="'seed': expected an integer") as caught:
        speech_request(seed=seed)
    assert caught.value.param == "seed"


def test_body_may_begin_with_a_byte_order_mark() -> None:
    body = json.dumps(LEAST | {"seed": 2**70}).encode("utf-8-sig")
    assert parse(body, AVAILABLE).input == "Hello."


@pytest.mark.parametrize("field", ["x", "task_type", "speaker", "seed", "input"])
def test_body_that_is_nested_too_deeply_is_refused(field: str) -> None:
    inner = LEAST | {"seed": 2**70, "voice": {"id": "af_heart"}}
    body = json.dumps({name: value for name, value in inner.items() if name != field})[:-1]
    for depth in (MAX_DEPTH, 1000, 5000):
        with pytest.raises(InvalidRequest) as caught:
            parse(f'{body}, "{field}": {"[" * depth + "]" * depth}}}'.encode(), AVAILABLE)
        assert caught.value.code == "invalid_json"
    assert parse(
        f'{json.dumps(inner)[:-1]}, "x": {"[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1)}}}'.encode(), AVAILABLE
    )


def test_seed_of_any_size_can_be_written_again() -> None:
    seed = json_object(json.dumps(LEAST | {"seed": -(2**70) - 1}).encode())["seed"]
    assert orjson.loads(orjson.dumps(seed)) == (-(2**70) - 1) & MAX_SEED


def test_unknown_model_is_404_and_lists_the_models() -> None:
    with pytest.raises(NotFound, match="tts-1-hd") as caught:
        speech_request(model="whisper-1")
    assert (caught.value.param, caught.value.code) == ("model", "model_not_found")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"x"', b"\xff", b'{"input": "\\ud800"}', b"{} {}"])
def test_body_that_is_no_json_object(body: bytes) -> None:
    with pytest.raises(InvalidRequest) as caught:
        parse(body, AVAILABLE)
    assert caught.value.code == "invalid_json"


def wrong_values(field: Field[Any]) -> list[object]:
    """Values that a field must refuse, by its type: of another one, and just out of range."""
    match field.reader:
        case Text(max_length=limit):
            return [1, True, ["x"], *([] if limit is None else ["x" * (limit + 1)])]
        case Choice():
            return [1, "another", "x" * 100]
        case Number(low=low, high=high):
            return ["x", True, low - 0.01, high + 0.01, str(high + 0.01)]
        case Boolean():
            return [0, "maybe"]
        case Integer():
            return [1.5, "x", True]
        case NormalizationOptions():
            return [1, "x", ["x"], {"normalize": 1}]
    return [1, "another", True, ["x"]]


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_every_field_refuses_what_it_is_not(field: Field[Any]) -> None:
    for value in wrong_values(field):
        with pytest.raises(SpeechdError) as refused:
            speech_request(**{field.name: value})
        assert str(refused.value.param).partition(".")[0] == field.name
        assert refused.value.code


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_every_field_is_required_or_has_the_default_that_it_states(field: Field[Any]) -> None:
    if field.default is REQUIRED:
        with pytest.raises(InvalidRequest, match=f"Missing required parameter: '{field.name}'"):
            speech_request(**{field.name: ...})
    else:
        default = None if field.default_meaning else field.default
        assert speech_request(**{field.name: default}) == speech_request(**{field.name: ...})


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_every_field_takes_its_bounds_and_choices(field: Field[Any]) -> None:
    schema = field.reader.schema()
    for value in (*schema.get("enum", ()), *schema.get("examples", ())):
        speech_request(**{field.name: value})
    for bound in ("minimum", "maximum"):
        if bound in schema:
            speech_request(**{field.name: schema[bound]})
    if isinstance(field.reader, Text) and "maxLength" in schema:
        speech_request(**{field.name: "x" * schema["maxLength"]})


def test_every_field_but_instructions_changes_the_request() -> None:
    other = {
        "model": "kokoro",
        "input": "Bye.",
        "voice": "bf_emma",
        "response_format": "wav",
        "speed": 2,
        "stream_format": "sse",
        "stream": False,
        "lang_code": "es",
        "volume_multiplier": 2,
        "sample_rate": 8000,
        "normalization_options": {"normalize": False},
        "return_download_link": True,
        "return_timing": True,
        "seed": 1,
        "timestamp_granularities": ["word"],
        "word_timestamps": True,
        "allow_voice_tags": True,
        "voice_aliases": {"alloy": "nova"},
        "ssml": True,
        "pronunciations": {"gif": "jif"},
    }
    assert {field.name for field in FIELDS} == other.keys() | {"instructions"}
    with_others: dict[str, dict[str, object]] = {
        "timestamp_granularities": {"stream_format": "sse"},
        "return_timing": {"return_download_link": True},
        "ssml": {"input": "<speak>Hello.</speak>", "ssml": False},
    }
    changed = set()
    for name, value in other.items():
        more = with_others.get(name, {})
        before, after = speech_request(**more), speech_request(**more | {name: value})
        changed |= {each.name for each in attributes(after) if getattr(before, each.name) != getattr(after, each.name)}
    assert changed == {each.name for each in attributes(SpeechRequest)}


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
names = st.sampled_from([field.name for field in FIELDS])


@settings(max_examples=200, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(names, anything))
def test_any_object_is_a_request_or_a_4xx(fields: dict[str, object]) -> None:
    try:
        speech_request(**fields)
    except SpeechdError as error:
        assert (error.status, error.code) in {(case.status, case.code) for case in cases_of(Where.SPEECH)}
        assert 400 <= error.status < 500
        assert set(error.envelope()["error"]) == {"message", "type", "param", "code"}
