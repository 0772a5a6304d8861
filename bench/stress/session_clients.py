"""Check of bad clients of live sessions: that never read, say nothing, say it byte by byte, or too much at once."""

from __future__ import annotations

import asyncio
import base64
import math
import os
import socket
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

from websockets.exceptions import ConnectionClosed

from bench import texts
from bench.live_client import PATH, LiveClient, Turn, message
from bench.loadgen import Target
from bench.server import Server
from bench.stress.checks import Options, Result, held_mib, is_idle, judged, paced, settled, watched
from bench.stress.sessions import opened

WRITE_S: Final = 5.0
IDLE_S: Final = 5.0
"""The server's deadlines, shorter than by default."""

SLACK_S: Final = 8.0
"""Seconds by which it may be late: a client has five of them to answer that the connection is closed."""

LISTENERS: Final = 4
RATE: Final = 60.0
"""Honest sessions, and the tokens a second that they are written."""

CONTEXTS: Final = 500
"""That one client opens at once."""

TOO_LARGE: Final = 1 << 20
"""Bytes of a message."""

CUT_S: Final = 60.0
"""How long a bad client stays, at most."""


async def hostile_clients(options: Options) -> Result:
    """Clients of sessions that never read, say nothing, trickle, flood or send what is too large: each is cut in time
    or told so, and no other session hears of it."""
    count = options.count(50, 4)
    with paced(options, rtf=0.02, write_timeout_s=WRITE_S, session_idle_s=IDLE_S, max_in_flight=4 * count) as server:
        before = held_mib(server)
        async with watched(server) as watch:
            honest = asyncio.create_task(_listen(Target(server.url), options.count(30, 8)))
            lasted = {
                kind: await asyncio.gather(*(client(server) for _ in range(count))) for kind, client in KINDS.items()
            }
            codes = [await _too_large(server) for _ in range(count)]
            refused = await _flood(server)
            turns = await honest
        returned_s = await settled(server, is_idle)
    figures: dict[str, Any] = {
        "clients_of_each_kind": count,
        "cut_after_s": {kind: [min(lives), max(lives)] for kind, lives in lasted.items()},
        "codes_of_too_large": sorted(set(codes)),
        "contexts_refused": refused,
        "growth_mib": max(watch.held_mib) - before,
        **(heard := _heard(turns)),
    }
    return judged(
        figures,
        unread_cut_at_the_deadline=all(life <= WRITE_S + CUT_S / 2 for life in lasted["unread"]),
        silent_closed_in_time=all(life <= IDLE_S + SLACK_S for life in lasted["silent"] + lasted["trickling"]),
        too_large_is_told=set(codes) == {1009},
        contexts_are_bounded=refused > 0,
        other_sessions_unaffected=heard["turns_heard"] == len(turns) and not heard["turns_late"],
        places_returned=math.isfinite(returned_s),
    )


def _heard(turns: Sequence[Turn]) -> dict[str, Any]:
    """Figures of honest sessions: how many turns were heard, how many of those late, and what went wrong."""
    heard = [turn.heard for turn in turns if turn.heard]
    late = [playback for playback in heard if playback.underrun_s is not None and playback.underrun_s > 0.1]
    errors = sorted({turn.error for turn in turns if turn.error})
    return {"turns": len(turns), "turns_heard": len(heard), "turns_late": len(late), "errors": errors}


async def _listen(target: Target, seconds: float) -> list[Turn]:
    """Turns of honest sessions, each heard to its end."""
    inputs, turns, end_s = texts.varied(5, 200), list[Turn](), time.monotonic() + seconds

    async def session() -> None:
        client = LiveClient(target)
        while time.monotonic() < end_s:
            turn = await client.turn(next(inputs), RATE)
            turns.append(turn)
            if turn.heard:
                await asyncio.sleep(max(0.0, turn.heard.began_s + turn.heard.audio_s - time.monotonic()))
        await client.close()

    await asyncio.gather(*(session() for _ in range(LISTENERS)))
    return turns


async def _unread_s(server: Server) -> float:
    """Seconds for which a client stays that has a long text spoken and reads none of it."""
    client = await _raw(server)
    loop, began = asyncio.get_running_loop(), time.monotonic()
    with client, suppress(OSError):
        await loop.sock_sendall(client, frame(message("turn", "word " * 4000, goes_on=False)))
        while time.monotonic() - began < CUT_S:
            await asyncio.sleep(0.2)
            await loop.sock_sendall(client, frame(b"", opcode=0xA))  # a pong, until the connection is gone
    return time.monotonic() - began


async def _silent_s(server: Server) -> float:
    """Seconds for which a client stays that says nothing."""
    client = await _raw(server)
    return await _life_s(client)


async def _trickling_s(server: Server) -> float:
    """Seconds for which a client stays that sends a message byte by byte."""
    client = await _raw(server)
    loop, data = asyncio.get_running_loop(), frame(message("turn", "word " * 100, goes_on=True))

    async def trickle() -> None:
        with suppress(OSError):
            for byte in data:
                await loop.sock_sendall(client, bytes((byte,)))
                await asyncio.sleep(0.5)

    trickling = asyncio.create_task(trickle())
    life_s = await _life_s(client)
    trickling.cancel()
    await asyncio.gather(trickling, return_exceptions=True)
    return life_s


KINDS: Final[Mapping[str, Callable[[Server], Awaitable[float]]]] = {
    "unread": _unread_s,
    "silent": _silent_s,
    "trickling": _trickling_s,
}
"""Clients that are cut off, by what they do."""


async def _too_large(server: Server) -> int:
    """The code with which a connection is closed for a message that is too large."""
    async with opened(server) as connection:
        with suppress(ConnectionClosed):
            await connection.send(message("turn", "x" * TOO_LARGE, goes_on=True))
            await connection.recv()
        return connection.close_code or 0


async def _flood(server: Server) -> int:
    """How many of many contexts at once are refused."""
    refused = 0
    async with opened(server) as connection:
        for number in range(CONTEXTS):
            await connection.send(message(f"context-{number}", "Well", goes_on=True))
        with suppress(TimeoutError, ConnectionClosed):
            async with asyncio.timeout(5.0):
                while True:
                    refused += '"error"' in str(await connection.recv())
    return refused


async def _life_s(client: socket.socket) -> float:
    """Seconds until the server closes the connection."""
    began = time.monotonic()
    with client, suppress(OSError, TimeoutError):
        async with asyncio.timeout(CUT_S):
            while await asyncio.get_running_loop().sock_recv(client, 65_536):
                pass
    return time.monotonic() - began


async def _raw(server: Server) -> socket.socket:
    """A WebSocket of which nothing is read but the answer to its request; its client has next to no buffer."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(client, ("127.0.0.1", server.port))
    key = base64.b64encode(os.urandom(16)).decode()
    lines = f"GET {PATH} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    lines += f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n"
    await loop.sock_sendall(client, lines.encode())
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += await loop.sock_recv(client, 1024)
    assert answer.startswith(b"HTTP/1.1 101"), answer
    return client


def frame(payload: str | bytes, opcode: int = 0x1) -> bytes:
    """A client's frame (RFC 6455, section 5.2), masked with zeros."""
    data = payload.encode() if isinstance(payload, str) else payload
    length = len(data)
    if length < 126:
        size = bytes((0x80 | length,))
    elif length < 1 << 16:
        size = bytes((0x80 | 126,)) + length.to_bytes(2)
    else:
        size = bytes((0x80 | 127,)) + length.to_bytes(8)
    return bytes((0x80 | opcode,)) + size + bytes(4) + data
