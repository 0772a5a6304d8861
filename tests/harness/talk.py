"""A client of a live protocol without a server: what it says, and what it hears of the tone engine."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any, Protocol

from starlette.types import Message
from starlette.websockets import WebSocket

from speechd.api.live.connection import LiveConnection
from speechd.api.live.session import LiveSession
from speechd.errors import Overloaded
from speechd.speech.live.options import LiveOptions
from speechd.speech.live.planning import LiveLimits
from speechd.speech.live.utterance import LiveUtterance
from tests.harness.live import LiveHarness

MAX_CHARS = 1000
"""Characters of one utterance."""


class ToneSession(LiveSession):
    """A session whose utterances the tone engine speaks. asked: their options. most: that it has room for."""

    def __init__(self, executor: ThreadPoolExecutor) -> None:
        self.asked: list[LiveOptions] = []
        self.made: list[LiveHarness] = []
        self.ended: list[LiveUtterance] = []
        self.most = 32
        self.held = asyncio.Event()  # until it is set, nothing is rendered
        self.held.set()
        self._executor = executor

    def open(self, options: LiveOptions) -> LiveUtterance:
        if len(self.made) - len(self.ended) >= self.most:
            raise Overloaded("Too many.", reason="count", retry_after_s=1.0)
        self.asked.append(options)
        limits = LiveLimits(max_chars=MAX_CHARS, look_ahead_s=60, has_words=options.words)
        harness = LiveHarness(self._executor, format=options.format, limits=limits)
        harness.pool.gate = self.held
        self.made.append(harness)
        return harness.utterance

    async def end(self, utterance: LiveUtterance) -> None:
        await utterance.close()
        self.ended.append(utterance)


class Conversation(Protocol):
    async def run(self) -> None: ...


class Talk:
    """A conversation with one client. code: with which the server closed it, None while it has not."""

    def __init__(self, session: ToneSession) -> None:
        self.session = session
        self.code: int | None = None
        self.heard: list[dict[str, Any]] = []
        self._said: asyncio.Queue[Message] = asyncio.Queue()
        self._news = asyncio.Event()
        self._read = 0

    def say(self, message: dict[str, Any] | str) -> None:
        """Send a message."""
        text = message if isinstance(message, str) else json.dumps(message)
        self._said.put_nowait({"type": "websocket.receive", "text": text})

    def leave(self) -> None:
        """Close the connection."""
        self._said.put_nowait({"type": "websocket.disconnect", "code": 1000})

    async def hear(self) -> dict[str, Any]:
        """The next message."""
        while self._read == len(self.heard):
            self._news.clear()
            await self._news.wait()
        self._read += 1
        return self.heard[self._read - 1]

    async def until(self, is_last: Callable[[dict[str, Any]], bool]) -> list[dict[str, Any]]:
        """The next messages, up to one of this kind."""
        messages = [await self.hear()]
        while not is_last(messages[-1]):
            messages.append(await self.hear())
        return messages

    async def send(self, message: Message) -> None:
        if message["type"] == "websocket.send":
            data = message.get("bytes")
            self.heard.append(json.loads(message["text"]) if data is None else {"type": "binary", "data": data})
            self._news.set()
        elif message["type"] == "websocket.close":
            self.code = message["code"]

    async def receive(self) -> Message:
        return await self._said.get()


@asynccontextmanager
async def talking(begin: Callable[[LiveConnection, LiveSession], Conversation]) -> AsyncIterator[Talk]:
    """A conversation that ends when its client leaves, which it has to have done by the end."""
    with ThreadPoolExecutor(1) as executor:
        talk = Talk(ToneSession(executor))
        talk._said.put_nowait({"type": "websocket.connect"})
        websocket = WebSocket({"type": "websocket"}, talk.receive, talk.send)
        await websocket.accept()
        connection = LiveConnection(websocket)
        running = asyncio.create_task(begin(connection, talk.session).run())
        try:
            yield talk
            talk.leave()
            await running
        finally:
            running.cancel()
            await connection.stop()
            for harness in talk.session.made:
                await harness.utterance.close()


def pcm_of(messages: list[dict[str, Any]], member: str) -> bytes:
    """The audio in this member of messages, in base64."""
    return b"".join(base64.b64decode(message[member]) for message in messages if message.get(member))
