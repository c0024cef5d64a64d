"""The war room, the layouts and the record as pictures, compared with ones that a person has looked at."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.functional.still import still_app
from tests.war_rooms import WAR_ROOMS

Compare = Callable[..., bool]

SIZES = {
    "60x20": (60, 20),
    "80x24": (80, 24),
    "100x30": (100, 30),
    "120x40": (120, 40),
    "200x60": (200, 60),
    "250x80": (250, 80),
    "60x60": (60, 60),
}


@pytest.mark.parametrize("size", SIZES)
def test_war_room(snap_compare: Compare, size: str) -> None:
    app, _ = still_app(WAR_ROOMS["led"]())
    assert snap_compare(app, press=["w"], terminal_size=SIZES[size])


@pytest.mark.parametrize(
    ("name", "size", "theme"),
    [
        ("watched", "120x40", "dark"),
        ("led", "120x40", "light"),
        ("led", "80x24", "high-contrast"),
        ("no_key", "80x24", "dark"),
        ("proposed", "60x20", "light"),
    ],
)
def test_war_room_state(snap_compare: Compare, name: str, size: str, theme: str) -> None:
    app, _ = still_app(WAR_ROOMS[name](), theme=theme)
    assert snap_compare(app, press=["w"], terminal_size=SIZES[size])


@pytest.mark.parametrize(
    ("layout", "name", "size", "theme"),
    [
        ("triage", "led", "60x60", "dark"),
        ("triage", "led", "100x30", "dark"),
        ("triage", "led", "200x60", "dark"),
        ("triage", "watched", "120x40", "light"),
        ("triage", "watched", "250x80", "dark"),
        ("traffic", "led", "60x20", "dark"),
        ("traffic", "led", "80x24", "light"),
        ("traffic", "led", "120x40", "dark"),
        ("traffic", "led", "200x60", "high-contrast"),
        ("traffic", "healthy", "120x40", "dark"),
        ("quiet", "watched", "60x20", "dark"),
        ("quiet", "watched", "80x24", "light"),
        ("quiet", "watched", "120x40", "dark"),
        ("quiet", "watched", "60x60", "dark"),
        ("quiet", "watched", "250x80", "dark"),
    ],
)
def test_layout(snap_compare: Compare, layout: str, name: str, size: str, theme: str) -> None:
    app, _ = still_app(WAR_ROOMS[name](), theme=theme, layout=layout)
    assert snap_compare(app, terminal_size=SIZES[size])


def test_the_list_of_panels(snap_compare: Compare) -> None:
    app, _ = still_app(WAR_ROOMS["watched"](), hidden_panels=("status",))
    assert snap_compare(app, press=["V", "down"], terminal_size=SIZES["80x24"])
