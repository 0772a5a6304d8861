"""Other services' protocols at the real server: over HTTP and WebSockets, with the errors that their clients expect."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.harness.decoding import letters, spoken
from tests.harness.server import Server, running

TEXT = "The quick brown fox jumps over the lazy dog. Pack my box, and go."
RAW = {"container": "raw", "encoding": "pcm_s16le", "sample_rate": 24000}
CARTESIA = {"model_id": "sonic-3", "voice": {"mode": "id", "id": "af_heart"}, "output_format": RAW}


def websocket(server: Server, path: str) -> str:
    return server.url.replace("http", "ws", 1) + path


def eleven(server: Server, path: str, **fields: Any) -> httpx.Response:
    url = f"{server.url}/v1/text-to-speech/af_heart{path}?output_format=pcm_24000"
    return httpx.post(url, json={"text": TEXT, "model_id": "any"} | fields)


@pytest.mark.parametrize(("path", "whole"), [("", True), ("/stream", False)])
def test_elevenlabs_speech_is_sent_whole_or_as_it_is_made(tone_server: Server, path: str, whole: bool) -> None:
    reply = eleven(tone_server, path)
    assert spoken(reply.content) == letters(TEXT)
    assert ("content-length" in reply.headers) is whole


def test_elevenlabs_default_is_mp3(tone_server: Server) -> None:
    reply = httpx.post(f"{tone_server.url}/v1/text-to-speech/af_heart", json={"text": TEXT})
    assert (reply.status_code, reply.headers["content-type"]) == (200, "audio/mpeg")


def test_elevenlabs_timestamps_are_those_of_all_characters(tone_server: Server) -> None:
    whole = eleven(tone_server, "/with-timestamps").json()
    assert spoken(base64.b64decode(whole["audio_base64"])) == letters(TEXT)
    assert "".join(whole["alignment"]["characters"]).strip() == TEXT
    lines = [json.loads(line) for line in eleven(tone_server, "/stream/with-timestamps").iter_lines()]
    assert spoken(b"".join(base64.b64decode(line["audio_base64"]) for line in lines)) == letters(TEXT)
    characters = [each for line in lines if line["alignment"] for each in line["alignment"]["characters"]]
    assert "".join(characters).strip() == TEXT


def test_elevenlabs_voices_are_listed(tone_server: Server) -> None:
    first, second = (httpx.get(f"{tone_server.url}/{version}/voices").json() for version in ("v1", "v2"))
    assert first["voices"] == second["voices"]
    assert second["has_more"] is False
    voice = httpx.get(f"{tone_server.url}/v1/voices/af_heart").json()
    assert voice in first["voices"]
    assert httpx.get(f"{tone_server.url}/v1/voices/nobody").status_code == 404


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"text": None}, "missing_required_parameter"),
        ({"text": " "}, "empty_input"),
        ({"language_code": "tlh"}, "invalid_value"),
        ({"pronunciation_dictionary_locators": [{}]}, "unsupported_parameter"),
    ],
)
def test_elevenlabs_errors_are_in_its_words(tone_server: Server, fields: dict[str, Any], status: str) -> None:
    reply = eleven(tone_server, "", **fields)
    assert reply.status_code == 400
    assert reply.json()["detail"]["status"] == status
    assert reply.json()["error"]["code"] == status


def test_cartesia_speaks_bytes_and_events(tone_server: Server) -> None:
    asked = CARTESIA | {"transcript": TEXT}
    assert spoken(httpx.post(f"{tone_server.url}/tts/bytes", json=asked).content) == letters(TEXT)
    wav = httpx.post(f"{tone_server.url}/tts/bytes", json=asked | {"output_format": RAW | {"container": "wav"}})
    assert wav.content.startswith(b"RIFF")
    body = httpx.post(f"{tone_server.url}/tts/sse", json=asked | {"add_timestamps": True}).text
    told = [json.loads(line.removeprefix("data: ")) for line in body.splitlines() if line.startswith("data: ")]
    assert spoken(b"".join(base64.b64decode(event["data"]) for event in told if "data" in event)) == letters(TEXT)
    words = [word for event in told for word in event.get("word_timestamps", {}).get("words", [])]
    assert words == TEXT.split()
    refused = httpx.post(f"{tone_server.url}/tts/bytes", json=asked | {"voice": {"mode": "id", "id": "nobody"}})
    assert (refused.status_code, refused.json()["error_code"], refused.json()["title"]) == (
        400,
        "voice_not_found",
        "Bad Request",
    )


def test_cartesia_websocket_speaks_what_comes_word_by_word(tone_server: Server) -> None:
    with connect(websocket(tone_server, "/tts/websocket?cartesia_version=2026-08-14")) as socket:
        for word in TEXT.split():
            message = {"transcript": word + " ", "continue": True, "context_id": "a", "add_timestamps": True}
            socket.send(json.dumps(CARTESIA | message))
        socket.send(json.dumps(CARTESIA | {"transcript": "", "continue": False, "context_id": "a"}))
        told = [json.loads(socket.recv(10))]
        while told[-1]["type"] != "done":
            told.append(json.loads(socket.recv(10)))
    assert spoken(b"".join(base64.b64decode(event["data"]) for event in told if "data" in event)) == letters(TEXT)
    words = [word for event in told for word in event.get("word_timestamps", {}).get("words", [])]
    assert words == TEXT.split()


@pytest.mark.parametrize("prefix", ["/v1", ""])
def test_elevenlabs_websocket_ends_with_the_text(tone_server: Server, prefix: str) -> None:
    path = f"{prefix}/text-to-speech/af_heart/stream-input?output_format=pcm_24000"
    with connect(websocket(tone_server, path)) as socket:
        for text in (" ", TEXT + " ", ""):
            socket.send(json.dumps({"text": text}))
        told = [json.loads(message) for message in socket]
        assert socket.close_code == 1000
    assert told[-1]["isFinal"] is True
    audio = b"".join(base64.b64decode(message["audio"]) for message in told if message["audio"])
    assert spoken(audio) == letters(TEXT)


def test_realtime_reads_aloud(tone_server: Server) -> None:
    message = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": TEXT}]}
    with connect(websocket(tone_server, "/v1/realtime?model=any"), subprotocols=["realtime"]) as socket:  # type: ignore[list-item]
        assert socket.subprotocol == "realtime"
        assert json.loads(socket.recv(10))["type"] == "session.created"
        socket.send(json.dumps({"type": "response.create", "response": {"conversation": "none", "input": [message]}}))
        told = [json.loads(socket.recv(10))]
        while told[-1]["type"] != "response.done":
            told.append(json.loads(socket.recv(10)))
    audio = [event["delta"] for event in told if event["type"] == "response.output_audio.delta"]
    assert spoken(b"".join(map(base64.b64decode, audio))) == letters(TEXT)


@pytest.mark.parametrize(
    "path",
    [
        "/v1/text-to-speech/nobody/stream-input",
        "/v1/text-to-speech/nobody/multi-stream-input",
        "/v1/text-to-speech/af_heart/stream-input?output_format=tape",
    ],
)
def test_wrong_address_is_refused_before_the_upgrade(tone_server: Server, path: str) -> None:
    with pytest.raises(InvalidStatus) as refused, connect(websocket(tone_server, path)):
        pass
    assert refused.value.response.status_code == 400
    assert "detail" in json.loads(refused.value.response.body)


def test_keys_are_asked_for_before_the_upgrade_and_taken_where_each_client_puts_them(tmp_path: Path) -> None:
    with running(tmp_path, api_keys="sk-good") as server:
        for path in ("/tts/websocket", "/v1/text-to-speech/af_heart/multi-stream-input", "/v1/realtime"):
            with pytest.raises(InvalidStatus) as refused, connect(websocket(server, path)):
                pass
            assert refused.value.response.status_code == 401
        for path, headers in (
            ("/tts/websocket", {"X-API-Key": "sk-good"}),
            ("/tts/websocket?api_key=sk-good", {}),
            ("/v1/text-to-speech/af_heart/multi-stream-input", {"xi-api-key": "sk-good"}),
            ("/v1/realtime", {"Authorization": "Bearer sk-good"}),
        ):
            with connect(websocket(server, path), additional_headers=headers):
                pass
        url = f"{server.url}/v1/text-to-speech/af_heart"
        assert httpx.post(url, json={"text": TEXT}).json()["detail"]["status"] == "invalid_api_key"
        assert httpx.post(url, json={"text": TEXT}, headers={"xi-api-key": "sk-good"}).status_code == 200
        assert httpx.post(f"{server.url}/tts/bytes", json=CARTESIA | {"transcript": TEXT}).status_code == 401
