"""The walker, which goes through the decision tree question by question, next to live data."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from claude_tui.model.playbook import WalkTurn
from claude_tui.model.snapshot import Snapshot
from claude_tui.runbook import (
    Playbook,
    Walk,
    WalkView,
    back,
    begin,
    follow,
    playbook_now,
    playbook_view,
    progress_of,
    take,
    walk_view,
)
from claude_tui.tui.actions import Scope
from claude_tui.tui.hints import Hint
from claude_tui.tui.keymap import bindings
from claude_tui.tui.render.lines import Lines
from claude_tui.tui.runbook_session import RunbookSession, SavedWalk
from claude_tui.tui.screens.runbook_parts import Page
from claude_tui.tui.screens.runbook_screen import RunbookScreen, bring_to_front, offered
from claude_tui.tui.screens.walk_ahead import nodes_after, nodes_ahead, steps_ahead
from claude_tui.tui.screens.walk_lines import WalkContext, commands_of, node_page, resumed_line, tree_page

if TYPE_CHECKING:
    from claude_tui.tui.cockpit import Cockpit

__all__ = ["WalkerScreen", "open_walker"]

# From this width on, the tree has its own column.
_WIDE = 100
_TREE_SHARE = 0.36
_MOST_TREE_CELLS = 46


def open_walker(app: Cockpit) -> None:
    """Open the tree, or go back to it if it is already open."""
    if bring_to_front(app, WalkerScreen) is None:
        app.push_screen(WalkerScreen(app.session))


class WalkerScreen(RunbookScreen):
    """Resumes where it was left, as long as the incident is the same."""

    SCREEN_NAME = "tree"
    BINDINGS = bindings(Scope.WALK)
    ENTER = "take"

    def __init__(self, session: RunbookSession) -> None:
        super().__init__(session)
        self.walk = begin(session.runbook)
        self.cursor = 0
        self.left_at: datetime | None = None

    def prepare(self) -> None:
        kept = self.session.saved_walk
        if kept is not None and kept.walk.path and kept.applies_to(self.snapshot.verdict):
            self.walk, self.left_at = kept.walk, kept.at
        self.cursor = self._suggested()

    @property
    def view(self) -> WalkView:
        """The walk next to the data of the displayed Snapshot."""
        return walk_view(self.session.runbook, self.walk, self.facts, self.placeholders)

    def _suggested(self) -> int:
        """The initial cursor: the branch that the data points to, else the first one."""
        found = (branch.index for branch in self.view.node.branches if branch.suggested)
        return next(found, 0)

    def _playbook(self) -> Playbook:
        """The node's playbook, or else the verdict's."""
        cause = self.snapshot.verdict.cause
        return self.view.node.playbook or playbook_now(self.session.runbook, self.facts, cause)

    # -- content -------------------------------------------------------------------------

    def update_from(self, snapshot: Snapshot) -> None:
        super().update_from(snapshot)
        if self.is_mounted:
            self._save_walk()

    def _save_walk(self) -> None:
        self.session.saved_walk = SavedWalk(self.walk, self.snapshot.at, self.snapshot.verdict.cause)

    def lay_out(self) -> None:
        cells = self.app.size.width
        self.side_box.display = cells >= _WIDE
        self.side_box.styles.width = min(round(cells * _TREE_SHARE), _MOST_TREE_CELLS)
        super().lay_out()

    def title_and_key(self) -> tuple[str, str]:
        return f"Decide: {self.view.node.node.title}", ""

    def side_title(self) -> str:
        return "Tree"

    def hints(self) -> tuple[Hint, ...]:
        node = self.view.node.node
        out_of_place = {"decide"}
        out_of_place |= {"take"} if node.is_answer else set()
        out_of_place |= set() if self.walk.path else {"undo", "restart"}
        return offered(Scope.WALK, self.cockpit.chosen_keys, out_of_place)

    def banner(self, cells: int) -> Lines:
        return (*super().banner(cells), *resumed_line(self.left_at, self.key, cells))

    def column(self, cells: int, rows: int) -> Page:
        context = WalkContext(
            self.snapshot.at,
            self.cursor,
            self.copies,
            self.snapshot.verdict.severity,
            self._playbook().title,
        )
        page = node_page(self.view, context, self.key, cells, rows, way=not self.side_box.display)
        spare = rows - len(page.lines)
        return page._replace(lines=(*page.lines, *self._ahead(cells, spare))) if spare > 0 else page

    def _ahead(self, cells: int, rows: int) -> Lines:
        """What the branch under the cursor leads to, or the steps of an answer's playbook."""
        node = self.view.node
        if node.node.is_answer:
            newest, playbook = self.cockpit.marked, self._playbook()
            since = self.snapshot.verdict.since
            progress = progress_of(newest.engine.step_marks, playbook, newest.at, since)
            view = playbook_view(playbook, progress, self.facts, self.placeholders)
            return steps_ahead(view, cells, rows)
        nodes = nodes_after(self.session.runbook, self.walk, self.cursor, self.facts, self.placeholders)
        return nodes_ahead(nodes, (fact.words for fact in node.facts), cells, rows)

    def side_column(self, cells: int, rows: int) -> Page:  # noqa: ARG002 (it scrolls)
        return tree_page(self.view, self.cursor, cells)

    # -- actions --------------------------------------------------------------------------

    def _go(self, walk: Walk, cursor: int | None = None) -> None:
        self.walk, self.left_at = walk, None
        self.cursor = self._suggested() if cursor is None else cursor
        self.copy_from_start()
        self._save_walk()
        self.lay_out()
        self.main.turn_to(*self.title_and_key())
        self.follow_cursor()
        self.footer.set_hints(self.hints())

    def _record_turn(self, node: str, to: str, *, back: bool = False) -> None:
        """Records the way, for the timeline and for the score of a drill."""
        if node != to:
            app = self.cockpit
            title = self.session.runbook.nodes[to].title
            turn = WalkTurn(app.newest.at, node, to, back, app.responder, app.host, title)
            app.backend.record(turn)

    def action_take(self) -> None:
        if not self.view.node.node.is_answer:
            walk = take(self.session.runbook, self.walk, self.cursor)
            self._record_turn(self.walk.node, walk.node)
            self._go(walk)

    def action_step_back(self) -> None:
        """Go back to the previous question, to the branch that was taken there."""
        if self.walk.path:
            walk = back(self.walk)
            self._record_turn(self.walk.node, walk.node, back=True)
            self._go(walk, self.walk.path[-1].branch)

    def action_restart(self) -> None:
        walk = begin(self.session.runbook)
        self._record_turn(self.walk.node, walk.node, back=True)
        self._go(walk)

    def action_follow(self) -> None:
        followed = follow(self.session.runbook, self.facts)
        if not followed.path:
            self.notify("The data doesn't point anywhere: your call.", markup=False)
        # It starts at the root again, and takes one branch after the other.
        self._record_turn(self.walk.node, begin(self.session.runbook).node, back=True)
        for taken, to in zip(
            followed.path, (*(step.node for step in followed.path[1:]), followed.node), strict=True
        ):
            self._record_turn(taken.node, to)
        self._go(followed)

    def action_act(self) -> None:
        from claude_tui.tui.screens.playbook import open_playbook

        open_playbook(self.cockpit, self._playbook())

    def action_set_severity(self) -> None:
        from claude_tui.tui.screens.acknowledge import set_severity

        set_severity(self.cockpit, self.view.node.node.severity)

    def action_copy(self) -> None:
        self.copy_next(commands_of(self.view.node))

    def choose(self, index: int) -> bool:
        was, self.cursor, self.left_at = self.cursor, index, None
        self.lay_out()
        self.follow_cursor()
        return was == index

    def move(self, rows: int) -> None:
        """Move the cursor to another branch. Without branches, or beyond them, the text scrolls."""
        branches = self.view.node.branches
        target = min(max(self.cursor + rows, 0), len(branches) - 1)
        if branches and abs(rows) == 1 and target != self.cursor:
            self.cursor, self.left_at = target, None
            self.lay_out()
            self.follow_cursor()
        else:
            super().move(rows)
