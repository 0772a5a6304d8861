"""`speechd download` and `speechd verify`: Kokoro's weights, fetched ahead of time or compared with the stock model."""

from __future__ import annotations

import argparse

from speechd.config import settings
from speechd.config.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments of either command."""
    settings.add_flags(parser, groups=("engine", "log"))


def download(arguments: argparse.Namespace, loaded: Settings) -> int:
    """Fetch the weights, verify them, and print their folder; the exit status."""
    from speechd.engines.kokoro.download import download

    print(download(loaded.model_dir))
    return 0


def verify(arguments: argparse.Namespace, loaded: Settings) -> int:
    """Compare this server's model with the stock `kokoro` package on the weights; 1 if they differ."""
    from speechd.engines.kokoro.checkpoint import MODEL
    from speechd.engines.kokoro.download import locate
    from speechd.engines.kokoro.verify import exactness_db, verify

    weights = locate(loaded.model_dir)
    exact = True
    for comparison in verify(weights.config(), weights.folder / MODEL, weights.packs(4), loaded.dtype):
        print(comparison, flush=True)
        exact = exact and comparison.exact(exactness_db(loaded.dtype))
    print(f"The fast model {'is' if exact else 'is NOT'} the same function as the stock package, in {loaded.dtype}.")
    return 0 if exact else 1
