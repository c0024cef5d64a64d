"""Themes: the shipped ones are legible and their colours distinct, and mistakes are named."""

from __future__ import annotations

import colorsys
import itertools
import os
from pathlib import Path

import pytest
from rich.color import Color, ColorSystem

from claude_tui.tui.render.lines import ROLES
from claude_tui.tui.render.palette import fitted
from claude_tui.tui.render.textual_theme import raised, textual_theme
from claude_tui.tui.render.theme import NO_COLOR, Palette, Theme
from claude_tui.tui.render.theme_files import ALIASES, ThemeError, load_theme, theme_names, wanted
from tests.colours import ciede2000, contrast, difference, luminance

SHIPPED = theme_names(None)
STATES = ("accent", "ok", "warn", "bad", "info")
SIGNALS = ("ok", "warn", "bad")
BEHIND = ("background", "strip_trouble", "strip_warning")
GOOD = "\n".join(['title = "Mine"', "[roles]", *(f'{role} = "#A1b2c3"' for role in ROLES)])

RGB_THEMES = tuple(name for name in SHIPPED if load_theme(name, None).palette is Palette.RGB)


def write(folder: Path, text: str, name: str = "mine") -> Path:
    path = folder / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", RGB_THEMES)
def test_shipped_themes_are_readable(name: str) -> None:
    theme = load_theme(name, None)
    colours = theme.colours
    for behind in BEHIND:
        back = colours[behind]
        assert contrast(colours["text"], back) >= 7
        for role in STATES:
            assert contrast(colours[role], back) >= (4.1 if behind != "background" else 4.5)
        assert contrast(colours["dim"], back) >= 4
        assert contrast(colours["faint"], back) >= 3
    assert theme.dark == (luminance(colours["background"]) < 0.2)
    assert colours["track"] != colours["background"]


@pytest.mark.parametrize("name", [name for name in RGB_THEMES if name.startswith("high-contrast")])
def test_high_contrast_is_7_to_1_for_every_text_on_every_background(name: str) -> None:
    colours = load_theme(name, None).colours
    backs = [colours[role] for role in (*BEHIND, "track")] + [raised(colours)]
    low = {
        (role, back): contrast(colours[role], back)
        for role in ("text", "dim", "faint", *STATES)
        for back in backs
        if contrast(colours[role], back) < 7
    }
    assert not low
    # Badges: the background's colour on that of a state.
    assert min(contrast(colours["background"], colours[role]) for role in STATES) >= 7
    assert contrast(colours["edge"], colours["background"]) >= 3


def test_the_difference_of_colours_is_that_of_the_published_pairs() -> None:
    pairs = [
        ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
        ((50, -1.3802, -84.2814), (50, 0, -82.7485), 1.0),
        ((50, 2.5, 0), (50, 0, -2.5), 4.3065),
        ((50, 2.5, 0), (73, 25, -18), 27.1492),
        ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
    ]
    for one, other, expected in pairs:
        assert ciede2000(one, other) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize(
    ("name", "blindness"),
    [
        (name, blindness)
        for name in RGB_THEMES
        for blindness in ("none", *{"deut": ("deutan", "protan"), "trit": ("tritan",)}.get(name[:4], ()))
        if name.startswith(("deut", "trit"))
    ],
)
def test_states_differ_at_a_glance_with_a_missing_cone(name: str, blindness: str) -> None:
    colours = load_theme(name, None).colours
    for one, other in itertools.combinations(("ok", "warn", "bad", "dim", "text"), 2):
        assert difference(colours[one], colours[other], blindness) >= 16, (one, other)


@pytest.mark.parametrize("name", [name for name in RGB_THEMES if name.startswith(("deut", "trit"))])
def test_blue_is_well_and_orange_is_trouble(name: str) -> None:
    colours = load_theme(name, None).colours
    hues = {role: hue_of(colours[role]) for role in ("ok", "warn", "bad")}
    assert 195 <= hues["ok"] <= 225
    assert 10 <= hues["bad"] <= 25
    assert 38 <= hues["warn"] <= 60


def hue_of(colour: str) -> float:
    return colorsys.rgb_to_hsv(*(part / 255 for part in parts(colour)))[0] * 360


def test_the_themes_that_are_meant_for_it_are_better_at_it_than_the_default() -> None:
    default = load_theme("dark", None).colours
    for name, blindness in (("deuteranopia", "deutan"), ("tritanopia", "tritan")):
        own = load_theme(name, None).colours
        least, usual = (
            min(
                difference(palette[a], palette[b], blindness)
                for a, b in itertools.combinations(("ok", "warn", "bad"), 2)
            )
            for palette in (own, default)
        )
        assert least > usual


def test_the_themes_that_must_be_there() -> None:
    assert SHIPPED[:2] == ("dark", "light")
    assert {"high-contrast", "deuteranopia", "tritanopia", "ansi", "mono"} <= set(SHIPPED)


@pytest.mark.parametrize("old", ALIASES)
def test_old_names_still_work(old: str, tmp_path: Path) -> None:
    assert load_theme(old, tmp_path).name == ALIASES[old]
    write(tmp_path, GOOD, old)
    assert load_theme(old, tmp_path).title == "Mine"


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
        ('palette = "16"\n' + GOOD, 'palette: got "16", expected one of rgb, terminal, none'),
        ("palette = 3\n" + GOOD, "palette: got 3, expected one of"),
        ('palette = "terminal"\n' + GOOD, 'roles.ok: got "#A1b2c3", expected one of default, black'),
        ('palette = "none"\n' + GOOD, "roles: got an unknown key"),
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


def test_what_cannot_be_a_theme_is_in_no_list(tmp_path: Path) -> None:
    (tmp_path / "folder.toml").mkdir()
    os.mkfifo(tmp_path / "pipe.toml")
    (tmp_path / "loop.toml").symlink_to(tmp_path / "loop.toml")
    write(tmp_path, GOOD, "odd\x1b[31m")
    write(tmp_path, GOOD, "own")
    assert set(theme_names(tmp_path)) == {*SHIPPED, "own"}
    with pytest.raises(ThemeError):
        load_theme("pipe", tmp_path)


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


def test_no_color_distinguishes_without_colours() -> None:
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


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("back", ["", *ROLES])
def test_the_theme_of_the_terminal_uses_its_palette_only(role: str, back: str) -> None:
    style = load_theme("ansi", None).style(role, back=back)
    for colour in (style.color, style.bgcolor):
        assert colour is not None
        assert colour.is_default or (colour.number is not None and colour.number < 16)
    assert style.bgcolor is not None
    assert style.bgcolor.is_default


def test_the_theme_of_the_terminal_marks_what_has_a_background() -> None:
    theme = load_theme("ansi", None)
    badge, row = theme.style("background", back="bad"), theme.style("ok", back="track")
    assert (badge.color, badge.reverse) == (Color.parse("red"), True)
    assert (row.color, row.reverse) == (Color.parse("default"), True)
    assert theme.style("faint").dim
    assert not theme.style("text").dim
    assert len({theme.style(role) for role in ("ok", "warn", "bad", "info", "text", "dim")}) == 6


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
@pytest.mark.parametrize("name", RGB_THEMES)
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
@pytest.mark.parametrize("name", RGB_THEMES)
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
