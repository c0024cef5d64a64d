"""Figures of a span of time from its roll-ups."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from functools import lru_cache

from claude_tui.analysis.history.statistics import share
from claude_tui.analysis.traffic.merging import grouped, merged_histogram, sum_of
from claude_tui.analysis.traffic.trimming import trim_of
from claude_tui.analysis.uptime.histogram import Histogram
from claude_tui.model.observation import Outcome
from claude_tui.model.traffic import RollUp
from claude_tui.model.traffic_view import FailureCount, Quantiles, TrafficFigures

__all__ = ["By", "figures_by", "figures_of", "quantiles"]


class By(StrEnum):
    """What calls are told apart by."""

    APPLICATION = "app"
    MODEL = "model"
    OUTCOME = "outcome"


_NAME_OF: dict[By, Callable[[RollUp], str]] = {
    By.APPLICATION: lambda row: row.key.application,
    By.MODEL: lambda row: row.key.model,
    By.OUTCOME: lambda row: row.key.outcome.value,
}


def figures_by(
    by: By, rows: Iterable[RollUp], seconds: float, unfinished: Iterable[RollUp] = ()
) -> tuple[TrafficFigures, ...]:
    """The figures of each application, model or outcome, the busiest first."""
    name_of = _NAME_OF[by]
    groups, more = grouped(rows, name_of), grouped(unfinished, name_of)
    found = [
        figures_of(name, groups.get(name, ()), seconds, more.get(name, ())) for name in {**groups, **more}
    ]
    return tuple(sorted(found, key=lambda each: (-each.calls, each.name)))


def figures_of(
    name: str, rows: Sequence[RollUp], seconds: float, unfinished: Sequence[RollUp] = ()
) -> TrafficFigures:
    """The figures of rows of a span of so many seconds.

    `unfinished` are rows of the span that has begun since: they count for shares, not for paces.
    """
    every = [*rows, *unfinished]
    calls = sum(row.calls for row in every)
    failed = sum(row.calls for row in every if row.key.outcome is not Outcome.OK)
    answers = calls - failed
    tokens = sum_of(row.tokens for row in rows)
    counted, counted_all = sum(row.counted for row in rows), sum(row.counted for row in every)
    priced = counted - sum(row.unpriced for row in rows)
    cost = sum(row.cost_usd for row in rows) if priced > 0 else None
    per_second = sum(row.calls for row in rows) / seconds
    told, retried = sum(row.retries_told for row in every), sum(row.retried for row in every)
    return TrafficFigures(
        name=name,
        calls=calls,
        per_second=per_second,
        failed=failed,
        failing=share(failed, calls),
        failures=_failures(every, calls),
        first_token=quantiles(row.first_token for row in every),
        total=quantiles(row.total for row in every),
        tokens=sum_of(row.tokens for row in every) if counted_all else None,
        input_per_minute=tokens.prompt * 60 / seconds if counted else None,
        output_per_minute=tokens.output * 60 / seconds if counted else None,
        cache_share=tokens.cache_read / tokens.prompt if tokens.prompt else None,
        prompt_p95=_tokens(merged_histogram(row.prompt for row in every).quantile(0.95)),
        cost_usd=cost,
        usd_per_hour=cost * 3600 / seconds if cost is not None else None,
        usd_per_1000=cost * 1000 / priced if cost is not None else None,
        unpriced=sum(row.unpriced for row in every),
        attempts_per_call=told / (told - retried) if told > retried else None,
        cut=sum(row.cut for row in every),
        abandoned=sum(row.abandoned for row in every),
        max_tokens=share(sum(row.max_tokens for row in every), answers),
        refusals=share(sum(row.refusals for row in every), answers),
        asked_to_wait=sum(row.asked_to_wait for row in every),
        early=sum(row.early for row in every),
        trim=trim_of(rows, seconds),
    )


def quantiles(histograms: Iterable[bytes]) -> Quantiles:
    """The distribution of the values in histograms as they are stored."""
    return _quantiles(tuple(histograms))


# From one view to the next nearly all spans of the trend, and what is usual, stay as they were.
@lru_cache(maxsize=256)
def _quantiles(histograms: tuple[bytes, ...]) -> Quantiles:
    found: Histogram = merged_histogram(histograms)
    return Quantiles(found.count, found.quantile(0.5), found.quantile(0.95), found.quantile(0.99))


def _failures(rows: Sequence[RollUp], calls: int) -> tuple[FailureCount, ...]:
    kinds = grouped(
        (row for row in rows if row.key.outcome is not Outcome.OK),
        lambda row: (row.key.outcome, row.key.error_type),
    )
    counts = {kind: sum(row.calls for row in members) for kind, members in kinds.items()}
    return tuple(
        FailureCount(outcome, error_type, count, share(count, calls))
        for (outcome, error_type), count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    )


def _tokens(thousands: float | None) -> float | None:
    return None if thousands is None else round(thousands * 1000)
