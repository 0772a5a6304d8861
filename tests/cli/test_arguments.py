from __future__ import annotations

import pytest

from speechd.cli import main as cli
from speechd.cli.arguments import did_you_mean


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (["serve", "--prot", "9000"], "speechd serve: unknown argument --prot: did you mean --port?"),
        (["serve", "--prot=9000"], "did you mean --port?"),
        (["serve", "--max-inflight", "3"], "did you mean --max-in-flight?"),
        (["say", "hello", "--voise", "x"], "did you mean --voice?"),
        (["serve", "now"], "speechd serve: unknown argument now"),
        (["sreve"], "there is no command sreve: did you mean serve?"),
    ],
)
def test_what_is_nearly_right_gets_the_right_name(
    call: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as exit:
        cli.main(call)
    assert exit.value.code == 2
    assert said in capsys.readouterr().err


def test_message_is_not_drowned_by_the_usage_of_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["serve", "--prot", "9000"])
    assert len(capsys.readouterr().err.splitlines()) == 2


def test_former_names_are_not_offered() -> None:
    serve = cli._parser().commands()["serve"]
    assert "--request-timeout-s" in serve.flags()
    assert "--receipt-timeout-s" not in serve.flags()


def test_nothing_is_offered_for_what_is_far_from_all() -> None:
    assert did_you_mean("--xyzzy", ["--port", "--host"]) == ""
