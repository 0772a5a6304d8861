"""The errors with which the server refuses what it is receiving, before the app has it."""

from __future__ import annotations

from typing import Final

from speechd.errors import NotReady, Overloaded, RequestTimeout, with_jitter

RETRY_S: Final = 2.0
"""When a client may come again to a worker that has too much at once, in seconds before jitter."""


def too_many_connections() -> Overloaded:
    """The refusal of a connection for which there is no place."""
    message = "The server has as many connections as it can have."
    return Overloaded(message, reason="count", retry_after_s=with_jitter(RETRY_S))


def too_much_at_once() -> Overloaded:
    """The refusal of a request for the memory that all requests need which arrive."""
    message = "The server is receiving too much at once."
    return Overloaded(message, reason="memory", retry_after_s=with_jitter(RETRY_S))


def about_to_end() -> NotReady:
    """The refusal of a session by a worker that drains. Another one may take it at once."""
    return NotReady("The server is about to end.", reason="not ready", retry_after_s=with_jitter(1.0))


def overdue(limit_s: float) -> RequestTimeout:
    """The refusal of a request that has not arrived within this time."""
    return RequestTimeout(f"The request did not arrive within {limit_s:g} s.")
