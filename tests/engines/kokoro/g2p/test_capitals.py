from __future__ import annotations

import pytest

from speechd.engines.kokoro.g2p.capitals import without_shouting

KNOWN = frozenset("he gave it to him storm hits coast the fox is here and us now run".split())
ACRONYMS = frozenset(["NATO"])


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("HE GAVE IT TO HIM.", "he gave it to him."),
        ("THE FBI IS HERE.", "the FBI is here."),
        ("NATO IS HERE AND RUNS IT", "NATO is here and runs it"),
        ("ELINOR GAVE IT. I RUN.", "elinor gave it. I run."),
        ("THE US IS HERE", "the US is here"),
        ("FBI CIA NSA HTML", "FBI CIA NSA HTML"),
        ("He gave NATO and the FBI it.", "He gave NATO and the FBI it."),
        ("He said: STORM HITS COAST now", "He said: storm hits coast now"),
    ],
)
def test_shouted_words_are_words_and_initialisms_stay(written: str, text: str) -> None:
    assert without_shouting(written, KNOWN.__contains__, ACRONYMS) == text
