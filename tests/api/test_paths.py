"""The paths that clients ask for, and those that they mean."""

import pytest

from speechd.api import paths


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("/v1/audio/speech", "/v1/audio/speech"),
        ("/v1/audio/speech//", "/v1/audio/speech"),
        ("/audio/speech", "/v1/audio/speech"),
        ("/audio/voices/", "/v1/audio/voices"),
        ("/models", "/v1/models"),
        ("/models/tts-1", "/v1/models/tts-1"),
        ("/download/x.mp3", "/v1/download/x.mp3"),
        ("/realtime", "/v1/realtime"),
        ("/audio/speech/stream", "/v1/audio/speech/stream"),
        ("/text-to-speech/af_heart/stream-input", "/v1/text-to-speech/af_heart/stream-input"),
        ("/tts/websocket", "/tts/websocket"),
        ("/", "/"),
        ("///", "/"),
        ("/health/", "/health"),
        ("/v1/v1/models", "/v1/v1/models"),
    ],
)
def test_canonical(asked: str, meant: str) -> None:
    assert paths.canonical(asked) == paths.canonical(meant) == meant


@pytest.mark.parametrize(
    ("method", "path", "is_list"),
    [
        ("GET", "/v1/models", True),
        ("HEAD", "/v1/models/tts-1", True),
        ("GET", "/v1/audio/voices", True),
        ("GET", "/v1/audio/models", True),
        ("GET", "/v1/test", True),
        ("POST", "/v1/models", False),
        ("POST", "/v1/audio/voices/combine", False),
        ("GET", "/v1/audio/voices/combine", False),
        ("GET", "/v1/download/x.mp3", False),
        ("POST", "/v1/audio/speech", False),
    ],
)
def test_only_lists_are_lists(method: str, path: str, is_list: bool) -> None:
    assert paths.is_list(method, path) is is_list
