"""Adding up roll-ups: any two can be added, in any order."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from datetime import datetime
from typing import TypeVar

from claude_tui.analysis.uptime.histogram import Histogram
from claude_tui.model.traffic import RollUp, RollUpKey, Tokens

__all__ = ["added", "grouped", "merged_histogram", "sum_of"]

G = TypeVar("G", bound=Hashable)
R = TypeVar("R")


def added(rows: Iterable[RollUp], at: datetime, span_s: int, key: RollUpKey) -> RollUp:
    """The sum of rows as a roll-up of that key and span."""
    found = list(rows)
    return RollUp(
        at=at,
        span_s=span_s,
        key=key,
        calls=sum(row.calls for row in found),
        cut=sum(row.cut for row in found),
        abandoned=sum(row.abandoned for row in found),
        retried=sum(row.retried for row in found),
        retries_known=sum(row.retries_known for row in found),
        max_tokens=sum(row.max_tokens for row in found),
        refusals=sum(row.refusals for row in found),
        counted=sum(row.counted for row in found),
        tokens=sum_of(row.tokens for row in found),
        cost_usd=sum(row.cost_usd for row in found),
        unpriced=sum(row.unpriced for row in found),
        first_token=merged_histogram(row.first_token for row in found).to_bytes(),
        total=merged_histogram(row.total for row in found).to_bytes(),
        prompt=merged_histogram(row.prompt for row in found).to_bytes(),
        asked_to_wait=sum(row.asked_to_wait for row in found),
        early=sum(row.early for row in found),
        retried_tokens=sum(row.retried_tokens for row in found),
        retried_usd=sum(row.retried_usd for row in found),
        answer=merged_histogram(row.answer for row in found).to_bytes(),
    )


def sum_of(tokens: Iterable[Tokens]) -> Tokens:
    """The sum of token counts."""
    found = list(tokens)
    return Tokens(
        sum(item.input for item in found),
        sum(item.output for item in found),
        sum(item.cache_read for item in found),
        sum(item.cache_write_5m for item in found),
        sum(item.cache_write_1h for item in found),
    )


def merged_histogram(stored: Iterable[bytes]) -> Histogram:
    """The sum of histograms, as `Histogram.to_bytes` gives them."""
    return Histogram(sum(map(Histogram.unpacked, stored)))


def grouped(rows: Iterable[R], by: Callable[[R], G]) -> dict[G, list[R]]:
    """The rows grouped by `by`, in order of first appearance."""
    groups: dict[G, list[R]] = {}
    for row in rows:
        groups.setdefault(by(row), []).append(row)
    return groups
