"""OpenAI's contract, with OpenAI's own client, against the real server."""

import asyncio
import base64
import io
import json
from collections.abc import Iterator
from typing import Any
from urllib.request import Request, urlopen

import av
import httpx2
import numpy as np
import openai
import pytest

from speechd.api.available import OPENAI_MODELS
from speechd.encoders import FORMATS
from tests.harness import http_1_0
from tests.harness.decoding import letters, spoken
from tests.harness.server import Server, until

TEXT = "The quick brown fox jumps over the lazy dog. Pack my box with five dozen liquor jugs, then go home."

TELEPHONY = ("ulaw", "alaw")


@pytest.fixture
def client(tone_server: Server) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=tone_server.url + "/v1", api_key="unused", max_retries=0) as client:
        yield client


def test_sdk_gets_all_the_text_in_order(client: openai.OpenAI) -> None:
    reply = client.audio.speech.create(model="tts-1", voice="alloy", input=TEXT, response_format="pcm")
    assert spoken(reply.content) == letters(TEXT)


def test_sdk_streams(client: openai.OpenAI) -> None:
    with client.audio.speech.with_streaming_response.create(
        model="gpt-4o-mini-tts", voice="marin", input=TEXT, response_format="pcm"
    ) as reply:
        assert reply.headers["transfer-encoding"] == "chunked"
        assert spoken(b"".join(reply.iter_bytes())) == letters(TEXT)


def test_async_sdk_many_at_once(tone_server: Server) -> None:
    async def speak(client: openai.AsyncOpenAI, text: str) -> str:
        reply = await client.audio.speech.create(model="tts-1", voice="echo", input=text, response_format="pcm")
        return spoken(reply.content)

    async def speak_all() -> list[str]:
        async with openai.AsyncOpenAI(base_url=tone_server.url + "/v1", api_key="unused") as client:
            return await asyncio.gather(*(speak(client, f"request {name} speaks") for name in "abcdefgh"))

    assert asyncio.run(speak_all()) == [f"request{name}speaks" for name in "abcdefgh"]


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("format", FORMATS)
def test_format_decodes_to_the_audio(tone_server: Server, format: str, stream: bool) -> None:
    reference = tone_server.speech(TEXT).content
    reply = tone_server.speech(TEXT, response_format=format, stream=stream)
    assert reply.headers["content-type"] == FORMATS[format].media_type
    assert ("content-length" in reply.headers) is not stream
    expected_s = len(reference) / 2 / 24_000
    if format == "pcm":
        assert reply.content == reference
        return
    if format in TELEPHONY:
        assert len(reply.content) / 8000 == pytest.approx(expected_s, abs=0.001)
        return
    with av.open(io.BytesIO(reply.content), "r") as container:
        frames = list(container.decode(audio=0))
    decoded_s = sum(frame.samples for frame in frames) / frames[0].sample_rate
    # Streamed mp3 and aac carry their codec's delay and padding, up to three frames of 1024 samples.
    assert decoded_s == pytest.approx(expected_s, abs=3 * 1024 / 24_000)
    if format in ("wav", "flac"):
        samples = np.concatenate([frame.to_ndarray().reshape(-1) for frame in frames])
        assert spoken(samples.astype("<i2").tobytes()) == letters(TEXT)


def test_sse_events(tone_server: Server) -> None:
    events = []
    body = {"model": "tts-1", "voice": "alloy", "input": TEXT, "response_format": "pcm", "stream_format": "sse"}
    headers = {"accept": "application/octet-stream"}  # what the SDK sends, for sse too
    with httpx2.stream("POST", tone_server.url + "/v1/audio/speech", json=body, headers=headers) as reply:
        assert reply.headers["content-type"].startswith("text/event-stream")
        events = [json.loads(line.removeprefix("data: ")) for line in reply.iter_lines() if line]
    *deltas, done = events
    assert {event["type"] for event in deltas} == {"speech.audio.delta"}
    assert spoken(b"".join(base64.b64decode(event["audio"]) for event in deltas)) == letters(TEXT)
    assert done["type"] == "speech.audio.done"
    usage = done["usage"]
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"] > 2


def test_whole_wav_has_true_sizes(tone_server: Server) -> None:
    content = tone_server.speech("one two", response_format="wav", stream=False).content
    assert int.from_bytes(content[4:8], "little") == len(content) - 8
    assert int.from_bytes(content[40:44], "little") == len(content) - 44


@pytest.mark.parametrize("input", ["Hi.", "..."])
@pytest.mark.parametrize("format", FORMATS)
def test_short_reply_is_a_whole_file_without_asking(tone_server: Server, format: str, input: str) -> None:
    reply = tone_server.speech(input, response_format=format)
    assert int(reply.headers["content-length"]) == len(reply.content)
    assert reply.content == tone_server.speech(input, response_format=format, stream=False).content
    if format == "wav":
        assert int.from_bytes(reply.content[40:44], "little") == len(reply.content) - 44
    if format == "flac":
        assert int.from_bytes(reply.content[21:26], "big") & 0xFFFFFFFFF  # samples in all


@pytest.mark.parametrize("format", FORMATS)
def test_long_reply_may_be_asked_for_whole(tone_server: Server, format: str) -> None:
    text = "This sentence is one of many, and it goes on for a while longer. " * 15
    reply = tone_server.speech(text, response_format=format, stream=False)
    assert reply.status_code == 200
    assert int(reply.headers["content-length"]) == len(reply.content)


@pytest.mark.parametrize("stream_format", ["audio", "sse"])
def test_client_of_http_1_0_gets_a_length(tone_server: Server, stream_format: str) -> None:
    body = {"model": "tts-1", "voice": "alloy", "input": TEXT, "response_format": "pcm", "stream_format": stream_format}
    head, content = http_1_0.post(tone_server.url + "/v1/audio/speech", body)
    assert head.split()[1] == b"200"
    assert f"content-length: {len(content)}".encode() in head
    if stream_format == "sse":
        assert b"text/event-stream" in head
        events = [json.loads(line.removeprefix(b"data: ")) for line in content.splitlines() if line]
        assert events[-1]["type"] == "speech.audio.done"
        content = b"".join(base64.b64decode(event["audio"]) for event in events[:-1])
    assert spoken(content) == letters(TEXT)


def test_every_listed_model_resolves(client: openai.OpenAI) -> None:
    ids = [model.id for model in client.models.list()]
    assert ids == ["kokoro", *OPENAI_MODELS]
    for id in ids:
        assert client.models.retrieve(id).id == id
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("gpt-9")


@pytest.mark.parametrize("voice", "alloy ash ballad coral echo fable onyx nova sage shimmer verse marin cedar".split())
def test_openai_voice_speaks(client: openai.OpenAI, voice: str) -> None:
    assert client.audio.speech.create(model="tts-1-hd", voice=voice, input="hi", response_format="pcm").content


def test_every_listed_voice_has_its_fields_and_resolves(tone_server: Server) -> None:
    voices = tone_server.get("/v1/audio/voices").json()["voices"]
    assert len(voices) >= 54
    for voice in voices:
        assert voice.keys() >= {"id", "name", "language", "gender"}
    assert tone_server.get("/v1/audio/voices?legacy=true").json()["voices"] == [voice["id"] for voice in voices]
    assert tone_server.speech(voice={"id": voices[-1]["id"]}).status_code == 200


@pytest.mark.parametrize(
    ("fields", "error", "param"),
    [
        ({"voice": "aloy"}, openai.BadRequestError, "voice"),
        ({"input": ""}, openai.BadRequestError, "input"),
        ({"input": " \n"}, openai.BadRequestError, "input"),
        ({"speed": 9}, openai.BadRequestError, "speed"),
        ({"model": "nope"}, openai.NotFoundError, "model"),
    ],
)
def test_sdk_error_class(
    client: openai.OpenAI, fields: dict[str, Any], error: type[openai.APIStatusError], param: str
) -> None:
    request: dict[str, Any] = {"model": "tts-1", "voice": "alloy", "input": "hi"} | fields
    with pytest.raises(error) as caught:
        client.audio.speech.create(**request)
    assert caught.value.param == param
    assert (caught.value.request_id or "").startswith("req_")


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("input", ["...", "!!! --- ...", "🎉", "[pause:1s]", "<br>"])
def test_part_of_a_text_that_holds_nothing_to_speak_is_a_silence(tone_server: Server, input: str, format: str) -> None:
    reply = tone_server.speech(input, response_format=format)
    assert reply.status_code == 200
    assert reply.content
    assert reply.headers["x-speechd-silence"] == "nothing to speak"
    assert "x-speechd-silence" not in tone_server.speech("Hello.", response_format=format).headers


def test_client_that_names_neither_model_nor_voice_is_served(tone_server: Server) -> None:
    reply = httpx2.post(tone_server.url + "/v1/audio/speech", json={"input": "hi", "response_format": "pcm"})
    assert (reply.status_code, spoken(reply.content)) == (200, "hi")


@pytest.mark.parametrize("format", ["wav", "flac"])
@pytest.mark.parametrize("rate", [8_000, 24_000, 48_000])
def test_whole_reply_states_its_length_at_any_rate(tone_server: Server, format: str, rate: int) -> None:
    reply = tone_server.speech("one two", response_format=format, stream=False, sample_rate=rate)
    with av.open(io.BytesIO(reply.content), "r") as container:
        stream = container.streams.audio[0]
        stated = stream.duration
        decoded = sum(frame.samples for frame in container.decode(stream))
        assert (stream.rate, stated) == (rate, decoded)


def test_reply_can_be_downloaded_again_once_it_is_complete(tone_server: Server) -> None:
    reply = tone_server.speech("one two", response_format="mp3", return_download_link=True)
    link = reply.headers["x-download-path"]
    kept = tone_server.get("/v1" + link)
    assert (kept.content, kept.headers["content-type"]) == (reply.content, "audio/mpeg")
    part = httpx2.get(tone_server.url + "/v1" + link, headers={"range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, reply.content[10:20])
    assert "x-download-path" not in tone_server.speech("one two").headers


def test_times_of_its_sentences_can_be_downloaded_too(tone_server: Server) -> None:
    asked = {"response_format": "pcm", "return_download_link": True, "return_timing": True}
    reply = tone_server.speech("One two. [pause:1s] Three.", **asked)
    link = reply.headers["x-timing-path"]
    assert link == reply.headers["x-download-path"] + ".json"
    first, second = tone_server.get("/v1" + link).json()["chunks"]
    assert (first["text"], second["text"]) == ("One two.", "Three.")
    assert second["start"] - first["end"] == pytest.approx(1.0, abs=0.1)
    assert "x-timing-path" not in tone_server.speech("one two", return_timing=True).headers


def test_unknown_voice_names_the_nearest(tone_server: Server) -> None:
    reply = tone_server.speech(voice="af_bela")
    assert reply.status_code == 400
    assert "af_bella" in reply.json()["error"]["message"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/v1/audio/speech", 405),
        ("DELETE", "/v1/models", 405),
        ("GET", "/v1/models/none", 404),
    ],
)
def test_error_on_any_path_has_the_envelope(tone_server: Server, method: str, path: str, status: int) -> None:
    reply = httpx2.request(method, tone_server.url + path)
    assert reply.status_code == status
    assert set(reply.json()["error"]) == {"message", "type", "param", "code"}
    assert reply.headers["x-request-id"].startswith("req_")


def test_description_is_served_and_every_path_in_it_answers(tone_server: Server) -> None:
    described = tone_server.get("/openapi.json").json()["paths"]
    assert list(described["/v1/audio/speech"]) == ["post"]
    for path, operations in described.items():
        if "get" in operations:
            known = path.replace("{id}", "tts-1").replace("/docs/{name}", "/docs/start.js")
            assert tone_server.get(known).status_code == (404 if "{" in known else 200)


@pytest.mark.parametrize(
    "path", ["/health", "/v1/models", "/v1/models/kokoro", "/v1/audio/voices", "/models", "/audio/voices"]
)
def test_slash_at_the_end_means_nothing(tone_server: Server, path: str) -> None:
    headers = {"host": "evil.example"}
    for slashes in ("/", "//"):
        assert httpx2.get(tone_server.url + path + slashes, headers=headers).status_code == 200


@pytest.mark.parametrize("path", ["/v1/audio/speech/", "/audio/speech"])
def test_speech_under_another_form_of_its_path(tone_server: Server, path: str) -> None:
    body = {"model": "tts-1", "voice": "alloy", "input": "hi", "response_format": "pcm"}
    reply = httpx2.post(tone_server.url + path, json=body)
    assert (reply.status_code, spoken(reply.content)) == (200, "hi")


@pytest.mark.parametrize(("coding", "status"), [("gzip", 415), ("BR", 415), ("identity", 200), ("utf-8", 200)])
def test_compressed_body_is_415(tone_server: Server, coding: str, status: int) -> None:
    body = {"model": "kokoro", "voice": "af_heart", "input": "Hello."}
    reply = httpx2.post(tone_server.url + "/v1/audio/speech", json=body, headers={"content-encoding": coding})
    assert reply.status_code == status
    if status == 415:
        assert "Content-Encoding" in reply.json()["error"]["message"]


def test_form_body_is_415(tone_server: Server) -> None:
    reply = httpx2.post(tone_server.url + "/v1/audio/speech", data={"model": "tts-1"})
    assert (reply.status_code, reply.json()["error"]["code"]) == (415, "unsupported_media_type")


def test_pause_lasts_as_long_as_asked(tone_server: Server) -> None:
    lengths = [len(tone_server.speech(f"one {pause} two").content) / 48_000 for pause in ("", "[pause:2s]")]
    assert lengths[1] - lengths[0] == pytest.approx(2, abs=0.5)


def test_volume_multiplier_scales_the_samples(tone_server: Server) -> None:
    loud, soft = (
        np.frombuffer(tone_server.speech("one two", volume_multiplier=volume).content, "<i2").astype(float)
        for volume in (1, 0.25)
    )
    assert np.abs(soft).max() == pytest.approx(np.abs(loud).max() / 4, abs=2)


def test_equal_requests_give_equal_bytes(tone_server: Server) -> None:
    assert (
        tone_server.speech(TEXT, response_format="mp3").content
        == tone_server.speech(TEXT, response_format="mp3").content
    )


def test_client_without_an_sdk_gets_an_mp3(tone_server: Server) -> None:
    body = json.dumps({"model": "tts-1", "voice": "alloy", "input": "Hello!"}).encode()
    request = Request(tone_server.url + "/v1/audio/speech", body, {"Content-Type": "application/json"})
    with urlopen(request, timeout=30) as reply, av.open(io.BytesIO(reply.read())) as container:
        assert container.streams.audio[0].codec_context.name in ("mp3", "mp3float")


def test_log_has_a_line_per_request_and_never_the_text(tone_server: Server) -> None:
    id = tone_server.speech("xylophone secrets").headers["x-request-id"]
    until(lambda: id in tone_server.log())  # written after the reply
    line = next(line for line in tone_server.log().splitlines() if id in line)
    for field in ("voice=af_alloy", "characters=17", "status=200", "audio_s=", "ttfa_s=", "rtf=", "outcome=complete"):
        assert field in line
    assert "xylophone" not in tone_server.log()
