"""What an incident did to real calls, and which application the runbook throttles first."""

from __future__ import annotations

from dataclasses import replace

import pytest

from claude_tui.analysis.options import Options
from claude_tui.analysis.snapshot import build_snapshot
from claude_tui.analysis.traffic.facts import TrafficFacts
from claude_tui.analysis.traffic.view import traffic_view
from claude_tui.incident.traffic_impact import impact_of
from claude_tui.model.observation import Outcome
from claude_tui.model.traffic import Call, Tokens
from claude_tui.runbook import shipped
from claude_tui.runbook.fact_context import FactContext
from claude_tui.runbook.facts import FACT_DEFINITIONS
from claude_tui.settings import Settings
from claude_tui.tui.runbook_session import RunbookSession, placeholders_for
from tests.builders import engine, history_of
from tests.traffic_values import after, call, rolled


def test_the_impact_counts_requests_by_application_and_what_was_wasted() -> None:
    calls = [call(second) for second in range(30)]
    calls += [call(second, outcome=Outcome.OVERLOADED, retries=1) for second in range(10)]
    calls += [
        call(
            second,
            application="batch",
            outcome=Outcome.TRUNCATED_STREAM,
            tokens=Tokens(1000, 200),
            cost_usd=0.25,
        )
        for second in range(20)
    ]
    impact = impact_of(rolled(*calls).rows)
    assert impact is not None
    assert impact.words == (
        "30 of 60 calls of our applications failed (50%): batch 20 of 20, checkout 10 of 40. "
        "10 were retries, of which 10 failed. Calls that failed used 24k tokens ($5.00)."
    )


def test_the_impact_says_what_retries_wasted() -> None:
    calls = [call(second, retries=1, early=True, tokens=Tokens(10, 10), cost_usd=0.5) for second in range(5)]
    cut = {"outcome": Outcome.TRUNCATED_STREAM, "tokens": Tokens(800, 200)}
    calls += [call(second, retries=0, cost_usd=0.25, **cut) for second in range(4)]
    calls += [call(second, retries=1, early=False, cost_usd=0.25, **cut) for second in range(2)]
    calls += [call(second, retries=2, cost_usd=None, **cut) for second in range(2)]
    impact = impact_of(rolled(*calls).rows)
    assert impact is not None
    # The retries that were answered are no waste.
    assert impact.words.partition(": ")[2] == (
        "checkout 8 of 13. 9 were retries, of which 4 failed; 5 came before retry-after was over. "
        "Calls that failed used 8,000 tokens (at least $1.50), retries among them 4,000 ($0.50)."
    )


def test_without_traffic_there_is_no_impact_on_it() -> None:
    assert impact_of(()) is None


def fact(name: str, *calls: Call) -> tuple[object, str]:
    view = traffic_view(TrafficFacts(rolled(*calls).rows if calls else ()), after(62))
    snapshot = build_snapshot(history_of(), after(62), engine(), Options(), traffic=view)
    definition = next(candidate for candidate in FACT_DEFINITIONS if candidate.name == name)
    found = definition.read(FactContext(snapshot, snapshot.verdict))
    return found.value, found.words


def test_the_application_with_the_most_tokens_is_throttled_first_not_the_one_with_the_most_calls() -> None:
    busy = [call(second, tokens=Tokens(100, 0)) for second in range(40)]
    large = [call(second, application="batch", tokens=Tokens(9000, 1000)) for second in range(4)]
    value, words = fact("throttle_first", *busy, *large)
    assert value == "batch"
    assert words == "Throttle first: batch, 91% of 44k tokens in the last minute"
    assert fact("throttle_first")[0] is None


def test_whose_retries_are_most_is_named() -> None:
    calls = [call(second, retries=0) for second in range(30)]
    calls += [call(second, application="batch", retries=second % 2) for second in range(20)]
    value, words = fact("retries_most", *calls)
    assert (value, words) == ("batch", "Most retries: batch, 2.0 attempts per call")
    assert fact("retries_most", *(call(second) for second in range(9)))[0] is None


def test_who_ignores_retry_after_is_named() -> None:
    calls = [call(second, early=False) for second in range(10)]
    calls += [call(second, application="batch", early=second < 7) for second in range(9)]
    value, words = fact("retries_early", *calls)
    assert value == "batch"
    assert words == "Ignores retry-after: batch, 7 of 9 repeats came too early in the last minute"
    value, words = fact("retries_early", *calls[:10])
    assert (value, words) == ("", "retry-after: honoured by 10 repeats")
    assert fact("retries_early", call(1))[0] is None


def test_what_a_lower_max_tokens_frees_is_shown_for_the_application_where_it_frees_most() -> None:
    def answers(application: str, *outputs: int) -> list[Call]:
        return [
            call(second, application=application, tokens=Tokens(100, n)) for second, n in enumerate(outputs)
        ]

    # Two of fifty answers run on; cutting them off at 256 frees 2 * (8000 - 256) of 26,000 tokens.
    long = answers("batch", *[200] * 48, 8000, 8000)
    short = answers("checkout", *[100] * 50)
    value, words = fact("max_tokens_frees", *long, *short)
    assert isinstance(value, float)
    assert value == pytest.approx(2 * (8000 - 256) / (48 * 200 + 16000 + 5000), rel=0.05)
    assert words.startswith("max_tokens 256 for batch frees 1")
    assert words.endswith(" and cuts off 4% of its answers")


def test_a_lower_max_tokens_frees_nothing_where_answers_are_alike_or_few() -> None:
    alike = [call(second, tokens=Tokens(100, 200)) for second in range(40)]
    assert fact("max_tokens_frees", *alike)[0] == 0.0
    assert fact("max_tokens_frees", *alike[:10])[0] is None


def test_the_playbook_names_them_and_stays_harmless_to_copy() -> None:
    calls = [call(second, application="batch", early=True, tokens=Tokens(100, 9)) for second in range(30)]
    view = traffic_view(TrafficFacts(rolled(*calls).rows), after(62))
    snapshot = build_snapshot(history_of(), after(62), engine(), Options(), traffic=view)
    session = RunbookSession(shipped(Options()), "", by_token=False)
    playbook = shipped(Options()).playbooks["rate_limited"]
    placeholders = placeholders_for(snapshot, Settings(), session)
    untold = placeholders_for(replace(snapshot, traffic=None), Settings(), session)
    text = " ".join(placeholders.step(step).how for step in playbook.steps)
    assert "Throttle first: batch, 100% of 3,270 tokens in the last minute." in text
    assert "Ignores retry-after: batch, 30 of 30 repeats came too early" in text
    assert "{{" not in " ".join(untold.step(step).how for step in playbook.steps)
    named = replace(placeholders, traffic={"throttle_first": "`rm -rf` '$HOME' \"x\" {{auth}}"})
    assert not set("`'$\"{}") & set(named.values()["throttle_first"])
