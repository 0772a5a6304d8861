"""What holds for all tests."""

from __future__ import annotations

import os

os.environ["TRITON_INTERPRET"] = "1"
"""Triton reads it when it is imported, which PyTorch may do: kernels are interpreted, and need no GPU."""
