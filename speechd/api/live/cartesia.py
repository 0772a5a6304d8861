"""`/tts/websocket`: Cartesia's WebSocket, over which several contexts speak at once."""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from speechd.api.available import Available
from speechd.api.fields import Boolean, Text
from speechd.api.live.cartesia_messages import (
    Generation,
    chunk_event,
    done_event,
    error_event,
    flush_done_event,
    optional,
    required,
    timestamps_event,
    transcript,
)
from speechd.api.live.connection import LiveConnection
from speechd.api.live.context import LiveContext, heard_fields
from speechd.api.live.contexts import Contexts
from speechd.api.live.session import LiveSession
from speechd.errors import InvalidRequest, SpeechdError
from speechd.speech.live.events import Flushed, LiveChunk

MAX_ID_CHARS: Final = 256
"""Characters of a context's id."""


class CartesiaContext(LiveContext):
    """A context: text that continues as one utterance."""

    def __init__(self, connection: LiveConnection, id: str, session: LiveSession, asked: Generation) -> None:
        super().__init__(session, asked.options)
        self._connection, self._id, self._asked = connection, id, asked
        self._flushed = 0
        self._stepped = time.monotonic()

    async def spoken(self, chunk: LiveChunk) -> None:
        if chunk.data:
            now = time.monotonic()
            step_ms, self._stepped = (now - self._stepped) * 1000, now
            event = chunk_event(self._id, chunk, self._asked.output.encoding, step_ms, self._flushed)
            await self._connection.send(event)
        if self._asked.has_words:
            words = chunk.words if self._asked.is_normalized else self.sent.take(chunk.words)
            if words:
                await self._connection.send(timestamps_event(self._id, words))

    async def flushed(self, flushed: Flushed, stop: int) -> None:
        await self._settle(stop)
        self._flushed = flushed.number + 1
        await self._connection.send(flush_done_event(self._id, flushed.number))

    async def ended(self) -> None:
        if self.heard is None:
            await self._settle(None)
        await self._connection.send(done_event(self._id) | heard_fields(self.heard))

    async def failed(self, error: SpeechdError) -> None:
        await self._connection.send(error_event(self._id, error))

    async def _settle(self, stop: int | None) -> None:
        if self._asked.has_words and not self._asked.is_normalized and (words := self.sent.settle(stop)):
            await self._connection.send(timestamps_event(self._id, words))


class CartesiaConversation:
    """What one client says, and who speaks for it."""

    def __init__(self, connection: LiveConnection, session: LiveSession, available: Available) -> None:
        self._connection, self._session, self._available = connection, session, available
        self._contexts: Contexts[CartesiaContext] = Contexts(connection)

    async def run(self) -> None:
        """Return once the client has left."""
        while await self._next():
            pass

    async def _next(self) -> bool:
        """Do as the next message says; False where there is none."""
        id: str | None = None
        try:
            if (fields := await self._connection.receive()) is None:
                return False
            id = optional(fields, "context_id", Text(MAX_ID_CHARS), None)
            await self._take(fields)
        except SpeechdError as error:
            await self._fail(id, error)
        return True

    async def _take(self, fields: Mapping[str, Any]) -> None:
        id: str = required(fields, "context_id")
        context = self._contexts.get(id)
        if optional(fields, "cancel", Boolean(), False):
            if context is not None:
                await context.cancel()
            return
        text = transcript(fields)
        goes_on = optional(fields, "continue", Boolean(), False)
        if context is None:
            context = await self._open(id, fields)
        elif not context.is_open:
            raise InvalidRequest("No more text was to come in this context.", param="context_id", code="context_closed")
        context.feed(text)
        if optional(fields, "flush", Boolean(), False):
            context.flush()
        if not goes_on:
            context.finish()

    async def _open(self, id: str, fields: Mapping[str, Any]) -> CartesiaContext:
        asked = Generation.read(fields, self._available)
        make = partial(CartesiaContext, self._connection, id, self._session, asked)
        return await self._contexts.add(id, make)

    async def _fail(self, id: str | None, error: SpeechdError) -> None:
        """Say what is wrong. A context of which a message was wrong ends, so that nothing of it is missed unheard."""
        context = self._contexts.get(id) if id is not None else None
        if context is not None and error.code != "context_closed":
            await context.fail(error)
        else:
            await self._connection.send(error_event(id, error))
