"""`/v1/text-to-speech/{voice}/stream-input` and `/multi-stream-input`: ElevenLabs' WebSockets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from speechd.api.available import Available
from speechd.api.fields import Text
from speechd.api.live.connection import NORMAL, POLICY, LiveConnection
from speechd.api.live.context import LiveContext, heard_fields
from speechd.api.live.contexts import Contexts
from speechd.api.live.elevenlabs_messages import (
    DEFAULT_FORMAT,
    audio_message,
    error_message,
    final_message,
    flag,
    milliseconds,
    output_format,
    refuse_dictionaries,
    text_of,
    voice_speed,
)
from speechd.api.live.live_options import live_options, spoken_speed
from speechd.api.live.session import LiveSession
from speechd.errors import SpeechdError
from speechd.speech.character_times import CharacterTime, CharacterTimes
from speechd.speech.live.events import Flushed, LiveChunk
from speechd.speech.live.options import LiveOptions

BUFFER_DELAY_S: Final = 3.0
"""Seconds that text is gathered for while nothing is heard, without `auto_mode`."""

MAX_ID_CHARS: Final = 256
"""Characters of a context's id."""


@dataclass(frozen=True, slots=True)
class Address:
    """What the address of a WebSocket asks for. is_absolute: times count from the beginning of a context's audio; else
    from the beginning of the message's, which is what ElevenLabs' reference says, and what `sync_alignment` changes."""

    options: LiveOptions
    is_absolute: bool

    @classmethod
    def read(cls, voice: str, query: Mapping[str, str], available: Available) -> Address:
        """voice: of the path. Raises `InvalidRequest`."""
        format, rate = output_format(query.get("output_format", DEFAULT_FORMAT))
        options = live_options(
            available,
            voice=voice,
            language=query.get("language_code") or None,
            format=format,
            sample_rate=rate,
            words=True,
            buffer_delay_s=0.0 if flag(query, "auto_mode") else BUFFER_DELAY_S,
            normalize=query.get("apply_text_normalization") != "off",
        )
        return cls(options, flag(query, "sync_alignment"))


class ElevenLabsContext(LiveContext):
    """A context: text that is spoken as one utterance. has_spoken: audio of it was sent."""

    def __init__(
        self, connection: LiveConnection, name: Mapping[str, object], session: LiveSession, asked: Address
    ) -> None:
        """name: the members of messages that say which context they are of."""
        super().__init__(session, asked.options)
        self._connection, self._name, self._is_absolute = connection, name, asked.is_absolute
        self._times = CharacterTimes(self.sent)
        self._end_s = 0.0
        self.has_spoken = False

    async def spoken(self, chunk: LiveChunk) -> None:
        self._times.add(self.sent.take(chunk.words))
        if chunk.data:
            self.has_spoken = True
            self._end_s = chunk.start_s + chunk.audio_s
            await self._send(chunk.data, self._times.release(self._end_s), chunk.start_s)

    async def flushed(self, flushed: Flushed, stop: int) -> None:
        self._times.add(self.sent.settle(stop))
        await self._send_rest()

    async def ended(self) -> None:
        if self.heard is None:
            self._times.add(self.sent.settle())
            self._times.rest()
            await self._send_rest()
        await self._connection.send(final_message(self._name) | heard_fields(self.heard))

    async def failed(self, error: SpeechdError) -> None:
        await self._connection.send(error_message(error, self._name))
        await self._connection.send(final_message(self._name))

    async def _send_rest(self) -> None:
        if times := self._times.release(self._end_s, final=True):
            await self._send(b"", times, self._end_s)

    async def _send(self, data: bytes, times: list[CharacterTime], start_s: float) -> None:
        if not self._is_absolute:
            # Clients add up what messages last, and take it from the last character, even of a message without any.
            last = times[-1] if times else CharacterTime("", start_s, start_s)
            times = [*times[:-1], last._replace(end_s=max(last.start_s, self._end_s))]
        alignment = milliseconds(times, 0.0 if self._is_absolute else start_s) if times else None
        await self._connection.send(audio_message(data, alignment, self._name))


class SingleConversation:
    """`stream-input`: one utterance for each connection, which an empty text ends."""

    def __init__(self, connection: LiveConnection, session: LiveSession, asked: Address) -> None:
        self._connection, self._session, self._asked = connection, session, asked

    async def run(self) -> None:
        """Return once all is spoken, or the client has left."""
        try:
            if not await self._talk():
                return
        except SpeechdError as error:
            await self._connection.send(error_message(error, {}))
            await self._connection.close(POLICY, error.message)
            return
        await self._connection.settle()
        await self._connection.close(NORMAL)

    async def _talk(self) -> bool:
        """Take text up to its end; False if the client left before."""
        context: ElevenLabsContext | None = None
        while (fields := await self._connection.receive()) is not None:
            refuse_dictionaries(fields)
            text = text_of(fields)
            if context is None:
                context = ElevenLabsContext(self._connection, {}, self._session, faster(self._asked, fields))
                self._connection.start(context.speak)
                text = None if text and text.isspace() else text  # which only says how it is to be spoken
            if text:
                context.feed(text)
            if text == "":
                context.finish()
                return True
            if flag(fields, "flush"):
                context.flush()
        return False


class MultiConversation:
    """`multi-stream-input`: several contexts on one connection."""

    def __init__(self, connection: LiveConnection, session: LiveSession, asked: Address) -> None:
        self._connection, self._session, self._asked = connection, session, asked
        self._contexts: Contexts[ElevenLabsContext] = Contexts(connection)

    async def run(self) -> None:
        """Return once the socket was to be closed and all is spoken, or the client has left."""
        while (is_over := await self._next()) is None:
            pass
        if is_over:
            for context in self._contexts.open():
                await self._close(context)
            await self._connection.settle()
            await self._connection.close(NORMAL)

    async def _next(self) -> bool | None:
        """Do as the next message says. True: no more is to come; False: the client has left."""
        id: str | None = None
        try:
            if (fields := await self._connection.receive()) is None:
                return False
            if flag(fields, "close_socket"):
                return True
            given = fields.get("context_id", fields.get("contextId"))
            id = None if given is None else Text(MAX_ID_CHARS).read("context_id", given)
            await self._take(id, fields)
        except SpeechdError as error:
            await self._fail(id, error)
        return None

    async def _take(self, id: str | None, fields: Mapping[str, Any]) -> None:
        refuse_dictionaries(fields)
        context, text = self._contexts.get(id), text_of(fields)
        if flag(fields, "close_context"):
            if context is not None:
                await self._close(context)
            return
        if context is None or not context.is_open:
            if not text:  # no text keeps a connection alive, and begins nothing
                return
            context = await self._open(id, fields)
            text = text.lstrip()
        if text:
            context.feed(text)
        if flag(fields, "flush"):
            context.flush()

    async def _open(self, id: str | None, fields: Mapping[str, Any]) -> ElevenLabsContext:
        asked = faster(self._asked, fields)
        make = partial(ElevenLabsContext, self._connection, {"contextId": id}, self._session, asked)
        return await self._contexts.add(id, make)

    async def _close(self, context: ElevenLabsContext) -> None:
        """End a context. What was flushed is spoken to its end. Text that was not is dropped with the rest if the
        context is being heard: this is how clients interrupt one."""
        if (context.unflushed.strip() and context.has_spoken) or not context.is_open:
            await context.cancel()
        else:
            context.finish()

    async def _fail(self, id: str | None, error: SpeechdError) -> None:
        if (context := self._contexts.get(id)) is not None:
            await context.fail(error)
        else:
            await self._connection.send(error_message(error, {"contextId": id}))


def faster(asked: Address, fields: Mapping[str, Any]) -> Address:
    """What is asked for, at the speed of a context's first message. Raises `InvalidRequest`."""
    speed = voice_speed(fields)
    if speed is None:
        return asked
    return replace(asked, options=replace(asked.options, speed=spoken_speed(speed, asked.options.speed)))
