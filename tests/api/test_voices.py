"""Voices, as clients list and combine them."""

import json

import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from speechd.api.error_handlers import HANDLERS
from speechd.api.voices import VoiceEndpoints
from speechd.engines.tone import ToneEngine
from speechd.text.markup.tags import Alias
from speechd.voices import Blend
from tests.harness.asgi import Answer, answer, scope, with_context
from tests.harness.requests import AVAILABLE


class PackEngine(ToneEngine):
    """An engine whose packs say what they are."""

    def pack(self, blend: Blend) -> bytes:
        return str(blend).encode()


def call(path: str, body: object = None, *, engine: ToneEngine | None = None, query: str = "") -> Answer:
    named = {"teller": Alias("bf_emma(2)+bm_george", 0.9)} if "named" in query else {}
    endpoints = VoiceEndpoints(engine or PackEngine(), AVAILABLE.catalogue, named)
    app = Starlette(
        routes=[Route("/voices", endpoints.voices), Route("/combine", endpoints.combine, methods=["POST"])],
        exception_handlers=HANDLERS,
    )
    method = "GET" if body is None else "POST"
    made = scope(method, path, {"content-type": "application/json"})
    made["query_string"] = query.encode()
    with_context(made)
    return answer(app, made, body if isinstance(body, bytes) else json.dumps(body).encode())


def test_voices_of_the_names_file_are_listed_first() -> None:
    voices = call("/voices", query="named").json()["voices"]
    assert len(voices) == 1 + len(list(AVAILABLE.catalogue))
    assert (voices[0]["id"], voices[0]["language"]) == ("teller", "en-gb")
    assert voices[0]["voice"] == str(AVAILABLE.catalogue.parse("bf_emma(2)+bm_george"))
    assert call("/voices", query="named&legacy=true").json()["voices"][0] == "teller"


def test_every_voice_is_listed_under_the_name_that_a_request_takes() -> None:
    voices = call("/voices").json()["voices"]
    assert [voice["id"] for voice in voices] == [voice.id for voice in AVAILABLE.catalogue]
    for voice in voices:
        assert AVAILABLE.catalogue.parse(voice["name"]).heaviest.id == voice["id"] == voice["name"]
    assert {
        "id": "bm_fable",
        "name": "bm_fable",
        "display_name": "Fable",
        "language": "en-gb",
        "gender": "male",
        "quality": "C",
        "aliases": ["fable"],
    } in voices


@pytest.mark.parametrize(("query", "bare"), [("legacy=true", True), ("legacy=1", True), ("legacy=false", False)])
def test_legacy_lists_bare_ids(query: str, bare: bool) -> None:
    first = call("/voices", query=query).json()["voices"][0]
    assert (first == "af_alloy") is bare


@pytest.mark.parametrize("query", ["legacy=maybe", "legacy="])
def test_legacy_is_a_boolean(query: str) -> None:
    answered = call("/voices", query=query)
    assert (answered.status, answered.json()["error"]["param"]) == (400, "legacy")


@pytest.mark.parametrize(
    ("body", "blend"),
    [
        ("af_bella+af_sky", "af_bella(0.5000)+af_sky(0.5000)"),
        (["af_bella", "af_sky"], "af_bella(0.5000)+af_sky(0.5000)"),
        (["af_bella(2)", "Sky"], "af_bella(0.6667)+af_sky(0.3333)"),
        ("af_heart", "af_heart"),
    ],
)
def test_pack_of_a_blend_is_a_file_with_its_name(body: object, blend: str) -> None:
    answered = call("/combine", body)
    assert (answered.status, answered.body.decode()) == (200, blend)
    assert answered.headers["content-type"] == "application/octet-stream"
    assert f"''{blend}.pt" in answered.headers["content-disposition"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "invalid_json"),
        ({}, "invalid_type"),
        ([], "invalid_type"),
        ([1], "invalid_type"),
        ("", "invalid_value"),
        ("nobody", "voice_not_found"),
        ("x" * 600, "string_above_max_length"),
        (["af_sky"] * 9, "invalid_value"),
    ],
)
def test_what_is_no_blend_is_refused(body: object, code: str) -> None:
    answered = call("/combine", body)
    assert (answered.status, answered.json()["error"]["code"]) == (400, code)


def test_engine_without_packs_has_none_to_combine() -> None:
    answered = call("/combine", "af_heart", engine=ToneEngine())
    assert (answered.status, answered.json()["error"]["code"]) == (404, "no_voice_packs")
