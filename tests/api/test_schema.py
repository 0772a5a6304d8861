import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from speechd.api.schema import MAX_SEED, SpeechRequest, parse
from speechd.engines.kokoro.voices import catalogue
from speechd.errors import InvalidRequest, NotFound, SpeechdError

CATALOGUE = catalogue()
LEAST = {"model": "tts-1", "input": "Hello.", "voice": "alloy"}


def parse_fields(**fields: object) -> SpeechRequest:
    body = json.dumps({name: value for name, value in (LEAST | fields).items() if value is not ...}).encode()
    return parse(body, catalogue=CATALOGUE, max_input_chars=100)


def test_defaults_are_openai_s():
    request = parse_fields()
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
def test_field(fields, name, expected):
    assert getattr(parse_fields(**fields), name) == expected


@pytest.mark.parametrize(
    ("fields", "param", "code"),
    [
        ({"model": ...}, "model", "missing_required_parameter"),
        ({"input": ...}, "input", "missing_required_parameter"),
        ({"voice": ...}, "voice", "missing_required_parameter"),
        ({"voice": {}}, "voice.id", "missing_required_parameter"),
        ({"input": 3}, "input", "invalid_type"),
        ({"input": " \n\t"}, "input", "empty_input"),
        ({"input": "x" * 101}, "input", "string_above_max_length"),
        ({"voice": 1}, "voice", "invalid_type"),
        ({"voice": "nobody"}, "voice", "voice_not_found"),
        ({"response_format": "ogg"}, "response_format", "invalid_value"),
        ({"speed": 0.2}, "speed", "decimal_below_min_value"),
        ({"speed": 4.1}, "speed", "decimal_above_max_value"),
        ({"speed": "1"}, "speed", "invalid_type"),
        ({"speed": True}, "speed", "invalid_type"),
        ({"volume_multiplier": -1}, "volume_multiplier", "decimal_below_min_value"),
        ({"stream_format": "ws"}, "stream_format", "invalid_value"),
        ({"stream": "yes"}, "stream", "invalid_type"),
        ({"stream": False, "stream_format": "sse"}, "stream", None),
        ({"instructions": "x" * 4097}, "instructions", "string_above_max_length"),
        ({"lang_code": "xx"}, "lang_code", "invalid_value"),
        ({"seed": 1.5}, "seed", "invalid_type"),
    ],
)
def test_wrong_field_is_named(fields, param, code):
    with pytest.raises(InvalidRequest) as caught:
        parse_fields(**fields)
    assert (caught.value.param, caught.value.code) == (param, code)


def test_message_of_a_long_input_names_both_lengths():
    with pytest.raises(InvalidRequest, match=r"maximum length 100, but got a string with length 150"):
        parse_fields(input="x" * 150)


@pytest.mark.parametrize("seed", [1.0, 1e20, 0.5, "7", True, []])
def test_seed_is_an_integer(seed):
    with pytest.raises(InvalidRequest, match="'seed': expected an integer") as caught:
        parse_fields(seed=seed)
    assert caught.value.param == "seed"


def test_body_may_begin_with_a_byte_order_mark():
    body = json.dumps(LEAST | {"seed": 2**70}).encode("utf-8-sig")
    assert parse(body, catalogue=CATALOGUE, max_input_chars=100).input == "Hello."


def test_body_may_be_as_deep_as_it_likes_where_its_seed_is_long():
    body = json.dumps(LEAST | {"seed": 2**70})[:-1] + ', "x": ' + "[" * 1000 + "]" * 1000 + "}"
    try:
        assert parse(body.encode(), catalogue=CATALOGUE, max_input_chars=100).seed == 0
    except InvalidRequest as error:
        assert error.code == "invalid_json"


def test_unknown_model_is_404_and_lists_the_models():
    with pytest.raises(NotFound, match="tts-1-hd") as caught:
        parse_fields(model="whisper-1")
    assert (caught.value.param, caught.value.code) == ("model", "model_not_found")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"x"', b"\xff", b'{"input": "\\ud800"}', b"{} {}"])
def test_body_that_is_no_json_object(body):
    with pytest.raises(InvalidRequest) as caught:
        parse(body, catalogue=CATALOGUE, max_input_chars=100)
    assert caught.value.code == "invalid_json"


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
names = st.sampled_from(
    [
        "model",
        "input",
        "voice",
        "speed",
        "response_format",
        "stream",
        "stream_format",
        "lang_code",
        "seed",
        "volume_multiplier",
        "instructions",
    ]
)


@settings(max_examples=200, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(names, anything))
def test_any_object_is_a_request_or_a_4xx(fields):
    try:
        parse_fields(**fields)
    except SpeechdError as error:
        assert 400 <= error.status < 500
        assert set(error.envelope()["error"]) == {"message", "type", "param", "code"}
