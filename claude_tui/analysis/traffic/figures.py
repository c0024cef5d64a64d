"""The figures of a span of time, from its roll-ups."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from enum import StrEnum
from functools import lru_cache
from operator import attrgetter
from typing import NamedTuple

from claude_tui.analysis.history.statistics import share
from claude_tui.analysis.traffic.merging import grouped, merged_histogram
from claude_tui.analysis.traffic.trimming import trim_of
from claude_tui.analysis.uptime.histogram import Histogram
from claude_tui.model.observation import Outcome
from claude_tui.model.traffic import RollUp, Tokens
from claude_tui.model.traffic_view import FailureCount, Quantiles, TrafficFigures

__all__ = ["By", "figures_by", "figures_of", "quantiles"]


class By(StrEnum):
    """The key by which calls are grouped."""

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
    return tuple(sorted(found, key=lambda figures: (-figures.calls, figures.name)))


def figures_of(
    name: str, rows: Sequence[RollUp], seconds: float, unfinished: Sequence[RollUp] = ()
) -> TrafficFigures:
    """The figures of the rows of a span of this many seconds.

    `unfinished` are rows of the span that has begun since: they count for shares, not for the pace.
    """
    every = [*rows, *unfinished]
    of_span = _sums(rows)
    of_all = _sums(every) if unfinished else of_span
    calls = of_all.calls
    failed = sum([row.calls for row in every if row.key.outcome is not Outcome.OK])
    answers = calls - failed
    tokens, counted = of_span.tokens, of_span.counted
    priced = counted - of_span.unpriced
    cost = of_span.cost_usd if priced > 0 else None
    reported, retried = of_all.retries_known, of_all.retried
    return TrafficFigures(
        name=name,
        calls=calls,
        per_second=of_span.calls / seconds,
        failed=failed,
        failing=share(failed, calls),
        failures=_failures(every, calls),
        first_token=quantiles(row.first_token for row in every),
        total=quantiles(row.total for row in every),
        tokens=of_all.tokens if of_all.counted else None,
        input_per_minute=tokens.prompt * 60 / seconds if counted else None,
        output_per_minute=tokens.output * 60 / seconds if counted else None,
        cache_share=tokens.cache_read / tokens.prompt if tokens.prompt else None,
        prompt_p95=_tokens(merged_histogram(row.prompt for row in every).quantile(0.95)),
        cost_usd=cost,
        usd_per_hour=cost * 3600 / seconds if cost is not None else None,
        usd_per_1000=cost * 1000 / priced if cost is not None else None,
        unpriced=of_all.unpriced,
        attempts_per_call=reported / (reported - retried) if reported > retried else None,
        cut=of_all.cut,
        abandoned=of_all.abandoned,
        max_tokens=share(of_all.max_tokens, answers),
        refusals=share(of_all.refusals, answers),
        asked_to_wait=of_all.asked_to_wait,
        early=of_all.early,
        trim=trim_of(rows, seconds),
    )


class _Sums(NamedTuple):
    """The sums over rows, each in the field of its name."""

    calls: int
    cut: int
    abandoned: int
    retried: int
    retries_known: int
    max_tokens: int
    refusals: int
    counted: int
    cost_usd: float
    unpriced: int
    asked_to_wait: int
    early: int
    tokens: Tokens


_COUNTED = _Sums._fields[:-1]
_TOKENS = tuple(field.name for field in fields(Tokens))
_amounts = attrgetter(*_COUNTED, *(f"tokens.{name}" for name in _TOKENS))


def _sums(rows: Sequence[RollUp]) -> _Sums:
    """All sums in one pass over the rows: a pass for each took half of a Snapshot's CPU time."""
    columns = zip(*map(_amounts, rows), strict=True)
    found = list(map(sum, columns)) or [0] * (len(_COUNTED) + len(_TOKENS))
    return _Sums._make([*found[: len(_COUNTED)], Tokens(*found[len(_COUNTED) :])])


def quantiles(histograms: Iterable[bytes]) -> Quantiles:
    """The distribution of the values in histograms as they are stored."""
    return _quantiles(tuple(histograms))


# From one view to the next, nearly all spans of the trend, and what is usual, stay the same.
@lru_cache(maxsize=256)
def _quantiles(histograms: tuple[bytes, ...]) -> Quantiles:
    found: Histogram = merged_histogram(histograms)
    return Quantiles(found.count, *found.quantiles(0.5, 0.95, 0.99))


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
