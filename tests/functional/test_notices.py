"""Notices: in full at every width, and no higher than they need to be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from claude_tui.tui.notices import in_rows
from tests.functional.still import still_app
from tests.snapshots.pictures import PICTURES


@pytest.mark.parametrize("cells", [40, 60, 80, 120])
async def test_a_notice_is_whole_and_a_short_one_leaves_the_rows_above_the_last_alone(cells: int) -> None:
    app, _ = still_app(PICTURES["healthy"]())
    async with app.run_test(size=(cells, 24), notifications=True) as pilot:
        for length in range(cells - 14, cells + 10):
            app.notify(f"{('word ' * 60)[:length].strip()} END", about="length", timeout=30, markup=False)
            await pilot.pause()
            await pilot.pause()
            assert any(" END " in strip.text for strip in app.screen._compositor.render_strips()), length
        app.notify("Noted.", about="length", timeout=30, markup=False)
        await pilot.pause()
        await pilot.pause()
        rows = [strip.text for strip in app.screen._compositor.render_strips()]
        assert "▌ Noted. " in rows[-2]
        assert "▌" not in rows[-3]


@given(st.text(max_size=200), st.integers(1, 200))
def test_the_rows_of_a_notice_fit_the_screen(text: str, cells: int) -> None:
    assert max(map(cell_len, in_rows(text, cells).split("\n"))) <= max(cells - 5, 8)
