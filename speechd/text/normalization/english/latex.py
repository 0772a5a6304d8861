"""Formulas in TeX's language as words: what people and language models write of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from speechd.text.normalization.verbalizer import Verbalizer

_SYMBOLS: Final[Mapping[str, str]] = {
    "times": "times", "cdot": "times", "ast": "times", "div": "divided by", "pm": "plus or minus",
    "mp": "minus or plus", "leq": "less than or equal to", "le": "less than or equal to",
    "leqslant": "less than or equal to", "geq": "greater than or equal to", "ge": "greater than or equal to",
    "geqslant": "greater than or equal to", "lt": "less than", "gt": "greater than", "neq": "not equal to",
    "ne": "not equal to", "approx": "approximately", "sim": "about", "simeq": "approximately",
    "equiv": "is equivalent to", "cong": "is congruent to", "propto": "is proportional to", "infty": "infinity",
    "partial": "partial", "nabla": "nabla", "to": "to", "rightarrow": "to", "longrightarrow": "to",
    "Rightarrow": "implies", "implies": "implies", "iff": "if and only if", "Leftrightarrow": "if and only if",
    "leftarrow": "from", "mapsto": "maps to", "in": "in", "notin": "not in", "subset": "is a subset of",
    "subseteq": "is a subset of", "cup": "union", "cap": "intersection", "setminus": "without",
    "emptyset": "the empty set", "forall": "for all", "exists": "there exists", "neg": "not", "land": "and",
    "lor": "or", "wedge": "and", "vee": "or", "ldots": "and so on", "dots": "and so on", "cdots": "and so on",
    "therefore": "therefore", "because": "because", "angle": "angle", "circ": "degrees", "degree": "degrees",
    "prime": "prime", "perp": "is perpendicular to", "parallel": "is parallel to", "mid": "given", "ln": "natural log",
    "log": "log", "exp": "exp", "sin": "sine", "cos": "cosine", "tan": "tangent", "arcsin": "arc sine",
    "arccos": "arc cosine", "arctan": "arc tangent", "hbar": "h bar", "ell": "l", "varepsilon": "epsilon",
    "vartheta": "theta", "varphi": "phi", "bmod": "mod", "pmod": "mod", "mod": "mod", "star": "star",
    "oplus": "plus", "otimes": "times", "lbrace": "", "rbrace": "", "langle": "", "rangle": "", "lvert": "",
    "rvert": "", "vert": "", "%": "percent", "#": "number", "&": "and", "$": "dollars",
}  # fmt: skip
_LARGE: Final[Mapping[str, str]] = {"sum": "sum", "prod": "product", "int": "integral", "lim": "limit"}
_NAMES_OF_WORDS: Final = frozenset(
    "text textbf textit textrm textsf texttt mathrm mathbf mathit mathsf mathtt mathcal mathbb mathfrak mbox "
    "operatorname boxed underline overbrace underbrace displaystyle".split()
)
_MARKED: Final[Mapping[str, str]] = {
    "bar": "bar", "overline": "bar", "hat": "hat", "widehat": "hat", "tilde": "tilde", "dot": "dot",
    "ddot": "double dot",
}  # fmt: skip
_SILENT: Final = frozenset(
    "left right big Big bigg Bigg bigl bigr Bigl Bigr quad qquad displaystyle limits nolimits hline label tag nonumber "
    "dfrac middle".split()
) - {"dfrac"}
_SIGNS: Final[Mapping[str, str]] = {
    "+": "plus", "-": "minus", "−": "minus", "–": "minus", "—": "minus", "=": "equals", "<": "less than",
    ">": "greater than", "*": "times", "·": "times", "×": "times", "÷": "divided by", "/": "over",
    "≤": "less than or equal to", "≥": "greater than or equal to", "≠": "not equal to", "'": "prime",
}  # fmt: skip
_WORDS: Final = frozenset("sin cos tan log ln exp max min lim mod gcd det arg and or if for".split())
_FUNCTIONS: Final = frozenset("fghFGHP")
_TOKEN = re.compile(r"\\[A-Za-z]{1,20}|\\.|[A-Za-z]{1,20}|\d{1,15}(?:[.,]\d{1,15}){0,5}|\.\d{1,15}|.", re.DOTALL)
_DEEPEST: Final = 12
"""Groups within groups that are read as such; deeper ones are read in a row."""


def spoken_formula(formula: str, verbalizer: Verbalizer) -> str:
    """The words of a formula without its delimiters."""
    return " ".join(_Formula(formula, verbalizer).words())


class _Formula:
    """Reads tokens once, from left to right.

    State: `_at`, the token that is next; `_is_open`, whether it stands between two bars.
    """

    def __init__(self, formula: str, verbalizer: Verbalizer) -> None:
        self._tokens = [token for token in _TOKEN.findall(formula) if not token.isspace()]
        self._verbalizer = verbalizer
        self._at = 0
        self._is_open = False

    def words(self) -> list[str]:
        spoken: list[str] = []
        while self._at < len(self._tokens):
            spoken += self._next(0)
        return spoken

    def _peek(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _take(self) -> str:
        token = self._peek()
        self._at += 1
        return token

    def _group(self, depth: int, closing: str = "}") -> list[str]:
        """The words of `{…}`, or of one token. Too deep, none: they are read where they stand."""
        if depth >= _DEEPEST:
            return []
        if self._peek() not in ("{", "["):
            return self._next(depth + 1)
        self._at += 1
        spoken: list[str] = []
        while self._at < len(self._tokens) and self._peek() != closing:
            spoken += self._next(depth + 1)
        self._at += 1
        return spoken

    def _next(self, depth: int) -> list[str]:
        token = self._take()
        if token.startswith("\\") and len(token) > 1:
            return self._command(token[1:], depth)
        if token == "{" and depth < _DEEPEST:
            self._at -= 1
            return self._group(depth)
        if token == "^":
            return self._power(depth)
        if token == "_":
            return ["sub", *self._group(depth)]
        return self._plain(token)

    def _plain(self, token: str) -> list[str]:
        if token[:1].isdecimal() or (token[:1] == "." and len(token) > 1):
            return [self._verbalizer.number(token.replace(",", ""))] if token.count(".") < 2 else [token]
        if token.isalpha():
            return self._letters(token)
        if token == "|":
            return self._bar()
        if token in ",;:()!?.":
            return self._punctuation(token)
        return [_SIGNS[token]] if token in _SIGNS else []

    def _letters(self, token: str) -> list[str]:
        """Variables, each by itself; "f(x)" as "f of x"."""
        if not token.isascii() or token in _WORDS:
            return [token]
        spoken = list(token)
        if self._peek() == "(" and token[-1] in _FUNCTIONS:
            spoken.append("of")
        return spoken

    def _punctuation(self, token: str) -> list[str]:
        before = self._tokens[self._at - 2] if self._at > 1 else ""
        if token == "!" and (before.isalnum() or before == ")"):
            return ["factorial"]
        return [token] if token in ",;:" else []

    def _bar(self) -> list[str]:
        """One of two bars round a value, or the bar of "P(A|B)"."""
        before = self._tokens[: self._at - 1]
        if before.count("(") > before.count(")") and before[-1].isalnum() and not self._is_open:
            return ["given"]
        self._is_open = not self._is_open
        return ["absolute value of"] if self._is_open else []

    def _power(self, depth: int) -> list[str]:
        exponent = " ".join(self._group(depth))
        match exponent:
            case "two" | "three":
                return ["squared" if exponent == "two" else "cubed"]
            case "degrees" | "prime":
                return [exponent]
            case "":
                return []
            case _:
                return ["to the power of", exponent]

    def _command(self, name: str, depth: int) -> list[str]:
        if name in ("frac", "dfrac", "tfrac", "cfrac"):
            return [*self._group(depth), "over", *self._group(depth)]
        if name in ("binom", "dbinom", "tbinom"):
            return [*self._group(depth), "choose", *self._group(depth)]
        if name == "sqrt":
            return self._root(depth)
        if name in _LARGE:
            return self._large(_LARGE[name], depth)
        if name in _NAMES_OF_WORDS:
            return self._text()
        if name in _MARKED:
            return [*self._group(depth), _MARKED[name]]
        if name == "vec":
            return ["vector", *self._group(depth)]
        if name in ("begin", "end"):
            self._text()
            return []
        if name == "\\":
            return [","]
        if not (name.isalpha() or name in _SYMBOLS) or name in _SILENT:
            return []
        return [word for word in [_SYMBOLS.get(name, name)] if word]

    def _root(self, depth: int) -> list[str]:
        degree = " ".join(self._group(depth, "]")) if self._peek() == "[" else "two"
        names = {"two": "square root of", "three": "cube root of", "four": "fourth root of", "five": "fifth root of"}
        return [names.get(degree, f"{degree}th root of"), *self._group(depth)]

    def _large(self, name: str, depth: int) -> list[str]:
        """A sum, a product, an integral or a limit with its bounds."""
        spoken = [name]
        for _ in range(2):
            sign = self._peek()
            if sign in ("_", "^"):
                self._at += 1
                bound = "as" if name == "limit" else "from" if sign == "_" else "to"
                spoken += [bound, *self._group(depth)]
        return [*spoken, "of"] if len(spoken) > 1 or name == "sum" else spoken

    def _text(self) -> list[str]:
        """The words in `{…}`, as they are."""
        if self._peek() != "{":
            return []
        self._at += 1
        words: list[str] = []
        while self._at < len(self._tokens) and (token := self._take()) != "}":
            words += [token.lstrip("\\")] if token != "{" else []
        return [word for word in words if word]
