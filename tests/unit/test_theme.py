"""Themes: what is shipped can be read and told apart, what is wrong is named."""

from __future__ import annotations

import itertools
import math
from pathlib import Path

import pytest
from rich.color import Color, ColorSystem

from claude_tui.tui.render.lines import ROLES
from claude_tui.tui.render.palette import fitted
from claude_tui.tui.render.theme import (
    NO_COLOR,
    Theme,
    ThemeError,
    load_theme,
    textual_theme,
    theme_names,
    wanted,
)

SHIPPED = theme_names(None)
STATES = ("accent", "ok", "warn", "bad", "info")
BEHIND = ("background", "strip_trouble", "strip_warning")
GOOD = "\n".join(['title = "Mine"', "[roles]", *(f'{role} = "#A1b2c3"' for role in ROLES)])

# Linear RGB as seen with a missing cone, from Machado, Oliveira and Fernandes (2009), severity 1.0.
BLINDNESS = {
    "none": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    "deutan": ((0.367, 0.861, -0.228), (0.280, 0.673, 0.047), (-0.012, 0.043, 0.969)),
    "protan": ((0.152, 1.053, -0.205), (0.115, 0.786, 0.099), (-0.004, -0.048, 1.052)),
    "tritan": ((1.256, -0.077, -0.179), (-0.078, 0.931, 0.148), (0.005, 0.691, 0.304)),
}


def linear(colour: str) -> tuple[float, ...]:
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return tuple(part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)


def luminance(colour: str) -> float:
    red, green, blue = linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """WCAG 2: 1 to 21."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def lab(colour: str, blindness: str) -> tuple[float, float, float]:
    rgb = linear(colour)
    red, green, blue = (
        min(max(sum(a * b for a, b in zip(row, rgb, strict=True)), 0.0), 1.0) for row in BLINDNESS[blindness]
    )

    def curve(part: float) -> float:
        return part ** (1 / 3) if part > 0.008856 else 7.787 * part + 16 / 116

    x = curve((0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505)
    y = curve(0.2126 * red + 0.7152 * green + 0.0722 * blue)
    z = curve((0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def distance(one: str, other: str, blindness: str) -> float:
    pairs = zip(lab(one, blindness), lab(other, blindness), strict=True)
    return math.sqrt(sum((a - b) ** 2 for a, b in pairs))


def write(folder: Path, text: str, name: str = "mine") -> Path:
    path = folder / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_themes_are_readable(name: str) -> None:
    theme = load_theme(name, None)
    colours, high = theme.colours, name.startswith("high-contrast")
    for behind in BEHIND:
        back = colours[behind]
        assert contrast(colours["text"], back) >= (12 if high else 7)
        for role in STATES:
            assert contrast(colours[role], back) >= (6.9 if high else 4.1 if behind != "background" else 4.5)
        assert contrast(colours["dim"], back) >= (7 if high else 4)
        assert contrast(colours["faint"], back) >= (6.5 if high else 3)
    assert theme.dark == (luminance(colours["background"]) < 0.2)
    assert colours["track"] != colours["background"]


@pytest.mark.parametrize("name", [name for name in SHIPPED if name.startswith("colour-blind")])
@pytest.mark.parametrize("blindness", BLINDNESS)
def test_colour_blind_themes_tell_states_apart(name: str, blindness: str) -> None:
    colours = load_theme(name, None).colours
    for one, other in itertools.combinations(("ok", "warn", "bad"), 2):
        assert distance(colours[one], colours[other], blindness) >= 20, (one, other)


def test_the_themes_that_must_be_there() -> None:
    assert SHIPPED[:2] == ("dark", "light")
    assert {"high-contrast", "colour-blind"} <= set(SHIPPED)


def test_exact_colours_of_the_design() -> None:
    dark, light = load_theme("dark", None).colours, load_theme("light", None).colours
    assert (dark["background"], light["background"]) == ("#0e1116", "#fbfaf7")
    assert (dark["accent"], light["accent"]) == ("#d97757", "#b5532f")
    assert (dark["strip_trouble"], light["strip_trouble"]) == ("#2a1416", "#fbe9e7")


def test_own_theme_comes_first(tmp_path: Path) -> None:
    write(tmp_path, GOOD, "dark")
    write(tmp_path, GOOD)
    assert load_theme("dark", tmp_path).title == "Mine"
    assert load_theme("mine", tmp_path).colours["ok"] == "#a1b2c3"
    assert "mine" in theme_names(tmp_path)
    assert "mine" not in theme_names(None)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("title = ", "is not valid TOML"),
        (GOOD.replace('ok = "#A1b2c3"', ""), "roles.ok: got nothing"),
        (GOOD.replace('ok = "#A1b2c3"', 'ok = "green"'), 'roles.ok: got "green", expected a colour like'),
        (GOOD.replace('ok = "#A1b2c3"', "ok = 5"), "got 5"),
        (GOOD + '\nacent = "#000000"', 'roles.acent: got an unknown key (did you mean "accent"?)'),
        ("darkk = true\n" + GOOD, 'darkk: got an unknown key (did you mean "dark"?)'),
        ("dark = 1\n" + GOOD, "dark: got 1, expected true or false"),
        ("roles = 3", "roles: got 3, expected a table"),
        ("", "roles: got nothing, expected a table"),
    ],
)
def test_a_wrong_file_is_named_with_key_and_expectation(tmp_path: Path, text: str, says: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ThemeError) as caught:
        load_theme("mine", tmp_path)
    assert str(path) in str(caught.value)
    assert says in str(caught.value)


@pytest.mark.parametrize("name", ["drak", "../dark", "", "/etc/passwd", "a b"])
def test_a_theme_that_is_not_there(name: str, tmp_path: Path) -> None:
    with pytest.raises(ThemeError, match=r"theme: got .*, expected one of dark, light") as caught:
        load_theme(name, tmp_path)
    assert "high-contrast" in str(caught.value)


def test_a_near_name_is_suggested() -> None:
    with pytest.raises(ThemeError, match='did you mean "dark"'):
        load_theme("drak", None)


def test_styles() -> None:
    theme = load_theme("dark", None)
    style = theme.style("bad", bold=True)
    assert style.color is not None
    assert style.bgcolor is not None
    assert (style.color.name, style.bgcolor.name, style.bold) == ("#ef5d5d", "#0e1116", True)
    behind = theme.style("text", back="strip_trouble").bgcolor
    assert behind is not None
    assert behind.name == "#2a1416"
    assert theme.style("no such role") == theme.style("text")


def test_no_color_tells_apart_without_colours() -> None:
    theme = wanted("dark", None, {"NO_COLOR": "1"})
    assert theme is NO_COLOR
    for role in ROLES:
        style = theme.style(role)
        assert style.color is not None
        assert style.color.is_default
    assert theme.style("bad").bold
    assert theme.style("faint").dim
    assert theme.style("text", back="track").reverse
    assert not theme.style("text").reverse


def test_no_color_needs_a_value() -> None:
    assert wanted("light", None, {"NO_COLOR": ""}).name == "light"


@pytest.mark.parametrize(
    "theme", [*(load_theme(name, None) for name in SHIPPED), NO_COLOR], ids=lambda t: t.name
)
def test_textual_gets_every_role_as_a_variable(theme: Theme) -> None:
    made = textual_theme(theme)
    generated = made.to_color_system().generate()
    assert {f"ct-{role.replace('_', '-')}" for role in ROLES} <= set(made.variables)
    assert generated["border"] == made.variables["border"]


# -- few colours ------------------------------------------------------------------

SYSTEMS = {"256": ColorSystem.EIGHT_BIT, "standard": ColorSystem.STANDARD}


def seen(theme: Theme, role: str, system: str, back: str = "background") -> tuple[str, str]:
    """Text and background as a terminal with so few colours shows them."""
    style = fitted(theme, system).style(role, back=back)
    both = []
    for colour in (style.color, style.bgcolor):
        assert colour is not None
        red, green, blue = colour.downgrade(SYSTEMS[system]).get_truecolor()
        both.append(f"#{red:02x}{green:02x}{blue:02x}")
    return both[0], both[1]


def parts(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("name", SHIPPED)
def test_with_few_colours_the_strip_keeps_its_band(name: str, system: str) -> None:
    theme = load_theme(name, None)
    calm, trouble, warning = (seen(theme, "text", system, back)[1] for back in BEHIND)
    assert len({calm, trouble, warning}) == 3
    red, green, blue = parts(trouble)
    assert red > max(green, blue)
    for back in BEHIND[1:]:
        for role in ("text", "dim", "faint", "warn", "bad", "accent"):
            assert contrast(*seen(theme, role, system, back)) >= 3.0


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("name", SHIPPED)
def test_with_few_colours_states_differ_and_greys_stay_grey(name: str, system: str) -> None:
    theme = load_theme(name, None)
    states = [seen(theme, role, system)[0] for role in ("ok", "warn", "bad")]
    assert len(set(states)) == 3
    for role in ("background", "edge", "text", "dim", "faint", "track"):
        assert len(set(parts(seen(theme, role, system)[0]))) == 1
    assert seen(theme, "edge", system)[0] != seen(theme, "edge", system)[1]


def test_a_theme_is_fitted_once_and_not_where_there_are_colours_enough() -> None:
    theme = load_theme("dark", None)
    assert fitted(theme, "truecolor") is fitted(theme, None) is theme
    assert fitted(NO_COLOR, "256") is NO_COLOR
    few = fitted(theme, "256")
    assert fitted(few, "256") is few
    assert Color.parse(few.colours["strip_trouble"]).downgrade(ColorSystem.EIGHT_BIT).number == 52
