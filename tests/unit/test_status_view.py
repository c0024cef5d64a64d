"""What the status page reports on our components."""

from __future__ import annotations

from dataclasses import replace

import pytest

from claude_tui.analysis.options import Options
from claude_tui.analysis.views.status import status_view
from claude_tui.model.observation import Observation, Outcome
from claude_tui.model.provider import Catalogue, Maintenance, ProviderStatus, counts_as_ours
from claude_tui.model.snapshot import Level, StatusView
from tests.builders import API, CHAT, after, history_of, incident, page, status, unread


def view_of(
    *items: Observation | ProviderStatus | Catalogue, at: float = 70, options: Options | None = None
) -> StatusView:
    return status_view(history_of(*items), after(at), options or Options())


@pytest.mark.parametrize(
    ("name", "ours", "matches"),
    [
        ("Claude API (api.anthropic.com)", "Claude API", True),
        ("claude api", "Claude API", True),
        ("Claude API", " claude api ", True),
        ("Claude APIs", "Claude API", False),
        ("claude.ai", "Claude", True),
        ("My Claude API", "Claude API", False),
        ("k8w3r06qmzrp", "K8W3R06QMZRP", True),
        ("anything", "", False),
    ],
)
def test_which_components_are_ours(name: str, ours: str, matches: bool) -> None:
    assert counts_as_ours(name, (ours,)) is matches


def test_by_id_as_well() -> None:
    assert view_of(status(60), options=Options(ours=(CHAT,))).ours == {CHAT}


@pytest.mark.parametrize(
    ("title", "concerns"),
    [
        ("Elevated errors", True),
        ("Connectivity issues from some regions", True),
        ("Elevated errors on Claude Opus 5.5", True),
        ("API keys created in the Console are delayed", True),
        ("Authentication errors", True),
        ("Invoices and billing pages unavailable", False),
        ("Login issues", False),
        ("Users cannot sign in with SSO", False),
        ("iOS app missing from the App Store", False),
        ("claude.ai is slow", False),
        ("Claude Desktop fails to start", False),
        ("Claude in Chrome unavailable for some users", False),
        ("Claude for Excel and connectors are failing", False),
        ("Elevated errors for Claude on Amazon Bedrock", True),
    ],
)
def test_incidents_without_components_count_by_their_titles(title: str, concerns: bool) -> None:
    reported = status(60, incidents=[incident(components=(), name=title)])
    assert (view_of(reported).level is not Level.OK) is concerns


def test_nothing_read_yet() -> None:
    assert view_of() == StatusView(None, frozenset(), None, None, Level.UNKNOWN)


@pytest.mark.parametrize(
    ("word", "level"),
    [
        ("operational", Level.OK),
        ("degraded_performance", Level.WARN),
        ("partial_outage", Level.WARN),
        ("major_outage", Level.BAD),
        ("under_maintenance", Level.INFO),
        ("on_fire", Level.WARN),
    ],
)
def test_level_of_our_component(word: str, level: Level) -> None:
    assert view_of(status(60, word)).level is level


def test_trouble_of_others_is_not_ours() -> None:
    other = incident(components=[CHAT], impact="critical")
    view = view_of(status(60, chat="major_outage", indicator="critical", incidents=[other]))
    assert view.level is Level.OK
    assert view.ours == {API}


def test_an_incident_of_ours_counts_though_the_component_is_green() -> None:
    assert view_of(status(60, incidents=[incident()])).level is Level.BAD
    assert view_of(status(60, incidents=[incident(impact="minor")])).level is Level.WARN
    assert view_of(status(60, incidents=[incident(impact="none")])).level is Level.INFO
    assert view_of(status(60, incidents=[incident(stage="monitoring")])).level is Level.WARN
    assert view_of(status(60, incidents=[incident(stage="resolved")])).level is Level.OK


def test_an_incident_that_names_no_component_may_be_ours() -> None:
    assert view_of(status(60, incidents=[incident(components=[])])).level is Level.BAD


def test_maintenance_under_way_is_information() -> None:
    def with_maintenance(stage: str) -> ProviderStatus:
        return replace(status(60), maintenances=(Maintenance("m", "Upgrade", stage, None, None, (API,)),))

    assert view_of(with_maintenance("scheduled")).level is Level.OK
    assert view_of(with_maintenance("in_progress")).level is Level.INFO


def test_an_unreadable_page_is_unknown_and_never_fine() -> None:
    view = view_of(status(0), unread(60, "HTTP 503"), page(0), page(60, Outcome.SERVER_ERROR))
    assert view.level is Level.UNKNOWN
    assert view.status is not None
    assert view.status.unknown_reason == "HTTP 503"
    assert (view.checked_at, view.read_at) == (after(60), after(0))


def test_a_page_without_our_component_is_unknown_unless_it_reports_trouble() -> None:
    other = Options(ours=("Something else",))
    assert view_of(status(60), options=other).level is Level.UNKNOWN
    assert view_of(status(60, indicator="major"), options=other).level is Level.WARN


def test_an_old_reading_is_stale() -> None:
    assert not view_of(status(0), at=179).stale
    view = view_of(status(0), at=181)
    assert view.stale
    assert view.level is Level.UNKNOWN


def test_a_report_stored_only_when_it_changed_is_as_fresh_as_its_last_fetch() -> None:
    view = view_of(status(0), page(0), page(600), at=610)
    assert not view.stale
    assert (view.level, view.checked_at, view.read_at) == (Level.OK, after(600), after(600))
