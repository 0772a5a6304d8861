"""Characters that are not spoken: controls, invisible formats, pictographs and emoticons."""

from __future__ import annotations

import re
from typing import Final

LINE_BREAK = re.compile(r"\r\n|[\r\v\f\x85\u2028\u2029]")
"""Unicode's mandatory line breaks (UAX #14), but for "\\n" itself."""

# Lone surrogates, controls and invisible formats. ZWNJ and ZWJ stay: Indic and Persian spelling needs them.
_INVISIBLE = re.compile(
    r"[\x00-\x08\x0b\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff"
    r"\ufff0-\ufffd\ud800-\udfff\ue000-\uf8ff\U000e0000-\U000e0fff\U000f0000-\U0010ffff]"
)
_PICTOGRAPHS: Final = r"\u2300-\u23ff\u2500-\u25a9\u25ac-\u266c\u2670-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff"
# Pictographs and what joins them (variation selectors, keycaps, a joiner before it).
# The musical sharp and flat stay, and so do the squares that begin items.
_TICKS: Final = "✓✔✅☑"
_CROSSES: Final = "✗✘❌✕✖"
_EMOJI = re.compile(
    rf"(?P<cell>(?<=\|)[ \t]{{0,20}}[{_TICKS}{_CROSSES}]\ufe0f?[ \t]{{0,20}}(?=\||$))"
    rf"|\u200d?[\u25aa\u25ab{_PICTOGRAPHS}][\ufe0e\ufe0f]?|[\ufe00-\ufe0f\u20e3]",
    re.MULTILINE,
)
_EMOJI_BULLET = re.compile(
    rf"^[ \t]{{0,20}}(?:[{_PICTOGRAPHS}][\ufe0e\ufe0f\u200d]{{0,2}}){{1,8}}[ \t]{{1,9}}(?=\w)", re.M
)
_EMOTICON = re.compile(r"(?<!\S)(?:[:;][-']?[)(DPpOo|/\\*]|=[-']?[)(]|\^_\^|¯\\_\(ツ\)_/¯)(?!\S)")


TICK: Final = "✓"
CROSS: Final = "✗"


def without_unspoken(text: str) -> str:
    """`text` without them; a pictograph leaves a space, for it parts words, or begins an item of a list.

    A tick or a cross that fills a cell of a table says something, and stays, as `TICK` or `CROSS`. An emoticon has a
    sign for its eyes: "XP", "8)" and "<3" say something.
    """
    if not text.isascii():
        text = _EMOJI.sub(_pictograph, _EMOJI_BULLET.sub("• ", text))
    return _EMOTICON.sub("", _INVISIBLE.sub("", text))


def _pictograph(match: re.Match[str]) -> str:
    if not match["cell"]:
        return " "
    return f" {TICK if match['cell'].strip()[0] in _TICKS else CROSS} "
