"""A playbook: its steps in order, and what responders have done."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from claude_tui.model.format import plain
from claude_tui.model.playbook import StepState
from claude_tui.model.verdict import Cause
from claude_tui.runbook import Playbook, PlaybookView, mark, playbook_now, playbook_view, progress_of, restart
from claude_tui.runbook.view import StepView
from claude_tui.tui.actions import Scope
from claude_tui.tui.hints import Hint
from claude_tui.tui.keymap import bindings
from claude_tui.tui.render.lines import Lines, line
from claude_tui.tui.runbook_session import RunbookSession
from claude_tui.tui.screens.playbook_lines import (
    PlaybookContext,
    commands_of,
    list_page,
    list_rows,
    one_column,
    progress_line,
    step_page,
    verdict_lines,
)
from claude_tui.tui.screens.runbook_dialogs import ask_name, ask_restart, choose_playbook
from claude_tui.tui.screens.runbook_parts import Page
from claude_tui.tui.screens.runbook_screen import RunbookScreen, bring_to_front, offered

if TYPE_CHECKING:
    from claude_tui.tui.cockpit import Cockpit

__all__ = ["PlaybookScreen", "open_playbook"]

# From this size on, list and step are separate; below it, the step opens within the list.
_WIDE, _HIGH = 80, 34
_LIST_SHARE = 0.6
_FRAME_CELLS, _FRAME_ROWS = 4, 2
# The labels of the keys that set each state.
_MARKED_BY = {StepState.DONE: "done", StepState.SKIPPED: "skip", StepState.NOT_APPLICABLE: "n/a"}


def open_playbook(app: Cockpit, playbook: Playbook | None = None) -> None:
    """Open a playbook, by default the verdict's, in the existing screen if there is one."""
    screen = bring_to_front(app, PlaybookScreen)
    if screen is not None:
        screen.turn_to(playbook or screen.wanted())
    else:
        app.push_screen(PlaybookScreen(app.session, playbook))


class PlaybookScreen(RunbookScreen):
    """Keeps showing its playbook when the verdict changes, until the user chooses another one.

    The marks are the newest, even while the display is frozen, as what the user does must appear. In the
    past, where nothing can be marked, they are those of that time.
    """

    SCREEN_NAME = "playbook"
    BINDINGS = bindings(Scope.PLAYBOOK)
    DEFAULT_CSS = "PlaybookScreen > #body { layout: vertical; }"

    def __init__(self, session: RunbookSession, playbook: Playbook | None = None) -> None:
        super().__init__(session)
        self._asked_for = playbook
        self._offered: tuple[Hint, ...] = ()
        self.cursor = 1

    def prepare(self) -> None:
        self.playbook = self._asked_for or self.wanted()
        self._wanted_before = self.wanted()
        self.cursor = self.view.next or 1

    def wanted(self) -> Playbook:
        """The playbook for the verdict of the displayed Snapshot."""
        return playbook_now(self.session.runbook, self.facts, self.snapshot.verdict.cause)

    @property
    def view(self) -> PlaybookView:
        newest, since = self.cockpit.marked, self.snapshot.verdict.since
        self._progress = progress_of(newest.engine.step_marks, self.playbook, newest.at, since)
        return playbook_view(self.playbook, self._progress, self.facts, self.placeholders)

    @property
    def step(self) -> StepView:
        """The step under the cursor."""
        return self.view.steps[self.cursor - 1]

    # -- content -------------------------------------------------------------------------

    def lay_out(self) -> None:
        cells, rows = self.app.size
        self.side_box.display = self._is_roomy()
        super().lay_out()
        most = round((rows - 3) * _LIST_SHARE)
        wanted = list_rows(
            self.view, self._playbook_context(), self.key, cells - _FRAME_CELLS, most - _FRAME_ROWS
        )
        self.side_box.styles.height = wanted + _FRAME_ROWS

    def title_and_key(self) -> tuple[str, str]:
        alone = not self._is_roomy()
        return (self.side_title() if alone else f"Step {self.cursor} of {len(self.playbook.steps)}"), ""

    def side_title(self) -> str:
        return f"Playbook: {self.playbook.title}"

    def _is_roomy(self) -> bool:
        cells, rows = self.app.size
        return cells >= _WIDE and rows >= _HIGH

    def hints(self) -> tuple[Hint, ...]:
        """What enter does, and whether there is a mark to take back, depends on the step under the cursor."""
        without = {"act"} if self.wanted() is self.playbook else set()
        state = self.step.state
        without |= {"undo"} if state is StepState.OPEN else set()
        hints = offered(Scope.PLAYBOOK, self.cockpit.chosen_keys, without)
        again = _MARKED_BY.get(state, "")
        return tuple(replace(hint, label="next") if hint.label == again else hint for hint in hints)

    def banner(self, cells: int) -> Lines:
        """Warnings, and in a single column also the progress, which would scroll away otherwise."""
        context = self._playbook_context()
        rows = (*super().banner(cells), *verdict_lines(context, cells))
        if self.side_box.display:
            return rows
        return (*rows, line(" ", *progress_line(self.view, context, self.key, cells - 2)))

    def column(self, cells: int, rows: int) -> Page:
        view = self.view
        if self.side_box.display:
            return step_page(view, self._playbook_context(), self.facts, self.key, cells, rows)
        return one_column(view, self._playbook_context(), self.facts, self.key, cells)

    def side_column(self, cells: int, rows: int) -> Page:
        return list_page(self.view, self._playbook_context(), self.key, cells, rows)

    def _playbook_context(self) -> PlaybookContext:
        return PlaybookContext(
            at=self.cockpit.marked.at,
            cursor=self.cursor,
            by=self.cockpit.responder,
            started_at=self._progress.started_at,
            verdict=self._verdict_note(),
            news=self.wanted() is not self._wanted_before,
        )

    def _verdict_note(self) -> str:
        """Says that the verdict has another playbook; empty if it has this one."""
        wanted, cause = self.wanted(), self.snapshot.verdict.cause
        if wanted is self.playbook:
            return ""
        key = self.key("act")
        if cause is Cause.HEALTHY:
            return f"The verdict is healthy now. {key} opens its playbook, {wanted.title}."
        return f"The verdict is now {plain(cause.value)}: {key} opens its playbook, {wanted.title}."

    # -- actions --------------------------------------------------------------------------

    def turn_to(self, playbook: Playbook) -> None:
        """Show another playbook, from its next step."""
        self._wanted_before = self.wanted()
        if playbook is not self.playbook:
            self.playbook = playbook
            self._move_to(self.view.next or 1)
        self.lay_out()
        self.redraw()

    def action_done(self) -> None:
        self._mark(StepState.DONE)

    def action_skip(self) -> None:
        self._mark(StepState.SKIPPED)

    def action_not_applicable(self) -> None:
        self._mark(StepState.NOT_APPLICABLE)

    def action_open_step(self) -> None:
        if self.step.state is not StepState.OPEN:
            self._mark(StepState.OPEN)

    def _mark(self, state: StepState) -> None:
        """Mark the step. With that mark already there, go to the next open step.

        So a key that is pressed twice neither takes the mark back nor marks a step that nobody has read.
        """
        view = self.view
        step = view.steps[self.cursor - 1]
        if step.state is state:
            self._move_to(view.next or self.cursor)
            return
        at, by = datetime.now(UTC), self.cockpit.responder
        self.cockpit.backend.mark_step(mark(self.playbook, step.step, state, by=by, at=at))

    def action_restart_playbook(self) -> None:
        def restarted() -> None:
            at, by = datetime.now(UTC), self.cockpit.responder
            self.cockpit.backend.mark_step(restart(self.playbook, by=by, at=at))
            self._move_to(1)

        ask_restart(self.cockpit, self.playbook, self.view.settled, restarted)

    def action_who(self) -> None:
        ask_name(self.cockpit, self.redraw)

    def action_other(self) -> None:
        choose_playbook(self.cockpit, self.session.runbook, self.playbook, self.wanted(), self.turn_to)

    def action_copy(self) -> None:
        self.copy_next(commands_of(self.step))

    def choose(self, index: int) -> bool:
        was, number = self.cursor, index + 1
        if number != was:
            self._move_to(number)
        return number == was

    def move(self, rows: int) -> None:
        """Move the cursor to another step. A page scrolls the text of the step."""
        target = min(max(self.cursor + rows, 1), len(self.playbook.steps))
        if abs(rows) == 1 and target != self.cursor:
            self._move_to(target)
        else:
            super().move(rows)

    def redraw(self) -> None:
        super().redraw()
        self._offer()

    def _offer(self) -> None:
        if (hints := self.hints()) != self._offered:
            self._offered = hints
            self.footer.set_hints(hints)

    def _move_to(self, number: int) -> None:
        self.cursor = number
        self._offer()
        self.copy_from_start()
        self.main.turn_to(*self.title_and_key())
        self.follow_cursor()
