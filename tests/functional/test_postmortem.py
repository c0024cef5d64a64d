"""The postmortem on screen: filling it in, together, without losing or overwriting anything."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot

from claude_tui.incident.postmortem import FIELDS, FieldState, lint, read
from claude_tui.model.postmortem import FieldRevision
from claude_tui.tui.screens.dialog import TextInput
from claude_tui.tui.screens.postmortem import PostmortemScreen
from claude_tui.tui.screens.postmortem_draft import PromptScreen
from claude_tui.tui.screens.postmortem_editor import Area, EditorScreen
from claude_tui.tui.screens.postmortem_reading import FindingsScreen, PreviewScreen
from tests.functional.runbook_screens import screen_text
from tests.functional.still import StillApp, StillBackend, still_app
from tests.functional.test_acknowledge import notices
from tests.snapshots.incident_scenes import INCIDENT_SCENES
from tests.snapshots.postmortem_scenes import POSTMORTEM_SCENES, Pen


class Prompt(StillBackend):
    """Publishes what is appended, as the engine does."""

    app: StillApp

    def append(self, entry: object) -> None:
        super().append(entry)  # type: ignore[arg-type]
        if isinstance(entry, FieldRevision):
            self.add(entry)

    def add(self, *revisions: FieldRevision) -> None:
        newest = self.app.newest
        known = (*newest.engine.field_revisions, *revisions)
        self.app.newest = replace(newest, engine=replace(newest.engine, field_revisions=known))
        self.publish(self.app.newest)


@asynccontextmanager
async def opened(
    name: str, *keys: str, size: tuple[int, int] = (120, 40)
) -> AsyncIterator[tuple[StillApp, Prompt, Pilot[None]]]:
    scene = POSTMORTEM_SCENES[name]()
    app, _ = still_app(scene.snapshot)
    app.backend = backend = Prompt(records=scene.records)
    backend.app = app
    app.responder, app.host = "eve", "ops-9"
    async with app.run_test(size=size) as pilot:
        await pressed(app, pilot, "f")
        await pressed(app, pilot, *keys)
        yield app, backend, pilot


async def pressed(app: StillApp, pilot: Pilot[None], *keys: str) -> None:
    await pilot.press(*keys)
    await app.workers.wait_for_complete()
    await pilot.pause()


def form_of(app: StillApp) -> PostmortemScreen:
    return next(screen for screen in app.screen_stack if isinstance(screen, PostmortemScreen))


def state(app: StillApp, key: str) -> FieldState:
    form = form_of(app).form
    assert form is not None
    return form.field(key).state


def text(app: StillApp, key: str) -> str:
    form = form_of(app).form
    assert form is not None
    return form.field(key).text


def written(backend: StillBackend) -> list[FieldRevision]:
    return [entry for entry in backend.appended if isinstance(entry, FieldRevision)]


def area(app: StillApp) -> Area:
    return app.screen.query_one(Area)


IMPACT = ("down", "down", "down")
ROOT_CAUSE = (*IMPACT, "down")


async def test_without_an_incident_it_says_so() -> None:
    app, _ = still_app(INCIDENT_SCENES["none"]().snapshot)
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("f")
        await pilot.pause()
        assert "No incident has been declared yet" in notices(app)
        assert len(app.screen_stack) == 1


async def test_the_form_says_where_each_text_comes_from() -> None:
    async with opened("empty") as (app, _, _pilot):
        shown = screen_text(app)
        assert "● Title         Elevated 529s on Haiku" in shown
        assert "○ Root cause    what went wrong" in shown
        assert "the verdict said: It's them." in shown
        assert "req_1a1f8d5bec0 (first) · 50 more · req_1a1f8debf70 (last)" in shown
        assert "2 to do: root cause, action items" in shown


async def test_what_is_typed_is_recorded_while_it_is_typed() -> None:
    async with opened("empty", *ROOT_CAUSE, "enter") as (app, backend, pilot):
        await pilot.press(*"their")
        while not written(backend):
            await pilot.pause(0.02)
        assert isinstance(app.screen, EditorScreen)
        first = written(backend)[0]
        assert (first.field, first.text, first.by, first.host) == ("root_cause", "their", "eve", "ops-9")
        await pilot.press("s", "escape")
        await pilot.pause()
        assert isinstance(app.screen, PostmortemScreen)
        assert [revision.text for revision in written(backend)] == ["their", "theirs"]
        assert [revision.base for revision in written(backend)] == ["", first.id]
        assert (state(app, "root_cause"), text(app, "root_cause")) == (FieldState.PERSON, "theirs")
        assert "saved 0s ago" in screen_text(app)


async def test_looking_at_a_field_changes_nothing() -> None:
    async with opened("empty", *IMPACT, "enter") as (app, backend, pilot):
        assert area(app).text == text(app, "impact")
        await pilot.press("escape")
        await pilot.pause()
        assert written(backend) == []
        assert state(app, "impact") is FieldState.RECORD


async def test_quitting_in_the_middle_of_a_word_keeps_it() -> None:
    async with opened("empty", *ROOT_CAUSE, "enter") as (_, backend, pilot):
        await pilot.press(*"theirs")
        await pilot.press("ctrl+c")
        await pilot.pause()
    assert [revision.text for revision in written(backend)][-1:] == ["theirs"]


async def test_an_emptied_field_follows_the_record_again() -> None:
    async with opened("filled", *IMPACT, "enter") as (app, _, pilot):
        area(app).text = ""
        await pilot.press("escape")
        await pilot.pause()
        assert state(app, "impact") is FieldState.RECORD
        assert text(app, "impact").startswith("60 of the")


async def test_pasted_text_has_no_control_characters() -> None:
    from textual import events

    async with opened("empty", *ROOT_CAUSE, "enter") as (app, backend, pilot):
        area(app).post_message(events.Paste("theirs\x1b[2J\nand ours"))
        await pilot.pause()
        await pilot.press("escape")
        await pilot.pause()
        assert written(backend)[-1].text == "theirs␛[2J\nand ours"


async def test_two_people_in_one_field_see_both_texts_and_settle_them() -> None:
    async with opened("empty", *IMPACT, "enter") as (app, backend, pilot):
        pen = Pen(POSTMORTEM_SCENES["empty"]())
        pen.write("impact", "Search was slow.", "ben", 899)
        area(app).text = "Checkout was down."
        await pilot.pause()
        backend.add(*pen.written)
        await pilot.pause()
        assert "ben is editing this too: both texts will be kept" in screen_text(app)
        await pilot.press("escape")
        await pilot.pause()
        assert state(app, "impact") is FieldState.CONFLICT
        shown = screen_text(app)
        assert "2 versions: enter resolves" in shown
        assert "Search was slow." in shown
        assert "Checkout was down." in shown

        await pressed(app, pilot, "enter", "down", "down", "down", "enter")
        assert isinstance(app.screen, EditorScreen)
        assert set(area(app).text.split("\n\n")) == {"Search was slow.", "Checkout was down."}
        await pilot.press("escape")
        await pilot.pause()
        assert state(app, "impact") is FieldState.PERSON
        assert set(text(app, "impact").split("\n\n")) == {"Search was slow.", "Checkout was down."}


async def test_another_field_of_somebody_else_does_not_interrupt() -> None:
    async with opened("empty", *IMPACT, "enter") as (app, backend, pilot):
        pen = Pen(POSTMORTEM_SCENES["empty"]())
        pen.write("root_cause", "Theirs.", "ben", 899)
        area(app).text = "Checkout was down."
        backend.add(*pen.written)
        await pilot.press("escape")
        await pilot.pause()
        assert text(app, "impact") == "Checkout was down."
        assert text(app, "root_cause") == "Theirs."
        assert "ben is editing root cause" in screen_text(app)


async def test_a_text_that_the_record_left_behind_is_compared_and_kept_or_given_back() -> None:
    async with opened("conflict", "down", "enter") as (app, backend, pilot):
        shown = screen_text(app)
        assert "as customers saw it" in shown
        assert "2026-11-20 12:01:30 to 12:12:10 UTC" in shown
        await pressed(app, pilot, "enter")
        assert state(app, "duration") is FieldState.PERSON
        assert written(backend)[-1].text == "2026-11-20 12:01 to 12:14, as customers saw it"

    async with opened("conflict", "down", "enter", "down", "enter") as (app, _, _pilot):
        assert state(app, "duration") is FieldState.RECORD


async def test_an_action_item_is_added_part_by_part_and_removed_when_confirmed() -> None:
    async with opened("empty", "n") as (app, backend, pilot):
        for number, typed in enumerate(("Fall back on 529", "ana", "2026-12-04")):
            list(app.screen.query(TextInput))[number].value = typed
        await pilot.press("tab", "tab", "tab", "down", "down", "down", "escape")
        await pilot.pause()
        form = form_of(app).form
        assert form is not None
        (item,) = form.actions
        assert [part.text for part in item.parts] == ["Fall back on 529", "ana", "2026-12-04", "mitigate"]
        assert form.to_do == ("root cause",)
        assert "☐ Fall back on 529" in screen_text(app)

        await pressed(app, pilot, "x", "enter")
        assert form_of(app).form.actions  # type: ignore[union-attr]
        await pressed(app, pilot, "x", "down", "enter")
        assert not form_of(app).form.actions  # type: ignore[union-attr]
        assert {revision.id for revision in written(backend)[:-1]} == set(written(backend)[-1].base.split())


async def test_the_evidence_of_a_field_is_one_key_away() -> None:
    async with opened("empty", "down", "right") as (app, _, pilot):
        assert "first failure: claude-haiku-5-5 529 overloaded_error" in screen_text(app)
        await pressed(app, pilot, "right")
        assert "first failure: claude-haiku-5-5 529 overloaded_error" not in screen_text(app)


async def test_the_fields_beyond_the_template_unfold() -> None:
    async with opened("empty", "end") as (app, _, pilot):
        assert "Where we were lucky" not in screen_text(app)
        await pressed(app, pilot, "enter")
        assert "○ Where we were lucky" in screen_text(app)
        await pressed(app, pilot, "end")
        assert form_of(app).cursor == "customers"


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
async def test_the_fields_beyond_the_template_are_listed_by_whole_names(size: tuple[int, int]) -> None:
    async with opened("empty", "end", size=size) as (app, _, _):
        (row,) = (row for row in screen_text(app).splitlines() if "more fields" in row)
        names = row.partition(" filled: ")[2].strip(" │").removesuffix(" …").split(", ")
        assert len(names) > 1
        assert set(names) <= {spec.name for spec in FIELDS if spec.folded}


async def test_on_a_large_screen_all_fields_and_the_timeline_are_there() -> None:
    async with opened("empty", "down", size=(200, 60)) as (app, _, pilot):
        shown = screen_text(app)
        assert "○ Where we were lucky" in shown
        assert "Duration rests on 3 entries" in shown
        assert "claude-haiku-5-5 answers again" in shown
        await pressed(app, pilot, "end")
        assert form_of(app).cursor == "customers"


async def test_preview_and_lint_open_and_close() -> None:
    async with opened("conflict", "v") as (app, _, pilot):
        assert isinstance(app.screen, PreviewScreen)
        await pressed(app, pilot, "pagedown", "end", "home", "v", "l")
        assert isinstance(app.screen, FindingsScreen)
        assert "several people wrote this at the same time" in screen_text(app)
        assert "↑ ↓ scroll · esc back" in screen_text(app)
        await pressed(app, pilot, "down", "escape")
        assert isinstance(app.screen, PostmortemScreen)


async def test_it_is_exported_and_never_over_a_file_unasked(tmp_path: Path) -> None:
    async with opened("filled", "e") as (app, _, pilot):
        file = tmp_path / "pm"
        app.screen.query_one(TextInput).value = str(file)
        await pressed(app, pilot, "enter")
        exported = file.with_suffix(".md").read_text("utf-8")
        assert lint(read(exported)) == ()
        file.with_suffix(".md").write_text("mine")

        await pressed(app, pilot, "e")
        app.screen.query_one(TextInput).value = str(file)
        await pressed(app, pilot, "enter", "enter")
        assert file.with_suffix(".md").read_text() == "mine"

        await pressed(app, pilot, "e", "down")
        app.screen.query_one(TextInput).value = str(file)
        await pressed(app, pilot, "enter")
        assert json.loads(file.with_suffix(".json").read_text("utf-8"))["incident"]["label"] == "INC-2"

        await pressed(app, pilot, "e", "down", "down", "enter")
        assert app.copied is not None
        assert app.copied.startswith("+++\n")


async def test_the_postmortem_of_the_incident_on_screen_is_the_one_that_opens() -> None:
    scene = INCIDENT_SCENES["resolved"]()
    app, backend = still_app(scene.snapshot)
    backend.records = scene.records
    async with app.run_test(size=(120, 40)) as pilot:
        await pressed(app, pilot, "i", "escape", "down", "enter", "f")
        form = form_of(app).form
        assert form is not None
        assert form.incident.title == "Key rotated without notice"


@pytest.mark.parametrize("size", [(60, 20), (40, 12), (20, 6)])
async def test_it_fits_into_small_terminals(size: tuple[int, int]) -> None:
    async with opened("conflict", *IMPACT, "enter", "escape", "n", "escape", size=size) as (app, _, _pilot):
        assert isinstance(app.screen, PostmortemScreen)


# -- a draft by a model ------------------------------------------------------------------------

DRAFT = json.dumps(
    {
        "impact": [{"sentence": "Orders failed.", "entries": ["E1"]}],
        "root_cause": [{"sentence": "Probably no capacity.", "entries": ["E1"]}],
        "customers": [{"sentence": "Everything is fine.", "entries": []}],
    }
)


def allow_drafts(app: StillApp, **settings: object) -> None:
    app.settings = replace(app.settings, **({"draft_model": "claude-x"} | settings))  # type: ignore[arg-type]


async def test_a_draft_is_sent_only_after_all_of_it_was_shown_and_is_marked_until_accepted() -> None:
    async with opened("empty") as (app, backend, pilot):
        allow_drafts(app)
        backend.answer = DRAFT
        await pressed(app, pilot, "g")
        assert isinstance(app.screen, PromptScreen)
        assert "This goes to claude-x, and costs $" in screen_text(app)
        await pressed(app, pilot, "pagedown", "escape")
        assert backend.drafts == []

        await pressed(app, pilot, "g", "enter")
        ((model, system, sent),) = backend.drafts
        assert model == "claude-x"
        assert "blameless" in system
        assert "first failure" in sent
        assert state(app, "impact") is FieldState.DRAFT
        assert state(app, "root_cause") is FieldState.DRAFT
        assert state(app, "customers") is FieldState.MISSING
        assert "◇ Impact" in screen_text(app)
        assert "draft: enter accepts" in screen_text(app)
        assert "$0.01" in notices(app)

        await pressed(app, pilot, *IMPACT, "enter", "enter")
        assert (state(app, "impact"), written(backend)[-1].by) == (FieldState.PERSON, "eve")
        await pressed(app, pilot, "down", "enter", "down", "enter")
        assert state(app, "root_cause") is FieldState.MISSING


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"draft_model": ""}, "name a model as draft_model"),
        ({"draft_ceiling_usd": 0.0}, "draft_ceiling_usd is"),
    ],
)
async def test_nothing_is_sent_without_a_model_or_above_the_ceiling(
    settings: dict[str, object], says: str
) -> None:
    async with opened("empty") as (app, backend, pilot):
        allow_drafts(app, **settings)
        await pressed(app, pilot, "g")
        assert isinstance(app.screen, PostmortemScreen)
        assert says in notices(app)
        assert backend.drafts == []


async def test_a_demo_asks_no_model() -> None:
    async with opened("empty") as (app, backend, pilot):
        allow_drafts(app)
        app.newest = replace(app.newest, engine=replace(app.newest.engine, demo="tour"))
        await pressed(app, pilot, "g")
        assert "A demo asks no model" in notices(app)
        assert backend.drafts == []


async def test_a_refused_draft_changes_nothing() -> None:
    async with opened("empty", "g") as (app, _, _pilot):
        assert "name a model as draft_model" in notices(app)
    async with opened("empty") as (app, backend, pilot):
        allow_drafts(app)
        await pressed(app, pilot, "g", "enter")
        assert "No draft: the endpoint refused: Overloaded." in notices(app)
        assert written(backend) == []


async def test_what_people_wrote_is_not_drafted_again() -> None:
    async with opened("filled") as (app, backend, pilot):
        allow_drafts(app)
        backend.answer = DRAFT
        await pressed(app, pilot, "g", "enter")
        assert written(backend) == []
        assert "named no supporting entries" in notices(app)
