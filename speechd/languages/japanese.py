"""Japanese. The G2P reads its numbers."""

from __future__ import annotations

from typing import Final

from speechd.languages.base import Language

JAPANESE: Final = Language(
    tag="ja",
    name="Japanese",
    kokoro_code="j",
    misaki="japanese",
    # Misaki's own extra wants a compiler, and then a dictionary that is downloaded by hand.
    misaki_packages="pyopenjtalk-plus fugashi jaconv mojimoji unidic-lite",
    espeak_voice=None,  # espeak-ng reads kanji as "Chinese letter"
    latin="en-us",
    warm_up="船が3隻あります。次は正午に出て、切符は50円です。",
)
