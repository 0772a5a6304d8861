"""Exit statuses of the command line, besides 0 and 1."""

from __future__ import annotations

from typing import Final

WRONG_CALL: Final = 2
"""The command was called wrongly."""

INTERRUPTED: Final = 130
"""Ctrl-C, as of shells: 128 + SIGINT."""

BROKEN_PIPE: Final = 141
"""Nobody reads what is printed, as of programs that the signal ends: 128 + SIGPIPE."""
