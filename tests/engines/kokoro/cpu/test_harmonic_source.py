"""Stretches of the source against the whole of it."""

from __future__ import annotations

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from speechd.engines.kokoro.cpu.harmonic_source import HarmonicSource, Spectrum
from speechd.engines.kokoro.cpu.stretch import Stretch
from speechd.engines.kokoro.cpu.tensors import Weights

HOP = 300


def source(hop: int = HOP) -> HarmonicSource:
    generator = torch.Generator().manual_seed(0)
    weights = {
        "l_linear.weight": torch.randn(1, 9, generator=generator),
        "l_linear.bias": torch.randn(1, generator=generator),
    }
    return HarmonicSource(Weights(weights), hop)


@st.composite
def stretches(draw: st.DrawFn, most: int) -> Stretch:
    total = draw(st.integers(2, most))
    first = draw(st.integers(0, total - 1))
    return Stretch(first, draw(st.integers(first + 1, total)), total)


@settings(max_examples=100, deadline=None)
@given(at=stretches(400), hop=st.sampled_from([20, 60, 300]), seed=st.integers(0, 2**63 - 1))
def test_noise_of_a_stretch_is_that_of_the_whole(at: Stretch, hop: int, seed: int) -> None:
    whole = torch.randn(at.total * hop, generator=torch.Generator().manual_seed(seed))
    assert torch.equal(source(hop).noise(at, seed), whole[at.first * hop : at.end * hop])


@settings(max_examples=20, deadline=None)
@given(at=stretches(200), seed=st.integers(0, 1000))
def test_excitation_of_a_stretch_is_that_of_the_whole(at: Stretch, seed: int) -> None:
    pitch = torch.rand(at.total, generator=torch.Generator().manual_seed(seed)) * 300 - 50
    whole = Stretch.whole(at.total)
    samples = source()(pitch, source().noise(whole, seed))
    part = source()(pitch, source().noise(at, seed), at)
    assert torch.equal(part, samples[at.first * HOP : at.end * HOP])


def test_phase_is_interpolated_as_pytorch_does() -> None:
    # A minute: the further from the start, the coarser are the shares in float32, and the sound is made of that.
    pitch = torch.full((4801,), 200.0)
    phase = torch.cumsum((pitch / 24000) % 1, dim=0) * 2 * torch.pi * HOP
    expected = torch.nn.functional.interpolate(phase[None, None], scale_factor=HOP, mode="linear")[0, 0].sin()
    made = source()
    torch.testing.assert_close(made._sine(pitch, made._between(Stretch.whole(4801))), expected, rtol=0, atol=1e-6)


@settings(max_examples=50, deadline=None)
@given(at=stretches(1500), odd=st.booleans())
def test_spectrum_of_a_stretch_is_that_of_the_whole(at: Stretch, odd: bool) -> None:
    total = at.total + 20
    frames = Stretch(at.first, total if odd else at.end, total)
    spectrum, samples = Spectrum(20, 5), torch.randn(5 * (total - 1), generator=torch.Generator().manual_seed(total))
    known = spectrum.known(frames)
    near = spectrum.samples_of(known)
    part = spectrum.polar(samples[near.first : near.end])[frames.within(known)]
    # To the bit: a phase near π has the sign that rounding gives it.
    assert torch.equal(part, spectrum.polar(samples)[frames.first : frames.end])


def test_spectrum_is_the_same_bits_whatever_the_threads() -> None:
    spectrum, samples, made = Spectrum(20, 5), torch.randn(72000, generator=torch.Generator().manual_seed(1)), []
    for threads in (1, 2, 3, 4):
        torch.set_num_threads(threads)
        made.append(spectrum.polar(samples))
    assert all(torch.equal(other, made[0]) for other in made)
    expected = torch.stft(samples, 20, 5, window=torch.hann_window(20), return_complex=True).abs().T
    torch.testing.assert_close(made[0][:, :11], expected)
