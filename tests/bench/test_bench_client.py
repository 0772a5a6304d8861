"""The arithmetic of listening, and the client against a server that does what it is told."""

import asyncio
import struct
from bisect import bisect_right

import numpy as np
import pytest

from bench.client import Arrival, Client, Reply, clock, listen, packets, underrun_s
from speechd.encoders import open_encoder

SECOND = 24_000


@pytest.mark.parametrize(
    ("heard", "expected"),
    [
        ([(5.0, 1.0)], None),
        ([(5.0, 1.0), (5.005, 2.0)], None),
        ([(5.0, 1.0), (6.0, 2.0)], 0.0),
        ([(5.0, 1.0), (6.25, 2.0)], 0.25),
        # Time lost stays lost: the second wait is counted from where the first one left the listener.
        ([(5.0, 1.0), (6.25, 2.0), (7.5, 3.0)], 0.5),
        ([(5.0, 1.0), (6.5, 4.0), (7.0, 5.0)], 0.5),
    ],
)
def test_underrun_is_the_worst_wait_after_the_first_arrival(heard, expected):
    assert underrun_s(heard) == expected


def speech(seconds: float) -> np.ndarray:
    return (0.3 * np.sin(2 * np.pi * 440 * np.arange(round(seconds * SECOND)) / SECOND)).astype(np.float32)


def encoded(format: str, seconds: float, *, whole: bool = False) -> bytes:
    encoder = open_encoder(format, whole=whole)
    samples = speech(seconds)
    parts = [encoder.encode(samples[start : start + 2400]) for start in range(0, len(samples), 2400)]
    content = b"".join(parts) + encoder.finish()
    encoder.close()
    return content


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("format", ["mp3", "opus", "aac", "flac"])
def test_packets_of_a_part_last_as_long_as_their_share_of_the_file(format, whole):
    content = encoded(format, 4.0, whole=whole)
    ends, seconds = packets(content)
    assert ends == sorted(ends)
    assert ends[-1] == len(content)
    assert seconds[-1] == pytest.approx(4.0, abs=0.1)
    last = bisect_right(ends, ends[len(ends) // 2]) - 1
    part_ends, part_seconds = packets(content[: ends[last]])
    assert (part_ends[-1], part_seconds[-1]) == (ends[last], seconds[last])


def test_ogg_packets_are_had_when_their_page_is_complete():
    content = encoded("opus", 2.5, whole=True)  # a page a second
    pages = [index for index in range(len(content)) if content.startswith(b"OggS", index)]
    ends, seconds = packets(content)
    assert set(ends) == {*pages[3:], len(content)}  # the first two pages are headers
    assert len(seconds) > 100


@pytest.mark.parametrize("format", ["pcm", "wav", "mp3", "opus", "aac", "flac"])
def test_clock_tells_seconds_from_bytes(format):
    content = encoded(format, 2.0)
    seconds, audible = clock(content, format)
    assert seconds(0) == 0.0
    assert seconds(len(content)) == pytest.approx(2.0, abs=0.1)
    assert 0 < audible < 3000


@pytest.mark.parametrize("format", ["pcm", "wav", "mp3", "opus", "aac", "flac"])
def test_nothing_is_audible_in_an_empty_body(format):
    assert listen(Reply(0.0, arrivals=[], body=bytearray()), format) is None


def test_first_audio_is_the_first_audible_sample():
    silence, sound = bytes(2 * SECOND), struct.pack("<h", 2000) * SECOND
    arrivals = [Arrival(1.0, len(silence)), Arrival(1.5, len(silence) + len(sound))]
    reply = Reply(0.5, 200, arrivals=arrivals, body=bytearray(silence + sound), ended_s=2.0, complete=True)
    heard = listen(reply, "pcm")
    assert (heard.ttfa_s, heard.e2e_s, heard.audio_s, heard.began_s, heard.underrun_s) == (1.0, 1.5, 2.0, 1.0, 0.0)


def test_headers_of_a_container_are_no_audio():
    content = encoded("opus", 1.0)
    header = content.index(b"OggS", content.index(b"OpusTags"))
    arrivals = [Arrival(1.0, header), Arrival(3.0, len(content))]
    reply = Reply(0.0, 200, arrivals=arrivals, body=bytearray(content), ended_s=3.0, complete=True)
    assert listen(reply, "opus").ttfa_s == 3.0


def replies_of(script: list[bytes], *, keep_alive: bool = True, requests: int = 1, close: bool = True) -> list[Reply]:
    """What the client makes of a server that answers each request on a connection with the next bytes."""

    async def run():
        connections = []

        async def serve(reader, writer):
            connections.append(writer)
            for answer in script:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
                await reader.readexactly(length)
                writer.write(answer)
                await writer.drain()
            if close:
                writer.close()
                await writer.wait_closed()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        client = Client(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", keep_alive=keep_alive)
        replies = [await client.speak({"input": "hello"}, timeout_s=0.3) for _ in range(requests)]
        client.close()
        server.close()
        for writer in connections:
            writer.close()
        return replies, len(connections)

    return asyncio.run(run())


OK = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    ("answer", "complete", "body"),
    [
        (OK + b"content-length: 4\r\n\r\nabcd", True, b"abcd"),
        (OK + b"content-length: 5\r\n\r\nabcd", False, b"abcd"),
        (OK + b"transfer-encoding: chunked\r\n\r\n4\r\nabcd\r\n0\r\n\r\n", True, b"abcd"),
        (OK + b"transfer-encoding: chunked\r\n\r\n4\r\nabcd\r\n", False, b"abcd"),
        (OK + b"connection: close\r\n\r\nabcd", True, b"abcd"),
        (b"", False, b""),
        (b"nonsense\r\n\r\n", False, b""),
    ],
)
def test_reply_is_complete_if_it_ends_as_http_says(answer, complete, body):
    [reply], _ = replies_of([answer])
    assert (reply.complete, bytes(reply.body)) == (complete, body)
    assert bool(reply.error) is not complete


def test_server_that_never_answers_is_an_error():
    [reply], _ = replies_of([b""], close=False)
    assert reply.error.startswith("TimeoutError")


def test_refusal_says_when_to_come_back():
    answer = b"HTTP/1.1 503 No\r\ncontent-length: 0\r\nretry-after: 2\r\nretry-after-ms: 1500\r\n\r\n"
    [reply], _ = replies_of([answer])
    assert reply.refused
    assert reply.retry_after_s == 1.5


@pytest.mark.parametrize(("keep_alive", "connections"), [(True, 1), (False, 2)])
def test_connection_is_used_again_if_it_may_be(keep_alive, connections):
    answer = OK + b"content-length: 1\r\n\r\na"
    replies, seen = replies_of([answer, answer], keep_alive=keep_alive, requests=2, close=False)
    assert [reply.complete for reply in replies] == [True, True]
    assert seen == connections
