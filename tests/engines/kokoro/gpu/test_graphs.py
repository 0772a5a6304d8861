"""Captured halves, as far as a CPU can show: what a capture would refuse, sizes, and what a replay leaves behind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor

from speechd.engines.kokoro.gpu import synthesizer as synthesizer_module
from speechd.engines.kokoro.gpu.graphs import CapturedSizes, CudaQueue
from speechd.engines.kokoro.gpu.model import SpeechInputs
from speechd.engines.kokoro.gpu.synthesizer import BatchSynthesizer
from tests.harness.host_queue import HostAsked, HostQueue, unwatched_lstm
from tests.harness.lazy_queue import LazyDevice
from tests.harness.synthetic_batch import SyntheticBatches, segment

TEXT_SIZE, SPEECH_SIZE = 64, 160

NEAR_DB = 40.0
"""How near PyTorch's operations come in other company, where a millionth of the pitch becomes audible. Another segment
would be at 0."""


def decibels(result: Tensor, reference: Tensor) -> float:
    """Signal to noise."""
    return float(20 * torch.log10(reference.double().norm() / (result - reference).double().norm().clamp(min=1e-30)))


@pytest.fixture(scope="module")
def patched() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        unwatched_lstm(patch)
        yield


@pytest.fixture(scope="module")
def synthesizer(made: SyntheticBatches, patched: None) -> BatchSynthesizer:
    return BatchSynthesizer(made.model, HostQueue(), HostQueue(), [TEXT_SIZE], [SPEECH_SIZE])


def test_batch_by_graphs_is_the_batch_without(made: SyntheticBatches, synthesizer: BatchSynthesizer) -> None:
    batch = [segment(3, 1), segment(9, 2, 1.6)]
    spoken = synthesizer.submit(batch).wait()
    model = made.model
    text = model.empty_text_inputs(TEXT_SIZE, TEXT_SIZE)
    tokens = model.pack([len(each.tokens) + 2 for each in batch])
    text.write(batch, tokens)
    encoded = model.encode(text)
    frames = model.pack(encoded.frames[:2].tolist())
    speech = SpeechInputs(SPEECH_SIZE, SPEECH_SIZE, model)
    speech.write(batch, encoded, tokens, frames)
    for one, other in zip(spoken, model.unpack(model.speak(speech), frames), strict=True):
        assert torch.equal(one.samples, other)


def test_replay_leaves_nothing_behind(synthesizer: BatchSynthesizer) -> None:
    batch = [segment(3, 1)]
    first = synthesizer.submit(batch).wait()
    synthesizer.submit([segment(9, 2), segment(4, 3)]).wait()
    again = synthesizer.submit(batch).wait()
    assert torch.equal(first[0].samples, again[0].samples)


def test_next_batch_may_begin_before_the_last_is_taken(synthesizer: BatchSynthesizer) -> None:
    batches = [[segment(3, 1)], [segment(5, 2)]]
    alone = [synthesizer.submit(batch).wait()[0] for batch in batches]
    pending = [synthesizer.submit(batch) for batch in batches]
    for one, other in zip(alone, pending, strict=True):
        assert torch.equal(one.samples, other.wait()[0].samples)


def test_batch_beyond_all_sizes_is_spoken_without_graphs(synthesizer: BatchSynthesizer) -> None:
    (rendered,) = synthesizer.submit([segment(TEXT_SIZE, 1, 4.0)]).wait()
    assert len(rendered.durations) == TEXT_SIZE + 2
    assert rendered.samples.isfinite().all()


def replays(synthesizer: BatchSynthesizer) -> int:
    """Of speech halves, so far."""
    queue = synthesizer._speech_queue
    assert isinstance(queue, HostQueue)
    return queue.replays


def test_batch_that_is_longer_than_a_speech_half_is_spoken_in_several(
    made: SyntheticBatches, synthesizer: BatchSynthesizer
) -> None:
    batch = [segment(8, seed, 0.5) for seed in range(3)]
    alone = [synthesizer.submit([each]).wait()[0] for each in batch]
    frames = [int(each.durations.sum()) for each in alone]
    assert made.model.pack(frames).size > SPEECH_SIZE >= made.model.pack(frames[:2]).size
    before = replays(synthesizer)
    together = synthesizer.submit(batch).wait()
    assert replays(synthesizer) - before == 2
    for one, other in zip(together, alone, strict=True):
        assert torch.equal(one.durations, other.durations)
        assert decibels(one.samples, other.samples) > NEAR_DB


def test_short_segment_behind_a_full_speech_half_is_spoken(made: SyntheticBatches, patched: None) -> None:
    several = BatchSynthesizer(made.model, HostQueue(), HostQueue(), [TEXT_SIZE], [SPEECH_SIZE // 8, SPEECH_SIZE])
    batch = [segment(22, 0, 0.5), segment(2, 3, 2.0)]
    alone = [several.submit([each]).wait()[0] for each in batch]
    long, short = (made.model.pack([int(each.durations.sum())]).size for each in alone)
    assert long + short > SPEECH_SIZE >= long
    assert short <= SPEECH_SIZE // 8 < made.model.pack([24, 4]).size
    for one, other in zip(several.submit(batch).wait(), alone, strict=True):
        assert torch.equal(one.durations, other.durations)
        assert decibels(one.samples, other.samples) > NEAR_DB


def test_segment_that_is_too_long_for_graphs_keeps_no_other_from_them(
    synthesizer: BatchSynthesizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = [segment(3, 1), segment(9, 2, 0.5), segment(4, 3)]
    alone = [synthesizer.submit([each]).wait()[0] for each in batch]
    first, long, last = (int(each.durations.sum()) for each in alone)
    monkeypatch.setattr(synthesizer_module, "LONGEST_FRAMES", max(first, last))
    assert long > max(first, last)
    before = replays(synthesizer)
    together = synthesizer.submit(batch).wait()
    assert replays(synthesizer) - before == 2
    for one, other in zip(together, alone, strict=True):
        assert decibels(one.samples, other.samples) > NEAR_DB


def test_batches_that_overlap_do_not_touch_each_other(made: SyntheticBatches, patched: None) -> None:
    sizes = [TEXT_SIZE // 2, TEXT_SIZE], [SPEECH_SIZE // 4, SPEECH_SIZE]
    # The second is spoken in two parts.
    batches = [[segment(3, 1)], [segment(22, 2, 0.5), segment(3, 3)], [segment(9, 4), segment(4, 5)]]
    in_order = BatchSynthesizer(made.model, HostQueue(), HostQueue(), *sizes)
    alone = [in_order.submit(batch).wait() for batch in batches]
    device = LazyDevice(seed=0)
    overlapping = BatchSynthesizer(made.model, device.queue(), device.queue(), *sizes)
    for order in (0, 1, 2), (2, 0, 1):
        pending = [overlapping.submit(batches[index]) for index in order]
        for index, batch in zip(order, pending, strict=True):
            for one, other in zip(batch.wait(), alone[index], strict=True):
                assert torch.equal(one.durations, other.durations)
                assert torch.equal(one.samples, other.samples)


def test_too_many_tokens_are_refused(synthesizer: BatchSynthesizer) -> None:
    with pytest.raises(ValueError, match="513 tokens; the model reads 512"):
        synthesizer.submit([segment(511, 0)])


def test_least_size_with_room_is_taken() -> None:
    queue = HostQueue()
    sizes: CapturedSizes[Tensor, Tensor] = CapturedSizes(queue, [8, 2, 4], torch.zeros, lambda rows: rows * 2 + 1)
    captured = sizes.at_least(3)
    assert captured is not None
    captured.inputs.copy_(torch.arange(4.0))
    captured.replay()
    assert captured.outputs.tolist() == [1, 3, 5, 7]
    assert sizes.at_least(9) is None
    assert queue.launches == [2, 2, 2]


class Streams:
    """What is asked of a GPU's streams, in order."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def note(self, what: str) -> Any:
        """Stands for a function of PyTorch's."""

        def noted(*arguments: object, **named: object) -> Any:
            self.asked.append(what)
            return nullcontext()

        return noted

    def stream(self, **named: object) -> SimpleNamespace:
        return SimpleNamespace(wait_stream=self.note("wait"), synchronize=self.note("synchronize"))


@pytest.fixture
def streams(monkeypatch: pytest.MonkeyPatch) -> Streams:
    """In place of a GPU's."""
    streams = Streams()
    monkeypatch.setattr(torch.cuda, "Stream", streams.stream)
    monkeypatch.setattr(torch.cuda, "current_stream", streams.stream)
    monkeypatch.setattr(torch.cuda, "graph_pool_handle", lambda: (0, 0))
    monkeypatch.setattr(torch.cuda, "stream", streams.note("stream"))
    monkeypatch.setattr(torch.cuda, "graph", streams.note("capture"))
    monkeypatch.setattr(torch.cuda, "CUDAGraph", lambda: SimpleNamespace(replay=None))
    return streams


def test_first_run_of_a_function_waits_for_its_inputs(streams: Streams) -> None:
    CudaQueue().capture(streams.note("run"))
    assert streams.asked == ["wait", "stream", "run", "run", "synchronize", "capture", "run"]


def test_wait_for_a_speech_half_leaves_the_cores_to_others(streams: Streams, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[bool] = []

    class Event:
        def __init__(self, blocking: bool = False) -> None:
            made.append(blocking)

        def record(self, stream: object) -> None:
            pass

    monkeypatch.setattr(torch.cuda, "Event", Event)
    CudaQueue().record()
    CudaQueue(urgent=True).record()
    assert made == [True, False]


@pytest.mark.parametrize(
    "function",
    [
        pytest.param(lambda rows: rows * float(rows.sum()), id="number of the device"),
        pytest.param(lambda rows: rows[rows > 0], id="shape of the device"),
        pytest.param(lambda rows: rows.repeat_interleave(rows.long()), id="length of the device"),
        pytest.param(lambda rows: rows + torch.tensor([1.0]), id="data of the host"),
    ],
)
def test_wait_inside_a_capture_is_noticed(function: object) -> None:
    with pytest.raises(HostAsked):
        CapturedSizes(HostQueue(), [2], torch.zeros, function)  # type: ignore[arg-type]
