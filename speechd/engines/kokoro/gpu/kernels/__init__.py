"""Kokoro's operations as kernels, written in Triton: convolutions, LSTM, attention and Fourier transforms."""
