"""The figures of a generator, and the generator itself against a server that needs no engine."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable

import pytest

from bench.loadgen import LoadGenerator, Outcome, Target, figures, percentile, share_within
from bench.playback import Playback
from speechd.cli.tune.client import Client
from tests.harness.answering import answering

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n\x00\x10\x00\x10"
FULL = b"HTTP/1.1 503 No\r\ncontent-length: 0\r\nretry-after-ms: 10\r\n\r\n"


def outcome(
    *heard: tuple[float, float],
    sent_s: float = 0.0,
    underrun_s: float | None = None,
    refused: bool = False,
    error: str = "",
) -> Outcome:
    playback = Playback(heard[0][0] - sent_s, heard[-1][0] - sent_s, heard, underrun_s) if heard else None
    return Outcome(sent_s, 0.5, playback, refused, None, error)


@pytest.mark.parametrize(("values", "percent", "expected"), [([], 50, None), ([3.0], 99, 3.0), ([1.0, 3.0], 50, 2.0)])
def test_percentile(values: list[float], percent: float, expected: float | None) -> None:
    assert percentile(values, percent) == expected


def test_share_counts_the_limit_itself() -> None:
    assert share_within([0.0, 0.1, 0.2, 0.3], 0.1) == 50.0
    assert share_within([], 0.1) is None


def test_figures_of_nothing_are_none() -> None:
    nothing = figures([], 0.0, 1.0)
    assert (nothing.requests, nothing.audio_s_per_s, nothing.ttfa_p50_s, nothing.c100) == (0, 0.0, None, None)


def test_figures_tell_heard_refused_and_failed_apart() -> None:
    mixed = figures([outcome((1.0, 2.0)), outcome(refused=True), outcome(error="TimeoutError: ")], 0.0, 1.0)
    assert (mixed.heard, mixed.refused, mixed.failed, mixed.errors) == (1, 1, 1, {"TimeoutError: ": 1})


def test_streams_of_one_arrival_are_left_out_of_continuity() -> None:
    assert figures([outcome((1.0, 2.0)), outcome((1.0, 2.0), underrun_s=0.3)], 0.0, 1.0).c100 == 0.0


def test_throughput_counts_audio_that_arrived_in_time() -> None:
    streams = [outcome((1.0, 2.0), (3.0, 5.0), (9.0, 7.0)), outcome((0.5, 4.0), (2.0, 6.0))]
    assert figures(streams, 1.0, 5.0).audio_s_per_s == pytest.approx(((5.0 - 2.0) + (6.0 - 4.0)) / 4.0)


def run(drive: Callable[[LoadGenerator], Awaitable[None]], answer: bytes = OK) -> tuple[LoadGenerator, list[int]]:
    """The generator after `drive`, against a server with that one answer, and the requests of each connection."""

    async def main(url: str) -> LoadGenerator:
        generator = LoadGenerator(Target(url, timeout_s=2), itertools.repeat("hello"))
        await drive(generator)
        return generator

    with answering(itertools.repeat(answer)) as server:
        return asyncio.run(main(server.url)), server.counts


def test_closed_loop_has_one_connection_for_each_listener() -> None:
    generator, served = run(lambda generator: generator.closed(3, 0.2))
    assert len(served) == 3
    assert generator.figures().heard == sum(served) > 3


def test_listeners_in_real_time_ask_again_when_they_have_heard() -> None:
    second = b"HTTP/1.1 200 OK\r\ncontent-length: 48000\r\n\r\n" + 24_000 * b"\x00\x10"
    generator, _ = run(lambda generator: generator.closed(2, 0.3, realtime=True), second)
    assert generator.figures().heard == 2


def test_refused_listeners_come_back_when_they_are_asked_to() -> None:
    generator, _ = run(lambda generator: generator.closed(1, 0.2), FULL)
    assert 3 < generator.figures().refused <= 21


def test_open_loop_has_a_connection_for_each_request() -> None:
    generator, served = run(lambda generator: generator.open(100, 0.3))
    assert generator.figures().heard == len(served) == sum(served)
    assert 10 < len(served) < 60


def test_open_loop_does_not_wait_for_replies() -> None:
    generator, served = run(lambda generator: generator.open(100, 0.3), b"")
    assert generator.figures().failed == len(served) > 10


def test_counted_load_ends_with_the_last_of_its_requests() -> None:
    generator, served = run(lambda generator: generator.counted(3, 10))
    assert len(served) == 3
    assert generator.figures().heard == sum(served) == 10


def test_counted_load_does_not_count_the_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [outcome(refused=True), outcome((1.0, 2.0)), outcome(refused=True), outcome(error="reset")]
    left = iter(answers)

    async def ask(client: Client) -> Outcome:
        return next(left)

    generator = LoadGenerator(Target("http://127.0.0.1"), itertools.repeat("hello"))
    monkeypatch.setattr(generator, "_ask", ask)
    monkeypatch.setattr("bench.loadgen.RETRY_S", 0.0)
    asyncio.run(generator.counted(1, 2))
    assert next(left, None) is None
