"""The text of notifications, including text that somebody hostile wrote."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_tui.alerting.attach import attach_words
from claude_tui.alerting.delivery.alertmanager import alerts_of, trial_alert
from claude_tui.alerting.delivery.pagerduty import event_of
from claude_tui.alerting.routes import Policy
from claude_tui.alerting.templates import (
    content_of_alerts,
    content_of_verdict,
    notification_of,
    sanitize_for_chat,
)
from claude_tui.model.alert import (
    Acknowledgement,
    Alert,
    AlertGroup,
    AlertState,
    AlertStatus,
    NotificationKind,
    SeverityPeriod,
)
from claude_tui.model.text import inert
from claude_tui.model.verdict import Cause, Severity
from tests.alerts import OUTAGE, rule, verdict
from tests.builders import NOON, after, stated


def group(**values: object) -> AlertGroup:
    spells = (SeverityPeriod(Severity.P1, NOON),)
    made = AlertGroup("provider@1", "provider", "provider", NOON, spells, content_of_verdict(OUTAGE, NOON))
    return replace(made, **{"alerts": ("verdict-p1",), **values})  # type: ignore[arg-type]


def text(of: AlertGroup, kind: NotificationKind, *, severity: Severity = Severity.P1) -> str:
    page = notification_of(
        of, kind, after(3725), target="prod (api.example.test)", severity=severity, policy=Policy()
    )
    return f"{page.title}\n{page.text}"


def test_a_first_page_says_what_whose_since_when_how_bad_and_what_next() -> None:
    assert text(group(), NotificationKind.OPENED).splitlines() == [
        "[P1] prod (api.example.test): It is provider_outage",
        "What: It is provider_outage",
        "Whose: theirs (the provider)",
        "Since: 2026-11-20 12:00:00 UTC (1h 02m)",
        "How bad: P1, respond now",
        "- 24 of 26 messages failed.",
        "Next: Back off.",
        "Alerts: verdict-p1",
    ]


ATTACH = attach_words("ops-1", Path("/srv/claude top"), "https://api.anthropic.com", "api.anthropic.com")


def test_a_page_says_where_the_dashboard_is_and_how_to_attach() -> None:
    for kind in NotificationKind:
        page = notification_of(
            group(), kind, after(60), target="prod", severity=Severity.P1, policy=Policy(), dashboard=ATTACH
        )
        where = "on ops-1: ssh -t ops-1 claude-top --data-dir '/srv/claude top'"
        assert page.lines[-1] == f"Dashboard: {where}"
        assert page.dashboard == where


def test_another_endpoint_is_named_as_it_has_a_history_of_its_own() -> None:
    gateway = attach_words("ops-1", Path("/srv/ct"), "https://gw.example.test/v1", "gw.example.test")
    assert gateway.endswith("claude-top --data-dir /srv/ct --base-url https://gw.example.test/v1")


def test_every_kind_of_delivery_carries_it() -> None:
    page = notification_of(
        group(),
        NotificationKind.OPENED,
        NOON,
        target="prod",
        severity=Severity.P1,
        policy=Policy(),
        dashboard=ATTACH,
    )
    payload = event_of(page, "key")["payload"]
    assert payload["custom_details"]["dashboard"] == ATTACH  # type: ignore[index]
    assert f"Dashboard: {ATTACH}" in page.text  # what apprise sends
    for alert in (*alerts_of([group()], NOON, "prod", ATTACH), trial_alert(NOON, "prod", ATTACH)):
        assert alert["annotations"]["dashboard"] == ATTACH  # type: ignore[index]


@pytest.mark.parametrize(
    ("kind", "head"),
    [
        (NotificationKind.SEVERITY, "[P2, was P1]"),
        (NotificationKind.REMINDER, "[P2, still after 1h 02m]"),
        (NotificationKind.ACKNOWLEDGED, "[P2, acknowledged by ana]"),
        (NotificationKind.RESOLVED, "[resolved after 1h 02m]"),
    ],
)
def test_follow_ups(kind: NotificationKind, head: str) -> None:
    taken = Acknowledgement("ana", "on the phone", after(60))
    message = text(group(paged_severity=Severity.P1, acknowledged=taken), kind, severity=Severity.P2)
    assert message.startswith(f"{head} prod (api.example.test): ")
    assert "Acknowledged by ana at 2026-11-20 12:01:00 UTC: on the phone" in message
    assert ("Next: " in message) is (kind is not NotificationKind.RESOLVED)


def test_what_a_server_wrote_mentions_nobody_and_links_nowhere() -> None:
    hostile = (
        "@everyone <!channel> <@U1> <https://evil.test|x> [x](https://evil.test) `rm`\n\x1b]8;;x\x07 \u202e"
    )
    judged = verdict(
        Cause.PROVIDER_OUTAGE, Severity.P1, summary=hostile, evidence=stated(hostile), next_step=hostile
    )
    message = text(group(content=content_of_verdict(judged, NOON)), NotificationKind.OPENED)
    for bad in ("@", "<!", "<@", "<h", "://", "](", "`", "\x1b", "\x07", "\u202e"):
        assert bad not in message
    assert "＠everyone" in message


def test_long_text_is_cut_visibly() -> None:
    judged = verdict(
        Cause.PROVIDER_OUTAGE, Severity.P1, summary="A" * 10_000, evidence=stated("B" * 10_000) * 50
    )
    message = text(group(content=content_of_verdict(judged, NOON)), NotificationKind.OPENED)
    assert len(message) < 3000
    assert "…" in message
    assert message.count("- B") == 4


@given(st.text(max_size=400))
def test_calm_text_is_printable_and_short(raw: str) -> None:
    message = sanitize_for_chat(raw, 100)
    assert len(message) <= 100
    assert inert(message) == message
    assert "@" not in message
    assert "://" not in message


def alert(name: str, *labels: tuple[str, str], words: str = "", since: float = 0) -> Alert:
    standing = AlertStatus(AlertState.FIRING, after(since), after(since))
    return Alert(name, labels, Severity.P4, f"{name} is bad", standing, words=words)


def test_alerts_that_no_verdict_explains_tell_their_values() -> None:
    retiring = replace(rule("retiring"), summary="A model retires soon", next_step="Move on.")
    several = [(alert("retiring", ("model", f"m{n}"), words="3 days", since=n), retiring) for n in range(5)]
    story = content_of_alerts("model_retirement", [*several, (alert("other", words="7"), rule("other"))])
    assert story.what == "A model retires soon: m0 3 days, m1 3 days, m2 3 days and 2 more"
    assert story.evidence == ("other is bad: 7",)
    assert (story.since, story.next_step, story.cause) == (after(0), "Move on.", "model_retirement")


def test_many_alerts_are_not_all_named() -> None:
    message = text(group(alerts=tuple(f"rule-{n}" for n in range(40))), NotificationKind.OPENED)
    assert message.endswith("and 28 more")


def test_the_worst_of_severities() -> None:
    assert Severity.worst([Severity.P3, Severity.P1, Severity.P4]) is Severity.P1
    assert Severity.worst([]) is Severity.NONE
