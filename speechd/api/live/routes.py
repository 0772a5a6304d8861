"""The paths of live protocols, and of the services that have them."""

from __future__ import annotations

from starlette.routing import BaseRoute, Route, WebSocketRoute

from speechd.api import paths
from speechd.api.live.cartesia_http import CartesiaEndpoints
from speechd.api.live.elevenlabs_http import ElevenLabsEndpoints
from speechd.api.live.endpoints import LiveEndpoints
from speechd.api.live.session import LiveSpeech
from speechd.api.speech import SpeechEndpoint


def live_routes(live: LiveSpeech) -> list[BaseRoute]:
    """The routes of one worker."""
    endpoints = LiveEndpoints(live)
    return [
        WebSocketRoute(paths.CARTESIA, endpoints.cartesia),
        WebSocketRoute(paths.ELEVENLABS, endpoints.elevenlabs),
        WebSocketRoute(paths.ELEVENLABS_MULTI, endpoints.elevenlabs_multi),
        WebSocketRoute(paths.REALTIME, endpoints.realtime),
        WebSocketRoute(paths.SPEECH_STREAM, endpoints.vllm),
    ]


def whole_text_routes(speech: SpeechEndpoint) -> list[BaseRoute]:
    """The routes of one worker at which ElevenLabs' and Cartesia's clients send a whole text."""
    elevenlabs, cartesia = ElevenLabsEndpoints(speech), CartesiaEndpoints(speech)
    return [
        Route(paths.ELEVENLABS_SPEECH, elevenlabs.convert, methods=["POST"]),
        Route(paths.ELEVENLABS_STREAM, elevenlabs.stream, methods=["POST"]),
        Route(paths.ELEVENLABS_TIMED, elevenlabs.convert_timed, methods=["POST"]),
        Route(paths.ELEVENLABS_STREAM_TIMED, elevenlabs.stream_timed, methods=["POST"]),
        Route(paths.ELEVENLABS_VOICES, elevenlabs.voices),
        Route(paths.ELEVENLABS_VOICES_V2, elevenlabs.voices_v2),
        Route(paths.ELEVENLABS_VOICE, elevenlabs.voice),
        Route(paths.CARTESIA_BYTES, cartesia.bytes, methods=["POST"]),
        Route(paths.CARTESIA_SSE, cartesia.sse, methods=["POST"]),
    ]
