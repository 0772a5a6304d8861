"""X-SAMPA (J. C. Wells, 1995), a spelling of the International Phonetic Alphabet in ASCII, into IPA."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

_PAIRS: Final = r"""
    a=a b=b b_<=ɓ c=c d=d d`=ɖ d_<=ɗ e=e f=f g=ɡ g_<=ɠ h=h h\=ɦ i=i j=j j\=ʝ k=k l=l l`=ɭ l\=ɺ m=m n=n n`=ɳ o=o p=p
    p\=ɸ q=q r=r r`=ɽ r\=ɹ r\`=ɻ s=s s`=ʂ s\=ɕ t=t t`=ʈ u=u v=v v\=ʋ w=w x=x x\=ɧ y=y z=z z`=ʐ z\=ʑ
    A=ɑ B=β B\=ʙ C=ç D=ð E=ɛ F=ɱ G=ɣ G\=ɢ G\_<=ʛ H=ɥ H\=ʜ I=ɪ I\=ᵻ J=ɲ J\=ɟ J\_<=ʄ K=ɬ K\=ɮ L=ʎ L\=ʟ M=ɯ M\=ɰ N=ŋ N\=ɴ
    O=ɔ O\=ʘ P=ʋ Q=ɒ R=ʁ R\=ʀ S=ʃ T=θ U=ʊ U\=ᵿ V=ʌ W=ʍ X=χ X\=ħ Y=ʏ Z=ʒ
    .=. "=ˈ %=ˌ '=ʲ :=ː :\=ˑ @=ə @\=ɘ @`=ɚ {=æ }=ʉ 1=ɨ 2=ø 3=ɜ 3\=ɞ 3`=ɝ 4=ɾ 5=ɫ 6=ɐ 7=ɤ 8=ɵ 9=œ &=ɶ ?=ʔ ?\=ʕ <\=ʢ >\=ʡ
    !\=ǃ |\=ǀ |\|\=ǁ =\=ǂ ~=̃ _~=̃ =̩ _h=ʰ _j=ʲ _w=ʷ _0=̥ _v=̬ _^=̯ _d=̪
"""

SOUNDS: Final[Mapping[str, str]] = {
    "=": "\u0329",
    " ": " ",
    "-": "",
    **dict(pair.rsplit("=", 1) for pair in _PAIRS.split() if not pair.startswith("=") or pair[1:2] == "\\"),
}
"""X-SAMPA → IPA. The longest match counts."""

_SOUND = re.compile("|".join(map(re.escape, sorted(SOUNDS, key=len, reverse=True))))


def ipa_of(xsampa: str) -> str | None:
    """The IPA of this, or None where it has a sign that X-SAMPA has not."""
    if _SOUND.sub("", xsampa):
        return None
    return _SOUND.sub(lambda match: SOUNDS[match[0]], xsampa)
