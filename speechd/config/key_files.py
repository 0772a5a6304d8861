"""Files with API keys: those that clients may have, or the one that this server shows another."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any


def keys_in(path: Path) -> list[str]:
    """The keys of a file, parted by white space: one at least. Raises `ValueError` if it has none or cannot be read."""
    try:
        keys = path.read_text(encoding="utf-8").split()
    except (OSError, ValueError) as error:
        raise ValueError(f"cannot be read: {error}") from None
    if not keys:  # else a file that was emptied by mistake would open the server to everybody
        raise ValueError("holds no key")
    return keys


class InvalidKeys(ValueError):
    """There are to be keys, and are none. Its arguments: the option's name, its value, and what is wrong."""


def check_texts(texts: Mapping[str, str]) -> None:
    """Raise `InvalidKeys` for an empty text where keys were meant, as by `--api-keys "$UNSET"`. It would open the
    server to everybody."""
    for name in ("api_keys", "api_keys_file"):
        if texts.get(name) == "":
            raise InvalidKeys(name, "", "is blank")


def with_keys(values: dict[str, Any]) -> dict[str, Any]:
    """Parsed values of settings, with the keys that are in files. Raises `InvalidKeys`."""
    if values.get("api_keys") == ():
        raise InvalidKeys("api_keys", ",", "holds no key")
    if path := values.get("api_keys_file"):
        values["api_keys"] = (*values.get("api_keys", ()), *_of_option("api_keys_file", path))
    if path := values.get("overflow_api_key_file"):
        values["overflow_api_key"] = _of_option("overflow_api_key_file", path)[0]
    return values


def _of_option(name: str, path: Path) -> list[str]:
    try:
        return keys_in(path)
    except ValueError as error:
        raise InvalidKeys(name, path, error) from None
