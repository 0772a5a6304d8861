"""Admission: a request is taken, with a ticket, or refused at once. Nothing waits in front of it."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from speechd.errors import NotReady, Overloaded, Reason, with_jitter
from speechd.pool.model_status import ModelState
from speechd.pool.scoreboard import Scoreboard

LEAST_SHARE: Final = 2
"""Places that a connection may hold where there are so many: while one utterance ends, the next begins."""


class Ticket:
    """A request's place among those in flight, held until it is released. Releasing it again has no effect.

    If its worker dies, the arbiter gives the place back. Made under the scoreboard's lock; `column`: the array in which
    the place is counted.
    """

    def __init__(self, board: Scoreboard, column: npt.NDArray[np.int32], index: int, key: int | None) -> None:
        self._board, self._column, self._index, self._key = board, column, index, key
        self._held = True
        self._count(+1)

    def release(self) -> None:
        """Give the place back. From the event loop, the only thread that writes the worker's counts."""
        if self._held:
            self._held = False
            self._count(-1)

    def _count(self, by: int) -> None:
        self._column[self._index] += by
        self._board.mark_activity(self._index)
        if self._key is not None:
            self._board.in_flight_by_key[self._index, self._key] += by


class Admission:
    """The decision to admit or refuse, for the requests of worker `index`."""

    def __init__(self, board: Scoreboard, index: int) -> None:
        self._board, self._index = board, index

    def admit(self, key: int | None = None) -> Ticket:
        """Take a place for a request with the API key of this number, counted over all workers.

        Raises `Overloaded` if too many are in flight or the backlog is too long, `NotReady` if no slot works yet. A
        draining worker takes what still comes to it: those that send it have not seen yet that it is not ready.
        """
        board, limits = self._board, self._board.limits
        state = board.model.state  # before the slots: those that come meanwhile are not "no slots, though loaded"
        if not board.slots:
            self._check_model(state)
        elif board.expected_wait_s() > limits.max_wait_s:
            raise self._overloaded("wait", "The server has too much to synthesise already.")
        max_in_flight = board.max_in_flight_now()
        with board.lock:
            if board.in_flight.sum() >= max_in_flight:
                raise self._overloaded("count", "Too many requests are in flight.")
            self._check_key(key)
            ticket = Ticket(board, board.in_flight, self._index, key)
        board.model.demand()
        return ticket

    def share(self) -> int:
        """How many places the utterances of one connection may hold at once: half of those that there are."""
        places = self._board.max_in_flight_now()
        return max(places // 2, min(LEAST_SHARE, places))

    def expected_wait_s(self) -> float:
        """Seconds before the first segment of a request that came now would be started."""
        return self._board.expected_wait_s()

    def admit_overflow(self, key: int | None = None) -> Ticket | None:
        """Take a place for a request that another server is to speak; None if as many as may be are there.

        Raises `Overloaded` if too many are in flight with the API key, here and there together.
        """
        board = self._board
        with board.lock:
            self._check_key(key)
            if board.overflow_in_flight.sum() >= board.limits.max_overflow_in_flight:
                return None
            return Ticket(board, board.overflow_in_flight, self._index, key)

    def admit_session(self) -> Ticket:
        """Take a place for a connection that may have text spoken at any time. It is none of the requests in flight.

        Raises `Overloaded` if there are too many, and `NotReady` if no slot works.
        """
        board = self._board
        if not board.slots:
            self._check_model(board.model.state)
        with board.lock:
            if board.sessions.sum() >= board.limits.max_sessions:
                raise self._overloaded("count", "Too many connections have text spoken.")
            return Ticket(board, board.sessions, self._index, None)

    def hold(self, size: int) -> None:
        """Count so many more bytes that are held of replies that are sent whole, over all workers.

        Raises `Overloaded` if that would be too many. If this worker dies, the arbiter lets go of all that it held.
        """
        board = self._board
        with board.lock:
            if board.held_bytes.sum() + size > board.limits.max_held_bytes:
                raise self._overloaded("memory", "The server holds too much audio of replies that are not streamed.")
            board.held_bytes[self._index] += size

    def let_go(self, size: int) -> None:
        """Count so many bytes less. From the event loop, as `Ticket.release`."""
        self._board.held_bytes[self._index] -= size

    def _check_model(self, state: ModelState) -> None:
        """Refuse a request for which no slot will come. One will where the model is to be loaded for it, or is being
        loaded for others."""
        if state is ModelState.LOADED:
            raise NotReady("The server is loading.", reason="not ready", retry_after_s=with_jitter(1.0))
        self._board.model.check()

    def _check_key(self, key: int | None) -> None:
        board = self._board
        if key is not None and 0 < board.limits.max_in_flight_per_key <= board.in_flight_by_key[:, key].sum():
            raise self._overloaded("key", "Too many requests with this API key are in flight.")

    def _overloaded(self, reason: Reason, message: str) -> Overloaded:
        # By then the present work is done, and a place is likely to be free.
        return Overloaded(message, reason=reason, retry_after_s=with_jitter(self._board.backlog_s()))
