"""The extras of the package: which of them are installed."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Final

import pytest

MODULES: Final = {"ja": "pyopenjtalk", "zh": "jieba"}
"""A module of each extra, called after its language."""


def require_reader(language: str) -> None:
    """Skip the test where the extra of a language is not installed.

    Where it is, whatever fails is a failure: packages that warn, or fail on this Python, are no reason to skip.
    """
    module = MODULES.get(language)
    if module and find_spec(module) is None:
        pytest.skip(f"the extra `{language}` is not installed")
