"""An exported incident: the schema holds, it comes back the same, and nothing in it is markup."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from claude_tui.incident import (
    IncidentFileError,
    TimelineKind,
    document,
    entries_from,
    figures,
    incident_text,
    incidents,
    list_text,
    markdown,
    schema_text,
    timeline,
)
from claude_tui.model.incident import IncidentAct, IncidentEntry
from claude_tui.model.text import inert
from tests.builders import after
from tests.incident_values import ACKNOWLEDGED, SECOND, declared, did, only, record
from tests.snapshots.incident_scenes import INCIDENT_SCENES

VALIDATOR = Draft202012Validator(json.loads(schema_text()))
TARGET = "https://api.anthropic.com"


def exported(*acts: IncidentEntry) -> dict[str, Any]:
    kept, found = record(*acts, alert_entries=(ACKNOWLEDGED,)), incidents(acts)[-1]
    return document(found, timeline(kept, found), figures(kept, found), after(1000), TARGET)


FULL = (
    declared(200, "Elevated 529s"),
    did(200, IncidentAct.SEVERITY, "P2", subject="P1"),
    did(205, IncidentAct.LEAD, "ana"),
    did(260, IncidentAct.NOTE, "two\nlines", happened=180),
    did(400, IncidentAct.MITIGATED),
    did(800, IncidentAct.RESOLVED),
    did(850, IncidentAct.CORRECTED, subject="started", happened=110),
)


@pytest.mark.parametrize("acts", [FULL, (declared(),)])
def test_the_document_holds_to_its_schema(acts: tuple[IncidentEntry, ...]) -> None:
    made = exported(*acts)
    VALIDATOR.validate(made)
    Draft202012Validator.check_schema(VALIDATOR.schema)
    # Every key is declared: a new one belongs into the schema as well.
    assert made.keys() == VALIDATOR.schema["properties"].keys()
    for part in ("incident", "figures"):
        assert made[part].keys() == VALIDATOR.schema["properties"][part]["properties"].keys()
    for part in ("timeline", "entries"):
        assert made[part][0].keys() == VALIDATOR.schema["properties"][part]["items"]["properties"].keys()


def test_the_schema_names_every_kind_and_act() -> None:
    properties = VALIDATOR.schema["properties"]
    kinds = properties["timeline"]["items"]["properties"]["kind"]["description"]
    acts = properties["entries"]["items"]["properties"]["act"]["description"]
    assert all(kind.value in kinds for kind in TimelineKind)
    assert all(act.value in acts for act in IncidentAct)


def test_what_is_exported_comes_back_the_same() -> None:
    assert entries_from(json.dumps(exported(*FULL))) == only(*FULL).entries


def test_what_was_merged_comes_along() -> None:
    acts = (
        declared(200),
        declared(300, incident=SECOND),
        did(310, IncidentAct.MERGED, subject=SECOND),
    )
    found = incidents(entries_from(json.dumps(exported(*acts))))
    assert [incident.merged_into for incident in found] == [SECOND, ""]


any_texts = st.text(max_size=60).map(lambda text: inert(text, keep_newlines=True))


@given(any_texts, any_texts, st.integers(0, 10**9))
def test_any_text_and_any_microsecond_survive(title: str, note: str, micros: int) -> None:
    acts = (declared(200, title), did(micros / 1e6, IncidentAct.NOTE, note))
    assert set(entries_from(json.dumps(exported(*acts)))) == set(acts)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "expected the schema claude-top/incident@1"),
        ('{"schema": "claude-top/incident@2"}', "got 'claude-top/incident@2'"),
        ('{"schema": "claude-top/incident@1"}', "no list of entries"),
        ('{"schema": "claude-top/incident@1", "entries": []}', "none of its entries declares one"),
        ('{"schema": "claude-top/incident@1", "entries": [{"at": 1}]}', "entry 1 cannot be read"),
    ],
)
def test_a_foreign_or_torn_file_is_refused_with_what_is_wrong(text: str, says: str) -> None:
    with pytest.raises(IncidentFileError, match=says.replace("(", r"\(")):
        entries_from(text)


@given(
    st.recursive(
        st.none() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_no_file_whatever_makes_it_fail_otherwise(value: object) -> None:
    text = json.dumps({"schema": "claude-top/incident@1", "entries": value})
    try:
        entries_from(text)
    except IncidentFileError:
        return


def test_secrets_and_control_characters_do_not_come_in_by_a_file() -> None:
    made = exported(declared(200, "title"))
    made["entries"][0]["text"] = "key sk-ant-api03-abcdefghijkl \x1b[31m"
    (entry,) = entries_from(json.dumps(made))
    assert entry.text == "key [redacted] ␛[31m"


def test_markdown_has_figures_timeline_and_request_ids() -> None:
    kept, found = record(*FULL), only(*FULL)
    text = markdown(found, timeline(kept, found), figures(kept, found), after(1000))
    assert text.startswith("# INC-1: Elevated 529s\n")
    for line in (
        "| Detected | 2026-11-20 12:02:20 UTC (+30s) |",
        "| Failed | 60 of ",
        "## Timeline (UTC)",
        "- 2026-11-20 12:03:00 ana: two  \n  lines (recorded 2026-11-20 12:04:20 UTC)",
        "## Request ids",
    ):
        assert line in text


def test_nothing_that_people_wrote_is_markup() -> None:
    hostile = "a | b\n# heading\n<script>x</script> [link](http://x) `code` *bold*"
    acts = (declared(200, hostile.partition("\n")[0]), did(260, IncidentAct.NOTE, hostile))
    kept, found = record(*acts), only(*acts)
    text = markdown(found, timeline(kept, found), figures(kept, found), after(1000))
    assert "<script>" not in text
    assert "\n# heading" not in text
    assert "\\[link\\]" in text
    assert "a \\| b" in text


def test_the_text_tells_what_happened_and_what_is_unknown() -> None:
    kept = record(*FULL, observations=record().observations[:60])
    found = only(*FULL)
    text = incident_text(found, timeline(kept, found), figures(kept, found))
    assert "INC-1 Elevated 529s" in text
    assert "unknown from 12:" in text
    assert "12:03:00  ana: two\n          lines" in text


def test_the_list_has_the_newest_first() -> None:
    known = incidents(INCIDENT_SCENES["open"]().snapshot.engine.incident_entries)
    first, second = list_text(known, after(500)).splitlines()
    assert first.split()[:2] == ["INC-2", "P2"]
    assert "open 6m" in first
    assert "resolved after 38m" in second
    assert list_text((), after(0)) == ""
