"""IPA into the phoneme mnemonics of espeak-ng's English (its docs/phonemes.md), for inline `[word](/ipa/)`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

# The letters A I O Q W Y T, ᵊ and ᵻ are Kokoro's own, for diphthongs, the flap and reduced vowels.
_PAIRS: Final = """
    ˈ=' ˌ=, '='
    eɪ=eI A=eI aɪ=aI I=aI oʊ=oU O=oU əʊ=oU Q=oU aʊ=aU W=aU ɔɪ=OI Y=OI ɪə=i@ iə=i@ eə=e@ ɛə=e@ ʊə=U@
    iː=i: i=i ɪ=I ᵻ=I2 ɨ=I2 e=E ɛ=E ɛː=e@ æ=a a=a ɑː=A: ɑ=A: ɑːɹ=A@ ɑɹ=A@ ɒ=0 ɔː=O: ɔ=O: ɔːɹ=O@ ɔɹ=O@
    uː=u: u=u: ʊ=U ʌ=V ə=@ ɐ=a# ᵊ=@ ɚ=3 əɹ=3 ɜː=3: ɜ=3: ɜːɹ=3: ɜɹ=3: ɝ=3:
    p=p b=b t=t d=d k=k ɡ=g g=g f=f v=v s=s z=z h=h m=m n=n l=l ɫ=l r=r ɹ=r j=j w=w x=x
    θ=T ð=D ʃ=S ʒ=Z ŋ=N tʃ=tS ʧ=tS dʒ=dZ ʤ=dZ ɾ=t# T=t# ʔ=?
"""

# A syllable's end has no sound; a space parts words.
MNEMONICS: Final[Mapping[str, str]] = {".": "", " ": "||", **dict(pair.split("=") for pair in _PAIRS.split())}
"""IPA → mnemonics. The longest match counts."""

_TIE = re.compile("[\u0361\u035c]")
_SOUND = re.compile("|".join(map(re.escape, sorted(MNEMONICS, key=len, reverse=True))))


def mnemonics(ipa: str) -> str | None:
    """The mnemonics for `ipa` (without slashes), or None where it has a sound that English has not."""
    ipa = _TIE.sub("", ipa)
    if _SOUND.sub("", ipa):
        return None
    return _SOUND.sub(lambda match: MNEMONICS[match[0]], ipa)
