"""One form for what can be typed in several: quotes, dashes, spaces, full-width and styled letters, all digits."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_CHARACTERS: Final = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛′ʼ＇", "'"),
        **dict.fromkeys("“”„‟«»″〝〞＂", '"'),
        **dict.fromkeys("‐‑", "-"),
        **dict.fromkeys("―⸺⸻", "—"),
        **dict.fromkeys(
            "\t\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000", " "
        ),
        **dict.fromkeys("⁄∕", "/"),
        "Ω": "Ω",
        "∙": "·",
        "\u00ad": None,
        "\u200b": None,
        "\u2060": None,
        "\ufeff": None,
    }
)
# Forms that NFKC turns into plain letters and digits without loss: subscripts, letterlike symbols but ™, Roman
# numerals, enclosed numbers and letters, squared units, ligatures, full-width forms, mathematical alphabets.
_STYLED = re.compile(
    r"[\u2080-\u208e\u2100-\u2121\u2123-\u214e\u2160-\u2188\u2460-\u24ff\u3371-\u33df\ufb00-\ufb06\uff01-\uffef\U0001d400-\U0001d7ff]+"
)
_FOREIGN_DIGIT = re.compile(r"(?![0-9])\d")
_MICRO = re.compile(r"(?<![^\W\d])μ(?=[glmsLFVAW](?!\w))")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_DOTS = re.compile(r"\.{3,}|(?:\. ){2,}\.")
_DASHES = re.compile(r"(?<=[\w\"')\]]) ?-{2,3} ?(?=[\w\"'(\[])|(?<=\s)[-–]{1,3}(?=\s+[^\W\d])")


def unify(text: str) -> str:
    """`text` in the one form that the rules know, mostly NFKC's (UAX #15). Letters with accents stay as they are."""
    if not text.isascii():
        text = _SURROGATE.sub("", text)
        text = _STYLED.sub(lambda match: unicodedata.normalize("NFKC", match[0]), text)
        text = _MICRO.sub("µ", text.translate(_CHARACTERS))
        text = _FOREIGN_DIGIT.sub(lambda match: str(unicodedata.decimal(match[0])), text)
    return _DASHES.sub(" — ", _DOTS.sub("…", text))


_UNSPOKEN = re.compile(
    r"[*_`|\\{}<>\[\]#~^•●▪◦†‡¤¦¨¬¯´¸\u02d8-\u02dd·‰\u2300-\u23ff\u2500-\u266c\u2670-\u27bf\u2b00-\u2bff\ufe00-\ufe0f\U0001f000-\U0001faff]"
    r"|/+|(?<![\w'-])-++(?=\s|$)"
)
_JOINING_DASH = re.compile(r"(?<=\w)[–−](?=\w)")
_DASH = re.compile(r"[–−]|--+")
_SPACED_MARK = re.compile(r"[ ](?=[,.;:!?…)](?:\s|$))")
_SPACES = re.compile(r"[ ]{2,}")


def remove_unspoken(text: str) -> str:
    """`text` after the rules, without the signs that have no word; dashes are of two kinds, white space is single."""
    text = _UNSPOKEN.sub(" ", text)
    text = _DASH.sub("—", _JOINING_DASH.sub("-", text))
    return _SPACED_MARK.sub("", _SPACES.sub(" ", text))
