from __future__ import annotations

import base64

import orjson
import pytest

from speechd.errors import SynthesisFailed
from speechd.speech.framing import PassthroughFraming, RawFraming, ServerSentEvents

FAILURE = SynthesisFailed("as asked")


def event(data: bytes) -> dict[str, object]:
    """The one event that these bytes are."""
    assert data.startswith(b"data: ")
    assert data.endswith(b"\n\n")
    assert data.count(b"\n") == 2
    content = orjson.loads(data.removeprefix(b"data: "))
    assert isinstance(content, dict)
    return content


def test_raw_bytes_are_as_they_are_and_nothing_else() -> None:
    framing = RawFraming("audio/mpeg")
    assert (framing.data(b"\0ab"), framing.end(3.0), framing.error(FAILURE)) == (b"\0ab", b"", b"")


def test_events_carry_the_audio_the_usage_and_the_error() -> None:
    framing = ServerSentEvents(characters=9)
    assert event(framing.data(b"\0ab")) == {"type": "speech.audio.delta", "audio": base64.b64encode(b"\0ab").decode()}
    usage = {"input_tokens": 3, "output_tokens": 50, "total_tokens": 53}
    assert event(framing.end(2.5)) == {"type": "speech.audio.done", "usage": usage}
    assert event(framing.error(FAILURE)) == {"type": "error", **FAILURE.envelope()}


@pytest.mark.parametrize("size", [0, 1, 2, 3, 100])
def test_length_of_an_event_depends_on_that_of_its_bytes_alone(size: int) -> None:
    framing = ServerSentEvents(1)
    assert len(framing.data(bytes(size))) == len(framing.data(b"\xff" * size))


@pytest.mark.parametrize("sse", [True, False])
def test_bytes_of_another_server_are_passed_on_and_a_failure_is_told_where_they_are_events(sse: bool) -> None:
    framing = PassthroughFraming("text/event-stream", sse=sse)
    assert (framing.data(b"ab"), framing.end(1.0)) == (b"ab", b"")
    assert framing.error(FAILURE) == (ServerSentEvents(0).error(FAILURE) if sse else b"")
