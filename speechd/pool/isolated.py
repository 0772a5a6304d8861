"""An engine in a process of its own: one whose native code parses text while it synthesises (espeak-ng)."""

from __future__ import annotations

import logging
import os
import socket
import time
from multiprocessing.connection import Connection
from typing import Final

from speechd.audio.samples import Audio
from speechd.engines.base import Engine, Segment, SequentialEngine, synthesize_one
from speechd.errors import EngineUnavailable
from speechd.pool.fork_server import ForkServer, ForkServerGone, Serve

MAX_DEATHS: Final = 2
"""Processes that a segment may end; it is not tried again."""

RETRY_S: Final = 0.25
"""Seconds between two tries to have a child."""

TIMEOUT_SHARE: Final = 0.4
"""The share of `synthesis_timeout_s` for each try: the process ends before the watchdog would end its worker."""

log = logging.getLogger("speechd")


def serve(engine: Engine, threads: int) -> Serve:
    """The work of a child, with an engine that was started before the fork: it synthesises segments."""
    engine.start(threads)

    def speak_all(sock: socket.socket) -> None:
        connection = Connection(sock.detach())
        try:
            connection.send(os.getpid())
            while True:
                segment = connection.recv()
                try:
                    spoken: Audio | Exception = synthesize_one(engine, segment)
                except Exception as error:  # whatever an engine raises, it is this segment that failed
                    spoken = RuntimeError(repr(error))
                connection.send(spoken)
        except (EOFError, ConnectionError):
            return

    return speak_all


class IsolatedEngine(SequentialEngine):
    """`engine` as the slot's thread sees it, which waits for a child of the fork server to speak."""

    def __init__(self, engine: Engine, server: ForkServer, synthesis_timeout_s: float) -> None:
        self._engine, self._server = engine, server
        self._timeout_s = TIMEOUT_SHARE * synthesis_timeout_s
        self._child: tuple[Connection, int] | None = None

    @property
    def name(self) -> str:
        """The name of the engine."""
        return self._engine.name

    def start(self, threads: int) -> None:
        """Wait for the first child. The threads are those that the fork server's engine has."""
        try:
            self._child = self._spawned()
        except (EOFError, OSError, ForkServerGone) as error:
            raise EngineUnavailable(f"the engine {self.name} did not start in its process; see above") from error

    def speak(self, segment: Segment) -> Audio:
        """The audio of one segment. Raises `RuntimeError` for a segment of which two children died, or that outlasted
        one. Without a fork server this process is of no use, and ends: its segments are for another."""
        for _ in range(MAX_DEATHS):
            connection, pid = self._living_child()
            try:
                connection.send(segment)
                if not connection.poll(self._timeout_s):
                    self._server.kill(pid)
                    self._discard()
                    raise RuntimeError(f"{self.name} took longer than {self._timeout_s:g} s")
                spoken = connection.recv()
            except (EOFError, ConnectionError):
                log.warning("a text ended the process that spoke it")
                self._discard()
                continue
            if isinstance(spoken, Exception):
                raise spoken
            assert isinstance(spoken, Audio)
            return spoken
        raise RuntimeError(f"{self.name} ended {MAX_DEATHS} processes on one segment")

    def _living_child(self) -> tuple[Connection, int]:
        deadline = time.monotonic() + self._timeout_s
        while self._child is None:
            try:
                self._child = self._spawned()
            except ForkServerGone:
                log.critical("the process that forks those which speak has ended")
                os._exit(os.EX_SOFTWARE)
            except (EOFError, OSError) as error:
                if time.monotonic() >= deadline:
                    raise RuntimeError("there is no process to be had") from error
                time.sleep(RETRY_S)  # a slot that failed at once would take, and fail, what others could speak
        return self._child

    def _spawned(self) -> tuple[Connection, int]:
        connection = Connection(self._server.spawn().detach())
        return connection, connection.recv()

    def _discard(self) -> None:
        assert self._child is not None
        connection, pid = self._child
        self._child = None
        connection.close()
        self._server.ended(pid)
