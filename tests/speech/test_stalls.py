from __future__ import annotations

from typing import TypedDict

import pytest

from speechd.speech.playback import PlaybackClock
from speechd.speech.stalls import MIN_BYTES_PER_S, DownloadStall, GrowthRate, StreamStall


class Client(TypedDict, total=False):
    """How a client takes a stream: see `ended_at`."""

    play_rate: float
    chunk_s: float
    pause: tuple[float, float]
    late_s: float


def test_rate_is_of_the_last_window_and_of_no_less() -> None:
    rate = GrowthRate(10.0)
    assert [rate.add(float(now), now) for now in range(10)] == [None] * 10
    assert rate.add(10.0, 10.0) == 1.0
    assert rate.add(15.0, 65.0) == (65 - 5) / 10
    assert rate.add(100.0, 65.0) == 0.0, "since the last moment before the window"


def test_rate_holds_few_moments_however_often_it_is_asked() -> None:
    rate = GrowthRate(10.0)
    for moment in range(100_000):
        rate.add(moment / 1000, moment)
    assert len(rate._seen) <= 102
    assert rate.add(100.0, 100_000) == pytest.approx(1000, rel=0.01)


def ended_at(
    play_rate: float, *, chunk_s: float = 0.5, pause: tuple[float, float] = (0.0, 0.0), late_s: float = 0.0
) -> float | None:
    """When a stream of 20 minutes is given up whose client takes `play_rate` seconds of audio in a second, with a pause
    from the first of two moments to the second, and for which each chunk is made so late; None if never."""
    clock, stall, now = PlaybackClock(), StreamStall(), 0.0
    for _ in range(1, round(1200 / chunk_s)):
        now += late_s
        clock.sent(now, chunk_s)
        now += chunk_s / play_rate
        if pause[0] <= now < pause[1]:
            now = pause[1]
        clock.received(now)
        if stall.is_stalled(now, clock.standstill_s):
            return now
    return None


@pytest.mark.parametrize(
    ("client", "is_given_up"),
    [
        ({"play_rate": 1.0}, False),
        ({"play_rate": 0.5}, False),
        ({"play_rate": 0.26}, False),
        ({"play_rate": 0.24}, True),
        ({"play_rate": 1 / 12}, True),
        ({"play_rate": 0.1, "chunk_s": 0.02}, True),
        ({"play_rate": 1.0, "pause": (100.0, 129.0)}, False),
        ({"play_rate": 100.0, "pause": (5.0, 34.0)}, False),
        ({"play_rate": 1000.0, "late_s": 20.0}, False),
        ({"play_rate": 0.3, "late_s": 5.0}, False),
    ],
)
def test_stream_is_given_up_when_it_is_taken_at_less_than_a_quarter_of_playing_time(
    client: Client, is_given_up: bool
) -> None:
    moment = ended_at(**client)
    assert (moment is not None) is is_given_up
    assert moment is None or 120 <= moment <= 130


@pytest.mark.parametrize(("bytes_per_s", "is_given_up"), [(1000, True), (4000, True), (4200, False), (1e6, False)])
@pytest.mark.parametrize("chunk", [1000, 1 << 16])
def test_download_is_given_up_when_it_is_slower_than_a_modem_for_a_minute(
    chunk: int, bytes_per_s: float, is_given_up: bool
) -> None:
    download, moments = DownloadStall(), range(0, 100 << 16, chunk)
    slow = [sent / bytes_per_s for sent in moments if download.is_stalled(sent / bytes_per_s, sent)]
    assert bool(slow) is is_given_up
    assert not slow or 60 <= slow[0] <= 60 + 2 * chunk / bytes_per_s


def test_download_may_stop_for_a_while() -> None:
    download = DownloadStall()
    assert not any(download.is_stalled(now, int(60 * MIN_BYTES_PER_S)) for now in (0.0, 30.0, 59.9))
