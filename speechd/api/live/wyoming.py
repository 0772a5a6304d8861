"""Wyoming, Home Assistant's protocol for voice: what there is to speak with, and whole or streamed synthesis.

    describe → info
    synthesize → audio-start, audio-chunk…, audio-stop
    synthesize-start, synthesize-chunk…, synthesize-stop → audio-start, audio-chunk…, audio-stop, synthesize-stopped

Within a stream Home Assistant also sends the whole text as `synthesize`, for servers that know no streams; it is
ignored. Utterances are spoken in the order in which they came. There are no keys, and one answer to all that is wrong:
an event `error`, and the end of the connection, because nothing else would end a client's wait.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, MutableMapping
from dataclasses import replace
from typing import Any, Final

from starlette.types import Receive, Scope, Send
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.error import Error
from wyoming.event import Event, Eventable
from wyoming.info import Describe
from wyoming.ping import Ping, Pong
from wyoming.tts import Synthesize, SynthesizeChunk, SynthesizeStart, SynthesizeStop, SynthesizeStopped, SynthesizeVoice

from speechd.api.fields import Text
from speechd.api.live.live_options import live_options
from speechd.api.live.session import LiveSession, LiveSpeech
from speechd.api.live.wyoming_events import EventReader, written
from speechd.api.live.wyoming_info import info, voice_for
from speechd.audio.samples import SAMPLE_RATE
from speechd.context import RequestContext
from speechd.errors import InvalidRequest, SpeechdError, TransferAborted
from speechd.server.exchange import ABORT
from speechd.server.session import IN_USE, ClientDisconnected
from speechd.speech.live.events import LiveChunk
from speechd.speech.live.options import LiveOptions
from speechd.speech.live.utterance import LiveUtterance
from speechd.speech.reading import Form, Reading

METHOD: Final = "WYOMING"
"""What stands for the method of HTTP in the log line of a connection."""

FORMAT: Final = "pcm"

WIDTH_BYTES: Final = 2
"""Of a sample of that format."""

SSML: Final = "ssml"
"""A `text_format`."""

log = logging.getLogger("speechd")
request_log = logging.getLogger("speechd.request")


class WyomingEndpoint:
    """The app of a worker's Wyoming connections (see `server/tcp_session.py`)."""

    def __init__(self, live: LiveSpeech) -> None:
        self._live = live
        self._info = written(info(live.available).event())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a connection to its end. It is logged if it spoke, or failed."""
        extensions = scope["extensions"]
        context = RequestContext(id=scope["state"]["id"], method=METHOD, path="/", abort=extensions[ABORT])
        began = time.monotonic()
        connection = WyomingConnection(self._live, context, extensions[IN_USE], self._info, send)
        try:
            await connection.run(receive)
        finally:
            await connection.close()
            context.duration_s = time.monotonic() - began
            if context.utterances or context.error:
                request_log.info("session", extra={"fields": context.log_fields()})


class WyomingConnection:
    """What one client asks for, and what speaks for it."""

    def __init__(
        self, live: LiveSpeech, context: RequestContext, in_use: Callable[[bool], None], info: bytes, send: Send
    ) -> None:
        """info: the event, as bytes."""
        self._live, self._context, self._in_use, self._info = live, context, in_use, info
        self._send_message = send
        self._session: LiveSession | None = None  # from the first utterance on
        self._stream: LiveUtterance | None = None  # of which text still comes
        self._speaking: asyncio.Task[None] | None = None  # the last utterance
        self._failed = asyncio.Event()

    async def run(self, receive: Receive) -> None:
        """Return once the client has left, or all is over for another reason."""
        reading = asyncio.create_task(self._read(receive))
        failing = asyncio.create_task(self._failed.wait())
        try:
            await asyncio.wait((reading, failing), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (reading, failing):
                task.cancel()
            results = await asyncio.gather(reading, failing, return_exceptions=True)
        if isinstance(error := results[0], SpeechdError):
            await self._fail(error)
        elif isinstance(error, Exception) and not isinstance(error, ClientDisconnected):
            raise error

    async def close(self) -> None:
        """End what is spoken, and give everything back. Safe to call twice."""
        if self._speaking is not None:
            self._speaking.cancel()
            await asyncio.gather(self._speaking, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    async def _read(self, receive: Receive) -> None:
        events = EventReader()
        while (message := await receive())["type"] == "tcp.receive":
            events.feed(message["bytes"])
            while (event := events.next()) is not None:
                await self._take(event)

    async def _take(self, event: Event) -> None:
        if Describe.is_type(event.type):
            await self._send_message({"type": "tcp.send", "bytes": self._info})
        elif Ping.is_type(event.type):
            text = event.data.get("text")
            await self._send(Pong(text=text if isinstance(text, str) else None))
        elif SynthesizeStart.is_type(event.type):
            if self._stream is not None:
                raise InvalidRequest("A 'synthesize-start' came before the 'synthesize-stop' of another.")
            self._stream = self._begin(self._options(event.data), is_stream=True)
        elif SynthesizeChunk.is_type(event.type) and self._stream is not None:
            self._stream.feed(Text().read("text", event.data.get("text", "")))
        elif SynthesizeStop.is_type(event.type) and self._stream is not None:
            stream, self._stream = self._stream, None
            stream.finish()
        elif Synthesize.is_type(event.type) and self._stream is None:
            self._speak_whole(event.data)

    def _speak_whole(self, data: MutableMapping[str, Any]) -> None:
        text = Text().read("text", data.get("text", ""))
        utterance = self._begin(self._options(data), is_stream=False)
        utterance.feed(text)
        utterance.finish()

    def _options(self, data: MutableMapping[str, Any]) -> LiveOptions:
        voice = data.get("voice") or {}
        if not isinstance(voice, dict):
            raise InvalidRequest("'voice' must be an object.", param="voice")
        wanted = SynthesizeVoice.from_dict(voice) or SynthesizeVoice()
        name, language = voice_for(wanted, self._live.available)
        options = live_options(self._live.available, voice=name, language=language, format=FORMAT)
        return replace(options, reading=Reading(Form.SSML)) if data.get("text_format") == SSML else options

    def _begin(self, options: LiveOptions, *, is_stream: bool) -> LiveUtterance:
        """An utterance, to be spoken after those before it."""
        if self._session is None:
            self._session = self._live.begin(self._context, self._in_use)
            self._context.format = FORMAT
        self._context.voice = str(options.blend)
        utterance = self._session.open(options)
        before = self._speaking
        self._speaking = asyncio.create_task(self._speak(self._session, utterance, before, is_stream=is_stream))
        return utterance

    async def _speak(
        self, session: LiveSession, utterance: LiveUtterance, before: asyncio.Task[None] | None, *, is_stream: bool
    ) -> None:
        if before is not None:
            await before
        try:
            await self._send_audio(utterance)
            if is_stream:
                await self._send(SynthesizeStopped())
        except SpeechdError as error:
            await self._fail(error)
        except (ClientDisconnected, TransferAborted):  # nobody listens
            self._failed.set()
        except Exception:  # whatever it is, the client is not to wait for the rest
            log.exception("a live utterance failed")
            await self._fail(SpeechdError("The server failed."))
        finally:
            await session.end(utterance)

    async def _send_audio(self, utterance: LiveUtterance) -> None:
        sent_s, is_begun = 0.0, False
        while (chunk := await utterance.read()) is not None:
            if isinstance(chunk, LiveChunk) and chunk.data:
                if not is_begun:
                    await self._send(AudioStart(SAMPLE_RATE, WIDTH_BYTES, 1))
                    is_begun = True
                await self._send(AudioChunk(SAMPLE_RATE, WIDTH_BYTES, 1, chunk.data, round(sent_s * 1000)))
                sent_s += chunk.audio_s
        if not is_begun:
            await self._send(AudioStart(SAMPLE_RATE, WIDTH_BYTES, 1))
        await self._send(AudioStop(timestamp=round(sent_s * 1000)))

    async def _fail(self, error: SpeechdError) -> None:
        self._context.error = error.code or error.type
        try:
            await self._send(Error(text=error.message, code=self._context.error))
        except ClientDisconnected:
            pass
        finally:
            self._failed.set()

    async def _send(self, event: Eventable) -> None:
        await self._send_message({"type": "tcp.send", "bytes": written(event.event())})
