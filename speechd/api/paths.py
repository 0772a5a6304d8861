"""The paths of the server, and the names of headers that are its own."""

from __future__ import annotations

from typing import Final

SPEECH: Final = "/v1/audio/speech"
VOICES: Final = "/v1/audio/voices"
COMBINE: Final = "/v1/audio/voices/combine"
AUDIO_MODELS: Final = "/v1/audio/models"
MODELS: Final = "/v1/models"
MODEL: Final = "/v1/models/{id}"
TEST: Final = "/v1/test"
DOWNLOAD: Final = "/v1/download/{name}"
HOME: Final = "/"
DOCS: Final = "/docs"
DOCS_FILE: Final = "/docs/{name}"
HEALTH: Final = "/health"
READY: Final = "/ready"
METRICS: Final = "/metrics"
OPENAPI: Final = "/openapi.json"
HOME_FILE: Final = "/home/{name}"

CAPTIONED_SPEECH: Final = "/dev/captioned_speech"
DIALOGUE: Final = "/dev/dialogue"
FROM_PHONEMES: Final = "/dev/generate_from_phonemes"
PHONEMIZE: Final = "/dev/phonemize"
EXPLAIN: Final = "/dev/explain"
SSML: Final = "/dev/ssml"

SPEECH_STREAM: Final = "/v1/audio/speech/stream"
CARTESIA: Final = "/tts/websocket"
ELEVENLABS: Final = "/v1/text-to-speech/{voice}/stream-input"
ELEVENLABS_MULTI: Final = "/v1/text-to-speech/{voice}/multi-stream-input"
REALTIME: Final = "/v1/realtime"

ELEVENLABS_SPEECH: Final = "/v1/text-to-speech/{voice}"
ELEVENLABS_STREAM: Final = "/v1/text-to-speech/{voice}/stream"
ELEVENLABS_TIMED: Final = "/v1/text-to-speech/{voice}/with-timestamps"
ELEVENLABS_STREAM_TIMED: Final = "/v1/text-to-speech/{voice}/stream/with-timestamps"
ELEVENLABS_VOICES: Final = "/v1/voices"
ELEVENLABS_VOICES_V2: Final = "/v2/voices"
ELEVENLABS_VOICE: Final = "/v1/voices/{voice}"
CARTESIA_BYTES: Final = "/tts/bytes"
CARTESIA_SSE: Final = "/tts/sse"

WEBSOCKETS: Final = (SPEECH_STREAM, CARTESIA, ELEVENLABS, ELEVENLABS_MULTI, REALTIME)
"""Paths of WebSockets, which OpenAPI cannot describe."""

SPEAKING: Final = (SPEECH, CAPTIONED_SPEECH, DIALOGUE, FROM_PHONEMES, CARTESIA_BYTES, CARTESIA_SSE)
"""Paths that speak: their requests are counted, and so are those of `ELEVENLABS_PREFIX`."""

ELEVENLABS_PREFIX: Final = ("/v1/text-to-speech/",)
"""What the paths of ElevenLabs begin with that speak."""

PROBES: Final = (HEALTH, READY, METRICS)
"""Paths that machines ask for all the time: their requests are logged at the level `debug`."""

API_PREFIX: Final = ("/v1/", "/v2/", "/dev/", "/tts/")
"""What the paths begin with that need an API key, where there are keys, and that web pages of others may not call."""

WITHOUT_PREFIX: Final = ("/audio/", "/models", "/download/", "/text-to-speech/", "/realtime")
"""What paths begin with that are also served without the `/v1`, for clients whose base URL has none."""

LISTS: Final = (MODELS, AUDIO_MODELS, VOICES, TEST, ELEVENLABS_VOICES, ELEVENLABS_VOICES_V2)
"""Paths that tell what there is to speak with, and with `key_for_lists` `no` need no key; so do single models."""

REQUEST_ID_HEADER: Final = "x-request-id"
"""Header of every response: the id that its log line has, too."""

ENGINE_HEADER: Final = "x-speechd-engine"
"""Header of speech: the engine that spoke it."""

SILENCE_HEADER: Final = "x-speechd-silence"
"""Header of speech that is silence alone, because nothing in the input can be spoken: why."""

WARNING_HEADER: Final = "x-speechd-warning"
"""Header of every response of a server whose engine is a fallback: what is wrong."""

OVERFLOW_HEADER: Final = "x-speechd-overflow"
"""Header of requests that are sent to the upstream server, and of replies that came from there."""


def canonical(path: str) -> str:
    """The path that this one means: slashes at the end mean nothing, and `/v1` may be left out."""
    path = path.rstrip("/") or "/"
    return f"/v1{path}" if path.startswith(WITHOUT_PREFIX) else path


def is_speech(method: str, path: str) -> bool:
    """Whether a request asks for speech; path: canonical."""
    return method == "POST" and (path in SPEAKING or path.startswith(ELEVENLABS_PREFIX))


def is_list(method: str, path: str) -> bool:
    """Whether a request asks what there is to speak with; path: canonical."""
    return method in ("GET", "HEAD") and (path in LISTS or path.startswith(f"{MODELS}/"))
