"""Kokoro as a model for ONNX Runtime, exported from the stock package.

    python -m bench.export FOLDER MODEL

FOLDER: config.json and kokoro-v1_0.pth; MODEL: the file to write: input_ids (1, tokens with pads) int64, ref_s (1,
256), speed (1,) → waveform (samples,), durations. Needs the package onnx, which speechd does not.
"""

from __future__ import annotations

import argparse
import warnings
from pathlib import Path
from typing import Final

import torch
from kokoro.model import KModel, KModelForONNX

EXAMPLE_TOKENS: Final = 48


def export(folder: Path, model: Path) -> None:
    """Write `model`, of the weights in `folder`."""
    stock = KModel(
        repo_id="",
        config=str(folder / "config.json"),
        model=str(folder / "kokoro-v1_0.pth"),
        disable_complex=True,  # ONNX has no complex numbers: its STFT is then a convolution
    )
    example = (torch.ones(1, EXAMPLE_TOKENS, dtype=torch.int64), torch.zeros(1, 256), torch.ones(1))
    torch.onnx.export(
        KModelForONNX(stock.eval()),
        example,
        str(model),
        input_names=["input_ids", "ref_s", "speed"],
        output_names=["waveform", "durations"],
        dynamic_axes={"input_ids": {1: "tokens"}, "waveform": {0: "samples"}, "durations": {0: "tokens"}},
        opset_version=17,
        dynamo=False,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("model", type=Path)
    options = parser.parse_args()
    warnings.simplefilter("ignore")  # of the stock package's layers, and of shapes that are traced well enough
    export(options.folder, options.model)


if __name__ == "__main__":
    main()
