"""The operations of `ops` by compiled kernels (csrc).

Convolutions go by way of a transform of short tiles: Winograd's (see `winograd`), or the Fourier transform with its
overlapping tiles (overlap-save).
"""

from __future__ import annotations

import ctypes
import importlib.util
import zlib
from ctypes import POINTER, c_int64, c_void_p
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from speechd.engines.kokoro.cpu import structures, three_bytes, winograd
from speechd.engines.kokoro.cpu.ops import Activation, kernel_threads
from speechd.engines.kokoro.cpu.pages import pages
from speechd.engines.kokoro.cpu.structures import LAYOUT

SOURCES: Final = Path(__file__).with_name("csrc")
"""What the kernels are built from, in a checkout."""
LIBRARY: Final = "speechd.engines.kokoro.cpu._kernels"
BUILD: Final = "install speechd again where there is a C++ compiler; in a checkout: `make kernels`"
DEPTH: Final = 32
"""Input channels that lie together; `kDepth` of the kernels."""
GROUPED: Final = 6
"""Taps of each group of a kernel too long for one transform; there are then as many outputs."""
EXACT_PARTS: Final = 3
"""bfloat16 numbers, of 8 bits each, whose sum is a float32."""
CLOSE_PARTS: Final = 2
"""The same for 16 of its 24 bits, in half the products."""
FOURIER_SIZE: Final = 32
"""Rows of a tile of the Fourier transform; `kFourierSize` of the kernels."""
FOURIER_TAPS: Final = (7, 11)
"""Taps for which bfloat16 and Fourier's transform are faster than float32 and Winograd's: 1.4 and 2 times as fast. With
3 taps they are as fast, and less exact."""
OUTPUTS: Final = {3: 9, 7: 5, 11: GROUPED}
"""Outputs of one transform for each number of taps that the kernels know."""


FUNCTIONS: Final = (
    ("speechd_matrix", (), c_int64),
    ("speechd_bfloat16", (), c_int64),
    ("speechd_width", (), c_int64),
    ("speechd_scratch_bytes", (POINTER(structures.Convolution),), c_int64),
    ("speechd_product_bytes", (POINTER(structures.Product), POINTER(structures.ProductCall)), c_int64),
    ("speechd_attention_bytes", (POINTER(structures.AttentionCall),), c_int64),
    ("speechd_convolve", (POINTER(structures.Convolution), POINTER(structures.Call)), None),
    ("speechd_multiply", (POINTER(structures.Product), POINTER(structures.ProductCall)), None),
    ("speechd_lstm", (POINTER(structures.Lstm), POINTER(structures.LstmCall)), None),
    ("speechd_attention", (POINTER(structures.AttentionCall),), None),
    ("speechd_layer_norm", (POINTER(structures.LayerNormCall),), None),
    ("speechd_adaptive_norm", (POINTER(structures.AdaptiveNormCall),), None),
    ("speechd_spread", (POINTER(structures.SpreadCall),), None),
    ("speechd_affine", (POINTER(structures.AffineCall),), None),
    ("speechd_gelu", (c_void_p, c_int64, c_int64), None),
)
"""Functions of the kernels whose last argument is the instruction set: arguments before it, and result."""


class NotBuilt(Exception):
    """The kernels were not compiled when speechd was installed, or not for this machine."""


class Kernels:
    """The library, with the instruction set it shall use and the scratch memory that its threads share."""

    def __init__(self, isa: int | None = None, close: bool = False) -> None:
        """isa: 0 for what every machine has up to the best of this one, which is the default. Raises NotBuilt.

        close: whether to multiply less exactly, where this machine is faster so.
        """
        library = _library()
        self._library = library
        best = library.speechd_isa()  # always asked: it gets the matrix unit from the system
        self.isa: int = best if isa is None else isa
        self.matrix: bool = library.speechd_matrix(self.isa) == 1
        self.close = close and (self.matrix or library.speechd_bfloat16(self.isa) == 1)
        self.width: int = library.speechd_width(self.isa)
        self._scratch = torch.empty(0, dtype=torch.uint8)

    @property
    def parts(self) -> int:
        """bfloat16 numbers that a weight is split into for a matrix unit; 0 without one."""
        return (CLOSE_PARTS if self.close else EXACT_PARTS) if self.matrix else 0

    def convolve(self, convolution: structures.Convolution, call: structures.Call) -> None:
        """Run `call`, whose scratch and threads are set here, on as many threads as PyTorch uses."""
        call.threads = kernel_threads()
        call.scratch = self._room(call.threads * self._library.speechd_scratch_bytes(convolution, self.isa))
        self._library.speechd_convolve(convolution, call, self.isa)

    def multiply(self, product: structures.Product, call: structures.ProductCall) -> None:
        """See `convolve`."""
        call.threads = kernel_threads()
        call.scratch = self._room(self._library.speechd_product_bytes(product, call, self.isa))
        self._library.speechd_multiply(product, call, self.isa)

    def recur(self, lstm: structures.Lstm, call: structures.LstmCall) -> None:
        """See `convolve`."""
        call.threads = kernel_threads()
        self._library.speechd_lstm(lstm, call, self.isa)

    def attend(self, call: structures.AttentionCall) -> None:
        """See `convolve`."""
        call.threads = kernel_threads()
        call.scratch = self._room(self._library.speechd_attention_bytes(call, self.isa))
        self._library.speechd_attention(call, self.isa)

    def layer_norm(self, call: structures.LayerNormCall) -> None:
        """See `convolve`."""
        call.threads = kernel_threads()
        self._library.speechd_layer_norm(call, self.isa)

    def adaptive_norm(self, call: structures.AdaptiveNormCall) -> None:
        """See `convolve`."""
        call.threads = kernel_threads()
        self._library.speechd_adaptive_norm(call, self.isa)

    def spread(self, call: structures.SpreadCall) -> None:
        """See `convolve`."""
        call.threads = kernel_threads()
        self._library.speechd_spread(call, self.isa)

    def affine(self, call: structures.AffineCall) -> None:
        """Run `call`."""
        self._library.speechd_affine(call, self.isa)

    def gelu(self, rows: Tensor) -> None:
        """Apply it to rows in place, on as many threads as PyTorch uses."""
        self._library.speechd_gelu(rows.data_ptr(), rows.numel(), kernel_threads(), self.isa)

    def _room(self, size: int) -> int:
        """Address of scratch memory."""
        if len(self._scratch) < size:
            self._scratch = pages(size)
        return self._scratch.data_ptr()


def _library() -> ctypes.CDLL:
    """The kernels, their functions declared. Raises NotBuilt."""
    spec = importlib.util.find_spec(LIBRARY)
    if spec is None or spec.origin is None:
        raise NotBuilt(BUILD)
    try:
        library = ctypes.CDLL(spec.origin)
        library.speechd_layout.restype = library.speechd_sources.restype = c_int64
        layout, sources = library.speechd_layout(), library.speechd_sources()
    except (OSError, AttributeError) as error:
        raise NotBuilt(str(error)) from error
    if layout != LAYOUT or (SOURCES.exists() and sources != _checksum(SOURCES)):
        raise NotBuilt(f"they are of another version: {BUILD}")
    for name, arguments, result in FUNCTIONS:
        function = getattr(library, name)  # library[name] would be another object each time
        function.argtypes, function.restype = [*arguments, c_int64], result
    return library


def _checksum(folder: Path) -> int:
    """As setup.py writes it into the kernels: the same numbers in the same places may mean something else by now."""
    return zlib.crc32(b"".join(path.read_bytes() for path in sorted(folder.glob("*.[chi]*"))))


def supports(weight: Tensor) -> bool:
    """Whether the kernels know convolutions of this shape (out, in, taps)."""
    return weight.shape[2] in OUTPUTS and weight.shape[1] % DEPTH == 0


class CompiledConvolution:
    """The convolution by the compiled kernels; see `ops.Convolution`."""

    def __init__(self, weight: Tensor, bias: Tensor, dilation: int, activation: Activation, kernels: Kernels) -> None:
        """weight (out, in, taps) that `supports`, bias (out,), float32."""
        outputs, inputs, taps = weight.shape
        fourier = kernels.close and not kernels.matrix and taps in FOURIER_TAPS
        form = _fourier(weight, kernels) if fourier else _winograd(weight, kernels)
        self._kernels = kernels
        self._outputs = outputs
        self._held = form, functional.pad(bias, (0, -outputs % kernels.width))
        self._prepared = structures.Convolution(
            *(tensor.data_ptr() for tensor in (form.weight, self._held[1], form.scale, form.forward, form.backward)),
            *(inputs, outputs, taps, form.groups, form.step, dilation, int(activation), form.parts, fourier),
        )

    def __call__(
        self,
        source: Tensor,
        affine: tuple[Tensor, Tensor],
        out: Tensor,
        residual: Tensor | None = None,
        accumulate: bool = False,
    ) -> Tensor:
        scale, shift = affine
        moments = torch.empty(2, self._outputs, dtype=torch.float64)
        call = structures.Call(
            source=source.data_ptr(),
            scale=scale.data_ptr(),
            shift=shift.data_ptr(),
            residual=None if residual is None else residual.data_ptr(),
            out=out.data_ptr(),
            moments=moments.data_ptr(),
            rows=len(source),
            accumulate=int(accumulate),
        )
        self._kernels.convolve(self._prepared, call)
        return moments


@dataclass(frozen=True, slots=True)
class _Form:
    """Weights as the kernels read them (csrc/convolution.h), and the matrices of Winograd's transforms, empty for none.

    scale: factors of the weights in three bytes, empty for others; step: results of a transform; groups: of taps;
    parts: bfloat16 numbers that make a weight, 0 for float32.
    """

    weight: Tensor
    scale: Tensor
    forward: Tensor
    backward: Tensor
    step: int
    groups: int
    parts: int


def _winograd(weight: Tensor, kernels: Kernels) -> _Form:
    """Winograd's convolution by weight (out, in, taps)."""
    outputs, inputs, taps = weight.shape
    step = OUTPUTS[taps]
    group = min(taps, len(winograd.POINTS) + 1 - step)
    groups = -(-taps // group)
    matrices = winograd.transform(step, group)
    padded = functional.pad(weight.double(), (0, groups * group - taps, 0, 0, 0, -outputs % kernels.width))
    split = padded.view(-1, kernels.width, inputs // DEPTH, DEPTH, groups, group)
    packed, scale = torch.einsum("owidgt,pt->opigdw", split, torch.from_numpy(matrices.weights)), torch.empty(0)
    if kernels.parts:
        factors = three_bytes.factors(packed.abs().amax(dim=(2, 3, 4), keepdim=True))
        packed = three_bytes.packed(packed, factors)
        scale = (factors[:, :, 0, 0, 0] / 256).transpose(0, 1).contiguous()  # point, panel, of the panel
    forward, backward = (
        torch.from_numpy(matrix).float().contiguous() for matrix in (matrices.forward, matrices.backward)
    )
    weights = packed if kernels.parts else packed.float()
    return _Form(weights.contiguous(), scale, forward, backward, step, groups, kernels.parts)


def _fourier(weight: Tensor, kernels: Kernels) -> _Form:
    """The convolution by weight (out, in, taps) by way of the Fourier transform, its spectra in bfloat16."""
    outputs, inputs, taps = weight.shape
    lanes = kernels.width // 2
    padded = functional.pad(weight.double(), (0, 0, 0, 0, 0, -outputs % lanes))
    # The conjugate: what is wanted is the correlation. The inverse transform divides by its size.
    spectra = torch.view_as_real(torch.fft.rfft(padded, FOURIER_SIZE).conj().resolve_conj() / FOURIER_SIZE)
    split = spectra.view(-1, lanes, inputs // DEPTH, DEPTH // 2, 2, FOURIER_SIZE // 2 + 1, 2)
    packed = split.permute(0, 5, 2, 3, 6, 1, 4)  # panel, frequency, ..., real or imaginary, lane, of the word
    none = torch.empty(0)
    return _Form(packed.bfloat16().contiguous(), none, none, none, FOURIER_SIZE + 1 - taps, 1, 0)
