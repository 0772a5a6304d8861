"""Windows of a passage against the whole of it."""

from __future__ import annotations

import hashlib
import math
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
import torch
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from speechd.engines.kokoro import cpu as fast
from speechd.engines.kokoro.cpu import window_state
from speechd.engines.kokoro.cpu.norm_statistics import Given, Own
from speechd.engines.kokoro.cpu.passage import Passage
from speechd.engines.kokoro.cpu.stretch import Stretch
from speechd.engines.kokoro.distance import snr_db
from speechd.engines.kokoro.model import ModelInput
from speechd.engines.kokoro.verify import exactness_db
from tests.harness.kernels import EXPECTED
from tests.harness.synthetic_model import SyntheticModel, tokens, voice_row

Load = Callable[[str, bool], fast.CpuModel]

WAYS = [("float32", True), ("bfloat16", True), ("float32", False)]


@pytest.fixture(scope="session")
def load(small: SyntheticModel) -> Load:
    return cache(lambda dtype, compiled: fast.load(small.config, small.state, dtype, compiled))


def passage_input(count: int, speed: float = 1.0, seed: int = 3, voice: int = 0) -> ModelInput:
    return ModelInput(speed, seed, voice_row(voice)[0].numpy(), tokens(count, count)[1:-1].numpy().astype("uint16"))


def in_windows(model: fast.CpuModel, of: ModelInput, wanted: float) -> tuple[list[torch.Tensor], list[bytes]]:
    """The samples and the states of all windows of about so many frames."""
    samples, states, state = [], [], b""
    while True:
        made = model.render_window(of, state, wanted)
        samples.append(made.samples)
        states.append(state := made.state)
        if not state:
            return samples, states


def cut_distance_db(model: fast.CpuModel, of: ModelInput, cuts: list[float]) -> float:
    """How near a passage in windows is to the whole one whose statistics they have; cuts: places, 0 ... 1."""
    with torch.inference_mode():
        passage, voice = Passage.of(model.prosody(of.input_ids, of.ref_s, of.speed)), model.voice(of.ref_s, of.seed)
        whole = Own()
        samples = model.renderer.render(passage, voice, Stretch.whole(passage.frames), whole)
        ends = sorted({min(1 + int(cut * passage.frames), passage.frames) for cut in cuts} | {passage.frames})
        return snr_db(samples, model.renderer.joined(passage, voice, ends, lambda: Given(whole.seen)))


@pytest.mark.parametrize(("dtype", "compiled"), WAYS)
def test_any_cutting_with_the_statistics_of_the_whole_has_its_samples(load: Load, dtype: str, compiled: bool) -> None:
    # Without shrinking, which takes minutes here.
    @settings(max_examples=5, deadline=None, derandomize=True, phases=[Phase.explicit, Phase.generate])
    @given(
        count=st.integers(1, 25),
        speed=st.sampled_from([0.5, 1.0, 1.7, 4.0]),
        voice=st.integers(0, 3),
        cuts=st.lists(st.floats(0, 1), max_size=3),
    )
    def check(count: int, speed: float, voice: int, cuts: list[float]) -> None:
        distance_db = cut_distance_db(load(dtype, compiled), passage_input(count, speed, voice=voice), cuts)
        assert distance_db >= exactness_db(dtype)

    check()


@pytest.mark.parametrize(("count", "cuts"), [(510, [0.001, 0.6])])
def test_long_passages_are_the_same_too(load: Load, count: int, cuts: list[float]) -> None:
    assert cut_distance_db(load("float32", True), passage_input(count, 4.0), cuts) >= exactness_db("float32")


def test_windows_of_the_real_upsampling_are_the_same(real: SyntheticModel) -> None:
    model = fast.load(real.config, real.state)
    assert cut_distance_db(model, passage_input(12), [0.3, 0.35, 0.8]) >= exactness_db("float32")


@pytest.mark.parametrize(("dtype", "compiled"), WAYS)
@pytest.mark.parametrize("count", [1, 20])
def test_one_window_is_the_whole_bit_for_bit(load: Load, dtype: str, compiled: bool, count: int) -> None:
    model, of = load(dtype, compiled), passage_input(count)
    made = model.render_window(of, b"", math.inf)
    assert torch.equal(made.samples, model(of.input_ids, of.ref_s, of.speed, of.seed))
    assert (made.first, made.end, made.state) == (0, made.frames, b"")


def test_windows_follow_each_other_to_the_end(load: Load) -> None:
    model, of = load("float32", True), passage_input(50)
    samples, states = in_windows(model, of, 30)
    whole = model(of.input_ids, of.ref_s, of.speed, of.seed)
    assert len(samples) > 3
    assert sum(map(len, samples)) == len(whole)
    assert states[-1] == b""
    assert max(map(len, states)) <= model.window_state_limit
    # The statistics of a first window are its own: how far they are from the whole's is measured, not known.
    assert snr_db(whole, torch.cat(samples)) > 3


@pytest.mark.skipif(not EXPECTED, reason="PyTorch, which stands in for the kernels, promises no bits")
@pytest.mark.parametrize(("dtype", "compiled"), WAYS[:2])
def test_windows_are_the_same_bits_whatever_the_threads(
    load: Load, dtype: str, compiled: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, of, made = load(dtype, compiled), passage_input(15), []
    prosody = model.prosody(of.input_ids, of.ref_s, of.speed)
    monkeypatch.setattr(model, "prosody", lambda *_: prosody)
    for threads in (1, 2, 3):
        torch.set_num_threads(threads)
        samples, states = in_windows(model, of, 25)
        made.append((torch.cat(samples).numpy().tobytes(), states))
        assert torch.get_num_threads() == threads
    assert made[0] == made[1] == made[2]


def test_windows_are_the_same_bits_in_another_process(small: SyntheticModel, load: Load, tmp_path: Path) -> None:
    model, of = load("float32", True), passage_input(25)
    state = model.render_window(of, b"", 20).state
    torch.save((small.config, small.state), tmp_path / "model")
    (tmp_path / "payload").write_bytes(of.packed())
    (tmp_path / "state").write_bytes(state)
    done = subprocess.run(
        [sys.executable, "-c", GO_ON, str(tmp_path)], capture_output=True, text=True, timeout=240, check=True
    )
    here = model.render_window(of, state, 20)
    assert done.stdout.split() == [digest(here.samples.numpy().tobytes()), digest(here.state)]


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


GO_ON = """
import hashlib, sys, torch
from pathlib import Path
from speechd.engines.kokoro import cpu as fast
from speechd.engines.kokoro.model import ModelInput
folder = Path(sys.argv[1])
torch.set_num_threads(1)
model = fast.load(*torch.load(folder / "model"))
made = model.render_window(ModelInput.unpacked((folder / "payload").read_bytes()), (folder / "state").read_bytes(), 20)
print(*(hashlib.sha256(part).hexdigest() for part in (made.samples.numpy().tobytes(), made.state)))
"""


def test_windows_do_not_depend_on_what_was_spoken_between_them(load: Load, small: SyntheticModel) -> None:
    of = passage_input(25)
    fresh, _ = in_windows(fast.load(small.config, small.state), of, 30)
    model = load("float32", True)
    first = model.render_window(of, b"", 30)
    model.render_window(passage_input(60), b"", math.inf)
    assert torch.equal(model.render_window(of, first.state, 30).samples, fresh[1])


def test_memory_is_that_of_the_longest_window(small: SyntheticModel) -> None:
    held = []
    for wanted in (25, math.inf):
        model = fast.load(small.config, small.state)
        in_windows(model, passage_input(40), wanted)
        held.append(model._generator._buffers.most_bytes)
    assert held[0] < 0.75 * held[1]  # margins are much of so small a window


def test_passage_too_long_for_a_state_is_planned_anew(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    model, of = load("float32", True), passage_input(25)
    samples, states = in_windows(model, of, 30)
    monkeypatch.setattr(window_state, "FRAMES_KEPT", 10)
    planned, short = in_windows(model, of, 30)
    assert torch.equal(torch.cat(planned), torch.cat(samples))
    assert len(short[0]) < len(states[0])


@pytest.mark.parametrize("state", [b"x", bytes(20) + b"x", b"\x01" * 50])
def test_bytes_that_are_no_state_are_refused(load: Load, state: bytes) -> None:
    with pytest.raises(ValueError, match="no window's state"):
        load("float32", True).render_window(passage_input(5), state, 10)
