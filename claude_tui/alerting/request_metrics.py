"""Metrics about requests: how many fail, and how long the successful ones take."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from claude_tui.alerting.metric import Metric, Query, Reading, Unit, one
from claude_tui.alerting.rule_context import RuleContext
from claude_tui.alerting.topics import ALL_CAUSES, PROVIDER, PROVIDER_CAUSES, UNEXPLAINED
from claude_tui.analysis.history.statistics import MIN_REQUESTS, MIN_SAMPLES, nearest_rank
from claude_tui.analysis.views.slowness import LEAST_EXCESS_S, LEAST_S, is_noticeable
from claude_tui.knowledge import knowledge
from claude_tui.model.observation import Source
from claude_tui.model.verdict import Cause

__all__ = ["request_metrics"]

# -- requests that fail --------------------------------------------------------------

_SOURCES = {
    "api": ((Source.MESSAGES, Source.MODELS), "requests"),
    "messages": ((Source.MESSAGES,), "messages"),
    "models": ((Source.MODELS,), "lists of models"),
}
_TOPICS: dict[str, tuple[str, frozenset[Cause]]] = {
    "overloaded": (PROVIDER, PROVIDER_CAUSES),
    "server_error": (PROVIDER, PROVIDER_CAUSES),
    "rate_limited": (Cause.RATE_LIMITED.value, frozenset({Cause.RATE_LIMITED, Cause.SPEND_LIMIT})),
}


def _share(sources: tuple[Source, ...], kind: str | None) -> Callable[[RuleContext, Query], Reading]:
    def read(context: RuleContext, query: Query) -> Reading:
        tally = context.tally(sources, query.window)
        if tally.requests < MIN_REQUESTS:
            return None
        failed = tally.failed(kind)
        return one(failed / tally.requests if failed >= query.minimum else 0.0)

    return read


def _count(sources: tuple[Source, ...], kind: str | None) -> Callable[[RuleContext, Query], Reading]:
    def read(context: RuleContext, query: Query) -> Reading:
        tally = context.tally(sources, query.window)
        return one(tally.failed(kind)) if tally.requests else None

    return read


def _of_failures() -> Iterator[Metric]:
    for prefix, (sources, noun) in _SOURCES.items():
        kinds: list[tuple[str, str | None, str]] = [("failure", None, "that failed")]
        kinds += [(row.key, row.key, f"that ended in {row.label}") for row in knowledge().classes]
        for suffix, kind, words in kinds:
            topic, explained_by = _TOPICS.get(suffix, (UNEXPLAINED, ALL_CAUSES))
            yield Metric(
                f"{prefix}.{suffix}_share",
                Unit.SHARE,
                f"Share of the {noun} {words}; 0 with fewer than `minimum` of them.",
                _share(sources, kind),
                windowed=True,
                minimum=3,
                topic=topic,
                explained_by=explained_by,
            )
            yield Metric(
                f"{prefix}.{suffix}_count",
                Unit.COUNT,
                f"Number of {noun} {words}.",
                _count(sources, kind),
                windowed=True,
                topic=topic,
                explained_by=explained_by,
            )


def _run(source: Source) -> Callable[[RuleContext, Query], Reading]:
    return lambda context, _ask: one(context.failures_in_a_row(source))


def _of_runs() -> Iterator[Metric]:
    for source in (Source.MESSAGES, Source.MODELS):
        doc = f"How many of the newest {source.value} probes failed one after the other."
        yield Metric(f"{source.value}.failures_in_a_row", Unit.COUNT, doc, _run(source))


# -- how long answers take -----------------------------------------------------------

_NOT_NOTICED = f"{LEAST_S:g} s, or {LEAST_EXCESS_S:g} s more than that"
_MEASURES = {"messages.ttft": "TTFT", "messages.total": "message", "models.total": "models"}
_RANKS = {"p50": (0.50, MIN_SAMPLES), "p95": (0.95, 20), "p99": (0.99, 100)}


def _rank(measure: str, fraction: float) -> Callable[[RuleContext, Query], Reading]:
    def read(context: RuleContext, query: Query) -> Reading:
        ordered = context.seconds(measure, query.window)
        return one(nearest_rank(ordered, fraction)) if len(ordered) >= max(query.minimum, 1) else None

    return read


def _ratio(measure: str) -> Callable[[RuleContext, Query], Reading]:
    def read(context: RuleContext, query: Query) -> Reading:
        ordered, usual = context.seconds(measure, query.window), context.usual(measure)
        if len(ordered) < max(query.minimum, 1) or not usual:
            return None
        # A median over minutes stays high for minutes after a slow period has ended.
        typical = min(
            nearest_rank(ordered, 0.5), nearest_rank(context.newest_seconds(measure, query.window), 0.5)
        )
        ratio = typical / usual
        return one(ratio if is_noticeable(typical, usual) else min(ratio, 1.0))

    return read


def _of_latency() -> Iterator[Metric]:
    for prefix, measure in _MEASURES.items():
        for name, (fraction, least) in _RANKS.items():
            doc = f"{name} of {prefix.replace('.', ' ')} in seconds, with at least `minimum` successes."
            yield Metric(
                f"{prefix}_{name}",
                Unit.SECONDS,
                doc,
                _rank(measure, fraction),
                windowed=True,
                minimum=least,
            )
        yield Metric(
            f"{prefix}_ratio",
            Unit.RATIO,
            f"Median of {prefix.replace('.', ' ')}, or of the newest three if that is less, against what "
            f"is usual; 1 below {_NOT_NOTICED}.",
            _ratio(measure),
            windowed=True,
            minimum=MIN_SAMPLES,
        )


def request_metrics() -> Iterator[Metric]:
    yield from _of_failures()
    yield from _of_runs()
    yield from _of_latency()
