"""The contexts of one connection, under the names that its client has for them."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Final, Generic, TypeVar

from speechd.api.live.connection import LiveConnection
from speechd.api.live.context import LiveContext
from speechd.errors import Overloaded

C = TypeVar("C", bound=LiveContext)

FORGOTTEN_S: Final = 5.0
"""Seconds after which a context that was neither fed nor heard may be ended for a new one. LiveKit's plugin for
Cartesia leaves those that were interrupted as they are."""


class Contexts(Generic[C]):
    """The contexts that are not over."""

    def __init__(self, connection: LiveConnection) -> None:
        self._connection = connection
        self._named: dict[str | None, C] = {}
        self._all: set[C] = set()  # with those whose name another has got

    def get(self, name: str | None) -> C | None:
        """The context of this name, None if there is none."""
        context = self._named.get(name)
        return None if context is None or context.is_over else context

    def open(self) -> list[C]:
        """The named contexts to which more text may come."""
        return [context for context in self._named.values() if context.is_open]

    async def add(self, name: str | None, make: Callable[[], C]) -> C:
        """A new context of this name, which speaks from now on. Raises `Overloaded`: there is no room, even if one that
        was forgotten is ended for it."""
        try:
            context = make()
        except Overloaded:
            if not await self._end_forgotten():
                raise
            context = make()
        self._named[name] = context
        self._all.add(context)
        self._connection.start(partial(self._speak, name, context))
        return context

    async def _end_forgotten(self) -> bool:
        """End the context that was out of use for longest; False if all have been in use just now."""
        waiting = [context for context in self._all if context.is_open]
        oldest = min(waiting, key=lambda context: context.used_at, default=None)
        if oldest is None or time.monotonic() - oldest.used_at < FORGOTTEN_S:
            return False
        await oldest.cancel()
        await oldest.gone.wait()
        return True

    async def _speak(self, name: str | None, context: C) -> None:
        try:
            await context.speak()
        finally:
            self._all.discard(context)
            if self._named.get(name) is context:
                del self._named[name]
