"""What an incident did to real calls, and which application the runbook throttles first."""

from __future__ import annotations

from claude_tui.analysis.options import Options
from claude_tui.analysis.snapshot import build_snapshot
from claude_tui.analysis.traffic.facts import TrafficFacts
from claude_tui.analysis.traffic.view import traffic_view
from claude_tui.incident.traffic_impact import impact_of
from claude_tui.model.observation import Outcome
from claude_tui.model.traffic import Call, Tokens
from claude_tui.runbook.fact_context import FactContext
from claude_tui.runbook.facts import FACT_DEFINITIONS
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
        "10 were retries. Calls that failed used 24k tokens ($5.00)."
    )


def test_without_traffic_there_is_no_impact_on_it() -> None:
    assert impact_of(()) is None


def fact(name: str, *calls: Call) -> tuple[object, str]:
    view = traffic_view(TrafficFacts(rolled(*calls).rows if calls else ()), after(62))
    snapshot = build_snapshot(history_of(), after(62), engine(), Options(), traffic=view)
    definition = next(each for each in FACT_DEFINITIONS if each.name == name)
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
