"""No text makes the rules work more than in proportion to its length.

Counted in processor time, with room for noise: four times the text may take eight times as long, where a quadratic rule
takes sixteen times. Texts that are quick anyway are not compared.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from speechd.text.cuts import split
from speechd.text.markup import parse
from speechd.text.normalization.normalize import normalize
from speechd.text.sentences import sentences

LENGTH = 3_000
QUICK_S = 0.1
SEEDS = (
    *(
        "0",
        "a",
        "A",
        ".",
        ",",
        " ",
        "-",
        "—",
        "$",
        "%",
        "'",
        '"',
        "½",
        "²",
        "#",
        "@",
        "*",
        "_",
        "~",
        "|",
        "\\",
        "<",
        "[",
        "]",
        "(",
        ")",
        "{",
        "^",
    ),
    *(
        "1,",
        "1.",
        "1-",
        "1/",
        "1:",
        "1 ",
        "111,",
        "a.",
        "a-",
        "a@",
        "a/",
        ".a",
        "a ",
        "!",
        "…",
        "é",
        "。",
        "\n",
        "e\u0301",
        "😀",
    ),
    *(
        "](/",
        "[a](/b/)",
        "[a](",
        "![",
        "<!--",
        "--><!--",
        "<a ",
        "</script>",
        "<script>",
        "&a",
        "http://",
        "www.",
        "$a_",
        "\\(",
        "$1",
    ),
    *(
        "Dr. ",
        "$a",
        "\\[a",
        "$$a",
        "\\frac{",
        "{",
        "^",
        "x=",
        "x - ",
        "1x + ",
        "[1]",
        "a[1] ",
        "²",
        "a.³",
        "【1†",
        "a-\n",
        "The\n",
        "*a* A",
        "a • ",
        "a\t",
        "a.A ",
        "<sup>2</sup>",
        "<think>",
        "1:00 --> ",
        "Mon-",
        "3/4 ",
        "by 3/4 ",
        "10s ",
        "order 1",
        "Henry I ",
        "5 ft. ",
        "a / ",
        "<a ",
        "10^",
        "1,00,",
        "12 Elm St. ",
        "a, CA ",
        "e.g. ",
        "No. ",
        "St. ",
        "A. ",
        "XI ",
        "May ",
        "May 1",
        "1x",
        "a1",
        "+1 ",
        "(1",
        "[pause:1",
        "**a",
        "| a",
        "1º",
        "N°",
        "XIX",
        "1h",
        "+1-",
        "₹1",
        "1月",
        "। ",
        "1. ",
        "a. ",
        ". ",
        "- ",
        "> ",
    ),
)
STEPS: dict[str, Callable[[str], object]] = {
    "english": lambda text: normalize(text, "en-us"),
    "spanish": lambda text: normalize(text, "es"),
    "hindi": lambda text: normalize(text, "hi"),
    "japanese": lambda text: normalize(text, "ja"),
    "markup": lambda text: list(parse(text)),
    "sentences": lambda text: list(sentences(text, "en-us")),
    "split": lambda text: split(text, 400, "en-us"),
}


def cost_s(step: Callable[[str], object], seed: str, length: int) -> float:
    text = (seed * length)[:length]
    start = time.process_time()
    step(text)
    return time.process_time() - start


@pytest.mark.parametrize("name", STEPS)
def test_work_grows_with_the_length(name: str) -> None:
    step = STEPS[name]
    for seed in SEEDS:
        long_s = cost_s(step, seed, 4 * LENGTH)
        if long_s > QUICK_S:
            ratios = (cost_s(step, seed, 4 * LENGTH) / cost_s(step, seed, LENGTH) for _ in range(3))
            assert any(ratio < 8 for ratio in ratios), (name, seed)
