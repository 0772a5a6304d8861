from __future__ import annotations

import pytest

from speechd.text.markup.characters import without_unspoken


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("so😀good👍🏽 :)", "so good   "),
        ("Windows XP, 8) and <3 stay", "Windows XP, 8) and <3 stay"),
        ("🍎 one\n🍐 two", "• one\n• two"),
        ("a\u200bb\ud800c\x00d", "abcd"),
        ("C♯ ❤️ 1️⃣.", "C♯   1  ."),
        ("| ✅ | ❌ |\n|✗|✔️\n✅ done", "| ✓ | ✗ |\n| ✗ | ✓ \n• done"),
        ("क्\u200dष", "क्\u200dष"),
    ],
)
def test_characters_that_are_not_spoken_go(written: str, text: str) -> None:
    assert without_unspoken(written) == text
