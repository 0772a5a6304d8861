"""The structures of csrc/convolution.h and csrc/text.h, field by field; what they mean is said there."""

from __future__ import annotations

import ctypes
from ctypes import Structure, c_double, c_int64, c_void_p
from functools import reduce
from typing import Final


class Convolution(Structure):
    """`Convolution` of csrc/convolution.h."""

    _fields_ = (
        *((name, c_void_p) for name in ("weight", "bias", "scale", "forward", "backward")),
        *(
            (name, c_int64)
            for name in ("inputs", "outputs", "taps", "groups", "step", "dilation", "activation", "parts", "fourier")
        ),
    )


class Call(Structure):
    """`Call` of csrc/convolution.h."""

    _fields_ = (
        *((name, c_void_p) for name in ("source", "scale", "shift", "residual", "out", "moments", "scratch")),
        *((name, c_int64) for name in ("rows", "accumulate", "threads")),
    )


class Product(Structure):
    """`Product` of csrc/convolution.h."""

    _fields_ = (
        *((name, c_void_p) for name in ("weight", "bias", "scale")),
        *((name, c_int64) for name in ("inputs", "outputs", "bfloat16", "matrix")),
    )


class ProductCall(Structure):
    """`ProductCall` of csrc/convolution.h."""

    _fields_ = (
        *((name, c_void_p) for name in ("source", "out", "scratch")),
        *((name, c_int64) for name in ("rows", "stride", "threads")),
    )


class Lstm(Structure):
    """`Lstm` of csrc/text.h."""

    _fields_ = (("weight", c_void_p), ("hidden", c_int64))


class LstmCall(Structure):
    """`LstmCall` of csrc/text.h."""

    _fields_ = (
        *((name, c_void_p) for name in ("source", "places", "cells", "out")),
        *((name, c_int64) for name in ("steps", "threads")),
    )


class AttentionCall(Structure):
    """`AttentionCall` of csrc/text.h."""

    _fields_ = (
        *((name, c_void_p) for name in ("source", "out", "scratch")),
        *((name, c_int64) for name in ("rows", "heads", "size", "threads")),
    )


class LayerNormCall(Structure):
    """`LayerNormCall` of csrc/text.h."""

    _fields_ = (
        *((name, c_void_p) for name in ("source", "residual", "gain", "offset", "out")),
        *((name, c_double) for name in ("epsilon", "slope")),
        *((name, c_int64) for name in ("rows", "channels", "threads")),
    )


class AdaptiveNormCall(Structure):
    """`AdaptiveNormCall` of csrc/text.h."""

    _fields_ = (
        *((name, c_void_p) for name in ("source", "gain", "offset", "upsampling", "spread", "out")),
        *((name, c_double) for name in ("epsilon", "slope")),
        *((name, c_int64) for name in ("rows", "channels", "threads")),
    )


class SpreadCall(Structure):
    """`SpreadCall` of csrc/text.h."""

    _fields_ = (
        *((name, c_void_p) for name in ("source", "moments", "out")),
        *((name, c_int64) for name in ("rows", "first", "end", "channels", "threads")),
    )


class AffineCall(Structure):
    """`AffineCall` of csrc/text.h."""

    _fields_ = (
        *((name, c_void_p) for name in ("spread", "gain", "offset", "out")),
        ("epsilon", c_double),
        ("channels", c_int64),
    )


ALL: Final = (
    *(Convolution, Call, Product, ProductCall, Lstm, LstmCall, AttentionCall, LayerNormCall, AdaptiveNormCall),
    *(SpreadCall, AffineCall),
)

LAYOUT: Final = reduce(lambda layout, kind: layout * 1009 + ctypes.sizeof(kind), ALL, 0) % 2**64 >> 1
"""The sizes of all structures as one number, which the library must confirm; `speechd_layout` of the kernels."""
