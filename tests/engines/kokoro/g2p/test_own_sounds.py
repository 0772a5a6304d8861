"""With both taggers: the rules, and the trained one."""

from __future__ import annotations

import re

import pytest
import spacy

from bench.checkpoint import REAL
from speechd.engines.kokoro.g2p import english
from speechd.engines.kokoro.g2p.g2p import G2P
from speechd.engines.kokoro.g2p.own_sounds import shortened


@pytest.fixture(scope="module", params=["rules", "trained"])
def g2p(request: pytest.FixtureRequest) -> G2P:
    if request.param == "trained":
        assert any(map(spacy.util.is_package, english.TAGGERS))
        return G2P(REAL["vocab"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(english, "TAGGERS", ("no_such_pipeline",))
        return G2P(REAL["vocab"])


def sounds(g2p: G2P, text: str) -> str:
    return re.sub("[ˈˌ]", "", g2p.phonemes(text, "en-us"))


@pytest.mark.parametrize(
    ("text", "sound"),
    [
        ("We read poems every evening.", "ɹid "),
        ("Yesterday they read a poem.", "ɹɛd "),
        ("lead paint", "lɛd "),
        ("They lead us.", "lid "),
        ("a minute amount", "mInut "),
        ("a minute ago", "mɪnət "),
        ("Send your resume today.", "ɹɛzəmA "),
        ("She plays bass guitar.", "bAs "),
        ("Pan Am flew there.", "pæn æm "),
        ("He likes arithmetic.", "əɹɪθm"),
    ],
)
def test_word_of_two_sounds_has_the_one_that_is_meant(g2p: G2P, text: str, sound: str) -> None:
    assert sound in sounds(g2p, text)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("SHE TOLD HIM TO WAIT.", "she told him to wait."),
        ("MARIANNE RAN HOME.", "marianne ran home."),
        ("Noooo!", "No!"),
        ("It is sooo gooood.", "It is so good."),
    ],
)
def test_capitals_and_long_drawn_words_sound_like_the_plain_ones(g2p: G2P, text: str, plain: str) -> None:
    assert sounds(g2p, text) == sounds(g2p, plain)


@pytest.mark.parametrize(
    ("text", "stops"),
    [
        ("It shuts at nine P.M. Hurry up.", 2),
        ("We flew to the U.S. Nobody met us.", 2),
        ("I take vitamin C. My cat does not.", 2),
        ("Ann B. Lee met the U.S. President.", 1),
        ("At ten A.M. on Monday we left.", 1),
    ],
)
def test_initialism_that_ends_a_sentence_has_its_stop(g2p: G2P, text: str, stops: int) -> None:
    assert sounds(g2p, text).count(".") == stops


@pytest.mark.parametrize("text", ["Shh", "Grr", "Brrr", "Psst", "Pfft"])
def test_interjection_is_no_initialism(g2p: G2P, text: str) -> None:
    assert not re.search("ɛs|Aʧ|ʤi|bi|pi", sounds(g2p, text))


def test_unknown_word_keeps_two_letters() -> None:
    assert shortened("Aaaargh wwwow", lambda word: word == "wow") == "Argh wow"
