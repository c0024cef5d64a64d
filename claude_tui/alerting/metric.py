"""Defines a metric: a name, a description, and a function that reads its values from a RuleContext."""

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
    """A value of one label set; the value is None when it is unknown."""

    value: float | None
    labels: Labels = ()


Reading = tuple[Sample, ...] | None
"""One sample per label set; None when the metric cannot be evaluated."""


@dataclass(frozen=True, slots=True)
class Query:
    """How a rule reads a metric: over which window, and with at least how many failures or samples."""

    window: timedelta
    minimum: int


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric that rules can refer to by name."""

    name: str
    """The name that rules use."""
    unit: Unit
    """The unit of its values."""
    doc: str
    """A sentence for `alerts list --metrics`."""
    read: Callable[[RuleContext, Query], Reading]
    """Computes its values at an instant."""
    windowed: bool = False
    """Whether it is computed over a window."""
    minimum: int | None = None
    """The default of `minimum` in rules; None if nothing is counted."""
    labels: tuple[str, ...] = ()
    """The names of the labels of its samples."""
    topic: str = UNEXPLAINED
    """The topic of alerts on this metric, unless the verdict explains them."""
    explained_by: frozenset[Cause] = ALL_CAUSES
    """The verdict causes that an alert on this metric may be a symptom of."""


def one(value: float | None) -> Reading:
    """The reading of a metric without labels."""
    return None if value is None else (Sample(value),)
