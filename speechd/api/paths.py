"""The paths of the server, and the names of headers that are its own."""

from __future__ import annotations

from typing import Final

SPEECH: Final = "/v1/audio/speech"
VOICES: Final = "/v1/audio/voices"
MODELS: Final = "/v1/models"
MODEL: Final = "/v1/models/{id}"
HEALTH: Final = "/health"
READY: Final = "/ready"
METRICS: Final = "/metrics"
OPENAPI: Final = "/openapi.json"
HOME: Final = "/"
HOME_FILE: Final = "/home/{name}"

PROBES: Final = (HEALTH, READY, METRICS)
"""Paths that machines ask for all the time: their requests are logged at the level `debug`."""

API_PREFIX: Final = "/v1/"
"""What the paths begin with that need an API key, where there are keys, and that web pages of others may not call."""

REQUEST_ID_HEADER: Final = "x-request-id"
"""Header of every response: the id that its log line has, too."""

ENGINE_HEADER: Final = "x-speechd-engine"
"""Header of speech: the engine that spoke it."""

WARNING_HEADER: Final = "x-speechd-warning"
"""Header of every response of a server whose engine is a fallback: what is wrong."""

OVERFLOW_HEADER: Final = "x-speechd-overflow"
"""Header of requests that are sent to the upstream server, and of replies that came from there."""
