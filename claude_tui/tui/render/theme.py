"""Themes: a colour for every role, and the Rich styles made from them.

A theme of 24-bit colours writes them as `#rrggbb`. One of the terminal's own palette uses names: `red`,
`bright_black`, `default`. One without colours uses bold, dim and reverse.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from rich.style import Style

__all__ = ["NO_COLOR", "TERMINAL_COLOURS", "Palette", "Theme"]

# The least contrast at which bold or large text is readable (WCAG).
_LEGIBLE = 3.0
_HUES = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
_DIMMED = frozenset({"dim", "faint", "edge", "track"})

TERMINAL_COLOURS = ("default", *_HUES, *(f"bright_{hue}" for hue in _HUES))
"""The names of the terminal's own colours: SGR 39, 30-37 and 90-97."""


class Palette(StrEnum):
    """Where the colours of a theme come from."""

    RGB = "rgb"
    TERMINAL = "terminal"
    NONE = "none"


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
    """Colours by role: `#rrggbb`, or names of the terminal's own; empty without colours."""
    palette: Palette = Palette.RGB
    """Where the colours come from."""
    few_colours: bool = False
    """Whether its colours are rounded to a palette, so that some cannot be read on the strip."""

    @property
    def plain(self) -> bool:
        """Whether it has no colours, and uses dim, bold and reverse instead."""
        return self.palette is Palette.NONE

    @property
    def css_name(self) -> str:
        """The name under which Textual knows it."""
        return f"ct-{self.name}-few" if self.few_colours else f"ct-{self.name}"

    def style(self, role: str, *, bold: bool = False, back: str = "background") -> Style:
        """The style of text in `role` on the colour of `back`. An unknown role is ordinary text."""
        if self.plain:
            return _plain_style(role, bold, back or "background")
        colours = self.colours
        colour = colours.get(role) or colours["text"]
        if self.palette is Palette.TERMINAL:
            return _terminal_style(role, colour, bold, back, colours.get(back, "default"))
        behind = colours.get(back) or colours["background"]
        if self.few_colours and back.startswith("strip_") and _contrast(colour, behind) < _LEGIBLE:
            colour = colours["text"]
        return _style(colour, behind, bold)


NO_COLOR = Theme("no-color", "Without colours", dark=True, colours={}, palette=Palette.NONE)
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
        dim=role in _DIMMED or None,
        reverse=back not in ("background", "strip_warning") or None,
    )


@lru_cache(maxsize=256)
def _terminal_style(role: str, colour: str, bold: bool, back: str, behind: str) -> Style:
    """The style on a coloured background, for a theme of the terminal's own colours.

    How these look on each other is unknown, so a coloured background is reverse video. The selected row is
    reversed as a whole, as its pieces would otherwise be blocks of many colours.
    """
    if role == "background" and behind != "default":
        return Style(color=behind, bgcolor="default", bold=bold or None, reverse=True)
    if back == "track":
        return Style(color="default", bgcolor="default", bold=bold or None, reverse=True)
    dim = role in _DIMMED and colour == "default"
    return Style(color=colour, bgcolor="default", bold=bold or None, dim=dim or None)
