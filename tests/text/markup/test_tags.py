from __future__ import annotations

import pytest

from speechd.errors import InvalidRequest
from speechd.text.fed_text import FedText
from speechd.text.markup.document import parse
from speechd.text.markup.marks import Mark, Pause, Prosody, Text, Voice
from speechd.text.markup.ssml import parse_ssml
from speechd.text.markup.tagging import tagged
from speechd.text.markup.tags import Alias, with_tags

ALIASES = {"wolf": Alias("am_adam(2)+am_onyx", 0.8)}


def changes(text: str) -> list[Mark]:
    return [mark for mark in with_tags(parse(text), ALIASES) if not isinstance(mark, Text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[voice:am_adam] a", [Voice("am_adam"), Prosody()]),
        ("[VOICE: af_bella(2)+af_sky ] a", [Voice("af_bella(2)+af_sky"), Prosody()]),
        ("a [rate:0.5] b [rate:1] c", [Prosody(0.5), Prosody(1.0)]),
        ("[voice:Wolf] a [rate:0.5] b", [Voice("am_adam(2)+am_onyx"), Prosody(0.8), Prosody(0.4)]),
        ("[rate:2] a [voice:am_adam] b", [Prosody(2.0), Voice("am_adam"), Prosody()]),
        ("[voice:am_adam][rate:0.5][pause:1s] a", [Voice("am_adam"), Prosody(), Prosody(0.5), Pause(1.0)]),
    ],
)
def test_tags_change_voice_and_rate(text: str, expected: list[Mark]) -> None:
    assert changes(text) == expected


@pytest.mark.parametrize("tag", ["[rate:fast]", "[rate:9]", "[rate:nan]", "[voice:]", "[voice:<x>]"])
def test_tag_that_means_nothing_is_refused(tag: str) -> None:
    with pytest.raises(InvalidRequest):
        changes(f"{tag} a")


@pytest.mark.parametrize(
    "text",
    [
        "Hello [voice:am_adam] there.",
        "Hello [rate:0.5][voice:am_adam] there.",
        "Hello [rate:nonsense] there.",
        "Hello <mark name='here'/> <lang xml:lang='fr'>there</lang>.",
        "<?xml version='1.0'?>Hello <amazon:effect name='x'> there</amazon:effect>.",
    ],
)
def test_markup_is_never_read_aloud_where_it_means_nothing(text: str) -> None:
    fed = FedText("en-us")
    fed.feed(text)
    fed.finish()
    assert " ".join("".join(map(str, fed.sentences())).split()) in ("Hello there.", "Hello there .")


def test_ssml_is_written_with_tags() -> None:
    marks = parse_ssml(
        "<speak>a <break time='1s'/><voice name='am_adam'>b</voice> <prosody rate='slow'>c</prosody></speak>", "en-us"
    ).marks
    assert tagged(marks, "af_heart") == "a [pause:1s][voice:am_adam]b[voice:af_heart] [rate:0.75]c[rate:1]"
    assert tagged(marks, "") == "a [pause:1s]b c"
