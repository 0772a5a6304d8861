"""Japanese into Kokoro's phonemes, by misaki, which is given the kana of numbers and their counters by Open JTalk."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

_NUMERALS: Final = "0-9０-９〇零一二三四五六七八九十百千万億兆"
_NUMBER: Final = re.compile(f"[{_NUMERALS}]")
_KANA: Final = re.compile("[ァ-ヺー]+")


def japanese_reader() -> Callable[[str], str]:
    """The reader. Raises where packages or their dictionaries are not installed; takes a second or two."""
    import pyopenjtalk
    from misaki.ja import JAG2P

    g2p = JAG2P()
    pyopenjtalk.run_frontend("一")  # loads its dictionary

    def read(text: str) -> str:
        if _NUMBER.search(text):
            text = "".join(in_kana(pyopenjtalk.run_frontend(text)))
        phonemes: str = g2p(text)[0]
        return phonemes

    return read


def in_kana(words: list[dict[str, Any]]) -> Iterator[str]:
    """The text of Open JTalk's words, with those that are numbers, and their counters, in the kana of their
    pronunciation: misaki's reader knows few of the forms that numbers and counters take together."""
    counted = False
    for word in words:
        is_number = _NUMBER.match(word["string"]) is not None
        kana = "".join(_KANA.findall(word["pron"]))
        if kana and (is_number or (counted and word["pos_group2"] == "助数詞")):
            # A space, where a counter is behind a number: "ニセンネン シチガツ".
            yield kana if is_number or not counted else f"{kana} "
            counted = True
        else:
            yield word["string"]
            counted = False
