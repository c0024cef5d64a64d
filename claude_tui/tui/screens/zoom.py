"""One panel in full screen, with its history."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from textual.containers import Container
from textual.widget import Widget

from claude_tui.analysis.traffic.listing import ORDERS
from claude_tui.analysis.uptime.record import LONGEST
from claude_tui.model.arrangement import Panel
from claude_tui.model.filtering import CALLS_HINT
from claude_tui.model.format import clock_minute, span_text
from claude_tui.model.snapshot import Chart, Focus, Snapshot
from claude_tui.tui.actions import ACTIONS, Scope
from claude_tui.tui.hints import Hint, footer, footer_of_the_past
from claude_tui.tui.keymap import bindings
from claude_tui.tui.keys import KeyMap, display, first_key
from claude_tui.tui.messages import EventChosen, SelectionMoved, ZoomRequested
from claude_tui.tui.panel_keys import zoom_keys
from claude_tui.tui.panels.errors_zoom import errors_zoom
from claude_tui.tui.panels.event_text import event_lines
from claude_tui.tui.panels.events import EventsPanel
from claude_tui.tui.panels.headroom_zoom import Thresholds, headroom_zoom
from claude_tui.tui.panels.latency_zoom import figures_zoom, legend, usual_of
from claude_tui.tui.panels.status_zoom import STATUS_BESIDE_FROM, status_zoom
from claude_tui.tui.panels.strip_zoom import strip_zoom
from claude_tui.tui.panels.traffic_zoom import Listing, traffic_zoom
from claude_tui.tui.panels.zoom_parts import SPANS, next_span
from claude_tui.tui.render.lines import BLANK, Line, Lines, Span, join, line, spread
from claude_tui.tui.render.pager import Pager
from claude_tui.tui.render.plotter import Plotter
from claude_tui.tui.render.time_grid import chart_until
from claude_tui.tui.screens.filtering import ask_filter
from claude_tui.tui.screens.page_days import page_days
from claude_tui.tui.screens.reader import ReaderScreen
from claude_tui.tui.screens.report_loading import ReportLoader

if TYPE_CHECKING:
    from textual import events as textual_events

    from claude_tui.model.when import Local
    from claude_tui.tui.view import View

__all__ = ["ZoomScreen"]

_CHARTED = frozenset({Panel.HEADROOM, Panel.LATENCY, Panel.ERRORS, Panel.TRAFFIC})
# Hints that make sense only on some panels.
_ONLY_ON = {
    "errors window": {Panel.ERRORS},
    "open": {Panel.EVENTS},
    "filter": {Panel.EVENTS, Panel.TRAFFIC},
    "sort": {Panel.TRAFFIC},
    "span": _CHARTED,
}
# Actions that do not fit into other footers.
_RESPONSES = {"acknowledge": "ack", "snooze": "snooze", "set_severity": "severity"}
_RANK_OF_OWN = 1
_LOWEST_CHART = 6
# From here on, the event under the cursor is beside the list.
_EVENT_BESIDE_FROM = 150
_NEARLY_WHOLE = 0.05


class ZoomScreen(ReaderScreen):
    """The number keys switch to another panel, the arrow keys to another span of time."""

    DEFAULT_CSS = """
    ZoomScreen > #events-body { height: 1fr; layout: horizontal; }
    ZoomScreen > #events-body > Container { height: 1fr; width: 3fr; }
    ZoomScreen > #events-body > #event { width: 2fr; }
    """
    SCREEN_NAME = "zoom"
    BINDINGS = bindings(Scope.ZOOM)

    def __init__(self, panel: Panel, span: timedelta = SPANS[0]) -> None:
        super().__init__()
        self.panel = panel
        self.span = span
        self.window = 1
        self.listing = Listing()
        self.chart: Chart | None = None
        self._plotter = Plotter(self, ready=lambda: self.pager.redraw())

    def bodies(self) -> tuple[Widget, ...]:
        self.snapshot = self.cockpit.shown
        self.loader = ReportLoader(self, self.cockpit, lambda: self.pager.redraw())
        self.events = EventsPanel(
            self.snapshot, zoom_keys(self.cockpit.chosen_keys)[Panel.EVENTS], unfolds=True
        )
        self.event = Pager("Event", self._event)
        self.event_box = Container(self.event, id="event")
        self.events_body = Container(Container(self.events), self.event_box, id="events-body")
        self._arrange()
        return (self.pager, self.events_body)

    def on_resize(self, _: textual_events.Resize) -> None:
        self._arrange()

    def on_mount(self) -> None:
        self._request_chart()

    def on_unmount(self) -> None:
        self.cockpit.backend.set_focus(None)

    def title_and_key(self) -> tuple[str, str]:
        title = "Verdict and alerts" if self.panel is Panel.VERDICT else self.panel.value.capitalize()
        return title, zoom_keys(self.cockpit.chosen_keys)[self.panel]

    def hints(self) -> tuple[Hint, ...]:
        keys, past = self.cockpit.chosen_keys, self.cockpit.shown.past
        without = () if self.cockpit.shown.traffic is not None else ("zoom_traffic",)
        offered = footer(Scope.ZOOM, keys, without=without)
        if past is not None:
            offered = footer_of_the_past(
                Scope.ZOOM, keys, replayed=past.playback is not None, without=without
            )
        elif self.panel is Panel.VERDICT:
            own = _responses(keys)
            back, *others = (hint for hint in offered if hint.label not in _RESPONSES.values())
            offered = (back, *own, *others)
        return tuple(
            replace(hint, rank=_RANK_OF_OWN) if hint.label in _ONLY_ON else hint
            for hint in offered
            if self.panel in _ONLY_ON.get(hint.label, set(Panel))
        )

    # -- content -------------------------------------------------------------------------

    def show(self, snapshot: Snapshot, view: View) -> None:
        if not self.is_mounted:
            return
        super().show(snapshot, view)
        was_past, self.snapshot = self.snapshot.past is not None, snapshot
        if was_past != (snapshot.past is not None):
            self.footer.set_hints(self.hints())
        self._take_chart(paused=view.paused)
        self._request_days()
        self.events.show(snapshot)
        self.event.redraw()
        self.pager.redraw()

    def _take_chart(self, *, paused: bool) -> None:
        """Take the chart that belongs to the displayed Snapshot.

        The backend never pauses: while the display does, a later chart is cut at the displayed instant, and
        kept.
        """
        wanted = self._focus()
        if self.chart is not None and self.chart.focus != wanted:
            self.chart = None
        if paused and self.chart is not None:
            return
        if self.snapshot.past is not None and self.chart is not None and self.chart.end != self.snapshot.at:
            self.chart = None
        # The newest chart includes what came after a past Snapshot.
        sources = (self.snapshot,) if self.snapshot.past else (self.snapshot, self.cockpit.newest)
        for source in sources:
            if source.chart is not None and source.chart.focus == wanted:
                self.chart = chart_until(source.chart, self.snapshot.at)
                return

    def content(self, cells: int, rows: int) -> Lines:
        if self.panel is Panel.VERDICT:
            return strip_zoom(
                self.snapshot, cells, str(self.cockpit.settings.file or "the settings file"), self._local
            )
        if self.panel is Panel.STATUS:
            return self._status(cells)
        return (self._spans(cells), *self._charted(cells, rows - 1))

    def _status(self, cells: int) -> Lines:
        """The page now; below it on a large screen its days beside ours."""
        now, report = status_zoom(self.snapshot, cells, self._local), self.loader.report
        has_days = cells >= STATUS_BESIDE_FROM and report is not None and report.first_at is not None
        return (*now, BLANK, *page_days(report, cells)) if has_days and report is not None else now

    @property
    def _local(self) -> Local | None:
        return self.cockpit.paint.local

    def _charted(self, cells: int, rows: int) -> Lines:
        if self.panel is Panel.LATENCY:
            return self._latency(cells, rows)
        if self.panel is Panel.ERRORS:
            return errors_zoom(self.snapshot, self.chart, self.window, cells, rows, self._local)
        if self.panel is Panel.TRAFFIC:
            return traffic_zoom(self.snapshot, cells, self.chart, self.listing, self._local)
        settings = self.cockpit.settings
        thresholds = Thresholds(settings.headroom_low, settings.headroom_critical)
        return headroom_zoom(self.snapshot, self.chart, cells, rows, thresholds, self._local)

    def _latency(self, cells: int, rows: int) -> Lines:
        figures = figures_zoom(self.snapshot, cells, rows)
        if self.chart is None:
            return figures
        usual = usual_of(self.snapshot.latency)
        plain = self.cockpit.paint.letters
        height = max(rows - len(figures) - 1, _LOWEST_CHART)
        level = usual.baseline if usual else None
        plotted = self._plotter.lines(self.chart, cells, height, usual=level, plain=plain, local=self._local)
        return (legend(self.chart, usual, cells, plain=plain), *plotted, *figures)

    def _spans(self, cells: int) -> Line:
        """`15m  1h  6h  24h` with the current span marked, and the beginning of its history."""
        pieces = (
            line(Span(f"[{span_text(span)}]", "accent", bold=True))
            if span == self.span
            else line(Span(f" {span_text(span)} ", "dim"))
            for span in SPANS
        )
        note = "reading history…" if self.chart is None else _beginning(self.chart)
        return spread(line(Span("chart ", "faint"), *join(pieces, " ")), line(Span(note, "dim")), cells)

    def on_zoom_requested(self, message: ZoomRequested) -> None:
        """A click on the strip turns this screen to the verdict, instead of opening another one above it."""
        message.stop()
        self._turn_to(message.panel)

    # -- actions ----------------------------------------------------------------------

    def _focus(self) -> Focus | None:
        return Focus(self.panel, self.span) if self.panel in _CHARTED else None

    def _request_days(self) -> None:
        if self.panel is Panel.STATUS and self.app.size.width >= STATUS_BESIDE_FROM:
            self.loader.follow(self.snapshot.at, LONGEST)

    def _request_chart(self) -> None:
        """Ask the backend for the history of the current panel."""
        self._request_days()
        self.cockpit.backend.set_focus(self._focus())
        self._take_chart(paused=self.cockpit.paused)
        self.pager.redraw()

    def _arrange(self) -> None:
        # The full verdict needs no strip above it.
        self.strip.display = self.panel is not Panel.VERDICT
        self.events_body.display = self.panel is Panel.EVENTS
        self.event_box.display = self.app.size.width >= _EVENT_BESIDE_FROM
        self.pager.display = not self.events_body.display

    def _turn_to(self, panel: Panel) -> None:
        if panel is self.panel:
            return
        self.panel = panel
        self._request_chart()
        self.pager.turn_to(*self.title_and_key())
        self._arrange()
        self.footer.set_hints(self.hints())

    def _turn_span(self, step: int) -> None:
        if self.panel in _CHARTED:
            self.span = next_span(self.span, step)
            self._request_chart()

    def action_zoom_verdict(self) -> None:
        self._turn_to(Panel.VERDICT)

    def action_zoom_status(self) -> None:
        self._turn_to(Panel.STATUS)

    def action_zoom_headroom(self) -> None:
        self._turn_to(Panel.HEADROOM)

    def action_zoom_latency(self) -> None:
        self._turn_to(Panel.LATENCY)

    def action_zoom_errors(self) -> None:
        self._turn_to(Panel.ERRORS)

    def action_zoom_events(self) -> None:
        self._turn_to(Panel.EVENTS)

    def action_zoom_traffic(self) -> None:
        self._turn_to(Panel.TRAFFIC)

    def action_span_shorter(self) -> None:
        self._turn_span(-1)

    def action_span_longer(self) -> None:
        self._turn_span(1)

    def action_errors_window(self) -> None:
        if self.panel is Panel.ERRORS:
            self.window = (self.window + 1) % max(len(self.snapshot.errors), 1)
            self.pager.redraw()

    def action_zoom(self) -> None:
        """Open the selected event; a folded one in place."""
        if self.panel is not Panel.EVENTS:
            return
        if self.events.selected is None:
            self.events.move(0)
        if not self.events.open_or_close() and (chosen := self.events.selected) is not None:
            self.post_message(EventChosen(chosen))

    def action_filter(self) -> None:
        if self.panel is Panel.EVENTS:
            ask_filter(self.cockpit, "events", self.events.filter_text, self.events.apply_filter)
        elif self.panel is Panel.TRAFFIC:
            ask_filter(self.cockpit, "own traffic", self.listing.filter_text, self._only_calls, CALLS_HINT)

    def _only_calls(self, filter_text: str) -> None:
        self.listing = replace(self.listing, filter_text=filter_text)
        self.pager.redraw()

    def action_sort(self) -> None:
        if self.panel is Panel.TRAFFIC:
            following = (ORDERS.index(self.listing.order) + 1) % len(ORDERS)
            self.listing = replace(self.listing, order=ORDERS[following])
            self.pager.redraw()

    def action_back(self) -> None:
        """Back to all events or calls, or to the previous screen."""
        if self.panel is Panel.EVENTS and self.events.filter_text:
            self.events.apply_filter("")
        elif self.panel is Panel.TRAFFIC and self.listing.filter_text:
            self._only_calls("")
        else:
            super().action_back()

    def on_selection_moved(self, message: SelectionMoved) -> None:
        message.stop()
        self.event.turn_to("Event")

    def _event(self, cells: int, rows: int) -> Lines:  # noqa: ARG002 (it scrolls)
        """The event under the cursor in full, or the newest one."""
        event = self.events.selected or self.events.newest
        return event_lines(event, cells, self._local) if event is not None else ()

    def move(self, rows: int) -> None:
        (self.events if self.panel is Panel.EVENTS else self.pager).move(rows)

    def move_to_end(self, *, start: bool) -> None:
        if self.panel is Panel.EVENTS:
            self.events.move_to_end(newest=start)
        else:
            super().move_to_end(start=start)

    def page(self) -> int:
        return self.events.page if self.panel is Panel.EVENTS else super().page()


def _responses(keymap: KeyMap) -> tuple[Hint, ...]:
    keys = {action.id: first_key(action.id, action.keys, keymap) for action in ACTIONS}
    return tuple(
        Hint(display(keys[action]), label, _RANK_OF_OWN, (keys[action],))
        for action, label in _RESPONSES.items()
        if keys[action]
    )


def _beginning(chart: Chart) -> str:
    """The beginning of the data; empty if it covers nearly the whole chart."""
    firsts = [series.points[0][0] for series in chart.series if series.points]
    if not firsts:
        return "nothing recorded in this span"
    first = min(firsts)
    return (
        f"recorded since {clock_minute(first)}"
        if first - chart.start > chart.focus.span * _NEARLY_WHOLE
        else ""
    )
