"""What is sent past Textual's compositor leaves the same screen as a full drawing."""

from __future__ import annotations

import gc
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import split_graphemes
from rich.console import Console, RenderableType
from rich.style import Style
from textual._compositor import Compositor, CompositorUpdate
from textual.geometry import Region
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget

from claude_tui.tui.render.direct_output import strip_of, uncovered
from claude_tui.tui.render.lines import Line, Span, width
from claude_tui.tui.render.paint import Paint
from claude_tui.tui.render.partial_output import CellsUpdate, partial_output
from claude_tui.tui.render.theme_files import load_theme
from tests.functional.watched import Watched, arrives
from tests.snapshots.pictures import PICTURES, later
from tests.unit.test_incident_line import OPEN

CONSOLE = Console(color_system="truecolor", force_terminal=True)
_OUTPUT = re.compile(r"\x1b\[(\d+);(\d+)H|\x1b\[([0-9;]*)m|(\n)|([^\x1b\n]+)")
Cell = tuple[str, tuple[str, ...]]


@pytest.fixture(autouse=True, scope="module")
def unrendered_styles() -> None:
    """Rich keeps the codes of a style as it was first rendered: by other tests, in fewer colours."""
    gc.unfreeze()  # or those of earlier tests' apps would not be found
    for instance in gc.get_objects():
        if isinstance(instance, Style):
            instance._ansi = None


class Terminal:
    """Shows what is sent, cell by cell, with the style that each has."""

    def __init__(self) -> None:
        self.cells: dict[tuple[int, int], Cell] = {}

    def feed(self, output: str) -> None:
        x = y = 0
        state: dict[str, str] = {}
        for row, column, codes, end, text in _OUTPUT.findall(output):
            if row:
                x, y = int(column) - 1, int(row) - 1
            elif end:
                x, y = 0, y + 1
            elif text:
                for start, stop, size in split_graphemes(text)[0]:
                    for cell in range(size):
                        # The second half of a wide character has nothing to say.
                        shown = text[start:stop] if cell == 0 else ""
                        self.cells[x + cell, y] = shown, tuple(sorted(_seen(shown, state)))
                    x += size
            else:
                _apply(state, codes)

    def rows(self) -> list[str]:
        """The characters alone."""
        last = max((y for _, y in self.cells), default=-1)
        widest = max((x for x, _ in self.cells), default=-1)
        return [
            "".join(self.cells.get((x, y), ("·", ()))[0] for x in range(widest + 1)) for y in range(last + 1)
        ]


def _seen(shown: str, state: dict[str, str]) -> Iterator[tuple[str, str]]:
    """What of a style can be seen: of a blank only what is behind it."""
    return ((code, value) for code, value in state.items() if shown != " " or code in ("7", "48"))


def _apply(state: dict[str, str], codes: str) -> None:
    numbers = iter(codes.split(";"))
    for code in numbers:
        if code in ("", "0"):
            state.clear()
        elif code in ("38", "48"):
            state[code] = ";".join([next(numbers) for _ in range(3 if next(numbers) == "2" else 1)])
        elif code in ("39", "49"):
            state.pop(str(int(code) - 1), None)
        else:
            state[code] = ""


class Shadowed(Watched):
    """An app whose output a terminal of our own shows."""

    def __init__(self, name: str) -> None:
        super().__init__(PICTURES[name]())
        self.terminal = Terminal()
        self.direct = 0
        """How many updates did not come from the compositor."""

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        update = partial_output(renderable)
        if isinstance(update, CompositorUpdate):
            self.direct += isinstance(update, CellsUpdate)
            self.terminal.feed(update.render_segments(CONSOLE))
        super()._display(screen, renderable)

    def expected(self) -> Terminal:
        """What a complete repaint would show."""
        found = Terminal()
        whole = self.screen._compositor.render_full_update()
        found.feed(whole.render_segments(CONSOLE))
        return found

    def agrees(self) -> None:
        expected = self.expected()
        different = {at for at, cell in expected.cells.items() if self.terminal.cells.get(at) != cell}
        assert not different, self.terminal.rows()


@pytest.mark.parametrize("size", [(120, 40), (60, 20), (20, 5)])
async def test_after_every_snapshot_the_terminal_shows_what_a_full_drawing_would(
    size: tuple[int, int],
) -> None:
    app = Shadowed("healthy")
    async with app.run_test(size=size) as pilot:
        for name in PICTURES:
            for second in (0, 61):
                await arrives(pilot, later(PICTURES[name](), second))
                app.agrees()
        assert app.direct


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (120, 40), (200, 60), (60, 60), (20, 5)])
async def test_rows_that_come_and_go_above_the_panels(size: tuple[int, int]) -> None:
    app = Shadowed("healthy")
    calm, trouble = PICTURES["healthy"](), PICTURES["overloaded"]()
    degraded = PICTURES["degraded_program"]()
    async with app.run_test(size=size) as pilot:
        for second, snapshot in enumerate(
            (
                trouble,
                replace(trouble, incident=OPEN),
                replace(degraded, incident=OPEN),
                degraded,
                trouble,
                calm,
            )
        ):
            for key in ("v", "v", "v"):
                await arrives(pilot, later(snapshot, second))
                app.agrees()
                await pilot.press(key)
                await pilot.pause()
                app.agrees()


async def test_an_incident_repaints_only_what_is_above_the_panels() -> None:
    app = Shadowed("overloaded")
    async with app.run_test(size=(120, 40)) as pilot:
        await arrives(pilot, PICTURES["overloaded"]())
        before = app.sent_bytes
        await arrives(pilot, replace(PICTURES["overloaded"](), incident=OPEN))
        assert any(OPEN.label in row for row in app.terminal.rows())
        assert app.sent_bytes - before < 3_000
        app.agrees()


async def test_what_lies_over_a_panel_stays_there() -> None:
    app = Shadowed("healthy")
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        app.notify("Somebody said something.", timeout=600)
        await pilot.pause()
        assert any("Somebody said something." in row for row in app.terminal.rows())
        for second in range(1, 4):
            await arrives(pilot, later(PICTURES["overloaded"](), second))
            app.agrees()
        assert any("Somebody said something." in row for row in app.terminal.rows())


async def test_a_dialog_and_what_is_under_it() -> None:
    app = Shadowed("overloaded")
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("question_mark")
        for second in range(1, 4):
            await arrives(pilot, later(PICTURES["overloaded"](), second))
            app.agrees()
        await pilot.press("escape")
        await pilot.pause()
        app.agrees()


async def test_keys_sizes_and_themes_between_snapshots() -> None:
    app = Shadowed("overloaded")
    async with app.run_test(size=(120, 40)) as pilot:
        for second, key in enumerate(
            ("tab", "down", "down", "tab", "v", "v", "v", "space", "space", "escape")
        ):
            await pilot.press(key)
            await arrives(pilot, later(PICTURES["overloaded"](), second))
            app.agrees()
        app.terminal.cells.clear()
        await pilot.resize_terminal(100, 30)
        await arrives(pilot, later(PICTURES["healthy"](), 30))
        app.agrees()
        app.apply_theme(load_theme("light", None))
        await arrives(pilot, later(PICTURES["down"](), 31))
        app.agrees()


async def test_a_second_without_news_does_without_the_compositor(monkeypatch: pytest.MonkeyPatch) -> None:
    app = Shadowed("healthy")
    async with app.run_test(size=(120, 40)) as pilot:
        await arrives(pilot, later(PICTURES["healthy"](), 1))
        composed: list[object] = []
        monkeypatch.setattr(Compositor, "render_update", lambda *_, **__: composed.append(1))
        before = app.direct
        for second in (2, 3, 4):
            await arrives(pilot, later(PICTURES["healthy"](), second))
        assert (app.direct - before, composed) == (3, [])


def test_a_covered_widget_is_left_to_textual() -> None:
    behind, beside, front = Widget(), Widget(), Widget()
    whole = Region(0, 0, 80, 24)
    placed = {
        front: (Region(5, 5, 10, 3), whole),
        behind: (Region(0, 0, 40, 24), whole),
        beside: (Region(40, 0, 40, 24), whole),
    }
    assert uncovered(placed) == {front: Region(5, 5, 10, 3), beside: Region(40, 0, 40, 24)}


def test_a_widget_that_is_cut_off_is_left_to_textual() -> None:
    cut = Widget()
    assert uncovered({cut: (Region(0, 0, 40, 24), Region(0, 0, 40, 10))}) == {}


TEXTS = st.text(st.sampled_from("ab ·▁█漢字é\u0301"), max_size=6)
LINES: st.SearchStrategy[Line] = st.lists(
    st.builds(Span, TEXTS, st.sampled_from(("text", "bad")), st.booleans()), max_size=5
).map(tuple)


def _boundaries(line: Line) -> list[int]:
    """The columns at which no wide character is cut in two."""

    def ends() -> Iterator[int]:
        x = 0
        for span in line:
            for _, _, size in split_graphemes(span.text)[0]:
                yield x
                x += size
        yield x

    return sorted({*ends()})


@given(LINES, st.integers(1, 12), st.data())
def test_a_piece_of_a_line_is_what_the_line_shows_there(line: Line, beyond: int, data: st.DataObject) -> None:
    paint = Paint(load_theme("dark", None))
    total = width(line) + beyond
    columns = [*_boundaries(line), total]
    start, end = sorted(
        data.draw(st.lists(st.sampled_from(columns), min_size=2, max_size=2, unique=True))
        if len(set(columns)) > 1
        else (0, total)
    )
    whole = paint.strip(line, total)
    there = {(x - start, y): cell for (x, y), cell in _cells(whole).items() if start <= x < end}
    assert _cells(strip_of(paint, line, start, end)) == there
    assert strip_of(paint, line, start, end).cell_length == end - start


def _cells(strip: Strip) -> dict[tuple[int, int], Cell]:
    shown = Terminal()
    shown.feed("\x1b[1;1H" + strip.render(CONSOLE))
    return shown.cells
