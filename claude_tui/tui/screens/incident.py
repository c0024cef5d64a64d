"""The incident: its timeline beside its figures, and whatever responders do to it; or the list of all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Container
from textual.widget import Widget

from claude_tui.incident import Incident, TimelineEntry, incidents
from claude_tui.model.filtering import parse_filter
from claude_tui.model.incident import IncidentEntry
from claude_tui.model.snapshot import Snapshot
from claude_tui.tui.actions import Scope
from claude_tui.tui.hints import Hint
from claude_tui.tui.keymap import bindings
from claude_tui.tui.render.line_bar import LineBar
from claude_tui.tui.render.lines import Lines, Span, line
from claude_tui.tui.screens.cursor_pager import CursorPager
from claude_tui.tui.screens.dialog_fields import refuse
from claude_tui.tui.screens.filtering import ask_filter
from claude_tui.tui.screens.incident_acts import (
    ask_merge,
    ask_mitigated,
    ask_note,
    ask_reopen,
    ask_resolve,
    ask_roles,
    ask_severity,
    toggle_pin,
)
from claude_tui.tui.screens.incident_corrections import ask_correction
from claude_tui.tui.screens.incident_declaration import ask_declaration
from claude_tui.tui.screens.incident_export import ask_export
from claude_tui.tui.screens.incident_hints import incident_hints, is_offered
from claude_tui.tui.screens.incident_lines import (
    TimelineLook,
    figure_lines,
    headline,
    matching,
    short_figures,
    timeline_page,
)
from claude_tui.tui.screens.incident_list import ORDERS, list_page, ordered
from claude_tui.tui.screens.incident_loading import IncidentLoader
from claude_tui.tui.screens.reader import ReaderScreen
from claude_tui.tui.screens.runbook_parts import Page, key_of
from claude_tui.tui.screens.runbook_screen import bring_to_front
from claude_tui.tui.view import View

if TYPE_CHECKING:
    from textual import events

    from claude_tui.tui.cockpit import Cockpit

__all__ = ["IncidentScreen", "open_incident"]


# From this many cells on, the figures are beside the timeline.
_WIDE = 110
_FIGURE_CELLS = 34
# The corners and blanks of the frame beside its title.
_BESIDE_TITLE = 8


def open_incident(app: Cockpit) -> None:
    """Show the open incident; without one, show the list of all and ask whether to declare one."""
    screen = bring_to_front(app, IncidentScreen)
    summary = app.newest.incident
    known = summary.id if summary is not None and not summary.proposed else ""
    if screen is None:
        app.push_screen(screen := IncidentScreen(known))
    elif known:
        screen.turn_to(known)
    if not known and is_offered("declare", app.chosen_keys):
        ask_declaration(app, screen.turn_to)


class IncidentScreen(ReaderScreen):
    """One incident, or with no id the list of all."""

    DEFAULT_CSS = """
    IncidentScreen > #body { height: 1fr; layout: horizontal; }
    IncidentScreen > #body > Container { height: 1fr; width: 1fr; }
    """
    SCREEN_NAME = "incident"
    BINDINGS = bindings(Scope.INCIDENT)
    ENTER = "open_entry"

    def __init__(self, ident: str) -> None:
        super().__init__()
        self.ident = ident
        """The id of the incident that is shown; empty for the list."""
        self.filter_text = ""
        """The filter as typed."""
        self._order = ORDERS[0]
        self._cursor = ""
        self._opened: frozenset[str] = frozenset()
        self._came_from_list = False
        self._known: tuple[Incident, ...] = ()
        self._known_as_of: tuple[IncidentEntry, ...] | None = None

    # -- layout --------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        self.key = key_of(self.cockpit.chosen_keys)
        self.loader = IncidentLoader(self, self.cockpit.backend, self._loaded)
        self._take_in(self.cockpit.shown)
        yield from super().compose()

    def bodies(self) -> tuple[Widget, ...]:
        self.main = CursorPager(self.title_and_key()[0], self._page)
        self.side = CursorPager("Figures", self._figures)
        self.pager = self.main
        self.side_box = Container(self.side, id="side")
        self.short = LineBar(self._short_figures, id="short-figures")
        self._lay_out()
        return (self.short, Container(Container(self.main, id="main"), self.side_box, id="body"))

    def on_mount(self) -> None:
        self._ask()

    def on_resize(self, _: events.Resize) -> None:
        self._lay_out()

    def _lay_out(self) -> None:
        cells = self.app.size.width
        self.incident_line.leads_to = "postmortem" if self.ident else "incident"
        has_side = bool(self.ident) and cells >= _WIDE
        self.side_box.display = has_side
        self.side_box.styles.width = _FIGURE_CELLS + 4
        rows = 0 if has_side else len(self._short_figures(cells))
        self.short.display = rows > 0
        self.short.styles.height = rows
        self.main.set_title(self.title_and_key()[0])

    def title_and_key(self) -> tuple[str, str]:
        loaded, incident = self.loader.loaded, self.incident
        if not self.ident:
            return "Incidents", ""
        if loaded is None:
            return (f"{incident.label} {incident.title}" if incident is not None else "Incident"), ""
        filtered = f" · only “{self.filter_text}”" if self.filter_text else ""
        cells = self.app.size.width - _BESIDE_TITLE - len(filtered)
        if self.side_box.display:
            cells -= _FIGURE_CELLS + 4
        return f"{headline(loaded.incident, loaded.figures, cells)}{filtered}", ""

    def hints(self) -> tuple[Hint, ...]:
        return incident_hints(self.incident, self.cockpit.chosen_keys, len(self._known))

    # -- content -------------------------------------------------------------------------

    @property
    def incident(self) -> Incident | None:
        """The incident on screen, as of the Snapshot; None for the list."""
        return next((known for known in self._known if known.id == self.ident), None)

    @property
    def entries(self) -> tuple[TimelineEntry, ...]:
        """The incidents that match the filter."""
        loaded = self.loader.loaded
        return (
            matching(loaded.timeline, parse_filter(self.filter_text), self._at) if loaded is not None else ()
        )

    @property
    def entry(self) -> TimelineEntry | None:
        """The incident under the cursor."""
        return next((shown_entry for shown_entry in self.entries if shown_entry.key == self._cursor), None)

    @property
    def _listed(self) -> tuple[Incident, ...]:
        """All incidents in the order of the list."""
        return ordered(self._known, self._order, self._at)

    def turn_to(self, ident: str) -> None:
        """Show another incident, from its newest entry; without an id, the list."""
        self.ident, self._cursor, self._opened, self.filter_text = ident, "", frozenset(), ""
        self._take_in(self.cockpit.shown)
        self._ask()
        self._redraw()

    def show(self, snapshot: Snapshot, view: View) -> None:
        if not self.is_mounted:
            return
        super().show(snapshot, view)
        self._take_in(snapshot)
        self._ask()
        self._redraw()

    def _take_in(self, snapshot: Snapshot) -> None:
        self._at = snapshot.at
        entries = snapshot.engine.incident_entries
        if entries is not self._known_as_of:
            self._known_as_of = entries
            self._known = incidents(entries)
        if not self.ident and not self._cursor and self._known:
            self._cursor = self._listed[0].id

    def _ask(self) -> None:
        if self.ident and self._known_as_of is not None:
            self.loader.ask(self.ident, self._at, self._known_as_of)

    def _loaded(self) -> None:
        """Something was loaded: a cursor at the end of the timeline follows new entries."""
        if self.is_mounted:
            self._redraw()

    def _redraw(self, *, follow: bool = False) -> None:
        self._lay_out()
        self.footer.set_hints(self.hints())
        self.short.redraw()
        self.side.redraw()
        if follow or not self._cursor:
            self.main.follow()
        else:
            self.main.redraw()

    def _page(self, cells: int, rows: int) -> Page:  # noqa: ARG002 (it scrolls)
        if not self.ident:
            return list_page(self._listed, self._at, self._cursor, cells, self.key("declare"), self._order)
        loaded = self.loader.loaded
        if loaded is None:
            return Page((line(Span("reading the record…", "faint")),))
        entries = self.entries
        cursor = self._cursor or (entries[-1].key if entries else "")
        look = TimelineLook(self._at, cursor, self._opened, self.filter_text, self.cockpit.paint.local)
        return timeline_page(entries, loaded.figures, look, cells)

    def _figures(self, cells: int, rows: int) -> Page:  # noqa: ARG002 (it scrolls)
        loaded = self.loader.loaded
        if loaded is None:
            return Page(())
        return Page(figure_lines(loaded.incident, loaded.figures, self._at, cells))

    def _short_figures(self, cells: int) -> Lines:
        loaded = self.loader.loaded
        if not self.ident or loaded is None:
            return ()
        return short_figures(loaded.incident, loaded.figures, cells)

    # -- moving ------------------------------------------------------------------------------

    def move(self, rows: int) -> None:
        """Move the cursor to another row; a whole page scrolls instead."""
        if abs(rows) > 1:
            super().move(rows)
            return
        keys = self._keys()
        if keys:
            here = keys.index(self._cursor) if self._cursor in keys else len(keys) - 1
            self._move_to(keys, here + rows)

    def move_to_end(self, *, start: bool) -> None:
        keys = self._keys()
        if keys:
            self._move_to(keys, 0 if start else len(keys) - 1)

    def choose(self, index: int) -> bool:
        keys = self._keys()
        was = keys.index(self._cursor) if self._cursor in keys else len(keys) - 1
        self._move_to(keys, index)
        return was == index

    def _keys(self) -> list[str]:
        if not self.ident:
            return [incident.id for incident in self._listed]
        return [entry.key for entry in self.entries]

    def _move_to(self, keys: list[str], number: int) -> None:
        number = min(max(number, 0), len(keys) - 1)
        # On the newest entry, the cursor stays with the newest one, whichever that will be.
        is_newest = bool(self.ident) and number == len(keys) - 1
        self._cursor = "" if is_newest else keys[number]
        self._redraw(follow=True)

    def action_back(self) -> None:
        """Back to all entries, to the list it was chosen from, or to the previous screen."""
        if self.filter_text:
            self.filter_text = ""
            self._redraw(follow=True)
        elif self.ident and self._came_from_list:
            self.turn_to("")
        else:
            super().action_back()

    def action_open_entry(self) -> None:
        """Open the incident under the cursor, or open or close the entry."""
        if not self.ident:
            if self._cursor:
                self._came_from_list = True
                self.turn_to(self._cursor)
            return
        keys = self._keys()
        if keys:
            key = self._cursor or keys[-1]
            self._cursor = key
            self._opened ^= {key}
            self._redraw(follow=True)

    def action_incidents(self) -> None:
        self._came_from_list = True
        self.turn_to("")

    def action_sort_incidents(self) -> None:
        if self.ident:
            self.action_incidents()
            return
        self._order = ORDERS[(ORDERS.index(self._order) + 1) % len(ORDERS)]
        self._cursor = ""
        self._take_in(self.cockpit.shown)
        self._redraw(follow=True)

    def action_filter(self) -> None:
        def answered(filter_text: str) -> None:
            self.filter_text, self._cursor = filter_text, ""
            self._redraw(follow=True)

        if self.incident is not None:
            ask_filter(self.cockpit, "timeline", self.filter_text, answered)

    # -- actions -------------------------------------------------------------------------

    def action_declare(self) -> None:
        self._came_from_list |= not self.ident
        ask_declaration(self.cockpit, self.turn_to)

    def action_note(self) -> None:
        if (incident := self.incident) is not None:
            ask_note(self.cockpit, incident)

    def action_set_severity(self) -> None:
        if (incident := self._open_one("set its severity")) is not None:
            ask_severity(self.cockpit, incident)

    def action_roles(self) -> None:
        if (incident := self._open_one("assign roles")) is not None:
            ask_roles(self.cockpit, incident)

    def action_mitigated(self) -> None:
        if (incident := self._open_one("mark it mitigated")) is not None:
            ask_mitigated(self.cockpit, incident)

    def action_resolve(self) -> None:
        incident, loaded = self._open_one("resolve it"), self.loader.loaded
        if incident is not None:
            ask_resolve(self.cockpit, incident, loaded.figures.recovered if loaded is not None else None)

    def action_reopen(self) -> None:
        incident = self.incident
        if incident is None:
            return
        if incident.is_open:
            refuse(self.cockpit, f"{incident.label} is open.")
        elif incident.merged_into:
            refuse(self.cockpit, f"{incident.label} is merged into another one: reopen that.")
        else:
            ask_reopen(self.cockpit, incident)

    def action_merge(self) -> None:
        if (incident := self._open_one("merge it")) is not None:
            others = [
                other for other in reversed(self._known) if other is not incident and not other.merged_into
            ]
            ask_merge(self.cockpit, incident, others)

    def action_pin(self) -> None:
        incident, entry = self.incident, self._entry_or_newest()
        if incident is not None and entry is not None:
            toggle_pin(self.cockpit, incident, entry)

    def action_correct(self) -> None:
        if (incident := self.incident) is not None:
            ask_correction(self.cockpit, incident, self._entry_or_newest())

    def action_export(self) -> None:
        if (loaded := self.loader.loaded) is not None:
            ask_export(self.cockpit, loaded)

    def _entry_or_newest(self) -> TimelineEntry | None:
        return self.entry or (self.entries[-1] if self.entries else None)

    def _open_one(self, to_do: str) -> Incident | None:
        """The incident that is shown, if it is open; otherwise says why nothing was done."""
        incident = self.incident
        if incident is None:
            refuse(self.cockpit, f"Choose an incident first to {to_do}.")
        elif not incident.is_open:
            over = "merged" if incident.merged_into else "resolved"
            refuse(self.cockpit, f"{incident.label} is {over}: open it again first to {to_do}.")
        else:
            return incident
        return None
