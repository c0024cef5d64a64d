"""A theme for Textual's own widgets: inputs, lists, the palette, notifications."""

from __future__ import annotations

from collections.abc import Mapping

from textual.theme import Theme as TextualTheme

from claude_tui.tui.render.lines import ROLES
from claude_tui.tui.render.theme import Palette, Theme

__all__ = ["textual_theme"]

_RAISE = 0.05


def textual_theme(theme: Theme) -> TextualTheme:
    """The theme in Textual's terms. Each role is a CSS variable too: `$ct-strip-trouble`."""
    own = theme.palette is not Palette.RGB
    colours = {role: _css(theme.colours.get(role, "default")) for role in ROLES}
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
        surface=raised(colours),
        panel=raised(colours),
        dark=theme.dark,
        ansi=own,
        variables=_variables(colours) | (_REVERSED if own else {}),
    )


def _css(colour: str) -> str:
    return colour if colour.startswith("#") else f"ansi_{colour}"


def raised(colours: Mapping[str, str]) -> str:
    """The background of palette and dialogs: slightly towards the text colour."""
    low, high = colours["background"], colours["text"]
    if not low.startswith("#"):
        return low
    pairs = ((int(low[at : at + 2], 16), int(high[at : at + 2], 16)) for at in (1, 3, 5))
    return "#" + "".join(f"{round(below + (above - below) * _RAISE):02x}" for below, above in pairs)


# In the terminal's own colours, a background of its own would be a guess.
_REVERSED = {
    "block-cursor-text-style": "bold reverse",
    "input-cursor-text-style": "reverse",
    "input-selection-background": "ansi_default",
    "input-selection-foreground": "ansi_default",
    "text-muted": "ansi_default",
    "text-disabled": "ansi_default",
    "foreground-muted": "ansi_default",
}


def _variables(colours: Mapping[str, str]) -> dict[str, str]:
    roles = {f"ct-{role.replace('_', '-')}": colour for role, colour in colours.items()}
    return roles | {
        # Textual's own style sheets need these two if the theme has no colours.
        "ansi-background": colours["background"],
        "ansi-foreground": colours["text"],
        "panel-darken-1": raised(colours),
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
