"""Checks of bad clients: those that say nothing, that say it byte by byte, and that never read."""

from __future__ import annotations

import asyncio
import fcntl
import json
import math
import socket
import struct
import termios
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final

from bench import texts
from bench.loadgen import LoadGenerator, Target
from bench.stress.checks import LOOK_S, Options, Result, held_mib, judged, paced, probe, settled, ttfa, watched

REQUEST_S: Final = 5.0
WRITE_S: Final = 5.0
"""The server's deadlines, shorter than by default."""

SLACK_S: Final = 2.0
"""Seconds by which it may be late."""

LISTENERS: Final = 4

HEAD: Final = b"POST /v1/audio/speech HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"


async def silent(options: Options) -> Result:
    """Connections that send nothing, or a byte a second: closed at the deadline, and no burden to a healthy client."""
    quiet, trickling = options.count(1000, 50), options.count(200, 10)
    with paced(options, rtf=0.02, request_timeout_s=REQUEST_S) as server:
        target = Target(server.url)
        alone = await probe(target, options.count(200, 10))
        lives = asyncio.gather(*(_life_s(server.port, trickle=index < trickling) for index in range(quiet + trickling)))
        beside = []
        while not lives.done():
            beside += await probe(target, 5)
        lasted = await lives
    figures = {
        "connections": len(lasted),
        "closed_after_min_s": min(lasted),
        "closed_after_max_s": max(lasted),
        "healthy": len(beside),
        "healthy_p99_alone_s": ttfa(alone, 99),
        "healthy_p50_alone_s": ttfa(alone, 50),
        "healthy_p50_s": ttfa(beside, 50),
        "healthy_p99_s": ttfa(beside, 99),
    }
    return judged(
        figures,
        closed_at_the_deadline=min(lasted) >= REQUEST_S - 0.5 and max(lasted) <= REQUEST_S + SLACK_S,
        healthy_p99_within_20_percent=figures["healthy_p99_s"] <= 1.2 * figures["healthy_p99_alone_s"],
    )


async def _life_s(port: int, *, trickle: bool) -> float:
    """Seconds until the server closes a connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    began = time.monotonic()
    closed = asyncio.create_task(reader.read())
    for byte in HEAD if trickle else b"":
        writer.write(bytes((byte,)))
        done, _ = await asyncio.wait([closed], timeout=1.0)
        if done:
            break
    try:
        async with asyncio.timeout(10 * REQUEST_S):
            await closed
    except TimeoutError:
        return math.inf
    except OSError:
        pass
    finally:
        writer.transport.abort()
    return time.monotonic() - began


async def unread(options: Options) -> Result:
    """Clients that never read: dropped at the deadline, at most 100 MiB of memory, other listeners unaffected."""
    count = options.count(200, 10)
    with paced(options, rtf=0.0005, write_timeout_s=WRITE_S, max_in_flight=count + 2 * LISTENERS) as server:
        target = Target(server.url)
        alone = await probe(target, options.count(50, 10))
        listening = LoadGenerator(target, texts.varied(3))
        before = held_mib(server)
        async with watched(server) as watch:
            heard = asyncio.create_task(listening.closed(LISTENERS, WRITE_S + 10, realtime=True))
            clients = [await _ask_only(server.port) for _ in range(count)]
            stalling = asyncio.create_task(_stalled_s(clients))
            lasted_s = await settled(server, lambda said: said["in_flight"] <= LISTENERS, 60)
            dropped = time.monotonic()
            await heard
        dropped_s = dropped - await stalling if lasted_s < math.inf else math.inf
        answers = [_answer(each) for each in clients]
    listeners = listening.figures()
    figures: dict[str, Any] = {
        "clients": count,
        "taken": answers.count(200),
        "refused": answers.count(503),
        "dropped_after_s": dropped_s,
        "most_in_flight": max(watch.in_flight),
        "growth_mib": max(watch.held_mib) - before,
        "ttfa_p99_alone_s": ttfa(alone, 99),
        "listeners_heard": listeners.heard,
        "listeners_of": listeners.requests,
        "listeners_c100": listeners.c100,
        "listeners_ttfa_p99_s": listeners.ttfa_p99_s,
        "listeners_errors": listeners.errors,
    }
    return judged(
        figures,
        all_taken=answers.count(200) == count,
        dropped_at_the_deadline=WRITE_S - 0.5 <= dropped_s <= WRITE_S + SLACK_S,
        memory_within_100_mib=figures["growth_mib"] <= 100.0,
        other_listeners_unaffected=listeners.heard == listeners.requests and listeners.c100 == 100.0,
    )


async def _stalled_s(clients: Sequence[socket.socket]) -> float:
    """The moment from which on none of them took a byte any more, for most of the server's patience."""
    unread, since = -1, time.monotonic()
    while time.monotonic() - since < WRITE_S - 1.0:
        if (now_unread := sum(map(_unread_bytes, clients))) != unread:
            unread, since = now_unread, time.monotonic()
        await asyncio.sleep(LOOK_S)
    return since


def _unread_bytes(connection: socket.socket) -> int:
    count: int = struct.unpack("i", fcntl.ioctl(connection, termios.FIONREAD, bytes(4)))[0]
    return count


def _answer(client: socket.socket) -> int:
    """The status that waits in a connection that nobody read; 0 if none does."""
    with client, suppress(OSError):
        head = client.recv(12)
        return int(head[9:]) if head.startswith(b"HTTP/1.1 ") else 0
    return 0


async def _ask_only(port: int) -> socket.socket:
    """A connection whose response nobody reads."""
    body = json.dumps({"model": "tts-1", "voice": "alloy", "input": "word " * 400, "response_format": "pcm"}).encode()
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(client, ("127.0.0.1", port))
    await loop.sock_sendall(client, HEAD + f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
    return client
