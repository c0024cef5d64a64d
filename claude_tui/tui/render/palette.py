"""Themes for terminals with few colours.

Rich rounds every colour by itself, which makes a dark red black and a dark grey teal. Here each role gets the
nearest colour of the palette that keeps its hue, so that the strip keeps its band: ssh does not forward
COLORTERM, and without it a terminal counts as one of 256 colours.
"""

from __future__ import annotations

import colorsys
from collections.abc import Mapping
from dataclasses import replace
from functools import cache

from rich._palettes import EIGHT_BIT_PALETTE, STANDARD_PALETTE
from rich.color import ColorSystem

from claude_tui.tui.render.theme import Palette, Theme

__all__ = ["fitted"]

_SYSTEMS = {"256": ColorSystem.EIGHT_BIT, "standard": ColorSystem.STANDARD}
_HUED = frozenset({"accent", "ok", "warn", "bad", "info", "strip_trouble", "strip_warning"})
_LEAST_CHROMA = 40
_FIRST_GREY = 232
# How far a hue may turn, in degrees: as little as the palette allows.
_HUE_TOLERANCES = (22, 40)

RGB = tuple[int, int, int]


def fitted(theme: Theme, color_system: str | None) -> Theme:
    """The theme in the colours of a terminal with that `color_system` (Rich's name for it)."""
    system = _SYSTEMS.get(color_system or "")
    if system is None or theme.palette is not Palette.RGB or theme.few_colours:
        return theme
    colours = {role: _nearest(colour, system, hued=role in _HUED) for role, colour in theme.colours.items()}
    return replace(theme, colours=colours, few_colours=True)


@cache
def _colours_of(system: ColorSystem) -> Mapping[RGB, str]:
    """The colours of the palette, each with one that Rich maps to it, which differs for greys."""
    if system is ColorSystem.STANDARD:
        shown = [(STANDARD_PALETTE[number], STANDARD_PALETTE[number].hex) for number in range(16)]
    else:
        # The first 16 colours depend on the terminal.
        shown = [(EIGHT_BIT_PALETTE[number], _meant(number)) for number in range(16, 256)]
    return {(colour.red, colour.green, colour.blue): written for colour, written in shown}


def _meant(number: int) -> str:
    if number < _FIRST_GREY:
        return EIGHT_BIT_PALETTE[number].hex
    level = round((number - _FIRST_GREY + 1) / 25 * 255)
    return f"#{level:02x}{level:02x}{level:02x}"


def _nearest(colour: str, system: ColorSystem, *, hued: bool) -> str:
    wanted: RGB = (int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16))
    every = _colours_of(system)
    vivid = [candidate for candidate in every if _chroma(candidate) >= _LEAST_CHROMA] if hued else []
    alike = (
        [candidate for candidate in vivid if _hue_difference(candidate, wanted) <= tolerance]
        for tolerance in _HUE_TOLERANCES
    )
    grey = [candidate for candidate in every if not _chroma(candidate)]
    kept = next(filter(None, alike), vivid or grey)
    return every[min(kept, key=lambda candidate: _distance(candidate, wanted))]


def _chroma(colour: RGB) -> int:
    return max(colour) - min(colour)


def _hue_difference(one: RGB, other: RGB) -> float:
    """The difference of two hues in degrees."""
    first, second = (colorsys.rgb_to_hsv(*colour)[0] * 360 for colour in (one, other))
    return min(abs(first - second), 360 - abs(first - second))


def _distance(one: RGB, other: RGB) -> float:
    """A weighted distance that is close to what the eye sees ("redmean")."""
    mean = (one[0] + other[0]) / 2
    red, green, blue = (a - b for a, b in zip(one, other, strict=True))
    return (2 + mean / 256) * red**2 + 4 * green**2 + (2 + (255 - mean) / 256) * blue**2
