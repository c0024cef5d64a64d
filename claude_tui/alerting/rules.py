"""Alert rules: the shipped ones and the user's own, validated when they are read."""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from claude_tui.alerting.addresses import shown
from claude_tui.alerting.lifecycle import Timing
from claude_tui.alerting.metric import Metric, Query
from claude_tui.alerting.metrics import METRICS
from claude_tui.model.alert import Labels
from claude_tui.model.errors import ConfigError, Problem
from claude_tui.model.format import span_text
from claude_tui.model.limits import MAX_NAME, MAX_REASON, is_name
from claude_tui.model.nearest import nearest
from claude_tui.model.toml_table import Table
from claude_tui.model.verdict import SEVERITIES, Severity, Side

if TYPE_CHECKING:
    from claude_tui.settings import Settings

__all__ = [
    "COMPARISONS",
    "NAME",
    "SCREEN",
    "AlertsConfigError",
    "Rule",
    "load_rules",
    "named_thresholds",
    "own_topics",
]

A_METRIC = "a metric (`claude-top alerts list --metrics` names them)"
SCREEN = "screen"
"""The route that is always there: the dashboard itself."""

NAME = f"letters, digits, - and _ (at most {MAX_NAME})"
COMPARISONS: Mapping[str, Callable[[float, float], bool]] = MappingProxyType(
    {
        ">": operator.gt,
        ">=": operator.ge,
        "<": operator.lt,
        "<=": operator.le,
        "==": operator.eq,
        "!=": operator.ne,
    }
)
DEFAULTS = "rules.toml"
# Older observations are not in memory.
LONGEST_WINDOW = timedelta(hours=24)


class AlertsConfigError(ConfigError):
    """The alert rules or routes cannot be used."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One alert rule: a metric, a condition on its value, and how to notify."""

    name: str
    """Its name, which is unique."""
    summary: str
    """What it means when it fires."""
    metric: Metric
    """What it measures."""
    comparison: str
    """One of COMPARISONS."""
    threshold: float
    """What the value is compared with."""
    severity: Severity
    """The severity of its alerts."""
    query: Query
    """The window and the minimum number of samples."""
    timing: Timing
    """How long it must match before it fires, and how long it is kept firing."""
    where: Labels = ()
    """Only label sets with these labels are evaluated."""
    routes: tuple[str, ...] = ()
    """Where its notifications may go; empty for every route that matches."""
    topic: str | None = None
    """A topic of its own to notify under, whatever the verdict says."""
    side: Side = Side.UNCLEAR
    """Used in notifications that have no verdict; the same for `next_step`."""
    next_step: str = ""
    """The next step in such notifications."""

    def matches(self, value: float) -> bool:
        return COMPARISONS[self.comparison](value, self.threshold)

    @property
    def condition(self) -> str:
        """The condition on one line: `messages.total_p99 over 1h > 10 for 2m`."""
        over = f" over {span_text(self.query.window)}" if self.metric.windowed else ""
        where = "".join(f" {name}={value}" for name, value in self.where)
        hold = f" for {span_text(self.timing.hold)}" if self.timing.hold else ""
        return f"{self.metric.name}{where}{over} {self.comparison} {self.threshold:g}{hold}"

    def wants(self, labels: Labels) -> bool:
        return all(label in labels for label in self.where)


def named_thresholds(settings: Settings) -> dict[str, float]:
    """The thresholds that a rule may name: every numeric setting."""
    found = {field.name: getattr(settings, field.name) for field in fields(settings)}
    return {
        name: float(value)
        for name, value in found.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }


def load_rules(
    path: Path | None = None, *, thresholds: Mapping[str, float], routes: Collection[str] | None = None
) -> tuple[Rule, ...]:
    """The rules in force: the shipped ones, as changed and extended by the file at `path`.

    `thresholds` are the numbers that rules may name. `routes` are the routes that they may name besides
    the screen; None skips that check. Raises AlertsConfigError, which lists every problem with file,
    rule, key, what was given and what is expected.
    """
    shipped = _shipped()
    problems: list[Problem] = []
    own = _own(path, problems)
    given = _rule_tables(own)
    rules = []
    for name in [*shipped, *(name for name in given if name not in shipped)]:
        file = own.file if name in given else DEFAULTS
        data = {**shipped.get(name, {}), **given.get(name, {})}
        table = Table(data, file, f"rules.{name}", AlertsConfigError, problems, shown)
        rules.append(_rule(name, table, thresholds, None if routes is None else [SCREEN, *routes]))
    own.check()
    return tuple(rule for rule in rules if rule is not None)


def own_topics(path: Path) -> frozenset[str]:
    """The topics that the rules in a file name, even if the rules are invalid otherwise.

    Raises AlertsConfigError when the file cannot be read or is not TOML.
    """
    rules = Table.of_file(path, AlertsConfigError).data.get("rules")
    tables = [rule for rule in rules.values() if isinstance(rule, dict)] if isinstance(rules, dict) else []
    return frozenset(topic for table in tables if is_name(topic := str(table.get("topic", ""))))


def _shipped() -> dict[str, dict[str, object]]:
    text = resources.files("claude_tui.alerting").joinpath(DEFAULTS).read_text("utf-8")
    return _rule_tables(Table.of_text(text, DEFAULTS, AlertsConfigError))


def _own(path: Path | None, problems: list[Problem]) -> Table:
    if path is None:
        return Table({}, "", error=AlertsConfigError, problems=problems)
    table = Table.of_file(path, AlertsConfigError, problems)
    table.show = shown
    return table


def _rule_tables(top: Table) -> dict[str, dict[str, object]]:
    rules = top.table("rules")
    top.done()
    found: dict[str, dict[str, object]] = {}
    for name, table in rules.data.items():
        if not is_name(name):
            rules.wrong(name, "a rule with this name", NAME)
        else:
            found[name] = dict(rules.at(name, table).data)
    return found


def _rule(name: str, table: Table, named: Mapping[str, float], routes: Collection[str] | None) -> Rule | None:
    enabled = table.flag("enabled", True)
    metric = METRICS[table.one_of("metric", METRICS, expected=A_METRIC)]
    if not table.sound("metric"):
        return None
    rule = Rule(
        name=name,
        summary=table.line("summary", name, at_most=MAX_REASON),
        metric=metric,
        comparison=table.one_of("comparison", COMPARISONS),
        threshold=_threshold(table, named),
        severity=table.choice("severity", Severity, among=SEVERITIES),
        query=_query(table, metric),
        timing=Timing(table.duration("for", timedelta()), table.duration("keep_firing_for", timedelta())),
        where=_where(table, metric),
        routes=table.strings("routes", allowed=routes, expected="names of routes", single=True),
        topic=_topic(table),
        side=table.choice("side", Side, Side.UNCLEAR),
        next_step=table.line("next_step", ""),
    )
    table.done()
    return rule if enabled else None


def _threshold(table: Table, named: Mapping[str, float]) -> float:
    value = table.data.get("threshold")
    if not isinstance(value, str):
        return table.number("threshold")
    table.has("threshold")
    if value in named:
        return named[value]
    table.unfit("threshold", "a number or one of " + ", ".join(named), near=nearest(value, named))
    return 0.0


def _query(table: Table, metric: Metric) -> Query:
    least = metric.minimum if metric.minimum is not None else 1
    minimum = table.whole("minimum", least, at_least=1, at_most=100_000)
    if metric.minimum is None and "minimum" in table.data:
        table.unfit("minimum", f"none, as {metric.name} does not count anything")
    if not metric.windowed:
        if table.has("window"):
            table.unfit("window", f"none, as {metric.name} has no window")
        return Query(timedelta(), minimum)
    return Query(table.duration("window", at_least=timedelta(seconds=1), at_most=LONGEST_WINDOW), minimum)


def _where(table: Table, metric: Metric) -> Labels:
    where = table.table("where")
    labels = []
    for name, value in where.data.items():
        if name not in metric.labels:
            known = "one of " + ", ".join(metric.labels) if metric.labels else f"none, {metric.name} has none"
            where.wrong(name, "an unknown label", known, near=nearest(name, metric.labels))
        elif not isinstance(value, str):
            where.unfit(name, "text")
        else:
            labels.append((name, value))
    return tuple(sorted(labels))


def _topic(table: Table) -> str | None:
    topic = table.line("topic", "", at_most=MAX_NAME)
    if not topic:
        return None
    if not is_name(topic):
        table.unfit("topic", NAME)
    return topic
