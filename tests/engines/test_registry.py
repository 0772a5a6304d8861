import subprocess
import sys
from pathlib import Path

import pytest

from speechd.engines.registry import EngineOptions, create
from speechd.engines.tone import ToneEngine
from speechd.errors import EngineUnavailable


def own(options):
    return ToneEngine(rtf=0.5 if options.device == "cpu" else 0.0)


@pytest.mark.parametrize("name", ["espeak", "tone"])
def test_named_engine_comes_without_a_warning(name):
    choice = create(name, EngineOptions())
    assert (choice.engine.name, choice.warning) == (name, None)


def test_own_engine_is_made_by_its_factory_with_the_options():
    choice = create(f"{__name__}:own", EngineOptions(device="cpu"))
    assert isinstance(choice.engine, ToneEngine)
    assert choice.engine._rtf == 0.5


@pytest.mark.parametrize("name", ["nonsense", "no.such.module:create", f"{__name__}:absent"])
def test_unknown_engine_is_an_error(name):
    with pytest.raises(EngineUnavailable, match=name):
        create(name, EngineOptions())


def returns_none(options):
    return None


def raises(options):
    raise ZeroDivisionError("as asked")


def exits(options):
    sys.exit("as asked")


def unavailable(options):
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
def test_what_is_no_engine_is_an_error_in_one_line(name, said):
    with pytest.raises(EngineUnavailable, match=said) as caught:
        create(name, EngineOptions())
    assert "\n" not in str(caught.value)


def test_own_engine_is_found_in_its_folder_and_shadows_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    (tmp_path / "our_voice.py").write_text(f"from colorsys import hsv_to_rgb\nfrom {__name__} import own as create\n")
    (tmp_path / "colorsys.py").write_text("")
    with pytest.raises(EngineUnavailable, match="--engine-path"):
        create("our_voice:create", EngineOptions())
    assert create("our_voice:create", EngineOptions(engine_path=tmp_path)).engine.name == "tone"


def test_auto_is_kokoro_where_its_weights_are(model_dir):
    choice = create("auto", EngineOptions(model_dir, device="cpu"))
    assert (choice.engine.name, choice.warning) == ("kokoro", None)


@pytest.mark.parametrize("model_dir", [None, Path("/none/such/π")])
def test_auto_falls_back_to_espeak_with_a_warning(no_hub, model_dir, caplog):
    choice = create("auto", EngineOptions(model_dir))
    assert choice.engine.name == "espeak"
    assert choice.warning.isascii()
    assert choice.warning.isprintable()
    assert "not with Kokoro" in caplog.text


@pytest.mark.parametrize("model_dir", [None, Path("/none/such")])
def test_kokoro_never_falls_back(no_hub, model_dir):
    with pytest.raises(EngineUnavailable, match="speechd download"):
        create("kokoro", EngineOptions(model_dir))


def test_engines_that_need_no_torch_do_not_import_it():
    script = (
        "import sys; from speechd.engines import *; create('espeak', EngineOptions()); create('tone', EngineOptions())"
    )
    check = f"{script}; assert not {{'torch', 'misaki', 'kokoro'}} & set(sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], timeout=30, check=False).returncode == 0
