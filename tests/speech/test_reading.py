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

from speechd.engines.base import Segment, SynthesisOptions
from speechd.engines.tone import ToneEngine, decode
from speechd.errors import EngineUnavailable, InvalidRequest, SynthesisFailed
from speechd.pool.capacity import StreamBudget
from speechd.pool.fork_server import ForkServer, Serve
from speechd.shared_memory import shared_array
from speechd.speech import reading
from speechd.speech.planner import Planned, Planner
from speechd.speech.reading import Call, Readers, Reading, Utterance
from speechd.voices import Catalogue
from tests.harness.forks import in_fresh_process

DELIVERY = SynthesisOptions(Catalogue().parse("af_heart"), "en-us")
LONG = "This is sentence number one. And this is number two. Here is the third of them. " * 20
SHARE = StreamBudget(realtime_factor=4.0)
PROCESSOR_S = 0.5


class Fragile(ToneEngine):
    """Reads, and does what a passage says. `began`: passages begun, `pids`: where those were, by number."""

    def __init__(self) -> None:
        super().__init__()
        self.began = shared_array(np.int32, 1)
        self.pids = shared_array(np.int32, 1000)
        self.kept: list[bytearray] = []

    def prepare(self, text: str, delivery: SynthesisOptions) -> Segment | None:
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
                time.sleep(20 * reading.SLOW_S)
            case "raise":
                raise ValueError("as asked")
            case "take memory":
                self.kept.append(bytearray(2 * reading.MEMORY_BYTES))
            case "keep memory":
                self.kept.append(bytearray(reading.GROWTH_BYTES // 4))
        return super().prepare(text, delivery)


class Stage:
    """Readers of a `Fragile` engine, open."""

    def __init__(self, engine: Fragile) -> None:
        self.engine = engine
        self.deaths = 0
        self.server = ForkServer(lambda: reading.serve(engine, PROCESSOR_S))
        self.readers = Readers(self.server, PROCESSOR_S, self._died)

    def _died(self) -> None:
        self.deaths += 1

    def read(self, input: str) -> Reading:
        return self.readers.read(Utterance(input, DELIVERY))

    async def words(self, input: str) -> str:
        """All of an input, as the engine will speak it."""
        return await rest(self.read(input))


async def rest(read: Reading) -> str:
    texts = []
    while (planned := await read.next(3.0, SHARE)) is not None:
        assert isinstance(planned, Planned)
        texts.append(decode(ToneEngine().synthesize(planned.segment).samples))
    read.close()
    return " ".join(texts)


def staged(scenario: Callable[[Stage], Awaitable[None]]) -> None:
    """Run the scenario in this process, which can fork."""
    stage = Stage(Fragile())

    async def run() -> None:
        await stage.readers.open()
        try:
            async with asyncio.timeout(20):
                await scenario(stage)
        finally:
            stage.readers.close()

    asyncio.run(run())


@in_fresh_process
def test_text_is_read_elsewhere_and_whole() -> None:
    async def scenario(stage: Stage) -> None:
        assert await stage.words(LONG) == LONG.strip()
        pids = set(stage.engine.pids[: stage.engine.began[0]].tolist())
        assert len(pids) == 1
        assert pids.isdisjoint({os.getpid(), stage.server.pid})

    staged(scenario)


@in_fresh_process
def test_streams_take_turns() -> None:
    async def scenario(stage: Stage) -> None:
        first, second = stage.read(LONG), stage.read(LONG)
        both = await asyncio.gather(rest(first), rest(second))
        assert both == [LONG.strip()] * 2
        assert len(set(stage.engine.pids[: stage.engine.began[0]].tolist())) == 1

    staged(scenario)


@in_fresh_process
def test_others_are_read_between_two_calls_that_find_nothing_to_speak() -> None:
    async def scenario(stage: Stage) -> None:
        silent = asyncio.create_task(stage.words("-\n" * 25_000 + "At last."))
        await asyncio.sleep(0)  # it is first
        assert await stage.words("Hello there.") == "Hello there."
        assert not silent.done()
        assert await silent == "At last."

    staged(scenario)


@in_fresh_process
def test_text_that_ends_its_reader_is_an_error_of_its_sender_alone() -> None:
    async def scenario(stage: Stage) -> None:
        honest = stage.read(LONG)
        await honest.next(0.0, SHARE)
        for kind in ("die", "spin"):
            with pytest.raises(InvalidRequest) as caught:
                await stage.words(kind)
            assert caught.value.code == "unreadable_input"
        assert LONG.endswith(await rest(honest) + " ")
        assert stage.deaths == 4

    staged(scenario)


@in_fresh_process
def test_each_stream_goes_on_in_another_reader_where_it_was() -> None:
    async def scenario(stage: Stage) -> None:
        streams = [stage.read(LONG) for _ in range(3)]
        texts = [""] * 3
        while any(streams):
            for index, stream in enumerate(streams):
                planned = await stream.next(3.0, SHARE) if stream else None
                if isinstance(planned, Planned):
                    texts[index] += decode(ToneEngine().synthesize(planned.segment).samples) + " "
                else:
                    streams[index] = None  # type: ignore[call-overload]
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(stage.engine.pids[stage.engine.began[0] - 1]), signal.SIGKILL)
        assert texts == [LONG] * 3
        assert stage.deaths > 3

    staged(scenario)


@in_fresh_process
def test_text_that_ends_one_reader_is_read_by_the_next() -> None:
    async def scenario(stage: Stage) -> None:
        assert await stage.words("die once") == "die once"
        assert stage.deaths == 1

    staged(scenario)


@in_fresh_process
def test_slow_text_does_not_stand_before_others() -> None:
    async def scenario(stage: Stage) -> None:
        slow = [asyncio.create_task(stage.words("slow")) for _ in range(reading.MOST_CHILDREN - 1)]
        await asyncio.sleep(0)  # they are first
        assert await stage.words("quick") == "quick"
        assert not any(task.done() for task in slow)
        assert await asyncio.gather(*slow) == ["slow"] * len(slow)
        assert stage.deaths == 0
        assert await stage.words(LONG) == LONG.strip()

    staged(scenario)


@in_fresh_process
def test_hang_without_work_is_ended_by_the_clock() -> None:
    async def scenario(stage: Stage) -> None:
        with pytest.raises(InvalidRequest):
            await stage.words("hang")
        assert stage.deaths == 2

    staged(scenario)


@in_fresh_process
def test_client_that_leaves_ends_what_is_read_for_it() -> None:
    async def scenario(stage: Stage) -> None:
        task = asyncio.create_task(stage.words("hang"))
        while not stage.engine.began[0]:
            await asyncio.sleep(0.001)
        pid = stage.engine.pids[0]
        task.cancel()
        while pid in {child.pid for child in stage.readers._children}:
            await asyncio.sleep(0.001)
        with pytest.raises(asyncio.CancelledError):
            await task
        assert stage.engine.began[0] == 1
        assert stage.deaths == 0  # it was no text's fault
        assert await stage.words("quick") == "quick"

    staged(scenario)


@in_fresh_process
def test_client_that_leaves_while_its_text_waits_is_forgotten() -> None:
    async def scenario(stage: Stage) -> None:
        first, second = (asyncio.create_task(stage.words("slow")) for _ in range(2))
        await asyncio.sleep(0)
        second.cancel()
        await first
        assert stage.engine.began[0] == 1
        assert stage.deaths == 0

    staged(scenario)


@in_fresh_process
def test_exception_of_an_engine_is_the_servers_failure() -> None:
    async def scenario(stage: Stage) -> None:
        with pytest.raises(SynthesisFailed):
            await stage.words("raise")
        assert stage.deaths == 0

    staged(scenario)


@in_fresh_process
def test_text_that_takes_too_much_memory_ends_its_reader_and_no_other_text_is_hurt() -> None:
    async def scenario(stage: Stage) -> None:
        with pytest.raises(InvalidRequest):
            await stage.words("take memory")
        assert stage.deaths == 2
        assert await stage.words("quick") == "quick"

    staged(scenario)


@in_fresh_process
def test_reader_that_has_grown_is_replaced_and_nobody_waits_for_it() -> None:
    async def scenario(stage: Stage) -> None:
        reading.LOOK_AFTER = 4  # type: ignore[misc]
        stage.server = ForkServer(lambda: reading.serve(stage.engine, PROCESSOR_S))
        stage.readers = Readers(stage.server, PROCESSOR_S, stage._died)
        await stage.readers.open()
        for _ in range(20):
            assert await stage.words("keep memory") == "keep memory"
        assert len(set(stage.engine.pids[: stage.engine.began[0]].tolist())) > 1
        assert stage.deaths == 0

    staged(scenario)


@in_fresh_process
def test_reader_that_has_loaded_what_takes_long_is_kept() -> None:
    async def scenario(stage: Stage) -> None:
        slow = asyncio.create_task(stage.words("slow"))
        await asyncio.sleep(0)
        assert await stage.words("quick") == "quick"
        assert await slow == "slow"
        pid = stage.engine.pids[0]
        for _ in range(3):
            began = int(stage.engine.began[0])
            assert await stage.words("quick") == "quick"
            assert stage.engine.pids[began] == pid

    staged(scenario)


@in_fresh_process
def test_processes_that_cannot_be_had_are_asked_for_again_and_no_faster_than_that() -> None:
    async def scenario(stage: Stage) -> None:
        reading.RETRY_S = 0.02  # type: ignore[misc]
        spawn, asked = stage.server.spawn, []

        def none_at_first() -> socket.socket:
            asked.append(None)
            if len(asked) < 10:
                raise OSError("as asked")
            return spawn()

        stage.server.spawn = none_at_first  # type: ignore[method-assign]
        await stage.words("quick")
        os.kill(int(stage.engine.pids[0]), signal.SIGKILL)
        assert await asyncio.gather(*(stage.words("quick") for _ in range(3))) == ["quick"] * 3
        assert len(asked) == 10

    staged(scenario)


@in_fresh_process
def test_reader_that_dies_while_idle_is_replaced() -> None:
    async def scenario(stage: Stage) -> None:
        await stage.words("quick")
        os.kill(int(stage.engine.pids[0]), signal.SIGKILL)
        while not stage.deaths:
            await asyncio.sleep(0.001)
        assert await stage.words("quick") == "quick"

    staged(scenario)


def test_child_forgets_what_is_over() -> None:
    planners: dict[int, Planner] = {}
    for id in range(3):
        call = Call(id, 0.0, SHARE, (Utterance("quick", DELIVERY), None), over=tuple(range(id)))
        answer = reading._answer(ToneEngine(), planners, call, 60.0)
        assert isinstance(answer.result, Planned)
        assert list(planners) == [id]


@in_fresh_process
def test_where_readers_cannot_start_the_worker_is_told() -> None:
    def fails() -> Serve:
        raise ValueError("as asked")

    async def run() -> None:
        with pytest.raises(EngineUnavailable):
            await Readers(ForkServer(fails), 1.0, lambda: None).open()

    asyncio.run(run())
