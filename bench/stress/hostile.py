"""Check of hostile clients: what each can cost at most, and that nobody else hears of it.

Each attack has a server of its own, with its default limits. Two honest listeners are measured before and during the
attack; afterwards the server is to be as it was. Before an attack that asks for speech, they are measured beside
clients that do the same with ordinary texts: slots are for whoever comes, and nobody may take more of them than that.
"""

from __future__ import annotations

import asyncio
import json
import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from bench import texts
from bench.loadgen import Figures, LoadGenerator, Outcome, Target
from bench.server import ROOT, Server
from bench.stress.attacks import ATTACKS
from bench.stress.checks import Options, Result, held_mib, is_idle, judged, paced, probe, settled, ttfa, watched

LISTENERS: Final = 2

SPEED_RTF: Final = 0.05
"""Real-time factor of a slot: 20 × real time, some more than Kokoro on a fast core."""

FIRST_AUDIO_RATIO: Final = 1.2
"""Largest ratio of the others' first audio (p99) during an attack to that without."""

NOISE_S: Final = 0.025
"""Noise of that figure: what a client on the same two cores as the server measures more on one try than on the next."""

TAKEN_RATIO: Final = 0.9
"""Least ratio of the share of their requests that others have accepted during an attack to that without."""

MEMORY_RATIO: Final = 1.2
"""Largest ratio of the memory held after an attack to that before."""

RETURNED_S: Final = 1.0
"""Seconds after the attackers' end in which all places are to be free."""

PROBE_GAP_S: Final = 0.1
"""Between two requests for a sentence."""

ROUNDS: Final = 3
"""How often others are measured without and with an attack, by turns: the p99 of one turn is hardly more than its
largest value."""


@dataclass(frozen=True, slots=True)
class Honest:
    """Figures of clients that are no attackers: listeners of each turn, and short requests one after the other."""

    listeners: Sequence[Figures] = ()
    probes: Sequence[Outcome] = ()

    def __add__(self, other: Honest) -> Honest:
        """Both turns' figures."""
        return Honest([*self.listeners, *other.listeners], [*self.probes, *other.probes])

    @property
    def first_audio_p99_s(self) -> float:
        """First audio of the short requests that were accepted; infinite if none was."""
        taken = [outcome for outcome in self.probes if not outcome.refused]
        return ttfa(taken, 99) if taken else math.inf

    @property
    def taken(self) -> float:
        """Share of the short requests that were taken."""
        return sum(not outcome.refused for outcome in self.probes) / max(1, len(self.probes))


async def hostile(options: Options) -> Result:
    """Hostile clients, each kind by itself: nobody else hears of it, and afterwards the server is as it was."""
    figures: dict[str, Any] = {}
    claims: dict[str, bool] = {}
    for name in ATTACKS:
        row = figures[name] = await _attacked(options, name)
        print(f"    {name}: {json.dumps({key: _short(value) for key, value in row.items()})}", flush=True)
        limit_s = FIRST_AUDIO_RATIO * row["first_audio_p99_alone_s"] + NOISE_S
        claims |= {
            f"{name}: others' first audio": row["first_audio_p99_s"] <= limit_s,
            f"{name}: others' underruns": row["c100"] in (None, 100.0) and not row["failed"],
            f"{name}: others are taken": row["taken"] >= TAKEN_RATIO * row["taken_alone"],
            f"{name}: places returned": row["returned_after_s"] <= RETURNED_S,
            f"{name}: memory returned": row["held_mib"] <= MEMORY_RATIO * row["held_before_mib"],
            f"{name}: no worker died": not row["worker_deaths"],
        }
    return judged(figures, **claims)


def _short(value: object) -> object:
    return round(value, 3) if isinstance(value, float) else value


async def _attacked(options: Options, name: str) -> dict[str, Any]:
    seconds = options.count(10, 3)
    with paced(options, SPEED_RTF, engine="bench.tone:fragile") as server:
        target = Target(server.url)
        await _heard(target, 1, 2.0)  # what every server does only once
        alone, beside = Honest(), Honest()
        before_mib, busy_s, text_s, returned_s = 0.0, 0.0, 0.0, 0.0
        async with watched(server) as watch:
            for _ in range(options.count(ROUNDS, 1)):
                alone += await _heard_beside(name, server, seconds, ordinary=True)
                await settled(server, is_idle)
                before_mib = before_mib or held_mib(server)
                busy_s, text_s = busy_s - _busy_s(server), text_s - _text_s(server)
                beside += await _heard_beside(name, server, seconds)
                returned_s = max(returned_s, await settled(server, is_idle))
                busy_s, text_s = busy_s + _busy_s(server), text_s + _text_s(server)
        await asyncio.sleep(5.0)
        attacked_s = options.count(ROUNDS, 1) * (seconds + 1.0)
        return _row(alone, beside) | {
            "most_in_flight": max(watch.in_flight, default=0),
            "slot_s_per_s": busy_s / attacked_s,
            "text_s_per_s": text_s / attacked_s,
            "held_before_mib": before_mib,
            "most_held_mib": max(watch.held_mib, default=0.0),
            "held_mib": held_mib(server),
            "returned_after_s": returned_s,
            "worker_deaths": _deaths(server),
        }


def _row(alone: Honest, beside: Honest) -> dict[str, Any]:
    return {
        "first_audio_p99_alone_s": alone.first_audio_p99_s,
        "first_audio_p99_s": beside.first_audio_p99_s,
        "probes": len(beside.probes),
        "taken_alone": alone.taken,
        "taken": beside.taken,
        "listened": sum(each.heard for each in beside.listeners),
        "failed": sum(each.failed for each in beside.listeners),
        "c100": min((each.c100 for each in beside.listeners if each.c100 is not None), default=None),
    }


async def _heard_beside(name: str, server: Server, seconds: float, *, ordinary: bool = False) -> Honest:
    """Beside an attack, or the ordinary clients that it is compared with. Those are in a process of their own, which
    gives way to the others: on other machines, they would take nothing of these cores."""
    attacking = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.stress.attacks", name, str(server.port), str(seconds + 2.0)),
        *(["--ordinary"] if ordinary else []),
        cwd=ROOT,
    )
    await asyncio.sleep(1.5)  # it has begun
    heard = await _heard(Target(server.url), LISTENERS, seconds)
    await attacking.wait()
    return heard


async def _heard(target: Target, listeners: int, seconds: float) -> Honest:
    """Listeners who listen, and one who asks for a sentence, again and again, and comes back soon if refused."""
    generator = LoadGenerator(target, texts.varied(7))
    listening = asyncio.create_task(generator.closed(listeners, seconds, realtime=True))
    probes = []
    while not listening.done():
        probes += await probe(target, 1, PROBE_GAP_S)
    await listening
    return Honest([generator.figures()], probes)


def _busy_s(server: Server) -> float:
    return sum(float(row["busy_s"]) for row in server.health()["workers"])


def _text_s(server: Server) -> float:
    """Processor time of what reads text: of all that live and have been buried."""
    total = 0.0
    for worker in server.workers():
        for fork_server in worker.children():
            times = [fork_server.cpu_times(), *(child.cpu_times() for child in fork_server.children())]
            total += sum(each.user + each.system for each in times)
            total += times[0].children_user + times[0].children_system
    return total


def _deaths(server: Server) -> int:
    return sum(int(row["deaths"]) for row in server.health()["workers"])
