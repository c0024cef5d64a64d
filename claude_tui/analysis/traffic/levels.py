"""How much attention figures of own traffic need."""

from __future__ import annotations

from claude_tui.analysis.options import Options
from claude_tui.model.observation import Outcome
from claude_tui.model.snapshot import Level
from claude_tui.model.traffic_view import TrafficFigures, TrafficView

__all__ = ["attempts_level", "failing_level", "first_token_level"]

_OPTIONS = Options()
_TRAFFIC = _OPTIONS.traffic


def failing_level(figures: TrafficFigures) -> Level:
    """BAD with over 5% failures, or over 2% overloads, and at least three of them."""
    if figures.failing is None:
        return Level.WARN if figures.failed else Level.UNKNOWN
    if not figures.failed:
        return Level.OK
    overloaded = figures.count_of(Outcome.OVERLOADED) / figures.calls
    over = figures.failing > _TRAFFIC.failing or overloaded > _TRAFFIC.overloaded
    return Level.BAD if over and figures.failed >= _TRAFFIC.least_failures else Level.WARN


def first_token_level(view: TrafficView) -> Level:
    """BAD if the median is over 3 s, or over three times the usual one."""
    now, times = view.all.first_token.p50, view.first_token_ratio
    if now is None:
        return Level.UNKNOWN
    if times is None:
        return Level.BAD if now > _OPTIONS.ttft_slow_s else Level.OK
    return (
        Level.BAD if times >= _OPTIONS.bad_ratio else Level.WARN if times >= _OPTIONS.warn_ratio else Level.OK
    )


def attempts_level(figures: TrafficFigures) -> Level:
    """WARN if retries multiply the load."""
    if figures.attempts_per_call is None:
        return Level.UNKNOWN
    return Level.WARN if figures.attempts_per_call > _TRAFFIC.attempts_per_call else Level.OK
