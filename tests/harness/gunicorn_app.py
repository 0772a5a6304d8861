"""A small application for the real server: run as a process by a test, told by its environment what to do."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import signal
import time
from pathlib import Path
from typing import Any

from speechd.config.settings import Settings
from speechd.errors import EngineUnavailable, TransferAborted
from speechd.log import configure_server
from speechd.server.arbiter import serve
from speechd.server.descriptors import FileDemand
from speechd.server.exchange import ABORT
from speechd.server.hooks import DesiredWorkers
from speechd.server.worker_table import Event, State, WorkerTable


class Journal:
    """A file to which all processes write what they did, one JSON line each, and by which they fail as told.

    JOURNAL: its path. FAILURES: "failure: first last", which workers are to fail so, counted in those that were built.
    """

    def __init__(self) -> None:
        self._path = Path(os.environ["JOURNAL"])
        self._failures = os.environ.get("FAILURES", "")

    def write(self, what: str, *rest: int) -> None:
        with self._path.open("a") as file:
            file.write(json.dumps([what, *rest]) + "\n")

    def is_to(self, failure: str, counted: str = "build") -> bool:
        """Whether the worker in hand is to fail so."""
        name, _, numbers = self._failures.partition(": ")
        if name != failure:
            return False
        first, last = numbers.split()
        return int(first) <= self._path.read_text().count(f'"{counted}"') <= int(last)


class JournalingApp:
    """Hooks that write down what is asked of them."""

    def __init__(self, settings: Settings) -> None:
        self.table = WorkerTable(settings.rows)
        self.files = FileDemand(settings.max_in_flight)
        self._workers = settings.workers
        self._journal = Journal()
        self._fork = os.fork

    def reconcile(self, *, settled: bool) -> DesiredWorkers:
        return DesiredWorkers(self._workers)

    def interrupt(self) -> None:
        pass

    def stop(self) -> None:
        pass

    def fork(self) -> int:
        """What is in the place of `os.fork`."""
        self._journal.write("fork", *(row.index for row in self.table.rows() if row.state is State.BOOTING))
        if self._journal.is_to("fail to fork", counted="fork"):
            raise BlockingIOError(errno.EAGAIN, "as asked")
        return self._fork()

    def build(self, index: int) -> JournalingWorker:
        self._journal.write("build", index)
        if self._journal.is_to("raise in build"):
            raise OSError(errno.EAGAIN, "as asked")
        return JournalingWorker(self._journal, self.table, index)

    def ended(self, index: int) -> bool:
        row = self.table.row(index)
        self._journal.write("ended", index, 0 if row.served else row.failures + 1)
        return False


class JournalingWorker:
    """The application in one worker. Its paths say what it does."""

    def __init__(self, journal: Journal, table: WorkerTable, index: int) -> None:
        self._journal, self._table, self._index = journal, table, index

    async def boot(self) -> None:
        self._journal.write("boot", self._index)
        if self._journal.is_to("raise in boot"):
            raise EngineUnavailable("as asked")
        if self._journal.is_to("hang in boot"):
            time.sleep(3600)  # noqa: ASYNC251  # as a start that keeps the event loop to itself

    def ready(self) -> Event:
        self._journal.write("ready", self._index)
        return Event.READY

    def rejected(self, status: int) -> None:
        self._journal.write("rejected", self._index, status)

    async def app(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        status, parts = 200, 1
        if scope["path"] == "/ready":
            status = 200 if self._table.state(self._index) is State.READY else 503
        elif scope["path"] == "/exit":
            os.kill(os.getpid(), signal.SIGKILL)
        elif scope["path"] == "/flood":
            await self._flood(scope, send)
        elif scope["path"] == "/stream":
            parts = int(scope["query_string"])
        await send({"type": "http.response.start", "status": status, "headers": [(b"x-pid", b"%d" % os.getpid())]})
        for _ in range(parts - 1):
            await send({"type": "http.response.body", "body": b"part ", "more_body": True})
            await asyncio.sleep(0.1)
        await send({"type": "http.response.body", "body": b"end"})

    async def _flood(self, scope: Any, send: Any) -> None:
        sent, part = 0, bytes(16 << 10)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        try:
            while True:
                async with asyncio.timeout(0.5):
                    await send({"type": "http.response.body", "body": part, "more_body": True})
                sent += len(part)
        except TimeoutError:
            self._journal.write("flooded", sent)
            scope["extensions"][ABORT]()
            raise TransferAborted("the client did not read") from None

    async def _lifespan(self, receive: Any, send: Any) -> None:
        await receive()
        if self._journal.is_to("raise in lifespan"):
            raise RuntimeError("as asked")
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self._journal.write("shutdown", self._index)
        await send({"type": "lifespan.shutdown.complete"})


if __name__ == "__main__":
    configure_server("info", json=False)
    settings = Settings.load({}, os.environ)
    application = JournalingApp(settings)
    os.fork = application.fork
    serve(settings, application)
