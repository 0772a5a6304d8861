"""Models and voices, as clients list them."""

from starlette.applications import Starlette
from starlette.routing import Route

from speechd.api.error_handlers import HANDLERS
from speechd.api.models import ModelEndpoints
from speechd.api.schema import OPENAI_MODELS
from tests.harness.asgi import Answer, answer, scope, with_context
from tests.harness.requests import AVAILABLE

ENDPOINTS = ModelEndpoints(AVAILABLE)
APP = Starlette(
    routes=[
        Route("/models", ENDPOINTS.models),
        Route("/models/{id:path}", ENDPOINTS.model),
        Route("/voices", ENDPOINTS.voices),
    ],
    exception_handlers=HANDLERS,
)


def get(path: str) -> Answer:
    made = scope(path=path)
    with_context(made)
    return answer(APP, made)


def test_every_model_is_listed_and_found() -> None:
    listed = get("/models").json()
    assert listed["object"] == "list"
    assert [model["id"] for model in listed["data"]] == ["kokoro", *OPENAI_MODELS]
    for model in listed["data"]:
        assert get(f"/models/{model['id']}").json() == model
        assert set(model) == {"id", "object", "created", "owned_by"}


def test_unknown_model_is_quoted_no_longer_than_it_needs() -> None:
    answered = get("/models/" + "x" * 10_000)
    assert (answered.status, answered.json()["error"]["code"]) == (404, "model_not_found")
    assert len(answered.body) < 400


def test_every_voice_is_listed() -> None:
    voices = get("/voices").json()["voices"]
    assert [voice["id"] for voice in voices] == [voice.id for voice in AVAILABLE.catalogue]
    assert {"id": "bm_fable", "name": "Fable", "language": "en-gb", "gender": "male"} in voices
