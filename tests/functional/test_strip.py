"""The strip on top: the verdict, loud in trouble, quiet without, at any size and by the second."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claude_tui.model.alert import Alert, AlertState, AlertStatus, Snooze
from claude_tui.model.no_key_reason import NoKeyReason
from claude_tui.model.snapshot import Level, Notice, Snapshot, WindowUsage
from claude_tui.model.verdict import PageAgreement, RetrySource, Severity
from claude_tui.tui.panels.strip import strip_lines, strip_rows
from claude_tui.tui.render.differences import changes
from claude_tui.tui.render.lines import Lines, plain, width
from tests.builders import stated
from tests.functional.watched import app_of, arrives
from tests.snapshots.pictures import AT, PICTURES, later

SIZES = [(60, 20), (80, 24), (100, 18), (120, 40), (200, 60)]
# Listed, as every process that finds tests would otherwise work all of them out.
QUIET = {
    *("healthy", "no_key", "nothing", "page_unknown", "few_samples", "subscription", "degraded_program"),
    *("draining", "checking", "alert_while_healthy"),
}
LOUD = [name for name in PICTURES if name not in QUIET]


def scene(name: str, **verdict: object) -> Snapshot:
    snapshot = PICTURES[name]()
    return replace(snapshot, verdict=replace(snapshot.verdict, **verdict))  # type: ignore[arg-type]


def drawn(snapshot: Snapshot, cells: int, rows: int) -> Lines:
    """As on a terminal of that size."""
    return strip_lines(snapshot, cells, strip_rows(snapshot, cells, rows))


def text(lines: Lines) -> str:
    return "\n".join(plain(row).rstrip() for row in lines)


def words(lines: Lines) -> str:
    return " ".join(text(lines).replace("█", " ").split())


def strip_text(name: str, cells: int = 120, rows: int = 40, **verdict: object) -> str:
    return words(drawn(scene(name, **verdict), cells, rows))


# -- trouble ------------------------------------------------------------------------


def test_all_others_than_the_quiet_ones_are_in_trouble() -> None:
    assert [name for name, picture in PICTURES.items() if picture().verdict.severity.trouble] == LOUD


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", LOUD)
def test_trouble_is_a_block_with_a_bar_to_the_very_edge(name: str, size: tuple[int, int]) -> None:
    snapshot = replace(scene(name), engine=scene("healthy").engine)
    block = drawn(snapshot, *size)
    assert len(block) == strip_rows(snapshot, *size)
    severity = snapshot.verdict.severity
    assert {plain(row)[0] for row in block} == {"█" if severity is Severity.P1 else "▌"}
    role = "bad" if severity in (Severity.P1, Severity.P2) else "warn"
    role = "warn" if snapshot.verdict.recovery else role
    back = "strip_trouble" if role == "bad" else "strip_warning"
    backs = {span.back for row in block for span in row}
    assert backs == ({back, "bad"} if severity is Severity.P1 else {back})
    assert {width(row) for row in block} == {size[0]}
    assert block[0][0].role == role


@pytest.mark.parametrize("size", SIZES)
def test_the_verdict_is_on_screen_at_every_size(size: tuple[int, int]) -> None:
    shown = strip_text("overloaded", *size)
    for part in (
        "P1 It's them. The API is overloaded (529).",
        "since 14:02:11 3m 22s",
        "respond now",
        "25 of 26 failed",
    ):
        assert part in shown
    noticed = " (we noticed 3m ago)" if size[0] >= 120 or size == (60, 20) else ""
    assert f"Status page: nothing posted yet{noticed}." in shown
    assert "Next: Back off 30–60 s, shed load, use the fallback" in shown


@pytest.mark.parametrize("size", SIZES)
def test_a_page_that_resolved_its_report_is_not_called_silent(size: tuple[int, int]) -> None:
    shown = text(drawn(scene("overloaded", page=PageAgreement.RESOLVED), *size))
    assert "Status page says it is resolved." in shown
    assert "nothing posted" not in shown


def test_the_drawing_of_the_design() -> None:
    rows = [plain(row) for row in drawn(scene("overloaded"), 120, 40)]
    assert rows[1].startswith("█ █P1█ It's them. The API is overloaded (529). ")
    assert rows[1].rstrip().endswith("since 14:02:11   3m 22s")
    assert rows[2].rstrip().endswith("respond now")
    assert rows[4].startswith("█      Next: Back off 30–60 s, shed load, use the fallback ")
    assert rows[4].rstrip().endswith("d decide  m act")
    assert {plain(row).strip("█ ") for row in (drawn(scene("overloaded"), 120, 40)[n] for n in (0, -1))} == {
        ""
    }


@pytest.mark.parametrize("size", SIZES)
def test_a_long_headline_and_a_long_step_leave_room_for_the_clock(size: tuple[int, int]) -> None:
    shown = strip_text("network", *size)
    assert "1m 32s" in shown
    assert "respond now" in shown
    assert "Try another network; check DNS, proxy, firewall and VPN" in shown.replace(" d decide m act", "")


@pytest.mark.parametrize("size", SIZES)
def test_a_long_headline_is_shown_whole(size: tuple[int, int]) -> None:
    shown = strip_text("network", *size).replace("█", "")
    for clock in ("respond now", "since 14:04:01", "1m 32s"):
        shown = shown.replace(clock, "")
    verdict, flat = PICTURES["network"]().verdict, " ".join(shown.split())
    assert verdict.summary in flat or verdict.brief in flat


def test_numbers_stand_out_and_names_do_not() -> None:
    row = drawn(scene("overloaded"), 120, 40)[2]
    bright = {span.text.strip() for span in row if span.role == "text"}
    assert {"25", "26", "182"} <= bright
    row = drawn(
        scene(
            "overloaded",
            evidence=stated(
                "Model claude-haiku-4-5 is not listed.",
            ),
        ),
        120,
        40,
    )[2]
    assert not any(span.role == "text" and span.text.strip() for span in row)


def test_evidence_that_does_not_fit_is_left_out_whole() -> None:
    shown = strip_text("rate_limited", 60, 20)
    assert "22 of 32 failed: 20 rate_limit_error, 2 other. ▌" in shown
    assert "…" not in shown
    assert "Key, network and limits fine." in strip_text("overloaded", 100, 18)


def test_keys_are_those_of_the_person() -> None:
    snapshot = scene("overloaded")
    keys = {"decide": ("f7",), "act": ("M",)}
    shown = text(strip_lines(snapshot, 120, 6, keys))
    assert "f7 decide  M act" in shown


def test_a_second_cause_and_who_set_the_severity_are_reported() -> None:
    assert "Also: provider overloaded." in strip_text("rate_limited")
    for size in SIZES:
        assert "P1 set by eve: checkout is down; P3 (computed)." in strip_text("severity_set", *size)
    assert "P1 set by eve: checkout is down." in strip_text("severity_set", computed=Severity.P1)


def test_a_note_stands_beside() -> None:
    assert "Limits run low: input 4% left." in strip_text(
        "slow", evidence=(), note="Limits run low: input 4% left."
    )


# -- clocks --------------------------------------------------------------------------


def test_the_response_clock() -> None:
    at = PICTURES["rate_limited"]().at
    assert "respond within 10m" in strip_text("rate_limited")
    assert "respond within 45s" in strip_text("rate_limited", respond_by=at + timedelta(seconds=45))
    assert "response overdue by 34m" in strip_text("overdue")
    assert "respond by Mon 09:00" in strip_text("slow")
    assert "respond by 17:05" in strip_text("slow", respond_by=at + timedelta(hours=3))
    assert "respond" not in strip_text("slow", respond_by=None)


def test_who_has_acknowledged_stands_where_the_clock_was() -> None:
    shown = strip_text("incident")
    assert "acknowledged by eve" in shown
    assert "respond" not in shown


def test_after_a_snooze_it_says_until_when_and_no_longer_who_acknowledged() -> None:
    snapshot = PICTURES["incident"]()
    at, (group,) = snapshot.at, snapshot.engine.alerts.groups
    later = replace(group, snoozed=Snooze("bob", at, at + timedelta(hours=1), group.severity))
    alerts = replace(snapshot.engine.alerts, groups=(later,))
    snapshot = replace(snapshot, engine=replace(snapshot.engine, alerts=alerts))
    shown = "\n".join(map(plain, strip_lines(snapshot, 120, 6)))
    assert "snoozed until 15:05" in shown
    assert "acknowledged" not in shown
    over = "\n".join(map(plain, strip_lines(replace(snapshot, at=at + timedelta(hours=2)), 120, 6)))
    assert "acknowledged by eve" in over


def test_retry_after_is_shown_while_the_server_asks_for_it() -> None:
    assert "retry-after 41s" in strip_text("rate_limited")
    assert "retry-after" not in strip_text("rate_limited", retry_source=RetrySource.POLICY).replace(
        "Wait for retry-after", ""
    )
    assert "retry-after" not in strip_text("rate_limited", retry_after_s=0.0).replace(
        "Wait for retry-after", ""
    )
    assert "retry-after" not in strip_text("overloaded")


def test_what_the_page_says_and_who_spoke_first() -> None:
    page = PageAgreement.CONFIRMS
    assert "Status page confirms it; we noticed 4m 02s earlier." in strip_text("incident")
    late = strip_text("incident", lead=timedelta(seconds=-95))
    assert "Status page confirms it; posted 1m 35s before we noticed." in late
    assert "Status page confirms it." in strip_text("incident", page=page, lead=None)
    assert "Status page: no incident on your components." in strip_text("rate_limited")
    assert "They report trouble with Opus, which you don't probe." in strip_text("notice")
    assert "Status page: Claude API degraded performance" in strip_text("notice", cells=200)
    assert "Status page unknown: no route to host." in strip_text("network")
    unread = scene("overloaded", since=AT - timedelta(seconds=5))
    assert "Status page: not read since this began." in words(drawn(unread, 120, 40))
    assert "Status page: nothing posted yet." in strip_text("overdue", 60, 20)


@pytest.mark.parametrize("size", SIZES)
def test_the_height_is_always_the_same(size: tuple[int, int]) -> None:
    bare = [replace(scene(name), engine=scene("healthy").engine) for name in PICTURES]
    assert len({strip_rows(snapshot, *size) for snapshot in bare}) == 1
    for snapshot in bare:
        assert len(drawn(snapshot, *size)) == strip_rows(snapshot, *size)
    over_time = {
        strip_rows(later(scene("rate_limited"), seconds), *size) for seconds in range(0, 90_000, 617)
    }
    assert len(over_time) == 1


@settings(max_examples=60)
@given(st.sampled_from(LOUD), st.integers(0, 200_000), st.sampled_from(SIZES))
def test_a_second_changes_figures_and_moves_nothing(name: str, seconds: int, size: tuple[int, int]) -> None:
    if name == "hostile":
        return
    snapshot = scene(name)
    since = snapshot.verdict.since or AT
    before = later(snapshot, seconds - (AT - since).total_seconds())
    rows = strip_rows(snapshot, *size)
    pairs = zip(strip_lines(before, size[0], rows), strip_lines(later(before, 1), size[0], rows), strict=True)
    ranges = [span for old, new in pairs for span in changes(old, new, size[0])]
    # The duration, and once in a while the response clock.
    assert sum(end - start for start, end in ranges) <= 50
    assert len(ranges) <= 3


async def test_a_second_of_trouble_costs_few_bytes() -> None:
    app = app_of("rate_limited")
    async with app.run_test(size=(120, 40)) as pilot:
        for seconds in range(1, 4):
            await arrives(pilot, later(PICTURES["rate_limited"](), seconds))
        before = app.sent_bytes
        for seconds in range(4, 24):
            await arrives(pilot, later(PICTURES["rate_limited"](), seconds))
        assert (app.sent_bytes - before) / 20 < 300


# -- no trouble -----------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
def test_the_strip_is_quiet_while_all_is_well(size: tuple[int, int]) -> None:
    rows = drawn(scene("healthy"), *size)
    filled = [plain(row) for row in rows if row]
    assert filled[0].startswith(" ● All is well.")
    assert filled[-1] == "   Status page: no incident on your components."
    assert {span.back for row in rows for span in row} == {""}


def test_good_news_end_with_a_whole_sentence() -> None:
    news, why = (
        "● All is well. Messages succeed, first token after 412 ms.",
        "model list ok, 182 ms.",
    )
    quiet = {
        size: words(strip_lines(scene("healthy"), *size)) for size in ((60, 3), (60, 4), (120, 4), (160, 4))
    }
    for size, shown in quiet.items():
        assert shown.startswith(news)
        assert shown.endswith("Status page: no incident on your components.")
        assert (f"30 of the last 30 message probes answered; {why}" in shown) == (size != (60, 3))


def test_a_note_goes_before_the_figures_of_health() -> None:
    note = "One messages probe failed 40s ago (overloaded_error): too little for a verdict."
    for size in SIZES:
        shown = strip_text("healthy", *size, note=note)
        assert shown.startswith(f"● All is well. Messages succeed, first token after 412 ms. {note}")


def test_a_long_note_is_shown_whole() -> None:
    note = (
        "Status page: claude.ai major outage; Claude Cowork degraded performance; not what we use, and our"
        " probes are fine."
    )
    snapshot = scene("healthy", note=note)
    for size in SIZES:
        assert note in words(drawn(snapshot, *size))


def test_all_is_well_says_so_when_the_page_cannot_be_read() -> None:
    for size in SIZES:
        assert strip_text("page_unknown", *size).count("Status page unknown") == 1
    assert "Status page unknown: HTTP 405 and an HTML page" in strip_text("page_unknown")
    assert "Status page unknown." not in strip_text("healthy")


def test_when_to_retry_never_cuts_the_next_step() -> None:
    for cells in (80, 100, 120):
        shown = strip_text("rate_limited", cells, 24)
        assert "Next: Wait for retry-after, then send less" in shown
        assert "retry-after 41s" in shown
        assert ("queue or batch what can wait" in shown) is (cells >= 100)


@pytest.mark.parametrize("size", SIZES)
def test_what_is_not_known_comes_with_its_reason_and_the_next_step(size: tuple[int, int]) -> None:
    shown = strip_text("no_key", *size)
    assert shown.startswith("◌ Unknown. Inference is not probed: there is no usable key.")
    assert "Next: Set ANTHROPIC_API_KEY and start again" in shown
    assert "●" not in shown
    assert all(not span.back for row in drawn(scene("no_key"), *size) for span in row)


def test_an_alert_nobody_has_seen_to_has_a_row_while_all_is_well() -> None:
    rows = [plain(row) for row in drawn(scene("alert_while_healthy"), 120, 40) if row]
    (alert_row,) = [row for row in rows if "Alert" in row]
    assert alert_row.startswith(" ▲ Alert P4: The API's TLS certificate expires within 14 days: 12 days")
    assert alert_row.rstrip().endswith("a ack")
    assert "Alert" not in strip_text("overloaded")


def test_the_long_text_of_a_lone_alert_takes_a_second_row() -> None:
    snapshot = scene("alert_while_healthy")
    view = snapshot.engine.alerts
    waiting = next(group for group in view.groups if group.acknowledged is None and group.snoozed is None)
    what = "A model that the endpoint lists retires within 30 days: claude-sonnet-4-5 in 10 days"
    long = replace(waiting, content=replace(waiting.content, what=what))
    alerts = replace(view, groups=(long,))
    rows = drawn(replace(snapshot, engine=replace(snapshot.engine, alerts=alerts)), 80, 24)
    text = [plain(row).strip() for row in rows]
    first = next(number for number, row in enumerate(text) if "Alert P4" in row)
    assert text[first].endswith("a ack")
    assert text[first].startswith("▲ Alert P4: A model that the endpoint lists retires within 30 days:")
    assert text[first + 1] == "claude-sonnet-4-5 in 10 days"


def test_beside_an_alert_that_is_over_the_text_of_another_takes_the_spare_row() -> None:
    """Both rows were cut, and the row below them was empty."""
    snapshot = replace(scene("overloaded"), verdict=scene("healthy").verdict)
    (over, *_), view = snapshot.engine.alerts.groups, snapshot.engine.alerts
    what = "It's us. checkout sends requests that the API refuses (400)."
    other_text = "A model that the endpoint lists retires within 30 days: claude-sonnet-4-5 in 10 days"
    groups = (
        replace(over, content=replace(over.content, what=what)),
        replace(over, id="other", content=replace(over.content, what=other_text), from_verdict=False),
    )
    alerts = replace(view, groups=groups)
    text = words(drawn(replace(snapshot, engine=replace(snapshot.engine, alerts=alerts)), 64, 24))
    assert "closes in a few minutes: checkout sends" in text
    assert "claude-sonnet-4-5 in 10 days" in text


def test_an_alert_that_outlives_its_verdict_is_not_reported_as_trouble() -> None:
    snapshot = replace(scene("overloaded"), verdict=scene("healthy").verdict)
    assert "△ Over, its alert closes in a few minutes: It's them. The API is overloaded (529)." in words(
        drawn(snapshot, 120, 40)
    )
    engine, (group, *_) = snapshot.engine, snapshot.engine.alerts.groups
    closes_at = snapshot.at + timedelta(minutes=5)
    status = AlertStatus(AlertState.FIRING, AT, AT, unmatched_since=AT, closes_at=closes_at)
    ending = (Alert("verdict-p1", (), Severity.P1, "The verdict is P1", status, group=group.id),)
    kept = replace(snapshot, engine=replace(engine, alerts=replace(engine.alerts, alerts=ending)))
    assert (
        f"△ Over, its alert closes at {closes_at:%H:%M:%S}: It's them. The API is overloaded (529)."
        in words(drawn(kept, 120, 40))
    )


# -- notices, and little room -----------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", ["no_key", "overloaded", "alert_while_healthy"])
def test_a_notice_is_on_screen_at_every_size(size: tuple[int, int], name: str) -> None:
    notice = Notice("store", Level.BAD, "History is kept in memory only.", AT)
    snapshot = scene(name)
    snapshot = replace(snapshot, engine=replace(snapshot.engine, notices=(notice,)))
    assert "History is kept in memory only." in text(drawn(snapshot, *size))


@pytest.mark.parametrize("size", SIZES)
def test_what_to_do_without_a_key_is_shown_once(size: tuple[int, int]) -> None:
    assert strip_text("no_key", *size).lower().count("set anthropic_api_key") == 1
    unset = Notice("key", Level.BAD, "no key: set ANTHROPIC_API_KEY", AT)
    failing = scene("overloaded")
    failing = replace(
        failing, engine=replace(failing.engine, notices=(unset,), no_key_reason=NoKeyReason.MISSING)
    )
    assert unset.text in text(drawn(failing, *size))


@pytest.mark.parametrize("size", SIZES)
def test_a_first_failure_and_a_recovery_are_amber(size: tuple[int, int]) -> None:
    first = drawn(scene("checking"), *size)
    assert words(first).replace("▌", "").lstrip().startswith("▲ One failure, checking again.")
    assert "Next: Wait: more messages tell chance from trouble" in words(first)
    over = drawn(scene("recovering"), *size)
    assert "6 of 7 good" in words(over)
    assert "since 14:01:31 4m 02s" in words(over)
    for block in (first, over):
        assert {plain(row)[0] for row in block} == {"▌"}
        assert {span.back for row in block for span in row} == {"strip_warning"}
        assert "bad" not in {span.role for row in block for span in row}


def test_more_notices_than_rows_are_counted_and_the_worst_is_shown() -> None:
    snapshot = scene("overloaded")
    notices = [Notice(str(n), Level.INFO, f"notice {n}", AT) for n in range(4)]
    notices.append(Notice("store", Level.BAD, "the disk is full", AT))
    snapshot = replace(snapshot, engine=replace(snapshot.engine, notices=tuple(notices)))
    rows = drawn(snapshot, 80, 24)
    assert "the disk is full" in plain(rows[-1])
    assert "+4 more" in plain(rows[-1])


def test_one_row_has_the_verdict_and_its_age() -> None:
    for cells in (48, 60, 80, 120):
        (only,) = strip_lines(scene("overloaded"), cells, 1)
        assert plain(only).startswith("█ █P1█ It's them.")
        assert "3m 22s" in plain(only)
    assert "respond now" in plain(strip_lines(scene("overloaded"), 80, 1)[0])
    assert "Set ANTHROPIC_API_KEY" in plain(strip_lines(scene("no_key"), 120, 1)[0])


@pytest.mark.parametrize("size", [(20, 5), (39, 9), (30, 1)])
def test_a_tiny_terminal_still_has_the_verdict_and_no_bar(size: tuple[int, int]) -> None:
    rows = strip_lines(scene("overloaded"), *size)
    assert words(rows).startswith("P1 It's them. The API")
    assert "█" not in text(rows)
    assert "▌" not in text(rows)


def test_a_tiny_terminal_says_what_to_do_as_there_is_room() -> None:
    shown = words(strip_lines(scene("overloaded"), 39, 9))
    assert "3m 22s respond now Next: Back off 30–60 s" in shown
    assert words(strip_lines(scene("no_key"), 39, 9)).startswith("◌ Unknown. Inference is not probed")


def test_a_limit_that_is_used_up_is_no_good_news() -> None:
    calm, news = PICTURES["healthy"](), "No trouble yet, but a limit is nearly used up."
    empty = replace(calm.headroom.buckets[0], remaining=0, level=Level.BAD)
    judged = replace(calm.verdict, summary=news, next_step="Shed load", first_step="")
    pressed = replace(calm, verdict=judged, headroom=replace(calm.headroom, buckets=(empty,)))
    text = "\n".join(plain(row) for row in strip_lines(pressed, 118, 2))
    assert text.startswith(f" ▲ {news}")
    assert "Next: Shed load" in text


@pytest.mark.parametrize("stale", [False, True])
def test_a_window_that_is_used_up_is_no_good_news_either(stale: bool) -> None:
    calm = PICTURES["healthy"]()
    spent = WindowUsage("5h", 0.97, None, "allowed_warning", Level.UNKNOWN if stale else Level.BAD, AT, stale)
    judged = replace(calm.verdict, summary="No trouble yet.", next_step="Shed load", first_step="")
    pressed = replace(calm, verdict=judged, headroom=replace(calm.headroom, buckets=(), windows=(spent,)))
    text = "\n".join(plain(row) for row in strip_lines(pressed, 118, 2))
    assert text.startswith(" ● " if stale else " ▲ ")
    assert ("Next: Shed load" in text) is not stale


def test_a_bucket_that_runs_out_before_it_resets_is_no_good_news_either() -> None:
    calm = PICTURES["healthy"]()
    soon = replace(calm.headroom.buckets[0], level=Level.WARN, runs_out_first=True)
    pressed = replace(calm, headroom=replace(calm.headroom, buckets=(soon,)))
    assert plain(strip_lines(pressed, 118, 2)[0]).startswith(" ▲ ")
