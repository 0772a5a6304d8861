from __future__ import annotations

import os
import signal
import socket
import time

import numpy as np
import pytest

from speechd.audio.samples import Audio
from speechd.engines.base import Segment
from speechd.engines.espeak.engine import EspeakEngine
from speechd.engines.kokoro.voices import MODEL_IDS, catalogue
from speechd.engines.tone import ToneEngine
from speechd.errors import EngineUnavailable
from speechd.pool import isolated
from speechd.pool.fork_server import ForkServer
from speechd.pool.isolated import IsolatedEngine
from speechd.shared_memory import shared_array
from tests.harness.forks import in_fresh_process


class Crashing(ToneEngine):
    """Does what its segment says; `spoken`: how often one was begun, `started`: on how many threads."""

    name = "crashing"  # type: ignore[misc]

    def __init__(self) -> None:
        super().__init__()
        self.spoken = shared_array(np.int32, 1)
        self.started = shared_array(np.int32, 1)

    def start(self, threads: int) -> None:
        self.started[0] += threads

    def speak(self, segment: Segment) -> Audio:
        self.spoken[0] += 1
        match segment.payload:
            case b"die":
                os.kill(os.getpid(), signal.SIGSEGV)
            case b"die once" if self.spoken[0] == 1:
                os.kill(os.getpid(), signal.SIGSEGV)
            case b"hang":
                time.sleep(60)
            case b"raise":
                raise ValueError("as asked")
        return Audio(np.full(100, 0.5, np.float32))


def apart(engine: ToneEngine, timeout_s: float = 60.0) -> IsolatedEngine:
    speaker = IsolatedEngine(engine, ForkServer(lambda: isolated.serve(engine, 3)), timeout_s)
    speaker.start(3)
    return speaker


@in_fresh_process
def test_speaks_in_another_process_that_was_started_once() -> None:
    engine = Crashing()
    speaker = apart(engine)
    for _ in range(3):
        assert speaker.speak(Segment(b"speak", 1.0)).samples.tolist() == [0.5] * 100
    assert (engine.spoken[0], engine.started[0]) == (3, 3)
    assert speaker.name == "crashing"


@in_fresh_process
def test_segment_that_ends_one_process_is_spoken_by_the_next() -> None:
    engine = Crashing()
    assert len(apart(engine).speak(Segment(b"die once", 1.0)).samples) == 100
    assert (engine.spoken[0], engine.started[0]) == (2, 3)


@in_fresh_process
def test_segment_that_ends_two_processes_fails_and_the_next_is_spoken() -> None:
    engine = Crashing()
    speaker = apart(engine)
    with pytest.raises(RuntimeError, match="ended 2 processes"):
        speaker.speak(Segment(b"die", 1.0))
    assert engine.spoken[0] == 2
    assert len(speaker.speak(Segment(b"speak", 1.0)).samples) == 100


@in_fresh_process
def test_segment_that_hangs_is_ended_once_and_not_tried_again() -> None:
    engine = Crashing()
    speaker = apart(engine, timeout_s=0.5)
    with pytest.raises(RuntimeError, match=r"longer than 0\.2 s"):
        speaker.speak(Segment(b"hang", 1.0))
    assert engine.spoken[0] == 1
    assert len(speaker.speak(Segment(b"speak", 1.0)).samples) == 100


def dies_with_its_fork_server() -> None:
    server = ForkServer(lambda: isolated.serve(Crashing(), 1))
    speaker = IsolatedEngine(Crashing(), server, 60.0)
    speaker.start(1)
    os.kill(server.pid, signal.SIGKILL)
    while True:  # a child may still speak before it is ended, too
        speaker.speak(Segment(b"speak", 1.0))


@in_fresh_process
def test_worker_without_a_fork_server_ends_and_fails_no_segments() -> None:
    worker = os.fork()
    if not worker:
        dies_with_its_fork_server()
    assert os.waitstatus_to_exitcode(os.waitpid(worker, 0)[1]) == os.EX_SOFTWARE


@in_fresh_process
def test_process_that_cannot_be_had_is_asked_for_again() -> None:
    speaker = apart(Crashing())
    spawn = speaker._server.spawn
    asked: list[None] = []

    def none_at_first() -> socket.socket:
        asked.append(None)
        if len(asked) < 4:
            raise OSError("as asked")
        return spawn()

    speaker._server.spawn = none_at_first  # type: ignore[method-assign]
    isolated.RETRY_S = 0.01  # type: ignore[misc]
    with pytest.raises(RuntimeError, match="ended 2 processes"):
        speaker.speak(Segment(b"die", 1.0))
    assert len(asked) == 4


@in_fresh_process
def test_exception_of_the_engine_is_told() -> None:
    speaker = apart(Crashing())
    with pytest.raises(RuntimeError, match="as asked"):
        speaker.speak(Segment(b"raise", 1.0))


@in_fresh_process
def test_engine_that_does_not_start_is_told_of() -> None:
    class Unwilling(Crashing):
        def start(self, threads: int) -> None:
            raise EngineUnavailable("as asked")

    with pytest.raises(EngineUnavailable, match="did not start"):
        apart(Unwilling())


def test_espeak_is_an_engine_to_be_isolated_and_tone_is_none() -> None:
    from speechd.engines.base import Isolated

    assert isinstance(EspeakEngine(catalogue(), MODEL_IDS), Isolated)
    assert not isinstance(ToneEngine(), Isolated)
