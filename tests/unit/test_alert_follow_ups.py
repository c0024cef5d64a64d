"""After the first page: severity, acknowledgement, reminder, end; and whatever else happens."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claude_tui.alerting.metric import Reading
from claude_tui.alerting.step import acknowledged, snoozed
from claude_tui.model.alert import Notification, NotificationKind
from claude_tui.model.verdict import Cause, Severity, Taken, Verdict
from tests.alerts import (
    HEALTHY,
    MATCH,
    NO_MATCH,
    OUTAGE,
    UNKNOWN,
    Night,
    night,
    rule,
    verdict,
)

P1, P2, P3, P4 = Severity.P1, Severity.P2, Severity.P3, Severity.P4
OPENED, SEVERITY, RESOLVED = NotificationKind.OPENED, NotificationKind.SEVERITY, NotificationKind.RESOLVED
REMINDER, ACKNOWLEDGED = NotificationKind.REMINDER, NotificationKind.ACKNOWLEDGED


class TestFollowUps:
    def test_worse_is_notified_soon_and_better_while_it_lasts(self) -> None:
        alerting = night()
        alerting.sees(verdict(Cause.PROVIDER_ERRORS, P3))
        alerting.sees(OUTAGE)
        alerting.stays(verdict(Cause.PROVIDER_ERRORS, P3), for_s=300 + 900 + 10)
        assert alerting.severities() == [(OPENED, P3), (SEVERITY, P1), (SEVERITY, P3)]
        assert "was P1" in alerting.pages[-1][1].title

    def test_a_route_is_paged_at_most_once_a_minute(self) -> None:
        alerting = night()
        for severity in (P3, P1, P2, P1, P2, P1, P2, P1, P2, P1, P2):
            alerting.sees(verdict(Cause.PROVIDER_ERRORS, severity))
        assert alerting.severities() == [(OPENED, P3)]
        alerting.stays(OUTAGE, for_s=60)
        assert alerting.severities() == [(OPENED, P3), (SEVERITY, P1)]
        first, second = (page.at for _, page in alerting.pages)
        assert second - first >= timedelta(minutes=1)

    def test_what_opens_again_within_a_minute_waits_and_is_then_notified_as_it_is(self) -> None:
        alerting = night()
        alerting.stays(OUTAGE, for_s=60)
        while RESOLVED not in alerting.kinds():
            alerting.sees(HEALTHY)
        alerting.stays(verdict(Cause.PROVIDER_ERRORS, P2), for_s=50)
        assert alerting.kinds() == [OPENED, RESOLVED]
        alerting.stays(OUTAGE, for_s=15)
        assert alerting.severities() == [(OPENED, P1), (RESOLVED, P1), (OPENED, P1)]

    def test_a_severity_that_wavers_is_notified_once(self) -> None:
        alerting = night()
        for _ in range(4):
            alerting.stays(verdict(Cause.PROVIDER_ERRORS, P2), for_s=200)
            alerting.stays(verdict(Cause.PROVIDER_ERRORS, P3), for_s=600)
        assert alerting.severities() == [(OPENED, P2)]

    def test_what_eases_while_it_ends_is_notified_only_as_over(self) -> None:
        alerting = night()
        alerting.stays(OUTAGE, for_s=60)
        alerting.stays(verdict(Cause.PROVIDER_ERRORS, P2), for_s=60)
        alerting.stays(verdict(Cause.PROVIDER_ERRORS, P3), for_s=60)
        alerting.stays(HEALTHY, for_s=600)
        assert alerting.severities() == [(OPENED, P1), (RESOLVED, P1)]

    def test_reminders_come_every_hour_and_every_four_when_acknowledged(self) -> None:
        alerting = night()
        alerting.stays(OUTAGE, for_s=2 * 3600 + 60, every_s=30)
        assert alerting.kinds() == [OPENED, REMINDER, REMINDER]
        alerting.ledger = acknowledged(alerting.ledger, None, by="ana", reason="on it", at=alerting.clock.at)
        alerting.stays(OUTAGE, for_s=9 * 3600, every_s=30)
        assert alerting.kinds() == [OPENED, REMINDER, REMINDER, ACKNOWLEDGED, REMINDER, REMINDER]
        page = alerting.pages[3][1]
        assert "acknowledged by ana" in page.title
        assert "on it" in page.text

    def test_what_is_not_urgent_is_repeated_once_a_day(self) -> None:
        alerting = night(rule("certificate", P4, topic="certificate", explained_by=frozenset()))
        alerting.stays(HEALTHY, {"certificate": MATCH}, for_s=50 * 3600, every_s=50)
        assert alerting.kinds() == [OPENED, REMINDER, REMINDER]

    def test_snoozed_it_is_quiet_until_then_and_reminds_at_the_end(self) -> None:
        alerting = night()
        alerting.sees(verdict(Cause.PROVIDER_ERRORS, P3))
        until = alerting.clock.at + timedelta(hours=2)
        alerting.ledger = snoozed(alerting.ledger, None, by="ana", until=until, at=alerting.clock.at)
        alerting.stays(verdict(Cause.PROVIDER_ERRORS, P3), for_s=2 * 3600 - 60, every_s=30)
        assert alerting.kinds() == [OPENED]
        alerting.stays(verdict(Cause.PROVIDER_ERRORS, P3), for_s=120, every_s=30)
        assert alerting.kinds() == [OPENED, REMINDER]

    def test_a_snooze_ends_when_it_becomes_worse(self) -> None:
        alerting = night()
        alerting.sees(verdict(Cause.PROVIDER_ERRORS, P3))
        until = alerting.clock.at + timedelta(hours=2)
        alerting.ledger = snoozed(alerting.ledger, None, by="ana", until=until, at=alerting.clock.at)
        alerting.stays(OUTAGE, for_s=60)
        assert alerting.severities() == [(OPENED, P3), (SEVERITY, P1)]

    def test_the_end_is_notified_even_when_snoozed(self) -> None:
        alerting = night()
        alerting.sees(OUTAGE)
        until = alerting.clock.at + timedelta(hours=2)
        alerting.ledger = snoozed(alerting.ledger, None, by="ana", until=until, at=alerting.clock.at)
        alerting.stays(HEALTHY, for_s=400)
        assert alerting.kinds() == [OPENED, RESOLVED]

    def test_both_are_recorded(self) -> None:
        alerting = night()
        alerting.sees(OUTAGE)
        at = alerting.clock.at
        alerting.ledger = acknowledged(alerting.ledger, None, by="ana\x1b[31m", reason="<!channel>", at=at)
        alerting.ledger = snoozed(alerting.ledger, None, by="bo", until=at + timedelta(hours=1), at=at)
        alerting.ledger = snoozed(alerting.ledger, None, by="bo", until=at, at=at)
        texts = [entry.text for entry in alerting.ledger.journal]
        assert [text.split(" · ")[0] for text in texts[1:]] == [
            "acknowledged by ana␛[31m: ‹!channel>",
            "snoozed by bo until 13:00 UTC",
            "snooze ended by bo",
        ]
        assert len({entry.key for entry in alerting.ledger.journal}) == 4


# -- whatever happens ------------------------------------------------------------------

NAMES = ("errors", "slow", "limited", "certificate", "team")
READINGS: st.SearchStrategy[Reading] = st.sampled_from([MATCH, NO_MATCH, None])
VERDICTS = st.sampled_from(
    [
        HEALTHY,
        UNKNOWN,
        OUTAGE,
        verdict(Cause.PROVIDER_ERRORS, P3),
        verdict(Cause.RATE_LIMITED, P2),
        verdict(Cause.NETWORK, P1),
        verdict(Cause.PROVIDER_SLOW, P4),
    ]
)
STEPS = st.lists(
    st.tuples(
        VERDICTS,
        st.fixed_dictionaries(dict.fromkeys(NAMES, READINGS)),
        st.sampled_from([5, 5, 30, 120, 400, 4000]),
        st.sampled_from(["", "", "", "acknowledge", "snooze", "quiet"]),
    ),
    max_size=25,
)


def mixed_rules() -> list[object]:
    return [
        rule("errors", P2, hold_s=30, keep_s=60),
        rule("slow", P4, keep_s=300),
        rule("limited", P3, topic="rate_limited", explained_by=frozenset({Cause.RATE_LIMITED})),
        rule("certificate", P4, topic="certificate", explained_by=frozenset()),
        rule("team", P1, own_topic="team"),
    ]


@given(STEPS)
@settings(max_examples=80)
def test_whatever_happens_each_group_is_notified_once_and_ended_once(
    steps: list[tuple[Verdict, dict[str, Reading], int, str]],
) -> None:
    alerting = night(*mixed_rules())
    for judged, readings, after_s, act in steps:
        alerting.sees(judged, readings, after_s=after_s)
        if act == "acknowledge":
            alerting.ledger = acknowledged(alerting.ledger, None, by="a", reason="", at=alerting.clock.at)
        elif act:
            hours = 1 if act == "snooze" else 0
            until = alerting.clock.at + timedelta(hours=hours)
            alerting.ledger = snoozed(alerting.ledger, None, by="a", until=until, at=alerting.clock.at)
        open_groups = [group for group in alerting.ledger.groups if group.open]
        assert len({group.topic for group in open_groups}) == len(open_groups)
        assert len({group.dedup_key for group in open_groups}) == len(open_groups)
        assert all(group.severity.trouble for group in open_groups)
    alerting.stays(HEALTHY, for_s=2400, every_s=40)
    assert not [group for group in alerting.ledger.groups if group.open]
    by_group: dict[str, list[Notification]] = {}
    for _, page in alerting.pages:
        by_group.setdefault(page.group, []).append(page)
    for pages in by_group.values():
        kinds = [page.kind for page in pages]
        assert kinds[0] is OPENED
        assert kinds[-1] is RESOLVED
        assert Counter(kinds)[OPENED] == Counter(kinds)[RESOLVED] == 1
        assert len({page.id for page in pages}) == len(pages)
        for before, page in itertools.pairwise(pages):
            if page.kind is SEVERITY:
                assert page.severity is not before.severity
            if page.kind is REMINDER:
                assert page.at - before.at >= timedelta(hours=1) or "snoozed" in str(alerting.ledger.journal)


@pytest.mark.parametrize("topic", ["provider", "network"])
def test_a_trouble_that_comes_back_has_the_same_key_and_another_id(topic: str) -> None:
    alerting = night()
    judged = OUTAGE if topic == "provider" else verdict(Cause.NETWORK, P1)
    for _ in range(2):
        alerting.sees(judged)
        alerting.stays(HEALTHY, for_s=400)
    groups = {(page.group, page.dedup_key) for _, page in alerting.pages}
    assert len(groups) == 2
    assert {key for _, key in groups} == {topic}


class TestTakenBeforeItWasAnAlert:
    """Somebody takes on the problem before a rule fires: nobody else is to be woken for it."""

    def test_the_alert_that_follows_pages_nobody(self) -> None:
        alerting = night()
        held = taken_outage(alerting)
        group = alerting.sees(held)
        assert group is not None
        assert group.acknowledged is not None
        assert group.acknowledged.by == "ana"
        alerting.stays(held, for_s=600)
        alerting.stays(HEALTHY, for_s=900)
        assert alerting.pages == []
        assert [entry.page for entry in alerting.ledger.journal] == [OPENED, RESOLVED]

    def test_what_gets_worse_is_paged(self) -> None:
        alerting = night()
        mild = replace(verdict(Cause.PROVIDER_ERRORS, P3), taken=taken(alerting, P3))
        alerting.stays(mild, for_s=60)
        assert alerting.pages == []
        alerting.stays(replace(OUTAGE, taken=mild.taken), for_s=60)
        assert alerting.severities() == [(OPENED, P1)]
        assert "Acknowledged by ana" in alerting.pages[0][1].text

    def test_what_lasts_as_long_as_a_reminder_waits_is_paged(self) -> None:
        alerting = night()
        held = taken_outage(alerting)
        alerting.stays(held, for_s=4 * 3600 - 60, every_s=30)
        assert alerting.pages == []
        alerting.stays(held, for_s=120, every_s=30)
        assert alerting.kinds() == [OPENED]

    def test_what_is_taken_after_the_page_is_acknowledged(self) -> None:
        alerting = night()
        alerting.sees(OUTAGE)
        alerting.stays(taken_outage(alerting), for_s=60)
        assert alerting.kinds() == [OPENED, ACKNOWLEDGED]

    def test_another_trouble_is_not_theirs(self) -> None:
        alerting = night(rule("certificate", P2, topic="certificate", explained_by=frozenset()))
        alerting.sees(taken_outage(alerting), {"certificate": MATCH})
        assert [page.topic for _, page in alerting.pages] == ["certificate"]


def taken(alerting: Night, severity: Severity = P1) -> Taken:
    return Taken("ana", "ops-1", "looking", alerting.clock.at, severity)


def taken_outage(alerting: Night) -> Verdict:
    return replace(OUTAGE, taken=taken(alerting))
