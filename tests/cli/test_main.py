import io

import av
import pytest

from bench.checkpoint import make
from speechd.cli import main as cli
from speechd.config.settings import Settings
from speechd.encoders import FORMATS
from speechd.server.arbiter import ENVIRONMENT


@pytest.mark.parametrize("format", FORMATS)
def test_say_writes_a_file_of_its_suffix(tmp_path, format):
    path = tmp_path / f"hello.{format}"
    assert cli.main(["say", "Good morning.", "-o", str(path), "--engine", "tone"]) == 0
    if format == "pcm":
        assert len(path.read_bytes()) > 24_000
        return
    with av.open(str(path)) as container:
        assert sum(frame.samples / frame.sample_rate for frame in container.decode(audio=0)) > 0.5


def test_say_reads_standard_input(tmp_path, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("From a pipe."))
    path = tmp_path / "pipe.wav"
    assert cli.main(["say", "-o", str(path), "--engine", "tone"]) == 0
    assert path.stat().st_size > 24_000


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["say", "x", "-o", "a.xyz", "--engine", "tone"], 2, "--format"),
        (["say", "x", "-o", "a.mp3", "--engine", "tone", "--voice", "nobody"], 2, "nobody"),
        (["say", "x", "-o", "a.mp3", "--engine", "tone", "--speed", "9"], 2, "--speed"),
        (["say", "x", "-o", "nowhere/a.mp3", "--engine", "tone"], 2, "nowhere/a.mp3"),
        (["say", "x", "-o", ".", "--format", "wav", "--engine", "tone"], 2, "--output"),
        (["say", "...", "-o", "a.mp3", "--engine", "tone"], 2, "nothing"),
        (["say", "x", "-o", "a.mp3", "--engine", "kokoro", "--model-dir", "nowhere"], 1, "nowhere"),
        (["serve", "--port", "0"], 2, "--port"),
    ],
)
def test_wrong_call_says_what_to_do(arguments, status, said, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert cli.main(arguments) == status
    assert said in capsys.readouterr().err
    assert list(tmp_path.glob("*.mp3")) == []


def test_verify_finds_the_fast_model_exact(tmp_path, capsys):
    make(tmp_path, real=False, voices=("af_heart",))
    assert cli.main(["verify", "--model-dir", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "400 tokens" in out
    assert "is the same function" in out


def test_voices_are_listed(capsys):
    assert cli.main(["voices"]) == 0
    assert "af_heart" in capsys.readouterr().out


def test_help_of_serve_names_every_option(capsys):
    with pytest.raises(SystemExit):
        cli.main(["serve", "--help"])
    help = capsys.readouterr().out
    for name in Settings.__dataclass_fields__:
        assert "--" + name.replace("_", "-") in help


def test_help_of_serve_says_what_memory_the_launcher_sets(capsys):
    with pytest.raises(SystemExit):
        cli.main(["serve", "--help"])
    help = " ".join(capsys.readouterr().out.split())
    for name in [name for name in ENVIRONMENT if name.startswith(("MALLOC_", "ONEDNN_"))]:
        assert f"{name}={ENVIRONMENT[name]}" in help
