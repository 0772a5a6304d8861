"""Texts that break what reads them, and clients that leave, with real processes."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import time
from collections.abc import Awaitable, Callable

import numpy as np
import pytest
import uvloop

from speechd.engines.base import Segment, SynthesisOptions
from speechd.engines.kokoro.voices import catalogue
from speechd.engines.tone import ToneEngine, decode
from speechd.errors import EngineUnavailable, InvalidRequest, SynthesisFailed
from speechd.pool.fork_server import ForkServer, Serve
from speechd.shared_memory import shared_array
from speechd.speech.planner import Planned
from speechd.speech.reader import pool, process
from speechd.speech.reader import serve as reader_serve
from speechd.speech.reader.messages import Utterance
from speechd.speech.reader.plan import RemotePlan
from speechd.speech.reader.pool import ReaderPool
from speechd.speech.reader.serve import serve
from tests.harness.forks import in_fresh_process

OPTIONS = SynthesisOptions(catalogue().parse("af_heart"), "en-us")
LONG = "This is sentence number one. And this is number two. Here is the third of them. " * 20
PROCESSOR_S = 0.5


class Fragile(ToneEngine):
    """Reads, and does what a passage says. `began`: passages begun, `pids`: where those were, by number."""

    def __init__(self) -> None:
        super().__init__()
        self.began = shared_array(np.int32, 1)
        self.pids = shared_array(np.int32, 1000)
        self.kept: list[bytearray] = []

    def prepare(self, text: str, options: SynthesisOptions) -> Segment | None:
        number = int(self.began[0])
        self.began[0] += 1
        self.pids[number] = os.getpid()
        match text.strip("."):
            case "die":
                os.kill(os.getpid(), signal.SIGSEGV)
            case "die once" if number == 0:
                os.kill(os.getpid(), signal.SIGSEGV)
            case "spin":
                while True:
                    pass
            case "hang":
                signal.pause()
            case "slow":
                time.sleep(20 * process.SLOW_S)
            case "raise":
                raise ValueError("as asked")
            case "take memory":
                self.kept.append(bytearray(2 * reader_serve.MEMORY_BYTES))
            case "keep memory":
                self.kept.append(bytearray(reader_serve.GROWTH_BYTES // 4))
        return super().prepare(text, options)


class PoolHarness:
    """A reader pool for a `Fragile` engine, open."""

    def __init__(self, engine: Fragile) -> None:
        self.engine = engine
        self.deaths = 0
        self.server = ForkServer(lambda: serve(engine, PROCESSOR_S))
        self.readers = ReaderPool(self.server, PROCESSOR_S, self._died)

    def _died(self) -> None:
        self.deaths += 1

    def read(self, input: str) -> RemotePlan:
        return self.readers.plan(Utterance(input, OPTIONS))

    async def words(self, input: str) -> str:
        """All of an input, as the engine will speak it."""
        return await rest(self.read(input))


async def rest(plan: RemotePlan) -> str:
    texts = []
    while (planned := await plan.next()) is not None:
        assert isinstance(planned, Planned)
        texts.append(decode(ToneEngine().speak(planned.segment).samples))
    plan.close()
    return " ".join(texts)


def run_scenario(
    scenario: Callable[[PoolHarness], Awaitable[None]],
    loop_factory: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop,
) -> None:
    """Run the scenario in this process, which can fork."""
    harness = PoolHarness(Fragile())

    async def run() -> None:
        await harness.readers.open()
        try:
            async with asyncio.timeout(60):
                await scenario(harness)
        finally:
            harness.readers.close()
            while harness.readers._processes:
                await asyncio.sleep(0.001)

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(run())


@in_fresh_process
def test_text_is_read_elsewhere_and_whole() -> None:
    async def scenario(harness: PoolHarness) -> None:
        assert await harness.words(LONG) == LONG.strip()
        pids = set(harness.engine.pids[: harness.engine.began[0]].tolist())
        assert len(pids) == 1
        assert pids.isdisjoint({os.getpid(), harness.server.pid})

    run_scenario(scenario)


@in_fresh_process
def test_text_is_read_on_the_event_loop_that_workers_have() -> None:
    async def scenario(harness: PoolHarness) -> None:
        assert await harness.words(LONG) == LONG.strip()

    run_scenario(scenario, uvloop.new_event_loop)


@in_fresh_process
def test_streams_take_turns() -> None:
    async def scenario(harness: PoolHarness) -> None:
        first, second = harness.read(LONG), harness.read(LONG)
        both = await asyncio.gather(rest(first), rest(second))
        assert set(both) == {LONG.strip()}
        assert len(set(harness.engine.pids[: harness.engine.began[0]].tolist())) == 1

    run_scenario(scenario)


@in_fresh_process
def test_others_are_read_between_two_calls_that_find_nothing_to_speak() -> None:
    async def scenario(harness: PoolHarness) -> None:
        silent = asyncio.create_task(harness.words("-\n" * 25_000 + "At last."))
        await asyncio.sleep(0)  # it is first
        assert await harness.words("Hello there.") == "Hello there."
        assert not silent.done()
        assert await silent == "At last."

    run_scenario(scenario)


@in_fresh_process
def test_text_that_ends_its_reader_is_an_error_of_its_sender_alone() -> None:
    async def scenario(harness: PoolHarness) -> None:
        honest = harness.read(LONG)
        await honest.next()
        for kind in ("die", "spin"):
            with pytest.raises(InvalidRequest) as caught:
                await harness.words(kind)
            assert caught.value.code == "unreadable_input"
        assert LONG.endswith(await rest(honest) + " ")
        assert harness.deaths == 4

    run_scenario(scenario)


@in_fresh_process
def test_each_stream_goes_on_in_another_reader_where_it_was() -> None:
    async def scenario(harness: PoolHarness) -> None:
        streams = [harness.read(LONG) for _ in range(3)]
        texts = [""] * 3
        while any(streams):
            for index, stream in enumerate(streams):
                planned = await stream.next() if stream else None
                if isinstance(planned, Planned):
                    texts[index] += decode(ToneEngine().speak(planned.segment).samples) + " "
                else:
                    streams[index] = None  # type: ignore[call-overload]
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(harness.engine.pids[harness.engine.began[0] - 1]), signal.SIGKILL)
        assert texts == [LONG] * 3
        assert harness.deaths > 3

    run_scenario(scenario)


@in_fresh_process
def test_text_that_ends_one_reader_is_read_by_the_next() -> None:
    async def scenario(harness: PoolHarness) -> None:
        assert await harness.words("die once") == "die once"
        assert harness.deaths == 1

    run_scenario(scenario)


@in_fresh_process
def test_slow_text_does_not_stand_before_others() -> None:
    async def scenario(harness: PoolHarness) -> None:
        slow = [asyncio.create_task(harness.words("slow")) for _ in range(pool.MAX_PROCESSES - 1)]
        await asyncio.sleep(0)  # they are first
        assert await harness.words("quick") == "quick"
        assert not any(task.done() for task in slow)
        assert await asyncio.gather(*slow) == ["slow"] * len(slow)
        assert harness.deaths == 0
        assert await harness.words(LONG) == LONG.strip()

    run_scenario(scenario)


@in_fresh_process
def test_hang_without_work_is_ended_by_the_clock() -> None:
    async def scenario(harness: PoolHarness) -> None:
        with pytest.raises(InvalidRequest):
            await harness.words("hang")
        assert harness.deaths == 2

    run_scenario(scenario)


@in_fresh_process
def test_client_that_leaves_ends_what_is_read_for_it() -> None:
    async def scenario(harness: PoolHarness) -> None:
        task = asyncio.create_task(harness.words("hang"))
        while not harness.engine.began[0]:
            await asyncio.sleep(0.001)
        pid = harness.engine.pids[0]
        task.cancel()
        while pid in {process.pid for process in harness.readers._processes}:
            await asyncio.sleep(0.001)
        with pytest.raises(asyncio.CancelledError):
            await task
        assert harness.engine.began[0] == 1
        assert harness.deaths == 0  # it was no text's fault
        assert await harness.words("quick") == "quick"

    run_scenario(scenario)


@in_fresh_process
def test_client_that_leaves_while_its_text_waits_is_forgotten() -> None:
    async def scenario(harness: PoolHarness) -> None:
        first, second = (asyncio.create_task(harness.words("slow")) for _ in range(2))
        await asyncio.sleep(0)
        second.cancel()
        await first
        assert harness.engine.began[0] == 1
        assert harness.deaths == 0

    run_scenario(scenario)


@in_fresh_process
def test_exception_of_an_engine_is_the_servers_failure() -> None:
    async def scenario(harness: PoolHarness) -> None:
        with pytest.raises(SynthesisFailed):
            await harness.words("raise")
        assert harness.deaths == 0

    run_scenario(scenario)


@in_fresh_process
def test_text_that_takes_too_much_memory_ends_its_reader_and_no_other_text_is_hurt() -> None:
    async def scenario(harness: PoolHarness) -> None:
        with pytest.raises(InvalidRequest):
            await harness.words("take memory")
        assert harness.deaths == 2
        assert await harness.words("quick") == "quick"

    run_scenario(scenario)


@in_fresh_process
def test_reader_that_has_grown_is_replaced_and_nobody_waits_for_it() -> None:
    reader_serve.GROWTH_CHECK_CALLS = 4  # type: ignore[misc]

    async def scenario(harness: PoolHarness) -> None:
        for _ in range(20):
            assert await harness.words("keep memory") == "keep memory"
        assert len(set(harness.engine.pids[: harness.engine.began[0]].tolist())) > 1
        assert harness.deaths == 0

    run_scenario(scenario)


@in_fresh_process
def test_reader_that_has_loaded_what_takes_long_is_kept() -> None:
    async def scenario(harness: PoolHarness) -> None:
        slow = asyncio.create_task(harness.words("slow"))
        await asyncio.sleep(0)
        assert await harness.words("quick") == "quick"
        assert await slow == "slow"
        pid = harness.engine.pids[0]
        for _ in range(3):
            began = int(harness.engine.began[0])
            assert await harness.words("quick") == "quick"
            assert harness.engine.pids[began] == pid

    run_scenario(scenario)


@in_fresh_process
def test_processes_that_cannot_be_had_are_asked_for_again_and_no_faster_than_that() -> None:
    async def scenario(harness: PoolHarness) -> None:
        pool.RETRY_S = 0.02  # type: ignore[misc]
        spawn = harness.server.spawn
        asked: list[None] = []

        def none_at_first() -> socket.socket:
            asked.append(None)
            if len(asked) < 10:
                raise OSError("as asked")
            return spawn()

        harness.server.spawn = none_at_first  # type: ignore[method-assign]
        await harness.words("quick")
        os.kill(int(harness.engine.pids[0]), signal.SIGKILL)
        assert await asyncio.gather(*(harness.words("quick") for _ in range(3))) == ["quick"] * 3
        assert len(asked) == 10

    run_scenario(scenario)


@in_fresh_process
def test_reader_that_dies_while_idle_is_replaced() -> None:
    async def scenario(harness: PoolHarness) -> None:
        await harness.words("quick")
        os.kill(int(harness.engine.pids[0]), signal.SIGKILL)
        while not harness.deaths:
            await asyncio.sleep(0.001)
        assert await harness.words("quick") == "quick"

    run_scenario(scenario)


@in_fresh_process
def test_where_readers_cannot_start_the_worker_is_told() -> None:
    def fails() -> Serve:
        raise ValueError("as asked")

    async def run() -> None:
        with pytest.raises(EngineUnavailable):
            await ReaderPool(ForkServer(fails), 1.0, lambda: None).open()

    asyncio.run(run())
