"""The Wyoming port as a part of the application, of which nothing is loaded where there is none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.util import find_spec

from starlette.types import ASGIApp, Receive, Scope, Send

from speechd.api.live.session import LiveSpeech
from speechd.config.settings import InvalidSetting, Settings


def check(settings: Settings) -> None:
    """Raise `InvalidSetting` for what takes a package that is not here."""
    if settings.wyoming_name and find_spec("zeroconf") is None:
        raise InvalidSetting("--wyoming-name (SPEECHD_WYOMING_NAME) needs zeroconf: pip install zeroconf")


def with_wyoming(requests: ASGIApp, live: LiveSpeech, file: int) -> ASGIApp:
    """An app that answers requests, and the connections of the Wyoming port if there is one. file: whose lock the
    worker has that announces the port."""
    if not live.settings.wyoming_port:
        return requests
    from speechd.api.live.wyoming import WyomingEndpoint

    endpoint = WyomingEndpoint(live)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "tcp":
            await endpoint(scope, receive, send)
        elif scope["type"] == "lifespan":
            async with announced(live.settings, file):
                await requests(scope, receive, send)
        else:
            await requests(scope, receive, send)

    return app


@asynccontextmanager
async def announced(settings: Settings, file: int) -> AsyncIterator[None]:
    """Have the port announced on the network meanwhile, if that is wanted."""
    if not settings.wyoming_name:
        yield
        return
    from speechd.api.live.announcement import Announcement

    announcement = Announcement(file, settings.wyoming_name, settings.host, settings.wyoming_port)
    task = asyncio.create_task(announcement.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
