"""Text that comes in pieces, over a real server with two workers: what is heard of it, and what a fault reaches."""

from __future__ import annotations

import base64
import json
import signal
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode
from websockets.sync.client import ClientConnection, connect

from bench.language_model import tokens_of
from bench.live_client import PATH, message
from speechd.audio.samples import SAMPLE_RATE
from tests.harness.decoding import decoded
from tests.harness.server import Server, running, until

TEXT = "Hello there, my friend. It costs $3.50 now, as Dr. Smith says. Is that dear? He thinks so, and I do not."
SAID = (
    "Hello there, my friend. It costs three dollars and fifty cents now, as Doctor Smith says. Is that dear? "
    "He thinks so, and I do not."
)
WHILE = "This takes a while to be said, so that there is time for it."


class Heard:
    """What came of one context."""

    def __init__(self) -> None:
        self.pcm = bytearray()
        self.words: list[tuple[str, float, float]] = []
        self.flushes = 0
        self.end: dict[str, Any] = {}

    @property
    def said(self) -> str:
        """The text, without spaces, which lie at the joins or do not."""
        return decoded(bytes(self.pcm)).replace(" ", "")

    def take(self, event: dict[str, Any]) -> None:
        """Take what came."""
        match event["type"]:
            case "chunk":
                self.pcm += base64.b64decode(event["data"])
            case "timestamps":
                told = event["word_timestamps"]
                self.words += zip(told["words"], told["start"], told["end"], strict=True)
            case "flush_done":
                self.flushes += 1
            case "done" | "error":
                self.end = event


@contextmanager
def session(server: Server) -> Iterator[ClientConnection]:
    with connect(f"ws://127.0.0.1:{server.port}{PATH}", compression=None, max_size=None) as socket:
        yield socket


def write(socket: ClientConnection, text: str, context: str = "one", *, goes_on: bool = False) -> None:
    """Send a text as a language model writes it, token by token."""
    for token in tokens_of(text):
        socket.send(message(context, token, goes_on=True, words=True))
    if not goes_on:
        socket.send(message(context, "", goes_on=False))


def listen(socket: ClientConnection, *contexts: str) -> Sequence[Heard]:
    """What comes of these contexts, to the end of each."""
    heard = {context: Heard() for context in contexts}
    while not all(each.end for each in heard.values()):
        event = json.loads(socket.recv(timeout=60))
        heard[event["context_id"]].take(event)
    return list(heard.values())


def idle(server: Server) -> bool:
    health = server.get("/health").json()
    return not (health["in_flight"] or health["waiting"] or health["running"])


def test_what_is_written_token_by_token_is_heard_once_with_every_word_where_it_sounds(tone_server: Server) -> None:
    with session(tone_server) as socket:
        write(socket, TEXT)
        (heard,) = listen(socket, "one")
    assert heard.end["type"] == "done"
    assert heard.said == SAID.replace(" ", "")
    assert [word for word, _, _ in heard.words] == TEXT.split()
    for word, start_s, end_s in heard.words:
        sound = decoded(bytes(heard.pcm[2 * round(start_s * SAMPLE_RATE) : 2 * round(end_s * SAMPLE_RATE)]))
        if word.strip(",.?").isalpha() and word != "Dr.":
            assert sound.strip(",.? ") == word.strip(",.?")
    until(lambda: idle(tone_server), what="all places given back")


def test_contexts_of_a_connection_speak_at_once_each_its_own_text(tone_server: Server) -> None:
    with session(tone_server) as socket:
        for name in ("one", "two", "three"):
            write(socket, f"This is {name}. It speaks for itself.", name)
        heard = listen(socket, "one", "two", "three")
    assert [each.said for each in heard] == [f"Thisis{name}.Itspeaksforitself." for name in ("one", "two", "three")]


def test_cancelled_context_ends_and_says_how_far_it_was_heard(tone_server: Server) -> None:
    with session(tone_server) as socket:
        write(socket, "One, two, three, four and five. " * 20)
        first = Heard()
        while len(first.pcm) < SAMPLE_RATE:
            first.take(json.loads(socket.recv(timeout=60)))
        socket.send(json.dumps({"context_id": "one", "cancel": True}))
        while not first.end:
            first.take(json.loads(socket.recv(timeout=60)))
        assert first.end["heard"]["characters"] < 32 * 20
        assert first.end["heard"]["played_s"] <= first.end["heard"]["sent_s"]
        write(socket, "And now another one.", "next")
        (second,) = listen(socket, "next")
        assert second.said == "Andnowanotherone."
    until(lambda: idle(tone_server), what="all places given back")


def test_session_and_its_utterances_are_counted(tone_server: Server) -> None:
    def metric(name: str) -> float:
        lines = tone_server.get("/metrics").text.splitlines()
        return float(next(line.split()[-1] for line in lines if line.startswith(name)))

    before = metric('speechd_utterances_total{outcome="complete"}')
    with session(tone_server) as socket:
        until(lambda: metric("speechd_sessions ") == 1.0)
        write(socket, "Hello there.")
        listen(socket, "one")
        until(lambda: metric('speechd_utterances_total{outcome="complete"}') == before + 1)
    until(lambda: metric("speechd_sessions ") == 0.0)


def test_killed_worker_breaks_its_own_sessions_alone(tmp_path: Path) -> None:
    paced = {"engine": "bench.tone:paced", "environ": {"BENCH_RTF": "0.05"}}
    with running(tmp_path, **paced) as server, ExitStack() as stack:
        sockets = [stack.enter_context(session(server)) for _ in range(8)]
        ports = [socket.local_address[1] for socket in sockets]
        for socket in sockets:
            write(socket, WHILE)
        victim = server.workers()[0]
        victim.suspend()
        own = {connection.raddr.port for connection in victim.net_connections("tcp") if connection.raddr}
        victim.kill()
        broken = 0
        for port, socket in zip(ports, sockets, strict=True):
            try:
                (heard,) = listen(socket, "one")
            except ConnectionClosed:
                assert port in own
                broken += 1
            else:
                assert (heard.said, heard.end["type"]) == (WHILE.replace(" ", ""), "done")
        assert broken <= len(own & {*ports})
        until(lambda: idle(server), what="all places given back")


def test_server_that_ends_lets_speech_end_and_tells_idle_sessions_at_once(tmp_path: Path) -> None:
    with running(tmp_path, engine="bench.tone:paced", environ={"BENCH_RTF": "0.3"}) as server:
        with session(server) as speaking, session(server) as idler:
            write(speaking, WHILE)
            until(lambda: not idle(server))
            server.process.send_signal(signal.SIGTERM)
            with pytest.raises(ConnectionClosed) as closed:
                idler.recv(timeout=60)
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == CloseCode.SERVICE_RESTART
            (heard,) = listen(speaking, "one")
            assert (heard.said, heard.end["type"]) == (WHILE.replace(" ", ""), "done")
        assert server.process.wait(20) == 0
