"""Any engine, and from inside its worker what only that knows of its memory: `--engine bench.memory_probe:probed`.

`BENCH_ENGINE` names the engine. Into the folder `BENCH_ARENAS` each worker writes the state of its arenas, as JSON in a
file named by its process id. `BENCH_LEAK_BYTES` are lost at every synthesis: a leak to be caught.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

from bench import arenas
from speechd.audio.samples import Audio
from speechd.engines import registry
from speechd.engines.base import Engine, Segment, SupportsThreads, SupportsWindows, SynthesisOptions, Window

ENGINE: Final = "BENCH_ENGINE"
ARENAS: Final = "BENCH_ARENAS"
LEAK: Final = "BENCH_LEAK_BYTES"

INTERVAL_S: Final = 0.5
"""Least time between two reports: one walks all free lists."""


def probed(options: registry.EngineOptions) -> Probe:
    """Called by the server with its options."""
    engine = registry.create(os.environ[ENGINE], options).engine
    return Probe(engine, Path(os.environ[ARENAS]), int(os.environ.get(LEAK) or 0))


def reports(folder: Path) -> Mapping[int, arenas.Arenas]:
    """The last report of each worker, by process id."""
    return {int(path.stem): arenas.Arenas(**json.loads(path.read_text())) for path in folder.glob("*.json")}


class Probe:
    """The engine, which it is in all but memory."""

    def __init__(self, engine: Engine, folder: Path, leak_bytes: int) -> None:
        self.name = engine.name
        self.passage_limit = engine.passage_limit
        self.passage_length = engine.passage_length
        self.sample_rate = engine.sample_rate
        self.model_ids = engine.model_ids
        self.batch_limit = engine.batch_limit
        self.batch_limit_s = engine.batch_limit_s
        self.voices = engine.voices
        self.languages = engine.languages
        self.load_voice = engine.load_voice
        if isinstance(engine, SupportsThreads):
            self.set_threads = engine.set_threads
        if isinstance(engine, SupportsWindows):
            self.window_state_limit = engine.window_state_limit
            self._render_window = engine.render_window
            self.render_window = self._probed_window
        self._engine = engine
        self._folder = folder
        self._leak_bytes = leak_bytes
        self._leaked: list[bytes] = []
        self._reported_s = 0.0

    def prepare(self, text: str, options: SynthesisOptions) -> Segment | None:
        return self._engine.prepare(text, options)

    def start(self, threads: int) -> None:
        self._engine.start(threads)

    def synthesize(self, segments: Sequence[Segment]) -> list[Audio | Exception]:
        outcomes = self._engine.synthesize(segments)
        self._note(len(segments))
        return outcomes

    def _probed_window(self, segment: Segment, state: bytes, wanted_s: float) -> Window:
        window = self._render_window(segment, state, wanted_s)
        self._note(1)
        return window

    def _note(self, syntheses: int) -> None:
        if self._leak_bytes:
            self._leaked.append(os.urandom(self._leak_bytes * syntheses))
        if time.monotonic() >= self._reported_s + INTERVAL_S:
            self._report()

    def _report(self) -> None:
        self._reported_s = time.monotonic()
        if state := arenas.read():
            # In one step, so that who reads it finds all of it.
            draft = self._folder / f"{os.getpid()}.draft"
            draft.write_text(json.dumps(asdict(state)))
            draft.replace(draft.with_suffix(".json"))
