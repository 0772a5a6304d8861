"""A server that puts its model away while nobody asks for speech, and what those notice who ask again."""

import itertools
import random
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import httpx
import numpy as np
import pytest

from speechd.engines.tone import decode
from tests.harness.server import running, until

SENTENCE = "The quick brown fox jumps over the lazy dog. "
SLOW = "slowly we go on and on until the end is near. " * 8
"""Each segment takes a second."""

WORDS = "ape bat cat dog elk fox gnu hen ibis jay kid lark mole newt owl pig".split()


class Unloadable:
    """The engine of unloadable.py, from outside."""

    def __init__(self, folder):
        self._folder = folder

    def does(self, what):
        (self._folder / "does").write_text(what)

    def journal(self):
        with suppress(FileNotFoundError):
            return (self._folder / "journal").read_text().split()
        return []


@pytest.fixture
def unloadable(tmp_path, monkeypatch):
    monkeypatch.setenv("UNLOADABLE", str(tmp_path))
    return Unloadable(tmp_path)


def sleepy(tmp_path, **settings):
    given = {"idle_unload_s": 0.5, "respawn_delay_s": 1, "look_ahead_s": 600}
    return running(tmp_path, engine="unloadable:create", **given | settings)


def letters(text):
    return "".join(filter(str.isalnum, text)).lower()


def spoken(reply):
    assert reply.status_code == 200
    return letters(decode(np.frombuffer(reply.content, "<i2").astype(np.float32) / 32767))


def model(server):
    reply = server.get("/ready")
    assert reply.status_code == 200
    return reply.json()["model"]


def is_idle(server):
    health = server.health()
    return not (health["in_flight"] or health["waiting"] or health["running"])


def states(server):
    return sorted(row["state"] for row in server.health()["workers"] if row["state"] != "free")


def asleep(server):
    until(lambda: states(server) == ["idle"], 20, "sleep")


def begin_slow(server, threads):
    """A stream whose home is the worker that slept, once the others are ready."""
    reply = threads.submit(server.speech, SLOW)
    until(lambda: states(server).count("ready") == 2 and "retiring" in states(server), 20, "a sleeper that retires")
    return reply


def test_all_who_come_while_the_model_is_unloaded_are_spoken_each_time(tmp_path, unloadable):
    with sleepy(tmp_path, idle_unload_s=2) as server, ThreadPoolExecutor(16) as threads:
        assert model(server) == "loaded"
        server.speech(SENTENCE)  # so that its speed is known, by which others than those are admitted
        for count in (16, 1, 16):  # as many as may be in flight
            asleep(server)
            assert model(server) == server.health()["model"] == "unloaded"
            assert "speechd_model_loaded 0.0" in server.get("/metrics").text
            assert len(server.workers()) == 1
            texts = [f"{SENTENCE * 3} {word}" for word in WORDS[:count]]
            replies = list(threads.map(server.speech, texts))
            until(lambda: model(server) == "loaded")  # before the replies are decoded, which takes seconds
            until(lambda: is_idle(server))
            journal = unloadable.journal()
            assert [spoken(reply) for reply in replies] == [letters(text) for text in texts]
        assert journal == ["unload", "load"] * 3
        assert sum(row["deaths"] for row in server.health()["workers"]) == 0


def test_requests_at_any_moment_of_falling_asleep_and_waking_are_spoken(tmp_path, unloadable):
    chance = random.Random(1)
    with sleepy(tmp_path, idle_unload_s=0.05) as server, ThreadPoolExecutor(4) as threads:
        pauses = [chance.uniform(0.0, 2.5) for _ in range(24)]

        def ask(pause_s):
            time.sleep(pause_s)  # at a moment that is any: it is no condition that is waited for
            return server.speech(SENTENCE)

        assert {spoken(reply) for reply in threads.map(ask, pauses)} == {letters(SENTENCE)}
        assert unloadable.journal().count("unload") > 2
        until(lambda: is_idle(server))


def refused(reply):
    assert reply.status_code == 503
    assert reply.json()["error"]["code"] == "server_not_ready"
    assert int(reply.headers["retry-after"]) >= 1
    return True


@pytest.mark.parametrize("what", ["cannot load", "hangs while loading", "cannot start"])
def test_model_that_does_not_come_back_is_a_503_until_it_does(tmp_path, unloadable, what):
    with sleepy(tmp_path, boot_timeout_s=3) as server, ThreadPoolExecutor() as threads:
        asleep(server)
        unloadable.does(what)
        for _ in range(2):
            before, began = len(unloadable.journal()), time.monotonic()
            assert all(refused(reply) for reply in threads.map(server.speech, [SENTENCE] * 4))
            assert time.monotonic() - began < 30
            assert model(server) == "unloaded"
            until(
                lambda before=before: refused(server.speech()) and len(unloadable.journal()) > before,
                20,
                "another attempt",
            )
        assert server.log().count("the model could not be loaded") >= 2
        unloadable.does("")
        until(lambda: server.speech().status_code == 200, 30, "speech")
        until(lambda: is_idle(server))


def test_refusals_while_the_model_rests_come_at_once(tmp_path, unloadable):
    with sleepy(tmp_path, respawn_delay_s=30) as server:
        asleep(server)
        unloadable.does("cannot load")
        assert refused(server.speech())
        before = unloadable.journal()
        for _ in range(3):
            reply = server.speech()
            assert refused(reply)
            assert int(reply.headers["retry-after"]) > 5
        assert unloadable.journal() == before


def test_sigterm_while_loading_refuses_who_waits_and_ends(tmp_path, unloadable):
    with sleepy(tmp_path) as server, ThreadPoolExecutor() as threads:
        asleep(server)
        unloadable.does("hangs while loading")
        reply = threads.submit(server.speech)
        until(lambda: model(server) == "loading")
        assert server.terminate() == 0, server.log()
        assert refused(reply.result(5))
        server.process.wait(1)


def test_sigterm_while_asleep_ends(tmp_path, unloadable):
    with sleepy(tmp_path) as server:
        asleep(server)
        assert server.terminate(5) == 0, server.log()
        server.process.wait(1)


def test_sigterm_lets_streams_of_the_worker_that_slept_finish(tmp_path, unloadable):
    with sleepy(tmp_path) as server, ThreadPoolExecutor() as threads:
        asleep(server)
        reply = begin_slow(server, threads)
        assert server.terminate(60) == 0, server.log()
        assert spoken(reply.result(5)) == letters(SLOW)
        server.process.wait(1)


def test_worker_killed_while_asleep_is_replaced_by_another_that_sleeps(tmp_path, unloadable):
    with sleepy(tmp_path) as server:
        asleep(server)
        (victim,) = server.workers()
        victim.kill()
        until(lambda: victim.pid not in {worker.pid for worker in server.workers()} and states(server) == ["idle"])
        assert unloadable.journal() == ["unload"]
        assert spoken(server.speech(SENTENCE)) == letters(SENTENCE)


@pytest.mark.parametrize("stage", ["loading", "retiring"])
def test_worker_killed_after_it_slept_breaks_only_its_own_transfers(tmp_path, unloadable, stage):
    with sleepy(tmp_path, boot_timeout_s=2) as server, ThreadPoolExecutor() as threads:
        asleep(server)
        (victim,) = server.workers()
        if stage == "loading":
            unloadable.does("hangs while loading")
            reply = threads.submit(server.speech)
            until(lambda: model(server) == "loading")
            unloadable.does("")
        else:
            reply = begin_slow(server, threads)
        victim.kill()
        assert isinstance(reply.exception(30), httpx.TransportError)
        until(lambda: is_idle(server), 20)
        until(lambda: server.speech().status_code == 200, 20, "speech")


def test_workers_killed_while_they_come_with_the_model_are_replaced(tmp_path, unloadable):
    with sleepy(tmp_path) as server, ThreadPoolExecutor() as threads:
        asleep(server)
        (sleeper,) = server.workers()
        reply = threads.submit(server.speech, SLOW)
        victims = {}
        until(lambda: victims.update({worker.pid: worker for worker in server.workers()}) or len(victims) > 1, 20)
        for pid, worker in victims.items():
            if pid != sleeper.pid:
                worker.kill()
        assert reply.result(60).status_code in (200, 503)  # as they had been ready, or not
        until(lambda: server.speech().status_code == 200, 20, "speech")
        until(lambda: is_idle(server))


def test_engine_without_a_model_does_not_sleep(tmp_path):
    with running(tmp_path, idle_unload_s=0.1) as server:
        assert "idle_unload_s does nothing" in server.log()
        for _ in itertools.repeat(None, 3):
            assert (model(server), states(server)) == ("loaded", ["ready", "ready"])
