"""ElevenLabs' WebSockets: contexts, characters that sound when they are said to, flushing, closing, errors."""

from __future__ import annotations

import asyncio
from typing import Any

import numpy as np
import pytest

from speechd.api.live.elevenlabs import Address, MultiConversation, SingleConversation
from speechd.api.live.elevenlabs_messages import output_format
from speechd.audio.samples import SAMPLE_RATE
from speechd.engines.tone import decode
from speechd.errors import InvalidRequest
from tests.harness.decoding import letters, spoken
from tests.harness.live import run
from tests.harness.requests import AVAILABLE
from tests.harness.talk import pcm_of, talking

TEXT = "Hello there, this costs $3.50 today. It was 1999 when we met! "
SAID = "hellotherethiscoststhreedollarsandfiftycentstodayitwasnineteenninetyninewhenwemet"
QUERY = {"output_format": "pcm_24000", "model_id": "any"}


def multi(**query: str) -> Any:
    asked = Address.read("af_heart", QUERY | query, AVAILABLE)
    return talking(lambda connection, session: MultiConversation(connection, session, asked))


def single(**query: str) -> Any:
    asked = Address.read("af_heart", QUERY | query, AVAILABLE)
    return talking(lambda connection, session: SingleConversation(connection, session, asked))


def is_final(message: dict[str, Any]) -> bool:
    return message.get("isFinal") is True


def words_of(messages: list[dict[str, Any]], *, absolute: bool) -> list[tuple[str, float]]:
    """The words of characters with the moment at which each begins, as clients read them. Where times restart in each
    message, what messages last is added up."""
    clock_ms, word, start_ms = 0, "", 0
    words = []
    for message in messages:
        if (alignment := message.get("alignment")) is None:
            continue
        times = list(zip(alignment["chars"], alignment["charStartTimesMs"], alignment["charDurationsMs"], strict=True))
        for character, at_ms, _ in times:
            if character == " " and word:
                words.append((word, start_ms / 1000))
                word = ""
            elif character.strip():
                start_ms = start_ms if word else clock_ms + at_ms
                word += character
        if not absolute:
            clock_ms += times[-1][1] + times[-1][2]
    return words


@pytest.mark.parametrize("size", [1, 5, 1000])
@pytest.mark.parametrize("absolute", [True, False])
def test_characters_are_those_that_were_sent_and_sound_when_they_are_said_to(absolute: bool, size: int) -> None:
    async def scenario() -> None:
        async with multi(sync_alignment=str(absolute).lower()) as client:
            client.say({"text": " ", "voice_settings": {}, "context_id": "a"})
            for start in range(0, len(TEXT), size):
                client.say({"text": TEXT[start : start + size], "context_id": "a"})
            client.say({"text": "", "flush": True, "context_id": "a"})
            client.say({"close_context": True, "context_id": "a"})
            messages = await client.until(is_final)
        assert {message["contextId"] for message in messages} == {"a"}
        pcm, words = pcm_of(messages, "audio"), words_of(messages, absolute=absolute)
        assert spoken(pcm) == SAID
        assert [word for word, _ in words] == TEXT.split()
        samples = np.frombuffer(pcm, "<i2").astype(np.float32) / np.float32(32767)
        said = {"$3.50": "three", "1999": "nineteen"}
        for word, start_s in words:  # to half a letter: the times of many messages are rounded
            first = letters(decode(samples[max(0, round((start_s - 0.02) * SAMPLE_RATE)) :]))
            assert first.startswith(said.get(word, letters(word))), (word, start_s)

    run(scenario)


def test_messages_that_restart_at_zero_last_as_long_as_their_audio() -> None:
    async def scenario() -> None:
        async with multi() as client:
            client.say({"text": TEXT * 2 + "[pause:2s] The end. ", "context_id": "a"})
            client.say({"flush": True, "context_id": "a"})
            client.say({"close_context": True, "context_id": "a"})
            messages = await client.until(is_final)
        for message in messages:
            if message.get("audio"):
                alignment, seconds = message["alignment"], len(pcm_of([message], "audio")) / 48000
                end_ms = alignment["charStartTimesMs"][-1] + alignment["charDurationsMs"][-1]
                assert end_ms == pytest.approx(seconds * 1000, abs=1)

    run(scenario)


def test_contexts_speak_under_their_names_and_a_name_can_be_used_again() -> None:
    async def scenario() -> None:
        async with multi() as client:
            for id, text in (("x", "First."), ("y", "Second."), (None, "Third.")):
                client.say({"text": text, "context_id": id})
                client.say({"context_id": id, "close_context": True})
            messages = [each for _ in range(3) for each in await client.until(is_final)]
            for id, said in (("x", "first"), ("y", "second"), (None, "third")):
                assert spoken(pcm_of([each for each in messages if each["contextId"] == id], "audio")) == said
            client.say({"text": "Again.", "context_id": "x"})
            client.say({"context_id": "x", "close_context": True})
            assert spoken(pcm_of(await client.until(is_final), "audio")) == "again"

    run(scenario)


def test_closing_a_context_that_is_heard_interrupts_it_unless_its_text_was_flushed() -> None:
    async def scenario() -> None:
        async with multi() as client:
            client.say({"text": "Word " * 50, "context_id": "a", "flush": True})
            await client.until(lambda message: bool(message.get("audio")))
            client.session.held.clear()
            client.say({"text": "More of it. ", "context_id": "a"})
            client.say({"context_id": "a", "close_context": True})
            last = (await client.until(is_final))[-1]
            assert 0 < last["heard"]["sent_s"] < 30
            client.session.held.set()
            client.say({"text": "Word " * 50, "context_id": "b", "flush": True})
            messages = await client.until(lambda message: bool(message.get("audio")))
            client.say({"context_id": "b", "close_context": True})
            messages += await client.until(is_final)
            assert spoken(pcm_of(messages, "audio")) == "word" * 50

    run(scenario)


def test_closing_a_context_twice_interrupts_it() -> None:
    async def scenario() -> None:
        async with multi() as client:
            client.say({"text": "Word " * 50, "context_id": "a", "flush": True})
            client.say({"context_id": "a", "close_context": True})
            await client.until(lambda message: bool(message.get("audio")))
            client.session.held.clear()
            client.say({"context_id": "a", "close_context": True})
            assert "heard" in (await client.until(is_final))[-1]

    run(scenario)


def test_messages_without_text_keep_the_connection_alive_and_begin_nothing() -> None:
    async def scenario() -> None:
        async with multi() as client:
            client.say({"text": ""})
            client.say({"text": "", "context_id": "a"})
            client.say({"context_id": "a", "flush": True})
            client.say({"context_id": "a", "close_context": True})
            client.say({"text": "Hello.", "context_id": "b"})
            client.say({"text": "", "context_id": "b"})
            client.say({"context_id": "b", "close_context": True})
            assert spoken(pcm_of(await client.until(is_final), "audio")) == "hello"
            assert len(client.session.made) == 1

    run(scenario)


def test_socket_is_closed_once_what_was_flushed_is_spoken() -> None:
    async def scenario() -> None:
        async with multi() as client:
            client.say({"text": "Hello there. ", "context_id": "a", "flush": True})
            client.say({"close_socket": True})
            assert spoken(pcm_of(await client.until(is_final), "audio")) == "hellothere"
            while client.code is None:
                await asyncio.sleep(0)
            assert client.code == 1000

    run(scenario)


@pytest.mark.parametrize(
    "fields",
    [
        {"text": 5},
        {"voice_settings": "fast"},
        {"voice_settings": {"speed": 99}},
        {"pronunciation_dictionary_locators": [{"pronunciation_dictionary_id": "a"}]},
        {"context_id": 7},
        {"text": "x" * 2000},
    ],
)
def test_wrong_message_is_answered_by_an_error_and_other_contexts_go_on(fields: dict[str, Any]) -> None:
    async def scenario() -> None:
        async with multi() as client:
            client.say({"text": "Hello.", "context_id": "a"} | fields)
            error = await client.hear()
            assert (error["code"], "message" in error, "error" in error) == (1008, True, True)
            client.say({"text": "Hello.", "context_id": "b"})
            client.say({"context_id": "b", "close_context": True})
            messages = await client.until(lambda message: is_final(message) and message["contextId"] == "b")
            assert spoken(pcm_of(messages, "audio")) == "hello"

    run(scenario)


def test_single_stream_ends_with_an_empty_text() -> None:
    async def scenario() -> None:
        async with single() as client:
            client.say({"text": " ", "voice_settings": {"speed": 1.1}, "generation_config": {}, "xi_api_key": "k"})
            for word in TEXT.split():
                client.say({"text": word + " ", "try_trigger_generation": True})
            client.say({"text": ""})
            messages = await client.until(is_final)
            assert spoken(pcm_of(messages, "audio")) == SAID
            assert "contextId" not in messages[0]
            assert client.session.asked[0].speed == 1.1
            while client.code is None:
                await asyncio.sleep(0)
            assert client.code == 1000

    run(scenario)


def test_single_stream_is_closed_with_an_error_for_a_wrong_message() -> None:
    async def scenario() -> None:
        async with single() as client:
            client.say({"text": ["a"]})
            assert (await client.hear())["error"] == "invalid_type"
            while client.code is None:
                await asyncio.sleep(0)
            assert client.code == 1008

    run(scenario)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("mp3_44100_128", ("mp3", 44100)),
        ("mp3_22050_32", ("mp3", 22050)),
        ("pcm_16000", ("pcm", 16000)),
        ("ulaw_8000", ("ulaw", 8000)),
        ("alaw_8000", ("alaw", 8000)),
        ("opus_48000_64", ("opus", None)),
        ("wav_24000", ("wav", 24000)),
    ],
)
def test_output_formats(value: str, expected: tuple[str, int | None]) -> None:
    assert output_format(value) == expected


@pytest.mark.parametrize(
    "value", ["", "pcm", "pcm_1", "flac_44100", "mp3_44100_", "pcm_7999", "mp3_12345_64", "mp3" * 99]
)
def test_unknown_output_formats_are_refused(value: str) -> None:
    with pytest.raises(InvalidRequest):
        output_format(value)


@pytest.mark.parametrize("query", [{"output_format": "tape"}, {"language_code": "tlh"}])
def test_wrong_address_is_refused(query: dict[str, str]) -> None:
    with pytest.raises(InvalidRequest):
        Address.read("af_heart", query, AVAILABLE)
    with pytest.raises(InvalidRequest):
        Address.read("nobody", {}, AVAILABLE)


def test_address_says_how_text_is_gathered() -> None:
    assert Address.read("af_heart", {"auto_mode": "true"}, AVAILABLE).options.buffer_delay_s == 0
    assert Address.read("af_heart", {}, AVAILABLE).options.buffer_delay_s == 3.0
    assert Address.read("af_heart", {}, AVAILABLE).options.format == "mp3"
    assert not Address.read("af_heart", {"apply_text_normalization": "off"}, AVAILABLE).options.normalize
