"""Settings in words: with their origins, as a starter file, and as the README's table."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping

from claude_tui.model.text import Redactor
from claude_tui.settings.declared import DECLARED, Declared, Settings
from claude_tui.settings.file import toml_value
from claude_tui.settings.kinds import masked_urls

__all__ = ["markdown_table", "shown", "starter_text"]

_COMMENT_COLUMN = 45
_WIDTH = 100
_EXAMPLE_KEYS = 'pause = "space"'


def shown(settings: Settings, redactor: Redactor) -> str:
    """Every value with its origin, as TOML with comments. Secrets are masked."""
    there = "" if settings.file is not None and settings.file.exists() else " (no such file)"
    lines = [f"# settings file: {settings.file}{there}"]
    for declared in DECLARED:
        value = getattr(settings, declared.key)
        if isinstance(value, Mapping):
            lines.append(f"{f'[{declared.key}]':{_COMMENT_COLUMN}} # {settings.origin(declared.key)}")
            lines += [f"{action} = {toml_value(bound)}" for action, bound in value.items()]
        else:
            assignment = f"{declared.key} = {masked_urls(toml_value(value))}"
            lines.append(f"{assignment:{_COMMENT_COLUMN}} # {settings.origin(declared.key)}")
    return "".join(f"{redactor.clean(line)}\n" for line in lines)


def starter_text() -> str:
    """A settings file in which every line is a comment: it changes nothing until edited."""
    head = (
        "# Settings of claude-top. Take the # away from a line to change its value.\n"
        "# Flags and environment variables win over this file: `claude-top config show` tells which did.\n"
    )
    return head + "".join(f"\n{entry}" for entry in _starter_entries())


def _starter_entries() -> Iterator[str]:
    for declared in DECLARED:
        about = f"{declared.about.doc} Expected: {declared.about.kind.expected}."
        comment = textwrap.fill(about, _WIDTH, initial_indent="# ", subsequent_indent="# ")
        if declared.key == "keys":
            yield f"{comment}\n# [keys]\n# {_EXAMPLE_KEYS}\n"
        else:
            yield f"{comment}\n# {declared.key} = {_starter_value(declared)}\n"


def _starter_value(declared: Declared) -> str:
    return toml_value(getattr(Settings(), declared.key))


def markdown_table() -> str:
    """The README's table of settings, in Markdown."""
    rows = ["| key | default | also as | what it is | expected |", "|---|---|---|---|---|"]
    for declared in DECLARED:
        about = declared.about
        default = about.in_words or f"`{toml_value(declared.default)}`"
        names = [f"`{name}`" for name in (about.flag, *declared.variables) if name]
        rows.append(
            f"| `{declared.key}` | {default} | {', '.join(names)} | {about.doc} | {about.kind.expected} |"
        )
    return "\n".join(rows) + "\n"
