"""Every path of the server, and what answers it."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Route

from speechd.api import docs_page, home_page, paths
from speechd.api.dev import DevEndpoints
from speechd.api.downloads import DownloadEndpoint
from speechd.api.health import HealthEndpoints
from speechd.api.live.routes import live_routes, whole_text_routes
from speechd.api.live.session import LiveSpeech
from speechd.api.models import ModelEndpoints
from speechd.api.speech import SpeechEndpoint
from speechd.api.voices import VoiceEndpoints


def routes(
    *,
    speech: SpeechEndpoint,
    live: LiveSpeech,
    models: ModelEndpoints,
    voices: VoiceEndpoints,
    downloads: DownloadEndpoint,
    health: HealthEndpoints,
    page: str,
    description: dict[str, Any],
) -> list[BaseRoute]:
    """The routes of one worker. page: as the setting. description: the OpenAPI document."""

    async def openapi(request: Request) -> JSONResponse:
        return JSONResponse(description)

    return [
        *_dev(DevEndpoints(speech)),
        *live_routes(live),
        *whole_text_routes(speech),
        Route(paths.SPEECH, speech.create, methods=["POST"]),
        Route(paths.VOICES, voices.voices),
        Route(paths.COMBINE, voices.combine, methods=["POST"]),
        Route(paths.MODELS, models.models),
        Route(paths.MODEL.replace("{id}", "{id:path}"), models.model),
        Route(paths.AUDIO_MODELS, models.audio_models),
        Route(paths.TEST, models.test),
        Route(paths.DOWNLOAD, downloads.download),
        Route(paths.HEALTH, health.health),
        Route(paths.READY, health.ready),
        Route(paths.METRICS, health.scrape),
        Route(paths.OPENAPI, openapi),
        Route(paths.DOCS, docs_page.docs),
        Route(paths.DOCS_FILE, docs_page.file),
        *home_routes(page),
    ]


def _dev(dev: DevEndpoints) -> list[Route]:
    return [
        Route(paths.CAPTIONED_SPEECH, dev.captioned_speech, methods=["POST"]),
        Route(paths.DIALOGUE, dev.dialogue, methods=["POST"]),
        Route(paths.FROM_PHONEMES, dev.generate_from_phonemes, methods=["POST"]),
        Route(paths.PHONEMIZE, dev.phonemize, methods=["POST"]),
        Route(paths.EXPLAIN, dev.explain, methods=["POST"]),
        Route(paths.SSML, dev.ssml_help),
        Route(paths.SSML, dev.ssml, methods=["POST"]),
    ]


def home_routes(page: str) -> list[Route]:
    """The routes of the page at `/`, if there is to be one (the setting `page`)."""
    return [Route(paths.HOME, home_page.home), Route(paths.HOME_FILE, home_page.file)] if page == "yes" else []
