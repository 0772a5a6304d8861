"""What `speechd say` is to speak: words of the command line, a file, or standard input."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from speechd.errors import InvalidRequest

FILE_NAME: Final = re.compile(
    r"\S+\.(?:txt|text|md|markdown|rst|ssml|xml|html?|srt|vtt|tex|epub|pdf|docx?|odt|rtf)", re.I
)
"""A single argument that names a file to whoever wrote it, whether there is one or not. Nobody wants to hear "book dot
t x t"."""

NO_TEXT: Final = "holds no text in UTF-8: convert it first (pdftotext, pandoc, iconv)"


def read_text(words: Sequence[str], file: Path | None) -> str:
    """The text: that of `file` or of a single argument that names one, else the words; without any, standard input.

    Raises `InvalidRequest` for a file that cannot be read, or holds no text.
    """
    if file is not None and words:
        raise InvalidRequest("--file takes the place of the text: give one of them")
    if file is None and not words:
        if sys.stdin.isatty():
            print("speechd: reading from the terminal; Ctrl-D ends the text", file=sys.stderr)
        return sys.stdin.read()
    path = file or _file_named(words)
    return " ".join(words) if path is None else _content(path)


def _file_named(words: Sequence[str]) -> Path | None:
    """The file that a single argument names. Raises `InvalidRequest` for one that looks so, and does not exist."""
    if len(words) != 1:
        return None
    [name] = words
    try:
        exists = Path(name).exists() and not Path(name).is_dir()
    except (OSError, ValueError):  # longer than a path may be, or with a null character
        exists = False
    if exists:
        print(f"speechd: reading {name}", file=sys.stderr)
        return Path(name)
    if FILE_NAME.fullmatch(name):
        raise InvalidRequest(f"there is no file {name!r}; to speak its name, write it into a sentence")
    return None


def _content(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InvalidRequest(f"{str(path)!r} cannot be read: {error.strerror}") from None
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        raise InvalidRequest(f"{str(path)!r} {NO_TEXT}") from None
    if "\0" in text:
        raise InvalidRequest(f"{str(path)!r} {NO_TEXT}")
    return text
