"""Reading status pages: whole, damaged, hostile, and the real ones."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_tui.model.provider import Component, ProviderStatus, is_ours
from claude_tui.model.text import Redactor
from claude_tui.probes.status_summary import NotASummaryError, parse_summary

NOW = datetime(2026, 11, 20, 14, 5, 33, tzinfo=UTC)
CAPTURES = Path(__file__).parents[2].parent / "shared" / "data" / "statuspage"
needs_captures = pytest.mark.skipif(not CAPTURES.is_dir(), reason="the captures are not here")
API = "k8w3r06qmzrp"

SUMMARY: dict[str, Any] = {
    "page": {"id": "p", "updated_at": "2019-01-01T00:00:00Z"},
    "status": {"indicator": "minor", "description": "Partly cloudy"},
    "components": [
        {"id": API, "name": "Claude API", "status": "partial_outage"},
        {"id": "other", "name": "claude.ai", "status": "operational"},
    ],
    "incidents": [
        {
            "id": "inc1",
            "name": "Elevated errors",
            "status": "identified",
            "impact": "major",
            "started_at": "2026-11-20T13:50:00Z",
            "created_at": "2026-11-20T13:55:00Z",
            "reminder_intervals": "[]",
            "components": [{"id": API, "name": "Claude API", "status": "operational"}],
            "incident_updates": [
                {"status": "investigating", "body": "Looking.\nStill.", "created_at": "2026-11-20T13:55:00Z"},
                {
                    "status": "identified",
                    "body": "Found it.",
                    "display_at": "2026-11-20T14:01:00.500Z",
                    "created_at": "2026-11-20T15:00:00Z",
                    "affected_components": None,
                },
            ],
        }
    ],
    "scheduled_maintenances": [
        {
            "id": "m1",
            "name": "Upgrade",
            "status": "scheduled",
            "scheduled_for": "2026-11-21T01:00:00Z",
            "scheduled_until": "2026-11-21T02:00:00Z",
            "components": [{"id": "other"}],
        },
        {"id": "m0", "name": "Done", "status": "completed"},
    ],
}


def parse(data: object) -> ProviderStatus:
    return parse_summary(data, fetched_at=NOW, source="https://status.example", redactor=Redactor())


def test_a_summary_is_read_whole() -> None:
    page = parse(SUMMARY)
    assert page.known
    assert (page.indicator, page.description, page.fetched_at) == ("minor", "Partly cloudy", NOW)
    assert [(component.id, component.status) for component in page.components] == [
        (API, "partial_outage"),
        ("other", "operational"),
    ]
    (incident,) = page.incidents
    assert (incident.status, incident.impact, incident.components) == ("identified", "major", (API,))
    assert incident.started_at == datetime(2026, 11, 20, 13, 50, tzinfo=UTC)
    assert [update.body for update in incident.updates] == ["Found it.", "Looking.\nStill."], "newest first"
    assert incident.updates[0].at == datetime(2026, 11, 20, 14, 1, 0, 500_000, tzinfo=UTC)
    (maintenance,) = page.maintenances
    assert maintenance.ends_at == datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
    assert maintenance.components == ("other",)


def test_a_status_json_knows_no_components() -> None:
    page = parse({"page": {}, "status": {"indicator": "none", "description": "All Systems Operational"}})
    assert page.known
    assert (page.indicator, page.components, page.incidents) == ("none", (), ())


@pytest.mark.parametrize("empty", [None, "[]", []])
def test_a_list_may_be_missing(empty: Any) -> None:
    page = parse(SUMMARY | {"components": empty, "incidents": empty, "scheduled_maintenances": empty})
    assert (page.components, page.incidents, page.maintenances) == ((), (), ())


@pytest.mark.parametrize("key", ["components", "incidents", "scheduled_maintenances"])
@pytest.mark.parametrize("junk", ["", "none", 7, {}, {"a": 1}, [None, 3, "x", []], [None, {"id": 5}], ["x"]])
def test_a_page_whose_lists_are_of_another_type_is_not_read_in_part(key: str, junk: Any) -> None:
    with pytest.raises(NotASummaryError, match=f"under {key}, got"):
        parse(SUMMARY | {key: junk})


@pytest.mark.parametrize("nameless", [{}, {"id": 5}, {"name": "", "status": "operational"}])
def test_an_unreadable_component_makes_the_page_unknown(nameless: Any) -> None:
    with pytest.raises(NotASummaryError, match="without a name or an id"):
        parse(SUMMARY | {"components": [*SUMMARY["components"], nameless]})


@pytest.mark.parametrize("junk", [None, "[]", "", 7, {}, {"a": 1}, [None, 3, "x", []], [{}]])
def test_junk_inside_an_incident_hides_nothing_else(junk: Any) -> None:
    incident = SUMMARY["incidents"][0] | {"components": junk, "incident_updates": junk, "started_at": junk}
    assert parse(SUMMARY | {"incidents": [incident]}).incidents[0].name == "Elevated errors"


def test_what_an_incident_leaves_out_is_taken_from_elsewhere() -> None:
    update = {"affected_components": [{"code": API}, {"name": "claude.ai"}, {"code": API}], "body": "x"}
    bare = {"name": "Trouble", "created_at": "2026-11-20T13:55:00Z", "incident_updates": [update]}
    (incident,) = parse(SUMMARY | {"incidents": [bare]}).incidents
    assert (incident.id, incident.status, incident.impact) == ("Trouble", "unknown", "unknown")
    assert incident.components == (API, "other")
    assert incident.started_at == datetime(2026, 11, 20, 13, 55, tzinfo=UTC)


def test_incidents_that_are_over_are_left_out() -> None:
    over = [SUMMARY["incidents"][0] | {"status": word} for word in ("resolved", "postmortem", "Completed")]
    assert parse(SUMMARY | {"incidents": over}).incidents == ()


def test_the_newest_updates_survive_however_many_there_are() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    updates = [{"body": str(n), "created_at": (start + timedelta(minutes=n)).isoformat()} for n in range(500)]
    incident = SUMMARY["incidents"][0] | {"incident_updates": updates}
    (read,) = parse(SUMMARY | {"incidents": [incident]}).incidents
    assert read.updates[0].body == "499"
    assert len(read.updates) == 50


def test_two_readings_share_what_is_the_same() -> None:
    first, second = parse(SUMMARY), parse(json.loads(json.dumps(SUMMARY)))
    assert second.indicator is first.indicator
    assert len(first.components) > 1
    assert all(one is other for one, other in zip(first.components, second.components, strict=True))


def test_hostile_text_is_inert() -> None:
    hostile = "\x1b[2J[bold]x[/] \u202e" + "y" * 20_000
    incident = SUMMARY["incidents"][0] | {
        "name": hostile,
        "incident_updates": [{"body": hostile, "status": hostile}],
    }
    page = parse({"status": {"indicator": hostile, "description": hostile}, "incidents": [incident]})
    (read,) = page.incidents
    for text in (page.indicator, page.description, read.name, read.updates[0].body, read.updates[0].status):
        assert text is not None
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert text.endswith("…")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ([], "got a list"),
        ("ok", "got text"),
        (None, "got nothing"),
        ({}, "under status"),
        ({"status": "ok"}, "got text"),
        ({"status": {}}, "status.indicator"),
        ({"status": {"indicator": 3}}, "got a number"),
    ],
)
def test_other_json_is_refused_with_the_reason(data: object, words: str) -> None:
    with pytest.raises(NotASummaryError, match=words):
        parse(data)


_json = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "name", "status", "components", "incident_updates", "body"]), inner
        )
    ),
    max_leaves=10,
)


@given(components=_json, incidents=st.lists(_json, max_size=3) | _json, planned=_json, description=_json)
def test_no_page_can_break_the_parser(
    components: Any, incidents: Any, planned: Any, description: Any
) -> None:
    with suppress(NotASummaryError):
        page = parse(
            {
                "status": {"indicator": "none", "description": description},
                "components": components,
                "incidents": incidents,
                "scheduled_maintenances": planned,
            }
        )
        assert page.known


@needs_captures
@pytest.mark.parametrize(
    ("name", "indicator", "incidents"),
    [
        ("summary_all_operational_2026-09-27.json", "none", 0),
        ("summary_unresolved_2026-10-07.json", "minor", 1),
    ],
)
def test_captured_summaries(name: str, indicator: str, incidents: int) -> None:
    page = parse(json.loads((CAPTURES / name).read_text()))
    assert page.indicator == indicator
    assert len(page.components) == 6
    assert API in {component.id for component in page.components}
    assert len(page.incidents) == incidents
    for incident in page.incidents:
        assert incident.impact == "major"
        assert incident.status == "monitoring"
        assert incident.components == ("0qbwn08sd68x",)
        instants = [update.at for update in incident.updates if update.at]
        assert len(instants) == 4
        assert instants == sorted(instants, reverse=True)
        assert incident.started_at is not None
        assert incident.started_at < instants[-1]


@needs_captures
def test_captured_status_files_maintenances_and_incident_details() -> None:
    for line in (CAPTURES / "status_json_samples.jsonl").read_text().splitlines():
        assert parse(json.loads(line)).indicator == "none"
    status = {"status": {"indicator": "maintenance"}}
    planned = json.loads((CAPTURES / "scheduled_maintenances_2026-09-15.json").read_text())
    assert parse(planned | status).maintenances == (), "all of them are completed"
    begun = [upcoming | {"status": "in_progress"} for upcoming in planned["scheduled_maintenances"]]
    maintenances = parse({"scheduled_maintenances": begun} | status).maintenances
    assert len(maintenances) == len(begun)
    for maintenance in maintenances:
        assert maintenance.starts_at
        assert maintenance.ends_at
        assert maintenance.starts_at < maintenance.ends_at
        assert maintenance.components
    for path in CAPTURES.glob("incident_detail_*.json"):
        incident = json.loads(path.read_text())["incident"] | {"status": "monitoring"}
        (read,) = parse({"incidents": [incident]} | status).incidents
        assert read.impact == "major"
        assert API in read.components
        assert read.updates[0].status == "resolved"
        assert all(update.at and update.body for update in read.updates)


def operational(count: int) -> list[dict[str, Any]]:
    return [{"id": f"dc{n}", "name": f"Data centre {n}", "status": "operational"} for n in range(count)]


@pytest.mark.parametrize("others", [3, 330, 12_000])
def test_our_component_comes_first_however_many_are_listed_before_it(others: int) -> None:
    ours = {"id": API, "name": "Claude API (api.anthropic.com)", "status": "major_outage"}
    theirs = {"id": "late", "name": "Late", "status": "partial_outage"}
    listed = [*operational(others), theirs, ours]
    page = parse_summary(
        SUMMARY | {"components": listed},
        fetched_at=NOW,
        source="s",
        redactor=Redactor(),
        ours=("Claude API",),
    )
    assert (page.components[0].id, page.components[0].status) == (API, "major_outage")
    assert "late" in {component.id for component in page.components}


def test_the_members_of_our_group_are_ours() -> None:
    listed = [
        {"id": "g", "name": "Claude API", "status": "operational", "group": True, "group_id": None},
        {"id": "m", "name": "Messages", "status": "major_outage", "group": False, "group_id": "g"},
        {"id": "x", "name": "Elsewhere", "status": "operational", "group_id": "pops"},
    ]
    page = parse(SUMMARY | {"components": listed, "incidents": [], "scheduled_maintenances": []})
    assert [component.group for component in page.components] == ["", "Claude API", "pops"]
    assert [is_ours(component, ("Claude API",)) for component in page.components] == [True, True, False]


@pytest.mark.parametrize(
    "named",
    [
        {"components": [{"id": "01AB", "name": "Claude API"}]},
        {"components": [{"id": "01AB", "name": "Claude API", "status": "partial_outage"}]},
        {"incident_updates": [{"affected_components": [{"code": "01AB", "name": "Claude API"}]}]},
        {"components": [{"name": "Claude API"}]},
        {"components": [{"id": "01AB", "name": "claude api"}], "impact": "critical"},
    ],
)
def test_an_incident_may_name_our_component_though_the_list_lacks_it(named: dict[str, Any]) -> None:
    incident = {"id": "i", "name": "Errors", "status": "investigating", "impact": "major", **named}
    page = parse(SUMMARY | {"components": operational(2), "incidents": [incident]})
    ours = [component.id for component in page.components if is_ours(component, ("Claude API",))]
    assert len(ours) == 1
    assert page.incidents[0].components == (ours[0],)


def test_the_form_of_incident_io_is_read_too() -> None:
    component = {"id": "01AB", "name": "Claude API", "group_name": "API", "current_status": "full_outage"}
    page = parse(
        {
            "page_title": "P",
            "page_url": "https://status.example",
            "ongoing_incidents": [
                {
                    "id": "01I",
                    "name": "All calls fail",
                    "status": "investigating",
                    "current_worst_impact": "full_outage",
                    "affected_components": [component],
                }
            ],
            "in_progress_maintenances": [
                {
                    "id": "01M",
                    "name": "Upgrade",
                    "status": "maintenance_in_progress",
                    "started_at": "2026-11-20T13:50:00Z",
                    "scheduled_end_at": "2026-11-20T15:00:00Z",
                    "affected_components": [component],
                }
            ],
            "scheduled_maintenances": [],
        }
    )
    (incident,) = page.incidents
    assert (page.indicator, incident.impact, incident.components) == ("full_outage", "full_outage", ("01AB",))
    assert [(reported.name, reported.status) for reported in page.components] == [
        ("Claude API", "full_outage")
    ]
    assert page.maintenances[0].status == "maintenance_in_progress"
    quiet = {"page_title": "P", "ongoing_incidents": [], "in_progress_maintenances": []}
    assert parse(quiet).indicator == "none"
    with pytest.raises(NotASummaryError, match="ongoing_incidents"):
        parse({"page_title": "P", "ongoing_incidents": "none"})


def test_the_apis_component_is_ours_under_any_name() -> None:
    renamed = Component("k8w3r06qmzrp", "接口", "operational")
    assert is_ours(renamed, ("Claude API",))
    assert not is_ours(renamed, ("claude.ai",))
