"""`python -m speechd.engines.kokoro.gpu.compile MODEL FOLDER`: compile a model's kernels where there is no GPU."""

from __future__ import annotations

import argparse
import json
import logging
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from speechd.engines.kokoro.gpu.kernels.compilation import Usage, write_file
from speechd.engines.kokoro.gpu.kernels.configuration import SHARED
from speechd.engines.kokoro.gpu.kernels.operations import KernelOperations
from speechd.engines.kokoro.gpu.kernels.recording import Recording, Variant
from speechd.engines.kokoro.gpu.model import BatchModel
from speechd.engines.kokoro.gpu.text import EncodedText
from speechd.engines.kokoro.model import ModelInput

log = logging.getLogger(__name__)

TOKENS = 8
"""Of the segment with which the kernels are found. Any number has the same kernels."""

FRAMES = 16


def record(
    config: Mapping[str, Any], state: Mapping[str, Mapping[str, Tensor]], architecture: int, exact: bool
) -> Recording:
    """What the kernels of a whole synthesis are. config, state: as for `BatchModel`."""
    recording = Recording()
    operations = KernelOperations("cpu", exact=exact, launch=recording, shared=SHARED[architecture])
    model = BatchModel(config, state, operations)
    style = np.zeros(2 * model.style_size, np.float32)
    segment = ModelInput(1.0, 0, style, np.zeros(TOKENS, np.uint16))
    text, tokens = model.text_inputs([segment])
    # No kernel has run, so these numbers mean nothing; only their shapes count.
    encoded = _zeros(model.encode(text))
    speech = model.speech_inputs([segment], encoded, tokens, model.pack([FRAMES]))
    model.speak(speech)
    return recording


def _zeros(encoded: EncodedText) -> EncodedText:
    return replace(
        encoded,
        durations=torch.zeros_like(encoded.durations),
        prosody=torch.zeros_like(encoded.prosody),
        text=torch.zeros_like(encoded.text),
    )


def main() -> None:
    """Write one file for each architecture, and log what each kernel takes."""
    arguments = _arguments()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    config = json.loads(next(arguments.model.glob("*.json")).read_text(encoding="utf-8"))
    state = torch.load(next(arguments.model.glob("*.pth")), map_location="cpu", weights_only=True)
    arguments.folder.mkdir(parents=True, exist_ok=True)
    for architecture in arguments.architecture or SHARED:
        variants: dict[Variant, None] = {}
        for exact in (True, False):
            variants |= dict.fromkeys(record(config, state, architecture, exact))
        for variant, usage in write_file(list(variants), architecture, arguments.folder, arguments.jobs).items():
            log.info("%s", _line(architecture, variant, usage))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Compile the kernels of a Kokoro checkpoint for GPUs.")
    parser.add_argument("model", type=Path, help="folder with config.json and the weights")
    parser.add_argument("folder", type=Path, help="where the compiled kernels go")
    parser.add_argument(
        "--architecture", type=int, action="append", metavar="N", help="compute capability x 10; may be repeated"
    )
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="kernels that are compiled at once")
    return parser.parse_args()


def _line(architecture: int, variant: Variant, usage: Usage) -> str:
    shape = " ".join(f"{name}={value}" for name, value in variant.constants)
    return (
        f"sm_{architecture} {variant.name}: {usage.registers} registers, {usage.stack} bytes of stack, "
        f"{usage.shared} bytes shared; {variant.resources.warps} warps; {shape}"
    )


if __name__ == "__main__":
    main()
