"""What the connections of a worker share: their number, the memory of what they receive, and allowed origins."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Coroutine
from itertools import islice
from typing import Any, Final, Protocol

from uvicorn.server import ServerState

from speechd.server.request_limits import Limits
from speechd.shared_memory import trim_heap

FREE_BYTES: Final = 16 << 10
"""Held bytes of each connection that do not count, so that ordinary requests are received however full it is."""

EVICTION_SAMPLE: Final = 64
"""Idle connections, the oldest, among which one is sought whose client has taken all: to close it costs nobody."""

TRIMMED_BYTES: Final = 16 << 20
"""Held bytes beyond which, once nothing is held any more, the heap is trimmed: it takes milliseconds."""

LINGERING: Final = 16
"""Connections without a place that may linger, to get their answer for sure; further ones are closed at once."""

RELIEVED: Final = 0.9
"""The share of the limit at which a time without free places is over: it is not to end and begin with each one."""

log = logging.getLogger("speechd")


class Connection(Protocol):
    """The methods of a connection that `ServerConnections` calls."""

    def has_unsent(self) -> bool:
        """Return whether its client has still to take something of the last response."""

    def evict(self) -> None:
        """End it at once, whatever is unsent; it has no request in hand."""


class Session(Connection, Protocol):
    """A connection that is not made of requests: a WebSocket, for one."""

    def shutdown(self) -> None:
        """End it as soon as it is not in use."""


class ServerConnections(ServerState):
    """The connections of a worker, and what they share. While `draining`, each ends with its current response.

    rejected: called with the status of each request that is refused here. cors_origins: origins whose pages may read
    what is answered here; "*" for all. trim: gives freed memory back.
    """

    def __init__(
        self,
        limits: Limits,
        rejected: Callable[[int], None],
        *,
        cors_origins: Collection[str] = (),
        trim: Callable[[], None] = trim_heap,
    ) -> None:
        super().__init__()
        self.limits = limits
        self.rejected = rejected
        self.draining = False
        self._cors_origins = frozenset(cors_origins)
        self._held_bytes = self._most_held_bytes = 0
        self._trim = trim
        self._open: dict[Connection, None] = {}
        self._idle: dict[Connection, None] = {}  # the oldest first
        self._sessions: dict[Session, None] = {}
        self._lingering: set[Connection] = set()
        self._crowded = False
        self._closed = self._refused = 0  # since the worker is crowded

    def admit(self, connection: Connection) -> bool:
        """Take a connection that has come, and return whether there is a place for it. An idle connection gives up its
        own, which never waits for what its client does not take."""
        if len(self._open) >= self.limits.connections:
            if not self._crowded:
                self._crowded = True
                log.warning(
                    "all %d connections that the limit of open files leaves room for are in use: idle ones are closed "
                    "for new ones",
                    self.limits.connections,
                )
            if not self._idle:
                self._refused += 1
                return False
            idle = self._least_needed()
            del self._idle[idle], self._open[idle]
            self._closed += 1
            idle.evict()
        self._open[connection] = None
        self.connections.add(connection)  # type: ignore[arg-type]  # uvicorn's type names its own protocols
        return True

    def _least_needed(self) -> Connection:
        """The oldest idle connection, if possible of those that nothing is unsent to."""
        oldest = next(iter(self._idle))
        return next((one for one in islice(self._idle, EVICTION_SAMPLE) if not one.has_unsent()), oldest)

    def may_linger(self, connection: Connection) -> bool:
        """Return whether a connection without a place may linger; if so, it does until `remove`."""
        if len(self._lingering) >= LINGERING:
            return False
        self._lingering.add(connection)
        return True

    def replace(self, connection: Connection, by: Session) -> None:
        """Give a connection's place to the session that goes on with it, which counts as busy to its end."""
        self.remove(connection)
        self._open[by] = None
        self.connections.add(by)  # type: ignore[arg-type]
        self.begin_session(by)

    def begin_session(self, session: Session) -> None:
        """Take note that a connection that has a place is a session."""
        self._sessions[session] = None

    def run(self, app: Coroutine[Any, Any, None]) -> None:
        """Run the app for a request or a session; `tasks` has it until it ends."""
        task = asyncio.get_running_loop().create_task(app)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def end_sessions(self) -> None:
        """End all sessions, each as soon as it is not in use."""
        for session in list(self._sessions):
            session.shutdown()

    def set_idle(self, connection: Connection) -> None:
        """Take note that the connection has no request in hand."""
        self._idle[connection] = None

    def set_busy(self, connection: Connection) -> None:
        """Take note that a request comes on the connection."""
        self._idle.pop(connection, None)

    def remove(self, connection: Connection) -> None:
        """Free the connection's place. May be called again."""
        self.connections.discard(connection)
        self._idle.pop(connection, None)
        self._lingering.discard(connection)
        self._open.pop(connection, None)
        self._sessions.pop(connection, None)  # type: ignore[call-overload]
        if self._crowded and len(self._open) <= RELIEVED * self.limits.connections:
            log.warning(
                "connections have room again: %d idle ones were closed, %d new ones refused",
                self._closed,
                self._refused,
            )
            self._crowded = False
            self._closed = self._refused = 0

    def hold(self, before: int, now: int) -> bool:
        """Take note that a connection which held `before` bytes holds `now`. Returns False where that is too much; then
        nothing has changed."""
        more = max(0, now - FREE_BYTES) - max(0, before - FREE_BYTES)
        if more > 0 and self._held_bytes + more > self.limits.held_bytes:
            return False
        self._held_bytes += more
        self._most_held_bytes = max(self._most_held_bytes, self._held_bytes)
        if self._most_held_bytes > TRIMMED_BYTES and not self._held_bytes:
            self._most_held_bytes = 0
            self._trim()
        return True

    def cors(self, origin: bytes) -> list[tuple[bytes, bytes]]:
        """The headers by which a page of this origin (empty: unknown) may read a response, if it may."""
        if "*" in self._cors_origins:
            allowed = b"*"
        elif origin.decode("latin-1") in self._cors_origins:
            allowed = origin
        else:
            return []
        return [
            (b"access-control-allow-origin", allowed),
            (b"access-control-expose-headers", b"*"),
            (b"vary", b"Origin"),
        ]
