"""The figures of a crowd, and the crowd itself against a server that needs no engine."""

import asyncio
import itertools

import pytest

from bench.loadgen import Crowd, Outcome, Target, figures, percentile, share_within
from bench.playback import Listening

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n\x00\x10\x00\x10"
FULL = b"HTTP/1.1 503 No\r\ncontent-length: 0\r\nretry-after-ms: 10\r\n\r\n"


def outcome(*heard, sent_s=0.0, underrun_s=None, refused=False, error=""):
    listening = Listening(heard[0][0] - sent_s, heard[-1][0] - sent_s, heard, underrun_s) if heard else None
    return Outcome(sent_s, 0.5, listening, refused, None, error)


@pytest.mark.parametrize(("values", "percent", "expected"), [([], 50, None), ([3.0], 99, 3.0), ([1.0, 3.0], 50, 2.0)])
def test_percentile(values, percent, expected):
    assert percentile(values, percent) == expected


def test_share_counts_the_limit_itself():
    assert share_within([0.0, 0.1, 0.2, 0.3], 0.1) == 50.0
    assert share_within([], 0.1) is None


def test_figures_of_nothing_are_none():
    nothing = figures([], 0.0, 1.0)
    assert (nothing.requests, nothing.audio_s_per_s, nothing.ttfa_p50_s, nothing.c100) == (0, 0.0, None, None)


def test_figures_tell_heard_refused_and_failed_apart():
    mixed = figures([outcome((1.0, 2.0)), outcome(refused=True), outcome(error="TimeoutError: ")], 0.0, 1.0)
    assert (mixed.heard, mixed.refused, mixed.failed, mixed.errors) == (1, 1, 1, {"TimeoutError: ": 1})


def test_streams_of_one_arrival_are_left_out_of_continuity():
    assert figures([outcome((1.0, 2.0)), outcome((1.0, 2.0), underrun_s=0.3)], 0.0, 1.0).c100 == 0.0


def test_throughput_counts_audio_that_arrived_in_time():
    streams = [outcome((1.0, 2.0), (3.0, 5.0), (9.0, 7.0)), outcome((0.5, 4.0), (2.0, 6.0))]
    assert figures(streams, 1.0, 5.0).audio_s_per_s == pytest.approx(((5.0 - 2.0) + (6.0 - 4.0)) / 4.0)


def run(drive, answer=OK):
    """The crowd after `drive`, the requests answered at each connection, against a server with that one answer."""
    served = []

    async def serve(reader, writer):
        served.append(0)
        mine = len(served) - 1
        while head := await reader.read(1 << 16):
            if head.startswith(b"POST"):
                served[mine] += 1
                writer.write(answer)
        writer.close()

    async def main():
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        crowd = Crowd(Target(url, timeout_s=2), itertools.repeat("hello"))
        await drive(crowd)
        server.close()
        return crowd

    return asyncio.run(main()), served


def test_closed_loop_has_one_connection_for_each_listener():
    crowd, served = run(lambda crowd: crowd.closed(3, 0.2))
    assert len(served) == 3
    assert crowd.figures().heard == sum(served) > 3


def test_listeners_in_real_time_ask_again_when_they_have_heard():
    second = b"HTTP/1.1 200 OK\r\ncontent-length: 48000\r\n\r\n" + 24_000 * b"\x00\x10"
    crowd, _ = run(lambda crowd: crowd.closed(2, 0.3, realtime=True), second)
    assert crowd.figures().heard == 2


def test_refused_listeners_come_back_when_they_are_asked_to():
    crowd, _ = run(lambda crowd: crowd.closed(1, 0.2), FULL)
    assert 3 < crowd.figures().refused <= 21


def test_open_loop_has_a_connection_for_each_request():
    crowd, served = run(lambda crowd: crowd.open(100, 0.3))
    assert crowd.figures().heard == len(served) == sum(served)
    assert 10 < len(served) < 60


def test_open_loop_does_not_wait_for_replies():
    crowd, served = run(lambda crowd: crowd.open(100, 0.3), b"")
    assert crowd.figures().failed == len(served) > 10


def test_counted_load_ends_with_the_last_of_its_requests():
    crowd, served = run(lambda crowd: crowd.counted(3, 10))
    assert len(served) == 3
    assert crowd.figures().heard == sum(served) == 10


def test_counted_load_does_not_count_the_refused(monkeypatch):
    answers = [outcome(refused=True), outcome((1.0, 2.0)), outcome(refused=True), outcome(error="reset")]
    left = iter(answers)

    async def ask(client):
        return next(left)

    crowd = Crowd(Target("http://127.0.0.1"), itertools.repeat("hello"))
    monkeypatch.setattr(crowd, "_ask", ask)
    monkeypatch.setattr("bench.loadgen.RETRY_S", 0.0)
    asyncio.run(crowd.counted(1, 2))
    assert next(left, None) is None
