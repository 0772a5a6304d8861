"""Bar of hostile clients: what each can cost at most, and that nobody else hears of it.

Each attack has a server of its own, with its default limits. Two honest listeners are heard before and during the
attack; afterwards the server is to be as it was. Before an attack that asks for speech they are heard beside clients
who do the same with ordinary texts: slots are for whoever comes, and nobody may take more of them than that.
"""

from __future__ import annotations

import asyncio
import json
import math
import os
import resource
import socket
import sys
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from bench import texts
from bench.loadgen import Crowd, Figures, Outcome, Target
from bench.server import ROOT, Server
from bench.stress.checks import Options, Result, held_mib, is_idle, judged, paced, probe, settled, ttfa, watched

LISTENERS: Final = 2

SPEED_RTF: Final = 0.05
"""Of a slot: 20 x real time, some more than Kokoro on a fast core."""

FIRST_AUDIO_RATIO: Final = 1.2
"""What the others' first audio may take during an attack, for what it takes without (p99)."""

NOISE_S: Final = 0.025
"""Of that figure: what a client on the same two cores as the server measures more on one try than on the next."""

TAKEN_RATIO: Final = 0.9
"""Share of their requests that others have taken during an attack, for what it is without."""

MEMORY_RATIO: Final = 1.2
"""What the server may hold after an attack, for what it held before."""

RETURNED_S: Final = 1.0
"""Seconds after the attackers' end in which all places are to be free."""

LONG: Final = "The quick brown fox jumps over the lazy dog. " * 1100
SLOW_BYTES_PER_S: Final = 3000
"""What a slow reader takes: a sixteenth of what PCM plays."""

PROBE_GAP_S: Final = 0.1
"""Between two requests for a sentence."""


@dataclass(frozen=True, slots=True)
class Honest:
    """What others live through: listeners, and short requests one after the other."""

    listeners: Figures
    probes: Sequence[Outcome]

    @property
    def first_audio_p99_s(self) -> float:
        """Of the short requests that were taken; infinite if none was."""
        taken = [outcome for outcome in self.probes if not outcome.refused]
        return ttfa(taken, 99) if taken else math.inf

    @property
    def taken(self) -> float:
        """Share of the short requests that were taken."""
        return sum(not outcome.refused for outcome in self.probes) / max(1, len(self.probes))


Attack = Callable[[int, float], Coroutine[Any, Any, None]]
"""Attacks the server at a port until a moment of `time.monotonic()`, and leaves."""


def post(fields: Mapping[str, object]) -> bytes:
    """A request for speech."""
    body = json.dumps({"model": "kokoro", "voice": "alloy", "response_format": "pcm", **fields}).encode()
    head = "POST /v1/audio/speech HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


async def _exchange(port: int, request: bytes, patience_s: float) -> None:
    """Send it, read what comes for so long, hang up."""
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(patience_s):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(request)
                while await reader.read(1 << 16):
                    pass
            finally:
                writer.transport.abort()


def _asking(fields: Mapping[str, object], *, at_once: int, patience_s: float, gap_s: float = 0.0) -> Attack:
    """So many clients, each of which asks, gives up after a while, and asks again."""

    async def attack(port: int, until: float) -> None:
        async def ask() -> None:
            while (left_s := until - time.monotonic()) > 0:
                await _exchange(port, post(fields), min(patience_s, left_s))
                await asyncio.sleep(gap_s)

        await asyncio.gather(*(ask() for _ in range(at_once)))

    return attack


async def _pipeline(port: int, until: float) -> None:
    """Requests without end, whose answers nobody reads."""
    requests = b"GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n" * 1000

    async def send() -> None:
        while time.monotonic() < until:
            with suppress(OSError, TimeoutError):
                async with asyncio.timeout_at(asyncio.get_running_loop().time() + until - time.monotonic()):
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                    try:
                        while not writer.transport.is_closing():
                            writer.write(requests)
                            await writer.drain()
                    finally:
                        writer.transport.abort()

    await asyncio.gather(*(send() for _ in range(4)))


async def _bodies(port: int, until: float) -> None:
    """Many large bodies, all but their last byte."""
    body = b'{"input":"' + b"x" * (500 << 10)
    head = b"POST /v1/audio/speech HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"

    async def send() -> None:
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout_at(asyncio.get_running_loop().time() + until - time.monotonic()):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                try:
                    writer.write(head + b"Content-Length: %d\r\n\r\n" % (len(body) + 1) + body)
                    while await reader.read(1 << 16):
                        pass
                finally:
                    writer.transport.abort()

    await asyncio.gather(*(send() for _ in range(300)))


async def _left_behind(port: int, until: float) -> None:
    """Long replies, each with another request behind it, whose clients have closed their connections."""
    request = post({"input": LONG, "stream": False}) + b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
    while time.monotonic() < until:
        with suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(request)
            await asyncio.sleep(0.25)
            writer.close()


async def _slow_readers(port: int, until: float) -> None:
    """Long streams that are taken much more slowly than they play."""
    loop = asyncio.get_running_loop()

    async def read() -> None:
        with socket.socket() as client, suppress(OSError):
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.setblocking(False)
            await loop.sock_connect(client, ("127.0.0.1", port))
            await loop.sock_sendall(client, post({"input": LONG}))
            while await loop.sock_recv(client, SLOW_BYTES_PER_S):
                if (left_s := until - time.monotonic()) <= 0:
                    break
                await asyncio.sleep(min(1.0, left_s))

    await asyncio.gather(*(read() for _ in range(8)))


async def _idle(port: int, until: float) -> None:
    """Connections that say nothing."""
    writers = []
    for _ in range(2000):
        with suppress(OSError):
            writers.append((await asyncio.open_connection("127.0.0.1", port))[1])
    await asyncio.sleep(max(0.0, until - time.monotonic()))
    for writer in writers:
        writer.transport.abort()


@dataclass(frozen=True, slots=True)
class Kind:
    """An attack, and clients who do the same with ordinary texts, if it asks for speech."""

    attack: Attack
    ordinary: Attack | None = None


def _kind(fields: Mapping[str, object], at_once: int, patience_s: float, gap_s: float = 0.0) -> Kind:
    whole = {"stream": False} if "stream" in fields else {}
    attack, ordinary = (
        _asking(each, at_once=at_once, patience_s=patience_s, gap_s=gap_s) for each in (fields, {"input": LONG} | whole)
    )
    return Kind(attack, ordinary)


ATTACKS: Final[Mapping[str, Kind]] = {
    "text that crashes": _kind({"input": "kaboom"}, 2, 5.0, 0.2),
    "text without end": _kind({"input": "endless"}, 6, 10.0),
    "hard text": _kind({"input": "a-" * 200}, 4, 0.4),
    "no text": _kind({"input": "-\n" * 25_000}, 4, 5.0),
    "pauses": _kind({"input": "a. " + "[pause:30s]" * 119 + " b.", "stream": False}, 4, 60.0),
    "text that grows": _kind({"input": "≤" * 50_000, "speed": 0.25, "stream": False}, 4, 60.0),
    "one long word": _kind({"input": "A" * 2000, "speed": 0.25}, 2, 60.0),
    "pipeline": Kind(_pipeline),
    "bodies": Kind(_bodies),
    "left behind": Kind(_left_behind, _asking({"input": LONG, "stream": False}, at_once=1, patience_s=0.25)),
    "slow readers": Kind(_slow_readers, _asking({"input": LONG}, at_once=8, patience_s=60.0)),
    "idle connections": Kind(_idle),
}


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
    seconds = options.count(12, 3)
    with paced(options, SPEED_RTF, engine="bench.tone:fragile") as server:
        target = Target(server.url)
        await _heard(target, 1, 2.0)  # what every server does but once
        alone = await _heard_beside(name, server, seconds, ordinary=True)
        await settled(server, is_idle)
        before_mib, busy_s, text_s = held_mib(server), _busy_s(server), _text_s(server)
        async with watched(server) as watch:
            beside = await _heard_beside(name, server, seconds)
        returned_s = await settled(server, is_idle)
        await asyncio.sleep(5.0)
        return _row(alone, beside) | {
            "most_in_flight": max(watch.in_flight, default=0),
            "slot_s_per_s": (_busy_s(server) - busy_s) / (seconds + 1.0),
            "text_s_per_s": (_text_s(server) - text_s) / (seconds + 1.0),
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
        "listened": beside.listeners.heard,
        "failed": beside.listeners.failed,
        "c100": beside.listeners.c100,
    }


async def _heard_beside(name: str, server: Server, seconds: float, *, ordinary: bool = False) -> Honest:
    """Beside an attack, or the ordinary clients that it is compared with. Those are in a process of their own, which
    gives way to the others: on other machines, they would take nothing of these cores."""
    attacking = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.stress.hostile", name, str(server.port), str(seconds + 2.0)),
        *(["--ordinary"] if ordinary else []),
        cwd=ROOT,
    )
    await asyncio.sleep(1.5)  # it has begun
    heard = await _heard(Target(server.url), LISTENERS, seconds)
    await attacking.wait()
    return heard


async def _heard(target: Target, listeners: int, seconds: float) -> Honest:
    """Listeners who listen, and one who asks for a sentence, again and again, and comes back soon if refused."""
    crowd = Crowd(target, texts.varied(7))
    listening = asyncio.create_task(crowd.closed(listeners, seconds, realtime=True))
    probes = []
    while not listening.done():
        probes += await probe(target, 1, PROBE_GAP_S)
    await listening
    return Honest(crowd.figures(), probes)


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


def main() -> None:
    """An attack by itself: NAME PORT SECONDS [--ordinary]."""
    os.nice(19)
    name, port, seconds, *ordinary = sys.argv[1:]
    attack = ATTACKS[name].ordinary if ordinary else ATTACKS[name].attack
    if attack is not None:
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        asyncio.run(attack(int(port), time.monotonic() + float(seconds)))


if __name__ == "__main__":
    main()
