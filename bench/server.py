"""The real server as a process, for benchmarks and tests: started on a free port, waited for, and ended."""

from __future__ import annotations

import argparse
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil

ROOT = Path(__file__).parents[1]

START_TIMEOUT_S = 120.0


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def until(condition: Callable[[], object], timeout_s: float = 10.0, what: str = "condition") -> None:
    """Poll until the condition is true; raises `AssertionError` when it is not in time."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not come true within {timeout_s} s"
        time.sleep(0.01)


class Server:
    """A running server: its address, process and log."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, log_path: Path, keys: str = "") -> None:
        """keys: its setting `api_keys`, the first of which is used where one is needed."""
        self.process = process
        key = keys.partition(",")[0]
        self._headers = {"authorization": f"Bearer {key}"} if key else {}
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self._log_path = log_path

    def log(self) -> str:
        """Its lines so far."""
        return self._log_path.read_text(errors="replace")

    def workers(self) -> list[psutil.Process]:
        """The processes of its workers, ready or not."""
        return [child for child in psutil.Process(self.process.pid).children() if child.is_running()]

    def get(self, path: str) -> httpx.Response:
        """`GET` of a path, over a connection of its own."""
        return httpx.get(self.url + path, timeout=10)

    def health(self) -> dict[str, Any]:
        """What `/health` says to those who have a key."""
        health: dict[str, Any] = httpx.get(self.url + "/health", headers=self._headers, timeout=10).json()
        return health

    def is_ready(self) -> bool:
        """Whether it says so. Raises `AssertionError` with its log if it has ended."""
        assert self.process.poll() is None, self.log()
        try:
            return self.get("/ready").status_code == 200
        except httpx.TransportError:
            return False

    def speech(self, input: str = "hello", **fields: object) -> httpx.Response:
        """`POST /v1/audio/speech`, for PCM where the fields do not say otherwise."""
        body = {"model": "tts-1", "voice": "alloy", "input": input, "response_format": "pcm"} | fields
        return httpx.post(self.url + "/v1/audio/speech", json=body, timeout=60)

    def terminate(self, timeout_s: float = 20.0) -> int:
        """SIGTERM to the arbiter; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout_s)


def start(
    folder: Path, *, path: Sequence[Path] = (), environ: Mapping[str, str] | None = None, **settings: object
) -> Server:
    """Start a server in a folder, where its log will be. path: where its engine may be imported from, beside the
    checkout; environ: its own variables; settings: as in `speechd serve --help`, by the names of their variables."""
    given = {"engine": "tone", "workers": 2, "threads": 1, "drain_wait_s": 0, "log_level": "debug"}
    port = int(str(settings.get("port", free_port())))
    variables = {f"SPEECHD_{name.upper()}": str(value) for name, value in (given | settings | {"port": port}).items()}
    variables |= {"PYTHONPATH": os.pathsep.join(map(str, (ROOT, *path)))} | dict(environ or {})
    log_path = folder / f"server-{port}.log"
    with log_path.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "speechd.cli.main", "serve"],
            env=os.environ | variables,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=folder,
        )
    return Server(process, port, log_path, variables.get("SPEECHD_API_KEYS", ""))


@contextmanager
def running(
    folder: Path, *, path: Sequence[Path] = (), environ: Mapping[str, str] | None = None, **settings: object
) -> Iterator[Server]:
    """A server that is ready; at the end it must exit cleanly when asked to. See `start`."""
    server = start(folder, path=path, environ=environ, **settings)
    try:
        until(server.is_ready, START_TIMEOUT_S, "ready")
        yield server
        assert server.terminate() == 0, server.log()
    finally:
        for process in [*server.workers(), server.process] if server.process.poll() is None else []:
            process.kill()
        server.process.wait(10)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which server a benchmark measures: one that runs, or one that it starts."""
    parser.add_argument(
        "--url", help="a running server, speechd or any other of OpenAI's contract; else one is started"
    )
    add_start_arguments(parser)


def add_start_arguments(parser: argparse.ArgumentParser) -> None:
    """The server that a benchmark starts."""
    parser.add_argument("--engine", default="auto", help="tone, espeak, kokoro ... (default: auto)")
    parser.add_argument("--model-dir", type=Path, help="Kokoro's weights, for --engine kokoro")
    parser.add_argument(
        "--setting", action="append", default=[], metavar="NAME=VALUE", help="any other setting of that server"
    )


def settings_of(arguments: argparse.Namespace) -> dict[str, Any]:
    """The settings that `add_start_arguments` asks for."""
    model_dir = {"model_dir": arguments.model_dir.resolve()} if arguments.model_dir else {}
    pairs = dict(pair.partition("=")[::2] for pair in arguments.setting)
    return {"engine": arguments.engine, "log_level": "warning", **model_dir, **pairs}


@contextmanager
def chosen(arguments: argparse.Namespace) -> Iterator[str]:
    """The URL of the server that was chosen, which is started and ended if need be."""
    if arguments.url:
        yield arguments.url
        return
    with tempfile.TemporaryDirectory() as folder, running(Path(folder), **settings_of(arguments)) as server:
        yield server.url
