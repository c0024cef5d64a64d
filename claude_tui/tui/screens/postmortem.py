"""The postmortem: a form that the record fills in, people complete, and everybody sees at once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import uuid4

from textual.app import ComposeResult
from textual.containers import Container
from textual.widget import Widget

from claude_tui.incident import incidents, subject
from claude_tui.incident.postmortem import (
    PARTS,
    ActionItem,
    Draft,
    Field,
    FieldState,
    Postmortem,
    Writer,
    body,
    lint,
    markdown,
    new_action,
    read,
    spec_of,
)
from claude_tui.model.limits import MAX_ENTRY, MAX_LINE, MAX_NAME
from claude_tui.model.postmortem import DRAFTER, FieldRevision
from claude_tui.model.snapshot import Snapshot
from claude_tui.tui.actions import Scope
from claude_tui.tui.hints import Hint
from claude_tui.tui.keymap import bindings
from claude_tui.tui.render.line_bar import LineBar
from claude_tui.tui.render.lines import Lines, Span, line
from claude_tui.tui.render.pager import Pager
from claude_tui.tui.screens.cursor_pager import CursorPager
from claude_tui.tui.screens.dialog_fields import paragraph, refuse, tell
from claude_tui.tui.screens.incident import IncidentScreen
from claude_tui.tui.screens.incident_loading import IncidentLoader
from claude_tui.tui.screens.postmortem_dialogs import ask_export, ask_removal, ask_which_version
from claude_tui.tui.screens.postmortem_editor import Edited, EditorScreen
from claude_tui.tui.screens.postmortem_form import SharedForm
from claude_tui.tui.screens.postmortem_lines import (
    ADD,
    MORE,
    FormLook,
    form_page,
    head_line,
    others_text,
    rows_of,
    timeline_beside,
)
from claude_tui.tui.screens.postmortem_reading import FindingsScreen, PreviewScreen
from claude_tui.tui.screens.reader import ReaderScreen
from claude_tui.tui.screens.runbook_parts import Page
from claude_tui.tui.screens.runbook_screen import bring_to_front, offered
from claude_tui.tui.view import View

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual import events

    from claude_tui.tui.cockpit import Cockpit

__all__ = ["PostmortemScreen", "open_postmortem"]

_FOLLOWS = "From the record. What you change stays as you wrote it, and is flagged when the record changes."
_HINTS = {"text": "what to do", "owner": "who does it", "due": "2026-12-04"}
_LABELS = {"text": "Action", "owner": "Owner", "due": "Due", "kind": "Kind"}
# From these sizes on, the timeline is beside the form, and the form begins with all of its fields.
_TIMELINE_FROM, _UNFOLDED_FROM = 160, 50
_LIMITS = {"text": MAX_LINE, "owner": MAX_NAME, "due": 20, "kind": 20}


def open_postmortem(app: Cockpit) -> None:
    """Show the postmortem of the incident on screen, or else of the open or the last one."""
    shown = app.screen.ident if isinstance(app.screen, IncidentScreen) else ""
    known = incidents(app.newest.engine.incident_entries)
    wanted = next((incident for incident in known if incident.id == shown), None) or subject(known)
    if wanted is None:
        refuse(app, "No incident has been declared yet, and so there is nothing to write about.")
        return
    screen = bring_to_front(app, PostmortemScreen)
    if screen is None:
        app.push_screen(PostmortemScreen(wanted.id))
    elif shown:
        screen.turn_to(wanted.id)


class PostmortemScreen(ReaderScreen):
    """The form of one incident.

    It shows the newest revisions even while the display is frozen, as what somebody types must appear.
    """

    DEFAULT_CSS = """
    PostmortemScreen > #form-head { height: 1; }
    PostmortemScreen > #body { height: 1fr; layout: horizontal; }
    PostmortemScreen > #body > Container { height: 1fr; width: 3fr; }
    PostmortemScreen > #body > #timeline { width: 2fr; }
    """
    SCREEN_NAME = "postmortem"
    BINDINGS = bindings(Scope.POSTMORTEM)
    ENTER = "edit"

    def __init__(self, ident: str) -> None:
        super().__init__()
        self.ident = ident
        """The id of the incident."""
        self.cursor = "title"
        self.unfolded = False
        self._opened: frozenset[str] = frozenset()

    # -- layout --------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        self.loader = IncidentLoader(self, self.cockpit.backend, self._loaded)
        self._shared = SharedForm(self.cockpit, self.loader)
        yield from super().compose()

    def bodies(self) -> tuple[Widget, ...]:
        self.head = LineBar(self.head_lines, id="form-head")
        self.pager: CursorPager = CursorPager(self.title_and_key()[0], self._page)
        self.timeline = Pager("Timeline", self._timeline)
        self.timeline_box = Container(self.timeline, id="timeline")
        self.timeline_box.display = self.app.size.width >= _TIMELINE_FROM
        self.unfolded = self.app.size.height >= _UNFOLDED_FROM
        return (self.head, Container(Container(self.pager), self.timeline_box, id="body"))

    def on_resize(self, event: events.Resize) -> None:
        self.timeline_box.display = event.size.width >= _TIMELINE_FROM

    def on_mount(self) -> None:
        self._ask()

    def title_and_key(self) -> tuple[str, str]:
        loaded = self.loader.loaded
        label = f" of {loaded.incident.label}" if loaded is not None else ""
        return f"Postmortem{label}", ""

    def hints(self) -> tuple[Hint, ...]:
        return offered(Scope.POSTMORTEM, self.cockpit.chosen_keys, {"postmortem"})

    # -- content -------------------------------------------------------------------------

    @property
    def form(self) -> Postmortem | None:
        """The form as it stands; None before the record has been read."""
        return self._shared.form

    def turn_to(self, ident: str) -> None:
        """Show the postmortem of another incident."""
        if ident != self.ident:
            self.ident, self.cursor, self._opened = ident, "title", frozenset()
            self._ask()
            self._redraw(follow=True)

    def show(self, snapshot: Snapshot, view: View) -> None:
        if not self.is_mounted:
            return
        super().show(snapshot, view)
        self._ask()
        self._redraw()

    def _ask(self) -> None:
        newest = self.cockpit.newest
        self.loader.ask(self.ident, newest.at, newest.engine.incident_entries)

    def _loaded(self) -> None:
        if self.is_mounted:
            self._redraw()

    def _redraw(self, *, follow: bool = False) -> None:
        self.pager.set_title(self.title_and_key()[0])
        self.head.redraw()
        self.timeline.redraw()
        if follow:
            self.pager.follow()
        else:
            self.pager.redraw()

    def _look(self) -> FormLook:
        return FormLook(
            self.cockpit.newest.at, self.cursor, self.unfolded, self._opened, self._shared.editing(self.ident)
        )

    def _page(self, cells: int, rows: int) -> Page:
        form, loaded = self.form, self.loader.loaded
        if form is None or loaded is None:
            return Page((line(Span("reading the record…", "faint")),))
        return form_page(form, loaded, self._look(), cells, rows)

    def _timeline(self, cells: int, rows: int) -> Lines:  # noqa: ARG002 (it scrolls)
        return timeline_beside(self.form, self.loader.loaded, self._look(), cells)

    def head_lines(self, cells: int) -> Lines:
        """What is left to do, what is saved, and who else is editing."""
        form = self.form
        return (head_line(form, self._look(), self._shared.saved(), cells),) if form is not None else ()

    # -- moving ------------------------------------------------------------------------------

    def move(self, rows: int) -> None:
        """Move the cursor to another row; a whole page scrolls instead."""
        form = self.form
        if form is None or abs(rows) > 1:
            super().move(rows)
            return
        keys = rows_of(form, unfolded=self.unfolded)
        here = keys.index(self.cursor) if self.cursor in keys else 0
        self._move_to(keys[min(max(here + rows, 0), len(keys) - 1)])

    def move_to_end(self, *, start: bool) -> None:
        form = self.form
        if form is not None:
            keys = rows_of(form, unfolded=self.unfolded)
            self._move_to(keys[0] if start else keys[-1])

    def choose(self, index: int) -> bool:
        was, form = self.cursor, self.form
        if form is not None:
            self._move_to(rows_of(form, unfolded=self.unfolded)[index])
        return was == self.cursor

    def _move_to(self, key: str) -> None:
        self.cursor = key
        self._redraw(follow=True)

    def action_next_field(self) -> None:
        self.move(1)

    def action_previous_field(self) -> None:
        self.move(-1)

    def action_evidence(self) -> None:
        """Show or hide the timeline entries that the field under the cursor rests on."""
        form = self.form
        if form is None or self.cursor not in {field.key for field in form.fields}:
            return
        if not form.field(self.cursor).computed.evidence:
            tell(self.cockpit, "The record has nothing about this field.")
            return
        self._opened ^= {self.cursor}
        self._redraw(follow=True)

    # -- editing -------------------------------------------------------------------------------

    def action_edit(self) -> None:
        """Edit the row under the cursor, after choosing among its versions if there are several."""
        form = self.form
        if form is None:
            return
        if self.cursor == ADD:
            self.action_add_action()
        elif self.cursor == MORE:
            self.unfolded = not self.unfolded
            self._redraw(follow=True)
        elif (action := self._action(form)) is not None:
            self._edit_action(action)
        elif self.cursor in {field.key for field in form.fields}:
            self._edit_field(form.field(self.cursor))

    def _action(self, form: Postmortem) -> ActionItem | None:
        """The action item under the cursor."""
        return next((action for action in form.actions if f"action:{action.id}" == self.cursor), None)

    def _edit_field(self, field: Field) -> None:
        label = spec_of(field.key).label
        if field.state in (FieldState.CHANGED, FieldState.DRAFT, FieldState.CONFLICT):

            def version_chosen(text: str, further: bool) -> None:
                if further:
                    self._open_editor(field, Draft(self._writer(), field, text))
                else:
                    self._append(self._writer().revision(field, text))

            ask_which_version(self.cockpit, field, label, version_chosen)
        else:
            self._open_editor(field, Draft(self._writer(), field))

    def _open_editor(self, field: Field, draft: Draft) -> None:
        spec = spec_of(field.key)
        explanation = [paragraph(field.computed.note)] if field.computed.note else []
        if field.state is FieldState.RECORD:
            explanation.append(paragraph(_FOLLOWS))
        limit = MAX_LINE if spec.one_line else MAX_ENTRY
        edited = Edited(draft, spec.label, spec.hint, spec.one_line, limit=limit)
        self._edit(f"{spec.label}: {spec.hint}", (edited,), tuple(explanation))

    def _edit_action(self, action: ActionItem) -> None:
        unsettled = next((part for part in action.parts if part.state is FieldState.CONFLICT), None)
        if unsettled is None:
            self._open_action(action, "Action item")
            return

        def version_chosen(text: str, _: bool) -> None:
            self._append(self._writer().revision(unsettled, text))

        part = unsettled.key.rpartition(":")[2]
        ask_which_version(self.cockpit, unsettled, f"Action item, {_LABELS[part].lower()}", version_chosen)

    def action_add_action(self) -> None:
        if self.form is not None:
            action = new_action(uuid4().hex[:8])
            self.cursor = f"action:{action.id}"
            self._open_action(action, "New action item")

    def _open_action(self, action: ActionItem, title: str) -> None:
        edited = tuple(
            Edited(
                Draft(self._writer(), part),
                _LABELS[name],
                _HINTS.get(name, ""),
                one_line=name != "kind",
                is_kind=name == "kind",
                limit=_LIMITS[name],
            )
            for name, part in zip(PARTS, action.parts, strict=True)
        )
        self._edit(title, edited, ())

    def _edit(self, title: str, edited: tuple[Edited, ...], explanation: Lines) -> None:
        keys = frozenset(field.draft.key for field in edited)

        def status() -> str:
            others = [revision for key, revision in self._shared.editing(self.ident).items() if key in keys]
            if others:
                newest = max(others, key=lambda revision: revision.at)
                note = others_text(newest, self.cockpit.newest.at, "this too")
                return f"{note}: both texts will be kept"
            return self._shared.saved()

        def left(_: None) -> None:
            self._redraw(follow=True)

        self.cockpit.push_screen(EditorScreen(title, edited, self._append, explanation, status), left)

    def action_remove_action(self) -> None:
        form = self.form
        action = self._action(form) if form is not None else None
        if action is None:
            refuse(self.cockpit, "Only action items can be removed: go to one first.")
            return

        removal = self._writer().revision(action.text, "", action.base)

        def removed() -> None:
            self.move(-1)
            self._append(removal)

        ask_removal(self.cockpit, action, removed)

    def action_draft(self) -> None:
        """Have a model draft the fields that nobody has written, as drafts for a person to accept."""
        from claude_tui.tui.screens.postmortem_draft import ask_for_draft

        form, loaded = self.form, self.loader.loaded
        if form is not None and loaded is not None:

            def take(texts: Mapping[str, str]) -> None:
                # Based on the form as of the request, so that what somebody wrote meanwhile is kept.
                writer = replace(self._writer(), by=DRAFTER)
                for key, text in texts.items():
                    self._append(writer.revision(form.field(key), text))

            ask_for_draft(self.cockpit, self, form, loaded, take)

    def _writer(self) -> Writer:
        return self._shared.writer(self.ident)

    def _append(self, revision: FieldRevision) -> None:
        self._shared.append(revision)
        if self.is_mounted:
            self._redraw()

    # -- reading and exporting -------------------------------------------------------------------

    def action_preview(self) -> None:
        form = self.form
        if form is not None:
            self.cockpit.push_screen(PreviewScreen(f"Postmortem of {form.incident.label}", body(form)))

    def action_lint(self) -> None:
        form, loaded = self.form, self.loader.loaded
        if form is not None and loaded is not None:
            document = read(markdown(form, loaded.figures, self.cockpit.newest.at))
            findings = lint(document)
            title = f"Lint: {len(findings)} to fix" if findings else "Lint"
            self.cockpit.push_screen(FindingsScreen(title, findings, document.lines))

    def action_export(self) -> None:
        form, loaded = self.form, self.loader.loaded
        if form is not None and loaded is not None:
            ask_export(self.cockpit, form, loaded)

    def action_copy(self) -> None:
        if (form := self.form) is not None:
            self.cockpit.copy_to_clipboard(body(form))
            tell(self.cockpit, "Postmortem sent to the terminal's clipboard.")
