"""The arithmetic of listening."""

import struct
from bisect import bisect_right

import numpy as np
import pytest

from bench.playback import clock, packets, playback_of, underrun_s
from speechd.audio.samples import Samples
from speechd.cli.tune.client import Arrival, Response
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
def test_underrun_is_the_worst_wait_after_the_first_arrival(
    heard: list[tuple[float, float]], expected: float | None
) -> None:
    assert underrun_s(heard) == expected


def speech(seconds: float) -> Samples:
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
def test_packets_of_a_part_last_as_long_as_their_share_of_the_file(format: str, whole: bool) -> None:
    content = encoded(format, 4.0, whole=whole)
    ends, seconds = packets(content)
    assert ends == sorted(ends)
    assert ends[-1] == len(content)
    assert seconds[-1] == pytest.approx(4.0, abs=0.1)
    last = bisect_right(ends, ends[len(ends) // 2]) - 1
    part_ends, part_seconds = packets(content[: ends[last]])
    assert (part_ends[-1], part_seconds[-1]) == (ends[last], seconds[last])


def test_ogg_packets_are_had_when_their_page_is_complete() -> None:
    content = encoded("opus", 2.5, whole=True)  # a page a second
    pages = [index for index in range(len(content)) if content.startswith(b"OggS", index)]
    ends, seconds = packets(content)
    assert set(ends) == {*pages[3:], len(content)}  # the first two pages are headers
    assert len(seconds) > 100


@pytest.mark.parametrize("format", ["pcm", "wav", "mp3", "opus", "aac", "flac"])
def test_clock_tells_seconds_from_bytes(format: str) -> None:
    content = encoded(format, 2.0)
    seconds, audible = clock(content, format)
    assert seconds(0) == 0.0
    assert seconds(len(content)) == pytest.approx(2.0, abs=0.1)
    assert 0 < audible < 3000


@pytest.mark.parametrize("format", ["pcm", "wav", "mp3", "opus", "aac", "flac"])
def test_nothing_is_audible_in_an_empty_body(format: str) -> None:
    assert playback_of(Response(0.0, arrivals=[], body=bytearray()), format) is None


def test_first_audio_is_the_first_audible_sample() -> None:
    silence, sound = bytes(2 * SECOND), struct.pack("<h", 2000) * SECOND
    arrivals = [Arrival(1.0, len(silence)), Arrival(1.5, len(silence) + len(sound))]
    response = Response(0.5, 200, arrivals=arrivals, body=bytearray(silence + sound), ended_s=2.0, complete=True)
    heard = playback_of(response, "pcm")
    assert heard is not None
    assert (heard.ttfa_s, heard.e2e_s, heard.audio_s, heard.began_s, heard.underrun_s) == (1.0, 1.5, 2.0, 1.0, 0.0)


def test_headers_of_a_container_are_no_audio() -> None:
    content = encoded("opus", 1.0)
    header = content.index(b"OggS", content.index(b"OpusTags"))
    arrivals = [Arrival(1.0, header), Arrival(3.0, len(content))]
    response = Response(0.0, 200, arrivals=arrivals, body=bytearray(content), ended_s=3.0, complete=True)
    heard = playback_of(response, "opus")
    assert heard is not None
    assert heard.ttfa_s == 3.0
