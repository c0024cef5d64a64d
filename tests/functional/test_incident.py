"""The incident screen: declaring, noting, resolving, and finding one's way through the timeline."""

from __future__ import annotations

import ast
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot

from claude_tui.incident import Incident, incidents, summary
from claude_tui.model.incident import FIRST_FAILURE, IncidentAct, IncidentEntry
from claude_tui.model.verdict import Severity
from claude_tui.tui import screens
from claude_tui.tui.screens.dashboard import DashboardScreen
from claude_tui.tui.screens.dialog import LABEL_CELLS, DialogScreen, TextInput
from claude_tui.tui.screens.incident import IncidentScreen
from claude_tui.tui.screens.incident_list import ordered
from tests.builders import after
from tests.functional.still import StillApp, StillBackend, still_app
from tests.functional.test_acknowledge import notices, plain_screen, text_of, typed
from tests.incident_values import BEGAN, FIRST, GOOD, SECOND, declared, did
from tests.snapshots.incident_scenes import INCIDENT_SCENES, NOTE, IncidentScene


@asynccontextmanager
async def opened(
    name: str, *keys: str, size: tuple[int, int] = (120, 40)
) -> AsyncIterator[tuple[StillApp, StillBackend, Pilot[None]]]:
    scene = INCIDENT_SCENES[name]()
    app, backend = still_app(scene.snapshot)
    backend.records = scene.records
    app.responder, app.host = "eve", "ops-9"
    async with app.run_test(size=size) as pilot:
        await pressed(app, pilot, *keys)
        yield app, backend, pilot


async def pressed(app: StillApp, pilot: Pilot[None], *keys: str) -> None:
    await pilot.press(*keys)
    await settled(app, pilot)


async def settled(app: StillApp, pilot: Pilot[None]) -> None:
    """Waits until everything requested has been loaded and drawn."""
    await app.workers.wait_for_complete()
    await pilot.pause()


async def recorded(app: StillApp, backend: StillBackend, pilot: Pilot[None], *more: IncidentEntry) -> None:
    """The engine publishes what was appended here, and what others did."""
    before = app.newest
    entries = (*before.engine.incident_entries, *acts(backend), *more)
    shown = summary(incidents(entries), None, before.verdict.severity)
    backend.records = {key: replace(record, entries=entries) for key, record in backend.records.items()}
    backend.publish(replace(before, engine=replace(before.engine, incident_entries=entries), incident=shown))
    await settled(app, pilot)


def acts(backend: StillBackend) -> list[IncidentEntry]:
    return [entry for entry in backend.appended if isinstance(entry, IncidentEntry)]


def recorded_acts(backend: StillBackend) -> list[tuple[IncidentAct, str]]:
    return [(act.act, act.text) for act in acts(backend)]


def screen(app: StillApp) -> IncidentScreen:
    assert isinstance(app.screen, IncidentScreen)
    return app.screen


async def fill(app: StillApp, pilot: Pilot[None], field: int, text: str) -> None:
    """Types into a field of the dialog, replacing its text."""
    widget = list(app.screen.query(TextInput))[field]
    widget.value = text
    await pilot.pause()


# -- the header ------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (60, 20)])
async def test_the_dashboard_shows_the_open_incident_under_the_header(size: tuple[int, int]) -> None:
    async with opened("open", size=size) as (app, _, __):
        second = plain_screen(app).splitlines()[1]
        assert second.startswith(" INC-2 Elevated 529")
        assert "open 6m · lead ana" in second


async def test_a_proposal_is_offered_on_the_dashboard() -> None:
    async with opened("proposed") as (app, _, __):
        assert "P1 for 2m: no incident is open" in plain_screen(app).splitlines()[1]
        assert "i declares an incident" in plain_screen(app).splitlines()[1]


async def test_without_an_incident_the_row_is_not_there() -> None:
    async with opened("none") as (app, _, __):
        assert "All is well" in "".join(plain_screen(app).splitlines()[1:4])
        assert not app.screen.query_one("#incident").size


# -- dialogs ---------------------------------------------------------------------------------


def test_the_label_of_every_field_fits_its_column() -> None:
    """`Over since` was cut to `Over sin…`."""
    makers = {"TextField", "Choice", "time_field"}
    found: dict[str, str] = {}
    for path in Path(screens.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in makers:
                first = node.args[0] if node.args else None
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    found[first.value] = path.name
    assert {"Started", "Severity", "Ended"} <= found.keys()
    assert not {label: name for label, name in found.items() if len(label) > LABEL_CELLS - 2}


# -- declaring -------------------------------------------------------------------------------


async def test_a_proposal_is_declared_from_its_first_failure_with_what_the_verdict_says() -> None:
    async with opened("proposed", "i") as (app, backend, pilot):
        assert "The API is overloaded" in app.screen.query(TextInput).first().value
        await pressed(app, pilot, "enter")
        declaration, severity = acts(backend)
        assert (declaration.act, declaration.text) == (IncidentAct.DECLARED, "The API is overloaded (529)")
        assert (declaration.happened_at, declaration.at) == (after(BEGAN), app.newest.at)
        assert (declaration.by, declaration.host) == ("eve", "ops-9")
        assert (severity.act, severity.text, severity.subject) == (IncidentAct.SEVERITY, "P1", "P1")
        assert screen(app).ident == declaration.incident == severity.incident


async def test_one_of_ones_own_is_declared_with_a_time_and_a_lead() -> None:
    async with opened("none", "i") as (app, backend, pilot):
        await fill(app, pilot, 0, "Checkout fails")
        await fill(app, pilot, 1, "-1m")
        await fill(app, pilot, 2, "ben")
        await pressed(app, pilot, "enter")
        assert recorded_acts(backend) == [
            (IncidentAct.DECLARED, "Checkout fails"),
            (IncidentAct.SEVERITY, "P3"),
            (IncidentAct.LEAD, "ben"),
        ]
        assert acts(backend)[0].happened_at == after(40)


async def test_before_the_verdict_it_starts_with_the_failure_that_is_being_checked() -> None:
    async with opened("checking", "i") as (app, backend, pilot):
        assert app.newest.verdict.checking
        started = list(app.screen.query(TextInput))[1]
        assert started.value == "2026-11-20 12:02:00"
        assert "The start is the first failure" in text_of(app)
        await fill(app, pilot, 0, "Checkout fails")
        await fill(app, pilot, 1, "")
        assert "empty: 12:02:00, the first failure" in plain_screen(app)
        await pressed(app, pilot, "enter")
        declaration = acts(backend)[0]
        assert (declaration.happened_at, declaration.subject) == (after(BEGAN), FIRST_FAILURE)


async def test_a_start_that_is_typed_is_kept_as_typed() -> None:
    async with opened("checking", "i") as (app, backend, pilot):
        await fill(app, pilot, 0, "Checkout fails")
        await fill(app, pilot, 1, "12:01")
        await pressed(app, pilot, "enter")
        assert (acts(backend)[0].happened_at, acts(backend)[0].subject) == (after(60), "")


async def test_without_a_failure_an_empty_start_is_now_and_follows_the_record() -> None:
    async with opened("none", "i") as (app, backend, pilot):
        assert "empty: now; nothing is failing" in plain_screen(app)
        await fill(app, pilot, 0, "Checkout fails")
        await pressed(app, pilot, "enter")
        assert (acts(backend)[0].happened_at, acts(backend)[0].subject) == (app.newest.at, FIRST_FAILURE)


async def test_a_failure_that_comes_while_the_dialog_is_open_is_the_start() -> None:
    async with opened("none", "i") as (app, backend, pilot):
        await fill(app, pilot, 0, "Checkout fails")
        backend.publish(INCIDENT_SCENES["checking"]().snapshot)
        await settled(app, pilot)
        await pressed(app, pilot, "enter")
        assert acts(backend)[0].happened_at == after(BEGAN)


@pytest.mark.parametrize(
    ("title", "started", "objection"),
    [("", "", "Give it a title."), ("Checkout fails", "soon", "This is not a time in the past.")],
)
async def test_what_is_missing_is_named(title: str, started: str, objection: str) -> None:
    async with opened("none", "i") as (app, backend, pilot):
        await fill(app, pilot, 0, title)
        await fill(app, pilot, 1, started)
        await pressed(app, pilot, "enter")
        assert objection in text_of(app)
        assert not backend.appended


async def test_leaving_the_dialog_shows_the_list_and_declares_nothing() -> None:
    async with opened("earlier", "i", "escape") as (app, backend, pilot):
        assert not backend.appended
        assert "INC-1" in plain_screen(app)
        listed = next(row for row in plain_screen(app).splitlines() if "INC-1" in row)
        assert listed.rstrip(" │").endswith("  38m")
        await pressed(app, pilot, "escape")
        assert isinstance(app.screen, DashboardScreen)


async def test_a_proposal_can_be_declined() -> None:
    async with opened("proposed", "i", "shift+tab", "down", "enter") as (app, backend, _):
        assert [act.act for act in acts(backend)] == [IncidentAct.DISMISSED]
        assert acts(backend)[0].happened_at == after(BEGAN)
        assert not isinstance(app.screen, DialogScreen)


async def test_what_somebody_else_declared_meanwhile_is_joined_not_doubled() -> None:
    async with opened("proposed", "i") as (app, backend, pilot):
        await recorded(app, backend, pilot, declared(280, "Theirs"))
        await pressed(app, pilot, "enter")
        assert not backend.appended
        assert "INC-2 was declared meanwhile" in notices(app)
        assert screen(app).ident == FIRST


# -- what is shown ---------------------------------------------------------------------------


async def test_the_timeline_stands_beside_the_figures() -> None:
    async with opened("open", "i") as (app, _, __):
        text = plain_screen(app)
        for line in (
            "INC-2 Elevated 529s on Haiku · P2 (P1 for 2m) · open 6m",
            "first failure: claude-haiku-5-5 529 overloaded_error",
            "claude-haiku-5-5 529 overloaded_error ×39",
            "ben: acknowledged: looking",
            "recorded 12:07:00  pinned",
            "detected    +20s",
            "acked       +48s ben",
            "recovered   –",
            "status page 4m 20s after us",
            "failed      39 of 65",
        ):
            assert line in text


async def test_in_little_room_the_figures_stand_above() -> None:
    async with opened("open", "i", size=(80, 24)) as (app, _, __):
        rows = plain_screen(app).splitlines()
        assert "detected +20s" in rows[3]
        assert "failed 39 of 65" in rows[4]


async def test_the_cursor_stays_on_the_newest_entry_until_it_is_moved() -> None:
    async with opened("open", "i", size=(80, 24)) as (app, backend, pilot):
        assert "mitigated: batch is off" in plain_screen(app)
        await recorded(app, backend, pilot, did(499, IncidentAct.NOTE, "the newest of all"))
        assert "the newest of all" in plain_screen(app)
        await pressed(app, pilot, "home")
        assert "first failure" in plain_screen(app)
        await recorded(app, backend, pilot, did(499, IncidentAct.NOTE, "even newer"))
        assert "first failure" in plain_screen(app)


async def test_enter_opens_what_is_folded_and_closes_it_again() -> None:
    async with opened("open", "i", "home", "down", "enter") as (app, _, pilot):
        entry = screen(app).entry
        assert entry is not None
        assert entry.count == 39
        ids = [observation.request_id for observation in entry.observations]
        assert f"{ids[0]}" in plain_screen(app)
        assert f"{ids[1]}" in plain_screen(app)
        await pressed(app, pilot, "enter")
        assert f"{ids[1]}" not in plain_screen(app)


async def test_a_filter_leaves_what_has_the_words_and_escape_takes_it_off() -> None:
    async with opened("open", "i", "/") as (app, _, pilot):
        await fill(app, pilot, 0, "BEN note")
        await pressed(app, pilot, "enter")
        assert [entry.key for entry in screen(app).entries] == [f"entry:{NOTE.id}"]
        assert "only “BEN note”" in plain_screen(app)
        await pressed(app, pilot, "escape")
        assert len(screen(app).entries) > 10
        await pressed(app, pilot, "escape")
        assert isinstance(app.screen, DashboardScreen)


async def test_what_was_declared_from_the_dashboard_leads_back_there() -> None:
    async with opened("none", "i") as (app, backend, pilot):
        await fill(app, pilot, 0, "Checkout fails")
        await pressed(app, pilot, "enter")
        await recorded(app, backend, pilot)
        assert screen(app).ident
        await pressed(app, pilot, "escape")
        assert isinstance(app.screen, DashboardScreen)


async def test_the_list_is_sorted_by_start_severity_or_length() -> None:
    async with opened("open", "i", "l") as (app, _, pilot):

        def listed() -> list[str]:
            return [
                word for row in plain_screen(app).splitlines()[3:] for word in row.split() if "INC-" in word
            ]

        assert "started ▾" in plain_screen(app)
        assert listed() == ["INC-2", "INC-1"]
        await pressed(app, pilot, "O")
        assert "severity ▾" in plain_screen(app)
        await pressed(app, pilot, "O")
        assert "lasted ▾" in plain_screen(app)
        first = listed()[0]
        # The cursor is on the first row, whichever incident that is.
        await pressed(app, pilot, "enter")
        assert f" {first} " in plain_screen(app)


def test_incidents_in_every_order() -> None:
    grave, long, newest = (
        Incident("a", "INC-1", "grave", Severity.P1, after(0), after(5), "ana", resolved_at=after(60)),
        Incident("b", "INC-2", "long", Severity.P3, after(100), after(105), "ana", resolved_at=after(900)),
        Incident("c", "INC-3", "newest", Severity.NONE, after(1000), after(1005), "ana"),
    )
    known = (grave, long, newest)
    at = after(1030)
    assert ordered(known, "started", at) == (newest, long, grave)
    assert ordered(known, "severity", at) == (grave, long, newest)
    assert ordered(known, "lasted", at) == (long, grave, newest)


async def test_past_incidents_are_listed_and_opened() -> None:
    async with opened("open", "i", "l") as (app, _, pilot):
        assert "INC-1" in plain_screen(app)
        assert "open 6m" in plain_screen(app)
        await pressed(app, pilot, "down", "enter")
        assert screen(app).ident == SECOND
        assert "the old key was still in the vault" in plain_screen(app)
        await pressed(app, pilot, "escape")
        assert screen(app).ident == ""


async def test_the_key_returns_to_the_open_incident() -> None:
    async with opened("open", "i", "l", "down", "enter", "i") as (app, _, __):
        assert screen(app).ident == FIRST
        assert sum(isinstance(shown, IncidentScreen) for shown in app.screen_stack) == 1


# -- what people do ----------------------------------------------------------------------------


async def test_a_note_happened_when_it_says() -> None:
    async with opened("open", "i", "n", *typed("at 12"), ":", *typed("04 ben switched"), "enter") as (
        app,
        backend,
        _,
    ):
        (note,) = acts(backend)
        assert (note.act, note.text, note.incident) == (IncidentAct.NOTE, "at 12:04 ben switched", FIRST)
        assert (note.happened_at, note.at) == (after(240), after(500))
        assert "Noted by eve at 12:04:00 UTC." in notices(app)


async def test_a_note_without_a_time_happened_now_and_an_empty_one_is_none() -> None:
    async with opened("open", "i", "n", "enter") as (app, backend, pilot):
        assert "Write something" in text_of(app)
        await pressed(app, pilot, *typed("calm"), "enter")
        assert [(act.text, act.happened_at) for act in acts(backend)] == [("calm", after(500))]


async def test_secrets_do_not_get_into_a_note() -> None:
    async with opened("open", "i", "n") as (app, backend, pilot):
        await fill(app, pilot, 0, "key sk-ant-api03-abcdefghijkl leaked")
        await pressed(app, pilot, "enter")
        assert recorded_acts(backend) == [(IncidentAct.NOTE, "key [redacted] leaked")]


async def test_severity_with_its_reason() -> None:
    async with opened("open", "i", "s", "up", "tab", *typed("all of it"), "enter") as (_, backend, __):
        assert recorded_acts(backend) == [(IncidentAct.SEVERITY, "P1"), (IncidentAct.NOTE, "P1: all of it")]


async def test_only_a_role_that_changes_is_recorded() -> None:
    async with opened("open", "i", "r", "tab", *typed("joe"), "enter") as (_, backend, __):
        assert recorded_acts(backend) == [(IncidentAct.COMMUNICATIONS, "joe")]


async def test_mitigated_since_a_time() -> None:
    async with opened("open", "i", "x") as (app, backend, pilot):
        await fill(app, pilot, 0, "fallback on")
        await fill(app, pilot, 1, "12:06")
        await pressed(app, pilot, "enter")
        (act,) = acts(backend)
        assert (act.act, act.text, act.happened_at) == (IncidentAct.MITIGATED, "fallback on", after(360))


async def test_resolving_asks_first_and_enter_alone_keeps_it_open() -> None:
    async with opened("open", "i", "R") as (app, backend, pilot):
        assert "does not show a recovery yet" in text_of(app)
        await pressed(app, pilot, "enter")
        assert not backend.appended
        await pressed(app, pilot, "R", "down", "enter")
        assert [(act.act, act.happened_at) for act in acts(backend)] == [(IncidentAct.RESOLVED, after(500))]


async def test_it_was_over_when_the_probes_recovered() -> None:
    scene = INCIDENT_SCENES["resolved"]()
    entries = tuple(entry for entry in scene.snapshot.engine.incident_entries if entry.at < after(800))
    async with opened("resolved") as (app, backend, pilot):
        backend.records = {key: replace(record, entries=entries) for key, record in backend.records.items()}
        before = replace(scene.snapshot, engine=replace(scene.snapshot.engine, incident_entries=entries))
        shown = summary(incidents(entries), None, Severity.NONE)
        backend.publish(replace(before, incident=shown))
        await settled(app, pilot)
        await pressed(app, pilot, "i", "R")
        assert "have succeeded since 12:12:10" in text_of(app)
        await pressed(app, pilot, "down", "enter")
        assert [act.happened_at for act in acts(backend)] == [after(GOOD)]


async def test_a_resolved_one_can_be_opened_again_but_not_changed() -> None:
    async with opened("resolved", "i", "escape", "enter") as (app, backend, pilot):
        await pressed(app, pilot, "x")
        assert "INC-2 is resolved: open it again first" in notices(app)
        await pressed(app, pilot, "o", "enter")
        assert not backend.appended
        await pressed(app, pilot, "o", "down", "enter")
        assert [act.act for act in acts(backend)] == [IncidentAct.REOPENED]


async def test_an_entry_is_pinned_and_the_pin_taken_off() -> None:
    async with opened("open", "i", "end", "P") as (app, backend, pilot):
        (pin,) = acts(backend)
        assert (pin.act, pin.subject) == (IncidentAct.PINNED, screen(app).entries[-1].key)
        await recorded(app, backend, pilot)
        await pressed(app, pilot, "P")
        assert acts(backend)[-1].act is IncidentAct.UNPINNED


async def test_an_entry_is_corrected_and_its_first_words_are_kept() -> None:
    async with opened("open", "i", "end", "C") as (app, backend, pilot):
        await fill(app, pilot, 0, "batch and nightly jobs are off")
        await pressed(app, pilot, "enter")
        (fix,) = acts(backend)
        assert (fix.act, fix.text) == (IncidentAct.CORRECTED, "batch and nightly jobs are off")
        await recorded(app, backend, pilot)
        await pressed(app, pilot, "enter")
        text = plain_screen(app)
        assert "batch and nightly jobs are off" in text
        assert "before: mitigated: batch is off" in text


async def test_a_time_of_the_incident_is_corrected_only_with_a_time() -> None:
    async with opened("open", "i", "C", "down", "enter") as (app, backend, pilot):
        assert "Say when it was." in text_of(app)
        await fill(app, pilot, 1, "12:01")
        await pressed(app, pilot, "enter")
        (fix,) = acts(backend)
        assert (fix.act, fix.subject, fix.happened_at) == (IncidentAct.CORRECTED, "started", after(60))


async def test_the_title_is_changed() -> None:
    async with opened("open", "i", "C", "down", "down", "down", "down", "down") as (app, backend, pilot):
        await pressed(app, pilot, "enter")
        assert "Write the title" in text_of(app)
        await fill(app, pilot, 0, "Haiku is overloaded")
        await pressed(app, pilot, "enter")
        assert recorded_acts(backend) == [(IncidentAct.RENAMED, "Haiku is overloaded")]


async def test_merging_asks_into_which_and_by_default_does_nothing() -> None:
    async with opened("open", "i", "M", "enter") as (app, backend, pilot):
        assert not backend.appended
        await pressed(app, pilot, "M", "down", "enter")
        (merge,) = acts(backend)
        assert (merge.act, merge.incident, merge.subject) == (IncidentAct.MERGED, FIRST, SECOND)


async def test_in_the_list_what_needs_an_incident_says_so() -> None:
    async with opened("earlier", "i", "escape", "x") as (app, backend, _):
        assert "Choose an incident first" in notices(app)
        assert not backend.appended


# -- export ----------------------------------------------------------------------------------


async def test_it_is_written_to_a_file_and_over_another_one_only_when_confirmed(tmp_path: Path) -> None:
    async with opened("open", "i", "e") as (app, _, pilot):
        await fill(app, pilot, 0, str(tmp_path / "inc"))
        await pressed(app, pilot, "enter")
        written = tmp_path / "inc.md"
        assert "# INC-2: Elevated 529s on Haiku" in written.read_text("utf-8")
        written.write_text("mine")
        await pressed(app, pilot, "e")
        await fill(app, pilot, 0, str(written))
        await pressed(app, pilot, "enter", "enter")
        assert written.read_text("utf-8") == "mine"
        await pressed(app, pilot, "e")
        await fill(app, pilot, 0, str(written))
        await pressed(app, pilot, "enter", "down", "enter")
        assert "Elevated 529s" in written.read_text("utf-8")


def names_in(directory: Path) -> list[str]:
    return [path.name for path in directory.iterdir()]


async def test_json_is_written_too_and_a_bad_path_is_reported(tmp_path: Path) -> None:
    async with opened("open", "i", "e", "down") as (app, _, pilot):
        await fill(app, pilot, 0, str(tmp_path / "inc"))
        await pressed(app, pilot, "enter")
        assert json.loads((tmp_path / "inc.json").read_text("utf-8"))["schema"] == "claude-top/incident@1"
        await pressed(app, pilot, "e")
        await fill(app, pilot, 0, str(tmp_path / "nowhere" / "inc.md"))
        await pressed(app, pilot, "enter")
        assert "Not written" in notices(app)
        assert names_in(tmp_path) == ["inc.json"]


@pytest.mark.parametrize("path", ["", "/", "~nobody-at-all/x", "."])
async def test_what_names_no_file_is_refused(path: str) -> None:
    async with opened("open", "i", "e") as (app, _, pilot):
        await fill(app, pilot, 0, path)
        await pressed(app, pilot, "enter")
        assert "Name a file." in text_of(app)


def test_scenes_are_what_they_say() -> None:
    scenes: dict[str, IncidentScene] = {name: make() for name, make in INCIDENT_SCENES.items()}
    proposed = scenes["proposed"].snapshot.incident
    assert proposed is not None
    assert proposed.proposed
    assert [scenes[name].snapshot.incident for name in ("none", "earlier", "resolved")] == [None] * 3
