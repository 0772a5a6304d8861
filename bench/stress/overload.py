"""Checks of admission: an overloaded server goes on doing what it can, and refuses the rest at once."""

from __future__ import annotations

import asyncio
import itertools
import math
import time
from typing import Any, Final

import openai

from bench.loadgen import Figures, LoadGenerator, Target
from bench.server import Server
from bench.stress.checks import WORKERS, Options, Result, health, is_idle, judged, paced, probe, settled, ttfa, watched

RTF: Final = 0.02
TEXT: Final = "The ferry leaves at noon today, and nobody on it knows what the captain saw."
TEXT_S: Final = 5.0
"""About what TEXT lasts: the tone engine speaks 15 characters a second."""

FLAT_MIB: Final = 10.0
"""MiB by which the server may grow from the first third of an overload to its end."""


async def overload(options: Options) -> Result:
    """Ten times as many requests as it can speak: it speaks as many as before, and refuses the rest within 50 ms."""
    seconds = options.count(30, 3)
    rate = WORKERS / RTF / TEXT_S
    with paced(options, RTF) as server:
        bound = 8 * WORKERS
        target = Target(server.url)
        idle = await probe(target, options.count(50, 10))
        once, _ = await _offer(target, rate, seconds)
        await settled(server, is_idle)
        async with watched(server) as watch:
            tenfold, generator = await _offer(target, 10 * rate, seconds)
        recovered_s = await _recovery_s(target, ttfa(idle, 99), since_s=generator.stopped_s)
        leak = await health(server)
    refusals = [outcome for outcome in generator.outcomes if outcome.refused]
    flat = watch.held_mib[len(watch.held_mib) // 3 :]
    figures: dict[str, Any] = {
        "offered_audio_s_per_s": 10 * rate * TEXT_S,
        "at_1": _row(once),
        "at_10": _row(tenfold),
        "throughput_ratio": tenfold.audio_s_per_s / once.audio_s_per_s,
        "most_in_flight": max(watch.in_flight),
        "growth_mib": max(flat) - flat[0],
        "idle_ttfa_p99_s": ttfa(idle, 99),
        "recovered_after_s": recovered_s,
    }
    return judged(
        figures,
        throughput_95_percent=figures["throughput_ratio"] >= 0.95,
        bound_held=max(watch.in_flight) <= bound,
        refused_within_50_ms=(tenfold.refusal_p99_s or math.inf) <= 0.05,
        all_refusals_say_when=all(outcome.retry_after_s is not None for outcome in refusals),
        no_resets_no_hangs=once.failed == tenfold.failed == 0,
        memory_flat=figures["growth_mib"] <= FLAT_MIB,
        recovered_in_5_s=recovered_s <= 5.0,
        nothing_in_flight_afterwards=is_idle(leak),
    )


async def _offer(target: Target, rate: float, seconds: float) -> tuple[Figures, LoadGenerator]:
    generator = LoadGenerator(target, itertools.repeat(TEXT))
    await generator.open(rate, seconds)
    return generator.figures(), generator


def _row(figures: Figures) -> dict[str, Any]:
    names = ("requests", "heard", "refused", "failed", "audio_s_per_s", "ttfa_p99_s", "c100", "refusal_p99_s", "errors")
    return {name: getattr(figures, name) for name in names}


async def _recovery_s(target: Target, baseline_s: float, *, since_s: float) -> float:
    """Seconds until five requests in a row are heard about as early as at an idle server (half as late again)."""
    while (took_s := time.monotonic() - since_s) < 30.0:
        if ttfa(await probe(target, 5), 100) <= 1.5 * baseline_s:
            return took_s
    return math.inf


async def sdk(options: Options) -> Result:
    """OpenAI's SDK with its default retries against a server that is full for two seconds: it gets its audio."""
    trials = options.count(10, 1)
    retries: list[int] = []
    errors: list[str] = []
    with paced(options, rtf=0.05, max_in_flight=WORKERS) as server:
        for _ in range(trials):
            held = await _filled(server)
            async with openai.AsyncOpenAI(base_url=f"{server.url}/v1", api_key="unused") as client:
                try:
                    raw = await client.audio.speech.with_raw_response.create(
                        model="tts-1", voice="alloy", input="Room at last.", response_format="pcm"
                    )
                    retries.append(raw.retries_taken)
                except openai.APIError as error:
                    errors.append(repr(error))
            await asyncio.gather(*held)
    return judged(
        {"trials": trials, "heard": len(retries), "retries": retries, "errors": errors},
        all_heard=len(retries) == trials,
        all_were_refused_first=all(retries),
    )


async def _filled(server: Server) -> list[asyncio.Task[Any]]:
    """Requests that take every place."""
    await settled(server, is_idle)
    target = Target(server.url)
    held = [asyncio.create_task(target.speak(target.client(), 8 * TEXT)) for _ in range(WORKERS)]
    await settled(server, lambda said: said["in_flight"] == WORKERS)
    return held
