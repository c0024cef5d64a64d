"""The base of all widgets on the dashboard: they draw Lines and repaint only changed cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual import events
from textual.geometry import Size
from textual.strip import Strip

from claude_tui.tui.boundary import Contained, contain_drawing
from claude_tui.tui.messages import ZoomRequested
from claude_tui.tui.render.differences import changes, with_texts
from claude_tui.tui.render.direct_output import DirectOutput, DrawnWidget, regions_of
from claude_tui.tui.render.frame import Frame, framed, inner_size
from claude_tui.tui.render.lines import BLANK, Lines, Span, flow, line

if TYPE_CHECKING:
    from textual.app import RenderResult

    from claude_tui.model.arrangement import Panel
    from claude_tui.model.snapshot import Snapshot
    from claude_tui.tui.render.paint import Paint, Painted

__all__ = ["LinePanel", "SnapshotPanel"]


class LinePanel(Contained, DrawnWidget):
    """A widget whose content consists of Lines. Subclasses implement `draw`.

    Code that changes the result of `draw` calls `redraw`, which asks Textual to repaint only the changed
    cells. (Repainting whole widgets at 1 Hz took 18 KB/s.)
    """

    DEFAULT_CSS = "LinePanel { width: 1fr; height: 1fr; }"
    ALLOW_SELECT = False

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 (Textual's own name)
        super().__init__(id=id)
        self.output: DirectOutput | None = None
        """Receives changes that need not pass through Textual's compositor."""
        self._lines: Lines = ()
        self._drawn_for: Size | None = None
        self._failure = ""

    def draw(self, width: int, height: int) -> Lines:
        """The lines to show in `width` by `height` cells. Surplus lines are dropped."""
        raise NotImplementedError

    @property
    def drawn(self) -> Lines:
        """The lines on screen."""
        return self._lines

    @property
    def paint(self) -> Paint:
        return cast("Painted", self.app).paint

    def redraw(self) -> None:
        """Draw again and repaint only the cells that changed."""
        size = self.size  # Textual looks this up in its layout
        if self._drawn_for != size:
            return  # not yet shown at this size: Textual will repaint all of it anyway
        self._replace(self._drawn(size), size)

    def redraw_later(self, before: Lines, now: Lines) -> None:
        """Redraw when only time has passed, which changed the parts `before` into the parts `now`.

        A part that looks the same but for its text is replaced, and nothing is drawn again.
        """
        size = self.size
        if self._drawn_for != size:
            return
        lines = with_texts(self._lines, before, now)
        self._replace(self._drawn(size) if lines is None else lines, size)

    def _replace(self, lines: Lines, size: Size) -> None:
        old, self._lines = self._lines, lines
        if old == lines:
            return
        changed = [
            (y, start, end)
            for y, (before, after) in enumerate(zip(old, lines, strict=True))
            if before != after
            for start, end in changes(before, after, size.width)
        ]
        if changed and not (self.output and self.output.take(self, changed)):
            self.refresh(*regions_of(changed))

    def repaint(self) -> None:
        """Draw again and repaint everything, because the colours or the frame changed."""
        self._drawn_for = None
        self.refresh()

    def _drawn(self, size: Size) -> Lines:
        width, height = size
        lines = _failed(self._failure, width, height) if self._failure else self._attempted(width, height)
        return lines + (BLANK,) * (height - len(lines))

    def _attempted(self, width: int, height: int) -> Lines:
        try:
            return self.draw(width, height)[:height]
        except Exception as error:  # noqa: BLE001 a panel that fails says so, and the others work
            return _failed(contain_drawing(error, self), width, height)

    def render_line(self, y: int) -> Strip:
        size = self.size
        if self._drawn_for != size:
            self._lines = self._drawn(size)
            self._drawn_for = size
        line = self._lines[y] if y < len(self._lines) else BLANK
        return self.paint.strip(line, size.width)

    def on_unmount(self) -> None:
        # `StylesCache.get_inner_outer` of Textual 8.2 keeps the last thousand of these, so they are empty.
        self._styles_cache.clear()

    def render(self) -> RenderResult:
        return ""  # never drawn, as Textual calls render_line


def _failed(failure: str, width: int, height: int) -> Lines:
    """What a panel shows instead of its content after a fault."""
    return flow(line(Span("▲ ", "bad"), failure), width, height)[:height]


class SnapshotPanel(LinePanel, can_focus=True):
    """A titled frame around lines made from a Snapshot. `key` is the key that zooms it."""

    PANEL: ClassVar[Panel]
    TITLE: ClassVar[str]
    SHOWS_AGE: ClassVar[bool] = False
    """Whether it shows how long the problem of the verdict has lasted."""

    def __init__(self, snapshot: Snapshot, key: str = "") -> None:
        super().__init__(id=self.PANEL.value)
        self.snapshot = snapshot
        self.key = key
        self.frame = Frame.BOX
        self._framed: tuple[Lines, object, Lines] | None = None
        """The content that was framed last, everything else that the result depends on, and the result."""

    def lines(self, snapshot: Snapshot, width: int, height: int) -> Lines:
        """The content inside the frame, at most `height` lines of at most `width` cells."""
        raise NotImplementedError

    def subtitle(self, snapshot: Snapshot) -> str:  # noqa: ARG002 (a hook that most panels leave alone)
        """A note in the frame on what the content covers, such as a time window."""
        return ""

    @property
    def counts_down(self) -> bool:
        """Whether it shows how many seconds are left, and so differs each second."""
        return False

    def show(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.redraw()

    def try_show(self, snapshot: Snapshot) -> None:
        """Show `snapshot`, or that it cannot be shown: an old one must not look live."""
        self._failure = ""
        try:
            self.show(snapshot)
        except Exception as error:  # noqa: BLE001 as above
            self._failure = contain_drawing(error, self)
            self.redraw()

    def reframe(self, frame: Frame) -> None:
        """Change the frame, as the space for the panel has changed."""
        self.frame = frame
        self.repaint()

    def draw(self, width: int, height: int) -> Lines:
        content = self.lines(self.snapshot, *inner_size(self.frame, width, height))
        depends = width, height, self.frame, self.subtitle(self.snapshot), self.has_focus
        if self._framed is None or self._framed[0] is not content or self._framed[1] != depends:
            frame, note, focused = depends[2:]
            drawn = framed(
                content,
                width,
                height,
                frame=frame,
                title=self.TITLE,
                key=self.key,
                note=note,
                focused=focused,
            )
            self._framed = content, depends, drawn
        return self._framed[2]

    def on_click(self, event: events.Click) -> None:
        event.stop()
        self.clicked(event.y)

    def clicked(self, y: int) -> None:  # noqa: ARG002 (a panel with rows looks at it)
        """Somebody clicked on row `y` of the panel, which opens it in full."""
        self.post_message(ZoomRequested(self.PANEL))

    def allow_focus(self) -> bool:
        return super().allow_focus() and bool(self.size)

    def watch_has_focus(self, has_focus: bool) -> None:
        super().watch_has_focus(has_focus)
        self.redraw()
