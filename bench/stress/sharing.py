"""Checks of the pool: slots are shared, listeners hear without a gap, and a long text disturbs nobody."""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import asdict
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from bench import texts
from bench.loadgen import LoadGenerator, Target
from bench.server import Server, running
from bench.stress.checks import (
    SENTENCE,
    WORKERS,
    Options,
    Result,
    health,
    is_idle,
    judged,
    paced,
    probe,
    settled,
    ttfa,
    watched,
)
from speechd.audio.samples import SAMPLE_RATE
from speechd.cli.tune.client import Client
from speechd.engines.tone import decode

LONG: Final = 50_000
"""Characters."""

SILENCE: Final = 200
"""Samples, fewer than there are between two bursts of the tone engine."""

BOUNDED_MIB: Final = 50.0
"""MiB by which the server may grow while it speaks a long text, of which the audio alone is 160 MB."""


async def together(options: Options) -> Result:
    """Two requests at once, both slots idle: each on its own slot, over fresh and kept connections."""
    trials = options.count(500, 10)
    figures: dict[str, Any] = {"trials": trials}
    with paced(options, rtf=0.02) as server:
        for kind, keep_alive in (("fresh", False), ("kept", True)):
            target = Target(server.url, keep_alive=keep_alive)
            clients = [target.client() for _ in range(WORKERS)]
            apart = 0
            for _ in range(trials):
                before = _segments(await health(server))
                await asyncio.gather(*(target.speak(client, SENTENCE) for client in clients))
                after = _segments(await health(server))
                apart += [new - old for new, old in zip(after, before, strict=True)] == [1] * WORKERS
            for client in clients:
                client.close()
            figures[f"{kind}_apart"] = apart
    return judged(figures, all_apart=figures["fresh_apart"] == figures["kept_apart"] == trials)


def _segments(said: dict[str, Any]) -> list[int]:
    return [worker["segments"] for worker in said["workers"]]


async def continuity(options: Options) -> Result:
    """Real-time listeners: 70 % of what the machine can speak, then four times as many."""
    seconds = options.count(60, 4)
    with _engine(options) as server:
        target = Target(server.url)
        await probe(target, 2)
        longest_s = await _longest_segment_s(server, target)
        fast = LoadGenerator(target, texts.varied(1))
        await fast.closed(4 * WORKERS, seconds / 4)
        capacity = fast.figures().audio_s_per_s
        listeners = max(1, math.floor(0.7 * capacity))
        measured = []
        for count in (listeners, 4 * listeners):
            await settled(server, is_idle)
            generator = LoadGenerator(target, texts.varied(2))
            await generator.closed(count, seconds, realtime=True)
            measured.append(generator.figures())
    normal, over = measured
    return judged(
        {
            "capacity": capacity,
            "listeners": listeners,
            "longest_segment_s": longest_s,
            "at_70_percent": asdict(normal),
            "at_4_times_that": asdict(over),
        },
        c100_is_100_percent=normal.c100 == 100.0,
        all_heard_at_70_percent=normal.heard == normal.requests,
        ttfa_p99_within_two_longest_segments=(normal.ttfa_p99_s or math.inf) < 2 * longest_s,
        c100_of_admitted_is_99_percent_at_4_times_that=(over.c100 or 0.0) >= 99.0,
        none_failed_at_4_times_that=over.failed == 0,
    )


def _engine(options: Options) -> AbstractContextManager[Server]:
    if options.model_dir is None:
        return paced(options, rtf=0.1)
    return running(options.folder, engine="kokoro", model_dir=options.model_dir.resolve(), log_level="warning")


async def _longest_segment_s(server: Server, target: Target) -> float:
    """Seconds that an idle server's slot takes for the longest segment of a long text."""
    client, eye = target.client(), Client(server.url)
    speaking = asyncio.create_task(target.speak(client, texts.text(random.Random(0), 3000)))
    longest_s, last = 0.0, (await eye.json("/health"))["workers"]
    while not speaking.done():
        await asyncio.sleep(0.005)
        workers = (await eye.json("/health"))["workers"]
        for old, new in zip(last, workers, strict=True):
            if new["segments"] == old["segments"] + 1:
                longest_s = max(longest_s, new["busy_s"] - old["busy_s"])
        last = workers
    client.close()
    eye.close()
    return longest_s


async def long_text(options: Options) -> Result:
    """50,000 characters for one client: all of them, in order; memory bounded; others' first audio unaffected."""
    rtf = 0.01
    text = texts.text(random.Random(0), options.count(LONG, 3000))[: options.count(LONG, 3000)]
    with paced(options, rtf) as server:
        target = Target(server.url, timeout_s=600)
        alone = await probe(target, options.count(30, 5))
        segment_s = await _longest_segment_s(server, target)
        client = target.client()
        async with watched(server) as watch:
            speaking = asyncio.create_task(target.speak(client, text))
            beside = []
            while not speaking.done():
                beside += await probe(target, 1, gap_s=0.05)
        response = await speaking
        client.close()
        idle_s = await settled(server, is_idle)
    figures = {
        "characters": len(text),
        "audio_s": len(response.body) / 2 / SAMPLE_RATE,
        "seconds": response.ended_s - response.sent_s,
        "growth_mib": max(watch.held_mib) - watch.held_mib[0],
        "longest_segment_s": segment_s,
        "others": len(beside),
        "others_ttfa_p99_alone_s": ttfa(alone, 99),
        "others_ttfa_p50_s": ttfa(beside, 50),
        "others_ttfa_p99_s": ttfa(beside, 99),
        "idle_after_s": idle_s,
    }
    return judged(
        figures,
        complete=response.ok,
        all_of_it_in_order=_letters(_decoded(bytes(response.body))) == _letters(text),
        memory_bounded=figures["growth_mib"] <= BOUNDED_MIB,
        # Whoever comes waits for a segment that runs; beyond that nothing may be in the way.
        others_unaffected=figures["others_ttfa_p99_s"] <= figures["others_ttfa_p99_alone_s"] + segment_s,
        idle_afterwards=math.isfinite(idle_s),
    )


def _decoded(pcm: bytes) -> str:
    """The text that the tone engine spoke. It is decoded by pieces: an hour at once would take gigabytes."""
    return "".join(decode((piece / 32767).astype(np.float32)) for piece in _pieces(np.frombuffer(pcm, "<i2")))


def _pieces(samples: npt.NDArray[np.int16]) -> Iterator[npt.NDArray[np.int16]]:
    """Pieces of 10 s and somewhat more, cut where it is silent."""
    start, length = 0, 10 * SAMPLE_RATE
    while len(samples) - start > 2 * length:
        sounding = np.cumsum(samples[start + length : start + 2 * length] != 0)
        silent = np.flatnonzero(sounding[SILENCE:] == sounding[:-SILENCE])
        end = start + length + int(silent[0]) + SILENCE // 2
        yield samples[start:end]
        start = end
    yield samples[start:]


def _letters(text: str) -> str:
    return "".join(character for character in text if character.isalnum()).lower()
