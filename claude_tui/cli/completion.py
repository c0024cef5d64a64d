"""`claude-top completion SHELL`: a script that completes the command line.

shtab writes it from the grammar. It is static, so completing starts no Python.
"""

from __future__ import annotations

import os
from argparse import Action, ArgumentParser, _SubParsersAction
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from claude_tui.cli.console import emit

__all__ = ["run", "script"]

EXIT_OK = 0


def run(shell: str, parser: ArgumentParser) -> int:
    """Prints the script."""
    emit(script(shell, parser))
    return EXIT_OK


def script(shell: str, parser: ArgumentParser) -> str:
    """The script for a shell. `parser` is the grammar; it gets attributes that shtab looks for."""
    import shtab

    for command, action in _actions(parser, ""):
        if action.option_strings[:1] == ["--help"]:
            continue
        words = _words(command, action)
        if words is not None:
            # Only displayed: nothing is parsed with it.
            action.choices = list(words)
        elif action.metavar in ("FILE", "FILE|INCIDENT"):
            _set_complete(action, shtab.FILE)
        elif action.metavar == "DIR":
            _set_complete(action, shtab.DIRECTORY)
    return shtab.complete(parser, shell=shell)


def _set_complete(action: Action, what: Mapping[str, Any]) -> None:
    action.complete = what  # type: ignore[attr-defined]


def _actions(parser: ArgumentParser, command: str) -> Iterator[tuple[str, Action]]:
    """Every option and argument, with the command that it belongs to."""
    for action in parser._actions:
        if isinstance(action, _SubParsersAction):
            for name, inner in action.choices.items():
                yield from _actions(inner, f"{command} {name}".strip())
        else:
            yield command, action


def _words(command: str, action: Action) -> Sequence[str] | None:
    """The possible values of an option or argument, if they are known and few."""
    if action.dest == "set_theme":
        return _themes()
    if action.dest == "incident":
        return ["last"]
    known = _KNOWN.get((command, action.dest))
    return None if known is None else known()


def _scenarios() -> list[str]:
    from claude_tui.simulator.scenario import names

    return [name for name, _ in names()]


def _drills() -> list[str]:
    from claude_tui.simulator.scenario import drills

    return ["list", "scores", *(name for name, _ in drills())]


def _topics() -> Sequence[str]:
    from claude_tui.manual import topics

    return topics()


def _causes() -> list[str]:
    from claude_tui.model.verdict import Cause
    from claude_tui.runbook import load

    return sorted({*(cause.value for cause in Cause), *load([]).playbooks})


def _themes() -> Sequence[str]:
    """The shipped themes, and the user's own."""
    from claude_tui.settings import Places, config_file
    from claude_tui.tui.render.theme_files import theme_names

    path, _ = config_file(None, os.environ, Places.of_user())
    return theme_names(path.parent / "themes")


_KNOWN: Mapping[tuple[str, str], Callable[[], Sequence[str]]] = {
    ("", "demo"): _scenarios,
    ("simulate", "scenario"): _scenarios,
    ("drill", "scenario"): _drills,
    ("manual", "topic"): _topics,
    ("runbook", "cause"): _causes,
}
