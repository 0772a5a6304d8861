"""What the log says once, when the server is up: where it is, what it speaks with, and how to try it."""

from __future__ import annotations

import ipaddress
from contextlib import suppress
from typing import Final

from speechd.config.settings import Settings

BODY: Final = '{"input": "Hello!"}'
"""Of the request to try: all other fields have defaults."""


def ready_line(settings: Settings, engine: str, slots: int, voices: int) -> str:
    """The line. slots, voices: how many the engine has here."""
    url = base_url(settings.host, settings.port)
    everywhere = f" (on all addresses: {settings.host})" if _is_unspecified(settings.host) else ""
    key = " -H 'Authorization: Bearer KEY'" if settings.api_keys else ""
    return (
        f"ready: {url}{everywhere}, engine {engine}, {_counted(slots, 'slot')}, {_counted(voices, 'voice')}; try: "
        f"curl {url}/v1/audio/speech -H 'Content-Type: application/json'{key} -d '{BODY}' -o hello.mp3"
    )


def base_url(host: str, port: int) -> str:
    """The address for somebody on this machine."""
    if _is_unspecified(host):
        host = "[::1]" if ":" in host else "127.0.0.1"
    return f"http://{f'[{host}]' if ':' in host and not host.startswith('[') else host}:{port}"


def _is_unspecified(host: str) -> bool:
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_unspecified
    return False


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
