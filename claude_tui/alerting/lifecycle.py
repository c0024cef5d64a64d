"""The lifecycle of one alert, exactly Prometheus's.

Source: `AlertingRule.Eval` in Prometheus's rules/alerting.go (2.42 and later); the test suite compares
the two step by step with `promtool test rules`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from claude_tui.model.alert import AlertState, AlertStatus

__all__ = ["RESOLVED_RETENTION", "Timing", "step", "unobserved"]

RESOLVED_RETENTION = timedelta(minutes=15)
"""How long a resolved alert is remembered, so that a receiver that missed it can be told again."""


@dataclass(frozen=True, slots=True)
class Timing:
    """`hold` is a rule's `for`, `keep` its `keep_firing_for`."""

    hold: timedelta = timedelta()
    keep: timedelta = timedelta()


def step(
    timing: Timing, standing: AlertStatus | None, matched: bool | None, at: datetime
) -> AlertStatus | None:
    """The standing after an evaluation at `at`; None is inactive.

    `matched` is None when the rule could not be evaluated: that changes nothing, as no data is no
    recovery. `keep` counts from the first evaluation that does not match.
    """
    if matched is None:
        return standing
    return _matched(timing, standing, at) if matched else _unmatched(timing, standing, at)


def _matched(timing: Timing, standing: AlertStatus | None, at: datetime) -> AlertStatus:
    if standing is None or standing.state is AlertState.RESOLVED:
        standing = AlertStatus(AlertState.PENDING, since=at)
    if standing.state is AlertState.PENDING and at - standing.since >= timing.hold:
        return AlertStatus(AlertState.FIRING, since=standing.since, fired_at=at)
    return standing if standing.unmatched_since is None else replace(standing, unmatched_since=None)


def _unmatched(timing: Timing, standing: AlertStatus | None, at: datetime) -> AlertStatus | None:
    if standing is None or standing.state is AlertState.PENDING:
        return None
    if standing.state is AlertState.RESOLVED:
        over = standing.resolved_at is None or at - standing.resolved_at > RESOLVED_RETENTION
        return None if over else standing
    unmatched_since = standing.unmatched_since or at
    if at - unmatched_since < timing.keep:
        return replace(standing, unmatched_since=unmatched_since)
    return replace(standing, state=AlertState.RESOLVED, unmatched_since=unmatched_since, resolved_at=at)


def unobserved(standing: AlertStatus, gap: timedelta, at: datetime) -> AlertStatus:
    """`standing` as if the `gap` before `at`, in which nothing was evaluated, had not been.

    Neither `for` nor `keep_firing_for` may run out while nobody looks. Prometheus does the same for
    `for` when it restarts.
    """
    if standing.state is AlertState.PENDING:
        return replace(standing, since=min(standing.since + gap, at))
    if standing.state is AlertState.FIRING and standing.unmatched_since is not None:
        return replace(standing, unmatched_since=min(standing.unmatched_since + gap, at))
    return standing
