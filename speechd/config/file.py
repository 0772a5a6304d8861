"""The settings file: options by name in TOML (`workers = 4`). `Settings.load` reads it, `speechd tune` can write it."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Final

VARIABLE: Final = "SPEECHD_CONFIG"
"""Environment variable with the file's path."""


def locate(environ: Mapping[str, str]) -> Path | None:
    """Path of the file, whether it exists or not: `SPEECHD_CONFIG`, or speechd/config.toml in the user's configuration
    folder (XDG Base Directory Specification). None where the environment names no such folder either."""
    if path := environ.get(VARIABLE):
        return Path(path)
    if folder := environ.get("XDG_CONFIG_HOME"):
        return Path(folder, "speechd", "config.toml")
    if home := environ.get("HOME"):
        return Path(home, ".config", "speechd", "config.toml")
    return None


def read(environ: Mapping[str, str], known: Collection[str]) -> dict[str, str]:
    """Options in the file, as text by name. An absent file is an empty one unless `SPEECHD_CONFIG` names it.

    Raises `ValueError` if the file cannot be read, or has a name that is not `known`.
    """
    path = locate(environ)
    if path is None or not (path.exists() or environ.get(VARIABLE)):
        return {}
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(f"{path} cannot be read: {error}") from None
    for name, value in values.items():
        if name not in known or isinstance(value, dict):
            raise ValueError(f"{path}: there is no option '{name}'")
    return {name: _text(value) for name, value in values.items()}


def write(path: Path, values: Mapping[str, int]) -> None:
    """Set options in the file and leave the rest of it as it is. The file is replaced, never half written."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    for name, value in values.items():
        line = f"{name} = {value}"
        text, found = re.subn(rf"^[ \t]*{name}[ \t]*=.*$", line, text, count=1, flags=re.MULTILINE)
        if not found:
            text = f"{text.rstrip()}\n{line}\n".lstrip()
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


def _text(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
