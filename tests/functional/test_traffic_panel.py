"""Own traffic on the dashboard and in full screen: shown only if there is some."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from claude_tui.analysis.traffic.listing import ORDERS
from claude_tui.model.arrangement import Panel
from claude_tui.model.observation import Outcome
from claude_tui.model.snapshot import ModelState
from claude_tui.model.traffic import TrafficSource
from claude_tui.model.traffic_view import FailureCount, SourceState
from claude_tui.tui.panels.status import status_lines
from claude_tui.tui.panels.traffic import TrafficPanel, traffic_lines
from claude_tui.tui.panels.traffic_figures import pace
from claude_tui.tui.panels.traffic_zoom import Listing, traffic_zoom
from claude_tui.tui.render.lines import plain, width
from claude_tui.tui.screens.zoom import ZoomScreen
from tests.functional.still import still_app
from tests.functional.watched import Watched, arrives
from tests.snapshots.pictures import PICTURES
from tests.snapshots.traffic_scenes import healthy_traffic, quiet_traffic, trouble_with_traffic


def text(lines: tuple) -> str:  # type: ignore[type-arg]
    return "\n".join(plain(line) for line in lines)


def spaced(lines: tuple) -> str:  # type: ignore[type-arg]
    """The text with single blanks, wherever figures are aligned."""
    return " ".join(text(lines).split())


async def test_the_panel_comes_and_goes_with_the_traffic() -> None:
    app = Watched(PICTURES["healthy"]())
    async with app.run_test(size=(120, 40)) as pilot:
        dashboard = app.dashboard
        before = app.text()
        assert "6 Traffic" not in before
        assert "0-5 zoom" in before
        await arrives(pilot, healthy_traffic())
        assert dashboard.traffic.region.width > 40
        assert "6 Traffic" in app.text()
        assert "0-6 zoom" in app.text()
        await arrives(pilot, replace(healthy_traffic(), traffic=None))
        assert app.text() == before


async def test_the_tab_key_reaches_it_where_it_stands() -> None:
    app = Watched(trouble_with_traffic())
    async with app.run_test(size=(120, 40)) as pilot:
        seen = []
        for _ in range(6):
            await pilot.press("tab")
            await pilot.pause()
            assert app.dashboard.focused_panel is not None
            seen.append(app.dashboard.focused_panel.PANEL)
        assert seen[-3:] == [Panel.LATENCY, Panel.TRAFFIC, Panel.EVENTS]


async def test_its_number_opens_it_in_full_screen() -> None:
    app, _ = still_app(trouble_with_traffic())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.press("6")
        await pilot.pause()
        assert isinstance(app.screen, ZoomScreen)
        assert app.screen.panel is Panel.TRAFFIC
        shown = "\n".join(strip.text for strip in app.screen._compositor.render_strips())
        assert "By application" in shown


def test_the_panel_says_since_when_no_call_has_failed() -> None:
    """After a recovery, the share of the last minute still counts what failed before."""
    failing, snapshot = trouble_with_traffic().traffic, trouble_with_traffic()
    assert failing is not None
    assert TrafficPanel(snapshot).subtitle(snapshot) == "1m"
    *before, last, newest = failing.trend
    calm = tuple(replace(point, failed=0) for point in (last, newest))
    kept = tuple(call for call in failing.failed_calls if call.call.at < last.at - timedelta(seconds=9))
    over = replace(failing, trend=(*before, *calm), failed_calls=kept)
    shown = replace(snapshot, traffic=over)
    assert TrafficPanel(shown).subtitle(shown) == f"none failed since {last.at:%H:%M:%S}, 1m"
    again = replace(shown, traffic=replace(over, failed_calls=failing.failed_calls))
    assert TrafficPanel(again).subtitle(again) == "1m"
    silent = tuple(replace(point, calls=0) for point in calm)
    unknown = replace(shown, traffic=replace(over, trend=(*before, *silent)))
    assert TrafficPanel(unknown).subtitle(unknown) == "1m"


def test_the_panel_says_who_fails() -> None:
    view = trouble_with_traffic().traffic
    assert view is not None
    lines = text(traffic_lines(view, 46, 14))
    assert "failing  11%" in lines
    assert "overload  11%" in lines
    (checkout,) = (line for line in lines.splitlines() if line.startswith("checkout"))
    assert "34%" in checkout
    assert "≥$" in lines


def test_the_pace_of_calls_whose_span_is_not_over_is_not_known() -> None:
    figures = healthy_traffic().traffic.all
    assert pace(replace(figures, calls=61, per_second=0.0)) == "n/a"
    assert pace(replace(figures, calls=0, per_second=0.0)) == "0/min"


@pytest.mark.parametrize(
    ("per_second", "shown"),
    [
        (1234.5, "1,234.5/s"),
        (30.74, "30.7/s"),
        (1.2, "1.2/s"),
        (0.97, "0.97/s"),
        (0.1, "0.10/s"),
        (0.083, "5/min"),
    ],
)
def test_the_unit_of_a_pace_does_not_change_around_one_a_second(per_second: float, shown: str) -> None:
    figures = replace(healthy_traffic().traffic.all, per_second=per_second)
    assert pace(figures) == shown


@pytest.mark.parametrize(
    ("outcome", "error_type", "words"),
    [
        (Outcome.KEY_REJECTED, "authentication_error", "authentication 90%"),
        (Outcome.SERVER_ERROR, "api_error", "api error 90%"),
        (Outcome.NETWORK, "closed", "connection closed 90%"),
        (Outcome.INVALID_RESPONSE, "html_page", "html page 90%"),
    ],
)
def test_the_commonest_failure_is_named_as_the_verdict_does(
    outcome: Outcome, error_type: str, words: str
) -> None:
    """`failing 90%  overload 0  limited 0` did not say what fails, beside a headline about a key."""
    view = trouble_with_traffic().traffic
    assert view is not None
    most = FailureCount(outcome, error_type, 90, 0.9)
    few = FailureCount(Outcome.OVERLOADED, "overloaded_error", 2, 0.02)
    figures = replace(view.all, calls=100, failed=92, failing=0.92, failures=(most, few))
    assert f"failing 92% {words}" in spaced(traffic_lines(replace(view, all=figures), 46, 14))
    overloaded = replace(figures, failures=(replace(few, count=90), replace(most, count=2)))
    assert "failing 92% overload 90% limited 0" in spaced(
        traffic_lines(replace(view, all=overloaded), 80, 14)
    )


@pytest.mark.parametrize(
    ("outcome", "error_type", "words"),
    [
        (Outcome.OVERLOADED, "overloaded_error", "overload 90%"),
        (Outcome.RATE_LIMITED, "rate_limit_error", "limited 90%"),
    ],
)
def test_in_a_narrow_panel_what_fails_outlasts_a_zero(outcome: Outcome, error_type: str, words: str) -> None:
    view = trouble_with_traffic().traffic
    assert view is not None
    failures = (FailureCount(outcome, error_type, 90, 0.9),)
    figures = replace(view.all, calls=100, failed=90, failing=0.9, failures=failures)
    assert f"failing 90% {words}" in spaced(traffic_lines(replace(view, all=figures), 46, 14))


def test_the_tables_count_overloads_by_what_they_are_and_not_by_their_status() -> None:
    """A gateway answers 500 with an overloaded_error: a column headed 529 counted it."""
    lines = text(traffic_zoom(trouble_with_traffic(), 120)).splitlines()
    (head,) = {line for line in lines if "calls▾" in line}
    assert {"overload", "limited"} <= set(head.split())
    assert not {"529", "429"} & set(head.split())


def test_nothing_moves_when_a_figure_grows_a_digit() -> None:
    view = trouble_with_traffic().traffic
    assert view is not None
    small = replace(view.all, per_second=9.9, failing=0.09, prompt_p95=800, usd_per_hour=9.5)
    large = replace(view.all, per_second=10.1, failing=0.1, prompt_p95=4800, usd_per_hour=10.5)
    before, after = (
        [plain(row) for row in traffic_lines(replace(view, all=figures), 80, 14)]
        for figures in (small, large)
    )
    for word in ("failing", "overload", "limited", "attempts", "per 1,000", "prompt p95", "/min", "cached"):
        assert [row.find(word) for row in before] == [row.find(word) for row in after], word


@pytest.mark.parametrize("rows", range(1, 40))
@pytest.mark.parametrize("cells", [20, 46, 80, 120])
def test_it_fits_any_place_and_says_the_most_important_first(cells: int, rows: int) -> None:
    for snapshot in (trouble_with_traffic(), healthy_traffic(), quiet_traffic()):
        assert snapshot.traffic is not None
        lines = traffic_lines(snapshot.traffic, cells, rows)
        assert len(lines) <= rows
        assert all(width(line) <= cells for line in lines)
        assert "failing" in plain(lines[0]) or "no calls" in plain(lines[0]) or cells < 20


def test_a_source_that_is_quiet_and_one_that_tells_less_are_named() -> None:
    view = quiet_traffic().traffic
    assert view is not None
    lines = text(traffic_lines(view, 46, 14))
    assert "▲ proxy quiet since 13:5" in lines
    assert "▲ otlp: tokens absent since 12:1" in lines


def test_where_every_source_is_quiet_no_figure_stands_for_now() -> None:
    """`0/min  failing n/a` looked like a measurement, and the second source had no row at 80x24."""
    view = quiet_traffic().traffic
    assert view is not None
    first, last = datetime(2026, 11, 20, 13, 57, tzinfo=UTC), datetime(2026, 11, 20, 13, 59, tzinfo=UTC)
    sources = (
        SourceState(TrafficSource.PROXY, first, first, ()),
        SourceState(TrafficSource.OTLP, last, last, ()),
    )
    quiet = replace(view, sources=sources, all=replace(view.all, calls=0, per_second=0.0))
    assert text(traffic_lines(quiet, 78, 2)).splitlines() == [
        "no calls since 13:59",
        "▲ proxy quiet since 13:57, otlp since 13:59",
    ]
    partly_quiet = replace(quiet, sources=(sources[0], replace(sources[1], quiet_since=None)))
    assert "no calls" not in text(traffic_lines(partly_quiet, 78, 2))


def test_full_screen_has_tables_failed_and_slowest_calls_with_their_ids() -> None:
    lines = text(traffic_zoom(trouble_with_traffic(), 200))
    for words in (
        "By application",
        "By model",
        "Usual",
        "Failures",
        "Failed calls",
        "Slowest calls",
        "Sources",
    ):
        assert words in lines
    assert "claude-opus-5-5" in lines
    assert "retry after 30s" in lines
    assert lines.count("req_011C") > 10
    assert "attempts" in lines


async def test_o_sorts_the_tables_and_a_filter_narrows_them_until_escape() -> None:
    app, _ = still_app(trouble_with_traffic())
    async with app.run_test(size=(120, 40)) as pilot:

        def shown() -> str:
            return "\n".join(strip.text for strip in app.screen._compositor.render_strips())

        await pilot.press("6")
        await pilot.pause()
        assert "calls▾" in shown()
        assert shown().index("batch ") < shown().index("checkout ")
        await pilot.press("o")
        await pilot.pause()
        assert "failing▾" in shown()
        assert shown().index("checkout ") < shown().index("batch ")
        await pilot.press("/", *"app:batch", "enter")
        await pilot.pause()
        assert "only “app:batch”" in shown()
        assert "checkout " not in shown()
        assert "none match the filter" in shown()
        await pilot.press("escape")
        await pilot.pause()
        assert isinstance(app.screen, ZoomScreen)
        assert "checkout " in shown()


WORDS = {
    *(
        "▾",
        "calls",
        "pace",
        "failing",
        "overload",
        "limited",
        "TTFT",
        "p50",
        "p95",
        "p99",
        "cost/h",
        "in/min",
    ),
    *("out/min", "attempts", "cached", "per", "1,000", "prompt"),
}


@pytest.mark.parametrize("cells", range(40, 202, 3))
def test_no_two_columns_of_a_table_touch(cells: int) -> None:
    for order in ORDERS:
        lines = text(traffic_zoom(trouble_with_traffic(), cells, listing=Listing(order))).splitlines()
        heads = [line for line in lines if f"{order}▾" in line]
        assert len(heads) == 2
        assert all(set(head.replace("▾", " ").split()) <= WORDS for head in heads), heads


def test_percentiles_stand_in_their_order_whichever_of_them_fit() -> None:
    for cells, names in ((80, ["p95"]), (120, ["p50", "p95"]), (200, ["p50", "p95", "p99"])):
        lines = text(traffic_zoom(trouble_with_traffic(), cells)).splitlines()
        head = next(line for line in lines if "calls▾" in line)
        assert [word for word in head.partition("cost")[0].split() if word.startswith("p")][1:] == names


def test_a_table_names_only_the_words_that_it_heeds() -> None:
    lines = text(
        traffic_zoom(trouble_with_traffic(), 120, listing=Listing(filter_text="app:checkout status:529 opus"))
    )
    (models,) = (line for line in lines.splitlines() if line.startswith("By model"))
    assert "only “status:529”" in models
    (applications,) = (line for line in lines.splitlines() if line.startswith("By application"))
    assert "only “app:checkout status:529”" in applications


def test_a_lone_row_says_who_fails() -> None:
    view = trouble_with_traffic().traffic
    assert view is not None
    assert "checkout" in text(traffic_lines(view, 76, 2))
    healthy = healthy_traffic().traffic
    assert healthy is not None
    assert "TTFT" in text(traffic_lines(healthy, 76, 2))


def test_full_screen_without_traffic_says_how_there_would_be_some() -> None:
    assert "proxy" in text(traffic_zoom(PICTURES["healthy"](), 80))


def test_a_tall_panel_draws_the_trend_higher_and_keeps_its_rows() -> None:
    view = trouble_with_traffic().traffic
    assert view is not None
    low, high = (text(traffic_lines(view, 76, rows)).split("\n") for rows in (14, 40))
    assert sum("█" in row or "▇" in row for row in low) < sum("█" in row or "▇" in row for row in high)
    for row in ("checkout", "opus-5-5", "TTFT", "overloaded_error"):
        assert any(row in drawn_row for drawn_row in high)
    assert len(high) <= 40


@pytest.mark.parametrize(("cells", "rows"), [(45, 20), (60, 14)])
def test_models_below_applications_have_the_same_columns(cells: int, rows: int) -> None:
    view = healthy_traffic().traffic
    assert view is not None
    names = ("batch", "sonnet-5-5")
    drawn = [plain(line) for line in traffic_lines(view, cells, rows)]
    found = [next(row for row in drawn if row.startswith(name)) for name in names]
    assert len({row.index("/s") for row in found}) == len({row.index("p95") for row in found}) == 1


def test_the_tables_have_shares_and_no_counts_beside_them() -> None:
    """`failing 52%  overload 15  limited 0` mixed two kinds of figures."""
    rows = text(traffic_zoom(trouble_with_traffic(), 120)).splitlines()
    start = next(number for number, row in enumerate(rows) if "calls▾" in row)
    head, checkout = rows[start], next(row for row in rows[start:] if row.startswith("checkout"))
    for name in ("failing", "overload", "limited"):
        end = head.index(name) + len(name)
        assert checkout[:end].endswith("%")


def test_a_probed_model_that_fails_in_own_traffic_is_marked_whatever_its_last_probe() -> None:
    """`Opus is overloaded` stood above a green Opus, which is probed every few minutes."""
    snapshot = trouble_with_traffic()
    assert snapshot.traffic is not None
    states = tuple(
        ModelState(f"claude-{name.lower()}-5-5", name, True, False, False, None, (), 3, snapshot.at)
        for name in ("Haiku", "Opus")
    )
    assert any(trouble.models == ("claude-opus-5-5",) for trouble in snapshot.traffic.troubles)
    shown = text(status_lines(replace(snapshot, models=states), 60, 4))
    assert "● Haiku  ▲ Opus" in shown
    well = replace(snapshot, models=states, traffic=replace(snapshot.traffic, troubles=()))
    assert "● Haiku  ● Opus" in text(status_lines(well, 60, 4))
