"""The Modal app, as its own package sees it. Nothing is sent anywhere."""

import importlib.util
from pathlib import Path
from types import ModuleType

import modal
import pytest

from speechd.config.automatic import IN_FLIGHT_PER_WORKER
from speechd.config.settings import Settings

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def app() -> ModuleType:
    spec = importlib.util.spec_from_file_location("modal_app", ROOT / "deploy/modal_app.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_app_has_a_variant_for_each_device(app: ModuleType) -> None:
    assert isinstance(app.app, modal.App)
    assert isinstance(app.Gpu, modal.Cls)
    assert isinstance(app.Cpu, modal.Cls)


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_server_in_a_container_takes_what_modal_sends_it(app: ModuleType, device: str) -> None:
    settings = Settings.load({}, app.options(workers=4, threads=2, in_flight=50, device=device)["env"])
    assert (settings.workers, settings.threads, settings.device) == (4, 2, device)
    assert settings.max_in_flight == 50
    assert (settings.host, settings.port) == ("0.0.0.0", app.PORT)


def test_cpus_are_given_what_the_server_takes_by_default(app: ModuleType) -> None:
    assert app.CPU_IN_FLIGHT == IN_FLIGHT_PER_WORKER * app.CPU_WORKERS


def test_kernels_are_compiled_where_they_are_looked_for(app: ModuleType) -> None:
    assert (ROOT / app.COMPILED).with_name("cubins.py").exists()
    assert all((ROOT / "bench" / name).exists() for name in ("__init__.py", "checkpoint.py"))


@pytest.mark.parametrize(
    "path", ["bench/checkpoint.py", "speechd/app.py", "deploy/setup", "pyproject.toml", "setup.py", "constraints.txt"]
)
def test_image_is_given_what_it_is_made_of(path: str) -> None:
    assert not modal.FilePatternMatcher.from_file(ROOT / ".dockerignore")(Path(path))


@pytest.mark.parametrize("path", ["tests/test_cli.py", ".git/config", ".venv/bin/python", "speechd/__pycache__/x.pyc"])
def test_image_is_given_nothing_else(path: str) -> None:
    assert modal.FilePatternMatcher.from_file(ROOT / ".dockerignore")(Path(path))
