"""What all connections of a worker have in common: whether they may be written to, and what they hold."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from typing import Final

from speechd.server.connections import ServerConnections

WRITE_BUFFER_BYTES: Final = 1 << 14
"""Senders wait while more than this is unwritten. asyncio's 64 KiB would be 1.4 s of PCM believed sent."""


class BaseConnection(asyncio.Protocol, ABC):
    """One connection, from before its transport is there until after it is gone."""

    def __init__(self, connections: ServerConnections) -> None:
        self.transport: asyncio.Transport
        self._connections = connections
        self._held_bytes = 0
        self._writable = asyncio.Event()
        self._writable.set()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def has_unsent(self) -> bool:
        """Return whether its client has still to take something of what was sent."""
        return self.transport.get_write_buffer_size() > 0

    @property
    @abstractmethod
    def _kept_bytes(self) -> int:
        """Bytes that are held here: what has arrived, and nobody has taken."""

    def _hold(self) -> bool:
        """Report what is held here; returns whether it may be."""
        kept_bytes = self._kept_bytes
        if not self._connections.hold(self._held_bytes, kept_bytes):
            return False
        self._held_bytes = kept_bytes
        return True
