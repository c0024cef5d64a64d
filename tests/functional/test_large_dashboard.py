"""What a large dashboard shows besides: latency over hours, and own traffic in columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from claude_tui.model.arrangement import Panel
from claude_tui.model.past import PastView
from claude_tui.model.snapshot import Chart, ChartSeries, Focus, Snapshot
from claude_tui.tui.panels.latency import latency_lines
from claude_tui.tui.panels.latency_long import LongChart
from claude_tui.tui.panels.traffic import traffic_lines
from claude_tui.tui.render.lines import Line, plain, width
from claude_tui.tui.screens.long_span import LongSpan
from tests.functional.runbook_screens import screen_text
from tests.functional.still import StillBackend, chart_for, still_app
from tests.snapshots.pictures import PICTURES
from tests.snapshots.traffic_scenes import trouble_with_traffic

DAY = Focus(Panel.LATENCY, timedelta(hours=24))


def rows_of(lines: Sequence[Line]) -> list[str]:
    return [plain(line) for line in lines]


def day_of(snapshot: Snapshot) -> Chart:
    return chart_for(DAY, snapshot)


def since(chart: Chart, ago: timedelta) -> Chart:
    """The chart as if nothing had been recorded earlier."""
    kept = (
        ChartSeries(line.name, tuple(point for point in line.points if point[0] >= chart.end - ago))
        for line in chart.series
    )
    return replace(chart, series=tuple(kept))


# -- the charts ------------------------------------------------------------------------------


def test_a_large_panel_has_charts_of_the_last_day_below_those_of_the_last_minutes() -> None:
    snapshot = PICTURES["overloaded"]()
    rows = rows_of(latency_lines(snapshot, 70, 40, LongChart(day_of(snapshot))))
    (head,) = [number for number, row in enumerate(rows) if row.startswith("24h")]
    assert "╷18:00" in rows[head]
    names = [row.split()[0] for row in rows[head:] if row[:1].isalpha()]
    assert names[:4] == ["TTFT", "message", "models", "failed"]
    # The last minutes stay, with their figures.
    assert any("4.10s" in row for row in rows[:head])
    assert max(map(len, rows)) <= 70
    assert len(rows) <= 40


def test_failures_of_the_day_are_marked_where_they_were() -> None:
    snapshot = PICTURES["overloaded"]()
    rows = rows_of(latency_lines(snapshot, 70, 40, LongChart(day_of(snapshot))))
    (failed,) = [row for row in rows if row.startswith("failed")]
    assert failed.rstrip().endswith("×")
    assert failed[9:40].strip() == ""


@pytest.mark.parametrize("cells", range(30, 130, 9))
@pytest.mark.parametrize("rows", range(1, 70, 4))
def test_the_charts_fit_at_every_size(cells: int, rows: int) -> None:
    snapshot = PICTURES["overloaded"]()
    lines = latency_lines(snapshot, cells, rows, LongChart(day_of(snapshot)))
    assert len(lines) <= rows
    assert max((width(row) for row in lines), default=0) <= cells


def test_a_narrow_panel_has_its_charts_below_the_figures_and_as_wide_as_itself() -> None:
    rows = rows_of(latency_lines(PICTURES["healthy"](), 34, 14))
    names = [number for number, row in enumerate(rows) if row.split()[:1] in (["TTFT"], ["message"])]
    assert names[1] - names[0] == 3
    assert len(rows[names[0] + 1].rstrip()) > 30


# -- asking for them ---------------------------------------------------------------------------


def test_a_chart_is_asked_for_once_a_minute_and_not_computed_meanwhile() -> None:
    snapshot, backend, long = PICTURES["overloaded"](), StillBackend(), LongSpan()
    long.take(snapshot, backend, wanted=True)
    assert backend.focuses == [DAY]
    long.take(snapshot, backend, wanted=True)
    assert backend.focuses == [DAY]
    long.take(replace(snapshot, chart=day_of(snapshot)), backend, wanted=True)
    assert backend.focuses == [DAY, None]
    assert long.chart is not None
    for seconds in (1, 59):
        long.take(replace(snapshot, at=snapshot.at + timedelta(seconds=seconds)), backend, wanted=True)
    assert backend.focuses == [DAY, None]
    long.take(replace(snapshot, at=snapshot.at + timedelta(seconds=60)), backend, wanted=True)
    assert backend.focuses == [DAY, None, DAY]
    long.take(snapshot, backend, wanted=False)
    assert long.chart is None
    assert backend.focuses[-1] is None


@pytest.mark.parametrize(
    ("recorded", "hours"), [(timedelta(minutes=40), 1), (timedelta(hours=2), 6), (timedelta(hours=9), 24)]
)
def test_the_span_is_the_shortest_that_shows_what_is_recorded(recorded: timedelta, hours: int) -> None:
    snapshot, backend, long = PICTURES["overloaded"](), StillBackend(), LongSpan()
    for _ in range(4):
        long.take(snapshot, backend, wanted=True)
        if backend.focus is None:
            break
        chart = since(chart_for(backend.focus, snapshot), recorded)
        long.take(replace(snapshot, chart=chart), backend, wanted=True)
    assert backend.focus is None
    assert long.chart is not None
    assert long.chart.focus.span == timedelta(hours=hours)


def test_the_past_never_shows_what_came_after_it() -> None:
    snapshot, backend, long = PICTURES["overloaded"](), StillBackend(), LongSpan()
    long.take(replace(snapshot, chart=day_of(snapshot)), backend, wanted=True)
    then = snapshot.at - timedelta(hours=1)
    past = PastView(start=then - timedelta(minutes=10), end=snapshot.at)
    long.take(replace(snapshot, at=then, past=past), backend, wanted=True)
    assert long.chart is None
    assert backend.focus == DAY


async def test_the_dashboard_asks_only_where_it_has_room_and_again_after_a_zoom() -> None:
    snapshot = PICTURES["overloaded"]()
    app, backend = still_app(snapshot)
    async with app.run_test(size=(120, 40)) as pilot:
        backend.publish(snapshot)
        await pilot.pause()
        assert backend.focuses == []
        await pilot.resize_terminal(250, 80)
        backend.publish(snapshot)
        await pilot.pause()
        assert backend.focus == DAY
        await pilot.press("4")
        await pilot.press("escape")
        backend.publish(snapshot)
        await pilot.pause()
        assert backend.focus == DAY
        backend.publish(replace(snapshot, chart=day_of(snapshot)))
        await pilot.pause()
        assert "24h" in screen_text(app)


# -- own traffic ------------------------------------------------------------------------------


def test_own_traffic_stands_in_columns_with_names() -> None:
    view = trouble_with_traffic().traffic
    assert view is not None
    rows = rows_of(traffic_lines(view, 90, 34))
    heads = [row for row in rows if row.startswith(("application", "model"))]
    assert len({row.index("failing") for row in heads}) == 1
    for title in ("application", "model"):
        (head,) = [number for number, row in enumerate(rows) if row.startswith(title)]
        assert rows[head].split()[1:7] == ["calls", "failing", "TTFT", "p50", "p95", "cost/h"]
        end = rows[head].index("failing") + len("failing")
        # Numbers end where the name of their column does.
        shares = [row[:end].split()[-1] for row in rows[head + 1 : head + 3]]
        assert all(share.endswith("%") for share in shares), shares


def test_nothing_moves_in_a_large_panel_when_the_first_call_fails() -> None:
    view = trouble_with_traffic().traffic
    assert view is not None
    well = replace(
        view,
        all=replace(view.all, max_tokens=None, refusals=None, cut=0, abandoned=0, early=0),
        trend=tuple(replace(point, failed=0) for point in view.trend),
    )
    places = [
        next(
            number
            for number, row in enumerate(rows_of(traffic_lines(shown_view, 90, 40)))
            if "application" in row
        )
        for shown_view in (view, well)
    ]
    assert places[0] == places[1]
