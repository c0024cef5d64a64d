"""The last 90 days: uptime, latency, failures and incidents. Read and computed in a thread."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from textual.app import ComposeResult

from claude_tui.analysis.uptime.listing import KNOWN_FIELDS, ORDERS
from claude_tui.analysis.uptime.report import SPANS, Report
from claude_tui.model.format import span_text
from claude_tui.tui.actions import Scope
from claude_tui.tui.hints import Hint
from claude_tui.tui.keymap import bindings
from claude_tui.tui.render.lines import BLANK, Lines, Span, line, wrap
from claude_tui.tui.screens.filtering import ask_filter
from claude_tui.tui.screens.history_days import HistoryListing
from claude_tui.tui.screens.history_lines import history_lines, next_span
from claude_tui.tui.screens.reader import ReaderScreen
from claude_tui.tui.screens.report_loading import ReportLoader
from claude_tui.tui.screens.runbook_screen import bring_to_front, offered

if TYPE_CHECKING:
    from claude_tui.model.snapshot import Snapshot
    from claude_tui.tui.cockpit import Cockpit
    from claude_tui.tui.view import View

__all__ = ["HistoryScreen", "open_history"]

_FIRST_SPAN = SPANS[2]
_PROBLEM_ROWS = 6


def open_history(app: Cockpit) -> None:
    """Shows the history, in the existing screen if it is open underneath."""
    if bring_to_front(app, HistoryScreen) is None:
        app.push_screen(HistoryScreen())


class HistoryScreen(ReaderScreen):
    """The report as of the instant on screen, read again once a minute. The arrow keys choose the span."""

    SCREEN_NAME = "history"
    BINDINGS = bindings(Scope.HISTORY)

    def __init__(self, span: timedelta = _FIRST_SPAN) -> None:
        super().__init__()
        self.span = span
        self.listing = HistoryListing()

    def compose(self) -> ComposeResult:
        self.loader = ReportLoader(self, self.cockpit, self._loaded)
        yield from super().compose()

    def on_mount(self) -> None:
        self._work()

    @property
    def report(self) -> Report | None:
        return self.loader.report

    @property
    def problem(self) -> str:
        return self.loader.problem

    def title_and_key(self) -> tuple[str, str]:
        only = f" · only “{self.listing.filter_text}”" if self.listing.filter_text else ""
        return f"History · {span_text(self.span)}{only}", ""

    def hints(self) -> tuple[Hint, ...]:
        without = {"history"} if self._has_content() else {"history", "filter", "span", "sort"}
        return offered(Scope.HISTORY, self.cockpit.chosen_keys, without)

    # -- content -------------------------------------------------------------------------

    def _has_content(self) -> bool:
        return not self.problem and self.report is not None and self.report.first_at is not None

    def content(self, cells: int, rows: int) -> Lines:  # noqa: ARG002 (it scrolls)
        if self.problem:
            rows_of_problem = wrap(self.problem, cells - 2, _PROBLEM_ROWS)
            return tuple(
                line(Span("  " if number else "▲ ", "warn", bold=True), Span(row, "text"))
                for number, row in enumerate(rows_of_problem)
            )
        if self.report is None:
            return (line(Span("Reading the record …", "dim")), BLANK)
        return history_lines(
            self.report, cells, zone="local time" if self.cockpit.paint.local else "UTC", listing=self.listing
        )

    def show(self, snapshot: Snapshot, view: View) -> None:
        if not self.is_mounted:
            return
        super().show(snapshot, view)
        self.loader.follow(snapshot.at, self.span)

    def _work(self) -> None:
        self.loader.work(self.cockpit.shown.at, self.span)

    def _loaded(self) -> None:
        self.footer.set_hints(self.hints())
        self.pager.set_title(self.title_and_key()[0])
        self.pager.redraw()

    # -- actions -------------------------------------------------------------------------

    def action_span_shorter(self) -> None:
        self._choose(next_span(self.span, -1))

    def action_span_longer(self) -> None:
        self._choose(next_span(self.span, 1))

    def action_sort(self) -> None:
        following = (ORDERS.index(self.listing.order) + 1) % len(ORDERS)
        self._list(replace(self.listing, order=ORDERS[following]))

    def action_filter(self) -> None:
        ask_filter(self.cockpit, "history", self.listing.filter_text, self._only, known=KNOWN_FIELDS)

    def _only(self, filter_text: str) -> None:
        self._list(replace(self.listing, filter_text=filter_text))

    def action_back(self) -> None:
        """Back to the whole history, or to the previous screen."""
        if self.listing.filter_text:
            self._only("")
        else:
            super().action_back()

    def _list(self, listing: HistoryListing) -> None:
        self.listing = listing
        self.pager.set_title(self.title_and_key()[0])
        self.pager.redraw()

    def _choose(self, span: timedelta) -> None:
        if span != self.span:
            self.span = span
            self._work()
