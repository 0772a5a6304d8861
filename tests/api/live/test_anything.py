"""Whatever a client says, in whatever order: each message is understood or refused, and the next good one is spoken."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from speechd.api.live.cartesia import CartesiaConversation
from speechd.api.live.elevenlabs import Address, MultiConversation, SingleConversation
from speechd.api.live.realtime import RealtimeConversation
from tests.harness.decoding import spoken
from tests.harness.live import run
from tests.harness.requests import AVAILABLE
from tests.harness.talk import pcm_of, talking

FORMAT = {"container": "raw", "encoding": "pcm_s16le", "sample_rate": 24000}

words = st.sampled_from(["Hello. ", "One", " two", "... ", " ", "", "$3.50 ", "é", "\n\n", "<break time='1s'/>", "**"])
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
flags = st.sampled_from([True, False, True, False, None, "true", 1])


def mostly(good: Any) -> Any:
    return st.integers(0, 9).flatmap(lambda luck: good if luck else anything)


def message(**fields: Any) -> Any:
    return st.fixed_dictionaries({}, optional={name: mostly(values) for name, values in fields.items()})


CARTESIA = message(
    context_id=st.sampled_from(["a", "b"]),
    transcript=words,
    voice=st.sampled_from([{"mode": "id", "id": "af_heart"}, "alloy"]),
    output_format=st.just(FORMAT),
    add_timestamps=flags,
    use_normalized_timestamps=flags,
    flush=flags,
    cancel=st.sampled_from([False, False, True]),
    max_buffer_delay_ms=st.sampled_from([0, 3000]),
    **{"continue": flags},
)
ELEVENLABS = message(
    context_id=st.sampled_from(["a", "b", None]),
    text=words,
    flush=flags,
    close_context=st.sampled_from([False, False, True]),
    voice_settings=st.sampled_from([{}, {"speed": 1.1}, None]),
)
ITEM = message(
    type=st.just("message"),
    role=st.sampled_from(["user", "system"]),
    id=st.sampled_from(["i", "j"]),
    content=st.lists(message(type=st.just("input_text"), text=words), max_size=2),
)
REALTIME = message(
    type=st.sampled_from(
        ["session.update", "conversation.item.create", "conversation.item.delete", "response.create", "response.cancel"]
    ),
    item=ITEM,
    item_id=st.sampled_from(["i", "j"]),
    session=message(audio=message(output=message(voice=st.just("alloy"), speed=st.just(1.2)))),
    response=message(conversation=st.just("none"), input=st.lists(ITEM, max_size=2), instructions=words),
)

FEW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def talk_of(messages: list[Any], begin: Any, last: list[dict[str, Any]], is_over: Any, member: str) -> None:
    async def scenario() -> None:
        async with talking(begin) as client:
            for each in messages:
                client.say(json.dumps(each))
            for each in last:
                client.say(each)
            told = await client.until(is_over)
            assert spoken(pcm_of([each for each in told if "last" in json.dumps(each)], member)) == "theend"
            assert client.code is None
        for harness in client.session.made:
            assert harness.utterance in client.session.ended
            assert harness.places.held == 0

    run(scenario)


@FEW
@given(st.lists(CARTESIA | anything, max_size=8))
def test_cartesia(messages: list[Any]) -> None:
    last = {"context_id": "last", "transcript": "The end.", "voice": "alloy", "output_format": FORMAT}
    talk_of(
        messages,
        lambda connection, session: CartesiaConversation(connection, session, AVAILABLE),
        [last],
        lambda event: event.get("context_id") == "last" and event["type"] == "done",
        "data",
    )


@FEW
@given(st.lists(ELEVENLABS | anything.filter(lambda value: not isinstance(value, dict)), max_size=8))
def test_elevenlabs(messages: list[Any]) -> None:
    asked = Address.read("af_heart", {"output_format": "pcm_24000"}, AVAILABLE)
    talk_of(
        messages,
        lambda connection, session: MultiConversation(connection, session, asked),
        [{"context_id": "last", "text": "The end. "}, {"context_id": "last", "close_context": True}],
        lambda event: event.get("contextId") == "last" and event.get("isFinal"),
        "audio",
    )


@FEW
@given(st.lists(REALTIME | anything, max_size=8))
def test_realtime(messages: list[Any]) -> None:
    content = [{"type": "input_text", "text": "The end."}]
    audio = {"output": {"format": {"type": "audio/pcm"}, "voice": "alloy", "speed": 1}}
    response = {
        "conversation": "none",
        "input": [{"type": "message", "role": "user", "content": content}],
        "metadata": {"last": "1"},
        "audio": audio,
    }

    async def scenario() -> None:
        async with talking(
            lambda connection, session: RealtimeConversation(connection, session, AVAILABLE, "m")
        ) as client:
            for each in messages:
                client.say(json.dumps(each))
            client.say({"type": "response.create", "response": response})
            begun = await client.until(
                lambda event: (
                    event["type"] == "response.created"
                    and event["response"]["metadata"] == {"last": "1"}
                    and event["response"]["conversation_id"] is None
                )
            )
            id = begun[-1]["response"]["id"]
            told = await client.until(lambda event: event["type"] == "response.done" and event["response"]["id"] == id)
            mine = [event for event in told if event.get("response_id") == id]
            audio = [event for event in mine if event["type"] == "response.output_audio.delta"]
            assert spoken(pcm_of(audio, "delta")) == "theend"

    run(scenario)


@FEW
@given(st.lists(ELEVENLABS | anything, max_size=8))
def test_single_stream_ends_in_any_case(messages: list[Any]) -> None:
    asked = Address.read("af_heart", {"output_format": "pcm_24000"}, AVAILABLE)

    async def scenario() -> None:
        async with talking(lambda connection, session: SingleConversation(connection, session, asked)) as client:
            for each in [*messages, {"text": ""}]:
                client.say(json.dumps(each))
            while client.code is None:
                await asyncio.sleep(0)
            assert client.code in (1000, 1008)

    run(scenario)


@pytest.mark.parametrize("text", ["NaN", '{"a": 1e999}', "[" * 5000, '{"type": "' + "x" * 100_000 + '"}'])
def test_what_parsers_stumble_over_is_refused(text: str) -> None:
    async def scenario() -> None:
        async with talking(lambda connection, session: CartesiaConversation(connection, session, AVAILABLE)) as client:
            client.say(text)
            assert (await client.hear())["type"] == "error"
            assert len(json.dumps(client.heard)) < 2000

    run(scenario)
