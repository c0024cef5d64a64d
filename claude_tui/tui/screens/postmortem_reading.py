"""A postmortem to read: rendered as its readers will see it, and its open findings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Markdown

from claude_tui.incident.postmortem import Finding
from claude_tui.tui.render.lines import Lines, Span, line
from claude_tui.tui.render.pager import Pager
from claude_tui.tui.screens.closing import ClosesOnce
from claude_tui.tui.screens.runbook_parts import prose

__all__ = ["FindingsScreen", "PreviewScreen"]


class PreviewScreen(ClosesOnce, ModalScreen[None]):
    """Markdown as it is rendered elsewhere."""

    DEFAULT_CSS = """
    PreviewScreen { background: $ct-background; }
    PreviewScreen > VerticalScroll {
        width: 100%; height: 100%; border: round $border; padding: 0 2; background: $ct-background;
        border-title-color: $ct-text; border-title-style: bold; border-subtitle-color: $ct-dim;
        scrollbar-size-vertical: 1;
    }
    PreviewScreen Markdown { max-width: 110; padding: 0; margin: 0; background: $ct-background; }
    PreviewScreen MarkdownH2, PreviewScreen MarkdownH1 {
        margin: 1 0; padding: 0; color: $ct-accent; text-style: bold; content-align: left middle;
        background: $ct-background;
    }
    PreviewScreen MarkdownBullet { color: $ct-dim; }
    """
    SCREEN_NAME = "preview"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,v,q", "leave", show=False),
        Binding("up", "scroll(-1)", show=False),
        Binding("down", "scroll(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown,space", "page(1)", show=False),
        Binding("home", "end(0)", show=False),
        Binding("end", "end(1)", show=False),
    ]
    AUTO_FOCUS = None

    def __init__(self, title: str, text: str) -> None:
        super().__init__()
        self._title = title
        self._text = text

    def compose(self) -> ComposeResult:
        with VerticalScroll(can_focus=False) as box:
            box.border_title = Text(self._title)
            box.border_subtitle = Text("↑ ↓ scroll · esc back")
            yield Markdown(self._text, open_links=False)
        self._box = box

    def action_scroll(self, rows: int) -> None:
        self._box.scroll_relative(y=rows, animate=False)

    def action_page(self, pages: int) -> None:
        self._box.scroll_relative(y=pages * max(self._box.size.height - 2, 1), animate=False)

    def action_end(self, end: int) -> None:
        self._box.scroll_to(y=self._box.max_scroll_y if end else 0, animate=False)

    def action_leave(self) -> None:
        self.dismiss(None)


class FindingsScreen(ClosesOnce, ModalScreen[None]):
    """The findings, a paragraph each."""

    DEFAULT_CSS = """
    FindingsScreen { align: center middle; background: transparent; }
    FindingsScreen > Pager { width: 90; max-width: 100%; height: 20; max-height: 100%; }
    """
    SCREEN_NAME = "findings"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,l,q", "leave", show=False),
        Binding("up", "move(-1)", show=False),
        Binding("down", "move(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown,space", "page(1)", show=False),
    ]
    AUTO_FOCUS = None

    def __init__(self, title: str, findings: Sequence[Finding], rows: Sequence[str]) -> None:
        super().__init__()
        self._findings = findings
        self._rows = rows
        self._pager = Pager(title, self._lines, keys="↑ ↓ scroll · esc back")

    def compose(self) -> ComposeResult:
        yield self._pager

    def _lines(self, cells: int, rows: int) -> Lines:  # noqa: ARG002 (it scrolls)
        if not self._findings:
            return (line(Span("✓ ", "ok", bold=True), "Clean: nothing is missing, and nobody is blamed."),)
        return tuple(row for finding in self._findings for row in self._finding(finding, cells))

    def _finding(self, finding: Finding, cells: int) -> Lines:
        """A finding, and the line of the exported document that it refers to."""
        rule, where = Span(f"{finding.rule}  ", "warn"), Span(f"line {finding.line}", "dim")
        head = line(Span("▲ ", "warn", bold=True), rule, where)
        quoted = self._rows[finding.line - 1].strip() if finding.line <= len(self._rows) else ""
        return (
            head,
            *prose(finding.text, cells, indent=2),
            *prose(quoted[:200], cells, "dim", indent=4),
        )

    def action_move(self, rows: int) -> None:
        self._pager.move(rows)

    def action_page(self, pages: int) -> None:
        self._pager.move(pages * self._pager.page)

    def action_leave(self) -> None:
        self.dismiss(None)
