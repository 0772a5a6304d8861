"""Kokoro's weights: a folder in the layout of the release, given or in the hub's cache, and how it gets there.

config.json   kokoro-v1_0.pth   voices/af_heart.pt ...
"""

from __future__ import annotations

import hashlib
import json
import logging
import pickle
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import httpx
import huggingface_hub
import numpy as np
import numpy.typing as npt
from huggingface_hub import constants as hub

from speechd import stderr
from speechd.errors import EngineUnavailable
from speechd.voices import KOKORO_IDS

if TYPE_CHECKING:
    from torch import Tensor

log = logging.getLogger(__name__)

REPOSITORY: Final = "hexgrad/Kokoro-82M"
REVISION: Final = "f3ff3571791e39611d31c381e3a41a3af07b4987"
"""The commit of the hub's repository: what was tested is what is fetched."""

CONFIG: Final = "config.json"
MODEL: Final = "kokoro-v1_0.pth"
FILES: Final = (CONFIG, MODEL, *(f"voices/{id}.pt" for id in KOKORO_IDS))

PARTS: Final = ("bert", "bert_encoder", "predictor", "text_encoder", "decoder")
"""The state dicts in `MODEL`."""

PACK_SHAPE: Final = (510, 1, 256)
"""Of a voice: a row for each number of phonemes; 128 columns style the decoder, 128 the prosody."""

HUB_TIMEOUT_S: Final = 4.0
"""How long the hub may take to answer before it counts as out of reach."""

Pack = npt.NDArray[np.float32]
"""A voice, shape (510, 256)."""

State = dict[str, dict[str, "Tensor"]]
"""The model's tensors by part and by name."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The files of one folder. Reading one that is absent or not what it must be raises `EngineUnavailable`."""

    folder: Path

    def config(self) -> dict[str, Any]:
        try:
            config = json.loads((self.folder / CONFIG).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise self._broken(CONFIG, error) from error
        if not isinstance(config, dict) or not isinstance(config.get("vocab"), dict):
            raise self._broken(CONFIG, "it has no vocab")
        return config

    def state(self) -> State:
        """On the CPU. Names are without the `module.` that training in parallel left on them."""
        state = self._load(MODEL)
        if not isinstance(state, dict) or set(state) != set(PARTS):
            raise self._broken(MODEL, f"its parts are not {', '.join(PARTS)}")
        return {
            part: {name.removeprefix("module."): tensor for name, tensor in tensors.items()}
            for part, tensors in state.items()
        }

    def has_pack(self, id: str) -> bool:
        return (self.folder / f"voices/{id}.pt").is_file()

    def pack(self, id: str) -> Pack:
        name = f"voices/{id}.pt"
        pack = self._load(name)
        if getattr(pack, "shape", None) != PACK_SHAPE:
            raise self._broken(name, f"it is no tensor of shape {PACK_SHAPE}")
        return np.asarray(pack.squeeze(1).float().numpy(), dtype=np.float32)

    def packs(self, most: int) -> dict[str, Tensor]:
        """The first voices that are there, by id, each of shape `PACK_SHAPE`."""
        import torch

        ids = [id for id in KOKORO_IDS if self.has_pack(id)][:most]
        return {id: torch.from_numpy(self.pack(id)).unsqueeze(1) for id in ids}

    def missing_files(self) -> list[str]:
        """The files of the release that are not there."""
        return [name for name in FILES if not (self.folder / name).is_file()]

    def verify(self) -> None:
        """Read everything that the release has."""
        self.config()
        self.state()
        for id in KOKORO_IDS:
            self.pack(id)

    def _load(self, name: str) -> Any:
        import torch  # takes seconds, which a machine without weights is spared

        try:
            return torch.load(self.folder / name, map_location="cpu", weights_only=True)
        except (OSError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
            raise self._broken(name, error) from error

    def _broken(self, name: str, reason: object) -> EngineUnavailable:
        return EngineUnavailable(
            f"{self.folder / name} cannot be used: {(str(reason) or repr(reason)).splitlines()[0]}. "
            "Delete it, and fetch it again with 'speechd download'."
        )


def locate(model_dir: Path | None) -> Checkpoint:
    """The weights in `model_dir`, else in the hub's cache, else fetched into it. Raises `EngineUnavailable`.

    Called in the arbiter, which must have no threads when it forks. The hub's client starts some, so it runs in
    processes of its own.
    """
    if model_dir is not None:
        absent = [name for name in (CONFIG, MODEL) if not (model_dir / name).is_file()]
        if absent:
            raise EngineUnavailable(
                f"The folder {model_dir} has no {' and no '.join(absent)}: name another with --model-dir, "
                f"or fill it with 'speechd download --model-dir {model_dir}'."
            )
        return Checkpoint(model_dir)
    cached = _cached()
    if cached is not None and not cached.missing_files():
        return cached
    if _reachable():
        _download_apart()
        cached = _cached()
    if cached is None:
        raise EngineUnavailable(
            f"Kokoro's weights are not on this machine, and could not be fetched from {hub.ENDPOINT}: "
            "run 'speechd download' with a connection, or name a folder that has them with --model-dir."
        )
    return cached


def download(model_dir: Path | None = None) -> Path:
    """Fetch the weights into `model_dir`, else into the hub's cache, with progress bars; verify them; their folder.

    What is there already is not fetched again. Raises `EngineUnavailable`.
    """
    if not _reachable():
        raise EngineUnavailable(f"{hub.ENDPOINT} does not answer: Kokoro's weights cannot be fetched.")
    try:
        folder = huggingface_hub.snapshot_download(
            REPOSITORY, revision=REVISION, local_dir=model_dir, allow_patterns=list(FILES), etag_timeout=HUB_TIMEOUT_S
        )
        listing = huggingface_hub.HfApi().model_info(REPOSITORY, revision=REVISION, files_metadata=True)
    except (OSError, ValueError, httpx.HTTPError) as error:
        raise EngineUnavailable(f"{REPOSITORY} cannot be fetched from {hub.ENDPOINT}: {error}") from error
    weights = Checkpoint(Path(str(folder)))
    for file in listing.siblings or ():
        if file.rfilename in FILES and file.lfs is not None:
            _verify_digest(weights.folder / file.rfilename, file.lfs.sha256)
    weights.verify()
    return weights.folder


def _verify_digest(path: Path, expected: str) -> None:
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != expected:
        raise EngineUnavailable(f"{path} is damaged (its SHA-256 is {found}, not {expected}): delete it and try again.")


def _cached() -> Checkpoint | None:
    """The pinned revision in the hub's cache, if it has at least the model."""
    config, model = (
        huggingface_hub.try_to_load_from_cache(REPOSITORY, name, revision=REVISION) for name in (CONFIG, MODEL)
    )
    return Checkpoint(Path(config).parent) if isinstance(config, str) and isinstance(model, str) else None


def _reachable() -> bool:
    """Whether the hub answers for our revision.

    In a process of its own because only that can be given up: looking up a host name has no timeout.
    """
    if hub.HF_HUB_OFFLINE:
        return False
    url = huggingface_hub.hf_hub_url(REPOSITORY, CONFIG, revision=REVISION)
    ask = (
        "import sys, urllib.request as r; r.urlopen(r.Request(sys.argv[1], method='HEAD'), timeout=float(sys.argv[2]))"
    )
    command = [sys.executable, "-I", "-c", ask, url, str(HUB_TIMEOUT_S)]
    try:
        return subprocess.run(command, capture_output=True, timeout=HUB_TIMEOUT_S + 1, check=False).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def _download_apart() -> None:
    """Try `download` in a process of its own, which shows its progress and its failure on our standard error."""
    log.info("fetching Kokoro's weights (about 360 MB) from %s", hub.ENDPOINT)
    fetch = f"from {__name__} import download; download()"
    command = [sys.executable, "-P", "-c", fetch]  # -P: no module of the current folder
    with stderr.patient() as ours:
        subprocess.run(command, stdin=subprocess.DEVNULL, stdout=ours, stderr=ours, check=False)
