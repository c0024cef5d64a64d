"""The first five minutes at one key: status page, connectivity and limits, checked now."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from claude_tui.model.observation import Source
from claude_tui.model.snapshot import ProbeState, Snapshot
from claude_tui.runbook import CheckResult, CheckState, results
from claude_tui.tui.actions import Scope
from claude_tui.tui.hints import Hint
from claude_tui.tui.keymap import bindings
from claude_tui.tui.render.lines import Lines
from claude_tui.tui.runbook_session import RunbookSession
from claude_tui.tui.screens.first_five_lines import asked_lines, by_hand, one_column, results_page, script
from claude_tui.tui.screens.runbook_parts import Page
from claude_tui.tui.screens.runbook_screen import RunbookScreen, bring_to_front, offered
from claude_tui.tui.view import View

if TYPE_CHECKING:
    from claude_tui.tui.cockpit import Cockpit

__all__ = ["FirstFiveScreen", "open_first_five"]

_WIDE = 100
_RESULTS_SHARE = 0.45
_MOST_RESULTS_CELLS = 64
# How long to wait for a result beyond the probe's own timeout.
_ANSWER_MARGIN_S = 5.0
# A probe that was already running, or had run just before, is not run again. This long after the request,
# there is a second attempt.
_AGAIN = timedelta(seconds=2.5)


def open_first_five(app: Cockpit) -> None:
    """Run the checks, in the existing screen if there is one."""
    screen = bring_to_front(app, FirstFiveScreen)
    if screen is not None:
        screen.ask()
    else:
        app.push_screen(FirstFiveScreen(app.session))


class FirstFiveScreen(RunbookScreen):
    """Shows only results from after the start of the checks."""

    SCREEN_NAME = "first checks"
    BINDINGS = bindings(Scope.FIRST_FIVE)

    def __init__(self, session: RunbookSession) -> None:
        super().__init__(session)
        self.cursor = 0
        self.asked_at = datetime.now(UTC)
        self._tried_again = False

    def prepare(self) -> None:
        self.cockpit.backend.probe_now(by=self.cockpit.responder)

    def ask(self) -> None:
        """Run the probes now, and wait for their results."""
        self.asked_at, self._tried_again = datetime.now(UTC), False
        self.cockpit.backend.probe_now(by=self.cockpit.responder)
        self.lay_out()
        self.redraw()

    @property
    def results(self) -> tuple[CheckResult, ...]:
        """The results as of the displayed Snapshot."""
        answer_timeout_s = self.cockpit.settings.timeout_s + _ANSWER_MARGIN_S
        return results(self.session.runbook, self.snapshot, self.asked_at, answer_timeout_s)

    # -- content -------------------------------------------------------------------------

    def show(self, snapshot: Snapshot, view: View) -> None:
        if self.is_mounted:
            self._try_again()
            super().show(snapshot, view)

    def _try_again(self) -> None:
        """Run the probes once more if some could not run at the first request."""
        newest = self.cockpit.newest
        if self._tried_again or newest.at - self.asked_at < _AGAIN:
            return
        self._tried_again = True
        waiting = results(self.session.runbook, newest, self.asked_at)
        if any(check.state is CheckState.WAITING for check in waiting) and any(
            self._did_not_run(probe, newest) for probe in newest.engine.probes
        ):
            self.cockpit.backend.probe_now(by=self.cockpit.responder)

    def _did_not_run(self, probe: ProbeState, newest: Snapshot) -> bool:
        """Whether a probe that could run has not been started since the request."""
        stopped = probe.source is Source.MESSAGES and newest.engine.spend.stopped
        could = probe.held_reason is None or (probe.held_until is not None and not stopped)
        return could and (probe.last_at is None or probe.last_at < self.asked_at)

    def lay_out(self) -> None:
        cells = self.app.size.width
        self.side_box.display = cells >= _WIDE
        self.side_box.styles.width = min(round(cells * _RESULTS_SHARE), _MOST_RESULTS_CELLS)
        super().lay_out()

    def title_and_key(self) -> tuple[str, str]:
        return ("By hand" if self.app.size.width >= _WIDE else self.side_title()), ""

    def side_title(self) -> str:
        return "First five minutes"

    def hints(self) -> tuple[Hint, ...]:
        return offered(Scope.FIRST_FIVE, self.cockpit.chosen_keys, set())

    def banner(self, cells: int) -> Lines:
        paused_at = self.snapshot.at if self.cockpit.paused else None
        return (*super().banner(cells), *asked_lines(self.asked_at, paused_at, self.key, cells))

    def column(self, cells: int, rows: int) -> Page:  # noqa: ARG002 (it scrolls)
        found = self.results
        if self.side_box.display:
            return by_hand(found, self.cursor, self.placeholders, self.key, cells)
        return one_column(found, self.cursor, self.placeholders, self.key, cells)

    def side_column(self, cells: int, rows: int) -> Page:  # noqa: ARG002 (it scrolls)
        return results_page(self.results, self.cursor, cells)

    # -- actions --------------------------------------------------------------------------

    def action_copy(self) -> None:
        self.copy_next((script(self.results[self.cursor], self.placeholders),))

    def choose(self, index: int) -> bool:
        was, self.cursor = self.cursor, index
        self.follow_cursor()
        return was == index

    def move(self, rows: int) -> None:
        """Move the cursor to another check. A page scrolls its commands."""
        target = min(max(self.cursor + rows, 0), len(self.results) - 1)
        if abs(rows) == 1 and target != self.cursor:
            self.cursor = target
            self.follow_cursor()
        else:
            super().move(rows)
