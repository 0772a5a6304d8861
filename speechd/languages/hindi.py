"""Hindi. The G2P reads its numbers."""

from __future__ import annotations

from typing import Final

from speechd.languages.base import Language, Segmentation, word_set

HINDI: Final = Language(
    tag="hi",
    name="Hindi",
    kokoro_code="h",
    misaki="espeak",
    espeak_voice="inc/hi",
    latin="en-us",
    warm_up="हमारे पास 3 नाव हैं। अगली दोपहर को जाती है, और टिकट 50 रुपये का है। ",
    segmentation=Segmentation(
        abbreviations=word_set("डॉ डा प्रो पं कु सुश्री श्री श्रीमती मो सं क्र पृ"),
        conjunctions=word_set("और लेकिन मगर क्योंकि इसलिए जबकि"),
    ),
)
