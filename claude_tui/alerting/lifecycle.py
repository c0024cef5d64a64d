"""The lifecycle of one alert, exactly as in Prometheus.

Source: `AlertingRule.Eval` in Prometheus's rules/alerting.go (2.42 and later); the test suite compares
the two step by step with `promtool test rules`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from claude_tui.model.alert import AlertState, AlertStatus

__all__ = ["RESOLVED_RETENTION", "Timing", "step", "without_gap"]

RESOLVED_RETENTION = timedelta(minutes=15)
"""How long a resolved alert is kept, so that a receiver that missed the end gets it again."""


@dataclass(frozen=True, slots=True)
class Timing:
    """The durations of a rule."""

    hold: timedelta = timedelta()
    """`for`: how long it must match before it fires."""
    keep: timedelta = timedelta()
    """`keep_firing_for`: how long it keeps firing after it last matched."""


def step(
    timing: Timing, status: AlertStatus | None, matched: bool | None, at: datetime
) -> AlertStatus | None:
    """The status after an evaluation at `at`; None means inactive.

    `matched` is None when the rule could not be evaluated: the status is then unchanged, as missing data
    is not a recovery. `keep` counts from the first evaluation that does not match.
    """
    if matched is None:
        return status
    return _matched(timing, status, at) if matched else _unmatched(timing, status, at)


def _matched(timing: Timing, status: AlertStatus | None, at: datetime) -> AlertStatus:
    if status is None or status.state is AlertState.RESOLVED:
        status = AlertStatus(AlertState.PENDING, since=at)
    if status.state is AlertState.PENDING and at - status.since >= timing.hold:
        return AlertStatus(AlertState.FIRING, since=status.since, fired_at=at)
    return status if status.unmatched_since is None else replace(status, unmatched_since=None, closes_at=None)


def _unmatched(timing: Timing, status: AlertStatus | None, at: datetime) -> AlertStatus | None:
    if status is None or status.state is AlertState.PENDING:
        return None
    if status.state is AlertState.RESOLVED:
        over = status.resolved_at is None or at - status.resolved_at > RESOLVED_RETENTION
        return None if over else status
    unmatched_since = status.unmatched_since or at
    if at - unmatched_since < timing.keep:
        return replace(status, unmatched_since=unmatched_since, closes_at=unmatched_since + timing.keep)
    return replace(
        status,
        state=AlertState.RESOLVED,
        unmatched_since=unmatched_since,
        closes_at=None,
        resolved_at=at,
    )


def without_gap(status: AlertStatus, gap: timedelta, at: datetime) -> AlertStatus:
    """`status` with the `gap` before `at`, in which nothing was evaluated, left out of its durations.

    Neither `for` nor `keep_firing_for` may expire while nothing is evaluated. Prometheus does the same for
    `for` when it restarts.
    """
    if status.state is AlertState.PENDING:
        return replace(status, since=min(status.since + gap, at))
    if status.state is AlertState.FIRING and status.unmatched_since is not None:
        shift = min(gap, at - status.unmatched_since)
        closes_at = status.closes_at + shift if status.closes_at is not None else None
        return replace(status, unmatched_since=status.unmatched_since + shift, closes_at=closes_at)
    return status
