"""`speechd completion`: a script that completes commands and options in a shell, made from the parser."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from speechd.cli.arguments import Parser, shown

ADVICE: Final = """\
Print a script that completes commands and options. To use it:
  bash   speechd completion bash > ~/.local/share/bash-completion/completions/speechd
  zsh    speechd completion zsh > ~/.zfunc/_speechd    (with fpath+=~/.zfunc before compinit in ~/.zshrc)
  fish   speechd completion fish > ~/.config/fish/completions/speechd.fish
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("shell", choices=list(SHELLS), help="the shell")


def script(parser: Parser, shell: str) -> str:
    """The script for a shell of `SHELLS`. parser: that of all commands."""
    return "\n".join(SHELLS[shell](parser.commands(), _helps(parser))) + "\n"


def _helps(parser: Parser) -> dict[str, str]:
    """What each command does."""
    return {
        choice.dest: choice.help or ""
        for action in parser._actions
        if isinstance(action, argparse._SubParsersAction)
        for choice in action._choices_actions
    }


def _options(parser: Parser) -> Iterator[argparse.Action]:
    return (action for action in parser._actions if action.option_strings and shown(action))


def _values(action: argparse.Action) -> list[str]:
    """What an option can be, where that is a choice: of settings it stands in the metavar."""
    metavar = action.metavar if isinstance(action.metavar, str) else ""
    return list(action.choices or (metavar.split("|") if "|" in metavar else ()))


def _bash(commands: Mapping[str, Parser], helps: Mapping[str, str]) -> Iterator[str]:
    yield "_speechd() {"
    yield "  local words= current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}"
    yield "  case ${COMP_WORDS[1]}:$before in"
    for name, parser in commands.items():
        for action in _options(parser):
            if action.nargs != 0:
                patterns = "|".join(f"{name}:{flag}" for flag in action.option_strings)
                yield f"    {patterns}) words='{' '.join(_values(action))}' ;;"
        positional = [value for action in parser._actions if not action.option_strings for value in _values(action)]
        flags = [flag for action in _options(parser) for flag in action.option_strings]
        words = "' '".join(filter(None, [" ".join(flags), " ".join(positional)]))
        yield f"    {name}:*) words='{words.replace(chr(39) + ' ' + chr(39), ' ')}' ;;"
    yield "  esac"
    yield f"  ((COMP_CWORD == 1)) && words='{' '.join(commands)} --help --version'"
    yield '  COMPREPLY=($(compgen -W "$words" -- "$current"))'
    yield "}"
    yield "complete -o bashdefault -o default -F _speechd speechd"


def _zsh(commands: Mapping[str, Parser], helps: Mapping[str, str]) -> Iterator[str]:
    yield "#compdef speechd"
    yield "_speechd() {"
    yield "  if ((CURRENT == 2)); then"
    yield f"    local -a commands=({' '.join(_quoted(f'{name}:{helps[name]}') for name in commands)})"
    yield "    _describe command commands"
    yield "    return"
    yield "  fi"
    yield "  local command=$words[2]"
    yield "  shift words; ((CURRENT--))"
    yield "  case $command in"
    for name, parser in commands.items():
        yield f"    {name}) _arguments {' '.join(_zsh_specs(parser))} ;;"
    yield "  esac"
    yield "}"
    yield '_speechd "$@"'


def _zsh_specs(parser: Parser) -> Iterator[str]:
    for action in _options(parser):
        meaning = (action.help or "").replace("%%", "%").replace("[", "(").replace("]", ")").replace(":", " -")
        values = f"({' '.join(_values(action))})" if _values(action) else "_files"
        for flag in action.option_strings:
            yield _quoted(f"{flag}[{meaning}]" + ("" if action.nargs == 0 else f":value:{values}"))
    positional = [value for action in parser._actions if not action.option_strings for value in _values(action)]
    yield _quoted(f"*:argument:({' '.join(positional)})" if positional else "*:file:_files")


def _fish(commands: Mapping[str, Parser], helps: Mapping[str, str]) -> Iterator[str]:
    for name, parser in commands.items():
        yield f"complete -c speechd -n __fish_use_subcommand -f -a {name} -d {_quoted(helps[name])}"
        for action in _options(parser):
            names = " ".join(
                f"-l {flag[2:]}" if flag.startswith("--") else f"-s {flag[1:]}" for flag in action.option_strings
            )
            choice = f" -f -a {_quoted(' '.join(_values(action)))}" if _values(action) else ""
            value = "" if action.nargs == 0 else f" -r{choice}"
            meaning = _quoted((action.help or "").replace("%%", "%"))
            yield f"complete -c speechd -n '__fish_seen_subcommand_from {name}' {names}{value} -d {meaning}"
        if positional := [value for each in parser._actions if not each.option_strings for value in _values(each)]:
            yield f"complete -c speechd -n '__fish_seen_subcommand_from {name}' -f -a {_quoted(' '.join(positional))}"


def _quoted(text: str) -> str:
    """For a shell, in single quotes."""
    return "'" + text.replace("'", "’") + "'"


SHELLS: Final[Mapping[str, Callable[[Mapping[str, Parser], Mapping[str, str]], Iterator[str]]]] = {
    "bash": _bash,
    "zsh": _zsh,
    "fish": _fish,
}
"""What writes the script for each shell."""
