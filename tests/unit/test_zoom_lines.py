"""What the zoomed panels are made of, without Textual."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_tui.model.arrangement import Panel
from claude_tui.model.snapshot import Calls, Chart, ChartSeries, Event, EventKind, Focus, Level
from claude_tui.model.verdict import PageAgreement
from claude_tui.tui.panels.errors_zoom import errors_zoom
from claude_tui.tui.panels.headroom_zoom import Thresholds, headroom_zoom
from claude_tui.tui.panels.latency_chart import series_chart
from claude_tui.tui.panels.latency_zoom import figures_zoom, legend, usual_of
from claude_tui.tui.panels.status_zoom import status_zoom
from claude_tui.tui.panels.zoom_parts import SPANS, next_span
from claude_tui.tui.render.curve import curve
from claude_tui.tui.render.lines import Lines, plain, width
from claude_tui.tui.render.plot import nice_ticks, plot_lines
from claude_tui.tui.render.time_axis import time_axis, time_ticks
from claude_tui.tui.render.time_grid import Grid, chart_until, values_per_cell
from tests.functional.still import chart_for
from tests.snapshots.pictures import AT, PICTURES

LIMITS = Thresholds(0.2, 0.05)
SIZES = [(56, 14), (76, 19), (116, 34), (196, 54)]


def text_of(lines: Lines) -> str:
    return "\n".join(plain(line) for line in lines)


def chart(*points: tuple[float, float | None], span_s: float = 900, name: str = "TTFT") -> Chart:
    """Points given as (seconds ago, value)."""
    series = ChartSeries(name, tuple((AT - timedelta(seconds=ago), value) for ago, value in points))
    span = timedelta(seconds=span_s)
    return Chart(Focus(Panel.LATENCY, span), AT - span, AT, "s", (series,))


# -- time ------------------------------------------------------------------------


def test_spans_stop_at_either_end() -> None:
    assert next_span(SPANS[0], -1) == SPANS[0]
    assert next_span(SPANS[0], 1) == SPANS[1]
    assert next_span(SPANS[-1], 1) == SPANS[-1]


@given(st.sampled_from(SPANS), st.integers(10, 250), st.integers(0, 86_400))
def test_ticks_are_round_and_in_order(span: timedelta, cells: int, shift: int) -> None:
    end = AT + timedelta(seconds=shift)
    ticks = time_ticks(end - span, end, cells)
    assert [cell for cell, _ in ticks] == sorted({cell for cell, _ in ticks})
    assert all(0 <= cell < cells for cell, _ in ticks)
    assert width(time_axis(end - span, end, cells)) <= cells


def test_ticks_at_their_places() -> None:
    start = datetime(2026, 11, 20, 13, 50, 0, tzinfo=UTC)
    assert time_ticks(start, start + timedelta(minutes=15), 60) == ((20, "13:55"), (40, "14:00"))


def test_a_point_keeps_its_cell_while_the_chart_moves_on() -> None:
    first = chart((100.0, 1.0), span_s=900)
    instant = first.series[0].points[0][0]
    grids = [Grid.over(replace(first, end=AT + timedelta(seconds=seconds)), 90) for seconds in range(30)]
    assert len({grid.cell_of(instant) + round(grid.end_s / grid.cell_s) for grid in grids}) == 1
    assert len({grid.end_s for grid in grids}) == 4  # 10 s to a cell


def test_a_value_holds_until_the_next_or_a_gap() -> None:
    points = chart((80, 1.0), (50, 2.0), (40, None), (20, 3.0), (10, 4.0), span_s=100).series[0].points
    grid = Grid(AT.timestamp(), 10.0, 10)
    assert values_per_cell(points, grid, min) == (None, 1.0, 1.0, 1.0, 2.0, None, None, 3.0, 4.0, 4.0)


def test_points_that_share_a_cell_leave_the_worst() -> None:
    points = chart((9, 0.9), (5, 0.1), (1, 0.5), span_s=100).series[0].points
    assert values_per_cell(points, Grid(AT.timestamp(), 10.0, 10), min)[-1] == 0.1


def test_a_chart_for_a_paused_view_ends_at_its_instant() -> None:
    instant = AT - timedelta(seconds=60)
    cut = chart_until(chart((100, 1.0), (60, 2.0), (30, 3.0)), instant)
    assert cut.end == instant
    assert [value for _, value in cut.series[0].points] == [1.0, 2.0]


# -- drawing ---------------------------------------------------------------------


@given(st.lists(st.none() | st.floats(-1, 2, allow_nan=False), min_size=1, max_size=60), st.integers(1, 6))
def test_a_curve_fills_its_box_and_leaves_gaps(values: list[float | None], rows: int) -> None:
    drawn = curve(values, rows, lambda value: "info")
    assert len(drawn) == rows
    assert all(width(line) == len(values) for line in drawn)
    for column, value in enumerate(values):
        assert any(plain(line)[column] != " " for line in drawn) == (value is not None)


def test_a_curve_has_its_ends_at_the_edges_and_its_roles() -> None:
    top, bottom = curve([1.0, 0.0], 2, lambda value: "bad" if value == 0 else "info")
    assert plain(top)[0] == "⠉"
    assert plain(bottom)[1] in "⣀⡇⣇"
    assert {span.role for span in bottom if span.text.strip()} == {"bad"}


@given(st.floats(0, 1e5), st.integers(2, 60))
def test_axis_labels_are_round_and_below_the_top(highest: float, rows: int) -> None:
    top, ticks = nice_ticks(highest, rows)
    assert top >= highest
    assert len(ticks) >= 2
    assert ticks[0] == (0.0, "0")
    assert all(value <= top + 1e-9 for value, _ in ticks)
    assert len({label for _, label in ticks}) == len(ticks)


def test_plot_has_roles_axis_and_size() -> None:
    lines = plot_lines(chart((800, 0.4), (400, 0.5), (30, 4.0)), 90, 16, usual=0.41)
    assert len(lines) == 16
    assert all(width(line) <= 90 for line in lines)
    roles = {span.role for line in lines for span in line if span.text.strip()}
    assert roles == {"info", "faint", "edge"}
    assert "4s │" in text_of(lines)
    assert "╵14:00" in plain(lines[-1])


def test_plot_without_colours_uses_letters() -> None:
    drawn = text_of(plot_lines(chart((800, 0.4), (30, 4.0)), 90, 16, plain=True))
    assert "t" in drawn
    assert not any("\u2801" <= char <= "\u28ff" for char in drawn)


def test_plot_of_nothing_is_an_empty_frame() -> None:
    assert len(plot_lines(replace(chart(), series=()), 90, 10)) == 10
    assert plot_lines(chart((10, 1.0)), 5, 10) == ()


def test_plot_keeps_to_its_canvas_whatever_the_values() -> None:
    lines = plot_lines(chart((5_000, 1.0), (800, -1e9), (400, 1e12), (100, 0.5)), 90, 12, usual=1e-6)
    assert len(lines) == 12
    assert all(width(line) <= 90 for line in lines)


def test_a_gap_is_not_bridged() -> None:
    lines = plot_lines(chart((800, 1.0), (600, 1.0), (500, None), (400, 1.0), (200, 1.0)), 100, 10)
    row = max((plain(line)[7:] for line in lines[:-1]), key=lambda text: len(text.replace(" ", "")))
    assert " " * 10 in row.strip()


# -- panels ----------------------------------------------------------------------


@pytest.mark.parametrize("scene", PICTURES)
@pytest.mark.parametrize("size", SIZES)
def test_no_line_is_wider_than_the_screen(scene: str, size: tuple[int, int]) -> None:
    snapshot, (cells, rows) = PICTURES[scene](), size
    for span in (SPANS[0], SPANS[-1]):
        room = chart_for(Focus(Panel.HEADROOM, span), snapshot)
        failed = chart_for(Focus(Panel.ERRORS, span), snapshot)
        slow = chart_for(Focus(Panel.LATENCY, span), snapshot)
        drawn = [
            status_zoom(snapshot, cells),
            headroom_zoom(snapshot, room, cells, rows, LIMITS),
            headroom_zoom(snapshot, None, cells, rows, LIMITS),
            errors_zoom(snapshot, failed, 1, cells, rows),
            errors_zoom(snapshot, None, 2, cells, rows),
            figures_zoom(snapshot, cells, rows),
            (legend(slow, usual_of(snapshot.latency), cells, plain=False),),
        ]
        for lines in drawn:
            assert lines
            assert max(width(line) for line in lines) <= cells


def test_the_usual_latency_is_dashed_so_that_it_is_no_curve() -> None:
    flat = chart((890, 0.1), (450, 0.1), (5, 0.1))
    above = [plain(row)[7:] for row in plot_lines(flat, 90, 16, usual=0.4)]
    (dashed,) = (row for row in above[:6] if row.strip())
    assert set(map(len, dashed.split())) == {2}
    assert len(dashed.split()) > 10


def test_a_dense_chart_draws_the_median_of_each_cell() -> None:
    """A narrow chart of many probes was a cloud."""
    dense = [(900 - 4 * n, 1.6 if n % 3 == 2 else 0.4) for n in range(225)]
    rows = [plain(row).partition("│")[2] for row in plot_lines(chart(*dense), 60, 12)[:-1]]
    assert sum(bool(row.strip()) for row in rows) == 1
    # With a cell for each of them, all are drawn.
    rows = [plain(row).partition("│")[2] for row in plot_lines(chart(*dense), 260, 12)[:-1]]
    assert sum(bool(row.strip()) for row in rows) > 5


def test_the_status_page_has_what_it_changed_lately() -> None:
    snapshot = PICTURES["incident"]()
    changed = Event("a", AT, EventKind.STATUS, Level.WARN, "status", "Claude API partial outage")
    failed = Event("b", AT, EventKind.FAILURE, Level.BAD, "messages", "529 overloaded")
    text = text_of(status_zoom(replace(snapshot, events=(changed, failed)), 116))
    changes = text[text.index("Changes") :]
    assert "Claude API partial outage" in changes
    assert "529 overloaded" not in changes
    assert "Changes" not in text_of(status_zoom(replace(snapshot, events=(failed,)), 116))


def test_status_tells_every_update_with_its_age() -> None:
    text = text_of(status_zoom(PICTURES["incident"](), 116))
    assert "! Elevated errors on requests to Claude Opus 5.5 and Claude Haiku 5.5" in text
    assert "identified  14:00:15, 5m ago" in text
    assert "investigating  13:23:33, 42m ago" in text
    assert "impact major" in text
    assert "affects Claude API (api.anthropic.com), Claude Code" in text
    assert text.index("Elevated errors") < text.index("Login problems")
    assert "not one you use" in text
    assert "Database upgrade" in text


def test_a_page_that_resolved_its_report_is_contradicted_while_requests_fail() -> None:
    snapshot = PICTURES["overloaded"]()
    resolved = replace(snapshot, verdict=replace(snapshot.verdict, page=PageAgreement.RESOLVED))
    assert "says it is resolved; requests still fail" in text_of(status_zoom(resolved, 116))
    assert "resolved" not in text_of(status_zoom(snapshot, 116))


def test_status_that_is_unknown_says_why_and_claims_nothing() -> None:
    text = text_of(status_zoom(PICTURES["page_unknown"](), 76))
    assert "can't be read" in text
    assert "HTTP 405" in text
    assert "operational" not in text


def test_headroom_shows_every_fact_even_on_a_narrow_screen() -> None:
    snapshot = PICTURES["draining"]()
    chart_ = chart_for(Focus(Panel.HEADROOM, SPANS[0]), snapshot)
    for cells in (76, 116):
        text = text_of(headroom_zoom(snapshot, chart_, cells, 34, LIMITS))
        for fact in ("18%", "14.2k of 80k", "4,480/min used", "out in 3m 08s", "resets in 5m 00s"):
            assert fact in text


def test_headroom_curve_turns_with_the_thresholds() -> None:
    assert [LIMITS.role(left) for left in (0.5, 0.2, 0.05, 0.0)] == ["info", "warn", "bad", "bad"]


def test_headroom_without_limits_says_so() -> None:
    assert "No limits reported yet" in text_of(headroom_zoom(PICTURES["nothing"](), None, 76, 19, LIMITS))


def test_subscription_windows_are_charted_as_used() -> None:
    snapshot = PICTURES["subscription"]()
    text = text_of(
        headroom_zoom(snapshot, chart_for(Focus(Panel.HEADROOM, SPANS[0]), snapshot), 116, 34, LIMITS)
    )
    assert "5h window" in text
    assert "97% used" in text


def test_errors_list_what_failed() -> None:
    text = text_of(errors_zoom(PICTURES["overloaded"](), None, 1, 116, 34))
    assert "in the last 5m" in text
    rows = text.splitlines()
    first = rows[next(number for number, row in enumerate(rows) if "What failed" in row) + 2]
    for part in ("24", "83%", "messages", "overloaded", "529", "overloaded_error", "14:05:31"):
        assert part in first


@pytest.mark.parametrize(("cells", "label"), [(56, "Client errors  "), (116, "Client errors (4xx)  ")])
def test_a_long_label_of_a_class_fits(cells: int, label: str) -> None:
    snapshot = PICTURES["overloaded"]()
    windows = tuple(
        replace(error, rows=(*error.rows[:-1], replace(error.rows[-1], label="Client errors (4xx)")))
        for error in snapshot.errors
    )
    drawn = errors_zoom(replace(snapshot, errors=windows), None, 1, cells, 34)
    assert label in text_of(drawn)
    assert max(width(row) for row in drawn) <= cells


def test_errors_of_lists_are_counted_beside_those_of_messages() -> None:
    snapshot = PICTURES["overloaded"]()
    text = text_of(errors_zoom(snapshot, None, 1, 116, 34))
    assert "messages failed" in text
    assert "lists failed" not in text
    windows = tuple(replace(error, models=Calls(60, 16)) for error in snapshot.errors)
    (row,) = (
        row
        for row in text_of(errors_zoom(replace(snapshot, errors=windows), None, 1, 116, 34)).splitlines()
        if "lists failed" in row
    )
    assert row.count("16 of 60") == len(windows)


@pytest.mark.parametrize("most", [1, 2, 3, 4, 40])
def test_no_row_above_a_trend_is_empty(most: int) -> None:
    """A single failure stood in the lowest of four rows."""
    snapshot = PICTURES["overloaded"]()
    chart = chart_for(Focus(Panel.ERRORS, SPANS[0]), snapshot)
    points = tuple((AT - timedelta(minutes=ago), float(min(most, 10 - ago))) for ago in range(9, -1, -1))
    key = snapshot.errors[1].rows[0].key
    chart = replace(chart, series=(ChartSeries(key, points),))
    rows = text_of(errors_zoom(snapshot, chart, 1, 116, 50)).splitlines()
    above = rows[: next(number for number, row in enumerate(rows) if "messages failed" in row)]
    assert any("█" in row for row in above)
    assert all(row.strip() for row in above)


def test_errors_that_did_not_happen_are_shown() -> None:
    text = text_of(errors_zoom(PICTURES["healthy"](), None, 1, 116, 34))
    assert "nothing: 30 probes in 5m, none failed" in text


def test_latency_figures_include_p99_and_baseline() -> None:
    text = text_of(figures_zoom(PICTURES["slow"](), 116, 34))
    for part in ("p99", "usual", "vs usual", "1.60s", "442ms", "3.6×", "server 119", "network 16"):
        assert part in text


def test_latency_says_that_usual_cannot_be_measured_yet() -> None:
    snapshot = PICTURES["healthy"]()
    series = [replace(line, baseline=None, baseline_span=None) for line in snapshot.latency.series]
    latency = replace(snapshot.latency, series=tuple(series))
    words = text_of(figures_zoom(replace(snapshot, latency=latency), 116, 34))
    assert "usual: not enough history yet" in words


def test_the_colours_of_a_latency_follow_the_limits_of_the_verdict() -> None:
    series = replace(PICTURES["healthy"]().latency.series[0], points=(0.4, 0.9, 1.4, None))

    def roles(warn_s: float, slow_s: float) -> set[str]:
        limited = replace(series, warn_above_s=warn_s, slow_above_s=slow_s)
        return {span.role for row in series_chart(limited, 4, 1, colour_usual=True) for span in row} & {
            "info",
            "warn",
            "bad",
        }

    assert roles(0.8, 1.3) == {"info", "warn", "bad"}
    assert roles(0.8, 2.0) == {"info", "warn"}
    assert roles(2.0, 3.0) == {"info"}


def test_failures_are_marked_and_nothing_looks_healthy_in_an_outage() -> None:
    series = replace(
        PICTURES["healthy"]().latency.series[0], points=(0.4,) * 38 + (None,) * 2, failed=(0,) * 38 + (1, 3)
    )
    for rows in (1, 2, 5):
        for colour_usual in (True, False):
            drawn = series_chart(series, 20, rows, colour_usual=colour_usual)
            assert len(drawn) == rows
            assert {width(row) for row in drawn} == {20}
            assert plain(drawn[-1]).index("✗") == 19
            assert {span.role for span in drawn[-1] if "✗" in span.text} == {"bad"}
            assert ("info" in {span.role for row in drawn for span in row}) == colour_usual


def test_what_failed_in_part_differs_from_what_failed_altogether() -> None:
    series = replace(PICTURES["healthy"]().latency.series[0], points=(0.4, 0.4, None, None, 0.4, 0.4))
    drawn = plain(series_chart(replace(series, failed=(0, 1, 2, 1, 0, 0)), 3, 1, colour_usual=False)[0])
    assert drawn[:2] == "×✗"
    assert drawn[2] not in "×✗"


def test_a_chart_of_several_rows_shows_two_values_in_a_cell() -> None:
    series = replace(PICTURES["healthy"]().latency.series[0], points=(0.4, 1.6) * 20, failed=(), baseline=0.4)
    upper, lower, marks = map(plain, series_chart(series, 20, 3, colour_usual=True))
    # 0.4 and 1.6 take turns in the columns of every cell, and are joined.
    assert upper == "⢸" + "⣿" * 19
    assert lower == "⠚" + "⠛" * 19
    assert marks.strip() == ""


def test_latency_says_when_now_is_history() -> None:
    snapshot = PICTURES["overloaded"]()
    series = replace(snapshot.latency.series[0], failed_since=7, failures=9)
    latency = replace(snapshot.latency, series=(series, *snapshot.latency.series[1:]))
    text = text_of(figures_zoom(replace(snapshot, latency=latency), 116, 34))
    assert "TTFT: last success at 14:04:51; 7 failed since" in text


def test_at_sixty_cells_types_and_ages_are_whole() -> None:
    """`overloade…`, and `as of 01:5…` behind a reset that is not known."""
    errors = text_of(errors_zoom(PICTURES["overloaded"](), None, 1, 56, 16))
    assert "count share" in errors
    assert "overloaded_error" in errors
    assert "s ago" in errors
    snapshot = PICTURES["overloaded"]()
    stale = tuple(replace(bucket, stale=True, reset_at=None) for bucket in snapshot.headroom.buckets)
    old = replace(snapshot, headroom=replace(snapshot.headroom, buckets=stale))
    rows = text_of(headroom_zoom(old, None, 56, 16, LIMITS)).splitlines()
    assert sum(row.endswith(" · as of 14:04:51") for row in map(str.rstrip, rows)) == len(stale)
