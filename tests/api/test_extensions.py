"""What requests ask of words and markup."""

from __future__ import annotations

from dataclasses import replace

import jsonschema
import pytest

from speechd.api.captions import caption_headers, framing
from speechd.api.extensions import PLAIN, PRONUNCIATIONS, Reply
from speechd.api.schema import SpeechRequest, parse
from speechd.errors import InvalidRequest
from speechd.speech.reading import Form
from speechd.text.markup.tags import Alias
from tests.harness.requests import AVAILABLE, body, speech_request

WORDS = {"timestamp_granularities": ["word"]}
SSML = "<speak>a<mark name='m'/>b</speak>"


def refusal(**fields: object) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as raised:
        speech_request(**fields)
    return raised.value


def test_request_that_asks_for_nothing_is_plain() -> None:
    assert speech_request().extension == PLAIN
    assert PLAIN.is_plain
    assert not PLAIN.is_timed


@pytest.mark.parametrize(
    ("fields", "reply", "is_timed", "is_whole"),
    [
        ({"stream_format": "sse"}, Reply.EVENTS, False, False),
        ({"stream_format": "sse", **WORDS}, Reply.EVENTS, True, False),
        ({"stream_format": "sse", "word_timestamps": True}, Reply.EVENTS, True, False),
        ({"stream_format": "sse", "input": SSML}, Reply.EVENTS, True, False),
        ({"stream_format": "json", **WORDS}, Reply.JSON, True, True),
        ({"stream_format": "json"}, Reply.JSON, False, True),
        ({"word_timestamps": True}, Reply.HEADER, True, True),
        ({"word_timestamps": True, **WORDS}, Reply.HEADER, True, True),
        ({"response_format": "vtt"}, Reply.VTT, True, False),
        ({"response_format": "srt"}, Reply.SRT, True, False),
        ({"input": SSML}, Reply.AUDIO, False, False),
    ],
)
def test_reply_has_room_for_what_is_timed(
    fields: dict[str, object], reply: Reply, is_timed: bool, is_whole: bool
) -> None:
    asked = speech_request(**fields).extension
    assert (asked.reply, asked.is_timed, asked.is_whole) == (reply, is_timed, is_whole)


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        (WORDS, "timestamp_granularities"),
        ({"timestamp_granularities": ["word", "phoneme"], "word_timestamps": True}, "timestamp_granularities"),
        ({"timestamp_granularities": "word"}, "timestamp_granularities"),
        ({"timestamp_granularities": ["letter"], "stream_format": "sse"}, "timestamp_granularities"),
        ({"timestamp_granularities": ["phoneme"], "stream_format": "sse"}, "timestamp_granularities"),
        ({"response_format": "vtt", "stream_format": "sse"}, "stream_format"),
        ({"voice_aliases": {"a": 1}}, "voice_aliases.a"),
        ({"voice_aliases": {"a": {"voice": "nova", "rate": 9}}}, "voice_aliases.a.rate"),
        ({"voice_aliases": []}, "voice_aliases"),
        ({"voice_aliases": {f"a{index}": "nova" for index in range(65)}}, "voice_aliases"),
        ({"ssml": True, "input": "a < b"}, "input"),
    ],
)
def test_what_cannot_be_done_is_refused_by_name(fields: dict[str, object], param: str) -> None:
    assert refusal(**fields).param == param


def test_phonemes_are_timed_where_the_engine_has_them() -> None:
    available = replace(AVAILABLE, has_phonemes=True)
    asked = parse(body(timestamp_granularities=["phoneme"], stream_format="json"), available).extension
    assert asked.granularities == {"phoneme"}


@pytest.mark.parametrize(
    ("fields", "form"),
    [
        ({}, Form.TEXT),
        ({"allow_voice_tags": True}, Form.TAGS),
        ({"input": SSML}, Form.SSML),
        ({"input": SSML, "allow_voice_tags": True}, Form.SSML),
        ({"input": SSML, "ssml": False}, Form.TEXT),
        ({"input": "<speak>a"}, Form.TEXT),
    ],
)
def test_markup_means_something_where_it_is_asked_for(fields: dict[str, object], form: Form) -> None:
    assert speech_request(**fields).extension.reading.form is form


def test_alias_is_a_voice_with_a_rate() -> None:
    aliases = {"Wolf": {"voice": "am_adam", "rate": 0.5}, "owl": "nova"}
    request = speech_request(voice="wolf", voice_aliases=aliases, speed=2.0, allow_voice_tags=True)
    assert (str(request.blend), request.speed) == ("am_adam", 1.0)
    assert request.extension.reading.aliases == {"wolf": Alias("am_adam", 0.5), "owl": Alias("nova")}


@pytest.mark.parametrize(
    ("fields", "media_type"),
    [
        ({"response_format": "vtt"}, "text/vtt"),
        ({"response_format": "srt"}, "application/x-subrip"),
        ({"stream_format": "json"}, "application/json"),
        ({"stream_format": "sse", **WORDS}, "text/event-stream"),
        ({"word_timestamps": True}, "audio/mpeg"),
    ],
)
def test_body_is_framed_as_its_reply_says(fields: dict[str, object], media_type: str) -> None:
    assert framing(speech_request(**fields)).media_type.partition(";")[0] == media_type


def test_subtitles_are_of_audio_that_costs_nothing_to_encode() -> None:
    assert speech_request(response_format="vtt").format == "pcm"


def test_kokoro_fastapis_reply_is_an_object_where_it_is_whole() -> None:
    def framed(*, whole: bool) -> str:
        request: SpeechRequest = speech_request()
        extension = replace(request.extension, reply=Reply.KOKORO_FASTAPI)
        return type(framing(replace(request, extension=extension), whole=whole)).__name__

    assert (framed(whole=False), framed(whole=True)) == ("KokoroFastApiLines", "KokoroFastApiObject")


def test_only_a_header_of_words_makes_headers() -> None:
    assert caption_headers(framing(speech_request())) == {}
    assert caption_headers(framing(speech_request(word_timestamps=True))) == {"x-word-timestamps": "[]"}


@pytest.mark.parametrize(
    "said", ["engine x", " x ", "/ˈɛks/", " /ˈɛks/ ", "", " ", "/", "/x", "//", "/x/y", "a\n", "\x1f", "a/b"]
)
@pytest.mark.parametrize("phrase", ["nginx", "é", "", "-", "_", "a\tb", "a\n"])
def test_schema_of_pronunciations_has_what_is_read(phrase: str, said: str) -> None:
    value = {phrase: said}
    fits = jsonschema.Draft202012Validator(PRONUNCIATIONS.schema()).is_valid(value)
    try:
        PRONUNCIATIONS.read({PRONUNCIATIONS.name: value})
    except InvalidRequest:
        assert not fits
    else:
        assert fits
