"""An account of the bytes that whole responses hold, for tests."""

from __future__ import annotations

from speechd.errors import Overloaded


class Account:
    """An account with room for so many bytes. held: those that are taken."""

    def __init__(self, room: int = 1 << 40) -> None:
        self.room, self.held = room, 0

    def hold(self, size: int) -> None:
        if self.held + size > self.room:
            raise Overloaded("full", reason="memory", retry_after_s=1.0)
        self.held += size

    def let_go(self, size: int) -> None:
        self.held -= size
