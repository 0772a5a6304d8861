from __future__ import annotations

import pytest

from speechd.text.markup.html import ends_inside_element, to_text


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("<p>a &amp; <b>b</b></p>", "\na & b\n"),
        ("a<!-- gone -->b<script>gone()</script>", "a b "),
        ("é<SCRIPT>gone()</SCRIPT>", "é "),
        ("a <!-- never closed", "a <!-- never closed"),
        ("1 < 2 &lt; 3, x <name>", "1 < 2 < 3, x <name>"),
        ("&nosuch; &amp", "&nosuch; &amp"),
        ("a<think>hm</think>b", "a b"),
        ('a <break time="2s"/> b <break strength="strong"> c', "a  [pause:2s]  b  [pause:700ms]  c"),
        ("<s>One.</s><s>Two.</s>", "One. Two."),
        ("x<sup>2</sup>, H<sub>2</sub>O, 5<sup>th</sup>", "x², H₂O, 5th"),
        ('<lang xml:lang="fr">oui</lang>', "oui"),
        ("<td>a</td><td>b</td >", "a | b | "),
    ],
)
def test_html_becomes_text(written: str, text: str) -> None:
    assert to_text(written) == text


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ("a <!-- b", True),
        ("a <!-- b -->", False),
        ("<script>x", True),
        ("<script>x</script>", False),
        ("<a href='x'\n", True),
        ("<a href='x'>", False),
        ("1 < 2 and\n", False),
        ("<name\n", False),
        ("plain", False),
    ],
)
def test_open_element_is_seen(text: str, inside: bool) -> None:
    assert ends_inside_element(text) is inside
