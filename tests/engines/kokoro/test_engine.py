from __future__ import annotations

import math
import os
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch

from speechd.audio.samples import Audio, Samples
from speechd.engines.base import (
    PAYLOAD_LIMIT,
    Engine,
    EngineOptions,
    Segment,
    SegmentTooLong,
    SupportsUnload,
    SupportsWindows,
    SynthesisOptions,
    Window,
    synthesize_one,
)
from speechd.engines.kokoro.checkpoint import Checkpoint
from speechd.engines.kokoro.engine import KokoroEngine, WindowedKokoroEngine, engine_of
from speechd.engines.kokoro.gpu.gpu_model import GpuModel
from speechd.engines.kokoro.load import load, resolve
from speechd.engines.kokoro.model import ModelInput
from speechd.engines.kokoro.stock_package import stock_model_class
from speechd.engines.kokoro.voices import catalogue
from speechd.engines.pipelining import SupportsPipelining
from speechd.engines.registry import create
from speechd.errors import EngineUnavailable, InvalidRequest

CATALOGUE = catalogue()
TEXT = "The quick brown fox."


@pytest.fixture(scope="module")
def engine(model_dir: Path) -> WindowedKokoroEngine:
    engine = WindowedKokoroEngine(Checkpoint(model_dir), EngineOptions(model_dir, device="cpu"))
    engine.start(1)
    return engine


def delivery(
    voice: str = "af_heart", language: str | None = None, speed: float = 1.0, seed: int = 7
) -> SynthesisOptions:
    blend = CATALOGUE.parse(voice)
    return SynthesisOptions(blend, language or blend.language, speed, seed)


def prepared(engine: Engine, text: str = TEXT, options: SynthesisOptions | None = None) -> Segment:
    segment = engine.prepare(text, options or delivery())
    assert segment is not None
    return segment


def speak(engine: Engine, text: str = TEXT, *, speed: float = 1.0, seed: int = 7) -> Samples:
    return synthesize_one(engine, prepared(engine, text, delivery(speed=speed, seed=seed))).samples


def test_speech_is_audible_and_as_long_as_predicted(engine: KokoroEngine) -> None:
    segment = prepared(engine)
    audio = synthesize_one(engine, segment)
    assert audio.samples.dtype == np.float32
    assert np.abs(audio.samples).max() > 0.01
    assert segment.duration_s == pytest.approx(audio.duration_s, rel=0.2)


def test_engine_makes_audio_at_its_rate_and_says_when_each_phoneme_sounds(engine: KokoroEngine) -> None:
    segment = prepared(engine)
    audio = synthesize_one(engine, segment)
    assert audio.sample_rate == engine.sample_rate
    assert [token.token for token in audio.alignment] == [*range(len(ModelInput.unpacked(segment.payload).tokens))]
    assert all(token.end_s == after.start_s for token, after in pairwise(audio.alignment))
    frames = [(token.end_s - token.start_s) / 0.025 for token in audio.alignment]
    assert frames == pytest.approx([round(frame) for frame in frames])
    assert min(frames) > 0.99
    # What is before and behind them are the two pads.
    before_s, behind_s = audio.alignment[0].start_s, audio.duration_s - audio.alignment[-1].end_s
    assert (before_s, behind_s) >= (0.025, 0.025)


def test_prosody_first_and_sound_second_is_what_one_step_makes(engine: KokoroEngine) -> None:
    segments = [prepared(engine, text) for text in (TEXT, "Hello.")]
    rendered = engine.render(engine.plan(segments))
    for audio, outcome in zip(rendered, engine.synthesize(segments), strict=True):
        assert not isinstance(outcome, Exception)
        assert np.array_equal(audio.samples, outcome.samples)
        assert audio.alignment == outcome.alignment


def in_windows(engine: WindowedKokoroEngine, segment: Segment, wanted_s: float) -> list[Window]:
    windows = [engine.render_window(segment, b"", wanted_s)]
    while windows[-1].state:
        windows.append(engine.render_window(segment, windows[-1].state, wanted_s))
    return windows


def test_one_window_is_the_whole_bit_for_bit(engine: WindowedKokoroEngine) -> None:
    segment = prepared(engine)
    whole, window = synthesize_one(engine, segment), engine.render_window(segment, b"", math.inf)
    assert np.array_equal(window.audio.samples, whole.samples)
    assert window.audio.alignment == whole.alignment
    assert (window.state, window.left_s) == (b"", 0)


@pytest.mark.parametrize("wanted_s", [0.01, 0.3, 0.5])
def test_windows_say_when_each_phoneme_sounds_and_how_much_is_left(
    engine: WindowedKokoroEngine, wanted_s: float
) -> None:
    segment = prepared(engine, TEXT if wanted_s > 0.1 else "Hi.")
    whole, windows = synthesize_one(engine, segment), in_windows(engine, segment, wanted_s)
    assert len(windows) > 1
    rebuilt, before_s = [], 0.0
    for window in windows:
        assert all(0 <= token.start_s < window.audio.duration_s for token in window.audio.alignment)
        rebuilt += [(each.token, each.start_s + before_s, each.end_s + before_s) for each in window.audio.alignment]
        before_s += window.audio.duration_s
        assert window.left_s == pytest.approx(whole.duration_s - before_s, abs=1e-9)
        assert len(window.state) <= engine.window_state_limit
    assert [each[0] for each in rebuilt] == [each.token for each in whole.alignment]
    assert np.array(rebuilt) == pytest.approx(np.array(whole.alignment))


@pytest.mark.parametrize("wanted_s", [0.0, -1.0, math.nan])
def test_window_of_no_length_is_refused(engine: WindowedKokoroEngine, wanted_s: float) -> None:
    with pytest.raises(ValueError, match="seconds"):
        engine.render_window(prepared(engine), b"", wanted_s)


def test_only_the_model_of_the_cpu_has_windows(
    engine: WindowedKokoroEngine, model_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights, options = Checkpoint(model_dir), EngineOptions(model_dir, device="cpu")
    assert isinstance(engine_of(weights, options), SupportsWindows)
    monkeypatch.setattr(KokoroEngine, "load", lambda self: None)
    for device in ("cuda", "mps"):
        monkeypatch.setattr("speechd.engines.kokoro.engine.resolve", lambda _, device=device: device)
        assert not isinstance(engine_of(weights, replace(options, device=device)), SupportsWindows)


def test_segment_has_its_phonemes_counted(engine: KokoroEngine) -> None:
    segment = prepared(engine)
    assert segment.tokens == len(ModelInput.unpacked(segment.payload).tokens)


def test_equal_seeds_sound_equal_and_others_do_not(engine: KokoroEngine) -> None:
    first = speak(engine, seed=1)
    assert np.array_equal(speak(engine, seed=1), first)
    assert not np.array_equal(speak(engine, seed=2), first)


@pytest.mark.parametrize("seed", [-1, 2**63, 2**80])
def test_any_integer_is_a_seed(engine: KokoroEngine, seed: int) -> None:
    assert speak(engine, "Hi.", seed=seed).size


def test_speed_is_kept(engine: KokoroEngine) -> None:
    lengths = [len(speak(engine, speed=speed)) for speed in (0.25, 0.5, 1.0)]
    assert lengths[0] / lengths[1] == pytest.approx(2, rel=0.1)
    assert lengths[1] / lengths[2] == pytest.approx(2, rel=0.1)


def test_fast_speech_is_shorter_to_the_end_of_the_range(engine: KokoroEngine) -> None:
    # Durations are whole frames and the made ones are all alike: only an order can be asked for here.
    lengths = [len(speak(engine, speed=speed)) for speed in (1.0, 1.4, 4.0)]
    assert lengths[0] > lengths[1] > lengths[2]


def test_style_is_the_row_of_the_number_of_phonemes(engine: KokoroEngine, model_dir: Path) -> None:
    pack = torch.load(model_dir / "voices/af_heart.pt", weights_only=True)
    spoken = ModelInput.unpacked(prepared(engine).payload)
    assert np.array_equal(spoken.style, pack[len(spoken.tokens) - 1, 0].numpy())


def test_blend_is_the_weighted_mean_of_its_voices(engine: KokoroEngine) -> None:
    def style(voice: str) -> Samples:
        return ModelInput.unpacked(prepared(engine, TEXT, delivery(voice)).payload).style

    mean = (2 * style("af_bella") + style("af_heart")) / 3
    assert style("af_bella(2)+af_heart") == pytest.approx(mean, abs=1e-6)


def test_segment_beyond_the_model_is_too_long(engine: KokoroEngine) -> None:
    segment = prepared(engine, "ah " * 120)
    assert len(segment.payload) <= PAYLOAD_LIMIT
    with pytest.raises(SegmentTooLong):
        engine.prepare("one hundred " * 60, delivery())


def test_longest_segment_is_spoken(engine: KokoroEngine) -> None:
    ipa = "[a](/" + "a" * 99 + "/) "
    segment = prepared(engine, ipa * 5 + "[a](/aaaaaaaaaa/)", delivery(speed=4.0))
    assert len(ModelInput.unpacked(segment.payload).tokens) == 510
    assert synthesize_one(engine, segment).duration_s > 510 * 0.025


@pytest.mark.parametrize("text", ["", " ", "... —!"])
def test_nothing_speakable_is_no_segment(engine: KokoroEngine, text: str) -> None:
    assert engine.prepare(text, delivery()) is None


def test_voice_without_a_pack_is_refused(engine: KokoroEngine) -> None:
    with pytest.raises(InvalidRequest, match=r"'am_adam'.*speechd download") as caught:
        engine.load_voice(delivery("af_heart+am_adam"))
    assert caught.value.code == "voice_not_found"


@pytest.mark.parametrize("language", ["ja", "zh"])
def test_language_whose_packages_are_absent_is_refused(
    engine: KokoroEngine, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, f"misaki.{language}", None)
    with pytest.raises(InvalidRequest, match="pip install ") as caught:
        engine.load_voice(delivery(language=language))
    assert caught.value.code == "unsupported_language"


def test_server_speaks_without_the_stock_package_and_what_it_brings(model_dir: Path) -> None:
    speak = f"""
import sys
from pathlib import Path
for name in ("kokoro", "transformers", "phonemizer", "loguru"):
    sys.modules[name] = None  # so that it cannot be imported
from speechd.engines import registry
from speechd.engines.base import EngineOptions, SynthesisOptions, synthesize_one
engine = registry.create("kokoro", EngineOptions(model_dir=Path({str(model_dir)!r}))).engine
engine.start(1)
for voice in ("af_heart", "ff_siwis"):
    blend = engine.voices().parse(voice)
    segment = engine.prepare("Zxqv привет.", SynthesisOptions(blend, blend.language))
    assert len(synthesize_one(engine, segment).samples)
"""
    subprocess.run([sys.executable, "-c", speak], check=True, timeout=240)


def test_stock_model_is_missed_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "kokoro.model", None)
    with pytest.raises(EngineUnavailable, match=r"make verify.*pip install"):
        stock_model_class()


def test_stock_model_speaks_with_the_durations_of_the_fast_one(
    engine: KokoroEngine, model_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    # As on a machine whose GPU turns out to be unusable: it stays on the CPU.
    from speechd.engines.kokoro.gpu.stock import StockModel

    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    weights = Checkpoint(model_dir)
    stock = StockModel(weights.config(), weights.state(), "cuda", required=False)
    segment = prepared(engine, TEXT)
    first, again = (stock.render(stock.plan([ModelInput.unpacked(segment.payload)]))[0] for _ in range(2))
    assert torch.equal(first.samples, again.samples)
    ((_, durations),) = engine._loaded.render(engine.plan([segment]))
    assert torch.equal(first.durations, durations)
    assert len(first.samples) == len(speak(engine))
    assert "finds no cuda device" in caplog.text


def test_device_that_is_named_and_absent_is_an_error(model_dir: Path) -> None:
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    engine = KokoroEngine(Checkpoint(model_dir), EngineOptions(device="cuda"))
    with pytest.raises(EngineUnavailable, match="no cuda device"):
        engine.start(1)


def test_engine_of_a_gpu_speaks_a_batch_that_it_was_given_before(model_dir: Path, engine: WindowedKokoroEngine) -> None:
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    pipelined = engine_of(Checkpoint(model_dir), EngineOptions(device="cuda"))
    assert isinstance(pipelined, SupportsPipelining)
    loaded = pipelined._loaded
    assert isinstance(loaded, GpuModel)
    loaded._required = False  # so that it speaks on the CPU
    segments = [prepared(pipelined, text) for text in (TEXT, "Hello.")]
    pending = [pipelined.submit(segments), pipelined.submit(segments[:1])]
    (first, second), (again,) = (batch.wait() for batch in pending)
    assert isinstance(first, Audio)
    assert isinstance(second, Audio)
    assert isinstance(again, Audio)
    assert np.array_equal(first.samples, again.samples)
    assert np.array_equal(second.samples, synthesize_one(engine, segments[1]).samples)
    assert first.alignment == again.alignment


@pytest.mark.parametrize(("device", "resolved"), [("cpu", "cpu"), ("cuda", "cuda"), ("mps", "mps")])
def test_named_device_is_kept(device: str, resolved: str) -> None:
    assert resolve(device) == resolved


def test_auto_is_the_cpu_where_torch_has_no_cuda(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.version, "cuda", None)
    monkeypatch.setattr(torch.version, "hip", None, raising=False)
    assert resolve("auto") == "cpu"


@pytest.mark.parametrize("device", ["cpu", "mps"])
def test_weights_that_do_not_fit_are_an_error(model_dir: Path, device: str) -> None:
    weights = Checkpoint(model_dir)
    state = weights.state()
    del state["text_encoder"]["embedding.weight"]
    with pytest.raises(EngineUnavailable, match=r"embedding\.weight"):
        load(weights.config(), state, device, "float32")


def test_engine_built_and_checked_before_a_fork_speaks_after_it(model_dir: Path) -> None:
    script = f"""
import os
from pathlib import Path
from speechd.engines.registry import EngineOptions, create
from speechd.engines.base import SynthesisOptions, synthesize_one
from speechd.engines.kokoro.voices import catalogue
engine = create("kokoro", EngineOptions(Path({str(model_dir)!r}))).engine
blends = map(catalogue().parse, ("bm_fable", "ff_siwis"))
hows = [SynthesisOptions(blend, blend.language) for blend in blends]
for how in hows:
    engine.load_voice(how)
assert len(os.listdir("/proc/self/task")) == 1, "a thread was started before the fork"
assert "libespeak" not in open("/proc/self/maps").read(), "espeak-ng, which a fork must not share, was loaded"
child = os.fork()
if not child:
    engine.start(2)
    spoken = [synthesize_one(engine, engine.prepare("Zxqvly, hello.", how)).samples.size for how in hows]
    os._exit(0 if all(spoken) else 1)
os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    # Numpy's BLAS is told by the environment, as the server tells it.
    env = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    assert subprocess.run([sys.executable, "-c", script], env=env, timeout=240, check=False).returncode == 0


def test_engine_speaks_the_same_after_its_model_was_away(model_dir: Path) -> None:
    engine = create("kokoro", EngineOptions(model_dir, device="cpu")).engine
    assert isinstance(engine, SupportsUnload)
    before = speak(engine)
    engine.unload()
    engine.unload()
    segment = prepared(engine)  # which takes no model
    engine.load()
    assert np.array_equal(synthesize_one(engine, segment).samples, before)


@pytest.mark.parametrize(
    ("voice", "text"),
    [
        ("af_heart", "He said [Kokoro](/kˈOkəɹO/), once; of the mother-in-law's — 3D!"),
        ("ff_siwis", "L'homme qu'il y a vingt-cinq ans, c'est-à-dire."),
        ("hf_alpha", "नमस्ते दुनिया।"),
    ],
)
def test_words_have_the_phonemes_between_the_blanks_and_the_punctuation(
    engine: KokoroEngine, monkeypatch: pytest.MonkeyPatch, voice: str, text: str
) -> None:
    monkeypatch.setattr(engine, "_packs", lambda blend: [(1.0, np.zeros((510, 256), np.float32))])
    blend = CATALOGUE.parse(voice)
    segment = prepared(engine, text, SynthesisOptions(blend, blend.language, words=True))
    assert len(segment.phonemes) == len(ModelInput.unpacked(segment.payload).tokens)
    spoken = [segment.phonemes[word.token_start : word.token_stop] for word in segment.words]
    assert all(spoken)
    between = list(segment.phonemes)
    for word in segment.words:
        between[word.token_start : word.token_stop] = " " * (word.token_stop - word.token_start)
    assert not any(map(str.isalnum, between))
    assert all(word.token_stop <= after.token_start for word, after in pairwise(segment.words))


def test_words_change_no_segment(engine: KokoroEngine) -> None:
    plain, timed = prepared(engine), prepared(engine, options=replace(delivery(), words=True))
    assert (plain.payload, plain.duration_s) == (timed.payload, timed.duration_s)
    assert (plain.words, plain.phonemes) == ((), "")


def test_given_phonemes_are_what_text_would_be(engine: KokoroEngine) -> None:
    phonemes = prepared(engine, options=replace(delivery(), words=True)).phonemes
    given = engine.prepare_phonemes(f" {phonemes} ", delivery())
    assert given is not None
    assert given.payload == prepared(engine).payload
    assert engine.prepare_phonemes(" ", delivery()) is None
    with pytest.raises(InvalidRequest, match="no phoneme"):
        engine.prepare_phonemes("ჯ", delivery())
