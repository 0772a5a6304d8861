"""`speechd download` and `speechd verify`: Kokoro's weights, fetched ahead of time or compared with the stock model."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Final

from speechd.config import settings
from speechd.config.settings import Settings

if TYPE_CHECKING:
    from speechd.engines.kokoro.checkpoint import Checkpoint

LISTEN_VOICES: Final = 3
"""Voices of which `verify --listen` writes files."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments of either command."""
    settings.add_flags(parser, groups=("engine", "log"))


def add_verify_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the arguments of `verify`."""
    parser.add_argument(
        "--listen",
        type=Path,
        metavar="DIR",
        help="write pairs of WAV files there: passages whole, and in windows (CPU)",
    )
    add_arguments(parser)


def download(arguments: argparse.Namespace, loaded: Settings) -> int:
    """Fetch the weights, verify them, and print their folder; the exit status."""
    from speechd.engines.kokoro.download import download

    print(download(loaded.model_dir))
    return 0


def verify(arguments: argparse.Namespace, loaded: Settings) -> int:
    """Compare this server's model on the weights with the one that it must equal; 1 if they differ.

    The CPU's model is compared with the stock `kokoro` package, and its windows with whole passages; the GPU's with
    the CPU's.
    """
    from speechd.engines.kokoro.download import locate
    from speechd.engines.kokoro.load import resolve

    weights = locate(loaded.model_dir)
    if resolve(loaded.device) == "cuda":
        return _verify_gpu(weights, loaded.dtype)
    status = max(_verify_cpu(weights, loaded.dtype), _verify_windows(weights, loaded.dtype))
    if arguments.listen is not None:
        _write_pairs(weights, loaded, arguments.listen)
    return status


def _verify_cpu(weights: Checkpoint, dtype: str) -> int:
    from speechd.engines.kokoro.checkpoint import MODEL
    from speechd.engines.kokoro.verify import exactness_db, verify

    exact = True
    for comparison in verify(weights.config(), weights.folder / MODEL, weights.packs(4), dtype):
        print(comparison, flush=True)
        exact = exact and comparison.exact(exactness_db(dtype))
    print(f"The CPU's model {'is' if exact else 'is NOT'} the same function as the stock package, in {dtype}.")
    return 0 if exact else 1


def _verify_windows(weights: Checkpoint, dtype: str) -> int:
    from speechd.engines.kokoro import cpu
    from speechd.engines.kokoro.verify import exactness_db
    from speechd.engines.kokoro.verify_windows import verify_windows

    config = weights.config()
    exact = True
    for comparison in verify_windows(cpu.load(config, weights.state(), dtype), config, weights.packs(2)):
        print(comparison, flush=True)
        exact = exact and comparison.exact(exactness_db(dtype))
    print(
        f"Windows {'are' if exact else 'are NOT'} the same function as whole passages, but for the norms' statistics."
    )
    return 0 if exact else 1


def _write_pairs(weights: Checkpoint, loaded: Settings, folder: Path) -> None:
    from dataclasses import replace

    from speechd.engines.base import EngineOptions
    from speechd.engines.kokoro.engine import WindowedKokoroEngine
    from speechd.engines.kokoro.listen import write_pairs

    options = replace(EngineOptions.of(loaded), device="cpu")
    engine = WindowedKokoroEngine(weights, options)
    engine.start(loaded.threads * loaded.workers)
    catalogue = engine.voices()
    voices = [
        catalogue.parse(voice.id) for voice in catalogue if voice.language == "en-us" and weights.has_pack(voice.id)
    ]
    for path in write_pairs(engine, voices[:LISTEN_VOICES], folder):
        print(path, flush=True)


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
