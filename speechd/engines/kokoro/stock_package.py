"""The stock `kokoro` package, which a server on a CPU or CUDA does without: it brings transformers and phonemizer."""

from __future__ import annotations

from typing import Any, Final

from speechd.errors import EngineUnavailable

# kokoro bars Python 3.13 in its metadata only. Its other needs are this package's own.
INSTALL: Final = (
    "pip install --no-deps --ignore-requires-python kokoro==0.9.4 && pip install loguru phonemizer-fork transformers"
)


def stock_model_class() -> Any:
    """`kokoro.KModel`. Its import takes seconds. Raises `EngineUnavailable` where it is not installed."""
    try:
        from kokoro.model import KModel
    except ImportError as error:
        raise EngineUnavailable(
            f"The stock kokoro package is not installed ({error}). In a checkout: `make verify`; elsewhere: {INSTALL}"
        ) from error
    return KModel
