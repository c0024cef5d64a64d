"""The verdict and the alerts over the full screen, without Textual."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from claude_tui.model.alert import AlertState, AlertStatus, AlertsView
from claude_tui.model.snapshot import Snapshot
from claude_tui.model.verdict import (
    Cause,
    Evidence,
    EvidenceKind,
    PageAgreement,
    Severity,
    Side,
    Verdict,
)
from claude_tui.tui.panels.strip_zoom import strip_zoom
from claude_tui.tui.panels.verdict_text import own_evidence
from claude_tui.tui.render.lines import plain, width
from tests.builders import stated
from tests.snapshots.pictures import AT, PICTURES, before
from tests.snapshots.responding import CALM, OVERLOADED, alert, group, pictures, scene_of

FILE = "/etc/claude-top.toml"


def text(snapshot: Snapshot, cells: int = 100) -> str:
    return "\n".join(plain(row).rstrip() for row in strip_zoom(snapshot, cells, FILE))


def of(verdict: Verdict, alerts: AlertsView = CALM) -> str:
    return text(scene_of(alerts, verdict))


def fact(shown: str, name: str) -> str:
    return next((row[len(name) :].strip() for row in shown.splitlines() if row.startswith(f"{name} ")), "")


# -- the verdict -------------------------------------------------------------------


def test_everything_that_a_verdict_says_can_be_read() -> None:
    shown = of(
        replace(OVERLOADED, note="Headroom is low.", bucket="input-tokens", also=(Cause.RATE_LIMITED,))
    )
    evidence = [clause.text for clause in own_evidence(OVERLOADED)]
    for sentence in (OVERLOADED.summary, OVERLOADED.next_step, *evidence, "Headroom is low."):
        assert sentence in shown
    assert fact(shown, "cause") == "provider overloaded"
    assert fact(shown, "whose") == "theirs (the provider)"
    assert fact(shown, "severity") == "P1: nearly all messages fail"
    assert fact(shown, "confidence") == "99%, high"
    assert fact(shown, "since") == "14:02:11, 3m 22s"
    assert fact(shown, "detected") == "14:02:19, 8s after it began"
    assert fact(shown, "also") == "rate limited"
    assert fact(shown, "limit") == "input-tokens"


def test_the_next_step_comes_before_the_evidence() -> None:
    shown = of(OVERLOADED)
    assert shown.index(OVERLOADED.summary) < shown.index(OVERLOADED.next_step) < shown.index("Evidence")


@pytest.mark.parametrize(
    ("retry_after_s", "words"),
    [
        (34.0, "after 34s"),
        (0.0, "now: the requested wait is over"),
        (0.5, "after 0.5s"),
        (None, "pointless"),
    ],
)
def test_when_to_retry(retry_after_s: float | None, words: str) -> None:
    assert fact(of(replace(OVERLOADED, retry_after_s=retry_after_s)), "retry").startswith(words)


@pytest.mark.parametrize("cause", [Cause.PROVIDER_SLOW, Cause.PROVIDER_NOTICE])
def test_where_nothing_fails_retrying_is_not_mentioned(cause: Cause) -> None:
    assert fact(of(replace(OVERLOADED, cause=cause, retry_after_s=None)), "retry") == ""


@pytest.mark.parametrize(
    ("severity", "respond_in_s", "words"),
    [
        (Severity.P1, -193, "now, 3m 13s since detection"),
        (Severity.P2, 720, "by 14:17:33 UTC, 12m 00s left"),
        (Severity.P2, -61, "by 14:04:32 UTC, 1m 01s overdue"),
        (Severity.P4, 240_000, "by Nov 23 08:45 UTC, 2d 18h left"),
    ],
)
def test_the_response_clock(severity: Severity, respond_in_s: float, words: str) -> None:
    verdict = replace(OVERLOADED, severity=severity, respond_by=before(-respond_in_s))
    assert fact(of(verdict), "respond") == words


def test_who_has_taken_it_on_stops_the_clock() -> None:
    shown = text(pictures()["taken"])
    assert fact(shown, "respond") == "by 13:35:01 UTC, acknowledged 14:04:32, 29m 30s late"
    assert fact(shown, "who") == "Ada Lovelace: talking to the vendor; fallback is on (14:04:32)"
    assert fact(of(OVERLOADED), "who") == ""
    assert fact(text(pictures()["open"]), "who") == "nobody has acknowledged it"


def test_a_severity_that_a_person_set_says_who_and_instead_of_what() -> None:
    shown = text(pictures()["taken"])
    assert fact(shown, "severity") == (
        "P2, set by Ada Lovelace: the fallback holds; P1 (computed): nearly all messages fail"
    )


@pytest.mark.parametrize(
    ("page", "lead", "words"),
    [
        (PageAgreement.SILENT, None, "status page nothing posted yet (we noticed 3m 22s ago), read 14:05:19"),
        (PageAgreement.RESOLVED, None, "status page reported it, and says it is resolved, read 14:05:19"),
        (
            PageAgreement.CONFIRMS,
            timedelta(minutes=8),
            "lead our probes were 8m 00s ahead of the status page",
        ),
        (
            PageAgreement.CONFIRMS,
            timedelta(seconds=-95),
            "lead the status page was 1m 35s ahead of our probes",
        ),
    ],
)
def test_the_status_page_and_who_was_first(page: PageAgreement, lead: timedelta | None, words: str) -> None:
    shown = " ".join(of(replace(OVERLOADED, page=page, lead=lead)).split())
    assert words in shown


@pytest.mark.parametrize(
    ("page", "report", "words"),
    [
        (
            PageAgreement.SILENT,
            "no incident on your components",
            "nothing posted yet (we noticed 3m 22s ago)",
        ),
        (
            PageAgreement.SILENT,
            "no incident on your components, but claude.ai degraded",
            "nothing posted yet (we noticed 3m 22s ago), but claude.ai degraded",
        ),
        (PageAgreement.CONFIRMS, "Claude API degraded", "confirms it: Claude API degraded"),
        (PageAgreement.CONTRADICTS, "Claude API degraded", "Claude API degraded; our probes are fine"),
        (PageAgreement.AGREES, "none of its components is yours", "none of its components is yours"),
    ],
)
def test_what_the_status_page_reports_is_shown_once(page: PageAgreement, report: str, words: str) -> None:
    evidence = Evidence(EvidenceKind.STATUS_PAGE, (f"Status page: {report}",))
    drawn = of(replace(OVERLOADED, page=page, evidence=(*own_evidence(OVERLOADED), evidence)))
    assert fact(drawn, "status page") == f"{words}, read 14:05:19"
    assert drawn.lower().count("status page") == 1


def test_a_page_that_cannot_be_read_says_why() -> None:
    snapshot = PICTURES["page_unknown"]()
    unknown = replace(snapshot, verdict=replace(snapshot.verdict, page=PageAgreement.UNKNOWN))
    shown = " ".join(text(unknown).split())
    assert "unknown: HTTP 405 and an HTML page" in shown
    assert "last read 13:45:19" in shown


def test_health_claims_no_severity_and_the_unknown_no_health() -> None:
    well = text(pictures()["calm"])
    assert fact(well, "severity") == "none: nothing is wrong"
    assert fact(well, "respond") == fact(well, "retry") == fact(well, "whose") == ""
    unknown = Verdict(
        Cause.UNKNOWN, Side.UNCLEAR, Severity.NONE, 0.0, "No message probe so far.", (), "Wait.", None,
        PageAgreement.UNKNOWN,
    )  # fmt: skip
    shown = of(unknown)
    assert shown.startswith("◌ No message probe so far.")
    assert fact(shown, "severity") == "not known"
    assert "nothing is wrong" not in shown


# -- the alerts ----------------------------------------------------------------------


def test_open_alerts_say_who_has_them_and_who_was_told() -> None:
    shown = text(pictures()["taken"])
    assert "acknowledged by Ada Lovelace: talking to the vendor; fallback is on (14:04:32)" in shown
    assert "snoozed by bob until 17:55:33, unless worse than P4" in shown
    assert "paged oncall, fallback: 1 page, last 14:02:48" in shown
    assert "shown here only; nobody paged" in shown
    assert "not acknowledged" in shown


def test_a_snooze_that_is_over_does_not_look_like_one() -> None:
    late = replace(pictures()["taken"], at=AT + timedelta(hours=5))
    assert "snooze by bob has ended" in text(late)


def test_rules_stand_with_state_value_and_since_when() -> None:
    shown = text(pictures()["open"])
    assert "Rules 4 firing · 1 pending · 1 resolved · 19 evaluated" in shown
    rows = shown.splitlines()
    here = next(number for number, row in enumerate(rows) if "headroom-low" in row)
    assert rows[here].split() == ["▲", "firing", "P4", "headroom-low", "since", "13:44:03"]
    assert rows[here + 1].strip() == "bucket input-tokens · 18% · Little is left of a rate limit"
    assert any("pending" in row and "message-slow" in row for row in rows)
    assert any("resolved" in row and row.endswith("at 14:05:02") for row in rows)


def test_an_alert_that_is_kept_firing_says_that_it_no_longer_matches() -> None:
    standing = AlertStatus(AlertState.FIRING, before(300), before(200), unmatched_since=before(60))
    kept = replace(alert("errors", Severity.P2, "Too many messages fail", "2%"), status=standing)
    assert "matched until 14:04:33" in of(OVERLOADED, replace(CALM, alerts=(kept,)))


def test_what_nothing_matches_any_more_is_about_to_close() -> None:
    standing = AlertStatus(
        AlertState.FIRING, before(300), before(200), unmatched_since=before(60), closes_at=before(-240)
    )
    ended = replace(alert("errors", Severity.P2, "Too many messages fail", "2%"), status=standing)
    going_on = alert("overloaded", Severity.P3, "Turned away", "88%")
    view = replace(CALM, groups=(group(),), alerts=(ended,))
    shown = text(scene_of(view, scene="healthy"))
    assert "has not matched since 14:04:33: closes at 14:09:33" in shown
    assert "closes at" not in of(OVERLOADED, view)
    assert "closes at" not in text(scene_of(replace(view, alerts=(ended, going_on)), scene="healthy"))


def test_routes_not_reached_are_set_apart_from_those_that_were() -> None:
    assert "not reached: fallback · paged oncall: 1 page" in " ".join(text(pictures()["open"]).split())


def test_what_is_about_to_fire_is_no_calm() -> None:
    soon = alert("verdict-p2", Severity.P2, "The verdict is P2", "P2", AlertState.PENDING, since=40)
    shown = of(OVERLOADED, replace(CALM, alerts=(soon,)))
    assert "◌ No alert is open yet, 1 rule is pending." in shown
    assert "● No alert is open" not in shown


def test_routes_say_how_they_fare_and_nothing_secret() -> None:
    shown = text(pictures()["open"])
    assert "Routes 2 failing of 4" in shown
    assert "2 waiting" in shown
    assert "failing since 14:02:53: HTTP 503 from hooks.slack.com, trying on" in shown
    assert "unusable: the environment variable QUOTA_SLACK_URL" in shown
    assert "last delivered 14:02:50" in shown
    assert "nothing sent yet" in shown


def test_with_nothing_firing_it_says_so_and_how_much_is_watched() -> None:
    shown = text(pictures()["calm"])
    assert "No alert is open." in shown
    assert "19 evaluated" in shown
    assert "nobody is paged" in shown
    assert f"[alerts.routes.NAME] to {FILE}" in " ".join(shown.split())


def test_what_is_not_watched_is_not_called_calm() -> None:
    shown = text(scene_of(AlertsView(), scene="healthy"))
    assert "No rules loaded yet." in shown
    broken = text(pictures()["unread"])
    assert "✗ nothing is paged: /etc/alerts.toml: line 3: expected ]" in broken
    for calm in ("No alert is open", "nobody is paged", "None fires"):
        assert calm not in shown + broken


def test_a_group_that_nobody_was_told_of_yet_says_so() -> None:
    assert "no notification sent yet" in of(
        OVERLOADED, replace(CALM, groups=(group(notified_routes=(), pages=0),))
    )


# -- both ---------------------------------------------------------------------------------


@pytest.mark.parametrize("cells", [36, 56, 76, 103, 104, 116, 196])
@pytest.mark.parametrize("name", ["open", "taken", "calm", "unread", "demo"])
def test_it_fits(name: str, cells: int) -> None:
    assert max(width(row) for row in strip_zoom(pictures()[name], cells, "/a/long/way/to/" * 9)) <= cells


@pytest.mark.parametrize("cells", [36, 76, 116])
def test_hostile_text_fits_too(cells: int) -> None:
    long = "漢字 " * 80 + "x" * 500
    nasty = group(content=replace(group().content, what=long), notified_routes=(long,) * 3)
    verdict = replace(
        OVERLOADED, summary=long, evidence=stated(long) * 3, next_step=long, note=long, set_by=long
    )
    view = replace(CALM, groups=(nasty,), alerts=(alert(long, Severity.P1, long, long),), problem=long)
    assert max(width(row) for row in strip_zoom(scene_of(view, verdict), cells, FILE)) <= cells


def test_where_there_is_room_the_alerts_stand_beside() -> None:
    assert text(pictures()["open"], 104).splitlines()[0].endswith("─")
    assert "Alerts 2 open" in text(pictures()["open"], 104).splitlines()[0]
    assert "Alerts" not in text(pictures()["open"], 103).splitlines()[0]
