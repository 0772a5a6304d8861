"""Random texts of the kinds that have broken readers of text."""

from __future__ import annotations

import random
import unicodedata
from typing import Final

LENGTH: Final = 400
"""Characters of the longest texts: a passage of the largest engine."""

MARKS: Final[tuple[str, ...]] = (
    *"-'\"“”‘’«».,;:!?…—–‑−_•·()[]{}*/\\|~^+=<>#&@%$€£°²½",
    *("--", "---", "\u200d", "\u200c", "\u0301", "\u0361", "\u094d", "।", "。", "、", " ", " ", "\n"),
)
LETTERS: Final[tuple[str, ...]] = (
    "abzAZ",
    "éñßœﬁſİ",
    "नमस्तेहक्षि",
    "ગુજરાતી",
    "മലയാളം",
    "தமிழ்বাংলা",
    "一漢字龘々〇",
    "かなカナー",
    "กขไทย",
    "አማርኛ",
    "абвжґэ",
    "αβγϖ",
    "שלום",
    "سلامفاﷺ",
    "한글ㄱ",
    "აհ",
    "0123456789",
    "१२٣１①Ⅷ",
)
PIECES: Final[tuple[str, ...]] = (
    *("'s", "n't", "a-", "-a", "aB", "a1", "1a", "@a", "#a", "U.S.", "e.g. ", "Dr. ", "May ", "zxqv", "the "),
    *("1,234", "1.5", "1/2", "12:30", "1st", "10s", "-5", "20-30", "$5", "5 km", "5%", "IV", "1990s", "1234567890123"),
    *("[a](/b/)", "[a](/bˈʘ/)", "[a](b)", "[pause:1s]", "[pause:", "[[", "]]", "](/", "<b>", "<!--", "-->", "&amp;"),
    *("http://a.b/c", "a@b.c", "**", "`", "```\n", "# ", "- ", "> ", "| a | b |\n", "$x^2$", "\\(", "\\frac"),
)


def character(draw: random.Random) -> str:
    """A mark, a letter of a script that people write, or anything of any plane."""
    kind = draw.random()
    if kind < 0.3:
        return draw.choice(MARKS)
    if kind < 0.65:
        return draw.choice(draw.choice(LETTERS))
    if kind < 0.72:
        return chr(draw.randrange(0x110000))
    while True:
        found = chr(draw.randrange(0x20, 0x32000))
        if unicodedata.category(found) not in ("Cn", "Cs", "Co"):
            return found


def piece(draw: random.Random) -> str:
    return draw.choice(PIECES) if draw.random() < 0.3 else character(draw)


def text(draw: random.Random) -> str:
    """A text, mostly a short one: a few characters are enough for most faults, and more texts fit the time."""
    kind = draw.random()
    if kind < 0.3:
        return "".join(character(draw) for _ in range(draw.randrange(1, 10)))
    if kind < 0.5:
        letters = "".join(draw.choice(draw.choice(LETTERS)) for _ in range(draw.randrange(1, 5)))
        marks = "".join(draw.choice(MARKS) for _ in range(draw.randrange(1, 4)))
        before, after = draw.choice(("", "a ", "'", "x", "1 ", "राम ")), draw.choice(("", ".", "-", " b"))
        return f"{before}{marks}{letters}{after}"
    if kind < 0.7:
        seed = "".join(piece(draw) for _ in range(draw.randrange(1, 4)))
        return (seed * LENGTH)[: draw.choice((60, 150, LENGTH))]
    if kind < 0.9:
        return " ".join("".join(piece(draw) for _ in range(draw.randrange(1, 5))) for _ in range(draw.randrange(2, 12)))
    return "".join(piece(draw) for _ in range(draw.randrange(30, 120)))[:LENGTH]
