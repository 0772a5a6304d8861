"""Japanese into Kokoro's phonemes, by misaki, which is given the kana of numbers and their counters by Open JTalk."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator
from types import ModuleType, SimpleNamespace
from typing import Any, Final

_NUMERALS: Final = "0-9０-９〇零一二三四五六七八九十百千万億兆"
_NUMBER: Final = re.compile(f"[{_NUMERALS}]")
_KANA: Final = re.compile("[ァ-ヺー]+")

_QUOTES: Final = str.maketrans("‘’”", "`'\"")


def japanese_reader() -> Callable[[str], str]:
    """The reader. Raises where packages or their dictionaries are not installed; takes a second or two."""
    import pyopenjtalk

    sys.modules.setdefault("mojimoji", _mojimoji())
    from misaki.ja import JAG2P

    g2p = JAG2P()
    tagger = g2p.cutlet.tagger = _PhoneticTagger(g2p.cutlet.tagger)
    pyopenjtalk.run_frontend("一")  # loads its dictionary

    def read(text: str) -> str:
        if _NUMBER.search(text):
            words = list(in_kana(pyopenjtalk.run_frontend(text)))
            tagger.phonetic = "".join(filter(_KANA.match, words))
            text = "".join(words)
        phonemes: str = g2p(text)[0]
        return phonemes

    return read


def _mojimoji() -> ModuleType:
    """What misaki calls of mojimoji, which wants a compiler from Python 3.13 on. It is called with text in form NFKC,
    where all that is left to do is a kind of quotation marks."""
    module = ModuleType("mojimoji")
    vars(module).update(
        zen_to_han=lambda text, kana: text.translate(_QUOTES), han_to_zen=lambda text, digit, ascii: text
    )
    return module


class _PhoneticTagger:
    """A tagger that takes the katakana in `phonetic` as they sound: it would read ハツカ, the twentieth, as ハッカ."""

    def __init__(self, tagger: Callable[[str], Iterable[Any]]) -> None:
        self._tagger = tagger
        self.phonetic = ""

    def __call__(self, text: str) -> Iterator[Any]:
        for word in self._tagger(text):
            if _KANA.fullmatch(word.surface) and word.surface in self.phonetic:
                feature = SimpleNamespace(pron=word.surface, kana=word.surface)
                yield SimpleNamespace(
                    surface=word.surface, feature=feature, char_type=word.char_type, is_unk=word.is_unk
                )
            else:
                yield word


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
