import os
import subprocess
import sys

import numpy as np
import pytest
import torch

from speechd.engines.base import PAYLOAD_LIMIT, SegmentTooLong, SupportsUnload, SynthesisOptions
from speechd.engines.kokoro.checkpoint import Checkpoint
from speechd.engines.kokoro.engine import KokoroEngine, ModelInput
from speechd.engines.kokoro.load import load, resolve
from speechd.engines.registry import EngineOptions, create
from speechd.errors import EngineUnavailable, InvalidRequest
from speechd.voices import Catalogue

CATALOGUE = Catalogue()
TEXT = "The quick brown fox."


@pytest.fixture(scope="module")
def engine(model_dir):
    engine = create("kokoro", EngineOptions(model_dir, device="cpu")).engine
    engine.start(1)
    return engine


def delivery(voice="af_heart", language=None, speed=1.0, seed=7):
    blend = CATALOGUE.parse(voice)
    return SynthesisOptions(blend, language or blend.language, speed, seed)


def speak(engine, text=TEXT, **how):
    return engine.synthesize(engine.prepare(text, delivery(**how))).samples


def test_speech_is_audible_and_as_long_as_predicted(engine):
    segment = engine.prepare(TEXT, delivery())
    audio = engine.synthesize(segment)
    assert audio.samples.dtype == np.float32
    assert np.abs(audio.samples).max() > 0.01
    assert segment.duration_s == pytest.approx(audio.duration_s, rel=0.2)


def test_equal_seeds_sound_equal_and_others_do_not(engine):
    first = speak(engine, seed=1)
    assert np.array_equal(speak(engine, seed=1), first)
    assert not np.array_equal(speak(engine, seed=2), first)


@pytest.mark.parametrize("seed", [-1, 2**63, 2**80])
def test_any_integer_is_a_seed(engine, seed):
    assert speak(engine, "Hi.", seed=seed).size


def test_speed_is_kept(engine):
    lengths = [len(speak(engine, speed=speed)) for speed in (0.25, 0.5, 1.0)]
    assert lengths[0] / lengths[1] == pytest.approx(2, rel=0.1)
    assert lengths[1] / lengths[2] == pytest.approx(2, rel=0.1)


def test_fast_speech_is_shorter_to_the_end_of_the_range(engine):
    # Durations are whole frames and the made ones are all alike: only an order can be asked for here.
    lengths = [len(speak(engine, speed=speed)) for speed in (1.0, 1.4, 4.0)]
    assert lengths[0] > lengths[1] > lengths[2]


def test_style_is_the_row_of_the_number_of_phonemes(engine, model_dir):
    pack = torch.load(model_dir / "voices/af_heart.pt", weights_only=True)
    spoken = ModelInput.unpacked(engine.prepare(TEXT, delivery()).payload)
    assert np.array_equal(spoken.style, pack[len(spoken.tokens) - 1, 0].numpy())


def test_blend_is_the_weighted_mean_of_its_voices(engine):
    def style(voice):
        return ModelInput.unpacked(engine.prepare(TEXT, delivery(voice)).payload).style

    mean = (2 * style("af_bella") + style("af_heart")) / 3
    assert style("af_bella(2)+af_heart") == pytest.approx(mean, abs=1e-6)


def test_segment_beyond_the_model_is_too_long(engine):
    segment = engine.prepare("ah " * 120, delivery())
    assert len(segment.payload) <= PAYLOAD_LIMIT
    with pytest.raises(SegmentTooLong):
        engine.prepare("one hundred " * 60, delivery())


def test_longest_segment_is_spoken(engine):
    ipa = "[a](/" + "a" * 99 + "/) "
    segment = engine.prepare(ipa * 5 + "[a](/aaaaaaaaaa/)", delivery(speed=4.0))
    assert len(ModelInput.unpacked(segment.payload).tokens) == 510
    assert engine.synthesize(segment).duration_s > 510 * 0.025


@pytest.mark.parametrize("text", ["", " ", "... —!"])
def test_nothing_speakable_is_no_segment(engine, text):
    assert engine.prepare(text, delivery()) is None


def test_voice_without_a_pack_is_refused(engine):
    with pytest.raises(InvalidRequest, match=r"'am_adam'.*speechd download") as caught:
        engine.check(delivery("af_heart+am_adam"))
    assert caught.value.code == "voice_not_found"


@pytest.mark.parametrize("language", ["ja", "zh"])
def test_language_whose_packages_are_absent_is_refused(engine, language, monkeypatch):
    monkeypatch.setitem(sys.modules, f"misaki.{language}", None)
    with pytest.raises(InvalidRequest, match="pip install ") as caught:
        engine.check(delivery(language=language))
    assert caught.value.code == "unsupported_language"


def test_stock_model_speaks_with_the_durations_of_the_fast_one(engine, model_dir, caplog):
    # As on a machine whose GPU turns out to be unusable: it stays on the CPU.
    from speechd.engines.kokoro.gpu.stock import StockModel

    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    weights = Checkpoint(model_dir)
    stock = StockModel(weights.config(), weights.state(), "cuda", required=False)
    spoken = ModelInput.unpacked(engine.prepare(TEXT, delivery()).payload)
    tokens = torch.tensor([0, *spoken.tokens.tolist(), 0])
    samples = stock(tokens, torch.from_numpy(spoken.style.copy())[None], 1.0, 7)
    assert torch.equal(stock(tokens, torch.from_numpy(spoken.style.copy())[None], 1.0, 7), samples)
    assert len(samples) == len(speak(engine))
    assert "finds no cuda device" in caplog.text


def test_device_that_is_named_and_absent_is_an_error(model_dir):
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    engine = KokoroEngine(Checkpoint(model_dir), EngineOptions(device="cuda"))
    with pytest.raises(EngineUnavailable, match="no cuda device"):
        engine.start(1)


@pytest.mark.parametrize(("device", "resolved"), [("cpu", "cpu"), ("cuda", "cuda"), ("mps", "mps")])
def test_named_device_is_kept(device, resolved):
    assert resolve(device) == resolved


def test_auto_is_the_cpu_where_torch_has_no_cuda(monkeypatch):
    monkeypatch.setattr(torch.version, "cuda", None)
    monkeypatch.setattr(torch.version, "hip", None, raising=False)
    assert resolve("auto") == "cpu"


@pytest.mark.parametrize("device", ["cpu", "mps"])
def test_weights_that_do_not_fit_are_an_error(model_dir, device):
    weights = Checkpoint(model_dir)
    state = weights.state()
    del state["text_encoder"]["embedding.weight"]
    with pytest.raises(EngineUnavailable, match=r"embedding\.weight"):
        load(weights.config(), state, device, "float32")


def test_engine_built_and_checked_before_a_fork_speaks_after_it(model_dir):
    script = f"""
import os
from pathlib import Path
from speechd.engines.registry import EngineOptions, create
from speechd.engines.base import Delivery
from speechd.voices import Catalogue
engine = create("kokoro", EngineOptions(Path({str(model_dir)!r}))).engine
hows = [Delivery(Catalogue().parse(id), language) for id, language in (("bm_fable", "en-gb"), ("ff_siwis", "fr-fr"))]
for how in hows:
    engine.check(how)
assert len(os.listdir("/proc/self/task")) == 1, "a thread was started before the fork"
assert "libespeak" not in open("/proc/self/maps").read(), "espeak-ng, which a fork must not share, was loaded"
child = os.fork()
if not child:
    engine.start(2)
    spoken = [engine.synthesize(engine.prepare("Zxqvly, hello.", how)).samples.size for how in hows]
    os._exit(0 if all(spoken) else 1)
os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    # Numpy's BLAS is told by the environment, as the server tells it.
    env = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    assert subprocess.run([sys.executable, "-c", script], env=env, timeout=60, check=False).returncode == 0


def test_engine_speaks_the_same_after_its_model_was_away(model_dir):
    engine = create("kokoro", EngineOptions(model_dir, device="cpu")).engine
    assert isinstance(engine, SupportsUnload)
    before = speak(engine)
    engine.unload()
    engine.unload()
    segment = engine.prepare(TEXT, delivery())  # which takes no model
    engine.load()
    assert np.array_equal(engine.synthesize(segment).samples, before)
