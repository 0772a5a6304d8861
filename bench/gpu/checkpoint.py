"""Makes a checkpoint's config and tensors with seeded random weights.

As `bench.checkpoint` does, but without the kokoro package, which a machine with a GPU need not have.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

import torch
from torch import Tensor

State = dict[str, dict[str, Tensor]]

STYLE: Final = 128
TOKENS: Final = 178
FRAMES_PER_PHONEME: Final = 2.9
PITCH_HZ: Final = 180.0

REAL: Final[dict[str, Any]] = {
    "istftnet": {
        "upsample_kernel_sizes": [20, 12],
        "upsample_rates": [10, 6],
        "gen_istft_hop_size": 5,
        "gen_istft_n_fft": 20,
        "resblock_dilation_sizes": [[1, 3, 5]] * 3,
        "resblock_kernel_sizes": [3, 7, 11],
        "upsample_initial_channel": 512,
    },
    "dropout": 0.2,
    "hidden_dim": 512,
    "max_dur": 50,
    "n_layer": 3,
    "n_mels": 80,
    "n_token": TOKENS,
    "style_dim": STYLE,
    "text_encoder_kernel_size": 5,
    "plbert": {
        "hidden_size": 768,
        "num_attention_heads": 12,
        "intermediate_size": 2048,
        "max_position_embeddings": 512,
        "num_hidden_layers": 12,
    },
    "vocab": {chr(0x250 + token): token for token in range(1, TOKENS)},
}

TINY: Final[dict[str, Any]] = {
    **REAL,
    "istftnet": {**REAL["istftnet"], "upsample_kernel_sizes": [4, 4], "upsample_rates": [2, 2]},
    "n_layer": 1,
    "plbert": {**REAL["plbert"], "hidden_size": 64, "num_attention_heads": 2, "intermediate_size": 128},
}
"""4 steps of each half frame instead of 60, and a small PL-BERT of two layers."""
TINY["plbert"]["num_hidden_layers"] = 2


class _Part:
    """Tensors of one part, initialised as PyTorch's modules are."""

    def __init__(self, generator: torch.Generator) -> None:
        self._generator = generator
        self.tensors: dict[str, Tensor] = {}

    def uniform(self, name: str, shape: Sequence[int], fan_in: int) -> Tensor:
        bound = 1 / math.sqrt(fan_in)
        self.tensors[name] = torch.rand(*shape, generator=self._generator) * (2 * bound) - bound
        return self.tensors[name]

    def normal(self, name: str, shape: Sequence[int], deviation: float) -> None:
        self.tensors[name] = torch.randn(*shape, generator=self._generator) * deviation

    def linear(self, name: str, inputs: int, outputs: int) -> None:
        self.uniform(f"{name}.weight".removeprefix("."), (outputs, inputs), inputs)
        self.uniform(f"{name}.bias".removeprefix("."), (outputs,), inputs)

    def norm(self, name: str, size: int, gain: str = "weight", offset: str = "bias") -> None:
        self.tensors[f"{name}.{gain}"] = torch.ones(size)
        self.tensors[f"{name}.{offset}"] = torch.zeros(size)

    def convolution(self, name: str, shape: Sequence[int], outputs: int | None = None) -> None:
        """With weight norm. shape: (out, in, taps), or of a transposed one (in, out, taps) and its outputs."""
        fan_in = shape[1] * shape[2]
        weight = self.uniform(f"{name}.weight_v", shape, fan_in)
        self.tensors[f"{name}.weight_g"] = weight.flatten(1).norm(dim=1)[:, None, None]
        self.uniform(f"{name}.bias", (outputs or shape[0],), fan_in)

    def plain_convolution(self, name: str, shape: Sequence[int]) -> None:
        self.uniform(f"{name}.weight", shape, shape[1] * shape[2])
        self.uniform(f"{name}.bias", shape[:1], shape[1] * shape[2])

    def lstm(self, name: str, inputs: int, hidden: int = 256) -> None:
        for direction in ("", "_reverse"):
            for kind, size in (("ih", inputs), ("hh", hidden)):
                self.uniform(f"{name}.weight_{kind}_l0{direction}", (4 * hidden, size), hidden)
                self.uniform(f"{name}.bias_{kind}_l0{direction}", (4 * hidden,), hidden)

    def block(self, name: str, inputs: int, outputs: int, *, doubles: bool = False) -> None:
        """An adaptive residual block."""
        self.convolution(f"{name}.conv1", (outputs, inputs, 3))
        self.convolution(f"{name}.conv2", (outputs, outputs, 3))
        self.linear(f"{name}.norm1.fc", STYLE, 2 * inputs)
        self.linear(f"{name}.norm2.fc", STYLE, 2 * outputs)
        if inputs != outputs:
            self.convolution(f"{name}.conv1x1", (outputs, inputs, 1))
            del self.tensors[f"{name}.conv1x1.bias"]
        if doubles:
            self.convolution(f"{name}.pool", (inputs, 1, 3))

    def snake_block(self, name: str, channels: int, taps: int, dilations: Sequence[int]) -> None:
        for index in range(len(dilations)):
            for half in (1, 2):
                self.convolution(f"{name}.convs{half}.{index}", (channels, channels, taps))
                self.linear(f"{name}.adain{half}.{index}.fc", STYLE, 2 * channels)
                self.tensors[f"{name}.alpha{half}.{index}"] = torch.ones(1, channels, 1)


def make(config: Mapping[str, Any], seed: int = 0) -> State:
    """The five state dicts. Phonemes last about `FRAMES_PER_PHONEME` frames and are voiced at about `PITCH_HZ`."""
    generator = torch.Generator().manual_seed(seed)
    parts = {name: _Part(generator) for name in ("bert", "bert_encoder", "predictor", "text_encoder", "decoder")}
    _albert(parts["bert"], config["plbert"])
    parts["bert_encoder"].linear("", config["plbert"]["hidden_size"], config["hidden_dim"])
    _predictor(parts["predictor"], config)
    _text_encoder(parts["text_encoder"], config["hidden_dim"])
    _decoder(parts["decoder"])
    _generator(parts["decoder"], config["istftnet"])
    return {name: part.tensors for name, part in parts.items()}


def voice_row(seed: int) -> Tensor:
    """A voice's row, (1, 2 x style size)."""
    return 0.1 * torch.randn(1, 2 * STYLE, generator=torch.Generator().manual_seed(seed))


def _albert(part: _Part, config: Mapping[str, Any]) -> None:
    hidden, embedding = config["hidden_size"], 128
    for name, size in (("word", TOKENS), ("position", config["max_position_embeddings"]), ("token_type", 2)):
        part.normal(f"embeddings.{name}_embeddings.weight", (size, embedding), 0.02)
    part.norm("embeddings.LayerNorm", embedding)
    layer = "encoder.albert_layer_groups.0.albert_layers.0"
    inner = config["intermediate_size"]
    products = {"encoder.embedding_hidden_mapping_in": (embedding, hidden), "pooler": (hidden, hidden)}
    products |= {f"{layer}.attention.{name}": (hidden, hidden) for name in ("query", "key", "value", "dense")}
    products |= {f"{layer}.ffn": (hidden, inner), f"{layer}.ffn_output": (inner, hidden)}
    for name, (inputs, outputs) in products.items():
        part.normal(f"{name}.weight", (outputs, inputs), 0.02)
        part.tensors[f"{name}.bias"] = torch.zeros(outputs)
    part.norm(f"{layer}.attention.LayerNorm", hidden)
    part.norm(f"{layer}.full_layer_layer_norm", hidden)


def _predictor(part: _Part, config: Mapping[str, Any]) -> None:
    hidden = config["hidden_dim"]
    for layer in range(config["n_layer"]):
        part.lstm(f"text_encoder.lstms.{2 * layer}", hidden + STYLE)
        part.linear(f"text_encoder.lstms.{2 * layer + 1}.fc", STYLE, 2 * hidden)
    part.lstm("lstm", hidden + STYLE)
    part.lstm("shared", hidden + STYLE)
    part.linear("duration_proj.linear_layer", hidden, config["max_dur"])
    part.normal("duration_proj.linear_layer.weight", (config["max_dur"], hidden), 0.003)
    share = FRAMES_PER_PHONEME / config["max_dur"]
    part.tensors["duration_proj.linear_layer.bias"].fill_(math.log(share / (1 - share)))
    for name in ("F0", "N"):
        part.block(f"{name}.0", hidden, hidden)
        part.block(f"{name}.1", hidden, hidden // 2, doubles=True)
        part.block(f"{name}.2", hidden // 2, hidden // 2)
        part.plain_convolution(f"{name}_proj", (1, hidden // 2, 1))
    part.tensors["F0_proj.weight"] *= 100
    part.tensors["F0_proj.bias"].fill_(PITCH_HZ)


def _text_encoder(part: _Part, hidden: int) -> None:
    part.normal("embedding.weight", (TOKENS, hidden), 1.0)
    for layer in range(3):
        part.convolution(f"cnn.{layer}.0", (hidden, hidden, 5))
        part.norm(f"cnn.{layer}.1", hidden, "gamma", "beta")
    part.lstm("lstm", hidden)


def _decoder(part: _Part) -> None:
    part.block("encode", 514, 1024)
    for index in range(3):
        part.block(f"decode.{index}", 1090, 1024)
    part.block("decode.3", 1090, 512, doubles=True)
    for name in ("F0_conv", "N_conv"):
        part.convolution(name, (1, 1, 3))
    part.convolution("asr_res.0", (64, 512, 1))


def _generator(part: _Part, config: Mapping[str, Any]) -> None:
    channels, bins = config["upsample_initial_channel"], config["gen_istft_n_fft"] + 2
    rates, sizes = config["upsample_rates"], config["resblock_kernel_sizes"]
    part.linear("generator.m_source.l_linear", 9, 1)
    for index, rate in enumerate(rates):
        out = channels // 2
        last = index == len(rates) - 1
        stride = math.prod(rates[index + 1 :])
        part.convolution(f"generator.ups.{index}", (channels, out, 2 * rate), out)
        part.plain_convolution(f"generator.noise_convs.{index}", (out, bins, 1 if last else 2 * stride))
        part.snake_block(f"generator.noise_res.{index}", out, 11 if last else 7, (1, 3, 5))
        for block, (taps, dilations) in enumerate(zip(sizes, config["resblock_dilation_sizes"], strict=True)):
            part.snake_block(f"generator.resblocks.{index * len(sizes) + block}", out, taps, dilations)
        channels = out
    part.convolution("generator.conv_post", (bins, channels, 7))
