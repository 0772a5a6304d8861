from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from speechd.engines.base import Engine, EngineOptions, SynthesisOptions
from speechd.engines.kokoro.voices import IDS, voice
from speechd.engines.registry import create, voices
from speechd.engines.tone import ToneEngine
from speechd.errors import EngineUnavailable
from speechd.voices import Catalogue, Voice


def custom(options: EngineOptions) -> ToneEngine:
    return ToneEngine(rtf=0.5 if options.device == "cpu" else 0.0)


@pytest.mark.parametrize("name", ["espeak", "tone"])
def test_named_engine_comes_without_a_warning(name: str) -> None:
    choice = create(name, EngineOptions())
    assert (choice.engine.name, choice.warning) == (name, None)


def test_custom_engine_is_made_by_its_factory_with_the_options() -> None:
    choice = create(f"{__name__}:custom", EngineOptions(device="cpu"))
    assert isinstance(choice.engine, ToneEngine)
    assert choice.engine._rtf == 0.5


@pytest.mark.parametrize("name", ["espeak", "tone"])
def test_engine_that_stands_in_for_kokoro_has_its_voices_and_model_id(name: str) -> None:
    engine = create(name, EngineOptions()).engine
    spoken = [id for id in sorted(IDS) if voice(id).language in engine.languages()]
    assert [each.id for each in engine.voices()] == spoken
    assert engine.model_ids == {"kokoro": "hexgrad"}


@pytest.mark.parametrize("name", ["espeak", "tone"])
def test_engine_loads_the_voices_of_its_languages_and_is_asked_for_one_segment_at_a_time(name: str) -> None:
    engine = create(name, EngineOptions()).engine
    assert engine.batch_limit == 1
    for language in engine.languages():
        engine.load_voice(SynthesisOptions(engine.voices().parse("alloy"), language))


def brings_its_own(options: EngineOptions) -> Engine:
    class Custom(ToneEngine):
        def voices(self) -> Catalogue:
            return Catalogue([Voice("anna", "Anna", "sv", "female")])

    return Custom()


def test_voices_of_a_custom_engine_are_its_own(tmp_path: Path) -> None:
    name = f"{__name__}:brings_its_own"
    assert [voice.id for voice in create(name, EngineOptions()).engine.voices()] == ["anna"]
    assert [voice.id for voice in voices(name, EngineOptions())] == ["anna"]
    assert [voice.id for voice in voices("auto", EngineOptions(tmp_path))] == sorted(IDS)


@pytest.mark.parametrize("name", ["nonsense", "no.such.module:create", f"{__name__}:absent"])
def test_unknown_engine_is_an_error(name: str) -> None:
    with pytest.raises(EngineUnavailable, match=name):
        create(name, EngineOptions())


def returns_none(options: EngineOptions) -> None:
    return None


def raises(options: EngineOptions) -> None:
    raise ZeroDivisionError("as asked")


def exits(options: EngineOptions) -> None:
    sys.exit("as asked")


def unavailable(options: EngineOptions) -> None:
    raise EngineUnavailable("Buy a bigger machine.")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (":", "cannot be made"),
        ("os:", "cannot be imported"),
        (":create", "cannot be made"),
        ("os:system", "cannot be made"),
        ("os:path", "cannot be made"),
        ("builtins:str", "its factory made"),
        (f"{__name__}:returns_none", "its factory made None"),
        (f"{__name__}:raises", "ZeroDivisionError\\('as asked'\\)"),
        (f"{__name__}:exits", "SystemExit\\('as asked'\\)"),
        (f"{__name__}:unavailable", "^Buy a bigger machine.$"),
    ],
)
def test_what_is_no_engine_is_an_error_in_one_line(name: str, said: str) -> None:
    with pytest.raises(EngineUnavailable, match=said) as caught:
        create(name, EngineOptions())
    assert "\n" not in str(caught.value)


def test_custom_engine_is_found_in_its_folder_and_shadows_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    (tmp_path / "our_voice.py").write_text(
        f"from colorsys import hsv_to_rgb\nfrom {__name__} import custom as create\n"
    )
    (tmp_path / "colorsys.py").write_text("")
    with pytest.raises(EngineUnavailable, match="--engine-path"):
        create("our_voice:create", EngineOptions())
    assert create("our_voice:create", EngineOptions(engine_path=tmp_path)).engine.name == "tone"


def test_auto_is_kokoro_where_its_weights_are(model_dir: Path) -> None:
    choice = create("auto", EngineOptions(model_dir, device="cpu"))
    assert (choice.engine.name, choice.warning) == ("kokoro", None)


@pytest.mark.parametrize("model_dir", [None, Path("/none/such/π")])
def test_auto_falls_back_to_espeak_with_a_warning(
    no_hub: None, model_dir: Path | None, caplog: pytest.LogCaptureFixture
) -> None:
    choice = create("auto", EngineOptions(model_dir))
    assert choice.engine.name == "espeak"
    assert choice.warning is not None
    assert choice.warning.isascii()
    assert choice.warning.isprintable()
    assert "not with Kokoro" in caplog.text


@pytest.mark.parametrize("model_dir", [None, Path("/none/such")])
def test_kokoro_never_falls_back(no_hub: None, model_dir: Path | None) -> None:
    with pytest.raises(EngineUnavailable, match="speechd download"):
        create("kokoro", EngineOptions(model_dir))


def test_engines_that_need_no_torch_do_not_import_it() -> None:
    script = """
import sys
from speechd.engines.registry import EngineOptions, create
for name in "espeak", "tone":
    create(name, EngineOptions())
assert not {"torch", "misaki", "kokoro"} & set(sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", script], timeout=240, check=False).returncode == 0
