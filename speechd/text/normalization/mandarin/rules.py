"""Mandarin by wetext, WeNet's text normaliser, and rules for what it does not know.

wetext comes with the extra `zh`. Without it the text only gets the rules here, and the G2P or espeak-ng reads its
numbers.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from functools import cache
from typing import Final

log = logging.getLogger(__name__)

CHUNK: Final = 80
"""Characters that wetext is given at once. It takes more than linear time: 2 ms for 40 characters, 0.2 s for 1000."""

LONGEST_NUMBER: Final = 15
"""Digits. Longer numbers are nobody's quantity and are read digit by digit."""

_DIGITS: Final = "零一二三四五六七八九"
_READS: Final = re.compile(r"[0-9$€£¥₹%°+=<>≤≥²³]")
"""What wetext has something to do with."""

_CHUNKS: Final = re.compile(rf"[^。！？，、；!?;\n]{{1,{CHUNK}}}(?:(?![0-9])|(?<![0-9.,:/-]))|.", re.DOTALL)
_LONG_NUMBER: Final = re.compile(rf"(?<![0-9.,])[0-9]{{{LONGEST_NUMBER + 1},}}(?![0-9])")
_GROUPED: Final = re.compile(r"(?<![0-9,])[0-9]{1,3}(?:,[0-9]{3}){1,5}(?![0-9,])")
_LIST: Final = re.compile(r"(?<=[0-9]),(?=[0-9])")
"""Between two numbers. wetext takes it for a separator of thousands."""

_VERSION: Final = re.compile(r"(?<![0-9.])[0-9]{1,3}(?:\.[0-9]{1,4}){2}(?![0-9.])")
_NAMED_CURRENCY: Final = re.compile(r"[$€£¥][ ]?([0-9]+(?:\.[0-9]+)?(?=[万亿]?(?:元|美元|欧元|英镑|日元|块)))")
"""An amount whose sign is said by the word behind it, too: "¥5元"."""

_UNITS: Final = {"g": "克", "t": "吨", "W": "瓦", "kW": "千瓦", "kWh": "千瓦时", "V": "伏", "Hz": "赫兹", "GHz": "吉赫"}
_UNIT: Final = re.compile(rf"(?<=[0-9])(?:{'|'.join(_UNITS)})(?![A-Za-z0-9])")
_NAME_NUMBER: Final = re.compile(r"(?<=[A-Za-z])-(?=[0-9])")
_EMAIL: Final = re.compile(r"(?<=[A-Za-z0-9])@(?=[A-Za-z0-9])")
_DOMAIN: Final = re.compile(
    r"(?<![A-Za-z0-9.-])(?:[A-Za-z0-9-]{1,63}\.){1,4}(?:com|org|net|cn|io|dev|edu|gov|info|hk|tw|me|co)(?:/[A-Za-z0-9/._-]{0,200})?(?![A-Za-z0-9])"
)
_SCHEME: Final = re.compile(r"https?://")
_CURRENCY: Final = re.compile(r"([$€£¥₹₩])[ ]?([0-9]+(?:\.[0-9]+)?)([千百万亿]+)")
_CURRENCIES: Final = {"$": "美元", "€": "欧元", "£": "英镑", "¥": "元", "₹": "卢比", "₩": "韩元"}


def verbalize(text: str) -> str:
    """`text`, in the form of `typography.unify`, in words."""
    if not _READS.search(text) and "." not in text:
        return text
    text = _prepared(text)
    normalizer = _normalizer()
    if normalizer is None:
        return text
    return "".join(normalizer(chunk) if _READS.search(chunk) else chunk for chunk in _CHUNKS.findall(text))


def _prepared(text: str) -> str:
    text = _SCHEME.sub("", text)
    text = _GROUPED.sub(lambda match: match[0].replace(",", ""), text)
    text = _LONG_NUMBER.sub(lambda match: "".join(_DIGITS[int(digit)] for digit in match[0]), text)
    text = _VERSION.sub(lambda match: match[0].replace(".", "点"), text)
    text = _NAMED_CURRENCY.sub(r"\1", text)
    text = _LIST.sub("，", text)
    text = _UNIT.sub(lambda match: _UNITS[match[0]], text)
    text = _CURRENCY.sub(lambda match: match[2] + match[3] + _CURRENCIES[match[1]], text)
    text = _NAME_NUMBER.sub(" ", text)
    text = _DOMAIN.sub(lambda match: match[0].replace(".", "点").replace("/", "斜杠"), _EMAIL.sub("艾特", text))
    return text.replace("₩", "韩元") if "₩" in text else text


@cache
def _normalizer() -> Callable[[str], str] | None:
    """wetext's, which takes 0.3 s and 35 MB when it is first needed; None where it is not installed."""
    try:
        from wetext import Normalizer
    except ImportError:
        log.warning("Mandarin's numbers are read without wetext, which is not installed: pip install wetext")
        return None
    normalizer = Normalizer(lang="zh", operator="tn")

    def normalize(chunk: str) -> str:
        try:
            return str(normalizer.normalize(chunk))
        except Exception as error:
            log.warning("wetext failed on a passage: %s", type(error).__name__)  # its words may be the client's
            return chunk

    return normalize
