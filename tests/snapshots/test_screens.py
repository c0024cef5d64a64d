"""The dashboard as a picture, compared with one that a person has looked at.

`pytest -n 0 tests/snapshots --snapshot-update` accepts new pictures: look at them first.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from claude_tui.model.verdict import Cause, Severity
from tests.functional.still import still_app
from tests.snapshots.pictures import PICTURES

Compare = Callable[..., bool]

SIZES = {"60x20": (60, 20), "80x24": (80, 24), "100x18": (100, 18), "120x40": (120, 40), "200x60": (200, 60)}


@pytest.mark.parametrize(
    ("name", "cause", "severity"),
    [
        ("healthy", Cause.HEALTHY, Severity.NONE),
        ("overloaded", Cause.PROVIDER_OVERLOADED, Severity.P1),
        ("incident", Cause.PROVIDER_OVERLOADED, Severity.P1),
        ("no_key", Cause.UNKNOWN, Severity.NONE),
        ("nothing", Cause.UNKNOWN, Severity.NONE),
        ("rate_limited", Cause.RATE_LIMITED, Severity.P2),
        ("notice", Cause.PROVIDER_NOTICE, Severity.P4),
        ("slow", Cause.PROVIDER_SLOW, Severity.P4),
        ("network", Cause.NETWORK, Severity.P1),
        ("severity_set", Cause.PROVIDER_ERRORS, Severity.P1),
        ("overdue", Cause.PROVIDER_ERRORS, Severity.P3),
        ("hostile", Cause.PROVIDER_OUTAGE, Severity.P2),
        ("alert_while_healthy", Cause.HEALTHY, Severity.NONE),
    ],
)
def test_analysis_gives_what_the_picture_is_for(name: str, cause: Cause, severity: Severity) -> None:
    verdict = PICTURES[name]().verdict
    assert (verdict.cause, verdict.severity) == (cause, severity)


def test_the_picture_of_an_overdue_response_is_one() -> None:
    shown = PICTURES["overdue"]()
    assert shown.verdict.respond_by is not None
    assert shown.verdict.respond_by < shown.at


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("size", ["60x20", "80x24", "120x40", "200x60"])
def test_trouble(snap_compare: Compare, size: str, theme: str) -> None:
    app, _ = still_app(PICTURES["overloaded"](), theme=theme)
    assert snap_compare(app, terminal_size=SIZES[size])


@pytest.mark.parametrize(
    ("name", "size", "theme"),
    [
        ("healthy", "120x40", "dark"),
        ("healthy", "80x24", "light"),
        ("incident", "120x40", "light"),
        ("incident", "80x24", "dark"),
        ("no_key", "80x24", "dark"),
        ("nothing", "80x24", "dark"),
        ("few_samples", "120x40", "dark"),
        ("page_unknown", "80x24", "dark"),
        ("subscription", "120x40", "high-contrast"),
        ("degraded_program", "120x40", "dark"),
        ("hostile", "80x24", "dark"),
        ("rate_limited", "120x40", "dark"),
        ("rate_limited", "80x24", "light"),
        ("notice", "120x40", "light"),
        ("slow", "80x24", "dark"),
        ("network", "60x20", "dark"),
        ("severity_set", "100x18", "dark"),
        ("overdue", "80x24", "colour-blind"),
        ("alert_while_healthy", "120x40", "dark"),
        ("alert_while_healthy", "80x24", "light"),
    ],
)
def test_state(snap_compare: Compare, name: str, size: str, theme: str) -> None:
    app, _ = still_app(PICTURES[name](), theme=theme)
    assert snap_compare(app, terminal_size=SIZES[size])


def test_focus_selection_and_pause(snap_compare: Compare) -> None:
    app, _ = still_app(PICTURES["overloaded"]())
    assert snap_compare(app, press=["space", "down", "down"], terminal_size=SIZES["120x40"])


@pytest.mark.parametrize("size", ["80x24", "120x40"])
def test_a_failure_in_full(snap_compare: Compare, size: str) -> None:
    app, _ = still_app(PICTURES["rate_limited"]())
    assert snap_compare(app, press=["down", "enter"], terminal_size=SIZES[size])


def test_an_alert_in_full(snap_compare: Compare) -> None:
    app, _ = still_app(PICTURES["alert_while_healthy"]())
    assert snap_compare(app, press=["down", "down", "down", "enter"], terminal_size=SIZES["80x24"])


def test_without_colours(snap_compare: Compare, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app, _ = still_app(PICTURES["overloaded"]())
    assert snap_compare(app, terminal_size=SIZES["80x24"])
