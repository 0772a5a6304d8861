"""The paths of live protocols."""

from __future__ import annotations

from starlette.routing import BaseRoute

from speechd.api.live.session import LiveSpeech


def live_routes(live: LiveSpeech) -> list[BaseRoute]:
    """The routes of one worker."""
    return []
