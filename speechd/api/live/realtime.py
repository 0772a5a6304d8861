"""`/v1/realtime`: the part of OpenAI's Realtime API that reads a given text aloud."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, Final

from speechd.api.available import Available
from speechd.api.live.connection import LiveConnection
from speechd.api.live.context import LiveContext, heard_fields
from speechd.api.live.realtime_events import ResponseEvents, error_event, event, new_id
from speechd.api.live.realtime_session import UNSUPPORTED, RealtimeSession
from speechd.api.live.session import LiveSession
from speechd.errors import InvalidRequest, SpeechdError, shorten
from speechd.speech.live.events import Flushed, LiveChunk
from speechd.speech.live.options import LiveOptions
from speechd.speech.sent_text import SentWord

OUT_OF_BAND: Final = "none"
"""The `conversation` of a response that belongs to none; several of these may be spoken at once."""

AUDIO_INPUT: Final = "input_audio_buffer."
"""What the types of events begin with that bring audio."""


class RealtimeResponse(LiveContext):
    """A response that is being spoken."""

    def __init__(
        self, connection: LiveConnection, session: LiveSession, options: LiveOptions, events: ResponseEvents
    ) -> None:
        super().__init__(session, options)
        self._connection, self._events = connection, events
        self._told = 0  # characters of the text that are in the transcript
        self._words: deque[SentWord] = deque()  # that sound in audio yet to come
        self._audio_s = 0.0

    @property
    def events(self) -> ResponseEvents:
        """Its events."""
        return self._events

    async def speak(self) -> None:
        for each in self._events.begin():
            await self._connection.send(each)
        await super().speak()

    async def spoken(self, chunk: LiveChunk) -> None:
        self._words += self.sent.take(chunk.words)
        end_s = chunk.start_s + chunk.audio_s
        while self._words and self._words[0].start_s < end_s:
            await self._tell(self._words.popleft().stop)
        if chunk.data:
            self._audio_s += chunk.audio_s
            await self._connection.send(self._events.audio_delta(chunk.data))

    async def flushed(self, flushed: Flushed, stop: int) -> None:
        await self._tell(stop)

    async def ended(self) -> None:
        if self.heard is None:
            await self._tell(len(self.sent.text))
            await self._end("completed", None)
        else:
            reason = {"type": "cancelled", "reason": "client_cancelled"}
            await self._end("cancelled", reason | heard_fields(self.heard))

    async def failed(self, error: SpeechdError) -> None:
        told = {"type": error.type, "code": error.code, "message": error.message}
        await self._end("failed", {"type": "failed", "error": told})

    async def _tell(self, stop: int) -> None:
        """Say that the text before `stop` is being spoken."""
        if stop > self._told:
            delta, self._told = self.sent.text[self._told : stop], stop
            await self._connection.send(self._events.transcript_delta(delta))

    async def _end(self, status: str, details: object) -> None:
        text = self.sent.text[: self._told]
        for each in self._events.end(status, details, text, len(self.sent.text), self._audio_s):
            await self._connection.send(each)


class RealtimeConversation:
    """What one client asks for, and who speaks for it."""

    def __init__(self, connection: LiveConnection, session: LiveSession, available: Available, model: str) -> None:
        """model: as the client named it."""
        self._connection, self._session = connection, session
        self._state = RealtimeSession.new(available, model)
        self._responses: dict[str, RealtimeResponse] = {}
        self._does: Mapping[str, Callable[[Mapping[str, Any]], Awaitable[None]]] = {
            "session.update": self._update,
            "conversation.item.create": self._create_item,
            "conversation.item.delete": self._delete_item,
            "conversation.item.truncate": self._truncate_item,
            "response.create": self._respond,
            "response.cancel": self._cancel,
        }

    async def run(self) -> None:
        """Return once the client has left."""
        await self._connection.send(event("session.created", session=self._state.settings))
        while await self._next():
            pass

    async def _next(self) -> bool:
        """Do as the next event says; False where there is none."""
        cause: object = None
        try:
            if (fields := await self._connection.receive()) is None:
                return False
            cause = fields.get("event_id")
            await self._take(fields)
        except SpeechdError as error:
            await self._connection.send(error_event(error, cause))
        return True

    async def _take(self, fields: Mapping[str, Any]) -> None:
        type = fields.get("type")
        if not isinstance(type, str) or type not in self._does:
            if isinstance(type, str) and type.startswith(AUDIO_INPUT):
                raise InvalidRequest(
                    f"'{shorten(type)}' is not supported: this server reads text aloud, and hears nothing.",
                    param="type",
                    code=UNSUPPORTED,
                )
            supported = ", ".join(f"'{known}'" for known in self._does)
            raise InvalidRequest(
                f"Invalid value: '{shorten(str(type))}'. Supported values are: {supported}.",
                param="type",
                code="invalid_value",
            )
        await self._does[type](fields)

    async def _update(self, fields: Mapping[str, Any]) -> None:
        self._state.update(fields.get("session"))
        await self._connection.send(event("session.updated", session=self._state.settings))

    async def _create_item(self, fields: Mapping[str, Any]) -> None:
        item, before = self._state.add(fields.get("item")), fields.get("previous_item_id")
        await self._connection.send(event("conversation.item.added", item=item, previous_item_id=before))
        await self._connection.send(event("conversation.item.done", item=item, previous_item_id=before))

    async def _delete_item(self, fields: Mapping[str, Any]) -> None:
        self._state.delete(fields.get("item_id"))
        await self._connection.send(event("conversation.item.deleted", item_id=fields["item_id"]))

    async def _truncate_item(self, fields: Mapping[str, Any]) -> None:
        told = {name: fields.get(name) for name in ("item_id", "content_index", "audio_end_ms")}
        await self._connection.send(event("conversation.item.truncated", **told))

    async def _respond(self, fields: Mapping[str, Any]) -> None:
        asked = fields.get("response") or {}
        if not isinstance(asked, dict):
            raise InvalidRequest("'response' must be an object.", param="response", code="invalid_type")
        is_apart = asked.get("conversation") == OUT_OF_BAND
        if not is_apart and any(each.events.conversation for each in self._responses.values() if not each.is_over):
            raise InvalidRequest(
                "The conversation already has a response that is being spoken. Wait for its end, or cancel it.",
                code="conversation_already_has_active_response",
            )
        options, output = self._state.options_for(asked)
        text = self._state.text_for(asked)
        conversation = None if is_apart else self._state.conversation_id
        events = ResponseEvents(new_id("resp"), new_id("item"), conversation, output, asked.get("metadata"))
        response = RealtimeResponse(self._connection, self._session, options, events)
        self._state.was_read(asked)
        self._responses[events.id] = response
        self._connection.start(partial(self._speak, response, text))

    async def _speak(self, response: RealtimeResponse, text: str) -> None:
        try:
            try:
                response.feed(text)
                response.finish()
            except SpeechdError as error:
                await response.fail(error)
            await response.speak()
        finally:
            del self._responses[response.events.id]

    async def _cancel(self, fields: Mapping[str, Any]) -> None:
        id = fields.get("response_id")
        spoken = [(key, each) for key, each in self._responses.items() if not each.is_over]
        chosen = [each for key, each in spoken if key == id or (id is None and each.events.conversation)]
        if not chosen:
            raise InvalidRequest("There is no such response to cancel.", code="response_cancel_not_active")
        for response in chosen:
            await response.cancel()
