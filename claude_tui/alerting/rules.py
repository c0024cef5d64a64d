"""The rules of alerts: those that ship, a person's own beside them, each checked when it is read."""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from claude_tui.alerting.lifecycle import Timing
from claude_tui.alerting.metric import Metric, Query
from claude_tui.alerting.metrics import METRICS
from claude_tui.alerting.reading import AlertsConfigError, Table, nearest, parse_span, read_toml, span_text
from claude_tui.model.alert import Labels
from claude_tui.model.verdict import Severity, Side

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

__all__ = [
    "COMPARISONS",
    "NAME",
    "SCREEN",
    "Rule",
    "is_name",
    "load_rules",
    "named_thresholds",
    "own_topics",
]

A_METRIC = "a metric (`claude-top alerts list --metrics` names them)"
SCREEN = "screen"
"""The route that is always there: the dashboard itself."""

NAME = "letters, digits, - and _ (at most 60)"
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
# Nothing older is kept in memory.
LONGEST_WINDOW = timedelta(hours=24)
_SEVERITIES = tuple(severity.value for severity in Severity if severity.trouble)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `topic` is set only where the rule wants a page of its own, whatever the verdict says.

    Without `routes` it goes to every route that takes it. `where` leaves only label sets that have
    these labels.
    """

    name: str
    summary: str
    metric: Metric
    comparison: str
    threshold: float
    severity: Severity
    ask: Query
    timing: Timing
    where: Labels = ()
    routes: tuple[str, ...] = ()
    topic: str | None = None
    side: Side = Side.UNCLEAR
    next_step: str = ""

    def matches(self, value: float) -> bool:
        return COMPARISONS[self.comparison](value, self.threshold)

    @property
    def condition(self) -> str:
        """What it looks for, on one line: `messages.total_p99 over 1h > 10 for 2m`."""
        over = f" over {span_text(self.ask.window)}" if self.metric.windowed else ""
        where = "".join(f" {name}={value}" for name, value in self.where)
        hold = f" for {span_text(self.timing.hold)}" if self.timing.hold else ""
        return f"{self.metric.name}{where}{over} {self.comparison} {self.threshold:g}{hold}"

    def wants(self, labels: Labels) -> bool:
        return all(label in labels for label in self.where)


def named_thresholds(*of: DataclassInstance) -> dict[str, float]:
    """What a rule may name instead of a number: every figure of these values, such as the settings."""
    found = {each.name: getattr(values, each.name) for values in of for each in fields(values)}
    return {
        name: float(value)
        for name, value in found.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }


def load_rules(
    path: Path | None = None, *, thresholds: Mapping[str, float], routes: Collection[str] | None = None
) -> tuple[Rule, ...]:
    """The rules in force: those that ship, changed and added to by the file at `path`.

    `thresholds` are the figures that rules may name, `routes` the names that they may send to besides
    the screen; None checks none. Raises AlertsConfigError naming every problem with file, rule, key,
    what was given and what is expected.
    """
    shipped = _shipped()
    problems: list[str] = []
    own = read_toml(path) if path is not None else {}
    given = _rule_tables(str(path), own, problems)
    rules = []
    for name in [*shipped, *(name for name in given if name not in shipped)]:
        table = Table(
            str(path) if name in given else DEFAULTS,
            f"rules.{name}",
            {**shipped.get(name, {}), **given.get(name, {})},
            problems,
        )
        rules.append(_rule(name, table, thresholds, None if routes is None else [SCREEN, *routes]))
    if problems:
        raise AlertsConfigError(problems)
    return tuple(rule for rule in rules if rule is not None)


def own_topics(path: Path) -> frozenset[str]:
    """The topics that the rules in a file name, whatever else may be wrong with those.

    Raises AlertsConfigError when the file cannot be read or is not TOML.
    """
    rules = read_toml(path).get("rules")
    tables = [each for each in rules.values() if isinstance(each, dict)] if isinstance(rules, dict) else []
    return frozenset(topic for each in tables if is_name(topic := str(each.get("topic", ""))))


def _shipped() -> dict[str, dict[str, object]]:
    import tomllib

    text = resources.files("claude_tui.alerting").joinpath(DEFAULTS).read_text("utf-8")
    return dict(tomllib.loads(text)["rules"])


def _rule_tables(file: str, top: Mapping[str, object], problems: list[str]) -> dict[str, dict[str, object]]:
    table = Table(file, "", top, problems)
    rules = table.table("rules")
    table.done()
    found: dict[str, dict[str, object]] = {}
    for name, each in rules.data.items():
        if not is_name(name):
            rules.wrong(name, "a rule of this name", NAME)
        elif not isinstance(each, dict):
            rules.wrong(name, rules.shown(each), "a table")
        else:
            found[name] = each
    return found


def is_name(name: str) -> bool:
    return 0 < len(name) <= 60 and name.isascii() and name.replace("-", "a").replace("_", "a").isalnum()


def _rule(name: str, table: Table, named: Mapping[str, float], routes: Collection[str] | None) -> Rule | None:
    enabled = table.flag("enabled", True)
    metric = METRICS.get(table.one_of("metric", METRICS, "", required=True, words=A_METRIC))
    if metric is None:
        return None
    rule = Rule(
        name=name,
        summary=table.text("summary", name, most=200),
        metric=metric,
        comparison=table.one_of("comparison", COMPARISONS, ">", required=True),
        threshold=_threshold(table, named),
        severity=Severity(table.one_of("severity", _SEVERITIES, "P4", required=True)),
        ask=_ask(table, metric),
        timing=Timing(table.span("for", timedelta()), table.span("keep_firing_for", timedelta())),
        where=_where(table, metric),
        routes=table.names("routes", allowed=routes, words="names of routes"),
        topic=_topic(table),
        side=table.choice("side", Side, Side.UNCLEAR),
        next_step=table.text("next_step"),
    )
    table.done()
    return rule if enabled else None


def _threshold(table: Table, named: Mapping[str, float]) -> float:
    value = table.data.get("threshold")
    if not isinstance(value, str):
        return table.number("threshold", 0.0, required=True)
    table.has("threshold")
    if value in named:
        return named[value]
    expected = "a number or one of " + ", ".join(named)
    table.wrong("threshold", f"{table.shown(value)}{nearest(value, named)}", expected)
    return 0.0


def _ask(table: Table, metric: Metric) -> Query:
    least = metric.minimum if metric.minimum is not None else 1
    minimum = table.whole("minimum", least, low=1, high=100_000)
    if metric.minimum is None and "minimum" in table.data:
        table.wrong("minimum", table.shown(table.data["minimum"]), f"none, as {metric.name} counts nothing")
    if not metric.windowed:
        if table.has("window"):
            table.wrong("window", table.shown(table.data["window"]), f"none, as {metric.name} is of now")
        return Query(timedelta(), minimum)
    window = parse_span(table.data["window"]) if table.has("window") else None
    if window is not None and timedelta(seconds=1) <= window <= LONGEST_WINDOW:
        return Query(window, minimum)
    given = table.shown(table.data["window"]) if "window" in table.data else "nothing"
    table.wrong("window", given, 'a duration from "1s" to "24h"')
    return Query(timedelta(minutes=5), minimum)


def _where(table: Table, metric: Metric) -> Labels:
    where = table.table("where")
    labels = []
    for name, value in where.data.items():
        if name not in metric.labels:
            known = "one of " + ", ".join(metric.labels) if metric.labels else f"none, {metric.name} has none"
            where.wrong(name, f"an unknown label{nearest(name, metric.labels)}", known)
        elif not isinstance(value, str):
            where.wrong(name, where.shown(value), "text")
        else:
            labels.append((name, value))
    return tuple(sorted(labels))


def _topic(table: Table) -> str | None:
    topic = table.text("topic", most=60)
    if not topic:
        return None
    if not is_name(topic):
        table.wrong("topic", table.shown(topic), NAME)
    return topic
