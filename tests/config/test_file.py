"""The settings file: where it is, what it may hold, and how it is changed."""

from pathlib import Path

import pytest

from speechd.config import file as settings_file
from speechd.config.settings import InvalidSetting, Settings


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "own.toml"


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"SPEECHD_CONFIG": "/a.toml", "XDG_CONFIG_HOME": "/x", "HOME": "/h"}, "/a.toml"),
        ({"XDG_CONFIG_HOME": "/x", "HOME": "/h"}, "/x/speechd/config.toml"),
        ({"HOME": "/h"}, "/h/.config/speechd/config.toml"),
    ],
)
def test_path_comes_from_the_environment(environ: dict[str, str], expected: str) -> None:
    assert settings_file.locate(environ) == Path(expected)


def test_environment_without_a_home_has_no_file() -> None:
    assert settings_file.locate({}) is None


def test_file_goes_behind_command_line_and_environment(path: Path) -> None:
    path.write_text('port = 1\nhost = "::1"\nworkers = 3\ncors_origins = ["a", "b"]\ngrace_s = 2.5\n')
    environ = {"SPEECHD_CONFIG": str(path), "SPEECHD_HOST": "::2"}
    loaded = Settings.load({"port": "2"}, environ)
    assert (loaded.port, loaded.host, loaded.workers) == (2, "::2", 3)
    assert (loaded.cors_origins, loaded.grace_s) == (("a", "b"), 2.5)


def test_file_at_the_usual_place_may_be_absent(tmp_path: Path) -> None:
    assert Settings.load({}, {"HOME": str(tmp_path)}).port == 8880


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (None, "cannot be read"),
        ("port = = 1", "cannot be read"),
        ("prot = 1", "no option 'prot'"),
        ("[port]\nnumber = 1", "no option 'port'"),
        ("port = 70000", "is over 65535"),
    ],
)
def test_wrong_file_is_named_or_its_option_is(path: Path, content: str | None, complaint: str) -> None:
    if content is not None:
        path.write_text(content)
    with pytest.raises(InvalidSetting, match=complaint):
        Settings.load({}, {"SPEECHD_CONFIG": str(path)})


def test_writing_makes_the_file_and_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "new" / "config.toml"
    settings_file.write(path, {"workers": 4, "threads": 2})
    assert path.read_text() == "workers = 4\nthreads = 2\n"


def test_writing_changes_what_it_sets_alone(path: Path) -> None:
    path.write_text('# Ours.\n\nworkers = 1 # so far\n\nhost = "::1"')
    settings_file.write(path, {"workers": 4, "threads": 2})
    assert path.read_text() == '# Ours.\n\nworkers = 4\n\nhost = "::1"\nthreads = 2\n'
    assert list(path.parent.iterdir()) == [path]
