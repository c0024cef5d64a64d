"""Themes as TOML files.

A theme is named after its file. Files in the user's `themes` folder take precedence over those shipped
with the program. Reading a theme does not import Textual, as it happens before the first frame.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import claude_tui
from claude_tui.model.errors import ConfigError, Problem
from claude_tui.model.nearest import nearest
from claude_tui.model.toml_table import Table
from claude_tui.model.toml_text import shown
from claude_tui.tui.render.lines import ROLES
from claude_tui.tui.render.theme import NO_COLOR, TERMINAL_COLOURS, Palette, Theme

__all__ = [
    "ALIASES",
    "FALLBACK",
    "ThemeError",
    "load_theme",
    "read_theme",
    "theme_names",
    "theme_path",
    "wanted",
]

FALLBACK = "dark"
"""The theme that replaces one that cannot be read."""

ALIASES = {"colour-blind": "deuteranopia", "colour-blind-light": "deuteranopia-light"}
"""Former names of shipped themes."""

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_PACKAGED = Path(claude_tui.__file__).parent / "themes"
_CHECKOUT = Path(claude_tui.__file__).parents[1] / "themes"


class ThemeError(ConfigError):
    """A theme is invalid, or there is none with this name."""


def wanted(name: str, user_dir: Path | None, environ: Mapping[str, str]) -> Theme:
    """The theme to start with: `name`, or no colours if `NO_COLOR` is set. Raises ThemeError."""
    return NO_COLOR if environ.get("NO_COLOR") else load_theme(name, user_dir)


def theme_names(user_dir: Path | None) -> tuple[str, ...]:
    """The names of all themes: dark and light first, then in alphabetical order."""
    files = (path for folder in _folders(user_dir) for path in folder.glob("*.toml"))
    names = {path.stem for path in files if _NAME.fullmatch(path.stem) and _is_file(path)}
    first = [name for name in ("dark", "light") if name in names]
    return (*first, *sorted(names.difference(first)))


def load_theme(name: str, user_dir: Path | None) -> Theme:
    """The theme called `name`. Raises ThemeError if there is none, or if its file is invalid."""
    return read_theme(theme_path(name, user_dir))


def theme_path(name: str, user_dir: Path | None) -> Path:
    """The file of the theme called `name`. Raises ThemeError if there is none."""
    if _NAME.fullmatch(name):
        for candidate in (name, ALIASES.get(name, name)):
            for folder in _folders(user_dir):
                if _is_file(path := folder / f"{candidate}.toml"):
                    return path
    names = theme_names(user_dir)
    expected = "one of " + ", ".join(names)
    raise ThemeError([Problem("", "theme", shown(name), expected, nearest(name, names))])


def _is_file(path: Path) -> bool:
    """Whether the file exists. Also False for a loop of links, or if the folder may not be entered."""
    try:
        return path.is_file()
    except OSError:
        return False


def _folders(user_dir: Path | None) -> tuple[Path, ...]:
    shipped = _PACKAGED if _PACKAGED.is_dir() else _CHECKOUT
    return (shipped,) if user_dir is None else (user_dir, shipped)


def read_theme(path: Path) -> Theme:
    """The theme in one file. Raises ThemeError."""
    if not _NAME.fullmatch(path.stem):
        raise ThemeError([Problem(str(path), "", "expected a file name of letters, digits, - and _")])
    top = Table.of_file(path, ThemeError)
    title, dark = top.line("title", path.stem), top.flag("dark", True)
    palette = top.choice("palette", Palette, Palette.RGB)
    colours = {} if palette is Palette.NONE else _roles(top, palette)
    top.done()
    top.check()
    return Theme(path.stem, title, dark, colours, palette)


def _roles(top: Table, palette: Palette) -> Mapping[str, str]:
    table = top.table("roles")
    if not table.data:
        if top.sound("roles"):
            top.wrong("roles", "nothing", "a table [roles] with " + ", ".join(ROLES))
        return {}
    colours = {}
    for role in ROLES:
        value = table.data[role] if table.has(role) else None
        if isinstance(value, str) and _is_colour(value, palette):
            colours[role] = value.lower()
        else:
            table.unfit(role, _EXPECTED[palette])
    table.done()
    return colours


_EXPECTED = {
    Palette.RGB: 'a colour like "#d97757"',
    Palette.TERMINAL: "one of " + ", ".join(TERMINAL_COLOURS),
}


def _is_colour(value: str, palette: Palette) -> bool:
    if palette is Palette.TERMINAL:
        return value in TERMINAL_COLOURS
    return _COLOUR.fullmatch(value) is not None
