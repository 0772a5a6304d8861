"""What the body of an error has for other services' clients, beside OpenAI's envelope."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from speechd.api import paths
from speechd.errors import SpeechdError

CARTESIA_PREFIX: Final = "/tts/"
"""What Cartesia's paths begin with."""

ELEVENLABS_PREFIXES: Final = (*paths.ELEVENLABS_PREFIX, paths.ELEVENLABS_VOICES, paths.ELEVENLABS_VOICES_V2)
"""What ElevenLabs' paths begin with."""


def dialect(path: str, error: SpeechdError) -> dict[str, object]:
    """What the clients of this path look for in the body of an error. path: canonical."""
    code = error.code or error.type
    if path.startswith(ELEVENLABS_PREFIXES):
        return {"detail": {"status": code, "message": error.message}}
    if path.startswith(CARTESIA_PREFIX):
        return {"error_code": code, "title": HTTPStatus(error.status).phrase, "message": error.message}
    return {}
