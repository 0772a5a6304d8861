"""What holds for all tests."""

from __future__ import annotations

import os

# Triton reads it when it is imported, which PyTorch may do: kernels are interpreted then, and need no GPU.
os.environ["TRITON_INTERPRET"] = "1"
