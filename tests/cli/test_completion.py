"""The scripts are run by the shells themselves, where they are installed."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from speechd.cli import completion
from speechd.cli import main as cli

Complete = Callable[[str], list[str]]


@pytest.fixture
def complete(tmp_path: Path) -> Complete:
    """What bash offers for a line, whose last word is completed."""
    (tmp_path / "script").write_text(completion.script(cli._parser(), "bash"))

    def complete(line: str) -> list[str]:
        words = " ".join(f"'{word}'" for word in line.split(" "))
        program = f". ./script; COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}}-1)); _speechd"
        printed = f"{program}; printf '%s\\n' \"${{COMPREPLY[@]}}\""
        done = subprocess.run(["bash", "-c", printed], cwd=tmp_path, capture_output=True, text=True, check=True)
        return done.stdout.split()

    return complete


def test_bash_completes_commands(complete: Complete) -> None:
    assert complete("speechd s") == ["serve", "say"]


def test_bash_completes_options_of_the_command(complete: Complete) -> None:
    assert complete("speechd serve --max-in") == ["--max-input-chars", "--max-in-flight", "--max-in-flight-per-key"]
    assert complete("speechd voices --port") == []


def test_bash_completes_what_an_option_can_be(complete: Complete) -> None:
    assert complete("speechd serve --log-level ") == ["debug", "info", "warning", "error"]
    assert "mp3" in complete("speechd say --format ")
    assert complete("speechd completion z") == ["zsh"]


def test_bash_leaves_files_to_itself(complete: Complete) -> None:
    assert complete("speechd serve --model-dir ") == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_script_is_one_that_its_shell_can_read(shell: str, tmp_path: Path) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    (tmp_path / "script").write_text(completion.script(cli._parser(), shell))
    subprocess.run([shell, "-n", "script"], cwd=tmp_path, check=True, capture_output=True)


@pytest.mark.parametrize("shell", completion.SHELLS)
def test_script_has_every_option_of_every_command(shell: str) -> None:
    parser = cli._parser()
    text = completion.script(parser, shell)
    flags = {flag for command in parser.commands().values() for flag in command.flags()}
    assert len(flags) > 60
    assert [flag for flag in flags if (f"-l {flag[2:]} " if shell == "fish" else flag) not in text] == []


def test_command_prints_the_script(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["completion", "bash"]) == 0
    assert capsys.readouterr().out.endswith("-F _speechd speechd\n")
