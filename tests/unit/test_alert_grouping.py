"""One cause, one message: which alerts are sent together, and to whom."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from claude_tui.alerting.routes import Match
from claude_tui.alerting.topics import PROVIDER, PROVIDER_CAUSES
from claude_tui.model.alert import NotificationKind
from claude_tui.model.verdict import Cause, Recovery, Severity
from tests.alerts import (
    HEALTHY,
    MATCH,
    OUTAGE,
    UNKNOWN,
    Night,
    chat,
    desk,
    night,
    rule,
    verdict,
    verdict_rules,
)

P1, P2, P3, P4 = Severity.P1, Severity.P2, Severity.P3, Severity.P4
OPENED, SEVERITY, RESOLVED = NotificationKind.OPENED, NotificationKind.SEVERITY, NotificationKind.RESOLVED
REMINDER, ACKNOWLEDGED = NotificationKind.REMINDER, NotificationKind.ACKNOWLEDGED


TEN = [f"symptom-{number}" for number in range(10)]


def ten_rules(severity: Severity = P3) -> list[object]:
    return [rule(name, severity, keep_s=60) for name in TEN]


class TestOneOutage:
    def test_trips_ten_rules_and_sends_one_page(self) -> None:
        alerting = night(*ten_rules())
        for count in range(11):
            alerting.sees(OUTAGE, dict.fromkeys(TEN[:count], MATCH), after_s=30)
        group = alerting.sees(OUTAGE, dict.fromkeys(TEN, MATCH))
        assert alerting.kinds() == [OPENED]
        assert group is not None
        assert set(group.alerts) >= set(TEN)
        alerting.stays(HEALTHY, for_s=600)
        assert alerting.kinds() == [OPENED, RESOLVED]

    @given(data=st.data())
    @settings(max_examples=30)
    def test_sends_one_page_in_whatever_order_its_rules_trip(self, data: st.DataObject) -> None:
        alerting = night(*ten_rules(data.draw(st.sampled_from([P1, P2, P3, P4]), label="severity")))
        causes = sorted(PROVIDER_CAUSES - {Cause.PROVIDER_NOTICE})
        for _ in range(data.draw(st.integers(1, 15), label="steps")):
            judged = verdict(data.draw(st.sampled_from(causes), label="cause"), P1)
            names = data.draw(st.sets(st.sampled_from(TEN)), label="tripped")
            alerting.sees(
                judged, dict.fromkeys(names, MATCH), after_s=data.draw(st.sampled_from([5, 60, 299]))
            )
        lasting = data.draw(st.sets(st.sampled_from(TEN)), label="echoes")
        alerting.stays(HEALTHY, dict.fromkeys(lasting, MATCH), for_s=320, every_s=20)
        alerting.stays(HEALTHY, for_s=1200, every_s=20)
        assert alerting.kinds() == [OPENED, RESOLVED]

    def test_begins_as_bad_as_the_screen_says_while_the_rule_for_that_still_waits(self) -> None:
        alerting = night(*verdict_rules(hold_s=90))
        few, many = verdict(Cause.PROVIDER_ERRORS, P3), verdict(Cause.PROVIDER_ERRORS, P2)
        alerting.stays(few, for_s=60)
        alerting.stays(many, for_s=300)
        assert alerting.kinds() == [OPENED]
        assert alerting.pages[0][1].title.startswith("[P2] ")

    def test_is_notified_as_over_with_the_verdict_and_its_echoes_do_not_notify_again(self) -> None:
        alerting = night(rule("slow-window", P2, keep_s=300))
        echo = {"slow-window": MATCH}
        alerting.stays(OUTAGE, echo, for_s=60)
        alerting.stays(HEALTHY, echo, for_s=500)
        assert alerting.kinds() == [OPENED, RESOLVED]

    def test_what_is_over_says_from_when_to_when(self) -> None:
        alerting = night()
        alerting.stays(OUTAGE, for_s=600)
        alerting.stays(HEALTHY, for_s=320)
        page = alerting.pages[-1][1]
        assert page.title.startswith("[resolved after 10m 00s]")
        assert "From: 2026-11-20 12:00:05 UTC\nTo: 2026-11-20 12:10:05 UTC, and quiet since" in page.text

    def test_what_goes_on_elsewhere_says_so(self) -> None:
        alerting = night(rule("errors", P2), rule("limited", P3, topic="provider"))
        alerting.sees(HEALTHY, {"limited": MATCH})
        alerting.sees(HEALTHY, {"errors": MATCH, "limited": MATCH})
        alerting.stays(OUTAGE, {"errors": MATCH, "limited": MATCH}, for_s=30)
        over = [page for _, page in alerting.pages if page.kind is RESOLVED]
        assert [page.topic for page in over] == ["unexplained"]
        assert over[0].title.endswith("(continues as provider)")

    def test_an_echo_that_never_ends_is_a_trouble_of_its_own(self) -> None:
        alerting = night(rule("slow-window", P2))
        alerting.stays(OUTAGE, {"slow-window": MATCH}, for_s=60)
        alerting.stays(HEALTHY, {"slow-window": MATCH}, for_s=1200)
        assert alerting.kinds() == [OPENED, RESOLVED, OPENED]
        assert alerting.pages[-1][1].topic == "unexplained"

    def test_no_data_is_no_recovery(self) -> None:
        alerting = night(*ten_rules())
        alerting.stays(OUTAGE, dict.fromkeys(TEN, MATCH), for_s=60)
        alerting.stays(UNKNOWN, dict.fromkeys(TEN), for_s=1500)
        assert alerting.kinds() == [OPENED]
        assert alerting.sees(UNKNOWN) is not None

    def test_first_seen_by_a_rule_and_then_by_the_verdict_is_one_page(self) -> None:
        alerting = night(rule("errors", P1))
        alerting.sees(HEALTHY, {"errors": MATCH})
        group = alerting.sees(OUTAGE, {"errors": MATCH})
        alerting.stays(OUTAGE, {"errors": MATCH}, for_s=60)
        assert alerting.kinds() == [OPENED]
        assert group is not None
        assert (group.topic, group.content.cause) == (PROVIDER, "provider_outage")

    def test_a_verdict_that_wavers_between_causes_of_the_provider_sends_one_page(self) -> None:
        alerting = night()
        for index in range(40):
            cause = Cause.PROVIDER_OUTAGE if index % 2 else Cause.PROVIDER_OVERLOADED
            alerting.sees(verdict(cause, P1), after_s=30)
        assert alerting.kinds() == [OPENED]


class TestTwoCauses:
    def test_overload_and_rate_limit_are_two_pages(self) -> None:
        limited = rule("limited", P3, topic="rate_limited", explained_by=frozenset({Cause.RATE_LIMITED}))
        alerting = night(limited)
        alerting.sees(verdict(Cause.PROVIDER_OVERLOADED, P1), {"limited": MATCH})
        assert {page.topic for _, page in alerting.pages} == {"provider", "rate_limited"}

    def test_529_can_be_routed_apart_from_429(self) -> None:
        limited = rule("limited", P3, topic="rate_limited", explained_by=frozenset({Cause.RATE_LIMITED}))
        fallback = chat("fallback", match=Match(causes=frozenset({"provider_overloaded"})))
        quota = chat("quota", match=Match(causes=frozenset({"rate_limited"})))
        alerting = night(limited, routes=[fallback, quota])
        alerting.sees(verdict(Cause.PROVIDER_OVERLOADED, P1))
        assert [(name, page.cause) for name, page in alerting.pages] == [("fallback", "provider_overloaded")]
        alerting.stays(HEALTHY, for_s=400)
        alerting.sees(verdict(Cause.RATE_LIMITED, P2), {"limited": MATCH})
        assert alerting.kinds("quota") == [OPENED]
        assert alerting.kinds("fallback") == [OPENED, RESOLVED]

    def test_what_no_verdict_covers_has_a_page_of_its_own_and_outlives_the_outage(self) -> None:
        certificate = rule("certificate", P4, topic="certificate", explained_by=frozenset())
        alerting = night(certificate)
        alerting.stays(OUTAGE, {"certificate": MATCH}, for_s=60)
        alerting.stays(HEALTHY, {"certificate": MATCH}, for_s=600)
        assert Counter(page.topic for _, page in alerting.pages) == {"provider": 2, "certificate": 1}

    def test_a_rule_with_a_topic_has_its_own_page_whatever_the_verdict_says(self) -> None:
        alerting = night(rule("mine", P2, own_topic="team-x"))
        alerting.sees(OUTAGE, {"mine": MATCH})
        assert sorted(page.topic for _, page in alerting.pages) == ["provider", "team-x"]

    def test_a_diagnosis_that_changes_sides_is_notified_and_the_old_one_ends(self) -> None:
        alerting = night(rule("errors", P2))
        alerting.stays(OUTAGE, {"errors": MATCH}, for_s=60)
        alerting.stays(verdict(Cause.NETWORK, P1), {"errors": MATCH}, for_s=600)
        assert [(page.kind, page.topic) for _, page in alerting.pages] == [
            (OPENED, "provider"),
            (OPENED, "network"),
            (RESOLVED, "provider"),
        ]


class TestRoutes:
    def test_a_route_for_the_worst_hears_of_it_when_it_becomes_so_and_then_to_the_end(self) -> None:
        pager = chat("pager", match=Match(severities=frozenset({P1})))
        alerting = night(routes=[chat(), pager])
        alerting.sees(verdict(Cause.PROVIDER_ERRORS, P3))
        assert alerting.kinds("pager") == []
        alerting.sees(OUTAGE)
        alerting.stays(verdict(Cause.PROVIDER_ERRORS, P3), for_s=1210)
        alerting.stays(HEALTHY, for_s=400)
        assert alerting.severities("pager") == [(OPENED, P1), (SEVERITY, P3), (RESOLVED, P1)]
        assert alerting.kinds() == [OPENED, SEVERITY, SEVERITY, RESOLVED]

    def test_a_rule_may_name_its_routes(self) -> None:
        alerting = Night(desk([rule("mine", routes=["team"])], [chat(), chat("team")]))
        alerting.sees(HEALTHY, {"mine": MATCH})
        assert [name for name, _ in alerting.pages] == ["team"]

    def test_a_route_may_ask_for_metrics(self) -> None:
        mine = chat("mine", match=Match(metrics=frozenset({"test.b"})))
        alerting = Night(desk([rule("a"), rule("b")], [mine]))
        alerting.sees(HEALTHY, {"a": MATCH})
        assert alerting.pages == []
        alerting.sees(HEALTHY, {"a": MATCH, "b": MATCH})
        assert alerting.kinds("mine") == [OPENED]

    def test_without_any_route_the_screen_is_told(self) -> None:
        alerting = Night(desk(verdict_rules()))
        alerting.sees(OUTAGE)
        alerting.stays(HEALTHY, for_s=400)
        assert [entry.page for entry in alerting.ledger.journal] == [OPENED, RESOLVED]


def test_the_last_headline_of_a_recovery_is_what_was_wrong() -> None:
    """The progress of a recovery has no place in the message that all is over."""
    alerting = night(*verdict_rules())
    alerting.stays(OUTAGE, for_s=120)
    recovering = replace(OUTAGE, summary="It's them. Recovering: 5 good in a row.", recovery=Recovery(5, 7))
    group = alerting.sees(recovering, after_s=30)
    assert group is not None
    assert group.content.what == OUTAGE.summary


def test_what_is_left_of_a_trouble_is_not_its_headline() -> None:
    """After an outage answers are a little slow for a while: the alert that closes is that of the outage."""
    alerting = night(*verdict_rules())
    alerting.stays(OUTAGE, for_s=120)
    left = replace(OUTAGE, cause=Cause.PROVIDER_SLOW, severity=P4, summary="It's them. 742 ms, 1.8× usual.")
    group = alerting.sees(left, after_s=30)
    assert group is not None
    assert group.content.what == OUTAGE.summary
