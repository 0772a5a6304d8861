"""Whatever is sent, the answer is speech or a 4xx that says why."""

import json
import socket
from collections.abc import Iterator

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from speechd.api.schema import FIELDS
from tests.harness.decoding import decoded
from tests.harness.server import Server

lenient = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
RAW = {"container": "raw", "encoding": "pcm_s16le", "sample_rate": 24000}
SPEAKING: dict[str, dict[str, object]] = {
    "/v1/audio/speech": {"input": "Hello."},
    "/dev/captioned_speech": {"input": "Hello."},
    "/dev/dialogue": {"turns": [{"voice": "af_heart", "text": "Hello."}]},
    "/dev/explain": {"input": "Hello."},
    "/v1/text-to-speech/af_heart": {"text": "Hello."},
    "/tts/bytes": {"transcript": "Hello.", "voice": "af_heart", "output_format": RAW},
}
"""The least that each path is to be asked for."""

fields = st.sampled_from([*(field.name for field in FIELDS), "x"])


@pytest.fixture(scope="module")
def client(tone_server: Server) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=tone_server.url, timeout=60) as client:
        yield client


def check(reply: httpx2.Response) -> None:
    assert reply.status_code == 200 or 400 <= reply.status_code < 500, reply.text
    assert reply.headers["x-request-id"]
    if reply.status_code != 200:
        assert set(reply.json()["error"]) == {"message", "type", "param", "code"}


@lenient
@given(st.dictionaries(fields, values))
def test_any_json_object(client: httpx2.Client, body: dict[str, object]) -> None:
    least = {"model": "tts-1", "voice": "alloy", "input": "Hello."}
    check(client.post("/v1/audio/speech", json=least | body))


@pytest.mark.parametrize("value", ["[" * 1000 + "]" * 1000, '{"a":' * 1000 + "1" + "}" * 1000, str(-(2**64)), "1e308"])
@pytest.mark.parametrize("path", SPEAKING)
def test_values_beyond_what_is_read_are_refused_or_ignored(client: httpx2.Client, path: str, value: str) -> None:
    for name in ("voice", "speaker", "seed", "language_code", "locale", "task_type", "turns", "x"):
        fields = json.dumps({key: given for key, given in SPEAKING[path].items() if key != name})[:-1]
        body = f'{fields}, "{name}": {value}}}'
        reply = client.post(path, content=body, headers={"content-type": "application/json"})
        assert reply.status_code in (200, 400), (name, reply.text)


@lenient
@given(st.binary(max_size=200))
def test_any_bytes(client: httpx2.Client, body: bytes) -> None:
    check(client.post("/v1/audio/speech", content=body, headers={"content-type": "application/json"}))


@lenient
@given(st.text(min_size=1, max_size=300))
def test_any_text_is_spoken_or_refused(client: httpx2.Client, text: str) -> None:
    body = {"model": "tts-1", "voice": "alloy", "input": text, "response_format": "pcm"}
    reply = client.post("/v1/audio/speech", content=json.dumps(body), headers={"content-type": "application/json"})
    check(reply)
    # Words of plain letters must be heard again; what other signs are read as is the normaliser's business.
    if reply.status_code == 200:
        heard = decoded(reply.content)
        for word in text.split():
            if word.isalpha() and word.isascii() and len(word) > 3 and word.islower():
                assert word in heard


@pytest.mark.parametrize(
    "data",
    [
        b"\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 4,
        b"POST /v1/audio/speech HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"POST /v1/audio/speech HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET /health HTTP/1.1\r\nHost: x\r\n" + b"X: " + b"y" * 40_000 + b"\r\n\r\n",
        b"GET /" + b"y" * 40_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: AA==\r\n\r\n",
    ],
)
def test_raw_nonsense_is_answered_in_the_envelope_or_closed(tone_server: Server, data: bytes) -> None:
    with socket.create_connection(("127.0.0.1", tone_server.port), timeout=60) as raw:
        raw.sendall(data)
        raw.shutdown(socket.SHUT_WR)
        answer = b""
        while part := raw.recv(65536):
            answer += part
    if answer:
        head, _, body = answer.partition(b"\r\n\r\n")
        assert head.split()[1].startswith(b"4") or head.split()[1] == b"505", head
        assert b"x-request-id" in head.lower()
        assert set(json.loads(body)["error"]) == {"message", "type", "param", "code"}
    assert tone_server.get("/health").status_code == 200
