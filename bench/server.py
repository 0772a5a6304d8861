"""The real server for benchmarks and tests: a `ServerProcess` with what they ask of it, and their command line."""

from __future__ import annotations

import argparse
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import psutil

from speechd.cli.tune.launcher import START_TIMEOUT_S, ServerProcess, free_port, holds, launch

__all__ = ["ROOT", "START_TIMEOUT_S", "Server", "chosen", "free_port", "running", "start", "until"]

ROOT = Path(__file__).parents[1]


def until(condition: Callable[[], object], timeout_s: float = 60.0, what: str = "condition") -> None:
    """Return when the condition holds. Raises `AssertionError` if it does not in time."""
    assert holds(condition, timeout_s), f"{what} did not come true within {timeout_s} s"


class Server(ServerProcess):
    """A server that is measured or tested."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, log_path: Path, keys: str = "") -> None:
        """keys: its setting `api_keys`, the first of which is used where one is needed."""
        super().__init__(process, port, log_path)
        key = keys.partition(",")[0]
        self._headers = {"authorization": f"Bearer {key}"} if key else {}

    def workers(self) -> list[psutil.Process]:
        """The processes of its workers, ready or not."""
        return [child for child in psutil.Process(self.process.pid).children() if child.is_running()]

    def health(self) -> dict[str, Any]:
        """The JSON object of `/health`, as those with a key get it."""
        health: dict[str, Any] = httpx2.get(self.url + "/health", headers=self._headers, timeout=10).json()
        return health

    def speech(self, input: str = "hello", **fields: object) -> httpx2.Response:
        """`POST /v1/audio/speech`, for PCM where the fields do not say otherwise."""
        body = {"model": "tts-1", "voice": "alloy", "input": input, "response_format": "pcm"} | fields
        return httpx2.post(self.url + "/v1/audio/speech", json=body, timeout=60)


def start(
    folder: Path, *, path: Sequence[Path] = (), environ: Mapping[str, str] | None = None, **settings: object
) -> Server:
    """Start a server in a folder, where its log will be.

    path: folders to import its engine from, beside the checkout. environ: further environment variables. settings: as
    in `speechd serve --help`, by name.
    """
    given = {"engine": "tone", "workers": 2, "threads": 1, "drain_wait_s": 0, "log_level": "debug"} | settings
    port = int(str(given.setdefault("port", free_port())))
    own = {"PYTHONPATH": os.pathsep.join(map(str, (ROOT, *path)))} | dict(environ or {})
    log_path = folder / f"server-{port}.log"
    launched = launch(given, log_path, environ=own, cwd=folder)
    keys = own.get("SPEECHD_API_KEYS", str(given.get("api_keys", "")))
    return Server(launched.process, port, log_path, keys)


@contextmanager
def running(
    folder: Path,
    *,
    path: Sequence[Path] = (),
    environ: Mapping[str, str] | None = None,
    ready_s: float = START_TIMEOUT_S,
    **settings: object,
) -> Iterator[Server]:
    """A server that is ready within `ready_s`; it must exit with 0 when it is told to end. See `start`."""
    server = start(folder, path=path, environ=environ, **settings)
    try:
        server.wait_ready(ready_s)
        yield server
        assert server.terminate() == 0, server.log()
    finally:
        server.kill()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which server a benchmark measures: one that runs, or one that it starts."""
    parser.add_argument(
        "--url", help="a running server, speechd or any other with OpenAI's endpoint; else one is started"
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
