"""The dashboard: strip and panels, arranged for the terminal's size."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.geometry import NULL_OFFSET, NULL_SPACING, Region, Size
from textual.layout import DockArrangeResult, Layout, WidgetPlacement
from textual.screen import Screen
from textual.widget import Widget

from claude_tui.model.arrangement import Panel, Preset
from claude_tui.model.format import age
from claude_tui.model.snapshot import Snapshot
from claude_tui.tui.actions import Scope
from claude_tui.tui.cockpit import cockpit_of
from claude_tui.tui.hints import Hint, footer, footer_of_the_past
from claude_tui.tui.keymap import bindings
from claude_tui.tui.keys import KeyMap
from claude_tui.tui.messages import EventChosen, ZoomRequested
from claude_tui.tui.panel_keys import zoom_keys
from claude_tui.tui.panels.errors import ErrorsPanel
from claude_tui.tui.panels.events import EventsPanel
from claude_tui.tui.panels.footer import FooterLine, greeting_line
from claude_tui.tui.panels.header import HeaderLine
from claude_tui.tui.panels.headroom import HeadroomPanel
from claude_tui.tui.panels.incident_line import IncidentLine
from claude_tui.tui.panels.latency import LatencyPanel, is_large
from claude_tui.tui.panels.record import RecordPanel
from claude_tui.tui.panels.status import StatusPanel
from claude_tui.tui.panels.strip import StripPanel, calls_for_attention
from claude_tui.tui.panels.traffic import TrafficPanel
from claude_tui.tui.render.covered_repaint import covered_repaint
from claude_tui.tui.render.direct_output import DirectOutput
from claude_tui.tui.render.line_panel import SnapshotPanel
from claude_tui.tui.screens.closing import ClosesOnce
from claude_tui.tui.screens.layout import Plan, shows
from claude_tui.tui.screens.layout import arrange as arranged
from claude_tui.tui.view import View

if TYPE_CHECKING:
    from textual.layout import ArrangeResult

    from claude_tui.tui.screens.long_span import LongSpan

__all__ = ["DashboardScreen"]


class DashboardScreen(ClosesOnce, Screen[None], inherit_bindings=False):
    """Draws one Snapshot. Fetches nothing, and computes nothing except lines."""

    DEFAULT_CSS = "DashboardScreen { overflow: hidden hidden; }"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Scope.DASHBOARD)]
    AUTO_FOCUS = ""

    def __init__(
        self,
        first: Snapshot,
        chosen_keys: KeyMap | None = None,
        preset: Preset = Preset.TRIAGE,
        hidden: Iterable[str] = (),
        *,
        newcomer: bool = False,
    ) -> None:
        """`newcomer` says whether to greet a first-time user until the first key."""
        super().__init__()
        self.snapshot = first
        self.preset = preset
        self.hidden = frozenset(hidden)
        keys = zoom_keys(chosen_keys)
        self.header = HeaderLine(first)
        self.incident_line = IncidentLine(first)
        self.strip = StripPanel(first)
        self.errors = ErrorsPanel(first, keys[Panel.ERRORS])
        self.events = EventsPanel(first, keys[Panel.EVENTS])
        self.traffic = TrafficPanel(first, keys[Panel.TRAFFIC])
        self.latency = LatencyPanel(first, keys[Panel.LATENCY])
        self._long: LongSpan | None = None
        self.record = RecordPanel(first, keys[Panel.RECORD])
        # In the order on screen, which is also that of the tab key.
        self.panels: tuple[SnapshotPanel, ...] = (
            StatusPanel(first, keys[Panel.STATUS]),
            HeadroomPanel(first, keys[Panel.HEADROOM]),
            self.errors,
            self.latency,
            self.traffic,
            self.record,
            self.events,
        )
        self._show_panels()
        self._chosen_keys = chosen_keys
        self.footer = FooterLine(self._hints())
        if newcomer:
            self.footer.show_greeting(greeting_line(chosen_keys))
        self._arrangement = _Arrangement(self)
        self._output = DirectOutput(self)
        for widget in (self.header, self.incident_line, self.strip, *self.panels):
            widget.output = self._output

    @property
    def layout(self) -> Layout:
        return self._arrangement

    def arrange(self, size: Size, _optimal: bool = False) -> DockArrangeResult:
        # Textual caches arrangements by size, but ours also depends on the strip, and sets panel frames.
        self._clear_arrangement_cache()
        return super().arrange(size, _optimal)

    def compose(self) -> ComposeResult:
        yield self.header
        yield self.incident_line
        yield self.strip
        yield from self.panels
        yield self.footer

    def show(self, snapshot: Snapshot, view: View) -> None:
        """Draw `snapshot`. Panels repaint what differs; the layout changes only with the rows above them."""
        if _is_later(self.snapshot, snapshot):
            self._show_clocks(snapshot, view)
            return
        before, above = self._arranged_for(), self._rows_above()
        self.snapshot = snapshot
        with self._output.collecting():
            self.header.show(snapshot, view)
            self.incident_line.show(snapshot)
            self.strip.show(snapshot)
            self._take_long_chart(snapshot, view)
            for panel in self.panels:
                if panel.counts_down or not _is_drawn(panel, snapshot):
                    panel.try_show(snapshot)
            if self._arranged_for() != before:
                self._show_panels()
                self.footer.set_hints(self._hints())
                self.refresh(layout=True, repaint=False)
            elif self._rows_above() != above:
                self.refresh(layout=True, repaint=False)

    def _show_clocks(self, snapshot: Snapshot, view: View) -> None:
        """Draw what counts the seconds while nothing else is new."""
        self.snapshot = snapshot
        with self._output.collecting():
            self.header.show(snapshot, view)
            self.incident_line.show_later(snapshot)
            if snapshot.verdict.severity.trouble:
                self.strip.show_later(snapshot)
            for panel in self.panels:
                if panel.counts_down or _has_aged(panel, snapshot):
                    panel.try_show(snapshot)

    def _take_long_chart(self, snapshot: Snapshot, view: View) -> None:
        """Only a large panel has room for a long chart; nothing of it is loaded before."""
        wanted = is_large(*self.latency.size)
        if view.paused and snapshot.past is None:
            return
        if self._long is None and wanted:
            from claude_tui.tui.screens.long_span import LongSpan

            self._long = LongSpan()
        if self._long is not None:
            self._long.take(snapshot, cockpit_of(self).backend, wanted=wanted)
            self.latency.long = self._long.held

    def on_screen_resume(self) -> None:
        if self._long is not None:
            self._long.forget()

    def arrange_as(self, preset: Preset, hidden: Iterable[str]) -> None:
        """Arrange the panels again."""
        self.preset, self.hidden = preset, frozenset(hidden)
        self._show_panels()
        self.footer.set_hints(self._hints())
        self.refresh(layout=True, repaint=False)

    def offer(self, chosen_keys: KeyMap) -> None:
        """Offer these keys in the footer from now on."""
        self._chosen_keys = chosen_keys
        self.footer.set_hints(self._hints())

    @property
    def effective_preset(self) -> Preset:
        """The preset being drawn: the quiet one gives way as soon as something needs attention."""
        ends = self.preset is Preset.QUIET and calls_for_attention(self.snapshot)
        return Preset.TRIAGE if ends else self.preset

    def _arranged_for(self) -> tuple[int, bool, Preset]:
        return self.header.rows, self.snapshot.traffic is not None, self.effective_preset

    def _show_panels(self) -> None:
        """The tab key does not reach panels that are hidden, or have no place in the preset."""
        traffic = self.snapshot.traffic is not None
        for panel in self.panels:
            panel.display = shows(
                panel.PANEL.value, self.effective_preset, traffic=traffic, hidden=self.hidden
            )

    def _hints(self) -> tuple[Hint, ...]:
        past, keys = self.snapshot.past, self._chosen_keys
        without = () if self.snapshot.traffic is not None else ("zoom_traffic",)
        if past is None:
            return footer(Scope.DASHBOARD, keys, without=without)
        return footer_of_the_past(Scope.DASHBOARD, keys, replayed=past.playback is not None, without=without)

    def _compositor_refresh(self) -> None:
        super()._compositor_refresh()
        covered_repaint(self)

    def plan(self, size: Size) -> Plan:
        """The layout at `size`. Also gives each panel the frame for its slot."""
        plan = arranged(
            size.width,
            size.height,
            self.strip.rows_in,
            self.incident_line.rows,
            self.header.rows,
            traffic=self.snapshot.traffic is not None,
            preset=self.effective_preset,
            hidden=self.hidden,
        )
        self.strip.shows_outlook = Panel.RECORD.value not in plan.slots
        self.record.shows_events = Panel.EVENTS.value not in plan.slots
        for panel in self.panels:
            if (slot := plan.slots.get(panel.PANEL.value)) and slot.frame is not panel.frame:
                panel.reframe(slot.frame)
        return plan

    def _rows_above(self) -> tuple[int, int]:
        return self.incident_line.rows, self.strip.rows_in(*self.size)

    @property
    def focused_panel(self) -> SnapshotPanel | None:
        return self.focused if isinstance(self.focused, SnapshotPanel) else None

    def on_key(self) -> None:
        self.footer.show_greeting(())

    # -- actions ----------------------------------------------------------------

    def action_zoom(self) -> None:
        """Open the selected event, or zoom the focused panel."""
        panel = self.focused_panel
        if panel is self.events and (chosen := self.events.selected):
            self.post_message(EventChosen(chosen))
        elif panel is not None:
            self.post_message(ZoomRequested(panel.PANEL))

    def action_zoom_verdict(self) -> None:
        self.post_message(ZoomRequested(Panel.VERDICT))

    def action_zoom_status(self) -> None:
        self.post_message(ZoomRequested(Panel.STATUS))

    def action_zoom_headroom(self) -> None:
        self.post_message(ZoomRequested(Panel.HEADROOM))

    def action_zoom_latency(self) -> None:
        self.post_message(ZoomRequested(Panel.LATENCY))

    def action_zoom_errors(self) -> None:
        self.post_message(ZoomRequested(Panel.ERRORS))

    def action_zoom_events(self) -> None:
        self.post_message(ZoomRequested(Panel.EVENTS))

    def action_zoom_traffic(self) -> None:
        self.post_message(ZoomRequested(Panel.TRAFFIC))

    def action_layout(self) -> None:
        from claude_tui.tui.screens.arranging import next_layout

        next_layout(cockpit_of(self), self)

    def action_panels(self) -> None:
        from claude_tui.tui.screens.arranging import choose_panels

        choose_panels(cockpit_of(self), self)

    def action_errors_window(self) -> None:
        self.errors.cycle()

    def action_filter_events(self) -> None:
        from claude_tui.tui.screens.filtering import ask_filter

        ask_filter(cockpit_of(self), "events", self.events.filter_text, self.events.apply_filter)

    def action_cursor_up(self) -> None:
        self._move(-1)

    def action_cursor_down(self) -> None:
        self._move(1)

    def action_page_up(self) -> None:
        self._move(-self.events.page)

    def action_page_down(self) -> None:
        self._move(self.events.page)

    def action_top(self) -> None:
        self._focus_events()
        self.events.move_to_end(newest=True)

    def action_bottom(self) -> None:
        self._focus_events()
        self.events.move_to_end(newest=False)

    def _move(self, step: int) -> None:
        self._focus_events()
        self.events.move(step)

    def _focus_events(self) -> None:
        """Only the events have rows to move through, so the arrow keys always go there."""
        if not self.events.has_focus:
            self.events.focus(scroll_visible=False)

    def key_escape(self) -> None:
        if cockpit_of(self).travelling:
            cockpit_of(self).return_to_live()
        elif not self.events.unselect():
            self.set_focus(None)


def _is_drawn(panel: SnapshotPanel, snapshot: Snapshot) -> bool:
    """Whether the panel shows the views of that Snapshot, which are those of an earlier second."""
    drawn = panel.snapshot
    return (
        drawn.past is None
        and (drawn.panels_at or drawn.at) == snapshot.panels_at
        and not _has_aged(panel, snapshot)
    )


def _has_aged(panel: SnapshotPanel, snapshot: Snapshot) -> bool:
    """Whether the trouble's age in the panel is no longer the one beside the verdict."""
    since = snapshot.verdict.since
    if not panel.SHOWS_AGE or since is None or not snapshot.verdict.severity.trouble:
        return False
    return age(panel.snapshot.at - since) != age(snapshot.at - since)


def _is_later(shown: Snapshot, snapshot: Snapshot) -> bool:
    """Whether nothing differs from what is shown but the time, and the times of the probes in the header."""
    if snapshot.panels_at != (shown.panels_at or shown.at):
        return False
    engine = replace(snapshot.engine, probes=shown.engine.probes)
    return replace(snapshot, at=shown.at, panels_at=shown.panels_at, engine=engine) == shown


class _Arrangement(Layout):
    """Puts the dashboard's widgets where `layout.arrange` says."""

    name = "dashboard"

    def __init__(self, screen: DashboardScreen) -> None:
        self._screen = screen

    def arrange(
        self,
        parent: Widget,  # noqa: ARG002 (Textual's signature)
        children: list[Widget],
        size: Size,
        greedy: bool = True,  # noqa: ARG002
    ) -> ArrangeResult:
        slots = self._screen.plan(size).slots
        return [
            WidgetPlacement(
                Region(slot.x, slot.y, slot.cells, slot.rows), NULL_OFFSET, NULL_SPACING, child, fixed=True
            )
            for child in children
            if (slot := slots.get(child.id or ""))
        ]
