"""Reads the options of the command, without argparse if they are simple."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from claude_tui.cli.statusline.text import COLORS, unknown_parts

__all__ = ["Options", "quick_options"]

_SETTINGS = {"--data-dir": "data_dir", "--base-url": "base_url"}


class Options(NamedTuple):
    """The options on the command line."""

    format: str | None
    """The template of the line; None for the default."""
    color: str
    """One of COLORS."""
    config: str | None
    """The settings file; None for the default."""
    flags: dict[str, str]
    """The settings given as flags."""


def quick_options(arguments: Sequence[str]) -> Options | None:
    """The options; None if argparse is needed, for help or an error message."""
    given: dict[str, str] = {}
    rest = iter(arguments)
    for argument in rest:
        name, equals, value = argument.partition("=")
        if not equals:
            value = next(rest, "-")
        if name not in ("--format", "--color", "--config", *_SETTINGS) or (not equals and value[:1] == "-"):
            return None
        given[name] = value
    template, color = given.get("--format"), given.get("--color", COLORS[0])
    if color not in COLORS or (template is not None and unknown_parts(template)):
        return None
    flags = {key: given[flag] for flag, key in _SETTINGS.items() if flag in given}
    return Options(template, color, given.get("--config"), flags)
