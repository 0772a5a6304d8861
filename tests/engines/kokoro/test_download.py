from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path
from types import SimpleNamespace

import huggingface_hub
import pytest

from speechd.engines.kokoro import download as module
from speechd.engines.kokoro import voices
from speechd.engines.kokoro.checkpoint import CONFIG, MODEL, Checkpoint
from speechd.engines.kokoro.download import REPOSITORY, REVISION, download, locate
from speechd.errors import EngineUnavailable

VOICES = ("af_bella", "af_heart")


@pytest.mark.parametrize("name", [CONFIG, MODEL])
def test_given_folder_without_the_model_is_an_error_that_says_what_to_do(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(
        EngineUnavailable, match=rf"has no {name}: .*--model-dir.*speechd download --model-dir {folder}"
    ):
        locate(folder)


def cache(tmp_path: Path, model_dir: Path) -> Path:
    """The hub's cache, as its client lays it out, with the pinned revision in it."""
    root = tmp_path / "hub" / f"models--{REPOSITORY.replace('/', '--')}"
    (root / "refs").mkdir(parents=True)
    snapshot = root / "snapshots" / REVISION
    shutil.copytree(model_dir, snapshot, copy_function=lambda source, target: target)
    for path in model_dir.rglob("*.*"):
        (snapshot / path.relative_to(model_dir)).symlink_to(path)
    return snapshot


def test_cached_weights_are_used_without_the_hub(no_hub: None, tmp_path: Path, model_dir: Path) -> None:
    snapshot = cache(tmp_path, model_dir)
    assert locate(None) == Checkpoint(snapshot)


def test_no_weights_and_no_hub_is_an_error_that_says_what_to_do(no_hub: None) -> None:
    with pytest.raises(EngineUnavailable, match=r"not on this machine.*speechd download.*--model-dir"):
        locate(None)


def test_download_without_the_hub_is_an_error(no_hub: None) -> None:
    with pytest.raises(EngineUnavailable, match="does not answer"):
        download()


def test_hub_within_reach_is_fetched_from(
    no_hub: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, model_dir: Path
) -> None:
    monkeypatch.setattr(module, "_reachable", lambda: True)
    monkeypatch.setattr(module, "_download_apart", lambda: cache(tmp_path, model_dir))
    assert locate(None).pack("af_heart").shape == (510, 256)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, model_dir: Path) -> dict[str, str]:
    """A hub whose files are the checkpoint's, and whose listing has the SHA-256 given by the test."""
    digests = {MODEL: hashlib.sha256((model_dir / MODEL).read_bytes()).hexdigest()}

    def fetch(
        repository: str, *, revision: str, local_dir: Path, allow_patterns: list[str], etag_timeout: float
    ) -> str:
        assert (repository, revision) == (REPOSITORY, REVISION)
        assert {CONFIG, MODEL, "voices/af_heart.pt"} <= set(allow_patterns)
        return str(shutil.copytree(model_dir, local_dir))

    def listing(self: object, repository: str, *, revision: str, files_metadata: bool) -> SimpleNamespace:
        files = [SimpleNamespace(rfilename=name, lfs=SimpleNamespace(sha256=digests[name])) for name in digests]
        return SimpleNamespace(siblings=[*files, SimpleNamespace(rfilename=CONFIG, lfs=None)])

    monkeypatch.setattr(module, "_reachable", lambda: True)
    monkeypatch.setattr(voices, "IDS", VOICES)
    monkeypatch.setattr(huggingface_hub, "snapshot_download", fetch)
    monkeypatch.setattr(huggingface_hub.HfApi, "model_info", listing)
    return digests


def test_download_fills_a_folder_and_verifies_it(hub: dict[str, str], tmp_path: Path) -> None:
    folder = download(tmp_path / "new")
    assert folder == tmp_path / "new"
    assert locate(folder) == Checkpoint(folder)


def test_download_of_other_bytes_than_listed_is_an_error(hub: dict[str, str], tmp_path: Path) -> None:
    hub[MODEL] = "0" * 64
    with pytest.raises(EngineUnavailable, match="damaged"):
        download(tmp_path / "new")


def test_download_that_breaks_off_is_an_error(
    hub: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object, **options: object) -> None:
        raise ConnectionError("reset by peer")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", fail)
    with pytest.raises(EngineUnavailable, match="reset by peer"):
        download(tmp_path / "new")


def test_hub_that_does_not_answer_in_time_is_out_of_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(command: list[str], timeout: float, **rest: object) -> None:
        assert timeout < 10
        raise subprocess.TimeoutExpired(command, timeout)

    monkeypatch.setattr(subprocess, "run", hang)
    assert not module._reachable()


def test_damaged_file_is_found_by_its_digest(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"abc")
    module._verify_digest(tmp_path / "file", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    with pytest.raises(EngineUnavailable, match="damaged"):
        module._verify_digest(tmp_path / "file", "0" * 64)
