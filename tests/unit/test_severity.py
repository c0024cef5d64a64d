"""The runbook's table of severities, and the clock that runs from detection."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from claude_tui.analysis.diagnosis.diagnose import diagnose
from claude_tui.analysis.diagnosis.severity import respond_by, severity_of_rare, with_set_severity
from claude_tui.analysis.diagnosis.taken import with_claim
from claude_tui.analysis.options import Options, Thresholds
from claude_tui.model.observation import Observation, Outcome
from claude_tui.model.playbook import SeverityMark
from claude_tui.model.request import ActionRequest, RequestedAction
from claude_tui.model.verdict import Cause, Severity, Taken, Verdict
from tests.builders import healthy, history_of, messages, models

HOUR = 3600.0
BAD = Outcome.SERVER_ERROR


def verdict(*seen: Observation, options: Options | None = None) -> Verdict:
    newest = max(one.at for one in seen)
    return diagnose(history_of(*seen), newest, options or Options())


def incident(pattern: str, outcome: Outcome = BAD, every_s: float = 30.0) -> list[Observation]:
    """An hour of health, and then `F` for failures and `.` for successes."""
    observations = healthy(0, HOUR, messages_s=every_s)
    for number, letter in enumerate(pattern):
        at = HOUR + number * every_s
        observations += [
            messages(at, outcome if letter == "F" else Outcome.OK),
            models(at + 1),
            models(at + 16),
        ]
    return observations


def severity(pattern: str, outcome: Outcome = BAD, every_s: float = 30.0) -> Severity:
    return verdict(*incident(pattern, outcome, every_s)).severity


@pytest.mark.parametrize(
    "outcome",
    [
        BAD,
        Outcome.OVERLOADED,
        Outcome.KEY_REJECTED,
        Outcome.RATE_LIMITED,
        Outcome.SPEND_LIMIT,
        Outcome.TIMEOUT,
    ],
)
def test_p1_when_all_messages_fail_whoever_is_at_fault(outcome: Outcome) -> None:
    assert severity("FFF", outcome) is Severity.P1


def test_a_share_needs_three_failures() -> None:
    assert severity("FF") is Severity.P3


def test_p1_is_counted_from_the_first_failure_and_over_five_minutes() -> None:
    assert severity("FFFFFFFFF.F") is Severity.P1
    assert severity("F.F.F.F.F.F") is Severity.P2
    assert severity("F.F.F.F.F." + "F" * 10) is Severity.P1


@pytest.mark.parametrize(
    ("pattern", "begins"),
    [
        ("F...F...F..F", "Some message calls fail (500)"),
        ("F.FF.FF.FF.F.FF", "Most message calls fail (500)"),
    ],
)
def test_the_summary_says_whether_most_fail(pattern: str, begins: str) -> None:
    """85% failing read "some", as the outage begins higher."""
    assert verdict(*incident(pattern)).summary.startswith(f"It's them. {begins}")


def test_p1_does_not_flap_around_its_threshold() -> None:
    """Once at 90%, it stays until fewer than 80% fail."""
    begun = "F" * 20
    assert severity(begun + ".FFFFFFFF.F") is Severity.P1
    assert severity(begun + ".FF.FF.FF.F") is Severity.P2


def test_one_trouble_is_not_p1_twice_by_luck() -> None:
    """Half of the messages fail: three in a row are P1 once, not again with every unlucky run."""
    course = "FFF" + ".F" * 5 + "FF.F.F..FFFF.F.FFF.F..F.FFFFF.F."
    shown = [severity(course[:end]) for end in range(3, len(course) + 1)]
    grave = [level is Severity.P1 for level in shown]
    assert grave[0]
    assert sum(now and not before for before, now in pairwise(grave)) == 0
    assert not grave[-1]


def test_two_messages_are_p1_where_the_list_of_models_fails_too() -> None:
    seen = healthy(0, HOUR)
    both = [messages(HOUR, BAD), models(HOUR + 1, BAD), models(HOUR + 16, BAD), messages(HOUR + 20, BAD)]
    assert verdict(*seen, *both).severity is Severity.P1
    assert verdict(*seen, messages(HOUR, BAD), messages(HOUR + 20, BAD)).severity is not Severity.P1


def test_p1_with_few_messages_rests_on_the_last_three() -> None:
    assert severity("FFF", every_s=280.0) is Severity.P1
    assert severity("FFF", every_s=600.0) is not Severity.P1
    slow = Options(messages_interval_s=600.0)
    assert verdict(*incident("FFF", every_s=600.0), options=slow).severity is Severity.P1


def test_p2_for_429s_that_go_on_and_for_five_percent_of_errors() -> None:
    assert severity("F.F", Outcome.RATE_LIMITED) is Severity.P2
    assert severity("F.FF") is Severity.P2


def test_streams_that_break_off_are_degraded_quality_until_they_are_half() -> None:
    assert severity("FF...F..", Outcome.TRUNCATED_STREAM) is Severity.P4
    assert severity("F.FF.FF.", Outcome.TRUNCATED_STREAM) is Severity.P2
    assert severity("FFFF", Outcome.TRUNCATED_STREAM) is Severity.P1


def test_streams_that_break_off_half_of_the_time_do_not_alternate_between_two_severities() -> None:
    """As seen with an agent: P2, P4, P2, P4, P2 and P4 within a minute."""
    pattern = "F...FFF..FF..F.FF.FF.F.F.F"
    found = [severity(pattern[:length], Outcome.TRUNCATED_STREAM) for length in range(11, len(pattern) + 1)]
    assert set(found) == {Severity.P2}


def test_a_few_streams_that_break_off_do_not_alternate_either() -> None:
    """Within the first dozen messages it was P2, P4 and P2 again."""
    pattern = "FFF..F...F.FF"
    found = [severity(pattern[:length], Outcome.TRUNCATED_STREAM) for length in range(5, len(pattern) + 1)]
    assert set(found) == {Severity.P2}
    assert severity("F.F..F", Outcome.TRUNCATED_STREAM) is Severity.P4


def test_slow_answers_are_p4_and_p2_with_a_long_tail() -> None:
    base = healthy(0, HOUR)
    late = [messages(HOUR + number * 30, ttft=2.4, total=3.0) for number in range(6)]
    assert (verdict(*base, *late).cause, verdict(*base, *late).severity) == (Cause.PROVIDER_SLOW, Severity.P4)
    later = [messages(HOUR + number * 30, ttft=9.0, total=12.0) for number in range(6)]
    assert verdict(*base, *later).severity is Severity.P2


@pytest.mark.parametrize(
    ("failures", "messages_failed", "asked", "severity"),
    [
        (2, 1, 100, Severity.P4),
        (3, 1, 100, Severity.P3),
        (9, 2, 100, Severity.P3),
        (4, 3, 60, Severity.P2),
        (4, 3, 10, Severity.P2),
        (4, 3, 100, Severity.P3),
    ],
)
def test_intermittent_errors(failures: int, messages_failed: int, asked: int, severity: Severity) -> None:
    assert severity_of_rare(failures, messages_failed, asked, Thresholds()) is severity


def test_thresholds_are_settings() -> None:
    seen = incident("FF.FF.FF.FF.FF.FF")
    assert verdict(*seen).severity is Severity.P2
    assert (
        verdict(*seen, options=Options(thresholds=Thresholds(most_fail=0.6, most_fail_ends=0.5))).severity
        is Severity.P1
    )


def test_the_worst_wins() -> None:
    assert Severity.worst((Severity.P4, Severity.P2, Severity.NONE)) is Severity.P2


FRIDAY = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("severity", "due"),
    [
        (Severity.P1, FRIDAY),
        (Severity.P2, FRIDAY + timedelta(minutes=15)),
        (Severity.P3, FRIDAY + timedelta(hours=1)),
        (Severity.P4, datetime(2026, 11, 23, 9, 0, tzinfo=UTC)),
        (Severity.NONE, None),
    ],
)
def test_response_targets(severity: Severity, due: datetime | None) -> None:
    assert respond_by(severity, FRIDAY, Thresholds()) == due


def test_a_business_day_is_no_weekend() -> None:
    tuesday = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
    assert respond_by(Severity.P4, tuesday, Thresholds()) == datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
    saturday = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
    assert respond_by(Severity.P4, saturday, Thresholds()) == datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def due(day: str, zone: str, *days: str, hour: int = 9) -> str:
    """When a P4 that is detected then is due, in UTC."""
    thresholds = Thresholds(business_hour=hour, time_zone=zone)
    if days:
        thresholds = replace(thresholds, working_days=days)
    found = respond_by(Severity.P4, datetime.fromisoformat(f"{day}+00:00"), thresholds)
    assert found is not None
    assert found.tzinfo is UTC
    return f"{found:%a %Y-%m-%d %H:%M}"


def test_a_business_day_is_one_of_the_persons_zone() -> None:
    # Friday 23:30 in London is already Saturday in Tokyo, and still Friday in New York.
    assert due("2026-11-20T23:30", "Europe/London") == "Mon 2026-11-23 09:00"
    assert due("2026-11-20T23:30", "Asia/Tokyo") == "Mon 2026-11-23 00:00"
    assert due("2026-11-20T03:00", "America/New_York") == "Fri 2026-11-20 14:00"
    assert due("2026-11-19T20:00", "Asia/Tokyo") == "Mon 2026-11-23 00:00"


def test_a_business_day_is_one_of_the_persons_days() -> None:
    week = ("sun", "mon", "tue", "wed", "thu")
    assert due("2026-11-19T12:00", "Asia/Jerusalem", *week) == "Sun 2026-11-22 07:00"
    assert due("2026-11-20T12:00", "UTC", "wed") == "Wed 2026-11-25 09:00"
    assert due("2026-11-25T12:00", "UTC", "wed") == "Wed 2026-12-02 09:00"


def test_the_hour_is_that_of_the_wall_clock_on_both_sides_of_summer_time() -> None:
    # Central Europe changes its clocks on 2026-03-29 and 2026-10-25, both Sundays.
    assert due("2026-03-27T12:00", "Europe/Berlin") == "Mon 2026-03-30 07:00"
    assert due("2026-03-26T12:00", "Europe/Berlin") == "Fri 2026-03-27 08:00"
    assert due("2026-10-23T12:00", "Europe/Berlin") == "Mon 2026-10-26 08:00"
    assert due("2026-10-22T12:00", "Europe/Berlin") == "Fri 2026-10-23 07:00"
    # 02:00 is skipped on that Sunday, and 02:30 would be there twice on the other.
    assert due("2026-03-28T12:00", "Europe/Berlin", "sun", hour=2) == "Sun 2026-03-29 01:00"
    assert due("2026-10-24T12:00", "Europe/Berlin", "sun", hour=2) == "Sun 2026-10-25 00:00"


def test_a_zone_that_this_machine_does_not_know_is_utc() -> None:
    assert due("2026-11-20T12:00", "Mars/Olympus") == "Mon 2026-11-23 09:00"


def test_the_clock_runs_from_the_detection() -> None:
    found = verdict(*incident("FFFF"))
    assert found.since is not None
    assert found.detected_at == found.since + timedelta(seconds=30.64)
    assert found.respond_by == found.detected_at


def test_a_severity_that_a_person_set_holds_for_this_trouble_until_it_gets_worse() -> None:
    minute = timedelta(minutes=1)
    rare = verdict(*incident("FF"))
    assert rare.severity is Severity.P3
    assert rare.since is not None
    at = rare.since + 9 * minute
    before = SeverityMark(rare.since - minute, Severity.P4, Severity.P3, "bob")
    raised = SeverityMark(rare.since + minute, Severity.P1, Severity.P3, "eve", "checkout is down")
    lowered = SeverityMark(rare.since + 2 * minute, Severity.P4, Severity.P3, "eve")

    rated = with_set_severity(rare, [before, raised], at, Thresholds())
    assert (rated.severity, rated.set_by, rated.computed) == (Severity.P1, "eve", Severity.P3)
    assert rated.respond_by == rare.detected_at
    assert with_set_severity(rare, [lowered, raised], at, Thresholds()).severity is Severity.P4
    assert with_set_severity(rare, [before], at, Thresholds()) == rare
    assert with_set_severity(rare, [raised], rare.since, Thresholds()) == rare

    outage = replace(rare, severity=Severity.P1)
    assert with_set_severity(outage, [lowered], at, Thresholds()) == outage
    well = replace(rare, severity=Severity.NONE)
    assert with_set_severity(well, [raised], at, Thresholds()) == well


def test_whoever_takes_a_trouble_has_it_until_it_ends() -> None:
    minute = timedelta(minutes=1)
    rare = verdict(*incident("FF"))
    assert rare.since is not None
    since, at = rare.since, rare.since + 9 * minute

    def take(offset: timedelta, by: str) -> ActionRequest:
        return ActionRequest(since + offset, by * 4, RequestedAction.TAKE, by, "ops-1", "P3", "looking")

    before, ana, ben, later = (
        take(-minute, "eve"),
        take(minute, "ana"),
        take(2 * minute, "ben"),
        take(10 * minute, "cyd"),
    )
    probed = replace(ben, action=RequestedAction.PROBE)
    assert with_claim(rare, [before, later, probed], at) == rare
    taken = with_claim(rare, [ben, ana, before], at).taken
    assert taken == Taken("ben", "ops-1", "looking", since + 2 * minute, Severity.P3)
    assert with_claim(rare, [ana, ben], since + minute).taken == Taken(
        "ana", "ops-1", "looking", since + minute, Severity.P3
    )
    well = replace(rare, severity=Severity.NONE, since=None)
    assert with_claim(well, [ana], at) == well
