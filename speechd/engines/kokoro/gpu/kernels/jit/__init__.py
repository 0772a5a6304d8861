"""Kernels in Triton's language; the host's side of each is in the folder above."""
