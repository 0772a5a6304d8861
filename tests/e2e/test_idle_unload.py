"""A server that unloads its model while nobody asks for speech, and what those notice who ask again."""

import itertools
import random
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, suppress
from functools import partial
from pathlib import Path

import httpx2
import pytest

from tests.harness import decoding
from tests.harness.decoding import letters
from tests.harness.server import Server, running, until

SENTENCE = "The quick brown fox jumps over the lazy dog. "
SLOW = "slowly we go on and on until the end is near. " * 8
"""Each segment takes a second."""

WORDS = "ape bat cat dog elk fox gnu hen ibis jay kid lark mole newt owl pig".split()


class Unloadable:
    """The engine of unloadable.py, from outside."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def does(self, what: str) -> None:
        (self._folder / "does").write_text(what)

    def journal(self) -> list[str]:
        with suppress(FileNotFoundError):
            return (self._folder / "journal").read_text().split()
        return []


@pytest.fixture
def unloadable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Unloadable:
    monkeypatch.setenv("UNLOADABLE", str(tmp_path))
    return Unloadable(tmp_path)


def unloading(tmp_path: Path, **settings: object) -> AbstractContextManager[Server]:
    given = {"idle_unload_s": 0.5, "respawn_delay_s": 1, "look_ahead_s": 600}
    return running(tmp_path, engine="unloadable:create", **given | settings)


def spoken(reply: httpx2.Response) -> str:
    assert reply.status_code == 200
    return decoding.spoken(reply.content)


def model(server: Server) -> str:
    reply = server.get("/ready")
    assert reply.status_code == 200
    return str(reply.json()["model"])


def is_idle(server: Server) -> bool:
    health = server.health()
    return not (health["in_flight"] or health["waiting"] or health["running"])


def states(server: Server) -> list[str]:
    return sorted(row["state"] for row in server.health()["workers"] if row["state"] != "free")


def until_unloaded(server: Server) -> None:
    until(lambda: states(server) == ["idle"], 60, "an unloaded model")


def begin_slow(server: Server, threads: ThreadPoolExecutor) -> Future[httpx2.Response]:
    """A stream whose home is the worker that was without the model, once the others are ready."""
    reply = threads.submit(server.speech, SLOW)
    until(
        lambda: states(server).count("ready") == 2 and "retiring" in states(server),
        60,
        "the one without a model retires",
    )
    return reply


def test_all_who_come_while_the_model_is_unloaded_are_spoken_each_time(tmp_path: Path, unloadable: Unloadable) -> None:
    with unloading(tmp_path, idle_unload_s=2, max_wait_s=240) as server, ThreadPoolExecutor(16) as threads:
        assert model(server) == "loaded"
        server.speech(SENTENCE)  # so that its speed is known, by which others than those are admitted
        for loads, count in enumerate((16, 1, 16), 1):  # as many as may be in flight
            until_unloaded(server)
            assert model(server) == server.health()["model"] == "unloaded"
            assert "speechd_model_loaded 0.0" in server.get("/metrics").text
            assert len(server.workers()) == 1
            texts = [f"{SENTENCE * 3} {word}" for word in WORDS[:count]]
            replies = list(threads.map(server.speech, texts))
            assert unloadable.journal().count("load") == loads
            assert [spoken(reply) for reply in replies] == [letters(text) for text in texts]
        assert unloadable.journal()[:6] == ["unload", "load"] * 3
        assert sum(row["deaths"] for row in server.health()["workers"]) == 0


def test_requests_at_any_moment_of_unloading_and_loading_are_spoken(tmp_path: Path, unloadable: Unloadable) -> None:
    chance = random.Random(1)
    with unloading(tmp_path, idle_unload_s=0.05) as server, ThreadPoolExecutor(4) as threads:
        pauses = [chance.uniform(0.0, 2.5) for _ in range(24)]

        def ask(pause_s: float) -> httpx2.Response:
            time.sleep(pause_s)  # at a moment that is any: it is no condition that is waited for
            return server.speech(SENTENCE)

        assert {spoken(reply) for reply in threads.map(ask, pauses)} == {letters(SENTENCE)}
        assert unloadable.journal().count("unload") > 2
        until(lambda: is_idle(server))


def refused(reply: httpx2.Response) -> bool:
    assert reply.status_code == 503, reply.text
    assert reply.json()["error"]["code"] == "server_not_ready"
    assert int(reply.headers["retry-after"]) >= 1
    return True


def has_tried_again(server: Server, unloadable: Unloadable, before: int) -> bool:
    return refused(server.speech()) and len(unloadable.journal()) > before


@pytest.mark.parametrize("what", ["cannot load", "hangs while loading", "cannot start"])
def test_model_that_does_not_come_back_is_a_503_until_it_does(
    tmp_path: Path, unloadable: Unloadable, what: str
) -> None:
    with unloading(tmp_path, boot_timeout_s=3) as server, ThreadPoolExecutor() as threads:
        until_unloaded(server)
        unloadable.does(what)
        for _ in range(2):
            before, began = len(unloadable.journal()), time.monotonic()
            assert all(refused(reply) for reply in threads.map(server.speech, [SENTENCE] * 4))
            assert time.monotonic() - began < 30
            assert model(server) == "unloaded"
            until(partial(has_tried_again, server, unloadable, before), 60, "another attempt")
        assert server.log().count("the model could not be loaded") >= 2
        unloadable.does("")
        until(lambda: server.speech().status_code == 200, 30, "speech")
        until(lambda: is_idle(server))


def test_refusals_between_attempts_to_load_come_at_once(tmp_path: Path, unloadable: Unloadable) -> None:
    with unloading(tmp_path, respawn_delay_s=30) as server:
        until_unloaded(server)
        unloadable.does("cannot load")
        assert refused(server.speech())
        before = unloadable.journal()
        for _ in range(3):
            reply = server.speech()
            assert refused(reply)
            assert int(reply.headers["retry-after"]) > 5
        assert unloadable.journal() == before


def test_sigterm_while_loading_refuses_who_waits_and_ends(tmp_path: Path, unloadable: Unloadable) -> None:
    with unloading(tmp_path) as server, ThreadPoolExecutor() as threads:
        until_unloaded(server)
        unloadable.does("hangs while loading")
        reply = threads.submit(server.speech)
        until(lambda: model(server) == "loading")
        assert server.terminate() == 0, server.log()
        assert refused(reply.result(5))
        server.process.wait(1)


def test_sigterm_while_unloaded_ends(tmp_path: Path, unloadable: Unloadable) -> None:
    with unloading(tmp_path) as server:
        until_unloaded(server)
        assert server.terminate(5) == 0, server.log()
        server.process.wait(1)


def test_sigterm_lets_streams_of_the_worker_without_a_model_finish(tmp_path: Path, unloadable: Unloadable) -> None:
    with unloading(tmp_path) as server, ThreadPoolExecutor() as threads:
        until_unloaded(server)
        reply = begin_slow(server, threads)
        assert server.terminate(60) == 0, server.log()
        assert spoken(reply.result(5)) == letters(SLOW)
        server.process.wait(1)


def test_worker_killed_without_a_model_is_replaced_by_another_without(tmp_path: Path, unloadable: Unloadable) -> None:
    with unloading(tmp_path) as server:
        until_unloaded(server)
        (victim,) = server.workers()
        victim.kill()
        until(lambda: victim.pid not in {worker.pid for worker in server.workers()} and states(server) == ["idle"])
        assert unloadable.journal() == ["unload"]
        assert spoken(server.speech(SENTENCE)) == letters(SENTENCE)


@pytest.mark.parametrize("stage", ["loading", "retiring"])
def test_worker_killed_after_it_was_without_a_model_breaks_only_its_own_transfers(
    tmp_path: Path, unloadable: Unloadable, stage: str
) -> None:
    with unloading(tmp_path, boot_timeout_s=2) as server, ThreadPoolExecutor() as threads:
        until_unloaded(server)
        (victim,) = server.workers()
        if stage == "loading":
            unloadable.does("hangs while loading")
            reply = threads.submit(server.speech)
            until(lambda: model(server) == "loading")
            unloadable.does("")
        else:
            reply = begin_slow(server, threads)
        victim.kill()
        assert isinstance(reply.exception(30), httpx2.TransportError)
        until(lambda: is_idle(server), 60)
        until(lambda: server.speech().status_code == 200, 20, "speech")


def test_workers_killed_while_they_come_with_the_model_are_replaced(tmp_path: Path, unloadable: Unloadable) -> None:
    with unloading(tmp_path) as server, ThreadPoolExecutor() as threads:
        until_unloaded(server)
        (unloaded,) = server.workers()
        reply = threads.submit(server.speech, SLOW)
        victims = {}
        until(lambda: victims.update({worker.pid: worker for worker in server.workers()}) or len(victims) > 1, 20)
        for pid, worker in victims.items():
            if pid != unloaded.pid:
                worker.kill()
        assert reply.result(60).status_code in (200, 503)  # as they had been ready, or not
        until(lambda: server.speech().status_code == 200, 20, "speech")
        until(lambda: is_idle(server))


def test_engine_without_a_model_unloads_nothing(tmp_path: Path) -> None:
    with running(tmp_path, idle_unload_s=0.1) as server:
        assert "idle_unload_s does nothing" in server.log()
        until(lambda: states(server) == ["ready", "ready"])
        for _ in itertools.repeat(None, 3):
            assert (model(server), states(server)) == ("loaded", ["ready", "ready"])
