"""Wyoming over a real server, with the real client in Home Assistant's own order of events, and with worse ones."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import TypeVar

import httpx
import psutil
import pytest
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.client import AsyncTcpClient
from wyoming.error import Error
from wyoming.event import Event
from wyoming.info import Describe, Info
from wyoming.ping import Ping, Pong
from wyoming.tts import (
    Synthesize,
    SynthesizeChunk,
    SynthesizeStart,
    SynthesizeStop,
    SynthesizeStopped,
    SynthesizeTextFormat,
    SynthesizeVoice,
)

from speechd.api.live.wyoming_events import LINE_BYTES
from speechd.audio.samples import SAMPLE_RATE
from tests.harness.decoding import decoded
from tests.harness.mdns import found
from tests.harness.server import Server, free_port, running, until

PIECES = ["The lights ", "are on. It is 2", "1 degrees", ". All is well."]
SAID = "The lights are on. It is twenty-one degrees. All is well.".replace(" ", "")
VOICE = SynthesizeVoice(name="am_adam")

Result = TypeVar("Result")


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, port: int) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("wyoming"), wyoming_port=port) as server:
        yield server


class Spoken:
    """What came up to an event: the kinds of events without repetition, and the speech in them."""

    def __init__(self) -> None:
        self.kinds: list[str] = []
        self.pcm = b""
        self.error: Error | None = None
        self.timestamps: list[int] = []

    @property
    def said(self) -> str:
        """The text, without spaces, which lie at the joins or do not."""
        return decoded(self.pcm).replace(" ", "")

    def take(self, event: Event) -> None:
        if self.kinds[-1:] != [event.type]:
            self.kinds.append(event.type)
        if AudioChunk.is_type(event.type):
            chunk = AudioChunk.from_event(event)
            assert (chunk.rate, chunk.width, chunk.channels) == (SAMPLE_RATE, 2, 1)
            assert chunk.timestamp == round(1000 * len(self.pcm) / 2 / SAMPLE_RATE)
            self.pcm += chunk.audio
        if Error.is_type(event.type):
            self.error = Error.from_event(event)


def connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=60)


async def until_event(client: AsyncTcpClient, kind: Callable[[str], bool]) -> Spoken:
    """What comes up to an event of this kind, or to the end of the connection."""
    spoken = Spoken()
    while (event := await client.read_event()) is not None:
        spoken.take(event)
        if kind(event.type):
            break
    return spoken


def talk(port: int, speak: Callable[[AsyncTcpClient], Awaitable[Result]]) -> Result:
    """What a client makes of one connection."""

    async def run() -> Result:
        async with asyncio.timeout(60), AsyncTcpClient("127.0.0.1", port) as client:
            return await speak(client)

    return asyncio.run(run())


async def stream(client: AsyncTcpClient, pieces: list[str] = PIECES) -> Spoken:
    """As Home Assistant does: the whole text comes within the stream."""
    await client.write_event(SynthesizeStart(voice=VOICE).event())
    for piece in pieces:
        await client.write_event(SynthesizeChunk(text=piece).event())
    await client.write_event(Synthesize(text="".join(pieces), voice=VOICE).event())
    await client.write_event(SynthesizeStop().event())
    return await until_event(client, SynthesizeStopped.is_type)


STREAMED = ["audio-start", "audio-chunk", "audio-stop", "synthesize-stopped"]


def test_info_has_the_voices_of_the_server(server: Server, port: int) -> None:
    async def ask(client: AsyncTcpClient) -> Info:
        await client.write_event(Describe().event())
        event = await client.read_event()
        assert event is not None
        return Info.from_event(event)

    (program,) = talk(port, ask).tts
    assert "af_heart" in [voice.name for voice in program.voices]
    assert program.supports_synthesize_streaming


def test_stream_in_home_assistant_s_order_is_spoken_once(server: Server, port: int) -> None:
    spoken = talk(port, stream)
    assert spoken.kinds == STREAMED
    assert spoken.said == SAID


def test_whole_text_is_spoken_by_the_voice_that_is_named(server: Server, port: int) -> None:
    def asking(name: str) -> Spoken:
        async def ask(client: AsyncTcpClient) -> Spoken:
            await client.write_event(Synthesize(text="One shot.", voice=SynthesizeVoice(name=name)).event())
            return await until_event(client, AudioStop.is_type)

        return talk(port, ask)

    adam, heart = asking("am_adam"), asking("af_heart")
    assert adam.kinds == STREAMED[:3]
    assert adam.said == heart.said == "Oneshot."
    assert "voice=am_adam" in server.log()


def test_several_are_spoken_one_after_the_other_on_one_connection(server: Server, port: int) -> None:
    async def ask(client: AsyncTcpClient) -> list[Spoken]:
        for text in ("First.", "Second."):
            await client.write_event(Synthesize(text=text).event())
        spoken = [await until_event(client, AudioStop.is_type) for _ in range(2)]
        return [*spoken, await stream(client), await stream(client, ["Last."])]

    assert [spoken.said for spoken in talk(port, ask)] == ["First.", "Second.", SAID, "Last."]


def test_audio_comes_before_the_text_is_whole(server: Server, port: int) -> None:
    async def ask(client: AsyncTcpClient) -> Spoken:
        await client.write_event(SynthesizeStart().event())
        await client.write_event(SynthesizeChunk(text="It is here already. The rest").event())
        first = await until_event(client, AudioChunk.is_type)
        assert first.pcm
        await client.write_event(SynthesizeChunk(text=" follows.").event())
        await client.write_event(SynthesizeStop().event())
        rest = await until_event(client, SynthesizeStopped.is_type)
        rest.pcm = first.pcm + rest.pcm
        return rest

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Spoken, "take", _take_without_times)
        assert talk(port, ask).said == "Itisherealready.Therestfollows."


def _take_without_times(spoken: Spoken, event: Event) -> None:
    if AudioChunk.is_type(event.type):
        spoken.pcm += AudioChunk.from_event(event).audio


def test_ssml_is_read_as_such_where_it_is_said_to_be(server: Server, port: int) -> None:
    async def ask(client: AsyncTcpClient) -> Spoken:
        text = "<speak>One <sub alias='two'>2nd</sub>.</speak>"
        await client.write_event(Synthesize(text=text, text_format=SynthesizeTextFormat.SSML).event())
        return await until_event(client, AudioStop.is_type)

    assert talk(port, ask).said == "Onetwo."


@pytest.mark.parametrize("text", ["", " ", "…"])
def test_text_with_nothing_in_it_has_an_answer(server: Server, port: int, text: str) -> None:
    spoken = talk(port, lambda client: stream(client, [text]))
    assert spoken.kinds[0] == "audio-start"
    assert spoken.kinds[-2:] == STREAMED[-2:]
    assert spoken.said.strip() == ""


@pytest.mark.parametrize(("text", "told"), [("there?", "there?"), (json.loads("[" * 300 + "]" * 300), None)])
def test_ping_is_answered(text: object, told: str | None, server: Server, port: int) -> None:
    async def ask(client: AsyncTcpClient) -> Pong:
        await client.write_event(Event("ping", {"text": text}))
        event = await client.read_event()
        assert event is not None
        return Pong.from_event(event)

    assert talk(port, ask).text == told


@pytest.mark.parametrize(
    ("events", "code"),
    [
        ([Synthesize(text="x", voice=SynthesizeVoice(name="nobody"))], "voice_not_found"),
        ([Synthesize(text="x", voice=SynthesizeVoice(language="tlh"))], "invalid_value"),
        ([SynthesizeStart(), SynthesizeStart()], "invalid_request_error"),
        ([SynthesizeStart(), *[SynthesizeChunk(text="x" * 40_000)] * 2], None),
    ],
)
def test_what_is_wrong_is_said_and_ends_the_connection(
    server: Server, port: int, events: list[Synthesize | SynthesizeStart | SynthesizeChunk], code: str | None
) -> None:
    async def ask(client: AsyncTcpClient) -> Spoken:
        for event in events:
            await client.write_event(event.event())
        return await until_event(client, lambda kind: False)

    spoken = talk(port, ask)
    assert spoken.error is not None
    assert spoken.error.text
    assert code is None or spoken.error.code == code


def test_events_that_mean_nothing_here_are_ignored(server: Server, port: int) -> None:
    async def ask(client: AsyncTcpClient) -> Spoken:
        for kind in ("transcribe", "synthesize-chunk", "synthesize-stop", "select-program"):
            await client.write_event(Event(kind, {"name": "speechd"}))
        return await stream(client)

    assert talk(port, ask).said == SAID


# Clients that mean harm, and what a fault reaches.


@pytest.mark.parametrize("sent", [b"GET / HTTP/1.1\r\n\r\n", b" " * (LINE_BYTES + 1), b'{"type": 1}\n'])
def test_what_is_no_event_ends_its_connection_alone(server: Server, port: int, sent: bytes) -> None:
    with contextlib.suppress(ConnectionResetError, BrokenPipeError), connected(port) as client:
        client.sendall(sent)
        head = json.loads(client.makefile("rb").readline())
        assert head["type"] == "error"
    assert talk(port, stream).said == SAID


def test_http_does_not_answer_there_and_wyoming_not_on_the_port_of_http(server: Server, port: int) -> None:
    with connected(server.port) as client:
        client.sendall(b'{"type": "describe"}\n')
        assert client.recv(100).startswith(b"HTTP/1.1 400 ")


def test_client_that_leaves_gives_back_what_it_held(server: Server, port: int) -> None:
    async def leave(client: AsyncTcpClient) -> None:
        await client.write_event(Synthesize(text="A long text. " * 500).event())
        assert await client.read_event() is not None

    talk(port, leave)
    until(lambda: server.health()["in_flight"] == 0)
    until(lambda: "speechd_sessions 0.0" in scraped(server))


def scraped(server: Server) -> str:
    return httpx.get(server.url + "/metrics", timeout=60).text


def test_sessions_beyond_the_limit_are_told_so(tmp_path: Path) -> None:
    port = free_port()
    with running(tmp_path, wyoming_port=port, max_sessions=1):

        async def ask(client: AsyncTcpClient) -> Spoken:
            await client.write_event(SynthesizeStart().event())
            await client.write_event(Ping().event())
            await until_event(client, Pong.is_type)
            async with AsyncTcpClient("127.0.0.1", port) as other:
                await other.write_event(Describe().event())
                assert (await until_event(other, lambda kind: kind == "info")).error is None
                await other.write_event(Synthesize(text="Too many.").event())
                refused = await until_event(other, lambda kind: False)
            await client.write_event(SynthesizeStop().event())
            await until_event(client, SynthesizeStopped.is_type)
            return refused

        refused = talk(port, ask)
        assert refused.error is not None
        assert refused.error.code == "server_is_overloaded"


def test_idle_connection_ends(tmp_path: Path) -> None:
    port = free_port()
    with running(tmp_path, wyoming_port=port, session_idle_s=1):
        assert talk(port, lambda client: until_event(client, lambda kind: False)).kinds == []


def test_draining_ends_idle_connections_and_lets_speech_finish(tmp_path: Path) -> None:
    port = free_port()
    paced = {"BENCH_RTF": "0.05"}
    with running(tmp_path, wyoming_port=port, engine="bench.tone:paced", environ=paced) as server:

        async def ask(client: AsyncTcpClient) -> Spoken:
            await client.write_event(Synthesize(text="This is said to the end. " * 20).event())
            first = await client.read_event()
            assert first is not None
            assert AudioStart.is_type(first.type)
            async with AsyncTcpClient("127.0.0.1", port) as idle:
                await idle.write_event(Ping().event())
                await until_event(idle, Pong.is_type)
                server.process.send_signal(signal.SIGTERM)
                assert await idle.read_event() is None
            return await until_event(client, AudioStop.is_type)

        spoken = talk(port, ask)
        assert spoken.kinds[-1] == "audio-stop"
        assert spoken.said.count("Thisissaidtotheend.") == 20
        assert server.process.wait(20) == 0


def test_port_is_announced_by_one_of_the_workers_until_the_end(tmp_path: Path) -> None:
    port, name = free_port(), f"speechd {os.getpid()}"
    with running(tmp_path, wyoming_port=port, wyoming_name=name) as server:
        until(lambda: server.log().count(" announced ") == 1)
        info = asyncio.run(found(name))
        assert info is not None
        assert info.port == port
        assert server.log().count(" announced ") == 1
    assert asyncio.run(found(name, 0.5)) is None


def test_killed_worker_breaks_its_own_connections_alone(tmp_path: Path) -> None:
    port = free_port()
    paced = {"BENCH_RTF": "0.1"}
    with running(tmp_path, wyoming_port=port, engine="bench.tone:paced", environ=paced) as server:

        async def outcomes() -> dict[int, bool]:
            """By the ports of clients, whether they heard all."""
            clients: dict[int, AsyncTcpClient] = {}
            while len(clients) < 4 or not all(ports_of(worker, port) for worker in server.workers()):
                client = AsyncTcpClient("127.0.0.1", port)
                await client.connect()
                assert client._writer is not None
                clients[client._writer.get_extra_info("sockname")[1]] = client
                assert len(clients) < 100
            for client in list(clients.values()):
                await client.write_event(Synthesize(text="There is time for it. " * 8).event())
                assert await client.read_event() is not None
            victim = server.workers()[0]
            broken.update(ports_of(victim, port))
            victim.kill()
            return {own: await heard_all(client) for own, client in clients.items()}

        broken: set[int] = set()
        ends = asyncio.run(outcomes())
        assert {own for own, whole in ends.items() if not whole} == broken & ends.keys() != set()
        until(lambda: server.health()["in_flight"] == 0)


def ports_of(worker: psutil.Process, port: int) -> set[int]:
    """The ports of clients that this worker has on its own."""
    there = worker.net_connections("tcp")
    return {one.raddr.port for one in there if one.raddr and one.laddr.port == port}


async def heard_all(client: AsyncTcpClient) -> bool:
    """Whether the speech comes to its end."""
    try:
        return (await until_event(client, AudioStop.is_type)).kinds[-1:] == ["audio-stop"]
    except (ConnectionResetError, EOFError):
        return False
    finally:
        await client.disconnect()
