"""How PyTorch multiplies on GPUs."""

from __future__ import annotations

import torch


def without_tf32() -> None:
    """Have float32 multiplied as float32, in the whole process.

    TF32, which is PyTorch's default for convolutions and LSTMs, moves the pitch by 10⁻³, and that is another waveform.
    """
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cuda.matmul.allow_tf32 = False
