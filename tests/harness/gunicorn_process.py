"""The arbiter and its workers, as real processes with a small app (see `gunicorn_app`)."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import psutil

QUICK = {
    "workers": 2,
    "worker_timeout_s": 1,
    "grace_s": 20,
    "respawn_delay_s": 0.01,
    "respawn_limit_s": 0.05,
    "boot_timeout_s": 20,
}


def until(condition: Callable[[], object], timeout_s: float = 60.0, what: Callable[[], str] = str) -> None:
    """Poll until the condition holds."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, what()
        time.sleep(0.01)


class Process:
    """A server under test, and the journal that its hooks keep."""

    def __init__(self, folder: Path, fails: str, settings: dict[str, object], stderr: int | None = None) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._journal = folder / "journal"
        self._journal.touch()
        self._log = folder / "log"
        given = {f"SPEECHD_{name.upper()}": str(value) for name, value in {**QUICK, **settings}.items()}
        own = {"JOURNAL": str(self._journal), "FAILURES": fails, "SPEECHD_PORT": str(self.port)}
        root = Path(__file__).parents[2]
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, str(root / "tests/harness/gunicorn_app.py")],
                env=os.environ | {"PYTHONPATH": str(root)} | given | own,
                stdout=log,
                stderr=log if stderr is None else stderr,
                start_new_session=True,
            )
        self._known: dict[int, psutil.Process] = {}

    def log(self) -> str:
        return self._log.read_text()

    def journal(self) -> list[list[Any]]:
        return [json.loads(line) for line in self._journal.read_text().splitlines() if line.endswith("]")]

    def count(self, what: str) -> int:
        return sum(line[0] == what for line in self.journal())

    def workers(self) -> list[psutil.Process]:
        found: list[psutil.Process] = psutil.Process(self.process.pid).children()
        self._known |= {worker.pid: worker for worker in found}
        return found

    def get(self, path: str = "/") -> httpx2.Response:
        return httpx2.get(f"http://127.0.0.1:{self.port}{path}", timeout=60)

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=60)

    def is_listening(self) -> bool:
        with contextlib.suppress(ConnectionRefusedError), self.connect():
            return True
        return False

    def exit_code(self, timeout_s: float = 60.0) -> int:
        return self.process.wait(timeout_s)

    def kill(self) -> None:
        for process in [*self._known.values(), self.process]:
            if process.pid and (process is self.process or process.is_running()):
                process.kill()
        self.process.wait(5)


@contextmanager
def running(
    folder: Path, *, fails: str = "", ready: bool = True, stderr: int | None = None, **settings: object
) -> Iterator[Process]:
    server = Process(folder, fails, settings, stderr)
    try:
        if ready:
            until(lambda: server.count("ready") >= 2 or server.process.poll() is not None, what=server.log)
            assert server.process.poll() is None, server.log()
            server.workers()
        yield server
    finally:
        server.kill()


def begun(client: socket.socket) -> bytes:
    """What comes up to the first part of a stream."""
    data = b""
    while b"part" not in data:
        data += client.recv(4096)
    return data


def rest(client: socket.socket) -> bytes:
    """What comes until the other side closes."""
    data = b""
    while piece := client.recv(4096):
        data += piece
    return data
