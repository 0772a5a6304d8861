"""Files with API keys: those that clients may have, or the one that this server shows another."""

from __future__ import annotations

from pathlib import Path


def keys_in(path: Path) -> list[str]:
    """The keys of a file, parted by white space: one at least. Raises `ValueError` if it has none or cannot be read."""
    try:
        keys = path.read_text(encoding="utf-8").split()
    except (OSError, ValueError) as error:
        raise ValueError(f"cannot be read: {error}") from None
    if not keys:  # else a file that was emptied by mistake would open the server to everybody
        raise ValueError("holds no key")
    return keys
