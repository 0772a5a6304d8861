"""Models, as clients list them."""

import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from speechd.api.available import OPENAI_MODELS
from speechd.api.error_handlers import HANDLERS
from speechd.api.models import ModelEndpoints
from tests.harness.asgi import Answer, answer, scope, with_context
from tests.harness.requests import AVAILABLE

ENDPOINTS = ModelEndpoints(AVAILABLE)
APP = Starlette(
    routes=[
        Route("/models", ENDPOINTS.models),
        Route("/models/{id:path}", ENDPOINTS.model),
        Route("/audio/models", ENDPOINTS.audio_models),
        Route("/test", ENDPOINTS.test),
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


@pytest.mark.parametrize(("id", "owner"), [("hexgrad/Kokoro-82M", "hexgrad"), ("openai/tts-1", "hexgrad")])
def test_model_in_another_spelling_is_found_too(id: str, owner: str) -> None:
    assert (get(f"/models/{id}").json()["id"], get(f"/models/{id}").json()["owned_by"]) == (id, owner)


def test_open_webui_finds_the_models_as_it_expects_them() -> None:
    listed = get("/audio/models").json()
    assert [(model["id"], model["name"]) for model in listed["models"]] == [(id, id) for id in AVAILABLE.models]
    assert listed["data"] == listed["models"]


def test_server_is_known_for_one_with_kokoro_s_voices() -> None:
    assert get("/test").json() == {"status": "ok"}
