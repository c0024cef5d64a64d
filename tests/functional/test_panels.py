"""What each panel shows of a Snapshot: plain functions, no app."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claude_tui.model.observation import FailureKind, Outcome, Source
from claude_tui.model.snapshot import Calls, EventKind, Level, Snapshot
from claude_tui.model.verdict import PageAgreement, Recovery
from claude_tui.tui.panels.errors import ErrorsPanel, error_lines
from claude_tui.tui.panels.event_lines import event_lines
from claude_tui.tui.panels.event_rows import event_rows, top_after_update
from claude_tui.tui.panels.headroom import bucket_label, headroom_lines
from claude_tui.tui.panels.latency import latency_lines
from claude_tui.tui.panels.status import status_lines
from claude_tui.tui.panels.strip import strip_lines
from claude_tui.tui.render.frame import Frame
from claude_tui.tui.render.lines import Lines, Span, plain, width
from tests.snapshots.pictures import AT, PICTURES, event

PANELS: dict[str, Callable[[Snapshot, int, int], Lines]] = {
    "status": status_lines,
    "headroom": headroom_lines,
    "headroom unfooted": lambda s, cells, rows: headroom_lines(s, cells, rows, footed=False),
    "latency": latency_lines,
    "errors": lambda s, cells, rows: error_lines(s.errors[1], cells, rows),
    "errors compared": lambda s, cells, rows: error_lines(s.errors[1], cells, rows, windows=s.errors),
    "errors unfooted": lambda s, cells, rows: error_lines(s.errors[2], cells, rows, footed=False),
    "events": lambda s, cells, rows: event_lines(event_rows(s.events), s.at, cells, rows, 1),
    "strip": strip_lines,
}


def scene(name: str) -> Snapshot:
    return PICTURES[name]()


def text(lines: Lines) -> str:
    return "\n".join(plain(row).rstrip() for row in lines)


def words(lines: Lines) -> str:
    return " ".join(text(lines).split())


def roles(lines: Lines, containing: str) -> set[str]:
    return {span.role for row in lines for span in row if containing in span.text}


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("panel", PANELS)
@settings(max_examples=30)
@given(st.integers(20, 150), st.integers(1, 30))
def test_every_panel_keeps_within_any_place(panel: str, name: str, cells: int, rows: int) -> None:
    drawn = PANELS[panel](scene(name), cells, rows)
    assert len(drawn) <= rows
    assert max(map(width, drawn), default=0) <= cells


# -- status ---------------------------------------------------------------------


def test_components_have_glyph_and_word_and_ours_come_first() -> None:
    drawn = status_lines(scene("notice"), 40, 14)
    assert plain(drawn[0]).split() == ["◐", "Claude", "API", "degraded"]
    assert drawn[0][1].bold
    assert plain(drawn[1]).split() == ["●", "claude.ai", "operational"]
    assert "status.claude.com · 14s ago" in text(drawn)


def test_a_source_too_long_for_the_panel_leaves_the_age() -> None:
    assert plain(status_lines(scene("healthy"), 22, 12)[-1]) == "read 14s ago"


def test_silence_is_shown_with_its_length() -> None:
    assert "Nothing posted yet (we noticed 3m ago)" in words(status_lines(scene("overloaded"), 29, 14))
    assert "Nothing posted yet (we noticed 3m ago)" in words(status_lines(scene("overloaded"), 78, 2))
    assert "No incident posted." in text(status_lines(scene("healthy"), 29, 12))


def test_a_page_that_resolved_its_report_too_early_is_not_quoted_as_calm() -> None:
    failing = scene("overloaded")
    verdict = replace(failing.verdict, page=PageAgreement.RESOLVED)
    failing = replace(failing, verdict=verdict, status=replace(failing.status, silent_since=None))
    for size in ((29, 14), (78, 2), (24, 3)):
        drawn = status_lines(failing, *size)
        assert "▲ Says it is resolved; requests still fail" in words(drawn)
        assert "No incident posted" not in words(drawn)
    assert "▲ Says it is resolved" in words(status_lines(failing, 20, 3))
    recovering = replace(failing, verdict=replace(verdict, recovery=Recovery(3, 5)))
    assert "▲ Says it is resolved" in words(status_lines(recovering, 29, 14))
    assert "still fail" not in words(status_lines(recovering, 29, 14))


def test_a_narrow_panel_cuts_neither_the_silence_nor_its_length() -> None:
    drawn = status_lines(scene("overloaded"), 24, 3)
    assert "Nothing posted yet (we noticed 3m ago)" in words(drawn)
    assert "…" not in text(drawn)
    assert "Nothing posted yet, 3m" in words(status_lines(scene("overloaded"), 20, 3))
    assert words(status_lines(scene("healthy"), 24, 3)).endswith("No incident posted. read 14s ago")


def test_the_panel_and_the_strip_say_the_same_length_of_silence() -> None:
    shown = scene("overloaded")
    strip = words(strip_lines(shown, 120, 6))
    assert "Status page: nothing posted yet (we noticed 3m ago)." in strip
    assert "we noticed 3m ago" in words(status_lines(shown, 29, 14))


def test_an_incident_of_others_is_named_in_full_where_rows_are_left() -> None:
    shown = scene("incident")
    status = shown.status.status
    assert status is not None
    others = replace(shown, status=replace(shown.status, ours=frozenset({"none of these"})))
    name = status.incidents[0].name
    assert f"· {name}, {status.incidents[0].status}" in words(status_lines(others, 26, 18))


def test_an_open_incident_has_state_age_and_its_latest_update() -> None:
    drawn = words(status_lines(scene("incident"), 50, 18))
    assert "Elevated errors on requests to Claude Opus 5.5" in drawn
    assert "identified, major, 42m" in drawn
    assert "5m ago: We have identified the cause" in drawn
    assert "Login problems on claude.ai" in drawn
    assert "maintenance in 2h 01m: Database upgrade" in drawn


def test_in_few_rows_the_incident_outlives_components_that_are_fine() -> None:
    drawn = text(status_lines(scene("incident"), 40, 7))
    assert "major outage" in drawn
    assert "Elevated errors" in drawn
    assert "more operational" in drawn


def test_unknown_is_shown_prominently_with_the_reason_and_the_last_good_read() -> None:
    drawn = status_lines(scene("page_unknown"), 40, 10)
    assert "unknown" in text(drawn)
    assert "HTTP 405 and an HTML page instead of JSON" in words(drawn)
    assert "last read 13:45:19" in text(drawn)
    assert "operational" not in text(drawn)


def test_a_page_long_unread_is_not_passed_off_as_current() -> None:
    snapshot = scene("healthy")
    stale = replace(snapshot, status=replace(snapshot.status, stale=True))
    assert "stale, as of 14:05:19" in text(status_lines(stale, 50, 12))


# -- headroom -------------------------------------------------------------------


def test_a_low_bucket_says_so_in_word_and_glyph() -> None:
    first, detail, *_ = headroom_lines(scene("draining"), 43, 12)
    assert plain(first).split()[0] == "input"
    assert "18%" in plain(first)
    assert plain(first).endswith("14.2k of 80k  ")
    assert plain(detail).strip() == "▲ low, out in 3m 08s"


def test_a_low_bucket_without_room_for_words_keeps_the_glyph() -> None:
    drawn = headroom_lines(scene("draining"), 43, 1, footed=False)
    assert "▲ 18%" in plain(drawn[0])


@pytest.mark.parametrize(("cells", "rows"), [(43, 12), (43, 6), (76, 5), (50, 3)])
def test_the_worst_bucket_is_marked_where_it_stands(cells: int, rows: int) -> None:
    snapshot = scene("healthy")
    orders = set()
    for low in range(len(snapshot.headroom.buckets)):
        buckets = tuple(
            replace(bucket, remaining=bucket.limit // 20, level=Level.BAD) if n == low else bucket
            for n, bucket in enumerate(snapshot.headroom.buckets)
        )
        view = replace(snapshot.headroom, buckets=tuple(sorted(buckets, key=lambda bucket: bucket.fraction)))
        drawn = headroom_lines(replace(snapshot, headroom=view), cells, rows, footed=False)
        named = [plain(row).split()[0] for row in drawn if "%" in plain(row)]
        assert sum("✗" in plain(row) for row in drawn) >= 1
        assert bucket_label(buckets[low].bucket) in named
        if len(named) == len(buckets):
            orders.add(tuple(named))
        assert named == [name for name in ("input", "output", "requests", "tokens") if name in named]
    assert len(orders) <= 1


def test_buckets_are_known_by_either_of_their_names() -> None:
    snapshot = scene("healthy")
    short = tuple(
        replace(bucket, bucket=bucket.bucket.removesuffix("-tokens")) for bucket in snapshot.headroom.buckets
    )
    named = replace(snapshot, headroom=replace(snapshot.headroom, buckets=short))
    assert text(headroom_lines(named, 76, 5)) == text(headroom_lines(snapshot, 76, 5))


@pytest.mark.parametrize("rows", [3, 4])
def test_what_fits_of_the_buckets_stays_the_same_while_none_is_low(rows: int) -> None:
    snapshot = scene("healthy")
    shuffled = replace(snapshot.headroom, buckets=snapshot.headroom.buckets[::-1])
    drawn = headroom_lines(snapshot, 76, rows, footed=False)
    assert headroom_lines(replace(snapshot, headroom=shuffled), 76, rows, footed=False) == drawn


def test_a_critical_bucket_differs_from_a_low_one_without_colour() -> None:
    snapshot = scene("draining")
    worst = replace(snapshot.headroom.buckets[0], level=Level.BAD, remaining=1_000)
    view = replace(snapshot.headroom, buckets=(worst, *snapshot.headroom.buckets[1:]))
    assert "✗ critical" in text(headroom_lines(replace(snapshot, headroom=view), 43, 12))


@pytest.mark.parametrize(("older_s", "suffix"), [(0, "may have reset"), (60, "as of 14:0")])
def test_a_stale_bucket_without_a_row_of_its_own_is_named_before_its_age(older_s: int, suffix: str) -> None:
    """The common age is in the title; a row shows its own only if it is older."""
    snapshot = scene("draining")
    first, *others = snapshot.headroom.buckets
    old = replace(first, stale=True, read_at=first.read_at - timedelta(seconds=older_s))
    view = replace(snapshot.headroom, buckets=(old, *others))
    drawn = text(headroom_lines(replace(snapshot, headroom=view), 43, len(view.buckets) + 1, footed=False))
    assert f"{bucket_label(old.bucket)} {suffix}" in drawn
    assert "may have reset" in drawn


def test_burn_is_shown_where_there_is_room() -> None:
    assert "4,700/min used" in text(headroom_lines(scene("draining"), 43, 12))


def test_hidden_buckets_are_counted() -> None:
    assert "2 more" in text(headroom_lines(scene("overloaded"), 43, 4))


def test_windows_are_shown_as_used() -> None:
    drawn = text(headroom_lines(scene("subscription"), 50, 12))
    assert "62% used" in drawn
    assert "104% used" in drawn
    assert "used up, resets in 2d 7h, rejected" in drawn
    assert "critical, resets in 1h 10m" in drawn


def test_before_the_first_answer_it_says_where_limits_come_from_and_why_there_are_none() -> None:
    assert "No limits reported yet." in text(headroom_lines(scene("nothing"), 43, 12))
    assert "Messages are not probed: no key" in words(headroom_lines(scene("no_key"), 43, 12))


def test_without_limits_a_back_off_is_not_called_not_probed() -> None:
    snapshot = scene("nothing")
    probes = tuple(
        replace(probe, held_reason="overloaded", held_until=snapshot.at) for probe in snapshot.engine.probes
    )
    drawn = words(headroom_lines(replace(snapshot, engine=replace(snapshot.engine, probes=probes)), 43, 12))
    assert "not probed" not in drawn
    assert "The next message follows the back-off." in drawn


def test_figures_are_dated_and_stale_ones_are_called_stale() -> None:
    assert "as of 14:05:31, message call req_1a1f" in text(headroom_lines(scene("healthy"), 60, 12))
    assert "stale: as of 14:03:31, 2m ago" in text(headroom_lines(scene("network"), 60, 12))


def test_a_stale_bucket_is_subdued_and_says_since_when() -> None:
    snapshot = scene("overloaded")
    buckets = tuple(replace(bucket, stale=True, level=Level.UNKNOWN) for bucket in snapshot.headroom.buckets)
    view = replace(snapshot.headroom, buckets=buckets, stale=True)
    drawn = headroom_lines(replace(snapshot, headroom=view), 43, 12)
    assert text(drawn).count("as of") == 1
    assert "stale: as of 14:04:51, 42s ago" in text(drawn)
    assert roles(drawn, "78%") == {"dim"}


@pytest.mark.parametrize(
    ("bucket", "label"),
    [
        ("input-tokens", "input"),
        ("tokens", "tokens"),
        ("requests", "requests"),
        ("priority-input-tokens", "priority input"),
    ],
)
def test_bucket_labels(bucket: str, label: str) -> None:
    assert bucket_label(bucket) == label


# -- latency --------------------------------------------------------------------


def test_a_slow_series_is_loud_and_one_as_usual_is_not() -> None:
    drawn = latency_lines(scene("slow"), 70, 8)
    (ttft,) = [row for row in drawn if plain(row).startswith("TTFT")]
    (models,) = [row for row in drawn if plain(row).startswith("models")]
    assert "1.60s" in plain(ttft)
    assert "3.6× ▲" in plain(ttft)
    assert "▲" not in plain(models)
    assert "182ms" in plain(models)
    assert "vs usual" in plain(drawn[0])
    assert "usual: the median of the last 1h 44m" in text(drawn)


def test_wide_panels_add_p99_and_narrow_ones_drop_p50() -> None:
    assert "p99" in plain(latency_lines(scene("healthy"), 110, 8)[0])
    assert "p50" not in plain(latency_lines(scene("healthy"), 50, 8)[0])


def test_without_a_header_the_figures_carry_their_names() -> None:
    drawn = latency_lines(scene("healthy"), 78, 3)
    assert len(drawn) == 3
    assert all("p50" in plain(row) and "p95" in plain(row) for row in drawn)


def test_more_rows_make_taller_charts_with_a_scale() -> None:
    drawn = latency_lines(scene("slow"), 110, 36)
    assert "1.77s" in text(drawn)
    braille = [row for row in drawn if any("\u2800" < char <= "\u28ff" for char in plain(row))]
    assert len(braille) > 8
    assert "╷14:00" in plain(drawn[0])


@pytest.mark.parametrize("name", ["down", "partial", "recovering"])
def test_a_failure_neither_moves_nor_shrinks_the_charts(name: str) -> None:
    def places(shown: Snapshot) -> list[int]:
        rows = [plain(row) for row in latency_lines(shown, 112, 34)]
        return [n for n, row in enumerate(rows) if row.startswith(("TTFT", "message", "models"))]

    assert places(scene(name)) == places(scene("healthy"))
    assert "✗ all failed  × some" in text(latency_lines(scene(name), 112, 34))


def test_phases_tell_server_from_network() -> None:
    wide, narrow = (text(latency_lines(scene("healthy"), cells, 8)) for cells in (90, 68))
    assert "dns   2ms  connect  14ms  tls  31ms  first byte 135ms   server 119ms · network  16ms" in wide
    assert "dns   2ms  connect  14ms  tls  31ms  first byte 135ms\nserver 119ms · network  16ms" in narrow


def test_nothing_moves_when_a_phase_grows_a_digit() -> None:
    snapshot = scene("healthy")

    def drawn(dns_s: float, server_s: float) -> list[str]:
        assert snapshot.latency.phases is not None
        phases = replace(snapshot.latency.phases, dns=dns_s)
        view = replace(snapshot.latency, phases=phases, server_s=server_s)
        rows = text(latency_lines(replace(snapshot, latency=view), 90, 8)).splitlines()
        return [row for row in rows if "dns" in row or "server" in row]

    small, large = drawn(0.009, 0.099), drawn(0.010, 0.100)
    assert [re.sub(r"\d", " ", row) for row in small] == [re.sub(r"\d", " ", row) for row in large]


@pytest.mark.parametrize(("before", "after"), [(9_940, 10_040), (999, 1_000), (99, 100), (9, 10)])
def test_gauges_keep_their_place_and_length_when_what_is_left_grows_a_digit(before: int, after: int) -> None:
    snapshot = scene("healthy")

    def drawn(remaining: int, cells: int, rows: int) -> list[int]:
        buckets = tuple(
            replace(bucket, remaining=remaining, limit=1_000_000) for bucket in snapshot.headroom.buckets
        )
        view = replace(snapshot.headroom, buckets=buckets)
        lines = text(headroom_lines(replace(snapshot, headroom=view), cells, rows)).splitlines()
        return [row.index("%") for row in lines if "%" in row]

    for cells, rows in ((76, 5), (42, 11)):
        assert drawn(before, cells, rows) == drawn(after, cells, rows)


def test_too_few_samples_and_old_figures_say_so() -> None:
    drawn = text(latency_lines(scene("few_samples"), 70, 12))
    assert "n/a" in drawn
    assert "4 samples" in drawn
    assert "not enough history yet" in drawn
    assert "at 14:03" in text(latency_lines(scene("network"), 70, 12))
    early = scene("few_samples")
    early = replace(early, latency=replace(early.latency, skew_s=-4.2))
    assert "this clock is 4.2s ahead of the server's" in text(latency_lines(early, 70, 12))
    assert "certificate expires in 12d 0h" in text(latency_lines(scene("alert_while_healthy"), 70, 12))
    assert "no samples" in text(latency_lines(scene("nothing"), 70, 12))
    nothing = scene("nothing")
    every = tuple(replace(line, failed_since=30) for line in nothing.latency.series)
    failing = text(latency_lines(replace(nothing, latency=replace(nothing.latency, series=every)), 70, 12))
    assert "30 failed" in failing
    assert "no samples" not in failing


def test_failures_since_the_last_success_stand_where_the_comparison_would() -> None:
    snapshot = scene("healthy")
    failing = replace(snapshot.latency.series[0], failed_since=3)
    view = replace(snapshot.latency, series=(failing, *snapshot.latency.series[1:]))
    assert "3 failed" in text(latency_lines(replace(snapshot, latency=view), 70, 8))
    lone = replace(view, series=(replace(failing, failed_since=1), *view.series[1:]))
    assert " failed" in (drawn := text(latency_lines(replace(snapshot, latency=lone), 70, 8)))
    assert "1 failed" not in drawn


# -- errors ---------------------------------------------------------------------


def test_every_class_has_its_row_and_zero_is_dim() -> None:
    drawn = error_lines(scene("overloaded").errors[1], 37, 12)
    assert "529 overloaded" in plain(drawn[0])
    assert plain(drawn[0]).split()[-2:] == ["24", "83%"]
    assert roles(drawn, "timeouts") == {"dim"}
    assert "25 of 29 messages failed in 5m" in text(drawn)
    assert "messages 529 overloaded_error" in text(drawn)


def test_lists_that_fail_are_counted_beside_the_messages_at_every_size() -> None:
    """The rows count both: `41 46%` above `25 of 29 messages failed` would not add up."""
    counted = scene("overloaded").errors[1]
    window = replace(counted, models=Calls(60, 16), requests=89, failures=41)
    summed, parts = "41 of 89 probes failed in 5m:", "25 of 29 messages, 16 of 60 lists"
    assert f"{summed} {parts}" in text(error_lines(window, 70, 14))
    narrow = text(error_lines(window, 37, 14))
    assert summed in narrow
    assert parts in narrow
    assert "25/29 messages, 16/60 lists failed" in text(error_lines(window, 37, 8))
    panel = ErrorsPanel(replace(scene("overloaded"), errors=(counted, window)))
    panel.frame = Frame.RULE
    assert panel.subtitle(panel.snapshot) == f"{parts} failed, 5m"


def test_only_those_calls_are_counted_of_which_some_failed() -> None:
    counted = scene("overloaded").errors[1]
    lists = replace(counted, messages=Calls(29, 0), models=Calls(60, 16), requests=89, failures=16)
    shown = text(error_lines(lists, 70, 14))
    assert "16 of 60 lists failed in 5m" in shown
    assert "messages failed" not in shown


def test_a_note_in_a_label_goes_before_the_trend_does() -> None:
    window = scene("overloaded").errors[1]
    named = [replace(row, label="Client errors (4xx)") if row.key == "yours" else row for row in window.rows]
    window = replace(window, rows=tuple(named))
    narrow, wide = error_lines(window, 37, 12), error_lines(window, 60, 12)
    assert "Client errors  " in text(narrow)
    assert "(4xx)" not in text(narrow)
    assert "Client errors (4xx)" in text(wide)
    for drawn in (narrow, wide):
        assert set(plain(drawn[0])) & set("▁▂▃▄▅▆▇█")


def test_few_rows_keep_what_failed_then_429_and_529() -> None:
    window = scene("overloaded").errors[1]
    drawn = [plain(row).split()[0] for row in error_lines(window, 60, 3, footed=False)]
    assert drawn == ["529", "500", "429"]
    calm = scene("healthy").errors[1]
    assert {plain(row).split()[0] for row in error_lines(calm, 60, 2, footed=False)} == {"529", "429"}


def test_a_spend_limit_is_not_called_a_rate_limit() -> None:
    window = scene("overloaded").errors[1]
    limited = FailureKind(Source.MESSAGES, Outcome.SPEND_LIMIT, 429, "rate_limit_error")
    unconnected = FailureKind(Source.MESSAGES, Outcome.NETWORK, None, "connect")
    detail = replace(window.breakdown[0], kind=limited)
    lost = replace(window.breakdown[0], kind=unconnected)
    shown = text(error_lines(replace(window, breakdown=(detail, lost)), 37, 14))
    assert "messages 429 spend limit" in shown
    assert "messages network: cannot connect" in shown


def test_no_calls_is_not_the_same_as_no_failures() -> None:
    assert "no probes in 5m" in text(error_lines(replace(scene("nothing").errors[1], requests=0), 37, 12))
    assert "30 probes in 5m, none failed" in text(error_lines(scene("healthy").errors[1], 37, 12))


# -- events ---------------------------------------------------------------------


def test_an_event_has_time_glyph_subject_text_and_request_id() -> None:
    newest = event_rows(scene("overloaded").events[0].folded)
    assert plain(event_lines(newest, AT, 60, 5)[0]).split() == [
        *("14:05:31", "✗", "messages", "529", "overloaded", "req_1a1f946d3f8"),
    ]
    assert plain(event_lines(newest, AT, 47, 5)[0]).split()[-1] == "1a1f946d3f8"
    assert plain(event_lines(newest, AT, 43, 5)[0]).split()[-1] == "overloaded"


def test_the_number_of_a_fold_is_never_cut() -> None:
    (fold, *_) = event_rows(scene("overloaded").events)
    whole = "14:05:31 ✗ messages 529 overloaded ×24 since 14:02:11, last 2s ago"
    assert plain(event_lines([fold], AT, 90, 5)[0]).startswith(whole)
    drawn = {cells: plain(event_lines([fold], AT, cells, 5)[0]) for cells in range(26, 91)}
    assert all("×24" in row for row in drawn.values())
    assert drawn[51].rstrip() == "14:05:31 ✗ messages 529 overloaded ×24, last 2s ago"
    assert drawn[37].rstrip() == "14:05:31 ✗ 529 overloaded ×24, 2s ago"
    assert drawn[30].rstrip() == "14:05:31 ✗ 529 overloaded ×24"
    models = replace(fold, event=replace(fold.event, subject="models"))
    assert plain(event_lines([models], AT, 30, 5)[0]).rstrip() == "14:05:31 ✗ models 529 ove… ×24"


def event_row(kind: EventKind, level: Level, subject: str, message: str, cells: int = 90) -> str:
    return plain(event_lines(event_rows((event(60, kind, level, subject, message),)), AT, cells, 1)[0])


def test_verdicts_alerts_and_people_have_their_own_marks() -> None:
    assert (
        event_row(EventKind.VERDICT, Level.BAD, "verdict", "P1 It's them.")
        == "14:04:33 ! verdict P1 It's them."
    )
    assert (
        event_row(EventKind.VERDICT, Level.OK, "verdict", "All is well.") == "14:04:33 ✓ verdict All is well."
    )
    assert event_row(EventKind.VERDICT, Level.UNKNOWN, "verdict", "Unknown.") == "14:04:33 ◌ verdict Unknown."
    assert event_row(EventKind.ALERT, Level.WARN, "alert", "[P4] prod: x") == "14:04:33 ▲ alert [P4] prod: x"
    assert (
        event_row(EventKind.ALERT, Level.INFO, "alert", "snoozed by bob") == "14:04:33 △ alert snoozed by bob"
    )
    assert (
        event_row(EventKind.ALERT, Level.OK, "alert", "[resolved] prod") == "14:04:33 ✓ alert [resolved] prod"
    )
    assert (
        event_row(EventKind.PERSON, Level.INFO, "playbook", "x done, eve")
        == "14:04:33 » playbook x done, eve"
    )
    loud = event_lines(
        event_rows((event(60, EventKind.VERDICT, Level.BAD, "verdict", "P1 It's them."),)), AT, 60, 1
    )[0]
    assert (loud[-1].role, loud[-1].bold) == ("bad", True)


def test_a_long_text_leaves_its_subject_and_ends_with_a_clause() -> None:
    headline = "P1 It's them. The API is overloaded (529)."
    shown = {
        cells: event_row(EventKind.VERDICT, Level.BAD, "verdict", headline, cells) for cells in (44, 36, 30)
    }
    assert shown[44] == "14:04:33 ! P1 The API is overloaded (529)"
    assert shown[36] == "14:04:33 ! P1 The API is overloaded"
    assert shown[30] == "14:04:33 ! P1 It's them"
    assert event_row(EventKind.VERDICT, Level.BAD, "verdict", headline, 55) == f"14:04:33 ! {headline}"
    alert = event_row(
        EventKind.ALERT, Level.BAD, "alert", "acknowledged by eve: looking into it · It's them", 40
    )
    assert alert == "14:04:33 ▲ alert acknowledged by eve"
    post = event_row(EventKind.STATUS, Level.WARN, "status", "Posted: errors for all the users today", 34)
    assert post == "14:04:33 ▲ Posted: errors for all…"


def test_the_day_is_named_when_it_is_another() -> None:
    old = event(100_000, EventKind.STATUS, Level.WARN, "status", "resolved")
    assert "Nov 19 10:18" in text(event_lines(event_rows((old,)), AT, 60, 5))


def test_the_selected_row_is_marked_by_glyph_and_background() -> None:
    drawn = event_lines(event_rows(scene("overloaded").events), AT, 60, 5, cursor=2)
    assert [index for index, row in enumerate(drawn) if "▸" in plain(row)] == [2]
    assert {span.back for span in drawn[2]} == {"track"}
    assert width(drawn[2]) == 60


def test_without_events_it_says_so() -> None:
    assert "No events yet." in text(event_lines(event_rows(()), AT, 60, 5))


def test_a_scrolled_list_stays_where_the_eye_is() -> None:
    before = event_rows(scene("overloaded").events)
    newer = replace(before[0], key="newer")
    assert top_after_update(before, (newer, *before), 3) == 4
    assert top_after_update(before, (newer, *before), 0) == 0
    assert top_after_update(before, before[:2], 3) == 0


# -- hostile text -----------------------------------------------------------------


@pytest.mark.parametrize("panel", PANELS)
def test_hostile_text_stays_text(panel: str) -> None:
    for row in PANELS[panel](scene("hostile"), 60, 14):
        for span in row:
            assert isinstance(span, Span)
            assert not any(ord(char) < 32 or 0x7F <= ord(char) < 0xA0 for char in span.text)


def test_a_large_errors_panel_has_the_counts_of_all_windows_side_by_side() -> None:
    windows = scene("severity_set").errors
    head, *body = (plain(row).split() for row in error_lines(windows[1], 56, 16, windows=windows))
    assert head == ["1m", "5m", "1h", "share"]
    server = next(row for row in body if row[0] == "500")
    counts = [next(row.count for row in window.rows if row.key == "server_error") for window in windows]
    assert server[-4:-1] == [str(count) for count in counts]
    assert counts[2] > counts[0]
    narrow = plain(error_lines(windows[1], 40, 16, windows=windows)[0])
    assert "1h" not in narrow
