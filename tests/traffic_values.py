"""Values for the tests of own traffic: calls, and hypothesis strategies of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from claude_tui.model.observation import Outcome
from claude_tui.model.traffic import Call, CallEnd, Tokens, TrafficSource
from claude_tui.traffic.aggregation import CallAggregator

START = datetime(2026, 11, 20, 14, 0, 0, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def call(seconds: float = 0.0, **changes: Any) -> Call:
    """A successful call that ended this long after START."""
    total_s = changes.setdefault("total_s", 0.0)
    values: dict[str, Any] = {
        "source": TrafficSource.PROXY,
        "route": "messages",
        "application": "checkout",
        "outcome": Outcome.OK,
        "model": "claude-haiku-5-5",
        **changes,
    }
    return Call(after(seconds - (total_s or 0.0)), **values)


def rolled(*calls: Call, now: float | None = None) -> Any:
    """The roll-ups of calls, recorded this long after START."""
    aggregator = CallAggregator()
    at = START.timestamp() + (now if now is not None else 86000.0)
    for made_call in calls:
        aggregator.add(made_call, at)
    batch, _ = aggregator.take(at)
    return batch


tokens = st.builds(
    Tokens,
    st.integers(0, 200_000),
    st.integers(0, 64_000),
    st.integers(0, 200_000),
    st.integers(0, 9000),
    st.integers(0, 9000),
)


def calls(most_seconds: int) -> st.SearchStrategy[Call]:
    """Calls that end within this many seconds from START."""
    return st.builds(
        call,
        st.integers(0, most_seconds * 10 - 1).map(lambda tenths: tenths / 10),
        source=st.sampled_from(TrafficSource),
        application=st.sampled_from(["checkout", "batch"]),
        model=st.sampled_from(["claude-haiku-5-5", "claude-opus-5-5"]),
        outcome=st.sampled_from([Outcome.OK, Outcome.OK, Outcome.OVERLOADED, Outcome.RATE_LIMITED]),
        error_type=st.sampled_from([None, "overloaded_error"]),
        end=st.sampled_from(CallEnd),
        first_token_s=st.none() | st.floats(0.01, 30),
        total_s=st.floats(0.01, 60),
        tokens=st.none() | tokens,
        cost_usd=st.none() | st.floats(0, 10),
        retries=st.none() | st.integers(0, 3),
        early=st.none() | st.booleans(),
        stop_reason=st.sampled_from([None, "end_turn", "max_tokens", "refusal"]),
    )
