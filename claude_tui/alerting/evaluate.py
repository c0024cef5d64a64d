"""Evaluates rules against a RuleContext."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from claude_tui.alerting.lifecycle import Timing, step
from claude_tui.alerting.metric import Reading, Sample, Unit
from claude_tui.alerting.rule_context import RuleContext
from claude_tui.alerting.rules import Rule
from claude_tui.model.alert import Alert, AlertState, Labels
from claude_tui.model.format import latency, money, percent, ratio
from claude_tui.model.text import inert

__all__ = ["MAX_LABEL_SETS", "advance", "evaluate", "value_text"]

# A server may report any number of buckets and models; a rule evaluates at most this many.
MAX_LABEL_SETS = 50
LABEL_LENGTH = 80


def evaluate(
    rules: Iterable[Rule], alerts: Iterable[Alert], context: RuleContext, faults: dict[str, str] | None = None
) -> tuple[Alert, ...]:
    """The alerts after an evaluation at the instant of `context`, without inactive ones.

    An alert whose rule no longer exists is resolved, as nothing else would end it. One that the verdict
    explains keeps firing until the recovery is certain. When reading a metric raises, the alerts of its
    rule are unchanged; the rule's name and the error are added to `faults`.
    """
    before: dict[str, list[Alert]] = {}
    for alert in alerts:
        before.setdefault(alert.rule, []).append(alert)
    after = []
    for rule in rules:
        reading = _read(rule, context, {} if faults is None else faults)
        uncertain = context.verdict.recovery is not None and context.verdict.cause in rule.metric.explained_by
        after += advance(rule, before.pop(rule.name, ()), reading, context.at, recovering=uncertain)
    for orphans in before.values():
        after += _orphaned(orphans, context.at)
    return tuple(after)


def _read(rule: Rule, context: RuleContext, faults: dict[str, str]) -> Reading:
    try:
        return rule.metric.read(context, rule.query)
    except Exception as error:  # noqa: BLE001 - one metric's fault must not silence the other rules
        faults[rule.name] = f"{type(error).__name__}: {error}"
        return None


def advance(
    rule: Rule, alerts: Iterable[Alert], reading: Reading, at: datetime, *, recovering: bool = False
) -> list[Alert]:
    """The alerts of one rule after a reading. A label set that is missing from it does not match.

    While its subject is `recovering`, a reading that does not match leaves a firing alert unchanged.
    """
    known = {alert.labels: alert for alert in alerts}
    if reading is None:
        return list(known.values())
    samples = {sample.labels: sample for sample in _wanted(rule, reading, known)}
    stepped = (
        _stepped(rule, labels, known.get(labels), samples.get(labels), at, recovering=recovering)
        for labels in dict.fromkeys((*known, *samples))
    )
    return [alert for alert in stepped if alert is not None]


def _wanted(rule: Rule, reading: tuple[Sample, ...], known: Mapping[Labels, Alert]) -> Iterator[Sample]:
    """The samples that match the rule's `where`, at most MAX_LABEL_SETS, those with an alert first."""
    wanted = [
        Sample(sample.value, tuple((name, inert(value, LABEL_LENGTH)) for name, value in sample.labels))
        for sample in reading
    ]
    wanted = [sample for sample in wanted if rule.wants(sample.labels)]
    wanted.sort(key=lambda sample: sample.labels not in known)
    yield from wanted[:MAX_LABEL_SETS]


def _stepped(
    rule: Rule, labels: Labels, before: Alert | None, sample: Sample | None, at: datetime, *, recovering: bool
) -> Alert | None:
    matched = _matches(rule, sample)
    if recovering and not matched and before is not None and before.state is AlertState.FIRING:
        return before
    status = step(rule.timing, before.status if before else None, matched, at)
    if status is None:
        return None
    alert = Alert(rule.name, labels, rule.severity, rule.summary, status)
    if before is not None and not (before.state is AlertState.RESOLVED and matched):
        alert = replace(before, status=status, severity=rule.severity, summary=rule.summary)
    if not matched or sample is None or sample.value is None:
        return alert
    return replace(alert, value=sample.value, words=value_text(sample.value, rule.metric.unit))


def _matches(rule: Rule, sample: Sample | None) -> bool | None:
    """None when the value is unknown; a label set that is gone does not match."""
    if sample is None:
        return False
    return None if sample.value is None else rule.matches(sample.value)


def _orphaned(alerts: Iterable[Alert], at: datetime) -> Iterator[Alert]:
    for alert in alerts:
        status = step(Timing(), alert.status, False, at)
        if status is not None:
            yield replace(alert, status=status)


def value_text(value: float, unit: Unit) -> str:
    """A value with its unit, for display."""
    return _TEXTS[unit](value)


_TEXTS: dict[Unit, Callable[[float], str]] = {
    Unit.LEVEL: lambda value: f"P{value:.0f}",
    Unit.SHARE: lambda value: percent(value, 0 if value >= 0.1 else 1),
    Unit.COUNT: lambda value: f"{value:g}",
    Unit.SECONDS: latency,
    Unit.RATIO: ratio,
    Unit.DAYS: lambda value: f"{value:.0f} days" if abs(value) >= 2 else f"{value:.1f} days",
    Unit.USD: money,
}
