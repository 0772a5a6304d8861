"""A small application for the real server: run as a process by test_server.py, told by its environment what to do."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import signal
import time
from pathlib import Path

from speechd.config.settings import Settings
from speechd.errors import EngineUnavailable, TransferAborted
from speechd.log import configure_server
from speechd.server.arbiter import serve
from speechd.server.recycling import DesiredWorkers


class Fake:
    """Hooks that write down what was asked of them, one JSON line each."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._book = Path(os.environ["FAKE_BOOK"])
        self._fails = os.environ.get("FAKE_FAILS", "")
        self._ready = False
        self._fork = os.fork

    def _write(self, what: str, *rest: int) -> None:
        with self._book.open("a") as book:
            book.write(json.dumps([what, *rest]) + "\n")

    def crew(self, *, settled: bool) -> DesiredWorkers:
        return DesiredWorkers(self._workers)

    def hurry(self) -> None:
        pass

    def stopping(self) -> None:
        pass

    def forking(self, index: int) -> None:
        self._write("forking", index)

    def fork(self) -> int:
        """What is in the place of `os.fork`."""
        if self._does("fail to fork", counted="forking"):
            raise BlockingIOError(errno.EAGAIN, "as asked")
        return self._fork()

    def forked(self, index: int) -> None:
        self._write("forked", index)
        if self._does("raise after the fork", counted="forking"):
            raise OSError(errno.EAGAIN, "as asked")

    def build(self, index: int):
        self._write("build", index)
        if self._does("raise in build"):
            raise RuntimeError("as asked")
        return self.app

    async def boot(self, index: int) -> None:
        self._write("boot", index)
        if self._does("raise in boot"):
            raise EngineUnavailable("as asked")
        if self._does("hang in boot"):
            time.sleep(3600)  # noqa: ASYNC251  # as a start that keeps the event loop to itself

    def ready(self, index: int) -> None:
        self._ready = True
        self._write("ready", index)

    def refused(self, index: int, status: int) -> None:
        self._write("refused", index, status)

    def retiring(self, index: int) -> None:
        self._write("retiring", index)

    def draining(self, index: int) -> None:
        self._ready = False
        self._write("draining", index)

    def ended(self, index: int, failures: int) -> None:
        self._write("ended", index, failures)

    def _does(self, failure: str, counted: str = "build") -> bool:
        """Whether this worker is to fail so: "failure first last", counted in workers that were built."""
        name, _, numbers = self._fails.partition(": ")
        if name != failure:
            return False
        first, last = numbers.split()
        return int(first) <= self._book.read_text().count(f'"{counted}"') <= int(last)

    async def app(self, scope, receive, send):
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        status, parts = 200, 1
        if scope["path"] == "/ready":
            status = 200 if self._ready else 503
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

    async def _flood(self, scope, send):
        sent, part = 0, bytes(16 << 10)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        try:
            while True:
                async with asyncio.timeout(0.5):
                    await send({"type": "http.response.body", "body": part, "more_body": True})
                sent += len(part)
        except TimeoutError:
            self._write("flooded", sent)
            scope["extensions"]["speechd.abort"]()
            raise TransferAborted("the client did not read") from None

    async def _lifespan(self, receive, send):
        await receive()
        if self._does("raise in lifespan"):
            raise RuntimeError("as asked")
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})


if __name__ == "__main__":
    configure_server("info", json=False)
    settings = Settings.load({}, os.environ)
    fake = Fake(settings.workers)
    os.fork = fake.fork
    serve(settings, fake)
