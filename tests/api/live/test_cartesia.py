"""Cartesia's WebSocket: contexts, words as they were sent where they sound, flushes, cancelling, errors."""

from __future__ import annotations

import asyncio
from typing import Any

import numpy as np
import pytest

from speechd.api.live import contexts
from speechd.api.live.cartesia import CartesiaConversation
from speechd.audio.samples import SAMPLE_RATE
from speechd.engines.tone import decode
from tests.harness.decoding import letters, spoken
from tests.harness.live import run
from tests.harness.requests import AVAILABLE
from tests.harness.talk import MAX_CHARS, Talk, pcm_of, talking

FORMAT = {"container": "raw", "encoding": "pcm_s16le", "sample_rate": 24000}
TEXT = "Hello there, this costs $3.50 — today. It was 1999 when we met!"
SAID = "hellotherethiscoststhreedollarsandfiftycentstodayitwasnineteenninetyninewhenwemet"


def asked(transcript: str, **fields: Any) -> dict[str, Any]:
    least = {"model_id": "sonic-3", "voice": {"mode": "id", "id": "af_heart"}, "output_format": FORMAT}
    return {"context_id": "a", "transcript": transcript, "continue": False, **least, **fields}


def talk() -> Any:
    return talking(lambda connection, session: CartesiaConversation(connection, session, AVAILABLE))


def is_over(message: dict[str, Any]) -> bool:
    return message["type"] in ("done", "error")


def words_of(messages: list[dict[str, Any]]) -> list[tuple[str, float, float]]:
    times = [message["word_timestamps"] for message in messages if message["type"] == "timestamps"]
    return [word for each in times for word in zip(each["words"], each["start"], each["end"], strict=True)]


def heard(pcm: bytes, start_s: float, end_s: float) -> str:
    samples = np.frombuffer(pcm, "<i2").astype(np.float32) / np.float32(32767)
    return letters(decode(samples[round(start_s * SAMPLE_RATE) : round(end_s * SAMPLE_RATE)]))


@pytest.mark.parametrize("size", [1, 3, 7, 1000])
def test_words_are_those_that_were_sent_and_sound_when_they_are_said_to(size: int) -> None:
    async def scenario() -> None:
        async with talk() as client:
            for start in range(0, len(TEXT), size):
                client.say(asked(TEXT[start : start + size], add_timestamps=True, **{"continue": True}))
            client.say(asked("", add_timestamps=True))
            messages = await client.until(is_over)
        assert client.session.ended == [client.session.made[0].utterance]
        assert messages[-1] == {"type": "done", "done": True, "status_code": 200, "context_id": "a"}
        pcm, words = pcm_of(messages, "data"), words_of(messages)
        assert spoken(pcm) == SAID
        assert [word for word, _, _ in words] == TEXT.split()
        said = {"$3.50": "threedollarsandfiftycents", "1999": "nineteenninetynine"}
        assert [heard(pcm, start_s, end_s) for _, start_s, end_s in words] == [
            said.get(word, letters(word)) for word in TEXT.split()
        ]

    run(scenario)


def test_normalized_words_are_those_that_are_spoken() -> None:
    async def scenario() -> None:
        async with talk() as client:
            client.say(asked("Pay $5.", add_timestamps=True, use_normalized_timestamps=True))
            words = words_of(await client.until(is_over))
        assert [word for word, _, _ in words] == ["Pay", "five", "dollars"]

    run(scenario)


def test_contexts_speak_at_once_each_under_its_own_name() -> None:
    async def scenario() -> None:
        async with talk() as client:
            client.session.held.clear()
            client.say(asked("First one.", context_id="x"))
            client.say(asked("Second one.", context_id="y"))
            while len(client.session.made) < 2:
                await asyncio.sleep(0)
            client.session.held.set()
            messages = await client.until(is_over)
            messages += await client.until(is_over)
        for id, text in (("x", "firstone"), ("y", "secondone")):
            assert spoken(pcm_of([each for each in messages if each["context_id"] == id], "data")) == text

    run(scenario)


def test_flush_is_done_behind_the_audio_of_what_came_before() -> None:
    async def scenario() -> None:
        async with talk() as client:
            client.say(asked("One two. ", flush=True, **{"continue": True}))
            before = await client.until(lambda message: message["type"] == "flush_done")
            client.say(asked("Three.", flush=True))
            after = await client.until(is_over)
        assert (before[-1]["flush_id"], before[-1]["flush_done"]) == (1, True)
        assert spoken(pcm_of(before, "data")) == "onetwo"
        assert spoken(pcm_of(after, "data")) == "three"
        assert next(message["flush_id"] for message in after if message["type"] == "chunk") == 2

    run(scenario)


def test_cancelled_context_says_how_far_its_listener_was_taken_and_nothing_more() -> None:
    async def scenario() -> None:
        async with talk() as client:
            client.say(asked("Word " * 100))
            await client.until(lambda message: message["type"] == "chunk")
            client.session.held.clear()  # nothing more is rendered
            client.say({"context_id": "a", "cancel": True})
            last = (await client.until(is_over))[-1]
            assert last["type"] == "done"
            assert 0 < last["heard"]["sent_s"] < 100
            client.session.held.set()
            client.say(asked("Next."))
            assert spoken(pcm_of(await client.until(is_over), "data")) == "next"
            client.say({"context_id": "long gone", "cancel": True})

    run(scenario)


@pytest.mark.parametrize(
    ("encoding", "bytes_per_s"), [("pcm_s16le", 48000), ("pcm_f32le", 96000), ("pcm_mulaw", 8000), ("pcm_alaw", 8000)]
)
def test_every_encoding_has_the_bytes_that_a_second_of_it_takes(encoding: str, bytes_per_s: int) -> None:
    async def scenario() -> None:
        rate = 24000 if encoding in ("pcm_s16le", "pcm_f32le") else 8000
        async with talk() as client:
            client.say(asked("Hello.", output_format=FORMAT | {"encoding": encoding, "sample_rate": rate}))
            messages = await client.until(is_over)
            seconds = client.session.made[0].utterance.timings.audio_s
        assert len(pcm_of(messages, "data")) == pytest.approx(seconds * bytes_per_s, abs=4)

    run(scenario)


def test_floats_are_the_samples() -> None:
    async def scenario() -> None:
        async with talk() as client:
            client.say(asked("Hello.", output_format=FORMAT | {"encoding": "pcm_f32le"}))
            data = pcm_of(await client.until(is_over), "data")
        assert letters(decode(np.frombuffer(data, "<f4"))) == "hello"

    run(scenario)


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"voice": {"mode": "id", "id": "nobody"}}, "voice"),
        ({"voice": {"mode": "embedding", "embedding": [0.1]}}, "embedding"),
        ({"voice": None}, "voice"),
        ({"output_format": None}, "output_format"),
        ({"output_format": FORMAT | {"container": "wav"}}, "wav"),
        ({"output_format": FORMAT | {"sample_rate": 7999}}, "7999"),
        ({"output_format": "raw"}, "output_format"),
        ({"max_buffer_delay_ms": 6000}, "max_buffer_delay_ms"),
        ({"transcript": 5}, "transcript"),
        ({"language": "tlh"}, "language"),
        ({"pronunciation_dict_id": "d"}, "pronunciation_dict_id"),
        ({"generation_config": {"speed": 9}}, "speed"),
        ({"context_id": None}, "context_id"),
        ({"context_id": "x" * 1000}, "context_id"),
    ],
)
def test_wrong_message_is_answered_by_an_error_and_the_connection_goes_on(fields: dict[str, Any], param: str) -> None:
    async def scenario() -> None:
        async with talk() as client:
            client.say(asked("Hello.") | fields)
            error = await client.hear()
            assert (error["type"], error["done"], error["status_code"]) == ("error", False, 400)
            assert param in error["message"]
            client.say(asked("Hello.", context_id="b"))
            assert spoken(pcm_of(await client.until(is_over), "data")) == "hello"

    run(scenario)


@pytest.mark.parametrize("text", ["{", "[]", '"hello"', "\ud800".encode("utf-8", "surrogatepass").decode("latin-1")])
def test_message_that_is_no_object_is_answered_by_an_error(text: str) -> None:
    async def scenario() -> None:
        async with talk() as client:
            client.say(text)
            assert (await client.hear())["error_code"] == "invalid_json"

    run(scenario)


def test_text_behind_the_end_of_a_context_is_refused_while_it_is_spoken() -> None:
    async def scenario() -> None:
        async with talk() as client:
            client.session.held.clear()
            client.say(asked("Hello."))
            client.say(asked("More."))
            assert (await client.hear())["error_code"] == "context_closed"
            client.session.held.set()
            assert spoken(pcm_of(await client.until(is_over), "data")) == "hello"

    run(scenario)


def test_context_with_too_much_text_ends_with_an_error() -> None:
    async def scenario() -> None:
        async with talk() as client:
            client.say(asked("Hello. ", **{"continue": True}))
            client.say(asked("x" * MAX_CHARS, **{"continue": True}))
            assert (await client.until(is_over))[-1]["type"] == "error"
        assert len(client.session.ended) == 1

    run(scenario)


def test_more_contexts_than_there_is_room_for_are_refused() -> None:
    async def scenario() -> None:
        async with talk() as client:
            client.session.most = 1
            client.say(asked("Hello. ", **{"continue": True}))
            client.say(asked("Hello.", context_id="b"))
            error = await client.hear()
            assert (error["type"], error["status_code"], error["context_id"]) == ("error", 503, "b")

    run(scenario)


def test_context_that_was_forgotten_is_ended_for_a_new_one(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        async with talk() as client:
            client.session.most = 2
            client.say(asked("Hello. ", context_id="forgotten", flush=True, **{"continue": True}))
            await client.until(lambda message: message["type"] == "flush_done")
            client.say(asked("More. ", context_id="b", **{"continue": True}))
            client.say(asked("Too much.", context_id="c"))
            assert (await client.until(is_over))[-1]["status_code"] == 503
            monkeypatch.setattr(contexts, "FORGOTTEN_S", 0.0)
            client.say(asked("The end.", context_id="d"))
            assert (await client.until(is_over))[-1]["context_id"] == "forgotten"
            assert spoken(pcm_of(await client.until(is_over), "data")) == "theend"

    run(scenario)


def test_client_that_leaves_takes_its_contexts_with_it() -> None:
    async def scenario() -> None:
        client: Talk
        async with talk() as client:
            client.session.held.clear()
            client.say(asked("Hello."))
            while not client.session.made:
                await asyncio.sleep(0)
        assert client.session.ended == [client.session.made[0].utterance]

    run(scenario)


@pytest.mark.parametrize(
    ("fields", "speed", "volume"),
    [
        ({}, 1.0, 1.0),
        ({"generation_config": {"speed": 1.5, "volume": 0.5, "emotion": "angry"}}, 1.5, 0.5),
        ({"speed": "fast"}, 1.2, 1.0),
    ],
)
def test_speed_and_volume_are_those_of_the_request(fields: dict[str, Any], speed: float, volume: float) -> None:
    async def scenario() -> None:
        async with talk() as client:
            client.say(asked("Hello.", **fields))
            await client.until(is_over)
            options = client.session.asked[0]
        assert (options.speed, options.volume, options.buffer_delay_s) == (speed, volume, 3.0)

    run(scenario)


def test_sentences_of_a_client_that_has_nothing_gathered_need_no_space_between_them() -> None:
    async def scenario() -> None:
        async with talk() as client:
            settings = {"add_timestamps": True, "max_buffer_delay_ms": 0}
            client.say(asked("That is all.", **settings, **{"continue": True}))
            client.say(asked("It is.", **settings))
            words = words_of(await client.until(is_over))
        assert [word for word, _, _ in words] == ["That", "is", "all.", "It", "is."]

    run(scenario)
