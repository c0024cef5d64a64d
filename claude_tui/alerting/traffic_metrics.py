"""Metrics of own traffic, over the last minute."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from claude_tui.alerting.metric import Metric, Query, Reading, Sample, Unit, one
from claude_tui.alerting.rule_context import RuleContext
from claude_tui.alerting.topics import PROVIDER, PROVIDER_CAUSES
from claude_tui.model.observation import Outcome
from claude_tui.model.traffic_view import TrafficFigures, TrafficView
from claude_tui.model.verdict import Cause

__all__ = ["traffic_metrics"]

# A share of fewer calls means nothing.
_LEAST_CALLS = 20
# A cache that is hardly used cannot collapse.
_LEAST_CACHED = 0.2
_NONE: frozenset[Cause] = frozenset()


def _of_calls(value: Callable[[TrafficView], float | None]) -> Callable[[RuleContext, Query], Reading]:
    """Reads `value` from the traffic; unknown with too few calls."""

    def read(context: RuleContext, _query: Query) -> Reading:
        view = context.snapshot.traffic
        if view is None or view.all.calls < _LEAST_CALLS:
            return None
        return one(value(view))

    return read


def _share_of(outcome: Outcome) -> Callable[[RuleContext, Query], Reading]:
    def read(context: RuleContext, query: Query) -> Reading:
        view = context.snapshot.traffic
        if view is None or view.all.calls < _LEAST_CALLS:
            return None
        failed = view.all.count_of(outcome)
        return one(failed / view.all.calls if failed >= query.minimum else 0.0)

    return read


def _failing(context: RuleContext, query: Query) -> Reading:
    view = context.snapshot.traffic
    if view is None or view.all.calls < _LEAST_CALLS:
        return None
    return tuple(
        Sample(
            application.failed / application.calls if application.failed >= query.minimum else 0.0,
            (("app", application.name),),
        )
        for application in view.applications
        if application.calls >= _LEAST_CALLS
    )


def _times_usual(
    figure: Callable[[TrafficFigures], float | None],
) -> Callable[[TrafficView], float | None]:
    """A figure divided by its usual value, from the same hour of other days; None while that is unknown."""

    def value(view: TrafficView) -> float | None:
        usual = view.usual
        if usual is None or not usual.days:
            return None
        now, then = figure(view.all), figure(usual.figures)
        return now / then if now is not None and then else None

    return value


def _truncated_rise(view: TrafficView) -> float | None:
    now = view.all.max_tokens
    usual = view.usual.figures.max_tokens if view.usual is not None else None
    return None if now is None else now - (usual or 0.0)


def _cache_times(view: TrafficView) -> float | None:
    usual = view.usual.figures.cache_share if view.usual is not None else None
    if view.all.cache_share is None or usual is None or usual < _LEAST_CACHED:
        return None
    return view.all.cache_share / usual


def _budget(context: RuleContext, _query: Query) -> Reading:
    view, budget = context.snapshot.traffic, context.options.traffic.daily_budget_usd
    if view is None or budget <= 0 or view.today_usd is None:
        return None
    return one(view.today_usd / budget)


def _quiet(context: RuleContext, _query: Query) -> Reading:
    view = context.snapshot.traffic
    if view is None or not view.sources:
        return None
    return tuple(
        Sample(
            max(context.at - source.quiet_since, timedelta()).total_seconds() if source.quiet_since else 0.0,
            (("source", source.source.value),),
        )
        for source in view.sources
    )


def traffic_metrics() -> tuple[Metric, ...]:
    """The metrics of own traffic; unknown without a source, or with too few calls."""
    return (*_of_answers(), *_of_costs(), *_of_use())


def _of_answers() -> tuple[Metric, ...]:
    """How many calls fail, and how quickly the others begin."""
    return (
        Metric(
            "traffic.overloaded_share",
            Unit.SHARE,
            "Share of your calls that were refused as overloaded (529 or 500) in the last minute.",
            _share_of(Outcome.OVERLOADED),
            minimum=3,
            topic=PROVIDER,
            explained_by=PROVIDER_CAUSES,
        ),
        Metric(
            "traffic.rate_limited_share",
            Unit.SHARE,
            "Share of your calls that hit a rate limit (429) in the last minute.",
            _share_of(Outcome.RATE_LIMITED),
            minimum=3,
            topic=Cause.RATE_LIMITED.value,
        ),
        Metric(
            "traffic.failing_share",
            Unit.SHARE,
            "Share of the calls of each application that failed in the last minute.",
            _failing,
            minimum=3,
            labels=("app",),
        ),
        Metric(
            "traffic.ttft_p50",
            Unit.SECONDS,
            "Median time to first token of your calls in the last minute.",
            _of_calls(lambda view: view.all.first_token.p50),
            topic=PROVIDER,
            explained_by=PROVIDER_CAUSES,
        ),
        Metric(
            "traffic.ttft_ratio",
            Unit.RATIO,
            "The same by what is usual.",
            _of_calls(lambda view: view.first_token_ratio),
            topic=PROVIDER,
            explained_by=PROVIDER_CAUSES,
        ),
    )


def _of_costs() -> tuple[Metric, ...]:
    """The cost of calls, compared with other days and the budget."""
    return (
        Metric(
            "traffic.cost_per_1000_ratio",
            Unit.RATIO,
            "Dollars per 1,000 calls by those of the same hour of other days.",
            _of_calls(_times_usual(lambda figures: figures.usd_per_1000)),
            topic="traffic_cost",
            explained_by=_NONE,
        ),
        Metric(
            "traffic.prompt_p95_ratio",
            Unit.RATIO,
            "Prompt tokens per call (p95) by those of the same hour of other days.",
            _of_calls(_times_usual(lambda figures: figures.prompt_p95)),
            topic="traffic_cost",
            explained_by=_NONE,
        ),
        Metric(
            "traffic.budget_share",
            Unit.SHARE,
            "What your calls cost today (UTC), by traffic_daily_budget_usd.",
            _budget,
            topic="traffic_budget",
            explained_by=_NONE,
        ),
    )


def _of_use() -> tuple[Metric, ...]:
    """How applications use the API, and whether their calls are still reported."""
    return (
        Metric(
            "traffic.truncated_rise",
            Unit.SHARE,
            "Share of the answers that max_tokens stopped, less the usual share.",
            _of_calls(_truncated_rise),
            topic="traffic_truncated",
            explained_by=_NONE,
        ),
        Metric(
            "traffic.attempts_per_call",
            Unit.RATIO,
            "Attempts by calls: how far retries multiply the load.",
            _of_calls(lambda view: view.all.attempts_per_call),
            topic="traffic_retries",
        ),
        Metric(
            "traffic.cache_ratio",
            Unit.RATIO,
            "Share of prompt tokens from the cache by the usual share, where that is 20% or more.",
            _of_calls(_cache_times),
            topic="traffic_cache",
            explained_by=_NONE,
        ),
        Metric(
            "traffic.quiet_s",
            Unit.SECONDS,
            "Seconds since each source of own traffic fell silent; 0 while it does not.",
            _quiet,
            labels=("source",),
            topic="traffic_source",
            explained_by=_NONE,
        ),
    )
