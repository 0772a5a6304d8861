"""An engine with a model to unload, that does with it as it is told by a file, and writes down what it did."""

from __future__ import annotations

import os
import time
from pathlib import Path

from speechd.engines.base import Segment, Window
from tests.harness.engines.faulty import FaultyEngine

LOAD_S = 0.5
"""Time for all who ask at once to come while nothing is loaded yet: they are admitted by other rules than the next."""


class UnloadableEngine(FaultyEngine):
    """In the folder `UNLOADABLE`: `journal` has a line for each "load" and "unload"; what is in `does` ("cannot load",
    "hangs while loading", "cannot start") is done. Speaking without the model fails."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = Path(os.environ["UNLOADABLE"])
        self._loaded = True

    def load(self) -> None:
        self._write("load")
        time.sleep(LOAD_S)
        if self._does("cannot load"):
            raise OSError("as asked")
        if self._does("hangs while loading"):
            time.sleep(3600)
        self._loaded = True

    def unload(self) -> None:
        self._write("unload")
        self._loaded = False

    def start(self, threads: int) -> None:
        if self._does("cannot start"):
            raise RuntimeError("as asked")
        assert self._loaded

    def render_window(self, segment: Segment, state: bytes, wanted_s: float) -> Window:
        assert self._loaded
        return super().render_window(segment, state, wanted_s)

    def _does(self, what: str) -> bool:
        path = self._folder / "does"
        return path.exists() and path.read_text() == what

    def _write(self, line: str) -> None:
        with (self._folder / "journal").open("a") as journal:
            print(line, file=journal)


def create(options: object) -> UnloadableEngine:
    """What `engine=unloadable:create` names."""
    return UnloadableEngine()
