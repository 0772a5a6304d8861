"""How deep the JSON may be that clients send."""

from __future__ import annotations

from typing import Any, Final

from speechd.errors import InvalidRequest

MAX_DEPTH: Final = 32
"""Levels of objects and arrays, the outermost included. Nothing that can be asked for is half as deep. What a parser
takes may be too deep for what Python does next: to compare it, to print it, to write it again."""


def check_depth(what: str, text: str | bytes, value: object) -> None:
    """Raise `InvalidRequest` if a value has too many levels. what: its name, which begins the error's message. text:
    what it was parsed from."""
    if _opened(text) > MAX_DEPTH and _is_deeper(value, MAX_DEPTH):
        raise InvalidRequest(f"{what} is nested more than {MAX_DEPTH} levels deep.", code="invalid_json")


def _opened(text: str | bytes) -> int:
    """How many objects and arrays a text of JSON may have: most have so few that they cannot be too deep."""
    return text.count("{") + text.count("[") if isinstance(text, str) else text.count(b"{") + text.count(b"[")


def _is_deeper(value: object, levels: int) -> bool:
    """Whether a JSON value has more levels of objects and arrays than these."""
    level: list[Any] = [value]
    for _ in range(levels + 1):
        level = [each for each in level if isinstance(each, dict | list)]
        if not level:
            return False
        level = [child for each in level for child in (each.values() if isinstance(each, dict) else each)]
    return True
