"""What follows from a request for this server's speech."""

import pytest

from speechd.api.captions import framing
from speechd.api.local_speech import longest_whole_s, seed_of
from speechd.config.settings import Settings
from speechd.speech.framing import RawFraming, ServerSentEvents
from tests.harness.requests import speech_request


@pytest.mark.parametrize("same", [{}, {"model": "kokoro"}, {"voice": "af_alloy"}, {"response_format": "pcm"}])
def test_equal_speech_has_equal_seeds(same: dict[str, object]) -> None:
    assert seed_of(speech_request(**same)) == seed_of(speech_request())


@pytest.mark.parametrize("other", [{"input": "Hello!"}, {"voice": "nova"}, {"speed": 1.1}, {"lang_code": "es"}])
def test_other_speech_has_another_seed(other: dict[str, object]) -> None:
    assert seed_of(speech_request(**other)) != seed_of(speech_request())


def test_seed_that_is_asked_for_is_taken() -> None:
    assert seed_of(speech_request(seed=7)) == 7


def test_audio_is_raw_or_events() -> None:
    raw, events = framing(speech_request(response_format="wav")), framing(speech_request(stream_format="sse"))
    assert isinstance(raw, RawFraming)
    assert isinstance(events, ServerSentEvents)
    assert (raw.media_type, events.media_type.partition(";")[0]) == ("audio/wav", "text/event-stream")


@pytest.mark.parametrize(
    ("format", "seconds"),
    [("wav", 100.0), ("pcm", 100.0), ("mp3", 500.0), ("opus", 500.0)],
)
def test_length_of_a_whole_reply_is_bounded_by_its_bytes_where_those_are_known(format: str, seconds: float) -> None:
    settings = Settings(max_whole_s=500.0, max_whole_bytes=4_800_000)
    assert longest_whole_s(settings, format, 24_000) == seconds
    assert longest_whole_s(settings, format, 48_000) == (seconds if seconds == 500.0 else seconds / 2)


@pytest.mark.parametrize(
    ("fields", "media_type"),
    [
        ({"response_format": "pcm", "sample_rate": 16000}, "audio/pcm; rate=16000; channels=1"),
        ({"response_format": "ulaw"}, "audio/PCMU; rate=8000; channels=1"),
        ({"response_format": "alaw", "sample_rate": 48000}, "audio/PCMA; rate=48000; channels=1"),
        ({"response_format": "mp3", "sample_rate": 48000}, "audio/mpeg"),
    ],
)
def test_content_type_says_the_rate_where_the_bytes_do_not(fields: dict[str, object], media_type: str) -> None:
    assert framing(speech_request(**fields)).media_type == media_type


@pytest.mark.parametrize(
    ("fields", "is_portable"),
    [
        ({}, True),
        ({"sample_rate": 24000}, True),
        ({"sample_rate": 8000}, False),
        ({"response_format": "ulaw"}, False),
        ({"return_download_link": True}, False),
        ({"normalization_options": {"normalize": False}}, False),
    ],
)
def test_only_what_every_server_speaks_alike_may_be_sent_on(fields: dict[str, object], is_portable: bool) -> None:
    assert speech_request(**fields).is_portable is is_portable
