"""`/v1/audio/speech/stream`: vllm-omni's WebSocket, over which one text after another is spoken.

session.config, input.text…, input.done → audio.start, audio…, audio.done, session.done
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from speechd.api.available import Available
from speechd.api.fields import Text
from speechd.api.live.connection import LiveConnection
from speechd.api.live.context import LiveContext
from speechd.api.live.session import LiveSession
from speechd.api.live.vllm_messages import SessionConfig, Unit, error_event
from speechd.errors import InvalidRequest, SpeechdError
from speechd.speech.live.events import Flushed, LiveChunk
from speechd.speech.sent_text import SentWord
from speechd.speech.spool import Account, Spool

WHOLE_BYTES: Final = 16 << 20
"""The largest file that is sent in one message: 5 minutes of WAV. It is in memory once it is sent."""

PIECE_BYTES: Final = 1 << 16


class VllmContext(LiveContext):
    """One text. It is spoken after the one before."""

    def __init__(
        self, connection: LiveConnection, session: LiveSession, unit: Unit, account: Account, before: VllmContext | None
    ) -> None:
        """account: counts the bytes of audio that is to be sent whole."""
        super().__init__(session, unit.config.options)
        self._connection, self._unit, self._before = connection, unit, before
        self._spool = None if unit.config.is_streamed else Spool(WHOLE_BYTES, account)
        self._words: list[SentWord] = []
        self._chunks, self._sent_bytes, self._end_s = 0, 0, 0.0
        self._is_started = False
        self.is_spoken = asyncio.Event()

    async def speak(self) -> None:
        """Send what comes of the text, once that of the text before has been sent."""
        try:
            if self._before is not None:
                await self._before.is_spoken.wait()
                self._before = None
            await super().speak()
        finally:
            self.is_spoken.set()
            if self._spool is not None:
                self._spool.close()

    async def spoken(self, chunk: LiveChunk) -> None:
        self._words += self.sent.take(chunk.words)
        if not chunk.data:
            return
        self._end_s = chunk.start_s + chunk.audio_s
        if self._spool is not None:
            self._spool.write(chunk.data)
            self._spool.charge()
            return
        await self._start()
        if self._unit.config.has_words:
            await self._connection.send(self._unit.chunk_event(self._chunks, chunk))
        else:
            await self._connection.send_bytes(chunk.data)
        self._chunks += 1
        self._sent_bytes += len(chunk.data)

    async def flushed(self, flushed: Flushed, stop: int) -> None:
        """Texts are finished here, and not flushed."""

    async def ended(self) -> None:
        if not self.sent.text.strip():
            await self._connection.send(self._unit.session_done_event(sentences=0))
            return
        await self._start()
        if self._spool is not None:
            audio = self._unit.config.whole(b"".join(self._spool.pieces(PIECE_BYTES)))
            await self._connection.send_bytes(audio)
            self._sent_bytes = len(audio)
        elif self._unit.config.has_words:
            self._words += self.sent.settle()
            await self._connection.send(self._unit.words_event(self._chunks, self._words, self._end_s))
        await self._finish(failed=False)

    async def failed(self, error: SpeechdError) -> None:
        await self._start()
        await self._connection.send(error_event(error.message, partial_audio=self._sent_bytes > 0))
        await self._finish(failed=True)

    async def _start(self) -> None:
        if not self._is_started:
            self._is_started = True
            await self._connection.send(self._unit.start_event(self.sent.text))

    async def _finish(self, *, failed: bool) -> None:
        await self._connection.send(self._unit.done_event(self._sent_bytes, failed=failed))
        await self._connection.send(self._unit.session_done_event())


class VllmConversation:
    """What one client says."""

    def __init__(
        self, connection: LiveConnection, session: LiveSession, available: Available, account: Account
    ) -> None:
        self._connection, self._session = connection, session
        self._available, self._account = available, account
        self._config: SessionConfig | None = None
        self._open: VllmContext | None = None  # of which text still comes
        self._last: VllmContext | None = None
        self._count = 0

    async def run(self) -> None:
        """Return once the client has left, or has said that all is over."""
        while await self._next():
            pass

    async def _next(self) -> bool:
        """Do as the next message says; False where it is the last."""
        try:
            if (fields := await self._connection.receive()) is None:
                return False
            return await self._take(fields)
        except SpeechdError as error:
            await self._connection.send(error_event(error.message))
            if self._config is None:
                await self._connection.close()
            return self._config is not None

    async def _take(self, fields: Mapping[str, Any]) -> bool:
        kind = fields.get("type")
        if kind == "session.close":
            if self._open is not None:
                self._open.finish()
            await self._connection.settle()
            await self._connection.close()
            return False
        if kind == "session.config":
            if self._open is not None:
                raise InvalidRequest("'session.config' cannot come within a text: send 'input.done' first.")
            self._config = SessionConfig.read(fields, self._available)
        elif self._config is None:
            raise InvalidRequest("The first message must be 'session.config'.")
        elif kind == "input.text":
            self._feed(self._config, Text().read("text", fields.get("text", "")))
        elif kind == "input.done":
            (self._open or self._begin(self._config)).finish()
            self._open = None
        else:
            raise InvalidRequest("Unknown message: 'type' is none of session.config, input.text, input.done.")
        return True

    def _feed(self, config: SessionConfig, text: str) -> None:
        if not text:
            return
        if self._open is None:
            self._open = self._begin(config)
        self._open.feed(text)

    def _begin(self, config: SessionConfig) -> VllmContext:
        before = self._last if self._last is not None and not self._last.is_spoken.is_set() else None
        unit = Unit(self._count, config)
        context = VllmContext(self._connection, self._session, unit, self._account, before)
        self._count += 1
        self._last = context
        self._connection.start(context.speak)
        return context
