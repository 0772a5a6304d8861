import hashlib
import shutil
import subprocess
from types import SimpleNamespace

import huggingface_hub
import numpy as np
import pytest
import torch

from speechd.engines.kokoro import checkpoint as module
from speechd.engines.kokoro.checkpoint import CONFIG, MODEL, PARTS, REPOSITORY, REVISION, Checkpoint, download, locate
from speechd.errors import EngineUnavailable
from speechd.voices import KOKORO_IDS


@pytest.fixture
def folder(model_dir, tmp_path):
    """A copy of the checkpoint's small files, and a link to the large one."""
    folder = tmp_path / "model"
    shutil.copytree(model_dir, folder, ignore=shutil.ignore_patterns(MODEL))
    (folder / MODEL).symlink_to(model_dir / MODEL)
    return folder


def test_state_has_five_parts_with_plain_names(model_dir):
    state = Checkpoint(model_dir).state()
    assert set(state) == set(PARTS)
    assert not any(name.startswith("module.") for tensors in state.values() for name in tensors)


def test_pack_is_a_row_for_each_number_of_phonemes(model_dir):
    pack = Checkpoint(model_dir).pack("af_heart")
    assert (pack.shape, pack.dtype) == ((510, 256), np.float32)


def spoil(folder, name, content):
    (folder / name).unlink()
    if isinstance(content, bytes):
        (folder / name).write_bytes(content)
    else:
        torch.save(content, folder / name)


VOICES = ("af_bella", "af_heart")


class Danger:
    """What an unpickler that is not careful would build."""


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        (CONFIG, b"{", "Expecting"),
        (CONFIG, b"[]", "no vocab"),
        (MODEL, b"", ""),
        (MODEL, b"<html>", ""),
        (MODEL, {"bert": {}}, "its parts are not"),
        (MODEL, Danger(), "[Ww]eights"),
        ("voices/af_heart.pt", torch.zeros(10, 256), "shape"),
        ("voices/af_heart.pt", [1, 2], "shape"),
    ],
)
def test_broken_file_is_named_with_the_reason(folder, name, content, reason):
    spoil(folder, name, content)
    weights = Checkpoint(folder)
    with pytest.raises(EngineUnavailable, match=f"(?s){name}.*{reason}.*speechd download"):
        (weights.config(), weights.state(), weights.pack("af_heart"))


def test_verify_finds_what_is_absent(folder):
    assert f"voices/{KOKORO_IDS[0]}.pt" in Checkpoint(folder).missing_files()
    with pytest.raises(EngineUnavailable, match=KOKORO_IDS[0]):
        Checkpoint(folder).verify()


@pytest.mark.parametrize("name", [CONFIG, MODEL])
def test_given_folder_without_the_model_is_an_error_that_says_what_to_do(folder, name):
    (folder / name).unlink()
    with pytest.raises(
        EngineUnavailable, match=rf"has no {name}: .*--model-dir.*speechd download --model-dir {folder}"
    ):
        locate(folder)


def cache(tmp_path, model_dir):
    """The hub's cache, as its client lays it out, with the pinned revision in it."""
    root = tmp_path / "hub" / f"models--{REPOSITORY.replace('/', '--')}"
    (root / "refs").mkdir(parents=True)
    snapshot = root / "snapshots" / REVISION
    shutil.copytree(model_dir, snapshot, copy_function=lambda source, target: target)
    for path in model_dir.rglob("*.*"):
        (snapshot / path.relative_to(model_dir)).symlink_to(path)
    return snapshot


def test_cached_weights_are_used_without_the_hub(no_hub, tmp_path, model_dir):
    snapshot = cache(tmp_path, model_dir)
    assert locate(None) == Checkpoint(snapshot)


def test_no_weights_and_no_hub_is_an_error_that_says_what_to_do(no_hub):
    with pytest.raises(EngineUnavailable, match=r"not on this machine.*speechd download.*--model-dir"):
        locate(None)


def test_download_without_the_hub_is_an_error(no_hub):
    with pytest.raises(EngineUnavailable, match="does not answer"):
        download()


def test_hub_within_reach_is_fetched_from(no_hub, monkeypatch, tmp_path, model_dir):
    monkeypatch.setattr(module, "_reachable", lambda: True)
    monkeypatch.setattr(module, "_download_apart", lambda: cache(tmp_path, model_dir))
    assert locate(None).pack("af_heart").shape == (510, 256)


@pytest.fixture
def hub(monkeypatch, model_dir):
    """A hub whose files are the checkpoint's, and whose listing has the SHA-256 given by the test."""
    digests = {MODEL: hashlib.sha256((model_dir / MODEL).read_bytes()).hexdigest()}

    def fetch(repository, *, revision, local_dir, allow_patterns, etag_timeout):
        assert (repository, revision) == (REPOSITORY, REVISION)
        assert {CONFIG, MODEL, "voices/af_heart.pt"} <= set(allow_patterns)
        return str(shutil.copytree(model_dir, local_dir))

    def listing(self, repository, *, revision, files_metadata):
        files = [SimpleNamespace(rfilename=name, lfs=SimpleNamespace(sha256=digests[name])) for name in digests]
        return SimpleNamespace(siblings=[*files, SimpleNamespace(rfilename=CONFIG, lfs=None)])

    monkeypatch.setattr(module, "_reachable", lambda: True)
    monkeypatch.setattr(module, "KOKORO_IDS", VOICES)
    monkeypatch.setattr(huggingface_hub, "snapshot_download", fetch)
    monkeypatch.setattr(huggingface_hub.HfApi, "model_info", listing)
    return digests


def test_download_fills_a_folder_and_verifies_it(hub, tmp_path):
    folder = download(tmp_path / "new")
    assert folder == tmp_path / "new"
    assert locate(folder) == Checkpoint(folder)


def test_download_of_other_bytes_than_listed_is_an_error(hub, tmp_path):
    hub[MODEL] = "0" * 64
    with pytest.raises(EngineUnavailable, match="damaged"):
        download(tmp_path / "new")


def test_download_that_breaks_off_is_an_error(hub, tmp_path, monkeypatch):
    def fail(*arguments, **options):
        raise ConnectionError("reset by peer")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", fail)
    with pytest.raises(EngineUnavailable, match="reset by peer"):
        download(tmp_path / "new")


def test_hub_that_does_not_answer_in_time_is_out_of_reach(monkeypatch):
    def hang(command, timeout, **rest):
        assert timeout < 10
        raise subprocess.TimeoutExpired(command, timeout)

    monkeypatch.setattr(subprocess, "run", hang)
    assert not module._reachable()


def test_damaged_file_is_found_by_its_digest(tmp_path):
    (tmp_path / "file").write_bytes(b"abc")
    module._verify_digest(tmp_path / "file", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    with pytest.raises(EngineUnavailable, match="damaged"):
        module._verify_digest(tmp_path / "file", "0" * 64)
