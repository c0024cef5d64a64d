"""The part of the status page in a verdict."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from claude_tui.analysis.diagnosis.diagnose import diagnose
from claude_tui.analysis.options import Options
from claude_tui.model.observation import Outcome
from claude_tui.model.verdict import Cause, PageAgreement, Severity, Side
from tests.builders import NOON, after, bucket, history_of, incident, messages, status, texts, unread
from tests.diagnosed import BEFORE, HOUR, blamed, probed, verdict

GATEWAY = "https://gateway.example"

# -- the status page ----------------------------------------------------------------------------


def test_the_page_confirms_and_comes_later() -> None:
    failing = probed(Outcome.SERVER_ERROR, count=30)
    quiet = [status(HOUR + 60 * number) for number in range(10)]
    spoken = [
        status(HOUR + 600 + 60 * number, "major_outage", incidents=[incident(components=["k8-api"])])
        for number in range(5)
    ]
    silent = verdict(BEFORE, [*failing[:40], *quiet])
    assert (silent.page, silent.lead) == (PageAgreement.SILENT, None)
    confirmed = verdict(BEFORE, failing, quiet, spoken)
    assert confirmed.page is PageAgreement.CONFIRMS
    assert confirmed.lead == timedelta(seconds=600)
    assert confirmed.confidence >= silent.confidence
    assert any("Claude API major outage" in sentence for sentence in texts(confirmed))


def test_the_page_may_be_first() -> None:
    spoken = [status(HOUR - 300 + 60 * number, "partial_outage") for number in range(8)]
    found = verdict(BEFORE[:-1], status(HOUR - 360), spoken, probed(Outcome.SERVER_ERROR))
    assert found.lead == timedelta(seconds=-300)


def test_trouble_on_the_page_that_probes_do_not_see_is_a_notice() -> None:
    found = verdict(BEFORE, status(HOUR, "degraded_performance"), probed(start=HOUR))
    assert blamed(found) == (Cause.PROVIDER_NOTICE, Side.THEM)
    assert (found.page, found.severity) == (PageAgreement.CONTRADICTS, Severity.P4)


def test_claude_ai_down_is_health_with_a_note() -> None:
    chat = incident("i2", components=["rw-chat"])
    found = verdict(
        BEFORE, status(HOUR, chat="major_outage", indicator="major", incidents=[chat]), probed(start=HOUR)
    )
    assert (found.cause, found.severity) == (Cause.HEALTHY, Severity.NONE)
    assert found.page is PageAgreement.AGREES
    assert "claude.ai major outage" in found.note


def test_what_the_page_reports_of_others_is_reported_while_the_api_fails() -> None:
    """claude.ai was down and the API answered 529: `no incident on your components` was all."""
    page = status(HOUR + 90, chat="major_outage", indicator="major")
    evidence = verdict(BEFORE, probed(Outcome.OVERLOADED), page).evidence[-1].text
    assert evidence == "Status page: no incident on your components, but claude.ai major outage."


def test_an_incident_that_is_only_watched_is_no_notice() -> None:
    found = verdict(BEFORE, status(HOUR, incidents=[incident(stage="monitoring")]), probed(start=HOUR))
    assert found.cause is Cause.HEALTHY
    assert "still monitoring" in found.note


def test_components_that_are_green_again_do_not_confirm_what_still_fails() -> None:
    failing = probed(Outcome.SERVER_ERROR, count=30)
    red = status(HOUR + 300, "major_outage", incidents=[incident()])
    confirmed = verdict(BEFORE, failing, red, at=HOUR + 310)
    assert (confirmed.page, confirmed.page_stage) == (PageAgreement.CONFIRMS, "")
    for stage in ("identified", "monitoring"):
        green = status(HOUR + 600, incidents=[incident(stage=stage)])
        assert verdict(BEFORE, failing, red, green, at=HOUR + 610).page_stage == stage
    assert verdict(BEFORE, status(HOUR, incidents=[incident(stage="monitoring")])).page_stage == ""


def test_a_page_that_reported_the_problem_and_resolved_it_is_not_silent() -> None:
    failing = probed(Outcome.SERVER_ERROR, count=30)
    red = status(HOUR + 300, "major_outage", incidents=[incident()])
    green = [status(HOUR + 600 + 60 * number) for number in range(3)]
    assert verdict(BEFORE, failing, red, at=HOUR + 310).page is PageAgreement.CONFIRMS
    assert verdict(BEFORE, failing, red, green, at=HOUR + 730).page is PageAgreement.RESOLVED
    # What it reported before this problem began, and what it reports of others, says nothing about it.
    earlier = status(HOUR - 300, "major_outage", incidents=[incident()])
    chat = status(HOUR + 300, chat="major_outage", indicator="major")
    for before in (earlier, chat):
        assert verdict(BEFORE[:-1], before, failing, green, at=HOUR + 730).page is PageAgreement.SILENT


def test_an_incident_without_impact_is_named_and_confirms_nothing() -> None:
    quiet = [status(HOUR - 60)]
    begun = [status(HOUR + 60 + 60 * number, incidents=[incident(impact="none")]) for number in range(3)]
    begun = [
        replace(one, incidents=(replace(one.incidents[0], started_at=after(HOUR + 60), updates=()),))
        for one in begun
    ]
    found = verdict(BEFORE, quiet, begun, probed(Outcome.SERVER_ERROR, count=8))
    assert found.page is PageAgreement.SILENT
    assert found.lead == timedelta(seconds=60)
    assert any("investigating: Elevated errors (impact none)" in sentence for sentence in texts(found))
    for stage in ("monitoring", "resolved"):
        over = status(HOUR, incidents=[incident(impact="none", stage=stage)])
        assert verdict(BEFORE, over, probed(Outcome.SERVER_ERROR)).page is PageAgreement.SILENT


@pytest.mark.parametrize("stage", ["investigating", "identified"])
def test_an_incident_without_impact_is_no_notice_while_probes_are_fine(stage: str) -> None:
    found = verdict(
        BEFORE, status(HOUR, incidents=[incident(impact="none", stage=stage)]), probed(start=HOUR)
    )
    assert (found.cause, found.page) == (Cause.HEALTHY, PageAgreement.AGREES)
    assert f"Status page: {stage}: Elevated errors (impact none)." in texts(found)


def test_a_notice_left_standing_for_days_is_none() -> None:
    old = incident(impact="minor")
    fetched = NOON + timedelta(days=5)
    later = [messages(fetched + timedelta(seconds=30 * number - 120)) for number in range(4)]
    found = diagnose(
        history_of(replace(status(0, incidents=[old]), fetched_at=fetched), *later), fetched, Options()
    )
    assert found.cause is Cause.HEALTHY


def test_a_page_that_cannot_be_read_is_unknown_and_no_alarm() -> None:
    found = verdict(BEFORE, unread(HOUR, "405"), probed(start=HOUR))
    assert (found.cause, found.page) == (Cause.HEALTHY, PageAgreement.UNKNOWN)
    failing = verdict(BEFORE, unread(HOUR, "405"), probed(Outcome.OVERLOADED))
    assert failing.page is PageAgreement.UNKNOWN


def test_the_page_agrees_that_our_limit_is_not_theirs() -> None:
    assert verdict(BEFORE, status(HOUR), probed(Outcome.SPEND_LIMIT)).page is PageAgreement.AGREES


def test_a_report_of_connectivity_confirms_that_it_is_the_path() -> None:
    regional = status(HOUR, incidents=[incident(name="Connectivity issues from some regions")])
    lost = probed(Outcome.NETWORK, Outcome.NETWORK, error_type="dns")
    found = verdict(BEFORE, regional, lost)
    assert found.cause is Cause.NETWORK
    assert found.page is PageAgreement.CONFIRMS


@pytest.mark.parametrize(
    ("outcome", "http_status", "title"),
    [
        (Outcome.RATE_LIMITED, 429, "Some customers see unexpected rate limit errors"),
        (Outcome.SPEND_LIMIT, 400, "Requests fail with 'credit balance is too low'"),
        (Outcome.NOT_PERMITTED, 403, "Elevated 403s"),
        (Outcome.MODEL_NOT_FOUND, 404, "Claude Haiku returns not found"),
        (Outcome.BAD_REQUEST, 400, "Elevated 400 errors on the Messages API"),
    ],
)
def test_a_refusal_that_the_page_reports_of_others_may_be_theirs(
    outcome: Outcome, http_status: int, title: str
) -> None:
    refused = probed(outcome, http_status=http_status, error_type=None, message="no")
    reported = status(HOUR + 95, "degraded_performance", incidents=[incident(name=title)])
    found = verdict(BEFORE, refused, reported)
    assert blamed(found) == (Cause.PROVIDER_ERRORS, Side.UNCLEAR)
    assert "follow the incident" in found.next_step
    other = status(HOUR + 95, "degraded_performance", incidents=[incident(name="Elevated latency")])
    assert verdict(BEFORE, refused, other).side is Side.US
    over = status(HOUR + 95, incidents=[incident(name=title, stage="monitoring")])
    assert verdict(BEFORE, refused, over).side is Side.US


def test_a_limit_that_the_answer_shows_as_used_up_is_ours_whatever_the_page_reports() -> None:
    refused = probed(
        Outcome.RATE_LIMITED,
        http_status=429,
        error_type="rate_limit_error",
        rate_limits=(bucket("requests", 0),),
    )
    reported = status(HOUR + 95, "degraded_performance", incidents=[incident(name="Rate limit errors")])
    assert blamed(verdict(BEFORE, refused, reported)) == (Cause.RATE_LIMITED, Side.US)


ANTHROPIC = "https://api.anthropic.com"
BEDROCK = "https://bedrock-runtime.us-east-1.amazonaws.com"
VERTEX = "https://us-east5-aiplatform.googleapis.com"


@pytest.mark.parametrize(
    ("title", "target", "concerns"),
    [
        ("Elevated errors for Claude on Amazon Bedrock", ANTHROPIC, False),
        ("Elevated errors for Claude on Amazon Bedrock", BEDROCK, True),
        ("Elevated errors for Claude on Amazon Bedrock", VERTEX, False),
        ("Elevated errors for Claude on Amazon Bedrock", GATEWAY, True),
        ("API errors on Vertex AI and Amazon Bedrock", ANTHROPIC, False),
        ("Elevated errors on the Claude API", BEDROCK, False),
        ("Elevated errors on api.anthropic.com and Bedrock", ANTHROPIC, True),
        ("Elevated errors on the API, Amazon Bedrock and Vertex AI", ANTHROPIC, True),
        ("Elevated errors, Bedrock is not affected", ANTHROPIC, True),
        ("Elevated errors after an AWS outage", ANTHROPIC, True),
        ("Elevated errors on Claude Opus 5.5", BEDROCK, True),
    ],
)
@pytest.mark.parametrize("api", ["operational", "partial_outage"])
def test_incidents_of_other_platforms_are_no_notice(
    title: str, target: str, concerns: bool, api: str
) -> None:
    """An incident on Amazon Bedrock alone was a notice for users of the API, and the other way round."""
    reported = status(HOUR, api, incidents=[incident(name=title)])
    found = verdict(BEFORE, reported, probed(start=HOUR, target=target))
    assert (found.cause is Cause.PROVIDER_NOTICE) is concerns
    assert title in (" ".join(texts(found)) if concerns else found.note)


def test_incidents_of_other_platforms_confirm_nothing() -> None:
    reported = status(HOUR + 90, incidents=[incident(name="Elevated errors on Amazon Bedrock")])
    found = verdict(BEFORE, reported, probed(Outcome.OVERLOADED, target=ANTHROPIC))
    assert found.page is PageAgreement.SILENT
    assert "but investigating: Elevated errors on Amazon Bedrock" in found.evidence[-1].text


def test_a_component_that_an_incident_of_ours_concerns_as_well_keeps_its_state() -> None:
    both = [incident(name="Elevated errors on Amazon Bedrock"), incident("i2", name="Slow answers")]
    found = verdict(BEFORE, status(HOUR, "partial_outage", incidents=both), probed(start=HOUR))
    assert found.cause is Cause.PROVIDER_NOTICE
    assert "Claude API partial outage" in " ".join(texts(found))
