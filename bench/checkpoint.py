"""Makes a checkpoint in the layout of Kokoro's release, with seeded random weights: small for tests,
real in size for benchmarks.

    python -m bench.checkpoint FOLDER [--real]
"""

from __future__ import annotations

import argparse
import io
import json
import math
from pathlib import Path
from typing import Any

import torch
from kokoro.model import KModel

from speechd.engines.kokoro.checkpoint import CONFIG, MODEL, PACK_SHAPE, PARTS
from speechd.engines.kokoro.voices import IDS

# The release's vocabulary: runs of phonemes with consecutive ids, by the first id.
RUNS = {
    1: ";:,.!?",
    9: '—…"()“” \u0303ʣʥʦʨᵝ\uab67AI',
    31: "O",
    33: "Q",
    35: "ST",
    39: "W",
    41: "Yᵊabcdef",
    50: "hijklmnopqrstuvwxyzɑɐɒæ",
    75: "βɔɕç",
    80: "ɖðʤə",
    85: "ɚɛɜ",
    90: "ɟ",
    92: "ɡ",
    99: "ɥ",
    101: "ɨɪʝ",
    110: "ɯɰŋɳɲɴø",
    118: "ɸθœ",
    123: "ɹ",
    125: "ɾɻ",
    128: "ʁɽʂʃʈʧ",
    135: "ʊʋ",
    138: "ʌ",
    139: "ɣɤ",
    142: "χʎ",
    147: "ʒʔ",
    156: "ˈˌː",
    162: "ʰ",
    164: "ʲ",
    169: "↓",
    171: "→↗↘",
    177: "ᵻ",
}

REAL: dict[str, Any] = {
    "istftnet": {
        "upsample_kernel_sizes": [20, 12],
        "upsample_rates": [10, 6],
        "gen_istft_hop_size": 5,
        "gen_istft_n_fft": 20,
        "resblock_dilation_sizes": [[1, 3, 5], [1, 3, 5], [1, 3, 5]],
        "resblock_kernel_sizes": [3, 7, 11],
        "upsample_initial_channel": 512,
    },
    "dim_in": 64,
    "dropout": 0.2,
    "hidden_dim": 512,
    "max_conv_dim": 512,
    "max_dur": 50,
    "multispeaker": True,
    "n_layer": 3,
    "n_mels": 80,
    "n_token": 178,
    "style_dim": 128,
    "text_encoder_kernel_size": 5,
    "plbert": {
        "hidden_size": 768,
        "num_attention_heads": 12,
        "intermediate_size": 2048,
        "max_position_embeddings": 512,
        "num_hidden_layers": 12,
        "dropout": 0.1,
    },
    "vocab": {phoneme: first + offset for first, run in RUNS.items() for offset, phoneme in enumerate(run)},
}

# The package fixes most widths whatever the configuration says: the decoder's, and a style of 128, where it cuts a row.
SMALL: dict[str, Any] = {
    **REAL,
    "istftnet": {**REAL["istftnet"], "resblock_kernel_sizes": [3], "resblock_dilation_sizes": [[1, 3, 5]]},
    "n_layer": 1,
    "dropout": 0.0,
    "plbert": {
        **REAL["plbert"],
        "hidden_size": 32,
        "num_attention_heads": 2,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
    },
}

FRAMES_PER_PHONEME = 2.9
PITCH_HZ = 180.0


def make(folder: Path, *, real: bool = False, seed: int = 0, voices: tuple[str, ...] = IDS) -> Path:
    """A checkpoint in `folder`. Phonemes last about `FRAMES_PER_PHONEME` frames and are voiced at about `PITCH_HZ`."""
    config = REAL if real else SMALL
    (folder / "voices").mkdir(parents=True, exist_ok=True)
    (folder / CONFIG).write_text(json.dumps(config), encoding="utf-8")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        nothing = io.BytesIO()
        torch.save({}, nothing)
        nothing.seek(0)
        model = KModel(repo_id="", config=config, model=nothing)
        with torch.no_grad():
            duration = model.predictor.duration_proj.linear_layer
            duration.weight.mul_(0.05)
            share = FRAMES_PER_PHONEME / config["max_dur"]
            duration.bias.fill_(math.log(share / (1 - share)))
            model.predictor.F0_proj.weight.mul_(100)
            model.predictor.F0_proj.bias.fill_(PITCH_HZ)
        # The release was saved from DataParallel, which puts this before every name.
        state = {
            part: {f"module.{name}": tensor for name, tensor in getattr(model, part).state_dict().items()}
            for part in PARTS
        }
        torch.save(state, folder / MODEL)
        for voice in voices:
            torch.save(0.1 * torch.randn(PACK_SHAPE), folder / "voices" / f"{voice}.pt")
    return folder


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--real", action="store_true", help="the release's dimensions (330 MB)")
    arguments = parser.parse_args()
    print(make(arguments.folder, real=arguments.real))
