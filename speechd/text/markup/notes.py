"""What stands in a text and is not read aloud: citation marks, the pronunciation behind a name, times of subtitles."""

from __future__ import annotations

import re
from typing import Final

_NUMBERS: Final = r"[1-9]\d{0,2}(?:[ ]?[,;–-][ ]?[1-9]\d{0,2}){0,20}"
_REMARKS: Final = (
    r"(?:citation|clarification|page|verification|better source|attribution|quotation|specify)(?: needed)?|"
    r"(?:note|nb|fn|ref|n)[. ]?\d{1,3}|dubious(?: – discuss)?|(?:who|when|where|why|which|how|by whom|"
    r"according to whom|original research|clarify)\?|failed verification|unreliable source\??|self-published source\??"
)
_NAMES_A_NOTE: Final = frozenset(
    "in by see of to and from with ref refs reference references section figure fig table option press button key step "
    "choose page chapter note item equation eq source sources cite cites line the a or for at on about than".split()
)
"""Words behind which "[3]" is the name of something, and is read."""

_CITATION = re.compile(
    rf"(?<=(?P<before>[^\s\[(]))(?P<space>[ ]?)\[(?:{_NUMBERS}|(?P<letter>[a-z])|(?P<remark>{_REMARKS}))\]"
    rf"(?::\d{{1,4}}(?:[–-]\d{{1,4}})?(?!\d))?(?![\w(`:=]|\[[^\d\]a-z])",
    re.IGNORECASE,
)
_SOURCE_MARK = re.compile(r"[ ]?【[^【】\n]{0,40}†[^【】\n]{0,80}】")
_RAISED: Final = "⁰¹²³⁴-⁹"
_FOOTNOTE = re.compile(
    rf"(?:(?<=[.!?,;:\"'”’])|(?<=(?P<word>[A-Za-z][a-z]{{2}})))(?P<mark>[{_RAISED}]{{1,3}}(?:[,⁻–-][{_RAISED}]{{1,3}}){{0,3}})(?=\s|$|[.,;:!?)\"”—])"
)
_POWERED: Final = (
    "meter meters metre metres mile miles foot feet yard yards inch inches acre hectare cm km mm sin cos tan log "
    "sec csc "
    "cot sinh cosh tanh mol kilometers kilometres centimeters centimetres"
).split()
_POWERED_END = re.compile(rf"(?<![^\W\d_])(?:{'|'.join(_POWERED)})$", re.IGNORECASE)
_WORD_BEFORE = re.compile(r"([^\W_]+)[^\w]?$")
_IPA = re.compile(
    r"(?<=\w)[ ]\((?:[A-Z]?[A-Za-z. ]{0,20}:?[ ])?[/\[](?=[^()\n]{0,80}[ˈˌːəɪʊɛɔæʃʒθðŋʌɑɹɒɜʁɡɲ])[^()\n]{1,80}[/\]]"
    r"(?:[;,][^()\n]{0,60})?\)"
)
_TIME_MARK = re.compile(r"^[ \t]{0,8}\[\d{1,2}:\d{2}(?::\d{2})?(?:[.,]\d{1,3})?\][ \t]{0,8}(?=\S)", re.MULTILINE)
_CUE_TIMES = re.compile(
    r"^(?:\d{1,6}\n)?[ \t]{0,8}(?:\d{1,2}:)?\d{2}:\d{2}[,.]\d{3}[ \t]{1,8}-->[ \t]{1,8}"
    r"(?:\d{1,2}:)?\d{2}:\d{2}[,.]\d{3}[^\n]{0,100}$",
    re.MULTILINE,
)


def without_cues(text: str) -> str:
    """`text` without the numbers and times of subtitles (SubRip, WebVTT), and of lines in transcripts."""
    if "[" in text:
        text = _TIME_MARK.sub("", text)
    if "-->" not in text:
        return text
    return re.sub(r"\AWEBVTT[^\n]{0,80}(?=\n)", "", _CUE_TIMES.sub("", text))


def without_notes(text: str) -> str:
    """A paragraph without citation marks, marks of footnotes and phonetic spelling behind a name.

    What could be a thing's name is no mark: "see [3]", "a[0]", "[1] Smith" at the beginning.
    """
    if "[" in text:
        text = _CITATION.sub(_citation, text)
    if not text.isascii():
        text = _SOURCE_MARK.sub("", text)
        text = _FOOTNOTE.sub(_footnote, text)
        text = _IPA.sub("", text)
    return text


def _citation(match: re.Match[str]) -> str:
    before = _WORD_BEFORE.search(match.string, max(0, match.start() - 24), match.start())
    word = before[1] if before else ""
    if match["letter"] and (match["space"] or match["before"].isalnum()):
        return match[0]
    if match["remark"]:
        return ""
    if match["space"] and word.lower() in _NAMES_A_NOTE:
        return match[0]
    if (
        not match["space"]
        and match["before"].isalnum()
        and (len(word) < 3 or (not word.isalpha() and not word.isdecimal()))
    ):
        return match[0]
    return ""


def _footnote(match: re.Match[str]) -> str:
    powered = match["word"] and _POWERED_END.search(match.string, max(0, match.start() - 14), match.start())
    return match[0] if powered else ""
