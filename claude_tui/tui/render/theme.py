"""Themes: TOML files that give every role a colour, and the Rich styles made from them.

A theme is named after its file. Files in the user's `themes` folder take precedence over those shipped
with the program. Reading a theme does not import Textual, as it happens before the first frame.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from rich.style import Style

import claude_tui
from claude_tui.model.errors import ConfigError, Problem
from claude_tui.model.nearest import nearest
from claude_tui.model.toml_table import Table
from claude_tui.model.toml_text import shown
from claude_tui.tui.render.lines import ROLES

if TYPE_CHECKING:
    import textual.theme

__all__ = [
    "NO_COLOR",
    "Theme",
    "ThemeError",
    "load_theme",
    "read_theme",
    "textual_theme",
    "theme_names",
    "wanted",
]

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_PACKAGED = Path(claude_tui.__file__).parent / "themes"
_CHECKOUT = Path(claude_tui.__file__).parents[1] / "themes"
_RAISE = 0.05
# The least contrast at which bold or large text can be read (WCAG).
_LEGIBLE = 3.0


class ThemeError(ConfigError):
    """A theme is invalid, or there is none with this name."""


@dataclass(frozen=True, slots=True)
class Theme:
    """A theme: the colour of each role."""

    name: str
    """The name of its file."""
    title: str
    """Its name in the chooser."""
    dark: bool
    """Whether it is for dark terminals."""
    colours: Mapping[str, str]
    """Colours by role, as `#rrggbb`."""
    plain: bool = False
    """Whether it has no colours: then dim, bold and reverse tell things apart."""
    few_colours: bool = False
    """Whether its colours are rounded to a palette, so that some cannot be read on the strip."""

    @property
    def css_name(self) -> str:
        """What Textual knows it by."""
        return f"ct-{self.name}-few" if self.few_colours else f"ct-{self.name}"

    def style(self, role: str, *, bold: bool = False, back: str = "background") -> Style:
        """The style of text in `role` on the colour of `back`. An unknown role is ordinary text."""
        if self.plain:
            return _plain_style(role, bold, back or "background")
        colours = self.colours
        behind = colours.get(back) or colours["background"]
        colour = colours.get(role) or colours["text"]
        if self.few_colours and back.startswith("strip_") and _contrast(colour, behind) < _LEGIBLE:
            colour = colours["text"]
        return _style(colour, behind, bold)


NO_COLOR = Theme("no-color", "Without colours", dark=True, colours={}, plain=True)
"""For `NO_COLOR` (https://no-color.org)."""


@lru_cache(maxsize=256)
def _contrast(one: str, other: str) -> float:
    """The contrast of two colours as WCAG defines it: 1 to 21."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@lru_cache(maxsize=1024)
def _style(colour: str, behind: str, bold: bool) -> Style:
    return Style(color=colour, bgcolor=behind, bold=bold or None)


@lru_cache(maxsize=256)
def _plain_style(role: str, bold: bool, back: str) -> Style:
    return Style(
        color="default",
        bgcolor="default",
        bold=bold or role in {"bad", "warn", "accent"} or None,
        dim=role in {"dim", "faint", "edge", "track"} or None,
        reverse=back not in ("background", "strip_warning") or None,
    )


def wanted(name: str, user_dir: Path | None, environ: Mapping[str, str]) -> Theme:
    """The theme to start with: `name`, or no colours if `NO_COLOR` is set. Raises ThemeError."""
    return NO_COLOR if environ.get("NO_COLOR") else load_theme(name, user_dir)


def theme_names(user_dir: Path | None) -> tuple[str, ...]:
    """The names of all themes: dark and light first, then in alphabetical order."""
    names = {path.stem for folder in _folders(user_dir) for path in folder.glob("*.toml")}
    first = [name for name in ("dark", "light") if name in names]
    return (*first, *sorted(names.difference(first)))


def load_theme(name: str, user_dir: Path | None) -> Theme:
    """The theme called `name`. Raises ThemeError if there is none, or if its file is invalid."""
    if _NAME.fullmatch(name):
        for folder in _folders(user_dir):
            if (path := folder / f"{name}.toml").is_file():
                return read_theme(path)
    names = theme_names(user_dir)
    expected = "one of " + ", ".join(names)
    raise ThemeError([Problem("", "theme", shown(name), expected, nearest(name, names))])


def _folders(user_dir: Path | None) -> tuple[Path, ...]:
    shipped = _PACKAGED if _PACKAGED.is_dir() else _CHECKOUT
    return (shipped,) if user_dir is None else (user_dir, shipped)


def read_theme(path: Path) -> Theme:
    """The theme in one file. Raises ThemeError."""
    if not _NAME.fullmatch(path.stem):
        raise ThemeError([Problem(str(path), "", "expected a file name of letters, digits, - and _")])
    top = Table.of_file(path, ThemeError)
    title, dark = top.line("title", path.stem), top.flag("dark", True)
    colours = _roles(top)
    top.done()
    top.check()
    return Theme(path.stem, title, dark, colours)


def _roles(top: Table) -> Mapping[str, str]:
    table = top.table("roles")
    if not table.data:
        if top.sound("roles"):
            top.wrong("roles", "nothing", "a table [roles] with " + ", ".join(ROLES))
        return {}
    colours = {}
    for role in ROLES:
        value = table.data[role] if table.has(role) else None
        if isinstance(value, str) and _COLOUR.fullmatch(value):
            colours[role] = value.lower()
        else:
            table.unfit(role, 'a colour like "#d97757"')
    table.done()
    return colours


def textual_theme(theme: Theme) -> textual.theme.Theme:
    """The same theme for Textual's own widgets. Each role is a CSS variable too: `$ct-strip-trouble`."""
    from textual.theme import Theme as TextualTheme

    colours = theme.colours or dict.fromkeys(ROLES, "ansi_default")
    return TextualTheme(
        name=theme.css_name,
        primary=colours["accent"],
        secondary=colours["info"],
        warning=colours["warn"],
        error=colours["bad"],
        success=colours["ok"],
        accent=colours["accent"],
        foreground=colours["text"],
        background=colours["background"],
        surface=_raised(colours),
        panel=_raised(colours),
        dark=theme.dark,
        ansi=theme.plain,
        variables=_variables(colours),
    )


def _raised(colours: Mapping[str, str]) -> str:
    """The background of palette and dialogs: slightly towards the text colour."""
    low, high = colours["background"], colours["text"]
    if not low.startswith("#"):
        return low
    pairs = ((int(low[at : at + 2], 16), int(high[at : at + 2], 16)) for at in (1, 3, 5))
    return "#" + "".join(f"{round(below + (above - below) * _RAISE):02x}" for below, above in pairs)


def _variables(colours: Mapping[str, str]) -> dict[str, str]:
    roles = {f"ct-{role.replace('_', '-')}": colour for role, colour in colours.items()}
    return roles | {
        # Textual's own style sheets need these two if the theme has no colours.
        "ansi-background": colours["background"],
        "ansi-foreground": colours["text"],
        "panel-darken-1": _raised(colours),
        "border": colours["accent"],
        "border-blurred": colours["edge"],
        "block-cursor-background": colours["track"],
        "block-cursor-foreground": colours["text"],
        "block-cursor-text-style": "bold",
        "block-cursor-blurred-background": colours["track"],
        "block-cursor-blurred-foreground": colours["text"],
        "input-cursor-background": colours["text"],
        "input-cursor-foreground": colours["background"],
        "scrollbar": colours["track"],
        "scrollbar-hover": colours["dim"],
        "scrollbar-active": colours["dim"],
        "scrollbar-background": colours["background"],
        "scrollbar-background-hover": colours["background"],
        "scrollbar-background-active": colours["background"],
        "scrollbar-corner-color": colours["background"],
    }
