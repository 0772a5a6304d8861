from __future__ import annotations

import pytest

from speechd.text.markup.markdown import BlockReader


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
        ("a) one\nb) two", ["a) one.\n", "b) two.\n\n"]),
        ("Ann\t5\nBo\t6", ["Ann, 5.\n", "Bo, 6.\n"]),
        ("red • green | blue · 5 of them", ["red, green, blue, 5 of them\n\n"]),
        ("*sighs* Well. I *do* care. **Note** Stop.", ["sighs, Well. I do care. Note, Stop.\n\n"]),
        ("a ==marked== word, a==b", ["a marked word, a==b\n\n"]),
        ("We left.It rained. Node.js is", ["We left. It rained. Node.js is\n\n"]),
        ("so $a_1 * b_1$ is *it*", ["so $a_1 * b_1$ is it\n\n"]),
        ("so $|x|$ or a || b || c", ["so $|x|$ or a || b || c\n\n"]),
        ("a\n---\nb", ["a\n\n", "b\n\n"]),
        ("A short verse\nAnother verse", ["A short verse\nAnother verse\n\n"]),
        ("a wrapped\nline", ["a wrapped line\n\n"]),
        ("2*3*4, snake_case, \\*not\\*", ["2*3*4, snake_case, *not*\n\n"]),
        ("note[^1]\n\n[^1]: spoken", ["note\n\n", "spoken\n\n"]),
        ("say [Koko_ro](/k_O/) _now_", ["say [Koko_ro](/k_O/) now\n\n"]),
    ],
)
def test_markdown_becomes_blocks_of_text(written: str, blocks: list[str]) -> None:
    assert list(BlockReader().blocks(written)) == blocks


def test_code_goes_on_in_the_next_piece() -> None:
    reader = BlockReader()
    assert list(reader.blocks("```\n# a\n\n")) == ["# a.\n"]
    assert list(reader.blocks("# b\n```\n# c")) == ["# b.\n", "c.\n\n"]
