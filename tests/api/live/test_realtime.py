"""OpenAI's Realtime API: a text is read aloud, and what needs a model that answers is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from speechd.api.live.realtime import RealtimeConversation
from speechd.api.live.realtime_session import MAX_CHARS as ITEM_CHARS
from speechd.api.live.realtime_session import MAX_ITEMS, RealtimeSession
from speechd.errors import InvalidRequest
from tests.harness.decoding import spoken
from tests.harness.live import run
from tests.harness.requests import AVAILABLE
from tests.harness.talk import MAX_CHARS, Talk, pcm_of, talking

TEXT = "Hello there, this costs $3.50 today. It was 1999 when we met!"
SAID = "hellotherethiscoststhreedollarsandfiftycentstodayitwasnineteenninetyninewhenwemet"


def talk() -> Any:
    return talking(lambda connection, session: RealtimeConversation(connection, session, AVAILABLE, "gpt-realtime"))


def message(text: str, **fields: Any) -> dict[str, Any]:
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}], **fields}


def is_done(event: dict[str, Any]) -> bool:
    return event["type"] in ("response.done", "error")


def deltas(events: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [event for event in events if event["type"] == f"response.{kind}.delta"]


async def begun(client: Talk) -> dict[str, Any]:
    event = await client.hear()
    assert event["type"] == "session.created"
    session = event["session"]
    assert isinstance(session, dict)
    return session


async def reply(client: Talk, **response: Any) -> list[dict[str, Any]]:
    client.say({"type": "response.create", "response": response})
    return await client.until(is_done)


def test_text_of_an_out_of_band_response_is_read_aloud_with_its_transcript() -> None:
    async def scenario() -> None:
        async with talk() as client:
            session = await begun(client)
            assert (session["model"], session["type"]) == ("gpt-realtime", "realtime")
            output = {"voice": "cedar", "format": {"type": "audio/pcm", "rate": 24000}}
            audio = {"input": {"turn_detection": None}, "output": output}
            update = {"type": "realtime", "tools": [], "tool_choice": "none", "instructions": "Read.", "audio": audio}
            client.say({"type": "session.update", "session": update})
            updated = await client.hear()
            assert updated["type"] == "session.updated"
            assert updated["session"]["audio"]["output"] == output | {"speed": 1.0}
            events = await reply(client, conversation="none", input=[message(TEXT)], metadata={"a": "b"})
        assert spoken(pcm_of(deltas(events, "output_audio"), "delta")) == SAID
        assert "".join(event["delta"] for event in deltas(events, "output_audio_transcript")) == TEXT
        kinds = list(dict.fromkeys(event["type"] for event in events))
        assert kinds[:3] == ["response.created", "response.output_item.added", "response.content_part.added"]
        assert kinds[-2:] == ["response.output_item.done", "response.done"]
        assert not any(kind.startswith("conversation.") for kind in kinds)
        done = events[-1]["response"]
        assert (done["status"], done["conversation_id"], done["metadata"]) == ("completed", None, {"a": "b"})
        assert done["output"][0]["content"] == [{"type": "output_audio", "transcript": TEXT}]
        assert len({event["event_id"] for event in events}) == len(events)

    run(scenario)


def test_items_of_the_conversation_are_read_once() -> None:
    async def scenario() -> None:
        async with talk() as client:
            await begun(client)
            client.say({"type": "conversation.item.create", "item": message("One.", id="item_1")})
            client.say({"type": "conversation.item.create", "item": message("Be brief.", role="system")})
            client.say({"type": "conversation.item.create", "item": message("Two.")})
            await client.until(lambda event: event["type"] == "conversation.item.done")
            client.say({"type": "response.create"})
            events = await client.until(is_done)
            assert spoken(pcm_of(deltas(events, "output_audio"), "delta")) == "onetwo"
            assert "conversation.item.done" in [event["type"] for event in events]
            assert events[-1]["response"]["conversation_id"]
            assert (await reply(client))[-1]["error"]["code"] == "empty_input"
            again = await reply(client, input=[{"type": "item_reference", "id": "item_1"}])
            assert spoken(pcm_of(deltas(again, "output_audio"), "delta")) == "one"
            client.say({"type": "conversation.item.delete", "item_id": "item_1"})
            assert (await client.hear())["type"] == "conversation.item.deleted"
            missing = await reply(client, input=[{"type": "item_reference", "id": "item_1"}])
            assert missing[-1]["error"]["code"] == "item_not_found"

    run(scenario)


def test_items_are_unread_while_there_is_no_room_to_read_them() -> None:
    async def scenario() -> None:
        async with talk() as client:
            await begun(client)
            client.say({"type": "conversation.item.create", "item": message("One.")})
            await client.until(lambda event: event["type"] == "conversation.item.done")
            client.session.most = 0
            assert (await reply(client))[-1]["type"] == "error"
            client.session.most = 1
            assert spoken(pcm_of(deltas(await reply(client), "output_audio"), "delta")) == "one"

    run(scenario)


def test_conversation_forgets_what_was_read_and_refuses_more_than_it_can_keep() -> None:
    session = RealtimeSession.new(AVAILABLE, "kokoro")
    session.add(message("x" * (ITEM_CHARS // 2), id="read"))
    session.was_read({})
    session.add(message("y" * (ITEM_CHARS // 2), id="unread"))
    assert list(session.items) == ["read", "unread"]
    session.add(message("z", id="more"))
    assert list(session.items) == ["unread", "more"]
    with pytest.raises(InvalidRequest, match="not read yet"):
        session.add(message("y" * (ITEM_CHARS // 2)))
    assert session.unread == ["unread", "more"]


def test_conversation_has_a_bounded_number_of_items() -> None:
    session = RealtimeSession.new(AVAILABLE, "kokoro")
    for number in range(MAX_ITEMS):
        session.add(message("", id=str(number)))
    with pytest.raises(InvalidRequest, match="not read yet"):
        session.add(message(""))
    session.was_read({})
    session.add(message("", id="last"))
    assert len(session.items) == MAX_ITEMS
    assert "0" not in session.items


def test_instructions_are_read_where_there_is_no_other_text() -> None:
    async def scenario() -> None:
        async with talk() as client:
            await begun(client)
            events = await reply(client, conversation="none", instructions="Say it.")
            assert spoken(pcm_of(deltas(events, "output_audio"), "delta")) == "sayit"
            events = await reply(client, conversation="none", instructions="Say it.", input=[message("Only this.")])
            assert spoken(pcm_of(deltas(events, "output_audio"), "delta")) == "onlythis"

    run(scenario)


def test_cancelled_response_ends_as_such_with_what_was_heard() -> None:
    async def scenario() -> None:
        async with talk() as client:
            await begun(client)
            client.say({"type": "response.create", "response": {"input": [message("Word " * 100)]}})
            await client.until(lambda event: event["type"] == "response.output_audio.delta")
            client.session.held.clear()
            client.say({"type": "response.cancel"})
            done = (await client.until(is_done))[-1]["response"]
            assert (done["status"], done["status_details"]["reason"]) == ("cancelled", "client_cancelled")
            assert done["status_details"]["heard"]["sent_s"] > 0
            assert done["output"][0]["status"] == "incomplete"
            client.say({"type": "response.cancel"})
            assert (await client.hear())["error"]["code"] == "response_cancel_not_active"

    run(scenario)


def test_conversation_has_one_response_at_a_time_and_others_beside_it() -> None:
    async def scenario() -> None:
        async with talk() as client:
            await begun(client)
            client.session.held.clear()
            client.say({"type": "response.create", "response": {"input": [message("One.")]}})
            await client.until(lambda event: event["type"] == "response.content_part.added")
            refused = await reply(client, input=[message("Two.")])
            assert refused[-1]["error"]["code"] == "conversation_already_has_active_response"
            client.say({"type": "response.create", "response": {"conversation": "none", "input": [message("Three.")]}})
            await client.until(lambda event: event["type"] == "response.content_part.added")
            client.session.held.set()
            done = [(await client.until(is_done))[-1] for _ in range(2)]
            assert [event["response"]["status"] for event in done] == ["completed"] * 2

    run(scenario)


@pytest.mark.parametrize(
    ("event", "param"),
    [
        ({"type": "input_audio_buffer.append", "audio": "AAAA"}, "type"),
        ({"type": "no.such.event"}, "type"),
        ({}, "type"),
        ({"type": "session.update", "session": {"tools": [{"type": "function", "name": "f"}]}}, "session.tools"),
        ({"type": "session.update", "session": {"type": "transcription"}}, "session.type"),
        ({"type": "session.update", "session": {"output_modalities": ["text"]}}, "session.output_modalities"),
        ({"type": "session.update", "session": {"audio": {"output": {"voice": "nobody"}}}}, "voice"),
        ({"type": "session.update", "session": {"audio": {"output": {"speed": 99}}}}, "speed"),
        (
            {"type": "session.update", "session": {"audio": {"output": {"format": {"type": "audio/mp3"}}}}},
            "session.audio.output.format",
        ),
        ({"type": "session.update", "session": 5}, "session"),
        ({"type": "response.create", "response": 5}, "response"),
        ({"type": "response.create", "response": {"input": "Hello."}}, "response.input"),
        ({"type": "response.create", "response": {"tools": [{}], "input": []}}, "response.tools"),
        (
            {"type": "conversation.item.create", "item": message("") | {"content": [{"type": "input_audio"}]}},
            "item.content[0].type",
        ),
        ({"type": "conversation.item.create", "item": {"type": "function_call_output"}}, "item.type"),
        ({"type": "conversation.item.create"}, "item.type"),
    ],
)
def test_what_needs_more_than_a_voice_is_refused_in_the_protocols_words(event: dict[str, Any], param: str) -> None:
    async def scenario() -> None:
        async with talk() as client:
            await begun(client)
            client.say(event | {"event_id": "mine"})
            told = await client.hear()
            assert told["type"] == "error"
            assert (told["error"]["param"], told["error"]["event_id"]) == (param, "mine")
            assert told["error"]["type"] == "invalid_request_error"
            events = await reply(client, conversation="none", input=[message("Fine.")])
            assert spoken(pcm_of(deltas(events, "output_audio"), "delta")) == "fine"

    run(scenario)


def test_message_that_is_nested_too_deeply_is_refused_and_the_session_goes_on() -> None:
    async def scenario() -> None:
        async with talk() as client:
            await begun(client)
            metadata = json.loads("[" * 300 + "]" * 300)
            client.say({"type": "response.create", "response": {"input": [message("Hi.")], "metadata": metadata}})
            assert (await client.hear())["error"]["code"] == "invalid_json"
            assert (await reply(client, input=[message("Hi.")]))[-1]["response"]["status"] == "completed"

    run(scenario)


def test_response_that_cannot_be_spoken_fails_and_says_why() -> None:
    async def scenario() -> None:
        async with talk() as client:
            await begun(client)
            done = (await reply(client, input=[message("x" * (MAX_CHARS + 1))]))[-1]["response"]
            assert (done["status"], done["status_details"]["error"]["type"]) == ("failed", "invalid_request_error")

    run(scenario)


@pytest.mark.parametrize(("type", "format"), [("audio/pcmu", "ulaw"), ("audio/pcma", "alaw"), ("audio/pcm", "pcm")])
def test_formats_are_openais(type: str, format: str) -> None:
    async def scenario() -> None:
        async with talk() as client:
            await begun(client)
            await reply(client, input=[message("Hi.")], audio={"output": {"format": {"type": type}, "voice": "alloy"}})
            assert client.session.asked[0].format == format
            assert str(client.session.asked[0].blend) == "af_alloy"

    run(scenario)


def test_events_are_those_of_openais_types() -> None:
    from openai.types import realtime as types
    from pydantic import TypeAdapter

    async def scenario() -> None:
        async with talk() as client:
            client.say({"type": "session.update", "session": {"type": "realtime"}})
            client.say({"type": "conversation.item.create", "item": message(TEXT)})
            client.say({"type": "response.create"})
            client.say({"type": "input_audio_buffer.clear"})
            events = await client.until(lambda event: event["type"] == "response.done")
        adapter: TypeAdapter[Any] = TypeAdapter(types.RealtimeServerEvent)
        for event in events:
            assert adapter.validate_python(event).type == event["type"]

    run(scenario)
