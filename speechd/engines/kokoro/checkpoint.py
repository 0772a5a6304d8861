"""Kokoro's weights: a folder in the layout of the release.

config.json   kokoro-v1_0.pth   voices/af_heart.pt ...
"""

from __future__ import annotations

import json
import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from speechd.engines.kokoro import voices
from speechd.errors import EngineUnavailable

if TYPE_CHECKING:
    from torch import Tensor

CONFIG: Final = "config.json"
MODEL: Final = "kokoro-v1_0.pth"
FILES: Final = (CONFIG, MODEL, *(f"voices/{id}.pt" for id in voices.IDS))

PARTS: Final = ("bert", "bert_encoder", "predictor", "text_encoder", "decoder")
"""The state dicts in `MODEL`."""

PACK_SHAPE: Final = (510, 1, 256)
"""The shape of a voice's pack: a row for each number of phonemes; 128 columns style the decoder, 128 the prosody."""

GREATEST: Final = 100.0
"""The greatest magnitude in a pack: the release's are within 2, and from some thousand on the model makes no sound."""

Pack = npt.NDArray[np.float32]
"""A voice, shape (510, 256)."""

State = dict[str, dict[str, "Tensor"]]
"""The model's tensors by part and by name."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The files of one folder. Reading one that is absent or not what it must be raises `EngineUnavailable`."""

    folder: Path

    def config(self) -> dict[str, Any]:
        """The model's configuration, with its vocabulary ("vocab": phoneme → id)."""
        try:
            config = json.loads((self.folder / CONFIG).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise self._broken(CONFIG, error) from error
        if not isinstance(config, dict) or not isinstance(config.get("vocab"), dict):
            raise self._broken(CONFIG, "it has no vocab")
        return config

    def state(self) -> State:
        """The tensors, on the CPU. Names are without the `module.` that training in parallel left on them."""
        state = self._load(MODEL)
        if not isinstance(state, dict) or set(state) != set(PARTS):
            raise self._broken(MODEL, f"its parts are not {', '.join(PARTS)}")
        return {
            part: {name.removeprefix("module."): tensor for name, tensor in tensors.items()}
            for part, tensors in state.items()
        }

    def has_pack(self, id: str) -> bool:
        """Whether the voice's pack is there."""
        return (self.folder / f"voices/{id}.pt").is_file()

    def pack(self, id: str) -> Pack:
        """The voice's pack."""
        name = f"voices/{id}.pt"
        pack = self._load(name)
        if getattr(pack, "shape", None) != PACK_SHAPE:
            raise self._broken(name, f"it is no tensor of shape {PACK_SHAPE}")
        values: Pack = np.asarray(pack.squeeze(1).float().numpy(), dtype=np.float32)
        if not (np.abs(values) <= GREATEST).all():  # false for nan too
            raise self._broken(name, f"it has values that are not within {GREATEST:g}")
        return values

    def packs(self, most: int) -> dict[str, Tensor]:
        """The first voices that are there, by id, each of shape `PACK_SHAPE`."""
        import torch

        ids = [id for id in voices.IDS if self.has_pack(id)][:most]
        return {id: torch.from_numpy(self.pack(id)).unsqueeze(1) for id in ids}

    def missing_files(self) -> list[str]:
        """The files of the release that are not there."""
        return [name for name in FILES if not (self.folder / name).is_file()]

    def verify(self) -> None:
        """Read everything that the release has."""
        self.config()
        self.state()
        for id in voices.IDS:
            self.pack(id)

    def _load(self, name: str) -> Any:
        import torch  # takes seconds, which a machine without weights is spared

        try:
            return torch.load(self.folder / name, map_location="cpu", weights_only=True)
        except pickle.UnpicklingError as error:  # whose words are for programmers, and recommend to trust the file
            raise self._broken(name, "it holds no weights") from error
        except (OSError, RuntimeError, EOFError) as error:
            raise self._broken(name, error) from error

    def _broken(self, name: str, reason: object) -> EngineUnavailable:
        return EngineUnavailable(
            f"{self.folder / name} cannot be used: {(str(reason) or repr(reason)).splitlines()[0]}. "
            "Delete it, and fetch it again with 'speechd download'."
        )
