"""A batch against the CPU's model, segment by segment."""

from __future__ import annotations

import random

import pytest
import torch

from speechd.engines.kokoro.distance import relative_error, snr_db
from speechd.engines.kokoro.gpu import noise
from speechd.engines.kokoro.gpu.model import SEGMENTS
from speechd.engines.kokoro.gpu.torch_operations import TorchOperations
from speechd.engines.kokoro.gpu.verify import EXACT_DB, reference_waveform
from speechd.engines.kokoro.model import ModelInput
from speechd.engines.kokoro.verify import PROSODY_ERROR
from tests.harness.synthetic_batch import SyntheticBatches, segment, speak

SPEEDS = (1.0, 2.0, 0.7, 1.6)


def batch_of(sizes: list[int], seed: int = 0) -> list[ModelInput]:
    return [segment(tokens, seed + index, SPEEDS[index % len(SPEEDS)]) for index, tokens in enumerate(sizes)]


def random_sizes(seed: int, count: int, longest: int) -> list[int]:
    generator = random.Random(seed)
    return [generator.randint(1, longest) for _ in range(count)]


@pytest.mark.parametrize(
    "sizes",
    [
        pytest.param([1], id="the shortest"),
        pytest.param([1, 510], id="the longest"),
        pytest.param(random_sizes(1, 5, 40), id="some"),
        pytest.param(random_sizes(2, SEGMENTS, 4), id="as many as there may be"),
    ],
)
def test_batch_is_the_function_of_the_cpu_model(made: SyntheticBatches, sizes: list[int]) -> None:
    batch = batch_of(sizes)
    model = made.model if len(batch) <= made.model.segments else made.by(TorchOperations("cpu"), SEGMENTS)
    for each, spoken in zip(batch, speak(model, batch), strict=True):
        prosody = made.cpu.prosody(each.input_ids, each.ref_s, each.speed)
        assert torch.equal(spoken.durations, prosody.durations)
        assert relative_error(prosody.pitch, spoken.pitch) < PROSODY_ERROR
        assert relative_error(prosody.energy, spoken.energy) < PROSODY_ERROR
        assert snr_db(prosody.text, spoken.text) > EXACT_DB
        counters = torch.arange(-(-len(spoken.samples) // noise.SAMPLES_PER_COUNTER))
        drawn = noise.normal(torch.tensor(each.seed), counters).flatten()[: len(spoken.samples)]
        assert snr_db(made.cpu.excitation(spoken.prosody, drawn), spoken.excitation) > EXACT_DB
        assert (
            snr_db(reference_waveform(made.cpu, spoken.prosody, each.ref_s, spoken.excitation), spoken.samples)
            > EXACT_DB
        )


def test_segment_does_not_depend_on_its_company(made: SyntheticBatches) -> None:
    batch = batch_of([7, 30, 3, 12])
    together = speak(made.model, batch)
    for each, beside in zip(batch, together, strict=True):
        # From the same pitch: what rounding makes of it, a long phase makes audible.
        (alone,) = speak(made.model, [each], [beside])
        assert torch.equal(alone.durations, beside.durations)
        assert snr_db(beside.samples, alone.samples) > EXACT_DB
        (own,) = speak(made.model, [each])
        assert relative_error(beside.pitch, own.pitch) < PROSODY_ERROR


def test_other_weights_are_another_function(made: SyntheticBatches) -> None:
    other = SyntheticBatches(seed=0)
    other.state["decoder"]["generator.resblocks.1.convs2.0.bias"] += 0.01
    batch = batch_of([5])
    (spoken,) = speak(other.model, batch)
    assert (
        snr_db(reference_waveform(made.cpu, spoken.prosody, batch[0].ref_s, spoken.excitation), spoken.samples)
        < EXACT_DB
    )


def test_noise_depends_on_the_seed_alone(made: SyntheticBatches) -> None:
    one = segment(6, 1)
    other = one._replace(seed=2)
    first, again, second = (speak(made.model, [each])[0] for each in (one, one, other))
    assert torch.equal(first.excitation, again.excitation)
    assert not torch.equal(first.excitation, second.excitation)


def test_too_many_tokens_are_refused(made: SyntheticBatches) -> None:
    with pytest.raises(ValueError, match="513 tokens; the model reads 512"):
        made.model.check(segment(511, 0))
