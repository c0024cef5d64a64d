"""The texts for users and for the provider's support."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from claude_tui.model.playbook import StepMark, StepState
from claude_tui.model.snapshot import Snapshot
from claude_tui.model.verdict import Cause, Evidence, EvidenceKind, PageAgreement, Recovery, Severity, Side
from claude_tui.tui.panels.ticket_text import ticket_text
from claude_tui.tui.panels.users_text import users_text
from tests.snapshots.pictures import PICTURES, before

OVERLOADED = PICTURES["overloaded"]()


def judged(**changes: object) -> Snapshot:
    return replace(OVERLOADED, verdict=replace(OVERLOADED.verdict, **changes))  # type: ignore[arg-type]


# -- users -----------------------------------------------------------------------------


def test_users_are_told_what_how_bad_whose_and_when_more_follows() -> None:
    assert users_text(OVERLOADED) == (
        "There has been a problem with our AI features since 14:02 UTC on 20 November 2026, "
        "for 3 minutes so far. Most requests are failing at the moment. "
        "As far as we know, the cause is at our AI provider. "
        "They have not reported it yet. If something fails, wait a few minutes and try again. "
        "Nothing else is needed on your side. We will say more by 14:35 UTC."
    )
    resolved = replace(OVERLOADED, verdict=replace(OVERLOADED.verdict, page=PageAgreement.RESOLVED))
    assert "They reported it on their status page, and say it is resolved. " in users_text(resolved)


@pytest.mark.parametrize("name", PICTURES)
def test_nothing_internal_is_in_it(name: str) -> None:
    snapshot = PICTURES[name]()
    text = users_text(snapshot)
    target = snapshot.engine.target
    for internal in (target.host, target.base_url, target.name, target.model or "", "req_", "claude-", "P1"):
        assert not internal or internal not in text
    assert not re.search(r"\b(4\d\d|5\d\d)\b|[\x00-\x1f\x7f]", text)
    assert "UTC" in text


@pytest.mark.parametrize(
    ("failed", "said"),
    [
        (2, "Some requests are failing; most work."),
        (12, "Many requests are failing at the moment."),
        (20, "Most requests are failing at the moment."),
    ],
)
def test_a_p2_says_how_many_fail(failed: int, said: str) -> None:
    """A P2 begins at a twentieth of the requests, and "many" was said of all."""
    counted = Evidence(EvidenceKind.FAILURES, ("",), (("failed", failed), ("asked", 26)))
    assert said in users_text(judged(severity=Severity.P2, evidence=(counted,)))
    calls = Evidence(EvidenceKind.TRAFFIC, ("",), (("failed", 2), ("asked", 260)))
    assert "Some requests" in users_text(judged(severity=Severity.P2, evidence=(counted, calls)))


def test_it_is_honest_about_whose_it_is() -> None:
    assert "They have confirmed it" in users_text(judged(page=PageAgreement.CONFIRMS))
    ours = users_text(judged(side=Side.US, cause=Cause.RATE_LIMITED))
    assert "The cause is on our side, and we are working on it." in ours
    assert "provider" not in ours
    assert "the connection to our AI provider is disrupted" in users_text(judged(side=Side.PATH))
    unclear = users_text(judged(side=Side.UNCLEAR))
    assert "We do not know the cause yet" in unclear
    assert "provider" not in unclear
    assert "not sure yet that it is over" in users_text(judged(recovery=Recovery(5, 8)))


def test_without_trouble_it_says_since_when_that_is_known() -> None:
    assert users_text(PICTURES["healthy"]()) == (
        "Our AI features are working normally as of 14:05 UTC on 20 November 2026."
    )
    assert "We are not aware of a problem so far." in users_text(PICTURES["nothing"]())


# -- support -----------------------------------------------------------------------------


def test_support_gets_what_it_needs_to_find_the_requests() -> None:
    text = ticket_text(OVERLOADED)
    head, *_ = text.split("\n")
    assert head == "529 overloaded_error from api.anthropic.com since 2026-11-20 14:02:11 UTC"
    for fact in (
        "First failure: 2026-11-20 14:02:11 UTC, 3m 22s ago",
        "Last failure: 2026-11-20 14:05:31 UTC",
        "Model: claude-haiku-5-5",
        "24× 529 overloaded_error",
        "Failed requests, newest first (20 of 25):",
        "2026-11-20 14:05:31 UTC  req_1a1f946d3f8  529 overloaded_error  claude-haiku-5-5",
        "Client: Anthropic Python SDK ",
    ):
        assert fact in text


def test_support_gets_the_edge_where_the_answer_names_it() -> None:
    fold = next(event for event in OVERLOADED.events if event.folded)
    headers = (("cf-ray", "9a1b2c3d4e5f-FRA"),)
    seen = tuple(
        replace(event, observation=replace(event.observation, headers=headers))
        for event in fold.folded
        if event.observation is not None
    )
    text = ticket_text(replace(OVERLOADED, events=(replace(fold, folded=seen),)))
    assert "Edge (end of cf-ray): FRA" in text
    assert "cf-ray 9a1b2c3d4e5f-FRA" in text


def test_support_is_told_what_was_done_in_this_trouble() -> None:
    marks = (
        StepMark(before(9_000), "outage", "earlier", StepState.DONE, "ana"),
        StepMark(before(100), "overloaded", "switch_model", StepState.DONE, "ana", "to Sonnet"),
        StepMark(before(90), "overloaded", "retries", StepState.SKIPPED, "ana"),
    )
    engine = replace(OVERLOADED.engine, step_marks=marks)
    tried = ticket_text(replace(OVERLOADED, engine=engine)).split("What was tried:\n")[1]
    assert tried.splitlines() == [
        "- 14:03:53 switch model (overloaded): to Sonnet",
        "- each request is one attempt of a probe with a small prompt, not retried",
    ]


@pytest.mark.parametrize("name", PICTURES)
def test_every_picture_makes_a_ticket(name: str) -> None:
    text = ticket_text(PICTURES[name]())
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", text)
    assert "sk-ant-" not in text
