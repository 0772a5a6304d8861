"""The real server, as a process, for tests: `bench.server`, with the engines that lie beside the tests."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from bench import server
from bench.server import Server, free_port, until

__all__ = ["Server", "free_port", "running", "start", "until"]

ENGINES = (Path(__file__).parent / "engines",)


def start(tmp_path: Path, **settings: Any) -> Server:
    """See `bench.server.start`."""
    return server.start(tmp_path, path=ENGINES, **settings)


def running(tmp_path: Path, **settings: Any) -> AbstractContextManager[Server]:
    """See `bench.server.running`."""
    return server.running(tmp_path, path=ENGINES, **settings)
