"""An engine that speaks in a process of its own: one whose native code parses the text while it speaks (espeak-ng)."""

from __future__ import annotations

import logging
import os
import socket
from multiprocessing.connection import Connection
from typing import Final

from speechd.audio import Audio
from speechd.engines.base import Delivery, Engine, Segment
from speechd.errors import EngineUnavailable
from speechd.workers.fork_server import ForkServer, ForkServerGone, Serve

TRIES: Final = 2
"""Processes that a segment may end; it is not tried again."""

TIMEOUT_SHARE: Final = 0.4
"""Of `synthesis_timeout_s`, for each try: the process ends before the watchdog would end its worker."""

log = logging.getLogger("speechd")


def serve(engine: Engine, threads: int) -> Serve:
    """What a child does, with an engine that was started before the fork: speaks segments."""
    engine.start(threads)

    def speak_all(sock: socket.socket) -> None:
        connection = Connection(sock.detach())
        try:
            connection.send(os.getpid())
            while True:
                segment = connection.recv()
                try:
                    spoken: Audio | Exception = engine.synthesize(segment)
                except Exception as error:  # whatever an engine raises, it is this segment that failed
                    spoken = RuntimeError(repr(error))
                connection.send(spoken)
        except (EOFError, ConnectionError):
            return

    return speak_all


class IsolatedEngine:
    """`engine` as the slot's thread sees it, which waits for a child of the fork server to speak."""

    def __init__(self, engine: Engine, server: ForkServer, synthesis_timeout_s: float) -> None:
        self._engine, self._server = engine, server
        self._timeout_s = TIMEOUT_SHARE * synthesis_timeout_s
        self._child: tuple[Connection, int] | None = None

    @property
    def name(self) -> str:
        """The engine's."""
        return self._engine.name

    @property
    def passage_limit(self) -> int:
        """The engine's."""
        return self._engine.passage_limit

    @property
    def efficient_length(self) -> int:
        """The engine's."""
        return self._engine.efficient_length

    def check(self, delivery: Delivery) -> None:
        """The engine's."""
        self._engine.check(delivery)

    def prepare(self, text: str, delivery: Delivery) -> Segment | None:
        """The engine's."""
        return self._engine.prepare(text, delivery)

    def start(self, threads: int) -> None:
        """Wait for the first child. The threads are those that the fork server's engine has."""
        try:
            self._living_child()
        except (OSError, ForkServerGone) as error:
            raise EngineUnavailable(f"the engine {self.name} did not start in its process; see above") from error

    def synthesize(self, segment: Segment) -> Audio:
        """Raises `RuntimeError` for a segment of which two children died, or that outlasted one."""
        for _ in range(TRIES):
            connection, pid = self._living_child()
            try:
                connection.send(segment)
                if not connection.poll(self._timeout_s):
                    self._server.kill(pid)
                    self._bury()
                    raise RuntimeError(f"{self.name} took longer than {self._timeout_s:g} s")
                spoken = connection.recv()
            except (EOFError, ConnectionError):
                log.warning("a text ended the process that spoke it")
                self._bury()
                continue
            if isinstance(spoken, Exception):
                raise spoken
            assert isinstance(spoken, Audio)
            return spoken
        raise RuntimeError(f"{self.name} ended {TRIES} processes on one segment")

    def _living_child(self) -> tuple[Connection, int]:
        if self._child is None:
            connection = Connection(self._server.spawn().detach())
            try:
                self._child = connection, connection.recv()
            except EOFError as error:
                raise OSError("there is no process to be had") from error
        return self._child

    def _bury(self) -> None:
        assert self._child is not None
        connection, pid = self._child
        self._child = None
        connection.close()
        self._server.ended(pid)
