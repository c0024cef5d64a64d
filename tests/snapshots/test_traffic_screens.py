"""Own traffic as a picture: on the dashboard and in full screen.

`pytest -n 0 tests/snapshots --snapshot-update` accepts new pictures: look at them first.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from claude_tui.model.snapshot import Snapshot
from tests.functional.still import still_app
from tests.snapshots.traffic_scenes import healthy_traffic, quiet_traffic, trouble_with_traffic

Compare = Callable[..., bool]
SIZES = {"60x20": (60, 20), "80x24": (80, 24), "100x18": (100, 18), "120x40": (120, 40), "200x60": (200, 60)}
SCENES: dict[str, Callable[[], Snapshot]] = {
    "healthy": healthy_traffic,
    "trouble": trouble_with_traffic,
    "quiet": quiet_traffic,
}


@pytest.mark.parametrize(
    ("scene", "size", "theme"),
    [
        ("trouble", "60x20", "dark"),
        ("trouble", "80x24", "dark"),
        ("trouble", "80x24", "light"),
        ("trouble", "100x18", "dark"),
        ("trouble", "120x40", "dark"),
        ("trouble", "120x40", "light"),
        ("trouble", "200x60", "dark"),
        ("healthy", "120x40", "dark"),
        ("healthy", "80x24", "light"),
        ("quiet", "120x40", "light"),
    ],
)
def test_dashboard(snap_compare: Compare, scene: str, size: str, theme: str) -> None:
    app, _ = still_app(SCENES[scene](), theme=theme)
    assert snap_compare(app, terminal_size=SIZES[size])


@pytest.mark.parametrize(
    ("scene", "size", "theme"),
    [
        ("trouble", "80x24", "dark"),
        ("trouble", "120x40", "light"),
        ("trouble", "200x60", "dark"),
        ("quiet", "120x40", "dark"),
    ],
)
def test_full_screen(snap_compare: Compare, scene: str, size: str, theme: str) -> None:
    app, _ = still_app(SCENES[scene](), theme=theme)
    assert snap_compare(app, press=["6"], terminal_size=SIZES[size])


@pytest.mark.parametrize(
    ("keys", "size", "theme"),
    [
        (["o"], "80x24", "light"),
        (["o"] * 4, "120x40", "dark"),
        (["/", *"app:checkout", "enter"], "120x40", "light"),
        (["/", *"app:checkout", "enter"], "200x60", "dark"),
    ],
)
def test_sorted_and_filtered(snap_compare: Compare, keys: list[str], size: str, theme: str) -> None:
    app, _ = still_app(trouble_with_traffic(), theme=theme)
    assert snap_compare(app, press=["6", *keys], terminal_size=SIZES[size])
