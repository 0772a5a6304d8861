"""What becomes of a command whose reader has left: `speechd voices | head`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from speechd.cli.exit_status import BROKEN_PIPE


def quietly(command: Callable[[], int]) -> int:
    """The status of a command; `BROKEN_PIPE`, without a word, where nobody reads on from its standard output."""
    try:
        try:
            return command()
        finally:
            if sys.stdout is not None:  # closed by whoever started us
                sys.stdout.flush()
    except BrokenPipeError:
        # Python flushes standard output once more when it exits, and would say that it failed.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
