"""What Home Assistant is told of voices, and the voice that it means."""

import pytest
from wyoming.info import Info
from wyoming.tts import SynthesizeVoice

from speechd.api.available import Available
from speechd.api.live.wyoming_info import info, tag_of, voice_for
from speechd.errors import InvalidRequest
from speechd.text.markup.tags import Alias
from tests.harness.requests import AVAILABLE


def test_every_voice_is_there_with_its_language() -> None:
    (program,) = Info.from_event(info(AVAILABLE).event()).tts
    assert program.installed
    assert program.supports_synthesize_streaming
    told = {voice.name: voice for voice in program.voices}
    assert list(told) == [voice.id for voice in AVAILABLE.catalogue]
    assert told["af_heart"].languages == ["en-US"]
    assert told["bf_emma"].languages == ["en-GB"]
    assert all(voice.installed and len(voice.languages) == 1 for voice in program.voices)


def test_names_of_the_operator_come_first() -> None:
    named = Available(AVAILABLE.models, AVAILABLE.catalogue, 100, named={"butler": Alias("bm_george")})
    first = info(named).tts[0].voices[0]
    assert (first.name, first.languages) == ("butler", ["en-GB"])


@pytest.mark.parametrize(("language", "tag"), [("en-us", "en-US"), ("es", "es"), ("pt-br", "pt-BR"), ("zh", "zh")])
def test_tags_have_their_region_in_capitals(language: str, tag: str) -> None:
    assert tag_of(language) == tag


@pytest.mark.parametrize(
    ("name", "language", "meant"),
    [
        (None, None, (None, None)),
        ("am_adam", None, ("am_adam", None)),
        ("am_adam", "es", ("am_adam", None)),
        (None, "en", (None, "en")),
        (None, "en-US", (None, "en-us")),
        (None, "en_GB", ("bf_alice", "en-gb")),
        (None, "es", ("ef_dora", "es")),
        (None, "fr-FR", ("ff_siwis", "fr-fr")),
    ],
)
def test_language_alone_means_a_voice_that_speaks_it(
    name: str | None, language: str | None, meant: tuple[str | None, str | None]
) -> None:
    assert voice_for(SynthesizeVoice(name=name, language=language), AVAILABLE) == meant


def test_language_that_nobody_speaks_is_refused() -> None:
    with pytest.raises(InvalidRequest):
        voice_for(SynthesizeVoice(language="tlh"), AVAILABLE)
