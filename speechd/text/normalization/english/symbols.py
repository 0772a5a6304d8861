"""Signs that are spoken, and those that are not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from speechd.text.normalization.english.per import PER
from speechd.text.normalization.rules import Rule, either, rule
from speechd.text.normalization.verbalizer import Verbalizer

_GREEK: Final = dict(
    zip(
        "µαβγδεζηθικλμνξοπρσςτυφχψωΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩ",
        "mu alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma sigma tau "
        "upsilon phi chi psi omega "
        "Alpha Beta Gamma Delta Epsilon Zeta Eta Theta Iota Kappa Lambda Mu Nu Xi Omicron Pi Rho "
        "Sigma Tau Upsilon Phi Chi Psi Omega".split(),
        strict=True,
    )
)
_LANGUAGES: Final[Mapping[str, str]] = {
    "C++": "C plus plus", "C#": "C sharp", "F#": "F sharp", "J#": "J sharp", "G#": "G sharp", "A#": "A sharp",
    "D#": "D sharp", "c++": "C plus plus", "c#": "C sharp", ".NET": "dot net", "Notepad++": "Notepad plus plus",
    "Node.js": "Node JS", "Vue.js": "Vue JS", "Next.js": "Next JS", "React.js": "React JS", "ASP.NET": "ASP dot net",
    "I/O": "I O", "TCP/IP": "TCP IP",
}  # fmt: skip
_SPOKEN: Final[Mapping[str, str]] = {
    "&&": "and", "||": "or", "==": "equals", "!=": "not equal to", "<=": "less than or equal to",
    ">=": "greater than or equal to", "->": "to", "=>": "to", "<-": "from", "&": "and", "+": "plus", "=": "equals",
    "%": "percent", "×": "times", "÷": "divided by", "±": "plus or minus", "∓": "minus or plus",
    "≤": "less than or equal to", "≥": "greater than or equal to", "≠": "not equal to", "≈": "approximately",
    "≅": "approximately", "≡": "is equivalent to", "∞": "infinity", "√": "square root of", "∑": "sum of",
    "∏": "product of", "∫": "integral of", "∂": "partial", "∇": "nabla", "∈": "in", "∉": "not in", "∪": "union",
    "∩": "intersection", "⊂": "subset of", "⊆": "subset of", "∅": "the empty set", "∀": "for all", "∃": "there exists",
    "¬": "not", "∧": "and", "∨": "or", "→": "to", "⇒": "implies", "←": "from", "↔": "to and from",
    "⇔": "if and only if", "↑": "up", "↓": "down", "−": "minus", "°": "degrees", "©": "copyright", "®": "registered",
    "™": "trademark", "§": "section", "¶": "paragraph", "№": "number", "$": "dollars", "£": "pounds", "€": "euros",
    "¥": "yen", "₹": "rupees", "¢": "cents", "@": "at", "‰": "per mille", "♯": "sharp", "♭": "flat", "·": "times",
    "~": "about", "^": "to the power of", "∠": "angle", "∝": "is proportional to", "∴": "therefore", "∵": "because",
    "⊥": "is perpendicular to", "∥": "is parallel to", "⊃": "superset of", "⊇": "superset of", "≪": "much less than",
    "≫": "much greater than", "≃": "approximately", "∘": "of",
}  # fmt: skip
_HIDDEN: Final = frozenset("ssh env git npm aws gcc css svg ssl".split())


def _dotted(name: str) -> str:
    """The name of a hidden file or an extension, spelled where it is no word."""
    return " ".join(name.upper()) if name in _HIDDEN - {"env"} or not set(name) & set("aeiouy") else name


def _period(match: re.Match[str], verbalizer: Verbalizer) -> str:
    """What a rate of growth compares: "2.7% y/y"."""
    name = {"q": "quarter", "y": "year", "m": "month"}[match[1]]
    return f"{name} {'on' if verbalizer.language.day_first else 'over'} {name}"


def _initials(match: re.Match[str], _: Verbalizer) -> str:
    """Two letters with a slash between them, as in "N/A" and "A/C"."""
    return match[0].replace("/", ".").upper()


RULES: Final[tuple[Rule, ...]] = (
    rule(rf"(?<![\w.#]){either(_LANGUAGES)}(?![\w+#])", lambda m, _: _LANGUAGES[m[0]]),
    rule(r"(?<=[Cc]opyright)[ ](?:©|\([cC]\))(?=[ ]?\d)", "", hint="opyright"),
    rule(r"(?<!\w)\([cC]\)(?=[ ]?(?:copyright|[A-Z\d]))", "copyright ", hint="("),
    rule(r"(?<![^\s\"'(])\.([a-z]{2,20})(?!\w|\.\w)", lambda m, _: f"dot {_dotted(m[1])}", hint="."),
    rule(r"(?<!\w)\((?:R|r|TM|tm)\)", "", hint="("),
    rule(r"(?<![\w/])(?<!\d )([A-Z])/([A-Z])(?![\w/])|(?<!\w)(n)/(a)(?![\w/])", _initials, hint="/"),
    rule(r"(?<!\w)[wW]/in(?=[ ]\d)", "within", hint="/"),
    rule(r"(?<=\d)[ ]?(?:y/o|yo|y\.o\.)(?=[ ]\w)", " year-old", hint="y"),
    rule(r"(?<=\d)[ ]?(?:y/o|yo|y\.o\.)(?!\w)", " years old", hint="y"),
    rule(r"(?<=\d)[ -]yr[ -]?(?=olds?(?!\w))", "-year-", hint="yr"),
    rule(r"(?<= a )(yr|mo|wk|hr)(?:\.(?=[ ]?[,;)a-z]))?(?!\w)", lambda m, _: PER[m[1]], hint=" a "),
    rule(r"(?<=SELECT )\*|(?<=\()\*(?=\))", "star", hint="*"),
    rule(r"§§[ ]?(?=\d)", "sections ", hint="§§"),
    rule(r"(?<![\w/])([qym])/\1(?!\w)", _period, hint="/"),
    rule(r"(?<![\w.-])([A-F])-(?=[,;)]|[.]?$)", r"\1 minus", hint="-"),
    rule(r"(?<!\w)and[ ]?/[ ]?or(?!\w)", "and or", hint="/"),
    rule(r"(?<!\w)[wW]/o(?=[ .,;:!?]|$)", "without", hint="/"),
    rule(r"(?<![\w/])([wv])/([wv])(?![\w/])", _initials, hint="/"),
    rule(r"(?<![\w|])\|(-?[A-Za-z\d+-]{1,8})\|(?![\w|])", r"absolute value of \1", hint="|"),
    rule(r"(?<![\w.,])(\d{1,4}|[nkmN])!(?=[ ]?[=×*/+÷)])", r"\1 factorial", hint="!"),
    rule(r"(?<=√\()(\d{1,9})[-−](?=\d{1,9}\))", r"\1 minus ", hint="√"),
    rule(r"(?<!\w)[wW]/[cC](?=[ ](?:\d|[A-Z][a-z]))", "week commencing", hint="/"),
    rule(r"(?<!\w)[wW]/(?=[ ]?\w)", "with ", hint="/"),
    rule(r"(?<!\w)c/o(?!\w)", "care of", hint="/"),
    rule(r"\+/[-−](?=[ ]?\d)", "±", hint="/"),
    rule(r"(?<![\w.,])(\d{1,4})x[-–](?=\d{1,4}(?:\.\d)?x(?!\w|[ ]?[=+*^-]))", r"\1 to ", hint="x"),
    rule(r"(?<!\w)b/c(?=[ ])", "because", hint="/"),
)

SIGNS: Final[tuple[Rule, ...]] = (
    rule(r"(?<=[a-z])[ ][>›»][ ](?=[A-Z])", ", ", hint=" "),
    rule(r"(?<=\w)[ ]\*[ ](?=[\w(])", " times ", hint="*"),
    rule(
        r"(?=\d)(?:(?<=[Ww]hat is )|(?<=[Ww]hat's )|(?<=[Cc]alculate )|(?<=[Cc]ompute )|(?<=[Ee]valuate )|"
        r"(?<=[Ss]olve ))(\d{1,15})[ ][-−][ ](?=\d)",
        r"\1 minus ",
        hint="-",
    ),
    rule(r"<(?=[A-Za-z][\w,]{0,40}>)|(?<=\w)>(?<=<[A-Za-z]>)", " ", hint="<"),
    rule(r"(?<=[\w)%])[ ]?<[ ]?(?=[\d.$£€(]|[A-Za-z](?!\w)|[A-Za-z]{2,30}(?![\w>]))", " less than ", hint="<"),
    rule(r"(?<=[\w)%])(?<![-=])>[ ]?(?=\d|[.$£€]\d|[A-Za-z](?!\w))", " greater than ", hint=">"),
    rule(r"(?<!\w)[<](?=[ ]?[\d.])", " less than ", hint="<"),
    rule(r"(?<=\d)[ ]?\*[ ]?(?=[\d(])", " times ", hint="*"),
    rule(r"(?<=[\d)])[ ]?/[ ]?(?=\d)|(?<=\))/(?=[\w(])", " over ", hint="/"),
    rule(r"(?<=\d)[ ]?-[ ]?(?=\d{1,15}[ ]?=)", " minus ", hint="-"),
    rule(r"(?<=\s)>(?=\s)", " greater than ", hint=">"),
    rule(r"(?<=\s)<(?=\s)", " less than ", hint="<"),
    rule(rf"(?<![^\W\d_])[{''.join(_GREEK)}](?=[A-Za-z\d](?![A-Za-z]))", lambda m, _: f" {_GREEK[m[0]]} "),
    rule(rf"(?<!\w)[{''.join(_GREEK)}](?!\w)|(?<=\d)[{''.join(_GREEK)}](?!\w)", lambda m, _: f" {_GREEK[m[0]]} "),
    rule(either(set(_SPOKEN) - {"~", "^"}), lambda m, _: f" {_SPOKEN[m[0]]} "),
)

SLASH: Final = (rule(r"(?<=\w)[ ]?/[ ]?(?=\w)", " slash ", hint="/"),)
"""After all others: between words, it stands for itself."""
