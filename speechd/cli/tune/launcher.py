"""A server in a process of its own, on this machine: started on a free port, waited for, and ended."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import httpx2

from speechd.config.options import variable
from speechd.errors import EngineUnavailable

START_TIMEOUT_S: Final = 180.0
STOP_TIMEOUT_S: Final = 20.0

POLL_S: Final = 0.01
"""Between two looks at a condition."""


class ServerProcess:
    """A server that was started here: its process (the arbiter's), port, URL and log."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, log_path: Path) -> None:
        self.process = process
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self._log_path = log_path

    def log(self) -> str:
        """The lines of its log so far."""
        return self._log_path.read_text(errors="replace")

    def get(self, path: str) -> httpx2.Response:
        """`GET` of a path, over a connection of its own."""
        return httpx2.get(self.url + path, timeout=10, trust_env=False)

    def is_ready(self) -> bool:
        """Whether `/ready` says so. Raises `EngineUnavailable` with the log if the server has ended."""
        if self.process.poll() is not None:
            raise EngineUnavailable(f"The server does not start: {self.log().strip()}")
        try:
            return self.get("/ready").is_success
        except httpx2.TransportError:
            return False  # Not listening yet.

    def wait_ready(self, timeout_s: float = START_TIMEOUT_S) -> None:
        """Return when the server is ready. Raises `EngineUnavailable` if it ends, or is not ready in time."""
        if not holds(self.is_ready, timeout_s):
            raise EngineUnavailable(f"The server was not ready within {timeout_s:g} s: {self.log().strip()}")

    def terminate(self, timeout_s: float = STOP_TIMEOUT_S) -> int:
        """Send SIGTERM to the arbiter; its exit status. Raises `subprocess.TimeoutExpired`."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout_s)

    def stop(self) -> None:
        """End it in order, or at once if that takes too long."""
        try:
            self.terminate()
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End all of its processes at once."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)


def launch(
    options: Mapping[str, object], log_path: Path, *, environ: Mapping[str, str] | None = None, cwd: Path | None = None
) -> ServerProcess:
    """Start a server.

    options: settings by name; without a port, a free one is taken. environ: further environment variables.
    """
    port = int(str(options.get("port") or free_port()))
    variables = {variable(name): str(value) for name, value in {**options, "port": port}.items()}
    command = [sys.executable, "-P", "-m", "speechd", "serve"]  # -P: nothing is imported from the current folder
    with log_path.open("wb") as log:
        process = subprocess.Popen(
            command,
            env=os.environ | variables | dict(environ or {}),
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            start_new_session=True,  # Ctrl-C is for us alone, and `kill` reaches all of its processes.
        )
    return ServerProcess(process, port, log_path)


@contextmanager
def serving(options: Mapping[str, object], folder: Path) -> Iterator[ServerProcess]:
    """A server that is ready, with its log in `folder`; it is ended afterwards. Raises `EngineUnavailable`."""
    server = launch(options, folder / "server.log")
    try:
        server.wait_ready()
        yield server
    finally:
        server.stop()


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def holds(condition: Callable[[], object], timeout_s: float) -> bool:
    """Whether the condition comes to hold in time."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_S)
    return True
