"""No passage takes a reader long, in any language: work grows with the length, and has a bound.

Counted in processor time, as in test_text_linear, with room for noise: the slowest known passage takes 0.4 s.
"""

from __future__ import annotations

import time

import pytest

from bench.checkpoint import REAL
from speechd.engines.kokoro.engine import KokoroEngine
from speechd.engines.kokoro.g2p.g2p import EXTRA_PACKAGES, G2P
from tests.harness.extras import require_reader
from tests.text.normalization.test_linear import SEEDS

LENGTH = KokoroEngine.passage_limit
LIMIT_S = 1.2
QUICK_S = 0.2

MORE = (
    *("-a", "'s", "@a", "aB", "aBcD", "Ab", "AbC", "a_", "-_", "'-", "a'", "’s", "’", "‘", "''", "n't", "s's", "'s "),
    *("a-B", "a--", "---", "a—", "--'", "no-one ", "mother-in-law's ", "don't", "U.S.", "zxqv", "zxqv-", "zxqv "),
    *("1a", "a1", "1x", "+1", "-1", "−1", "1/2", "1.1", "1,234,567", "10s", "1st", "$1.5", "12:30", "٣", "१", "①"),
    *("(1", "(a)", "[a", '"a"', "“a”", "«a»", "「a」", "{a}", "a/b", "a:", "&a", "+", "=", "≤", "→", "™", "°", "ˈ"),
    *(
        "\u0301",
        "a\u0301",
        "a\u0361",
        "\u094d",
        "\u200d",
        "ह\u200d",
        "\u20dd",
        "😀",
        "👩\u200d👩",
        "1\ufe0f\u20e3",
        "ﷺ",
        "𓀀",
    ),
    *("ह", "हि", "ह-", "नमस्ते ", "привет-", "ไ", "한", "ש", "ع", "ß", "ſ", "İ", "ᵃ", "㎢", "ﬃ", "\u115f", "𐀀", "𝕬", "ﷺ"),
    *("a漢", "漢", "あ", "ア", "ー", "𓀀", "日本語", "1月", "〇", "aह", "ไa", "a한", "'-न", "---न", "[a](/b/) "),
)


@pytest.fixture(scope="module")
def g2p() -> G2P:
    return G2P(REAL["vocab"])


def cost_s(g2p: G2P, language: str, seed: str, length: int) -> float:
    text = (seed * length)[:length]
    start = time.process_time()
    g2p.phonemes(text, language)
    return time.process_time() - start


def seeds(language: str) -> list[str]:
    """All, but of Latin letters among another script, which are read as English one by one, in half a second: some."""
    every = list(dict.fromkeys((*SEEDS, *MORE)))
    if language not in EXTRA_PACKAGES:
        return every
    ascii_seeds = [seed for seed in every if seed.isascii()]
    return [*(seed for seed in every if not seed.isascii()), *ascii_seeds[::8]]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("language", ["en-us", "en-gb", "es", "fr-fr", "hi", "it", "pt-br", *EXTRA_PACKAGES])
def test_work_on_a_passage_is_bounded(g2p: G2P, language: str) -> None:
    require_reader(language)
    g2p.phonemes("Hello zxqv 1. 漢字", language)
    for seed in seeds(language):
        long_s = cost_s(g2p, language, seed, LENGTH)
        if long_s > LIMIT_S:
            long_s = min(cost_s(g2p, language, seed, LENGTH) for _ in range(2))
        assert long_s < LIMIT_S, seed
        if long_s > QUICK_S:
            ratios = (cost_s(g2p, language, seed, LENGTH) / cost_s(g2p, language, seed, LENGTH // 4) for _ in range(3))
            assert any(ratio < 8 for ratio in ratios), seed
