"""The verdict over the full screen, and the dialogs of a response, as pictures.

`pytest -n 0 tests/snapshots/test_respond_screens.py --snapshot-update` accepts new ones: look at them first.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.functional.still import still_app
from tests.snapshots.respond_scenes import RESPOND_SCENES

Compare = Callable[..., bool]

SIZES = {"60x20": (60, 20), "80x24": (80, 24), "120x40": (120, 40), "200x60": (200, 60)}


@pytest.mark.parametrize(
    ("name", "size", "theme"),
    [
        ("open", "60x20", "dark"),
        ("open", "80x24", "light"),
        ("open", "120x40", "dark"),
        ("open", "120x40", "light"),
        ("taken", "120x40", "colour-blind"),
        ("calm", "120x40", "light"),
        ("unread", "80x24", "dark"),
        ("demo", "200x60", "dark"),
    ],
)
def test_verdict_and_alerts(snap_compare: Compare, name: str, size: str, theme: str) -> None:
    app, _ = still_app(RESPOND_SCENES[name](), theme=theme)
    assert snap_compare(app, press=["0"], terminal_size=SIZES[size])


@pytest.mark.parametrize(
    ("key", "name", "size", "theme"),
    [
        ("a", "open", "120x40", "dark"),
        ("a", "demo", "60x20", "light"),
        ("z", "taken", "60x20", "dark"),
        ("s", "open", "80x24", "light"),
        ("s", "taken", "60x20", "high-contrast"),
    ],
)
def test_dialog(snap_compare: Compare, key: str, name: str, size: str, theme: str) -> None:
    app, _ = still_app(RESPOND_SCENES[name](), theme=theme)
    app.responder = "ada"
    assert snap_compare(app, press=[key], terminal_size=SIZES[size])


def test_dialog_without_colours(snap_compare: Compare, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app, _ = still_app(RESPOND_SCENES["open"]())
    app.responder = "ada"
    assert snap_compare(app, press=["0", "s", "tab", "x", "enter"], terminal_size=SIZES["80x24"])
