"""Cases of `bench.memory`: what each server is put through, by sweep, payload, allocator and cache."""

from __future__ import annotations

import argparse
import itertools
import random
from collections.abc import Iterator, Mapping, Sequence
from ctypes.util import find_library
from dataclasses import dataclass, field
from typing import Final

from bench import memory_probe as probe
from bench.texts import MEDIAN, text, varied

PAYLOADS: Final = {"small": 60, "usual": MEDIAN, "large": 1000}
"""Characters of a text, or their median."""
CHARACTERS_PER_S: Final = 15
"""Characters in a second of speech, about."""

ALLOCATORS: Final[Mapping[str, Mapping[str, str]]] = {
    # Its own defaults, from which the launcher departs. An empty variable is one that the launcher leaves out.
    "glibc": {"MALLOC_ARENA_MAX": "", "MALLOC_MMAP_THRESHOLD_": "", "MALLOC_TRIM_THRESHOLD_": ""},
    "glibc-2": {"MALLOC_ARENA_MAX": "2", "MALLOC_MMAP_THRESHOLD_": "", "MALLOC_TRIM_THRESHOLD_": ""},
    "launcher": {},
    "jemalloc": {
        "LD_PRELOAD": find_library("jemalloc") or "",
        "MALLOC_CONF": "background_thread:true,dirty_decay_ms:1000,muzzy_decay_ms:1000",
    },
}
CAPACITY: Final = "ONEDNN_PRIMITIVE_CACHE_CAPACITY"


@dataclass(frozen=True, slots=True)
class Case:
    """Load on one server. steps: listeners and requests, one after the other."""

    sweep: str
    payload: str
    allocator: str
    steps: Sequence[tuple[int, int]]
    environ: Mapping[str, str] = field(default_factory=dict)

    @property
    def texts(self) -> Iterator[str]:
        """Texts of one length, or of varied length."""
        size = PAYLOADS[self.payload]
        if self.sweep not in ("concurrency", "requests", "planted"):
            return varied(0, size)
        choice = random.Random(0)
        return (text(choice, size) for _ in itertools.count())


def cases(arguments: argparse.Namespace) -> Iterator[Case]:
    """Every case that the command line asks for."""
    listeners = arguments.listeners
    totals = [0, *arguments.requests]
    by_requests = [(listeners, count - before) for before, count in itertools.pairwise(totals)]
    for sweep in arguments.sweeps:
        if sweep == "planted":
            leak = {probe.LEAK: str(arguments.leak_kib << 10)}
            # As in a quick run: a leak of this size shows at once.
            yield Case(sweep, "small", "launcher", [(listeners, 40), (listeners, 160)], leak)
        elif sweep == "limits":
            for allocator in arguments.allocators:
                yield Case(sweep, "usual", allocator, [(listeners, arguments.varied)])
        elif sweep == "primitives":
            for capacity in arguments.capacities:
                yield Case(sweep, "usual", "launcher", [(listeners, arguments.varied)], {CAPACITY: capacity})
        else:
            for payload, allocator in itertools.product(arguments.payloads, arguments.allocators):
                steps = {
                    "concurrency": [(count, arguments.each) for count in arguments.concurrency],
                    "requests": by_requests,
                    "hour": _hour(arguments.hour_s, payload, listeners),
                }[sweep]
                yield Case(sweep, payload, allocator, steps)


def _hour(audio_s: float, payload: str, listeners: int) -> list[tuple[int, int]]:
    """Six steps that make so many seconds of audio."""
    lengths = itertools.accumulate(map(len, varied(0, PAYLOADS[payload])))
    requests = next(count for count, total in enumerate(lengths, 1) if total >= audio_s * CHARACTERS_PER_S)
    return [(listeners, max(1, requests // 6))] * 6
