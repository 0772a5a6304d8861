"""One utterance of a connection, under the name that its client has for it."""

from __future__ import annotations

import asyncio
import time
from abc import ABC, abstractmethod

from speechd.api.live.session import LiveSession
from speechd.errors import SpeechdError
from speechd.speech.live.events import Flushed, Heard, LiveChunk
from speechd.speech.live.options import LiveOptions
from speechd.speech.sent_text import SentText


class LiveContext(ABC):
    """An utterance and its text. `speak` sends what comes of it, until it has ended.

    is_open: more text may come. is_over: its end has been told, or is about to be. gone: set once it is given back.
    used_at: when it was last fed or heard, by `time.monotonic()`. heard: how far the listener was taken, once it was
    cancelled.
    """

    def __init__(self, session: LiveSession, options: LiveOptions) -> None:
        """Raises `Overloaded`: the session has no room for one more."""
        self._session = session
        self._utterance = session.open(options)
        self.sent = SentText(options.language)
        # A client that has no text gathered sends sentences, and need not part them.
        self._are_pieces_apart = options.buffer_delay_s == 0
        self.is_open, self.is_over = True, False
        self.gone = asyncio.Event()
        self.used_at = time.monotonic()
        self.heard: Heard | None = None
        self._flushes: list[int] = []  # where in the text each was
        self._error: SpeechdError | None = None

    def feed(self, text: str) -> None:
        """Add text. Raises `InvalidRequest`: it is too much."""
        if self._are_pieces_apart and text and not text[-1].isspace():
            text += " "
        self.used_at = time.monotonic()
        self._utterance.feed(text)
        self.sent.feed(text)

    def flush(self) -> None:
        """Have all that was fed spoken now. Raises `InvalidRequest`: there were too many flushes."""
        self._utterance.flush()
        self._flushes.append(self.sent.cut())

    def finish(self) -> None:
        """No more text comes."""
        self.is_open = False
        self._utterance.finish()

    async def cancel(self) -> None:
        """Say nothing more."""
        self.is_open = False
        if self.heard is None:
            self.heard = self._utterance.heard()
            await self._utterance.cancel()

    async def fail(self, error: SpeechdError) -> None:
        """End it with this error."""
        self._error = error
        await self.cancel()

    @property
    def unflushed(self) -> str:
        """The text that was fed since the last flush."""
        return self.sent.text[self._flushes[-1] if self._flushes else 0 :]

    async def speak(self) -> None:
        """Send what comes of the utterance, and give it back in the end."""
        try:
            await self._speak()
        except SpeechdError as error:
            self.is_over = True
            await self.failed(error)
        finally:
            self.is_open = False
            await self._session.end(self._utterance)
            self.gone.set()

    async def _speak(self) -> None:
        while (event := await self._utterance.read()) is not None:
            self.used_at = time.monotonic()
            if isinstance(event, Flushed):
                await self.flushed(event, self._flushes[event.number])
            else:
                await self.spoken(event)
        if self._error is not None:
            raise self._error
        self.is_over = True
        await self.ended()

    @abstractmethod
    async def spoken(self, chunk: LiveChunk) -> None:
        """Send a chunk."""

    @abstractmethod
    async def flushed(self, flushed: Flushed, stop: int) -> None:
        """All text before `stop` has been sent."""

    @abstractmethod
    async def ended(self) -> None:
        """All has been sent, or it was cancelled."""

    @abstractmethod
    async def failed(self, error: SpeechdError) -> None:
        """It cannot go on."""


def heard_fields(heard: Heard | None) -> dict[str, object]:
    """What a protocol's last event of a cancelled utterance has beside its own: no field of any client's."""
    if heard is None:
        return {}
    return {"heard": {"sent_s": heard.sent_s, "played_s": heard.played_s, "characters": heard.source_stop}}
