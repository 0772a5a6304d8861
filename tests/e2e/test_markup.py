"""Words, markup and the endpoints under `/dev`, against the real server, whose speech decodes back into text."""

from __future__ import annotations

import base64
import json
from typing import Any

import httpx2
import numpy as np
import pytest

from speechd.audio.samples import SAMPLE_RATE
from speechd.engines.tone import decode
from speechd.speech.planner import GAP_S
from speechd.text.passages import Boundary
from tests.harness.decoding import letters, spoken
from tests.harness.server import Server

TEXT = "It costs **$5.50**, Dr. Smith. " + "Well said, and then we went on. " * 6
SPOKEN = "It costs five dollars and fifty cents, Doctor Smith. " + "Well said, and then we went on. " * 6
SSML = (
    "<speak>Hello <break time='1s'/><voice name='am_adam'>my <mark name='here'/>friend</voice> "
    "<sub alias='World Wide'>WW</sub> &amp; end</speak>"
)
LEAST = {"model": "kokoro", "voice": "af_heart"}


def post(server: Server, path: str = "/v1/audio/speech", **fields: Any) -> httpx2.Response:
    return httpx2.post(server.url + path, json=LEAST | {"input": TEXT, "response_format": "pcm"} | fields, timeout=30)


def heard(pcm: bytes, start_s: float, end_s: float) -> str:
    samples = np.frombuffer(pcm, "<i2").astype(np.float32) / np.float32(32767)
    return decode(samples[round(start_s * SAMPLE_RATE) : round(end_s * SAMPLE_RATE)])


def events(reply: httpx2.Response) -> list[dict[str, Any]]:
    return [json.loads(event.removeprefix("data: ")) for event in reply.text.split("\n\n") if event]


def check(pcm: bytes, words: list[dict[str, Any]], start: str = "start", end: str = "end") -> None:
    """Every word sounds when it is said to, to the sample."""
    assert letters("".join(word["word"] for word in words)) == letters(SPOKEN)
    assert [letters(heard(pcm, word[start], word[end])) for word in words] == [letters(word["word"]) for word in words]


def test_events_have_the_words_when_they_sound(tone_server: Server) -> None:
    found = events(post(tone_server, stream_format="sse", timestamp_granularities=["word"]))
    pcm = b"".join(base64.b64decode(event["audio"]) for event in found if event["type"] == "speech.audio.delta")
    words = [word for event in found for word in event.get("words", [])]
    check(pcm, words)
    assert {TEXT[word["input_start"] : word["input_end"]] for word in words[2:7]} == {"$5.50"}
    assert found[-1]["type"] == "speech.audio.done"


def test_object_has_the_words_when_they_sound(tone_server: Server) -> None:
    reply = post(tone_server, stream_format="json", timestamp_granularities=["word"], speed=2)
    assert int(reply.headers["content-length"]) == len(reply.content)
    found = reply.json()
    pcm = base64.b64decode(found["audio"])
    check(pcm, found["words"])
    assert found["duration"] == pytest.approx(len(pcm) / 2 / SAMPLE_RATE, abs=1e-4)


def test_header_has_the_words(tone_server: Server) -> None:
    reply = post(tone_server, word_timestamps=True)
    words = json.loads(reply.headers["x-word-timestamps"])
    assert letters("".join(word["word"] for word in words)) == letters(SPOKEN)
    assert spoken(reply.content) == letters(SPOKEN)


@pytest.mark.parametrize("stream", [True, False])
def test_captioned_speech_is_kokoro_fastapis(tone_server: Server, stream: bool) -> None:
    reply = post(tone_server, "/dev/captioned_speech", stream=stream)
    objects = [json.loads(line) for line in reply.text.splitlines()]
    assert reply.headers["content-type"] == ("application/x-ndjson" if stream else "application/json")
    assert len(objects) == 1 or stream
    pcm = b"".join(base64.b64decode(found["audio"]) for found in objects)
    check(pcm, [word for found in objects for word in found["timestamps"]], "start_time", "end_time")


def test_captioned_speech_has_kokoro_fastapis_defaults(tone_server: Server) -> None:
    body = {"input": "Hello.", "stream": False, "return_timestamps": False}
    reply = httpx2.post(tone_server.url + "/dev/captioned_speech", json=body, timeout=30)
    assert (reply.json()["audio_format"], reply.json()["timestamps"]) == ("audio/mpeg", None)


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("format", ["vtt", "srt"])
def test_subtitles_show_the_input(tone_server: Server, format: str, stream: bool) -> None:
    reply = post(tone_server, response_format=format, stream=stream)
    shown = [line for line in reply.text.splitlines() if line and "-->" not in line and not line.isdecimal()]
    assert " ".join(shown).removeprefix("WEBVTT ") == " ".join(TEXT.replace("*", "").split())


def test_ssml_changes_voices_and_reports_marks(tone_server: Server) -> None:
    found = post(tone_server, input=SSML, stream_format="json", timestamp_granularities=["word"]).json()
    pcm = base64.b64decode(found["audio"])
    words = found["words"]
    assert [letters(heard(pcm, word["start"], word["end"])) for word in words] == [
        *("hello", "my", "friend", "world", "wide", "and", "end")
    ]
    assert [word["voice"] for word in words] == [
        *("af_heart", "am_adam", "am_adam", "af_heart", "af_heart", "af_heart", "af_heart")
    ]
    assert found["marks"] == [{"name": "here", "time": words[2]["start"]}]
    assert words[1]["start"] - words[0]["end"] >= 1.0
    assert SSML[words[3]["input_start"] : words[4]["input_end"]] == "WW"


def test_markup_without_its_flags_is_not_read_aloud(tone_server: Server) -> None:
    reply = post(tone_server, input="Hello [voice:am_adam][rate:0.5] there <lang xml:lang='fr'>you</lang>.")
    assert spoken(reply.content) == "hellothereyou"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"input": "a [voice:nobody] b", "allow_voice_tags": True}, "voice_not_found"),
        ({"input": "<speak>a <lang xml:lang='tlh'>b</lang></speak>"}, "unsupported_language"),
        ({"input": "<speak><audio src='a'/></speak>"}, "invalid_ssml"),
        ({"input": "a", "timestamp_granularities": ["phoneme"], "stream_format": "sse"}, "invalid_value"),
    ],
)
def test_what_cannot_be_spoken_is_refused_before_any_audio(
    tone_server: Server, fields: dict[str, Any], code: str
) -> None:
    reply = post(tone_server, **fields)
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, code)


def test_dialogue_is_spoken_turn_by_turn(tone_server: Server) -> None:
    turns = [{"voice": "af_bella", "text": "Hello there."}, {"voice_id": "am_adam", "text": "Hi you."}]
    body = {"inputs": turns, "pause_between_turns": 2, "response_format": "pcm"}
    reply = httpx2.post(tone_server.url + "/dev/dialogue", json=body, timeout=30)
    assert spoken(reply.content) == "hellotherehiyou"
    quiet = httpx2.post(tone_server.url + "/dev/dialogue", json=body | {"pause_between_turns": 1}, timeout=30)
    assert len(reply.content) - len(quiet.content) == 2 * SAMPLE_RATE
    briefly, at_once = (
        httpx2.post(tone_server.url + "/dev/dialogue", json=body | {"pause_between_turns": pause}, timeout=30).content
        for pause in (0.5, 0.0)
    )
    hardly = httpx2.post(tone_server.url + "/dev/dialogue", json=body | {"pause_between_turns": 1e-7}, timeout=30)
    assert spoken(hardly.content) == "hellotherehiyou"
    assert len(briefly) - len(at_once) == round(2 * (0.5 - GAP_S[Boundary.SENTENCE]) * SAMPLE_RATE)


@pytest.mark.parametrize("voice", ["af_sky] [pause:9s", "[af_sky", "a" * 300, "\u2028", "af_sky\n", "nobody", " "])
def test_dialogue_reads_no_name_of_a_voice_aloud(tone_server: Server, voice: str) -> None:
    turns = [{"voice": "nova", "text": "Hi."}, {"voice": voice, "text": "Hello."}]
    reply = httpx2.post(tone_server.url + "/dev/dialogue", json={"turns": turns}, timeout=30)
    assert (reply.status_code, reply.json()["error"]["code"]) == (400, "voice_not_found")


@pytest.mark.parametrize(
    ("turn", "param"), [({"text": "Hi."}, "turns[1].voice"), ({"voice": "nova", "text": None}, "turns[1].text")]
)
def test_dialogue_says_what_a_turn_lacks(tone_server: Server, turn: dict[str, object], param: str) -> None:
    body = {"turns": [{"voice": "nova", "text": "Hi."}, turn]}
    error = httpx2.post(tone_server.url + "/dev/dialogue", json=body, timeout=30).json()["error"]
    assert (error["code"], error["param"]) == ("missing_required_parameter", param)


@pytest.mark.parametrize("turns", [None, [], [{"voice": "nova"}], [{"voice": "nova", "text": " "}], ["a"], 5])
def test_dialogue_without_turns_is_refused(tone_server: Server, turns: object) -> None:
    reply = httpx2.post(tone_server.url + "/dev/dialogue", json={"turns": turns}, timeout=30)
    assert reply.status_code == 400


def test_explain_says_what_would_be_spoken(tone_server: Server) -> None:
    text = "Pay $5. [pause:0.5s] [voice:am_adam] Bye."
    passages = post(tone_server, "/dev/explain", input=text, allow_voice_tags=True).json()["passages"]
    assert [passage.get("text", passage.get("pause")) for passage in passages] == ["Pay five dollars.", 0.5, "Bye."]
    assert [passage["voice"] for passage in passages if "voice" in passage] == ["af_heart", "am_adam"]
    assert passages[0]["words"][1] == {"word": "five", "input_start": 4, "input_end": 6}


def test_ssml_is_told_and_turned_into_tags(tone_server: Server) -> None:
    assert "break" in httpx2.get(tone_server.url + "/dev/ssml").json()["elements"]
    reply = httpx2.post(tone_server.url + "/dev/ssml", json={"text": SSML, "voice": "af_heart"})
    assert reply.json()["text"] == "Hello [pause:1s][voice:am_adam]my friend[voice:af_heart] World Wide & end"
    plain = "[voice:af_heart] 1 < 2"
    assert httpx2.post(tone_server.url + "/dev/ssml", json={"text": plain}).json()["text"] == plain
    assert httpx2.post(tone_server.url + "/dev/ssml", json={"text": "<speak>a"}).status_code == 400


@pytest.mark.parametrize("path", ["/dev/phonemize", "/dev/generate_from_phonemes"])
def test_engine_without_phonemes_refuses_them(tone_server: Server, path: str) -> None:
    reply = httpx2.post(tone_server.url + path, json={"text": "a", "phonemes": "a"}, timeout=30)
    assert reply.status_code == 400
    assert "Kokoro" in reply.json()["error"]["message"]
