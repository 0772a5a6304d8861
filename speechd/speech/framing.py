"""Framings: how the bytes of a format become the body of a response."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Final, Protocol

import orjson

from speechd.errors import SpeechdError
from speechd.speech.source import Chunk

CHARACTERS_PER_TOKEN: Final = 4
"""OpenAI's rule of thumb for English text, for the `usage` that its SSE clients require."""

AUDIO_TOKENS_PER_S: Final = 20
"""One token for 50 ms of audio, OpenAI's stated rate for generated audio."""


class Framing(Protocol):
    """One response's framing."""

    media_type: str

    def take(self, chunk: Chunk) -> None:
        """Take note of what a chunk brings beside its bytes. Called with each, in order, before its bytes are framed;
        with all of them first where the response is sent whole."""
        ...

    def begin(self) -> bytes:
        """The beginning of a body that is sent whole; all chunks were taken."""
        ...

    def data(self, data: bytes) -> bytes:
        """The part of the body that carries these bytes. Its length depends on that of `data` alone."""
        ...

    def end(self, audio_s: float) -> bytes:
        """The end of a body with so many seconds of audio."""
        ...

    def error(self, error: SpeechdError) -> bytes:
        """What tells the client of an error after the first audio; nothing where the format has no room for that."""
        ...


class RawFraming:
    """The bytes as they are."""

    def __init__(self, media_type: str) -> None:
        self.media_type = media_type

    def take(self, chunk: Chunk) -> None:
        """See `Framing`; nothing has room beside the bytes."""

    def begin(self) -> bytes:
        return b""

    def data(self, data: bytes) -> bytes:
        return data

    def end(self, audio_s: float) -> bytes:
        return b""

    def error(self, error: SpeechdError) -> bytes:
        return b""


class ServerSentEvents:
    """OpenAI's `stream_format: "sse"`: speech.audio.delta events, then speech.audio.done with the usage, in the format
    of WHATWG HTML, "Server-sent events"."""

    media_type = "text/event-stream; charset=utf-8"

    def __init__(self, characters: int) -> None:
        """characters: of the input."""
        self._input_tokens = -(-characters // CHARACTERS_PER_TOKEN)

    def take(self, chunk: Chunk) -> None:
        """See `Framing`."""

    def begin(self) -> bytes:
        return b""

    def data(self, data: bytes) -> bytes:
        return self.event({"type": "speech.audio.delta", "audio": base64.b64encode(data).decode()})

    def end(self, audio_s: float) -> bytes:
        output = round(audio_s * AUDIO_TOKENS_PER_S)
        usage = {"input_tokens": self._input_tokens, "output_tokens": output}
        return self.event({"type": "speech.audio.done", "usage": usage | {"total_tokens": self._input_tokens + output}})

    def error(self, error: SpeechdError) -> bytes:
        return self.event({"type": "error", **error.envelope()})

    @staticmethod
    def event(event: Mapping[str, object]) -> bytes:
        """One event."""
        return b"data: " + orjson.dumps(event) + b"\n\n"


class PassthroughFraming(RawFraming):
    """The bytes of another server, which has framed them. sse: they are events, and whole ones."""

    def __init__(self, media_type: str, *, sse: bool) -> None:
        super().__init__(media_type)
        self._sse = sse

    def error(self, error: SpeechdError) -> bytes:
        return ServerSentEvents(0).error(error) if self._sse else b""
