"""`speechd download` and `speechd verify`: Kokoro's weights, fetched ahead of time or compared with the stock model."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from speechd.config import settings
from speechd.config.settings import Settings

if TYPE_CHECKING:
    from speechd.engines.kokoro.checkpoint import Checkpoint


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments of either command."""
    settings.add_flags(parser, groups=("engine", "log"))


def download(arguments: argparse.Namespace, loaded: Settings) -> int:
    """Fetch the weights, verify them, and print their folder; the exit status."""
    from speechd.engines.kokoro.download import download

    print(download(loaded.model_dir))
    return 0


def verify(arguments: argparse.Namespace, loaded: Settings) -> int:
    """Compare this server's model on the weights with the one that it must equal; 1 if they differ.

    The CPU's model is compared with the stock `kokoro` package, the GPU's with the CPU's.
    """
    from speechd.engines.kokoro.download import locate
    from speechd.engines.kokoro.load import resolve

    weights = locate(loaded.model_dir)
    return (_verify_gpu if resolve(loaded.device) == "cuda" else _verify_cpu)(weights, loaded.dtype)


def _verify_cpu(weights: Checkpoint, dtype: str) -> int:
    from speechd.engines.kokoro.checkpoint import MODEL
    from speechd.engines.kokoro.verify import exactness_db, verify

    exact = True
    for comparison in verify(weights.config(), weights.folder / MODEL, weights.packs(4), dtype):
        print(comparison, flush=True)
        exact = exact and comparison.exact(exactness_db(dtype))
    print(f"The CPU's model {'is' if exact else 'is NOT'} the same function as the stock package, in {dtype}.")
    return 0 if exact else 1


def _verify_gpu(weights: Checkpoint, dtype: str) -> int:
    from speechd.engines.kokoro.gpu.gpu_model import batch_model
    from speechd.engines.kokoro.gpu.verify import exactness_db, verify

    config, state = weights.config(), weights.state()
    exact = True
    for comparison in verify(config, state, weights.packs(4), batch_model(config, state, dtype)):
        print(comparison, flush=True)
        exact = exact and comparison.exact(exactness_db(dtype))
    print(f"The GPU's model {'is' if exact else 'is NOT'} the same function as the CPU's, in {dtype}.")
    return 0 if exact else 1
