"""The reference of all settings, as Markdown: docs/configuration.md."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Final

from speechd.config.options import Option, options_of
from speechd.config.settings import Settings

INTRODUCTION: Final = """\
# Configuration

This page is generated: `make docs` writes it.

An option can be set in three places. The first one that has it counts:

1. the command line: `speechd serve --max-in-flight 8`
2. the environment: `SPEECHD_MAX_IN_FLIGHT=8`
3. the settings file: `max_in_flight = 8`, in TOML. It is `~/.config/speechd/config.toml`, or what `SPEECHD_CONFIG`
   names. `speechd tune --write` writes the best number of workers and threads into it.

The tables give the name in the settings file. Names that end in `_s` are in seconds, those in `_bytes` in bytes. A list
is written with commas. Settings are read once, at the start. A value that is out of range stops the start, with a
message that names the option.
"""

UNITS: Final = ("", "KiB", "MiB", "GiB", "TiB")


def page() -> str:
    """The page."""
    groups = groupby(options_of(Settings), lambda option: option.group)
    sections = ["\n".join([f"## {group.capitalize()}\n", *_table(options)]) for group, options in groups]
    return "\n\n".join([INTRODUCTION.rstrip(), *sections]) + "\n"


def _table(options: Iterator[Option]) -> Iterator[str]:
    yield "| option | values | default | meaning |"
    yield "|---|---|---|---|"
    for option in options:
        former = f" (formerly `{option.former}`)" if option.former else ""
        yield f"| `{option.name}`{former} | {_values(option)} | {_default(option)} | {option.meaning} |"


def _values(option: Option) -> str:
    if option.choices:
        return ", ".join(f"`{choice}`" for choice in option.choices)
    if option.low is None:
        return {"TEXT": "text", "PATH": "path", "LIST": "list"}[option.metavar]
    low = _quantity(option, option.low)
    return f"{low} or more" if option.high is None else f"{low} to {_quantity(option, option.high)}"


def _default(option: Option) -> str:
    is_number = isinstance(option.default, int | float) and not option.auto
    return _quantity(option, option.default) if is_number else option.default_text


def _quantity(option: Option, value: float) -> str:
    if option.name.endswith("_bytes"):
        size, unit = value, 0
        while size >= 1024 and size % 1024 == 0:
            size, unit = size // 1024, unit + 1
        return f"{size:g} {UNITS[unit]}".strip()
    return f"{value:,.0f}" if value == int(value) and option.name != "port" else f"{value:g}"
