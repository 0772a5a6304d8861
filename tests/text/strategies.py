"""Texts for property tests: any characters, and pieces that rules and markup react to."""

from __future__ import annotations

from typing import Final

from hypothesis import strategies as st

PIECES: Final = (
    *"0123456789.,:;/-–—$%€'\"²½#@&+=x×kmsNo()[]{}<>^_*|~ \n?!abIVX",
    *(
        "St.",
        "Dr.",
        " No. ",
        "1990s",
        "pm",
        "e.g. ",
        "BC",
        "km",
        "US$",
        "$x$",
        "\\frac{1}{2}",
        "x^2",
        "3x - ",
        "[2]",
        "Mon. ",
        "by 3/4",
        "10s",
        "Henry I",
        "ft. ",
        "order ",
        "10⁻³",
        "<",
        "[a](/b/)",
        "[pause:1]",
        "May ",
        "→",
        "π",
        "１",
    ),
    *("٣", "ß", "é", "\ud800", "。", "।", "क्षि", "😀", "<!--", "-->", "`", "\u200d", "http://", "www."),
)
MARKUP: Final = (
    *("\n\n", "\n\n", "\r\n", "\r", "\n \n", "\u2028", "```\n", "# ", "- ", "> ", "| a | b |\n", "---\n", "[^1]: x\n"),
    *(
        "<p>",
        "<p ",
        "</p>",
        "<b>",
        "<br/>",
        "</td",
        ">",
        "<script>",
        "</script>",
        "</SCRIPT>",
        "<style ",
        "<!--",
        "-->",
    ),
    *("&amp;", "&#10;", "&", "lt;", "**", "_", "[x](y)", "[pau", "se:1]", "[a](/b/)", ":)", "😀", "\u200b", " ", "é"),
    *("One. ", "Two! ", "three ", "Four", "a", "5 km", "\\", "~~~\n"),
)
texts: Final = st.one_of(st.text(max_size=60), st.lists(st.sampled_from(PIECES), max_size=20).map("".join))
documents: Final = st.lists(st.sampled_from((*MARKUP, *PIECES)), max_size=30).map("".join)
