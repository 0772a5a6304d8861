"""The lingering close: what a client still sends is read and dropped for a while before its connection ends.

Closing at once would send a reset, which can take the answer away from a client that is still sending (RFC 9112,
section 9.6).
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Final

from speechd.server.timer import Timer

LINGER_S: Final = 2.0
"""How long the rest of a refused request is read and dropped."""

LINGER_UNSENT_S: Final = 120.0
"""How long it goes on while the client has not been sent all of the response: over so long a listener is looked at for
whether it stands still. What can be unsent takes 20 s at 4 KB/s, under which no reply is served. One that takes nothing
at all is dropped before, by the kernel (`TCP_USER_TIMEOUT`, on Linux)."""


def linger(transport: asyncio.Transport, timer: Timer) -> None:
    """Close this side, once all is sent, and end the connection when the other side closes or time is up.

    The caller drops what arrives from now on.
    """
    transport.write_eof()
    end_later(transport, timer)


def end_later(transport: asyncio.Transport, timer: Timer, after_s: float = LINGER_S) -> None:
    """End the connection when time is up. While there is something unsent, the client has longer."""
    timer.start(after_s, partial(_end, transport, timer, timer.now() + LINGER_UNSENT_S))


def _end(transport: asyncio.Transport, timer: Timer, latest: float) -> None:
    """End lingering; as long as there is something unsent, only at the latest moment."""
    if transport.get_write_buffer_size() and timer.now() < latest:
        timer.start(LINGER_S, partial(_end, transport, timer, latest))
    else:
        transport.abort()
