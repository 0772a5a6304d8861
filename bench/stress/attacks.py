"""Attacks of hostile clients, each in a process of its own: `python -m bench.stress.attacks NAME PORT SECONDS`."""

from __future__ import annotations

import asyncio
import json
import os
import resource
import socket
import sys
import time
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

LONG: Final = "The quick brown fox jumps over the lazy dog. " * 1100

SLOW_BYTES_PER_S: Final = 3000
"""Bytes that a slow reader takes in a second: a sixteenth of what PCM plays."""

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
    """Attack of so many clients, each of which asks, gives up after a while, and asks again."""

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
    """Long responses, each with another request behind it, whose clients have closed their connections."""
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
class AttackKind:
    """An attack, and the same clients with ordinary texts, if it asks for speech."""

    attack: Attack
    ordinary: Attack | None = None


def _attack_kind(fields: Mapping[str, object], at_once: int, patience_s: float, gap_s: float = 0.0) -> AttackKind:
    whole = {"stream": False} if "stream" in fields else {}
    attack, ordinary = (
        _asking(each, at_once=at_once, patience_s=patience_s, gap_s=gap_s) for each in (fields, {"input": LONG} | whole)
    )
    return AttackKind(attack, ordinary)


ATTACKS: Final[Mapping[str, AttackKind]] = {
    "text that crashes": _attack_kind({"input": "kaboom"}, 2, 5.0, 0.2),
    "text without end": _attack_kind({"input": "endless"}, 6, 10.0),
    "hard text": _attack_kind({"input": "a-" * 200}, 4, 0.4),
    "no text": _attack_kind({"input": "-\n" * 25_000}, 4, 5.0),
    "pauses": _attack_kind({"input": "a. " + "[pause:30s]" * 119 + " b.", "stream": False}, 4, 60.0),
    "text that grows": _attack_kind({"input": "≤" * 50_000, "speed": 0.25, "stream": False}, 4, 60.0),
    "one long word": _attack_kind({"input": "A" * 2000, "speed": 0.25}, 2, 60.0),
    "pipeline": AttackKind(_pipeline),
    "bodies": AttackKind(_bodies),
    "left behind": AttackKind(_left_behind, _asking({"input": LONG, "stream": False}, at_once=1, patience_s=0.25)),
    "slow readers": AttackKind(_slow_readers, _asking({"input": LONG}, at_once=8, patience_s=60.0)),
    "idle connections": AttackKind(_idle),
}


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
