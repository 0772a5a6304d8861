"""The command line's parser, whose errors name what was probably meant."""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NoReturn

from speechd.cli.exit_status import WRONG_CALL

if TYPE_CHECKING:
    from _typeshed import SupportsWrite


class Parser(argparse.ArgumentParser):
    """A parser of options, or of commands with options of their own."""

    def parse_args(self, args: Sequence[str] | None = None, namespace: object = None) -> argparse.Namespace:  # type: ignore[override]
        """The arguments. Exits with status 2 for those that are not known."""
        arguments, unknown = self.parse_known_args(args)
        if unknown:
            parser = getattr(arguments, "parser", self)
            flags = [each for each in unknown if each.startswith("-")]  # what else there is may be their values
            parser.error("; ".join(f"unknown argument {each}{parser.meant(each)}" for each in flags or unknown))
        return arguments

    def error(self, message: str) -> NoReturn:
        """Exit, and say why; without the usage, which for some commands is longer than a screen."""
        print(f"{self.prog}: {message}\n`{self.prog} --help` shows what there is.", file=sys.stderr)
        raise SystemExit(WRONG_CALL)

    def meant(self, unknown: str) -> str:
        """What to say behind an option or a command that there is not."""
        known = self.flags() if unknown.startswith("-") else self.commands()
        return did_you_mean(unknown.partition("=")[0], known)

    def flags(self) -> list[str]:
        """All options, in their long form where they have one."""
        return [action.option_strings[-1] for action in self._actions if action.option_strings and shown(action)]

    def commands(self) -> dict[str, Parser]:
        """The parsers of all commands, by their names."""
        groups = [action for action in self._actions if isinstance(action, argparse._SubParsersAction)]
        return {name: parser for group in groups for name, parser in group.choices.items()}

    def _print_message(self, message: str, file: SupportsWrite[str] | None = None) -> None:
        """Print the help or the version. Raises BrokenPipeError, which only some versions of argparse hide."""
        out = file or sys.stderr
        if out is not None:
            out.write(message)

    def _check_value(self, action: argparse.Action, value: object) -> None:
        if isinstance(action, argparse._SubParsersAction) and value not in action.choices:
            self.error(f"there is no command {value}{did_you_mean(str(value), action.choices)}")
        super()._check_value(action, value)


def shown(action: argparse.Action) -> bool:
    """Whether an option is in the help: former names are not."""
    return action.help is not argparse.SUPPRESS


def did_you_mean(unknown: str, known: Iterable[str]) -> str:
    """The question for what was meant, if anything is near."""
    near = difflib.get_close_matches(unknown, list(known), n=1, cutoff=0.6)
    return f": did you mean {near[0]}?" if near else ""
