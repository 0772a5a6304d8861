"""Mandarin Chinese."""

from __future__ import annotations

from typing import Final

from speechd.languages.base import Language

MANDARIN: Final = Language(
    tag="zh",
    name="Mandarin Chinese",
    kokoro_code="z",
    misaki="mandarin",
    normalization="mandarin",
    yes_no=("是", "否"),
    misaki_packages="wetext jieba ordered-set pypinyin cn2an pypinyin-dict",
    espeak_voice="sit/cmn",
    espeak_characters_per_s=4.0,
    latin="en-us",
    warm_up="我们有3艘船。下一艘中午出发，票价50元。",
)
