"""Upstream's speech, from a server that does everything wrong."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, closing

import httpx2
import pytest

from speechd.api.overflow import upstream
from speechd.api.overflow.upstream import Declined, UpstreamRequest, UpstreamSpeech, require_speech, whole_events
from speechd.errors import SynthesisFailed
from speechd.speech.source import Chunk
from speechd.speech.spool import Spool
from tests.harness.account import Account
from tests.harness.scripted import END, HANG, RESET, Script, ScriptedServer, chunk, head

STREAM = UpstreamRequest(sse=False, first_audio_s=0.5, idle_s=0.3)
EVENTS = UpstreamRequest(sse=True, first_audio_s=0.5, idle_s=0.3)

SSE = head(media_type="text/event-stream; charset=utf-8")


@pytest.fixture(scope="module")
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        yield server


def read(url: str, wanted: UpstreamRequest, spool: Spool | None = None) -> list[bytes | str]:
    """What is read of it, and how it ends, if not well."""

    async def scenario() -> list[bytes | str]:
        got: list[bytes | str] = []
        async with httpx2.AsyncClient(timeout=httpx2.Timeout(None, connect=0.3)) as client:
            stream = UpstreamSpeech(client, client.build_request("POST", url, content=b"{}"), wanted, spool)
            try:
                await stream.open()
                while (chunk_read := await stream.read()) is not None:
                    got.append(chunk_read.data)
            except Declined as declined:
                got.append(declined.outcome)
            except SynthesisFailed:
                got.append("broke off")
            finally:
                await stream.close()
        return got

    return asyncio.run(asyncio.wait_for(scenario(), 60))


@pytest.mark.parametrize(
    ("script", "outcome"),
    [
        pytest.param((), "broken", id="closes"),
        pytest.param((RESET,), "broken", id="resets"),
        pytest.param((b"220 mail.example ESMTP\r\n\r\n", HANG), "broken", id="speaks another protocol"),
        pytest.param((HANG,), "slow", id="says nothing"),
        pytest.param((b"HTTP/1.1 200 OK\r\n", *[0.1, b"x: y\r\n"] * 20), "slow", id="trickles its headers"),
        pytest.param((head("500 Oh"), END), "refused", id="500"),
        pytest.param((head("503 Busy"), END), "refused", id="503"),
        pytest.param((head("404 No"), END), "refused", id="404"),
        pytest.param((head("401 Who"), END), "refused", id="401"),
        pytest.param((head("302 There", location="/"), END), "refused", id="302"),
        pytest.param((head("206 Part"), chunk(b"ab"), END), "refused", id="206"),
        pytest.param((head(media_type="text/html"), chunk(b"<html>"), END), "no speech", id="HTML under 200"),
        pytest.param((head(media_type="application/json"), chunk(b"{}"), END), "no speech", id="JSON under 200"),
        pytest.param((head(media_type=""), chunk(b"ab"), END), "no speech", id="no media type"),
        pytest.param((head(content_encoding="gzip"), chunk(b"ab"), END), "no speech", id="compressed"),
        pytest.param((head(transfer_encoding=""), b"ab"), "no speech", id="a body without a marked end"),
        pytest.param((head(), END), "no speech", id="an empty body"),
        pytest.param((head(), HANG), "slow", id="headers, then nothing"),
        pytest.param((head(),), "broken", id="headers, then closes"),
    ],
)
@pytest.mark.parametrize("whole", [False, True], ids=["stream", "whole"])
def test_server_that_does_not_begin_to_speak_has_declined(
    server: ScriptedServer, whole: bool, script: Script, outcome: str
) -> None:
    server.script = script
    assert read(server.url, STREAM, Spool(1 << 20, Account()) if whole else None) == [outcome]


def test_request_on_a_connection_that_is_just_being_closed_is_sent_once_more() -> None:
    received: list[int] = []  # of each connection: its requests

    async def answer_one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = len(received)
        received.append(0)
        with closing(writer):
            for reply in (head() + chunk(b"ab") + END, b""):
                await reader.readuntil(b"{}")
                received[connection] += 1
                writer.write(reply)

    async def scenario() -> None:
        served = await asyncio.start_server(answer_one, "127.0.0.1", 0)
        url = "http://127.0.0.1:{1}".format(*served.sockets[0].getsockname())
        async with served, httpx2.AsyncClient() as client:
            for _ in range(2):
                stream = UpstreamSpeech(client, client.build_request("POST", url, content=b"{}"), STREAM)
                await stream.open()
                assert [await stream.read(), await stream.read()] == [Chunk(b"ab"), None]
                await stream.close()

    asyncio.run(asyncio.wait_for(scenario(), 60))
    assert received == [2, 1]


def test_request_on_a_new_connection_that_is_closed_is_not_sent_again(server: ScriptedServer) -> None:
    server.script = (RESET,)
    received = len(server.requests)
    assert read(server.url, STREAM) == ["broken"]
    assert len(server.requests) == received + 1


def test_server_that_is_not_there_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    assert read(f"http://127.0.0.1:{port}", STREAM) == ["unreachable"]


def test_server_that_does_not_accept_connections_is_unreachable_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as silent, ExitStack() as stack:
        for _ in range(4):  # beyond its backlog nothing is answered any more
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(silent.getsockname())
        assert read(f"http://127.0.0.1:{silent.getsockname()[1]}", STREAM) == ["unreachable"]


@pytest.mark.parametrize(
    ("script", "got"),
    [
        pytest.param((head(), chunk(b"ab"), 0.05, chunk(b"cd"), END), [b"ab", b"cd"], id="complete"),
        pytest.param((head(), *[0.1, chunk(b"ab")] * 8, END), [b"ab"] * 8, id="slowly"),
        pytest.param((head(), chunk(b"ab")), [b"ab", "broke off"], id="closes"),
        pytest.param((head(), chunk(b"ab"), 0.05, RESET), [b"ab", "broke off"], id="resets"),
        pytest.param((head(), chunk(b"ab"), HANG), [b"ab", "broke off"], id="stops"),
        pytest.param((head(), chunk(b"ab"), 0.05, b"what\r\n"), [b"ab", "broke off"], id="confused"),
        pytest.param(
            (head(transfer_encoding="", content_length="4"), b"ab"), [b"ab", "broke off"], id="short of its length"
        ),
    ],
)
def test_stream_ends_as_upstream_ends_it(server: ScriptedServer, script: Script, got: list[bytes | str]) -> None:
    server.script = script
    assert read(server.url, STREAM) == got


@pytest.mark.parametrize(
    ("script", "got"),
    [
        pytest.param((head(), chunk(b"ab"), 0.05, chunk(b"cd"), END), [b"abcd"], id="complete"),
        pytest.param((head(), chunk(b"ab")), ["broken"], id="closes"),
        pytest.param((head(), chunk(b"ab"), HANG), ["slow"], id="stops"),
        pytest.param((head(transfer_encoding="", content_length="4"), b"ab"), ["broken"], id="short of its length"),
    ],
)
def test_whole_reply_that_breaks_off_has_declined(
    server: ScriptedServer, script: Script, got: list[bytes | str]
) -> None:
    server.script = script
    with closing(Spool(1 << 20, Account())) as spool:
        ending = read(server.url, STREAM, spool)
        assert (ending or list(spool.pieces(100))) == got


@pytest.mark.parametrize(
    ("limit_bytes", "room", "outcome"), [(100_000, 1 << 30, "no speech"), (1 << 30, 1 << 20, "memory")]
)
def test_whole_reply_without_an_end_is_not_held(
    server: ScriptedServer, limit_bytes: int, room: int, outcome: str
) -> None:
    server.script = (head(), *[chunk(bytes(10_000))] * 1000)
    with closing(Spool(limit_bytes, account := Account(room))) as spool:
        assert read(server.url, STREAM, spool) == [outcome]
        assert spool.size < 3 << 20
    assert account.held == 0


@pytest.mark.parametrize(
    ("script", "got"),
    [
        pytest.param((SSE, chunk(b"data: 1\n\ndata: 2\n\n"), END), [b"data: 1\n\ndata: 2\n\n"], id="complete"),
        pytest.param(
            (
                SSE,
                chunk(b"data: 1\n\ndata: "),
            ),
            [b"data: 1\n\n", "broke off"],
            id="closes in an event",
        ),
        pytest.param((SSE, chunk(b"data: "), HANG), ["slow"], id="stops in its first"),
        pytest.param((head(), chunk(b"ab"), END), ["no speech"], id="audio"),
    ],
)
def test_events_are_read_whole(server: ScriptedServer, script: Script, got: list[bytes | str]) -> None:
    server.script = script
    assert read(server.url, EVENTS) == got


@pytest.mark.parametrize(
    ("pieces", "got"),
    [
        ([b"data: 1\n\n", b"data: 2\n\n"], [b"data: 1\n\n", b"data: 2\n\n"]),
        ([b"da", b"ta: 1\n", b"\ndata", b": 2\n\n"], [b"data: 1\n\n", b"data: 2\n\n"]),
        ([b"data: 1\r\n\r", b"\ndata: 2"], [b"data: 1\r\n\r\n", b"data: 2"]),
    ],
)
def test_events_are_passed_on_when_they_end(pieces: list[bytes], got: list[bytes]) -> None:
    async def given() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece

    async def passed() -> list[bytes]:
        return [events async for events in whole_events(given())]

    assert asyncio.run(passed()) == got


def test_event_without_an_end_is_not_held(server: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upstream, "EVENT_LIMIT_BYTES", 100_000)
    server.script = (SSE, *[chunk(b"x" * 10_000)] * 1000)
    assert read(server.url, EVENTS) == ["broken"]


@pytest.mark.parametrize("media_type", ["audio/mpeg", "Audio/L16; rate=24000", "application/octet-stream"])
def test_what_may_be_speech_is_taken_for_it(media_type: str) -> None:
    require_speech(httpx2.Response(200, headers={"content-type": media_type, "content-length": "2"}), sse=False)


def test_little_is_read_that_is_not_asked_for(server: ScriptedServer) -> None:
    async def scenario() -> None:
        async with httpx2.AsyncClient() as client:
            stream = UpstreamSpeech(client, client.build_request("POST", server.url), STREAM)
            await stream.open()
            for _ in range(20):
                await stream.read()
            await asyncio.sleep(0.3)  # nothing to wait for: only the buffers between may fill
            await stream.close()

    server.sent = 0
    server.script = (head(), *[chunk(bytes(10_000))] * 3000, END)
    asyncio.run(scenario())
    assert server.sent < 900_000
