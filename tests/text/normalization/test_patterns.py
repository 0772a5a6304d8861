"""Regular expressions mean the same on every Python that speechd runs on.

Before 3.11.5 a possessive repeat of a group keeps what a failed last try of the group has consumed, where the group
can go back within itself (CPython issue 106052, "possessive quantifiers in the case of a subpattern containing
backtracking"): 3.11.2, which is Debian 12's, finds "20." where `\\d++(?:\\.\\d++)?+` is matched with "20. x". `?+`,
`*+` and `++` are all wrong then, also around `\\d{3}` alone. Right on all versions: possessive repeats of a single
character or class, and atomic groups, so that `(?>(?:...)*)` says what `(?:...)*+` should.
"""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

import speechd
from speechd.languages.table import LANGUAGES
from speechd.text import boundaries
from speechd.text.normalization.normalize import normalize
from speechd.text.normalization.romance import RomanceRules

SOURCE = re.compile(r"\)(?:[?*+]|\{[0-9,]{1,9}\})\+")
"""A possessive repeat of a group, as it is written."""

FOLDER = Path(speechd.__path__[0])
FILES = sorted(FOLDER.rglob("*.py"))


def modules() -> Iterator[Any]:
    """All but those whose packages are absent: this also runs where only what the text rules need is installed."""
    for path in FILES:
        name = ".".join(path.relative_to(FOLDER.parent).with_suffix("").parts).removesuffix(".__init__")
        try:
            yield importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name is None or error.name.partition(".")[0] == "speechd":
                raise


def patterns_in(value: object, depth: int = 6) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif depth and isinstance(value, dict):
        yield from patterns_in([*value.keys(), *value.values()], depth - 1)
    elif depth and isinstance(value, list | tuple | set | frozenset):
        yield from chain.from_iterable(patterns_in(part, depth - 1) for part in value)


def possessive_groups(parsed: Any) -> Iterator[str]:
    """Of a parsed pattern: what repeats possessively and is more than one character or class."""
    for operation, argument in parsed:
        name = str(operation)
        if name == "POSSESSIVE_REPEAT":
            body = argument[2]
            if len(body) != 1 or str(body[0][0]) not in ("LITERAL", "NOT_LITERAL", "ANY", "IN"):
                yield f"{name} {body!r}"
        for part in flat(argument):
            yield from possessive_groups(part)


def flat(argument: object) -> Iterator[Iterable[Any]]:
    """The subpatterns among what an operation is given."""
    if type(argument).__name__ == "SubPattern":
        yield argument  # type: ignore[misc]
    elif isinstance(argument, list | tuple):
        yield from chain.from_iterable(map(flat, argument))


def all_patterns() -> set[str]:
    found = {pattern.pattern for module in modules() for pattern in patterns_in(vars(module))}
    rules = [RomanceRules(language).rules for language in LANGUAGES.values() if language.written is not None]
    cuts = [build(tag) for tag in LANGUAGES for build in (boundaries._clause, boundaries._phrase)]
    return found | {pattern.pattern for pattern in patterns_in([*rules, *cuts])}


def test_no_compiled_pattern_repeats_a_group_possessively() -> None:
    patterns = all_patterns()
    assert len(patterns) > 100, "they are no longer found where this test looks"
    parser: Any = importlib.import_module("re._parser")
    wrong = {pattern: found for pattern in patterns if (found := list(possessive_groups(parser.parse(pattern))))}
    assert not wrong


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_source_writes_a_possessive_group(path: Path) -> None:
    """Patterns that only functions build are seen here."""
    tree = ast.parse(path.read_text())
    strings = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    assert not [text for text in strings if SOURCE.search(text)]


@pytest.mark.parametrize(
    "pattern", [r"a(?:b\d+)?+", r"a(?:b|cd)*+", r"(?:,\d{3})++", r"((?:ab)++)", r"(?=(?:ab){1,2}+)"]
)
def test_what_older_pythons_get_wrong_is_seen(pattern: str) -> None:
    parser: Any = importlib.import_module("re._parser")
    assert list(possessive_groups(parser.parse(pattern)))
    assert SOURCE.search(pattern)


@pytest.mark.parametrize("pattern", [r"a++", r"[ab]?+", r"\d{1,3}+", r"(?>(?:ab)*)", r"(?>\.\d++)?", r"(a++)+"])
def test_what_all_pythons_get_right_is_let_be(pattern: str) -> None:
    parser: Any = importlib.import_module("re._parser")
    assert not list(possessive_groups(parser.parse(pattern)))


@pytest.mark.parametrize(
    ("language", "text", "spoken"),
    [
        (
            "en-us",
            "He was 20. She was 30. They met in 1999.",
            "He was twenty. She was thirty. They met in nineteen ninety-nine.",
        ),
        (
            "en-gb",
            "It costs 1,234, or 5%. Then 20.",
            "It costs one thousand two hundred and thirty-four, or five per cent. Then twenty.",
        ),
        ("es", "Tenía 20. Ella, 30.", "Tenía veinte. Ella, treinta."),
        ("fr-fr", "Il avait 20. Elle, 30.", "Il avait vingt. Elle, trente."),
        ("it", "Aveva 20. Lei, 30.", "Aveva venti. Lei, trenta."),
        ("pt-br", "Tinha 20. Ela, 30.", "Tinha vinte. Ela, trinta."),
        ("hi", "वह 20. वह 30.", "वह बीस. वह तीस."),
    ],
)
def test_number_takes_no_stop_or_comma_with_it(language: str, text: str, spoken: str) -> None:
    assert normalize(text, language) == spoken
