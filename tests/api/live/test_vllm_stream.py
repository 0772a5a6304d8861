"""vllm-omni's WebSocket: texts one after the other, as files or as they are made, and errors."""

from __future__ import annotations

import asyncio
import io
import wave
from typing import Any

import pytest

from speechd.api.live.vllm_messages import wav_header
from speechd.api.live.vllm_stream import VllmConversation
from tests.harness.account import Account
from tests.harness.decoding import letters, spoken
from tests.harness.live import run
from tests.harness.requests import AVAILABLE
from tests.harness.talk import MAX_CHARS, Talk, pcm_of, talking

TEXT = "It costs $3.50 today. And 1999 then!"
SAID = "itcoststhreedollarsandfiftycentstodayandnineteenninetyninethen"
STREAMED = {"stream_audio": True, "response_format": "pcm"}


def talk(account: Account | None = None) -> Any:
    return talking(lambda connection, session: VllmConversation(connection, session, AVAILABLE, account or Account()))


def configure(client: Talk, **fields: Any) -> None:
    client.say({"type": "session.config", **fields})


def say(client: Talk, text: str, size: int = 4) -> None:
    for start in range(0, len(text), size):
        client.say({"type": "input.text", "text": text[start : start + size]})
    client.say({"type": "input.done"})


def is_done(message: dict[str, Any]) -> bool:
    return bool(message["type"] == "session.done")


def kinds(messages: list[dict[str, Any]]) -> list[str]:
    """Their types without repetition."""
    types = [message["type"] for message in messages]
    return [kind for number, kind in enumerate(types) if types[number - 1 : number] != [kind]]


def audio_of(messages: list[dict[str, Any]]) -> bytes:
    return b"".join(message["data"] for message in messages if message["type"] == "binary")


@pytest.mark.parametrize("granularity", ["none", "sentence", "clause"])
def test_text_is_answered_with_one_whole_wav_file(granularity: str) -> None:
    async def scenario() -> None:
        account = Account()
        async with talk(account) as client:
            configure(client, voice="af_heart", split_granularity=granularity)
            say(client, TEXT)
            messages = await client.until(is_done)
        assert kinds(messages) == ["audio.start", "binary", "audio.done", "session.done"]
        file = audio_of(messages)
        with wave.open(io.BytesIO(file)) as reader:
            assert (reader.getframerate(), reader.getnchannels(), reader.getsampwidth()) == (24000, 1, 2)
            assert spoken(reader.readframes(reader.getnframes())) == SAID
        assert messages[0] | {"sentence_text": ""} == {
            "type": "audio.start",
            "utterance_index": 0,
            "sentence_index": 0,
            "sentence_text": "",
            "format": "wav",
        }
        assert messages[-2]["total_bytes"] == len(file)
        assert not messages[-2]["error"]
        assert messages[-1] == {"type": "session.done", "utterance_index": 0, "total_sentences": 1}
        assert account.held == 0

    run(scenario)


def test_streamed_audio_comes_as_it_is_made_and_tells_its_rate() -> None:
    async def scenario() -> None:
        async with talk() as client:
            configure(client, **STREAMED)
            say(client, TEXT)
            messages = await client.until(is_done)
        assert kinds(messages) == ["audio.start", "binary", "audio.done", "session.done"]
        assert sum(message["type"] == "binary" for message in messages) > 1
        assert (messages[0]["sample_rate"], messages[0]["channels"]) == (24000, 1)
        assert spoken(audio_of(messages)) == SAID

    run(scenario)


def test_words_as_they_were_sent_come_after_the_audio() -> None:
    async def scenario() -> None:
        async with talk() as client:
            configure(client, **STREAMED, word_timestamps=True)
            say(client, TEXT)
            messages = await client.until(is_done)
        chunks = [message for message in messages if message["type"] == "audio.chunk"]
        assert kinds(messages) == ["audio.start", "audio.chunk", "audio.done", "session.done"]
        assert [chunk["chunk_id"] for chunk in chunks] == list(range(len(chunks)))
        assert messages[0]["word_timestamps"] is True
        pcm = pcm_of(chunks, "audio_b64")
        assert chunks[-1]["audio_b64"] == ""
        assert all(chunk["timestamps"] is None for chunk in chunks[:-1])
        words = chunks[-1]["timestamps"]
        assert [word["word"] for word in words] == TEXT.split()
        said = {"$3.50": "threedollarsandfiftycents", "1999": "nineteenninetynine"}
        for word in words:
            heard = pcm[48 * word["start_ms"] : 48 * word["end_ms"]]
            assert spoken(heard) == said.get(word["word"], letters(word["word"]))
        assert chunks[-1]["chunk_end_ms"] == round(len(pcm) / 48)

    run(scenario)


def test_texts_follow_each_other_and_the_configuration_stays_until_another_comes() -> None:
    async def scenario() -> None:
        async with talk() as client:
            configure(client, **STREAMED, voice="am_adam")
            client.session.held.clear()
            say(client, "One.")
            say(client, "")
            say(client, "Two.")
            configure(client, **STREAMED, speaker="bf_emma", speed=2)
            say(client, "Three.")
            while len(client.session.made) < 4:
                await asyncio.sleep(0)
            client.session.held.set()
            texts = [await client.until(is_done) for _ in range(4)]
        assert [spoken(audio_of(messages)) for messages in texts] == ["one", "", "two", "three"]
        assert [messages[-1]["utterance_index"] for messages in texts] == [0, 1, 2, 3]
        assert [messages[-1]["total_sentences"] for messages in texts] == [1, 0, 1, 1]
        assert [str(options.blend) for options in client.session.asked] == 3 * ["am_adam"] + ["bf_emma"]
        assert [options.speed for options in client.session.asked] == [1, 1, 1, 2]
        assert len(client.session.ended) == 4

    run(scenario)


@pytest.mark.parametrize(("granularity", "delay_s"), [("none", None), ("sentence", None), ("clause", 0.25)])
def test_clauses_are_spoken_by_themselves_only_where_they_are_asked_for(
    granularity: str, delay_s: float | None
) -> None:
    async def scenario() -> None:
        async with talk() as client:
            configure(client, **STREAMED, split_granularity=granularity)
            say(client, "One.")
            await client.until(is_done)
        assert client.session.asked[0].buffer_delay_s == delay_s

    run(scenario)


@pytest.mark.parametrize(
    "config",
    [
        {"voice": "nobody"},
        {"model": "nothing"},
        {"speed": 9},
        {"response_format": "midi"},
        {"split_granularity": "word"},
        {"stream_audio": "perhaps"},
        {"word_timestamps": True},
        {"word_timestamps": True, "stream_audio": True, "response_format": "mp3"},
        {"ref_audio": "https://example.org/voice.wav"},
    ],
)
def test_first_configuration_that_is_wrong_ends_the_session_and_a_later_one_changes_nothing(
    config: dict[str, Any],
) -> None:
    async def scenario() -> None:
        async with talk() as client:
            configure(client, **config)
            assert (await client.hear())["type"] == "error"
            while client.code is None:
                await asyncio.sleep(0)
        async with talk() as client:
            configure(client, **STREAMED)
            configure(client, **config)
            assert (await client.hear())["type"] == "error"
            say(client, "Well.")
            assert spoken(audio_of(await client.until(is_done))) == "well"
            assert client.code is None

    run(scenario)


def test_messages_out_of_order_or_unknown_are_errors() -> None:
    async def scenario() -> None:
        async with talk() as client:
            client.say({"type": "input.text", "text": "x"})
            assert (await client.hear())["type"] == "error"
            while client.code is None:
                await asyncio.sleep(0)
        async with talk() as client:
            configure(client, **STREAMED)
            client.say({"type": "input.text", "text": "Yes."})
            configure(client, **STREAMED)
            assert "input.done" in (await client.hear())["message"]
            for message in ({"type": "what"}, {"type": "input.text", "text": 1}, "no JSON"):
                client.say(message)
                assert (await client.hear())["type"] == "error"
            client.say({"type": "input.done"})
            assert spoken(audio_of(await client.until(is_done))) == "yes"

    run(scenario)


def test_text_that_is_too_long_is_an_error_and_what_came_before_is_spoken() -> None:
    async def scenario() -> None:
        async with talk() as client:
            configure(client, **STREAMED)
            client.say({"type": "input.text", "text": "Yes."})
            client.say({"type": "input.text", "text": "x" * MAX_CHARS})
            assert str(MAX_CHARS) in (await client.hear())["message"]
            client.say({"type": "input.done"})
            assert spoken(audio_of(await client.until(is_done))) == "yes"

    run(scenario)


def test_file_for_which_there_is_no_room_is_an_error_and_nothing_is_kept_of_it() -> None:
    async def scenario() -> None:
        account = Account(room=100)
        async with talk(account) as client:
            configure(client)
            say(client, "Too much.")
            messages = await client.until(is_done)
            assert kinds(messages) == ["audio.start", "error", "audio.done", "session.done"]
            assert messages[-2]["error"] is True
            account.room = 1 << 30
            say(client, "Now it goes.")
            assert kinds(await client.until(is_done)) == ["audio.start", "binary", "audio.done", "session.done"]
        assert account.held == 0

    run(scenario)


def test_session_is_closed_when_all_is_said() -> None:
    async def scenario() -> None:
        async with talk() as client:
            configure(client, **STREAMED)
            say(client, "Last words.")
            client.say({"type": "session.close"})
            assert spoken(audio_of(await client.until(is_done))) == "lastwords"
            while client.code is None:
                await asyncio.sleep(0)
            assert client.code == 1000

    run(scenario)


def test_session_that_is_closed_within_a_text_speaks_what_it_has_of_it() -> None:
    async def scenario() -> None:
        async with talk() as client:
            configure(client, **STREAMED)
            client.say({"type": "input.text", "text": "Last wor"})
            client.say({"type": "session.close"})
            assert spoken(audio_of(await client.until(is_done))) == "lastwor"
            while client.code is None:
                await asyncio.sleep(0)
            assert client.code == 1000

    run(scenario)


def test_client_that_leaves_while_the_rest_is_spoken_ends_the_session() -> None:
    async def scenario() -> None:
        async with talk() as client:
            client.session.held.clear()  # so that it is never spoken
            configure(client, **STREAMED)
            say(client, "Last words.")
            client.say({"type": "session.close"})
            client.say({"type": "input.text", "text": "Nobody hears this."})

    run(scenario)


def test_header_is_that_of_the_file_s_length() -> None:
    with wave.open(io.BytesIO(wav_header(4, 8000) + b"abcd")) as reader:
        assert (reader.getnframes(), reader.getframerate(), reader.readframes(9)) == (2, 8000, b"abcd")
