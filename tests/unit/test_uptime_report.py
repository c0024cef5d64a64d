"""The report on the past: spans, days in any time zone, what the page claimed, latency, incidents."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_tui.analysis.uptime.columns import EPOCH, Service
from claude_tui.analysis.uptime.histogram import Histogram
from claude_tui.analysis.uptime.hours import HOUR, HourRow, hour_of
from claude_tui.analysis.uptime.incidents import MARGIN, folded, kept_spans
from claude_tui.analysis.uptime.record import Record
from claude_tui.analysis.uptime.report import SPANS, Report, build_report, utc
from claude_tui.analysis.uptime.tally import Grade, Tally
from claude_tui.model.gateway import Platform
from claude_tui.model.incident import IncidentAct, IncidentEntry
from claude_tui.model.observation import Outcome, Source
from claude_tui.model.provider import Component, ProviderIncident, ProviderStatus
from claude_tui.model.verdict import Cause, Severity, Side, VerdictChange
from tests.uptime_values import OURS, OUTAGES, ninety_days

AT = datetime(2026, 11, 20, 14, 5, 33, tzinfo=UTC)
MINUTE = 60 * 1_000_000
HOUR_NOW = hour_of((AT - EPOCH) // timedelta(microseconds=1))


def report(record: Record, days: float = 30, zone: Callable[[datetime], datetime] = utc) -> Report:
    return build_report(record, timedelta(days=days), OURS, zone)


def row(
    ago: int,
    micros: int = HOUR,
    outcome: Outcome = Outcome.OK,
    source: Source = Source.MESSAGES,
    *,
    model: str = "haiku",
    ttft: float = 0.4,
    observed: int = 120,
) -> HourRow:
    times = Histogram.of([ttft] * observed) if outcome is Outcome.OK else Histogram()
    return HourRow(HOUR_NOW - ago, source, model, outcome, "", observed, micros, times, times)


# -- uptime -------------------------------------------------------------------------------------


def test_every_span_adds_up_and_is_that_long() -> None:
    found = report(ninety_days(AT))
    assert [entry.span for entry in found.spans] == list(SPANS)
    for span in found.spans:
        for tally in span.tallies.values():
            assert (
                tally.span
                == span.span // timedelta(microseconds=1) + (AT - EPOCH) // timedelta(microseconds=1) % HOUR
            )
            assert tally.up + tally.down + tally.ours + tally.unknown == tally.span
            assert tally.unknown >= 0


def test_outages_count_in_the_spans_they_belong_to() -> None:
    by_span = {span.span.days: span.tallies[Service.API].down for span in report(ninety_days(AT)).spans}
    for days in (1, 7, 30, 60, 90):
        minutes = sum(down for ago, (down, _, _) in OUTAGES.items() if ago <= days * 24)
        assert by_span[days] == minutes * MINUTE


def test_a_short_record_is_unknown_for_a_long_span() -> None:
    found = report(ninety_days(AT, days=10))
    api = {span.span.days: span.tallies[Service.API] for span in found.spans}
    assert api[7].uptime == pytest.approx(0.998, abs=0.001)
    assert api[30].uptime is None
    assert api[30].coverage == pytest.approx(10 / 30, abs=0.01)
    assert found.first_at == datetime(2026, 11, 10, 14, tzinfo=UTC)


def test_the_periods_add_up_to_the_span() -> None:
    found = report(ninety_days(AT), 60)
    for service in Service:
        together = sum((day.tallies[service] for day in found.periods), Tally())
        assert together == found.of_span.tallies[service]
    week = sum((tally for day in found.week for tally in day), Tally())
    assert week == found.of_span.tallies[Service.API]
    counts = {failure.outcome: failure.count for failure in found.failures}
    by_day: dict[str, int] = {}
    for period in found.periods:
        for failure in period.failures:
            by_day[failure.outcome] = by_day.get(failure.outcome, 0) + failure.count
    assert by_day == counts


def test_a_short_span_goes_by_the_hour() -> None:
    found = report(ninety_days(AT), 1)
    assert found.by_the_hour
    assert [period.start for period in found.periods] == [
        AT.replace(minute=0, second=0) - timedelta(hours=ago) for ago in range(24, -1, -1)
    ]


def test_days_are_those_of_the_reader_daylight_saving_included() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    found = report(ninety_days(AT), 60, lambda instant: instant.astimezone(berlin))
    spans = {f"{period.start:%Y-%m-%d}": period.tallies[Service.API].span // HOUR for period in found.periods}
    assert spans["2026-10-24"] == 24
    assert spans["2026-10-25"] == 25  # the clock goes back
    assert {spans[day] for day in spans if "2026-10-26" <= day <= "2026-11-19"} == {24}


def test_models_are_not_mixed_into_one_latency() -> None:
    rows = (row(2, model="haiku", ttft=0.4, observed=100), row(1, model="opus", ttft=4.0, observed=120))
    found = report(Record(AT, rows), 1)
    assert found.latency.model == "opus"
    assert found.latency.ttft.quantile(0.5) == pytest.approx(4.0, rel=0.025)
    assert [period.latency.model for period in found.periods[-3:-1]] == ["haiku", "opus"]


def test_the_list_of_models_is_a_service_of_its_own() -> None:
    rows = (row(1, HOUR, Outcome.OVERLOADED), row(1, HOUR, source=Source.MODELS, model=""))
    period = report(Record(AT, rows), 1).periods[-2]
    assert period.tallies[Service.API] == Tally(HOUR, down=HOUR)
    assert period.tallies[Service.MODELS] == Tally(HOUR, up=HOUR)


@pytest.mark.parametrize(
    ("tally", "grade"),
    [
        (Tally(1000, up=1000), Grade.FINE),
        (Tally(10_000, up=9_991, down=9), Grade.FINE),
        (Tally(1000, up=999, down=1), Grade.SLIGHT),
        (Tally(1000, up=990, down=10), Grade.SOME),
        (Tally(1000, up=900, down=100), Grade.MUCH),
        (Tally(1000, up=0, down=1000), Grade.MOST),
        (Tally(1000, up=499), Grade.UNKNOWN),
        (Tally(1000, down=1), Grade.MOST),
        (Tally(), Grade.UNKNOWN),
    ],
)
def test_grades(tally: Tally, grade: Grade) -> None:
    assert tally.grade is grade


# -- what the page claimed ------------------------------------------------------------------------


def page(minutes_ago: float, api: str = "operational", chat: str | None = "operational") -> ProviderStatus:
    parts = [Component("a", "Claude API (api.anthropic.com)", api)]
    parts += [Component("c", "claude.ai", chat)] if chat else []
    return ProviderStatus(
        AT - timedelta(minutes=minutes_ago), "https://status.example.com", "none", "", tuple(parts)
    )


def read(ago: int, micros: int = HOUR, outcome: Outcome = Outcome.OK) -> HourRow:
    return row(ago, micros, outcome, Source.STATUS, model="")


def claim(*reports: ProviderStatus, rows: tuple[HourRow, ...], service: Service = Service.PAGE) -> Tally:
    """Of the hour before this one, which began 65 minutes and 33 seconds ago."""
    return report(Record(AT, rows, reports), 1).periods[-2].tallies[service]


HOUR_BEGAN = 65 + 33 / 60


def test_the_page_counts_for_as_long_as_it_was_read() -> None:
    assert claim(page(600), rows=(read(1),)) == Tally(HOUR, up=HOUR)
    assert claim(page(600), rows=(read(1, HOUR // 4),)) == Tally(HOUR, up=HOUR // 4)
    assert claim(page(600), rows=()) == Tally(HOUR)
    assert claim(page(600), rows=(read(1, outcome=Outcome.TIMEOUT),)) == Tally(HOUR)


def test_a_claim_holds_from_its_report_on() -> None:
    reports = (page(600), page(HOUR_BEGAN - 15, "major_outage"), page(HOUR_BEGAN - 30))
    assert claim(*reports, rows=(read(1),)) == Tally(HOUR, up=45 * MINUTE, down=15 * MINUTE)
    assert claim(*reports, rows=(read(1, HOUR // 2),)) == Tally(HOUR, up=HOUR * 3 // 8, down=HOUR // 8)


def test_claude_ai_is_apart_from_the_api() -> None:
    reports = (page(600, chat="partial_outage"),)
    assert claim(*reports, rows=(read(1),)).down == 0
    assert claim(*reports, rows=(read(1),), service=Service.CHAT) == Tally(HOUR, down=HOUR)
    assert claim(page(600, chat=None), rows=(read(1),), service=Service.CHAT) == Tally(HOUR)


def test_an_incident_of_another_platform_is_no_downtime_of_ours() -> None:
    elsewhere = ProviderIncident("i", "Errors on Amazon Bedrock", "identified", "major", AT, ("a",), ())
    reports = (replace(page(600, "partial_outage"), incidents=(elsewhere,)),)
    for platform, up in ((Platform.API, HOUR), (Platform.BEDROCK, 0), (None, 0)):
        record = Record(AT, (read(1),), reports, platform=platform)
        assert report(record, 1).periods[-2].tallies[Service.PAGE].up == up


def test_nothing_is_claimed_before_the_first_report_nor_while_the_page_is_unreadable() -> None:
    unread = ProviderStatus(AT - timedelta(minutes=HOUR_BEGAN - 40), "", unknown_reason="timeout")
    found = claim(page(HOUR_BEGAN - 20), unread, rows=(read(1),))
    assert found == Tally(HOUR, up=20 * MINUTE)


# -- incidents ------------------------------------------------------------------------------------


def act(minutes_ago: float, incident: str, what: IncidentAct, text: str = "", **more: str) -> IncidentEntry:
    at = AT - timedelta(minutes=minutes_ago)
    return IncidentEntry(at, f"{at}", incident, what, at, "ana", "ops", text, **more)


DECLARED = act(300, "one", IncidentAct.DECLARED, "529s")


def ago(minutes: float) -> datetime:
    return AT - timedelta(minutes=minutes)


def test_an_incident_has_its_newest_name_severity_and_end() -> None:
    acts = (
        DECLARED,
        act(290, "one", IncidentAct.RENAMED, "Opus overloaded"),
        act(280, "one", IncidentAct.SEVERITY, "P1"),
        act(270, "one", IncidentAct.SEVERITY, "nonsense"),
        act(260, "one", IncidentAct.RESOLVED),
        act(250, "one", IncidentAct.REOPENED),
        act(200, "one", IncidentAct.RESOLVED),
    )
    (found,) = folded(acts, (), AT)
    assert (found.title, found.severity) == ("Opus overloaded", Severity.P1)
    assert (found.start, found.end) == (ago(300), ago(200))
    (then,) = folded(acts, (), ago(255))
    assert then.end == ago(260)
    (reopened,) = folded(acts, (), ago(240))
    assert reopened.end is None
    assert reopened.length(ago(240)) == timedelta(minutes=60)


def test_what_was_dismissed_or_merged_is_not_listed() -> None:
    for what in (IncidentAct.DISMISSED, IncidentAct.MERGED):
        assert folded((DECLARED, act(200, "one", what)), (), AT) == ()


def test_the_cause_is_what_the_verdict_said_for_longest() -> None:
    def changed(minutes: float, cause: Cause, severity: Severity = Severity.P2) -> VerdictChange:
        return VerdictChange(ago(minutes), cause, Side.THEM, severity, "")

    verdicts = (
        changed(400, Cause.NETWORK),
        changed(298, Cause.PROVIDER_ERRORS),
        changed(290, Cause.PROVIDER_OVERLOADED),
        changed(270, Cause.HEALTHY, Severity.NONE),
    )
    (found,) = folded((DECLARED, act(200, "one", IncidentAct.RESOLVED)), verdicts, AT)
    assert found.cause is Cause.PROVIDER_OVERLOADED
    (unjudged,) = folded((DECLARED,), (), AT)
    assert unjudged.cause is None


def test_a_report_lists_the_incidents_that_touch_its_span() -> None:
    acts = (
        act(60 * 24 * 40, "old", IncidentAct.DECLARED, "old"),
        act(60 * 24 * 29, "old", IncidentAct.RESOLVED),
        act(60 * 24 * 50, "older", IncidentAct.DECLARED, "older"),
        act(60 * 24 * 45, "older", IncidentAct.RESOLVED),
        DECLARED,
    )
    assert [incident.title for incident in report(Record(AT, acts=acts), 30).incidents] == ["529s", "old"]


instants = st.integers(0, 10_000).map(ago)
acts_of_several = st.lists(
    st.builds(
        IncidentEntry,
        at=st.just(AT),
        id=st.just("x"),
        incident=st.sampled_from(["one", "two", "three"]),
        act=st.sampled_from(IncidentAct),
        happened_at=instants,
        by=st.just("ana"),
        subject=st.sampled_from(["", "started"]),
    ),
    max_size=30,
)


@given(acts_of_several)
def test_kept_spans_are_in_order_and_hold_every_incident_with_its_margins(acts: list[IncidentEntry]) -> None:
    spans = kept_spans(acts)
    for (_, end), (start, _) in itertools.pairwise(spans):
        assert end is not None
        assert end < start
    for incident in folded(acts, (), AT):
        assert any(
            start <= incident.start - MARGIN
            and (end is None or (incident.end is not None and incident.end + MARGIN <= end))
            for start, end in spans
        )
