"""The postmortem as pictures: as the record fills it in, complete, in conflict, and what opens above it.

`pytest -n 0 tests/snapshots/test_postmortem_screens.py --snapshot-update` accepts new ones: look at them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.functional.still import StillApp, still_app
from tests.snapshots.postmortem_scenes import POSTMORTEM_SCENES
from tests.snapshots.test_incident_screens import SIZES, typing

Compare = Callable[..., bool]

DETAILS = {
    "unfolded": ("filled", ("end", "enter", "end"), "120x40", "dark"),
    "unfolded-wide": ("conflict", ("end",), "200x60", "light"),
    "evidence": ("conflict", ("down", "right"), "120x40", "dark"),
    "evidence-narrow": ("empty", ("down", "down", "down", "right"), "80x24", "light"),
    "editor": ("empty", ("down", "down", "down", "enter"), "120x40", "light"),
    "editor-narrow": ("filled", ("down", "down", "down", "enter"), "80x24", "dark"),
    "editor-line": ("filled", ("enter",), "80x24", "light"),
    "action": ("filled", ("end", "up", "up", "enter"), "80x24", "dark"),
    "versions": ("conflict", ("down", "down", "down", "enter"), "120x40", "dark"),
    "compare": ("conflict", ("down", "enter"), "80x24", "light"),
    "preview": ("filled", ("v",), "120x40", "light"),
    "preview-narrow": ("conflict", ("v",), "80x24", "dark"),
    "lint": ("conflict", ("l",), "120x40", "dark"),
    "lint-clean": ("filled", ("l",), "80x24", "light"),
    "drafted": ("drafted", ("down", "down", "down", "enter"), "120x40", "light"),
    "export": ("empty", ("e",), "80x24", "dark"),
}


def app_of(name: str, theme: str) -> StillApp:
    scene = POSTMORTEM_SCENES[name]()
    app, backend = still_app(scene.snapshot, theme=theme)
    backend.records = scene.records
    app.responder, app.host = "eve", "ops-9"
    return app


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", POSTMORTEM_SCENES)
def test_postmortem(snap_compare: Compare, name: str, size: str, theme: str) -> None:
    assert snap_compare(app_of(name, theme), run_before=typing("f"), terminal_size=SIZES[size])


@pytest.mark.parametrize("detail", DETAILS)
def test_above_the_form(snap_compare: Compare, detail: str) -> None:
    name, keys, size, theme = DETAILS[detail]

    async def shown(pilot: object) -> None:
        await typing("f")(pilot)  # type: ignore[arg-type]
        await typing(*keys)(pilot)  # type: ignore[arg-type]

    assert snap_compare(app_of(name, theme), run_before=shown, terminal_size=SIZES[size])


@pytest.mark.parametrize(("size", "theme"), [("80x24", "light"), ("120x40", "dark")])
def test_what_is_sent_for_a_draft(snap_compare: Compare, size: str, theme: str) -> None:
    app = app_of("empty", theme)
    app.settings = replace(app.settings, draft_model="claude-opus-5-5")

    async def shown(pilot: object) -> None:
        await typing("f")(pilot)  # type: ignore[arg-type]
        await typing("g")(pilot)  # type: ignore[arg-type]

    assert snap_compare(app, run_before=shown, terminal_size=SIZES[size])


def test_the_form_without_colours(snap_compare: Compare, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = app_of("conflict", "dark")
    assert snap_compare(app, run_before=typing("f"), terminal_size=SIZES["80x24"])
