"""Turns: who of a connection's utterances may take the next place, where it may hold no more of them."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable


class Turns:
    """Those that wait, in the order in which they came. Used from the event loop."""

    def __init__(self, has_room: Callable[[], bool]) -> None:
        """has_room: whether the connection may hold one more place."""
        self._has_room = has_room
        self._waiting: deque[asyncio.Event] = deque()

    async def wait(self) -> bool:
        """Wait for one's turn, and for room. The place is to be taken before anything else is awaited. Returns whether
        that took any time."""
        turn = asyncio.Event()
        self._waiting.append(turn)
        waited = False
        try:
            while self._waiting[0] is not turn or not self._has_room():
                waited = True
                turn.clear()
                await turn.wait()
        finally:
            self._waiting.remove(turn)
            self.call()
        return waited

    def call(self) -> None:
        """Have the first of them look again: there may be room."""
        if self._waiting:
            self._waiting[0].set()
