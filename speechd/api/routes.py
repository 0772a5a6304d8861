"""Every path of the server, and what answers it."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from speechd.api import paths
from speechd.api.health import HealthEndpoints
from speechd.api.home_page import HomePage
from speechd.api.models import ModelEndpoints
from speechd.api.speech import SpeechEndpoint


def routes(
    *,
    speech: SpeechEndpoint,
    models: ModelEndpoints,
    health: HealthEndpoints,
    home: HomePage | None,
    description: dict[str, Any],
) -> list[Route]:
    """The routes of one worker. home: None for a server without a page. description: the OpenAPI document."""

    async def openapi(request: Request) -> JSONResponse:
        return JSONResponse(description)

    return [
        Route(paths.SPEECH, speech.create, methods=["POST"]),
        Route(paths.VOICES, models.voices),
        Route(paths.MODELS, models.models),
        Route(paths.MODEL.replace("{id}", "{id:path}"), models.model),
        Route(paths.HEALTH, health.health),
        Route(paths.READY, health.ready),
        Route(paths.METRICS, health.scrape),
        Route(paths.OPENAPI, openapi),
        *home_routes(home),
    ]


def home_routes(home: HomePage | None) -> list[Route]:
    """The routes of the page, and none without one."""
    return [Route(paths.HOME, home.home), Route(paths.HOME_FILE, home.file)] if home else []
