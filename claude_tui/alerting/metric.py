"""What a metric is: a name, a meaning, and a function from a Scene to values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from claude_tui.alerting.rule_context import RuleContext
from claude_tui.alerting.topics import ALL_CAUSES, UNEXPLAINED
from claude_tui.model.alert import Labels
from claude_tui.model.verdict import Cause

__all__ = ["Metric", "Query", "Reading", "Sample", "Unit", "one"]


class Unit(StrEnum):
    LEVEL = "level"
    SHARE = "share"
    COUNT = "count"
    SECONDS = "s"
    RATIO = "ratio"
    DAYS = "days"
    USD = "usd"


@dataclass(frozen=True, slots=True)
class Sample:
    """A value with the labels that tell it from others; None when this one could not be told."""

    value: float | None
    labels: Labels = ()


Reading = tuple[Sample, ...] | None
"""One sample per label set; None when nothing could be evaluated."""


@dataclass(frozen=True, slots=True)
class Query:
    """What a rule asks of a metric: over which span, and from how many failures or samples on."""

    window: timedelta
    minimum: int


@dataclass(frozen=True, slots=True)
class Metric:
    """`minimum` is the default least count, None where nothing is counted; `labels` name its label sets.

    An alert on it is told under `topic`, unless the verdict's cause is one of `explained_by`: then it
    is a symptom of that.
    """

    name: str
    unit: Unit
    doc: str
    read: Callable[[RuleContext, Query], Reading]
    windowed: bool = False
    minimum: int | None = None
    labels: tuple[str, ...] = ()
    topic: str = UNEXPLAINED
    explained_by: frozenset[Cause] = ALL_CAUSES


def one(value: float | None) -> Reading:
    """The reading of a metric without labels."""
    return None if value is None else (Sample(value),)
