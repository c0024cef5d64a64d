"""Where things stand, at every size a terminal may have; frames, gauges and sparklines."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_tui.model.arrangement import HIDEABLE, Preset
from claude_tui.tui.render.frame import Frame, framed, inner_size
from claude_tui.tui.render.gauge import gauge
from claude_tui.tui.render.lines import line, plain, width
from claude_tui.tui.render.sparkline import GAP, bars, resample, sparkline
from claude_tui.tui.screens.layout import Slot, arrange, shows

PANELS = {"status", "headroom", "errors", "latency", "events"}
SIZES = [(60, 20), (80, 24), (100, 30), (120, 40), (200, 60), (250, 80), (60, 60)]
# What the smallest screen has no room for beside the traffic.
SMALL = {(60, 20): {"status", "latency"}, (80, 24): {"status"}}


def overlap(first: Slot, second: Slot) -> bool:
    return (
        first.x < second.x + second.cells
        and second.x < first.x + first.cells
        and first.y < second.y + second.rows
        and second.y < first.y + first.rows
    )


HIDEABLE_SETS = st.frozensets(st.sampled_from(HIDEABLE))


def tiled(slots: Mapping[str, Slot], cells: int, rows: int) -> None:
    """Every cell belongs to one slot, but for blank rows directly around the strip."""
    covered = [0] * rows
    for slot in slots.values():
        assert slot.x >= 0
        assert slot.y >= 0
        assert slot.rows > 0
        assert slot.cells > 0
        assert slot.x + slot.cells <= cells
        assert slot.y + slot.rows <= rows
        for y in range(slot.y, slot.y + slot.rows):
            covered[y] += slot.cells
    strip = slots.get("strip", slots.get("header"))
    assert strip is not None
    around = {strip.y - 1, strip.y + strip.rows}
    for y, count in enumerate(covered):
        assert count == cells or (count == 0 and y in around), f"row {y}"


@pytest.mark.parametrize("preset", Preset)
def test_every_size_is_filled_without_overlap_or_gap(preset: Preset) -> None:
    for cells, rows in itertools.product(range(1, 301), range(1, 101)):
        odd = (cells + rows) % 2
        slots = arrange(
            cells, rows, lambda *_: 6, odd, 1 + rows % 2, traffic=cells % 2 == 0, preset=preset
        ).slots
        tiled(slots, cells, rows)


def assert_apart(slots: Iterable[Slot]) -> None:
    assert not any(overlap(*pair) for pair in itertools.combinations(slots, 2))


@given(
    st.integers(1, 300),
    st.integers(1, 100),
    st.integers(1, 9),
    st.integers(0, 1),
    st.integers(1, 2),
    st.booleans(),
    st.sampled_from(Preset),
    HIDEABLE_SETS,
)
def test_nothing_overlaps_or_leaves_the_screen_whatever_is_hidden(
    cells: int,
    rows: int,
    strip: int,
    incident: int,
    header: int,
    traffic: bool,
    preset: Preset,
    hidden: frozenset[str],
) -> None:
    slots = arrange(
        cells, rows, lambda *_: strip, incident, header, traffic=traffic, preset=preset, hidden=hidden
    ).slots
    tiled(slots, cells, rows)
    assert_apart(slots.values())
    assert not hidden & slots.keys()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("traffic", [False, True])
@pytest.mark.parametrize("preset", Preset)
def test_what_a_preset_shows_is_on_every_size(preset: Preset, traffic: bool, size: tuple[int, int]) -> None:
    slots = arrange(*size, lambda *_: 4, traffic=traffic, preset=preset).slots
    wanted = {name for name in HIDEABLE if shows(name, preset, traffic=traffic)}
    # The record needs room beside the others, but for the quiet preset.
    assert wanted - slots.keys() <= (set() if preset is Preset.QUIET else {"record"} | SMALL.get(size, set()))


def test_the_traffic_preset_gives_traffic_the_most_room() -> None:
    for size in SIZES:
        slots = arrange(*size, lambda *_: 4, traffic=True, preset=Preset.TRAFFIC).slots
        rest = {name: slot for name, slot in slots.items() if name in HIDEABLE}
        area = {name: slot.cells * slot.rows for name, slot in rest.items()}
        assert max(area, key=lambda name: area[name]) == "traffic"


def test_the_quiet_preset_has_the_record_and_little_else() -> None:
    for size in SIZES:
        slots = arrange(*size, lambda *_: 4, preset=Preset.QUIET).slots
        assert slots.keys() - {"header", "strip", "footer"} == {"record", "latency"}
        assert slots["record"].rows >= slots["latency"].rows


@pytest.mark.parametrize("size", [(200, 60), (250, 80), (60, 60)])
@pytest.mark.parametrize("preset", Preset)
def test_large_screens_have_a_place_for_the_record(preset: Preset, size: tuple[int, int]) -> None:
    assert "record" in arrange(*size, lambda *_: 4, traffic=True, preset=preset).slots


def test_what_is_hidden_leaves_its_room_to_the_others() -> None:
    all_of_them = arrange(120, 40, lambda *_: 6).slots
    without = arrange(120, 40, lambda *_: 6, hidden=frozenset({"errors"})).slots
    assert without["headroom"].cells > all_of_them["headroom"].cells
    assert without["latency"] == all_of_them["latency"]
    rowless = arrange(120, 40, lambda *_: 6, hidden=frozenset({"latency", "events"})).slots
    assert rowless["status"].rows > all_of_them["status"].rows


def test_with_all_panels_hidden_the_verdict_has_the_screen() -> None:
    for size in SIZES:
        slots = arrange(*size, lambda *_: 4, hidden=frozenset(HIDEABLE)).slots
        assert slots.keys() == {"header", "strip", "footer"}


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60), (100, 18), (80, 50), (60, 20)])
def test_every_panel_has_its_place(size: tuple[int, int]) -> None:
    slots = arrange(*size, lambda *_: 3).slots
    assert slots.keys() - {"record"} == PANELS | {"header", "strip", "footer"}


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60), (100, 18), (80, 50), (60, 20)])
def test_own_traffic_has_a_place_and_takes_no_panel_away(size: tuple[int, int]) -> None:
    slots = arrange(*size, lambda *_: 3, traffic=True).slots
    assert slots.keys() - {"record"} == PANELS | {"header", "strip", "traffic", "footer"}
    without = arrange(*size, lambda *_: 3).slots
    assert [slots[region] == without[region] for region in ("header", "strip", "footer")] == [True] * 3


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (60, 20)])
def test_an_incident_has_the_row_under_the_header_and_takes_no_panel_away(size: tuple[int, int]) -> None:
    slots = arrange(*size, lambda *_: 5, 1).slots
    assert slots.keys() == PANELS | {"header", "incident", "strip", "footer"}
    assert slots["incident"] == Slot(0, 1, size[0], 1)


def test_wide_terminals_have_three_panels_over_two() -> None:
    slots = arrange(120, 40, lambda *_: 5).slots
    assert slots["status"].y == slots["headroom"].y == slots["errors"].y
    assert slots["latency"].y == slots["events"].y == slots["status"].y + slots["status"].rows
    assert all(slots[panel].frame is Frame.BOX for panel in PANELS)


def test_trouble_does_not_reshape_the_upper_panels() -> None:
    quiet, loud = (arrange(120, 40, lambda *_, n=n: n).slots for n in (1, 5))
    assert [quiet[p].rows for p in ("status", "headroom", "errors")] == [
        loud[p].rows for p in ("status", "headroom", "errors")
    ]


def test_at_80x24_every_panel_has_a_line_and_three_buckets_three_errors_three_measures_fit() -> None:
    slots = arrange(80, 24, lambda *_: 3).slots
    assert {panel: slots[panel].rows - 1 for panel in PANELS} == {
        "status": 2,
        "headroom": 3,
        "errors": 3,
        "latency": 3,
        "events": 3,
    }


def test_when_rows_go_the_worst_gauge_and_the_last_error_stay() -> None:
    slots = arrange(60, 10, lambda *_: 3).slots
    assert {"strip", "headroom", "events"} <= slots.keys()
    assert "latency" not in slots


@pytest.mark.parametrize("size", [(39, 24), (20, 5), (80, 9), (1, 1)])
def test_below_40x10_only_the_summary_is_left(size: tuple[int, int]) -> None:
    assert arrange(*size, lambda *_: 3).slots == {"strip": Slot(0, 0, *size)}


@pytest.mark.parametrize("frame", Frame)
@given(st.integers(8, 60), st.integers(2, 12), st.booleans())
def test_a_frame_has_exactly_its_size(frame: Frame, cells: int, rows: int, focused: bool) -> None:
    inner = inner_size(frame, cells, rows)
    content = tuple(line("x" * inner[0]) for _ in range(inner[1]))
    drawn = framed(
        content, cells, rows, frame=frame, title="Status", key="1", note="last 5m", focused=focused
    )
    assert len(drawn) == rows
    assert max(width(row) for row in drawn) <= cells
    if frame is Frame.BOX:
        assert {width(row) for row in drawn} == {cells}


def test_focus_shows_without_colour() -> None:
    for frame in (Frame.BOX, Frame.RULE):
        plainly, focused = (
            plain(framed((), 30, 4, frame=frame, title="Errors", key="3", focused=focus)[0])
            for focus in (False, True)
        )
        assert plainly != focused
        assert "3 Errors" in focused


@given(st.floats(-1, 2), st.integers(1, 50))
def test_a_gauge_never_rounds_to_empty_or_full(fraction: float, cells: int) -> None:
    text = plain(gauge(fraction, cells, "ok"))
    assert len(text) == cells
    heavy = text.count("━") + text.count("╾") / 2
    assert (heavy == 0) == (fraction <= 0)
    assert (heavy == cells) == (fraction >= 1)


def test_a_gauge_reads_without_colour() -> None:
    assert plain(gauge(0.25, 10, "warn")) == "━━╾───────"
    assert gauge(0.5, 0, "ok") == ()


@given(st.lists(st.none() | st.floats(0, 1e6), max_size=80), st.integers(0, 100))
def test_resampling_keeps_the_highest_point(points: list[float | None], cells: int) -> None:
    out = resample(points, cells)
    assert len(out) == cells
    known = [point for point in points if point is not None]
    if cells and known:
        assert max(value for value in out if value is not None) == max(known)


def test_a_sparkline_distinguishes_zero_from_not_measured() -> None:
    row = sparkline((0, None, 4, 8), 4, top=8, role_of=lambda value: "bad" if value > 5 else "info")
    assert plain(row) == f"▁{GAP}▄█"
    assert [span.role for span in row] == ["info", "faint", "info", "bad"]


def test_tall_bars_stack_from_the_bottom() -> None:
    upper, lower = bars((4, 8, 0), 3, 2, top=8, role_of=lambda _: "info")
    assert (plain(upper), plain(lower)) == (" █ ", "██▁")
