from __future__ import annotations

import pytest

from speechd.text.markup import PAUSE_LIMIT_S, PRONUNCIATION, Pause, parse, plain


@pytest.mark.parametrize(
    ("written", "blocks"),
    [
        ("# Title\ntext", ["Title.\n\n", "text\n\n"]),
        ("**bold**, _soft_ and `code`", ["bold, soft and code\n\n"]),
        ("[text](https://x.org/a_(b)) ![alt](a.png)", ["text alt\n\n"]),
        ("- one\n- two!\n1. three", ["one.\n", "two!\n", "1. three.\n\n"]),
        ("| a | b |\n|---|---|\n| 1 | 2 |", ["a, b.\n", "1, 2.\n"]),
        ("> quoted\n> on", ["quoted on\n\n"]),
        ("```python\nx = 1\n```\nafter", ["x = 1.\n", "after\n\n"]),
        ("a\n---\nb", ["a\n\n", "b\n\n"]),
        ("A short verse\nAnother verse", ["A short verse\nAnother verse\n\n"]),
        ("a wrapped\nline", ["a wrapped line\n\n"]),
        ("2*3*4, snake_case, \\*not\\*", ["2*3*4, snake_case, *not*\n\n"]),
        ("note[^1]\n\n[^1]: gone", ["note\n\n"]),
    ],
)
def test_markdown_becomes_text(written: str, blocks: list[str]) -> None:
    assert list(parse(written)) == blocks


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("<p>a &amp; <b>b</b></p>", "a & b\n\n"),
        ("a<!-- gone -->b<script>gone()</script>", "a b\n\n"),
        ("1 < 2 &lt; 3, x <name>", "1 < 2 < 3, x <name>\n\n"),
        ("&#0;&#x110000;&nosuch;", "&nosuch;\n\n"),
        ("so😀good👍🏽 :)", "so good\n\n"),
        ("a\u200bb\ud800c\x00d", "abcd\n\n"),
        ("C♯ ❤️ 1️⃣", "C♯   1\n\n"),
    ],
)
def test_html_emoji_and_controls_go(written: str, text: str) -> None:
    assert "".join(block for block in parse(written) if isinstance(block, str)) == text


@pytest.mark.parametrize(
    ("tag", "duration_s"),
    [("0.5s", 0.5), ("500ms", 0.5), ("1", 1.0), (".25s", 0.25), ("2S", 2.0), ("99999", PAUSE_LIMIT_S)],
)
def test_pause_is_read_and_bounded(tag: str, duration_s: float) -> None:
    assert list(parse(f"a [pause:{tag}] b")) == ["a ", Pause(duration_s), " b\n\n"]


def test_adjacent_pauses_are_both_read() -> None:
    assert list(parse("[pause:1][pause:2]")) == [Pause(1.0), Pause(2.0), "\n\n"]


def test_pronunciation_is_kept_and_plain_text_has_its_word() -> None:
    text = "say [Kokoro](/kˈOkə_ɹ_O/) now"
    assert list(parse(text)) == [text + "\n\n"]
    assert plain(text) == "say Kokoro now"
    match = PRONUNCIATION.search(text)
    assert match is not None
    assert match.group("word", "ipa") == ("Kokoro", "kˈOkə_ɹ_O")
