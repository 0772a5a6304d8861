"""Clients that have a text spoken while a language model writes it: over Cartesia's WebSocket, or by requests."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus, WebSocketException

from bench.language_model import SENTENCE_END, first_sentence, written
from bench.loadgen import Target
from bench.playback import Playback, playback_of
from speechd.audio.samples import SAMPLE_RATE
from speechd.cli.tune.client import Arrival, Client, Response

PATH: Final = "/tts/websocket"

TURN_S: Final = 120.0
"""Time limit of a turn."""


@dataclass(slots=True)
class Turn:
    """A text that was written, and what was heard of it. Moments in seconds of `time.monotonic()`.

    began_s: of its first token. sentence_s: when its first sentence was whole. heard: None without audio. requests:
    that it took. words: as they were told, with their begin.
    """

    began_s: float
    sentence_s: float = 0.0
    heard: Playback | None = None
    requests: int = 1
    refused: bool = False
    error: str = ""
    words: list[tuple[str, float]] = field(default_factory=list)

    @property
    def token_to_audio_s(self) -> float | None:
        """Seconds from its first token to its first audio."""
        return self.heard.ttfa_s if self.heard else None

    @property
    def sentence_to_audio_s(self) -> float | None:
        """Seconds from the last character of its first sentence to its first audio."""
        return self.heard.ttfa_s + self.began_s - self.sentence_s if self.heard else None

    def take(self, audio: Response) -> None:
        """Take what was heard, as the body of a response to the first token."""
        audio.sent_s, audio.status, audio.complete = self.began_s, 200, True
        self.heard = playback_of(audio, "pcm")
        if self.heard is None and not self.refused:
            self.error = self.error or audio.error or "nothing audible"


def message(context: str, text: str, *, goes_on: bool, voice: str = "alloy", words: bool = False) -> str:
    """Text of a context, as a client of Cartesia's sends it. goes_on: more of it follows. words: their times are asked
    for."""
    fields = {
        "model_id": "sonic-3",
        "voice": {"mode": "id", "id": voice},
        "output_format": {"container": "raw", "encoding": "pcm_s16le", "sample_rate": SAMPLE_RATE},
        "language": "en",
        "context_id": context,
        "transcript": text,
        "continue": goes_on,
        "add_timestamps": words,
    }
    return json.dumps(fields)


class Writer:
    """Plays the model for one turn. sentence_s: when the first sentence was whole."""

    def __init__(self, text: str, rate: float) -> None:
        self.sentence_s = 0.0
        self._text, self._rate = text, rate
        self._first = len(first_sentence(text))

    async def write(self, take: Callable[[str], Awaitable[None]]) -> None:
        """Hand every token on as it is written."""
        length = 0
        async for token in written(self._text, self._rate):
            length += len(token)
            if not self.sentence_s and length >= self._first:
                self.sentence_s = time.monotonic()
            await take(token)


class LiveClient:
    """A session: one WebSocket for all turns. words: whether their times are asked for."""

    def __init__(self, target: Target, *, words: bool = False) -> None:
        self._target, self._words = target, words
        self._socket: ClientConnection | None = None
        self._turns = 0

    async def turn(self, text: str, rate: float) -> Turn:
        """Have a text spoken, which is written at so many tokens a second."""
        turn, audio, writer = Turn(time.monotonic()), Response(0.0), Writer(text, rate)
        try:
            async with asyncio.timeout(TURN_S):
                socket = await self._connected()
                turn.began_s = time.monotonic()
                writing = asyncio.create_task(self._write(socket, writer))
                try:
                    await self._listen(socket, turn, audio)
                finally:
                    writing.cancel()
                    await asyncio.gather(writing, return_exceptions=True)
        except InvalidStatus as error:
            turn.refused = error.response.status_code in (429, 503)
            turn.error = "" if turn.refused else f"status {error.response.status_code}"
        except (OSError, TimeoutError, WebSocketException, ValueError) as error:
            turn.error = f"{type(error).__name__}: {error}"
            await self.close()
        turn.sentence_s = writer.sentence_s
        turn.take(audio)
        return turn

    async def close(self) -> None:
        """End the session."""
        socket, self._socket = self._socket, None
        if socket is not None:
            await socket.close()

    async def _connected(self) -> ClientConnection:
        if self._socket is None:
            url = self._target.url.replace("http", "ws", 1).removesuffix("/").removesuffix("/v1") + PATH
            headers = {"x-api-key": self._target.api_key} if self._target.api_key else {}
            self._socket = await connect(url, additional_headers=headers, compression=None, max_size=None)
        return self._socket

    async def _write(self, socket: ClientConnection, writer: Writer) -> None:
        self._turns += 1
        await writer.write(lambda token: socket.send(self._message(token, goes_on=True)))
        await socket.send(self._message("", goes_on=False))

    def _message(self, text: str, *, goes_on: bool) -> str:
        id = f"turn-{self._turns}"
        return message(id, text, goes_on=goes_on, voice=self._target.voice, words=self._words)

    async def _listen(self, socket: ClientConnection, turn: Turn, audio: Response) -> None:
        while True:
            event: dict[str, Any] = json.loads(await socket.recv())
            match event["type"]:
                case "chunk":
                    audio.body += base64.b64decode(event["data"])
                    audio.arrivals.append(Arrival(time.monotonic(), len(audio.body)))
                    audio.ended_s = audio.arrivals[-1].at_s
                case "timestamps":
                    told = event["word_timestamps"]
                    turn.words += zip(told["words"], told["start"], strict=True)
                case "done":
                    return
                case "error":
                    turn.refused = event.get("status_code") in (429, 503)
                    turn.error = "" if turn.refused else str(event)
                    return


class CuttingClient:
    """A client that cuts sentences itself, and sends a request for each, one after the other, as agents do that know
    no other way."""

    def __init__(self, target: Target) -> None:
        self._target, self._client = target, target.client()

    async def turn(self, text: str, rate: float) -> Turn:
        """See `LiveClient.turn`."""
        turn, audio, writer = Turn(time.monotonic(), requests=0), Response(0.0), Writer(text, rate)
        sentences: asyncio.Queue[str | None] = asyncio.Queue()
        writing = asyncio.create_task(cut(writer, sentences))
        while (sentence := await sentences.get()) is not None:
            turn.requests += 1
            await _spoken(self._target, self._client, sentence, turn, audio)
            if turn.refused or turn.error:
                break
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
        turn.sentence_s = writer.sentence_s
        turn.take(audio)
        return turn

    async def close(self) -> None:
        """End the connection."""
        self._client.close()


class PlainClient:
    """A client that has the whole text as soon as its first sentence would be written, and asks for it at once."""

    def __init__(self, target: Target) -> None:
        self._target, self._client = target, target.client()

    async def turn(self, text: str, rate: float) -> Turn:
        """See `LiveClient.turn`."""
        now = time.monotonic()
        turn, audio = Turn(now, sentence_s=now), Response(0.0)
        await _spoken(self._target, self._client, text, turn, audio)
        turn.take(audio)
        return turn

    async def close(self) -> None:
        """End the connection."""
        self._client.close()


async def _spoken(target: Target, client: Client, input: str, turn: Turn, audio: Response) -> None:
    """Send a request, and take its audio behind what is there."""
    response = await target.speak(client, input)
    before = len(audio.body)
    audio.body += response.body
    audio.arrivals += [Arrival(at_s, before + total) for at_s, total in response.arrivals]
    audio.ended_s = response.ended_s
    turn.refused = response.refused
    turn.error = "" if response.ok or response.refused else response.error or f"status {response.status}"


async def cut(writer: Writer, sentences: asyncio.Queue[str | None]) -> None:
    """Hand on every sentence that is known to be whole, because something follows it, and the rest at the end."""
    rest = ""

    async def take(token: str) -> None:
        nonlocal rest
        rest += token
        while (end := SENTENCE_END.search(rest)) and end.end() < len(rest):
            sentences.put_nowait(rest[: end.end()].strip())
            rest = rest[end.end() :]

    await writer.write(take)
    if rest.strip():
        sentences.put_nowait(rest.strip())
    sentences.put_nowait(None)
