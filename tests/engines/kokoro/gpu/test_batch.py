"""A batch against the CPU's model, segment by segment."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch

from speechd.engines.kokoro.distance import relative_error, snr_db
from speechd.engines.kokoro.gpu.model import SEGMENTS
from speechd.engines.kokoro.gpu.torch_operations import TorchOperations
from speechd.engines.kokoro.gpu.verify import EXACT_DB, compare, comparison, exactness_db, trace, verify
from speechd.engines.kokoro.model import ModelInput
from speechd.engines.kokoro.verify import PROSODY_ERROR
from tests.harness.synthetic_batch import SyntheticBatches, segment

SPEEDS = (1.0, 2.0, 0.7, 1.6)


def batch_of(sizes: list[int]) -> list[ModelInput]:
    return [segment(tokens, index, SPEEDS[index % len(SPEEDS)]) for index, tokens in enumerate(sizes)]


def random_sizes(seed: int, count: int, longest: int) -> list[int]:
    generator = random.Random(seed)
    return [generator.randint(1, longest) for _ in range(count)]


@pytest.mark.parametrize(
    "sizes",
    [
        pytest.param([1], id="the shortest"),
        pytest.param([1, 510], id="the longest"),
        pytest.param(random_sizes(1, 5, 40), id="some"),
        pytest.param(random_sizes(2, SEGMENTS, 3), id="as many as there may be"),
    ],
)
def test_batch_is_the_function_of_the_cpu_model(made: SyntheticBatches, sizes: list[int]) -> None:
    batch = batch_of(sizes)
    model = made.model if len(batch) <= made.model.segments else made.by(TorchOperations("cpu"), SEGMENTS)
    for each, traced in zip(batch, trace(model, batch), strict=True):
        found = comparison(made.cpu, each, traced)
        assert found.exact(EXACT_DB), str(found)
        assert snr_db(made.cpu.prosody(each.input_ids, each.ref_s, each.speed).text, traced.text) > EXACT_DB


def test_segment_does_not_depend_on_its_company(made: SyntheticBatches) -> None:
    batch = batch_of([7, 30, 3, 12])
    for each, beside in zip(batch, trace(made.model, batch), strict=True):
        # From the same pitch: what rounding makes of it, a long phase makes audible.
        (alone,) = trace(made.model, [each], [beside])
        assert torch.equal(alone.durations, beside.durations)
        assert snr_db(beside.samples, alone.samples) > EXACT_DB
        (own,) = trace(made.model, [each])
        assert relative_error(beside.pitch, own.pitch) < PROSODY_ERROR


def test_comparison_notices_another_function(made: SyntheticBatches) -> None:
    other = SyntheticBatches(seed=0)
    other.state["decoder"]["generator.resblocks.1.convs2.0.bias"] += 0.01
    (found,) = compare(other.model, made.cpu, batch_of([5]))
    assert not found.exact(EXACT_DB), str(found)


def test_verify_speaks_with_the_voices_of_a_folder(made: SyntheticBatches) -> None:
    pack = torch.from_numpy(np.stack([segment(1, seed).style for seed in range(510)]))[:, None]
    found = next(verify(made.config, made.state, {"made": pack}, made.model))
    assert found.tokens == 1
    assert found.exact(exactness_db("float32")), str(found)
    assert "durations same" in str(found)


def test_noise_depends_on_the_seed_alone(made: SyntheticBatches) -> None:
    one = segment(6, 1)
    first, again, other = (trace(made.model, [each])[0] for each in (one, one, one._replace(seed=2)))
    assert torch.equal(first.excitation, again.excitation)
    assert not torch.equal(first.excitation, other.excitation)


def test_text_half_asks_for_no_statistics_whose_counters_a_speech_half_beside_it_has(
    made: SyntheticBatches, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: object) -> None:
        raise AssertionError("of the speech half")

    monkeypatch.setattr(TorchOperations, "statistics", refuse)
    text, _ = made.model.text_inputs([segment(6, 1)])
    assert made.model.encode(text).durations.sum() > 0
    with pytest.raises(AssertionError, match="of the speech half"):
        made.model.synthesize([segment(6, 1)])


def test_too_many_tokens_are_refused(made: SyntheticBatches) -> None:
    with pytest.raises(ValueError, match="513 tokens; the model reads 512"):
        made.model.check(segment(511, 0))
