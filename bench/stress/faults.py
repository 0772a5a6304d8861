"""Checks of faults: workers are killed and clients leave, at random moments."""

from __future__ import annotations

import asyncio
import itertools
import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import psutil

from bench import texts
from bench.loadgen import Target, percentile
from bench.server import Server
from bench.stress.checks import WORKERS, Options, Result, health, is_idle, judged, paced, settled

BOUND: Final = 8
EXTRA: Final = 4
"""Requests in flight, and those beyond, at every kill."""

RTF: Final = 0.05
LIFE_S: Final = 0.7
"""About what the requests of a round take: a worker is killed at any moment of it."""


@dataclass(slots=True)
class Kills:
    """Results of the rounds so far."""

    rounds: int = 0
    broken: int = 0
    complete: int = 0
    refused: int = 0
    ready_s: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


async def kills(options: Options) -> Result:
    """Workers killed under load: the bound stays exact, only their own connections break, every other
    stream is the same to the last bit."""
    choice = random.Random(0)
    count = options.count(200, 5)
    inputs = [with_pauses(texts.text(choice, 50)) for _ in range(BOUND)]
    seen = Kills()
    with paced(options, RTF, max_in_flight=BOUND, max_wait_s=60) as server:
        target = Target(server.url, timeout_s=30)
        expected = {input: bytes((await target.speak(target.client(), input)).body) for input in inputs}
        for number in range(count):
            await _round(server, target, expected, seen, delay_s=choice.uniform(0, LIFE_S), full_first=number % 2 == 0)
    return judged(
        {
            "kills": seen.rounds,
            "streams_broken": seen.broken,
            "streams_complete": seen.complete,
            "refused": seen.refused,
            "ready_p50_s": percentile(seen.ready_s, 50),
            "ready_max_s": max(seen.ready_s),
            "wrong": seen.wrong[:20],
            "wrong_count": len(seen.wrong),
        },
        nothing_wrong=not seen.wrong,
        replaced_within_1_s=max(seen.ready_s) <= 1.0,
    )


async def _round(
    server: Server, target: Target, expected: Mapping[str, bytes], seen: Kills, *, delay_s: float, full_first: bool
) -> None:
    """One kill. full_first: when the server has taken what it can, and refused the rest; else at any moment."""
    inputs = [list(expected)[index % len(expected)] for index in range(BOUND + EXTRA)]
    asked = [asyncio.create_task(target.speak(target.client(), input)) for input in inputs]
    name = f"round {seen.rounds}"
    if full_first:
        for done in itertools.islice(asyncio.as_completed(asked), EXTRA):
            await done
        in_flight = (await health(server)).get("in_flight")
        refused = sum(task.done() and task.result().refused for task in asked)
        if (in_flight, refused) != (BOUND, EXTRA):
            seen.wrong.append(f"{name}: {in_flight} in flight and {refused} refused, of {BOUND} and {EXTRA}")
    await asyncio.sleep(delay_s)
    victim, ports = kill_one(server)
    replaced = asyncio.create_task(settled(server, lambda said: is_replaced(said, victim)))
    responses = await asyncio.gather(*asked)
    for input, response in zip(inputs, responses, strict=True):
        seen.complete += response.ok
        seen.refused += response.refused
        broken = not (response.ok or response.refused)
        seen.broken += broken
        if broken and response.port not in ports:
            seen.wrong.append(f"{name}: another worker's client got {response.status} {response.error}")
        if response.ok and response.body != expected[input]:
            seen.wrong.append(f"{name}: complete and different")
    seen.ready_s.append(await replaced)
    if not math.isfinite(await settled(server, is_idle, 3.0)):
        seen.wrong.append(f"{name}: not idle afterwards: {await health(server)}")
    seen.rounds += 1


def kill_one(server: Server) -> tuple[int, set[int]]:
    """Kill a worker; its process id, and the clients' ports of its connections. It is stopped at the random moment and
    killed when its connections are known, so that none can come between."""
    victim = random.choice(server.workers())
    victim.suspend()
    ports = {connection.raddr.port for connection in victim.net_connections("tcp") if connection.raddr}
    victim.kill()
    return victim.pid, ports


def is_replaced(said: dict[str, Any], victim: int) -> bool:
    return said["ready"] == WORKERS and all(worker["pid"] != victim for worker in said["workers"])


def with_pauses(text: str) -> str:
    """The text with a pause behind every word: its cuts are then the same whatever the load, and so is every sample."""
    return " [pause:0.1s] ".join(text.split())


async def disconnects(options: Options) -> Result:
    """Clients that leave at random moments: their places come back, and no further segment is begun for them."""
    choice = random.Random(0)
    batches, size = options.count(125, 3), 8
    text = texts.text(choice, 1500)
    places_s: list[float] = []
    stopped_s: list[float] = []
    begun = 0
    with paced(options, RTF, max_wait_s=60) as server:
        target = Target(server.url)
        await target.speak(target.client(), text)
        before = _descriptors(server)
        for _ in range(batches):
            await asyncio.gather(*(_leave(target, text, choice.uniform(0, 0.5)) for _ in range(size)))
            places_s.append(await settled(server, lambda said: not (said["in_flight"] or said["waiting"])))
            then = await health(server)
            stopped_s.append(await settled(server, is_idle))
            begun += max(0, _segments(await health(server)) - _segments(then) - then["running"])
        await settled(server, lambda said: sum(_descriptors(server)) <= sum(before))
        after = _descriptors(server)
    figures = {
        "disconnects": batches * size,
        "place_back_p50_s": percentile(places_s, 50),
        "place_back_max_s": max(places_s),
        "compute_stops_max_s": max(stopped_s),
        "segments_begun_for_nobody": begun,
        "descriptors": [before, after],
    }
    return judged(
        figures,
        places_back_within_100_ms=max(places_s) <= 0.1,
        compute_stops_within_a_segment=begun == 0 and math.isfinite(max(stopped_s)),
        no_descriptor_leaked=sum(after) <= sum(before),
    )


async def _leave(target: Target, text: str, after_s: float) -> None:
    client = target.client()
    speaking = asyncio.create_task(target.speak(client, text))
    await asyncio.sleep(after_s)
    speaking.cancel()
    await asyncio.gather(speaking, return_exceptions=True)
    client.close()


def _segments(said: dict[str, Any]) -> int:
    return sum(worker["segments"] for worker in said["workers"])


def _descriptors(server: Server) -> Sequence[int]:
    return [psutil.Process(worker.pid).num_fds() for worker in server.workers()]
