"""Checks of live sessions: what idle ones cost, who hears of a killed worker, and how the server ends."""

from __future__ import annotations

import asyncio
import base64
import json
import math
import random
import signal
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException

from bench import texts
from bench.live_client import PATH, message
from bench.loadgen import Target, percentile
from bench.server import Server
from bench.stress.checks import (
    Options,
    Result,
    health,
    held_mib,
    is_idle,
    judged,
    paced,
    probe,
    settled,
    ttfa,
)
from bench.stress.faults import RTF, is_replaced, kill_one, with_pauses

GROWTH_MIB: Final = 30.0
"""Memory that 1000 idle sessions may take, over all processes."""

P99_RATIO: Final = 1.1
"""Largest ratio of healthy requests' first audio (p99) beside them to that without."""

BATCH: Final = 50
"""Sessions that are opened at once."""

SESSIONS: Final = 8
"""That speak while a worker is killed."""

LIFE_S: Final = 0.7
"""About what their turns take: a worker is killed at any moment of it."""

END_S: Final = 30.0
"""How long a turn, or the server's end, may take."""


@dataclass(slots=True)
class Spoken:
    """What came of a text over a session. ok: all of it, to its end. code: with which the connection ended, else 0."""

    port: int
    audio: bytearray = field(default_factory=bytearray)
    ok: bool = False
    error: str = ""
    code: int = 0


def opened(server: Server) -> connect:
    """A session that is being opened."""
    url = f"ws://127.0.0.1:{server.port}{PATH}"
    return connect(url, compression=None, max_size=None, ping_interval=None, open_timeout=END_S)


async def speak(socket: ClientConnection, text: str) -> Spoken:
    """Have a text spoken, in tokens of some characters, as fast as it goes."""
    spoken = Spoken(socket.local_address[1])
    try:
        async with asyncio.timeout(END_S):
            for start in range(0, len(text), 16):
                await socket.send(message("turn", text[start : start + 16], goes_on=True))
            await socket.send(message("turn", "", goes_on=False))
            await _listen(socket, spoken)
    except ConnectionClosed as error:
        spoken.code = error.rcvd.code if error.rcvd else 1006
    except (OSError, TimeoutError, WebSocketException) as error:
        spoken.error = f"{type(error).__name__}: {error}"
    return spoken


async def _listen(socket: ClientConnection, spoken: Spoken) -> None:
    while not spoken.ok and not spoken.error:
        event: dict[str, Any] = json.loads(await socket.recv())
        match event["type"]:
            case "chunk":
                spoken.audio += base64.b64decode(event["data"])
            case "done":
                spoken.ok = True
            case "error":
                spoken.error = str(event)


@asynccontextmanager
async def many(server: Server, count: int, *, waiting: bool = False) -> AsyncIterator[list[ClientConnection]]:
    """So many sessions that do nothing. waiting: each has a context, and text in it that is not known to be whole."""
    sockets: list[ClientConnection] = []
    try:
        while len(sockets) < count:
            batch = min(BATCH, count - len(sockets))
            sockets += await asyncio.gather(*(opened(server) for _ in range(batch)))
        if waiting:
            for socket in sockets:
                await socket.send(message("turn", "Well", goes_on=True))
        yield sockets
    finally:
        for start in range(0, len(sockets), BATCH):
            await asyncio.gather(*(socket.close() for socket in sockets[start : start + BATCH]), return_exceptions=True)


async def idle(options: Options) -> Result:
    """Sessions that are open and say nothing: kilobytes each, no place, and no burden to a healthy client."""
    count, probes, rounds = options.count(1000, 50), options.count(100, 5), options.count(3, 1)
    alone, beside, growth_mib, waiting_mib = [], [], list[float](), list[float]()
    with paced(options, rtf=0.02, max_sessions=count) as server:
        target = Target(server.url)
        async with many(server, options.count(100, 10)):  # what every server does only once
            await probe(target, 5)
        for _ in range(rounds):
            before = held_mib(server)
            alone += await probe(target, probes)
            async with many(server, count):
                growth_mib.append(held_mib(server) - before)
                beside += await probe(target, probes)
                refused = await _is_refused(server)
            async with many(server, count, waiting=True):
                await asyncio.sleep(1.0)
                waiting_mib.append(held_mib(server) - before)
                in_flight = (await health(server))["in_flight"]
        after_s = await settled(server, is_idle)
        await asyncio.sleep(1.0)
        left_mib = held_mib(server) - before
    figures = {
        "sessions": count,
        "growth_mib": max(growth_mib),
        "growth_with_a_context_mib": max(waiting_mib),
        "left_mib": left_mib,
        "in_flight_with_a_context": in_flight,
        "healthy_p50_alone_s": ttfa(alone, 50),
        "healthy_p50_s": ttfa(beside, 50),
        "healthy_p99_alone_s": ttfa(alone, 99),
        "healthy_p99_s": ttfa(beside, 99),
    }
    return judged(
        figures,
        memory_within_30_mib=figures["growth_mib"] <= GROWTH_MIB,
        one_more_is_refused=refused,
        no_place_is_held=in_flight == 0 and math.isfinite(after_s),
        healthy_p99_within_10_percent=figures["healthy_p99_s"] <= P99_RATIO * figures["healthy_p99_alone_s"],
    )


async def _is_refused(server: Server) -> bool:
    """Whether a session too many gets a 503 that says when to come back, before it is a WebSocket."""
    try:
        async with opened(server):
            return False
    except InvalidStatus as error:
        return error.response.status_code == 503 and "retry-after" in error.response.headers


@dataclass(slots=True)
class Killed:
    """Results of the rounds so far."""

    broken: int = 0
    complete: int = 0
    ready_s: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


async def killed(options: Options) -> Result:
    """Workers killed while sessions speak: only the victim's own break, every other turn is the same to the last
    bit, and nothing is held afterwards."""
    choice = random.Random(0)
    inputs = [with_pauses(texts.text(choice, 50)) for _ in range(SESSIONS)]
    count, seen = options.count(200, 5), Killed()
    with paced(options, RTF, max_in_flight=2 * SESSIONS, max_wait_s=60) as server:
        expected = {}
        for input in inputs:
            async with opened(server) as socket:
                expected[input] = bytes((await speak(socket, input)).audio)
        for number in range(count):
            await _kill_round(server, expected, seen, number, choice.uniform(0, LIFE_S))
    return judged(
        {
            "kills": count,
            "turns_broken": seen.broken,
            "turns_complete": seen.complete,
            "ready_p50_s": percentile(seen.ready_s, 50),
            "ready_max_s": max(seen.ready_s),
            "wrong": seen.wrong[:20],
            "wrong_count": len(seen.wrong),
        },
        nothing_wrong=not seen.wrong,
        some_break=seen.broken > 0,
        replaced_within_1_s=max(seen.ready_s) <= 1.0,
    )


async def _kill_round(server: Server, expected: Mapping[str, bytes], seen: Killed, number: int, delay_s: float) -> None:
    sockets = await asyncio.gather(*(opened(server) for _ in expected))
    speaking = [asyncio.create_task(speak(socket, input)) for socket, input in zip(sockets, expected, strict=True)]
    await asyncio.sleep(delay_s)
    victim, ports = kill_one(server)
    replaced = asyncio.create_task(settled(server, lambda said: is_replaced(said, victim)))
    for input, spoken in zip(expected, await asyncio.gather(*speaking), strict=True):
        seen.complete += spoken.ok
        seen.broken += not spoken.ok
        if not spoken.ok and spoken.port not in ports:
            seen.wrong.append(f"kill {number}: another worker's session got {spoken.code} {spoken.error}")
        if spoken.ok and spoken.audio != expected[input]:
            seen.wrong.append(f"kill {number}: complete and different")
    seen.ready_s.append(await replaced)
    with suppress(OSError, WebSocketException):
        await asyncio.gather(*(socket.close() for socket in sockets), return_exceptions=True)
    if not math.isfinite(await settled(server, is_idle, 3.0)):
        seen.wrong.append(f"kill {number}: not idle afterwards: {await health(server)}")


async def drained(options: Options) -> Result:
    """SIGTERM while sessions speak: their turns are spoken to the end, idle ones are told at once, and nobody new is
    taken."""
    choice = random.Random(0)
    text = texts.text(choice, 300)
    with paced(options, rtf=0.3, max_in_flight=16) as server:
        sockets = await asyncio.gather(*(opened(server) for _ in range(4)))
        idlers = await asyncio.gather(*(opened(server) for _ in range(4)))
        speaking = [asyncio.create_task(speak(socket, text)) for socket in sockets]
        await settled(server, lambda said: said["in_flight"] == len(sockets))
        server.process.send_signal(signal.SIGTERM)
        began = time.monotonic()
        codes, told_s = await _closed(idlers, began)
        refused = await _is_refused_or_gone(server)
        spoken = await asyncio.gather(*speaking)
        status = await asyncio.to_thread(server.process.wait, END_S)
        ended_s = time.monotonic() - began
    figures = {
        "spoken": sum(each.ok for each in spoken),
        "idle_codes": codes,
        "idle_told_after_s": told_s,
        "ended_after_s": ended_s,
        "errors": [each.error or each.code for each in spoken if not each.ok],
    }
    return judged(
        figures,
        all_turns_complete=all(each.ok for each in spoken),
        idle_sessions_told_at_once=all(code in (1001, 1012) for code in codes) and told_s <= 1.0,
        nobody_new=refused,
        exits_with_0=status == 0,
    )


async def _closed(sockets: Sequence[ClientConnection], began: float) -> tuple[list[int], float]:
    """With which codes they are closed, and how long the last of them takes."""
    codes = []
    for socket in sockets:
        with suppress(ConnectionClosed, TimeoutError):
            async with asyncio.timeout(END_S):
                await socket.recv()
        codes.append(socket.close_code or 0)
    return codes, time.monotonic() - began


async def _is_refused_or_gone(server: Server) -> bool:
    try:
        async with opened(server):
            return False
    except (OSError, WebSocketException):
        return True
