"""The world of the pictures: its instant, its target, and what people and alerts leave in it.

`AT` is 2026-11-20 14:05:33 UTC; ages are seconds before it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from claude_tui.model.alert import AlertGroup, Content, SeverityPeriod
from claude_tui.model.observation import Source
from claude_tui.model.provider import Component, ProviderIncident, ProviderStatus
from claude_tui.model.snapshot import (
    EngineState,
    Event,
    EventKind,
    Level,
    Notice,
    ProbeState,
    Snapshot,
    Spend,
    Target,
)
from claude_tui.model.verdict import Severity, Side

AT = datetime(2026, 11, 20, 14, 5, 33, tzinfo=UTC)
TARGET = Target("prod", "https://api.anthropic.com", "api.anthropic.com", "claude-haiku-5-5")
API, WEB, CODE, CONSOLE = "k8w3r06qmzrp", "rwppv331jlwc", "yyzkbfz2thpt", "0qbwn08sd68x"
COMPONENTS = (
    Component(WEB, "claude.ai", "operational"),
    Component(CONSOLE, "Claude Console (platform.claude.com)", "operational"),
    Component(API, "Claude API (api.anthropic.com)", "operational"),
    Component(CODE, "Claude Code", "operational"),
    Component("bpp5gb3hpjcl", "Claude Cowork", "operational"),
    Component("0scnb50nvy53", "Claude for Government", "operational"),
)


def before(seconds: float) -> datetime:
    return AT - timedelta(seconds=seconds)


def later(snapshot: Snapshot, seconds: float) -> Snapshot:
    """The same world `seconds` later, with nothing measured since."""
    return replace(snapshot, at=snapshot.at + timedelta(seconds=seconds))


def probes(messages_held: str | None = None) -> tuple[ProbeState, ...]:
    return (
        ProbeState(Source.STATUS, 60.0, before(-46), False, before(14)),
        ProbeState(Source.MODELS, 15.0, before(-12), False, before(3)),
        ProbeState(Source.MESSAGES, 30.0, before(-28), False, before(2), None, messages_held),
    )


def engine(*notices: Notice, spent: float = 0.03, held: str | None = None) -> EngineState:
    return EngineState(TARGET, probes(held), Spend(spent, 0.50), notices)


def page(status: str = "operational", incidents: tuple[ProviderIncident, ...] = ()) -> ProviderStatus:
    components = tuple(replace(c, status=status) if c.id == API else c for c in COMPONENTS)
    return ProviderStatus(
        before(14), "https://status.claude.com/api/v2/summary.json", "none", "All Systems Operational",
        components, incidents,
    )  # fmt: skip


def event(age: float, kind: EventKind, level: Level, subject: str, text: str) -> Event:
    at = before(age)
    return Event(f"{kind}:{subject}:{at.isoformat()}", at, kind, level, subject, text, None)


def newest_first(*events: Event) -> tuple[Event, ...]:
    return tuple(sorted(events, key=lambda event: event.at, reverse=True))


def group(
    topic: str,
    severity: Severity,
    what: str,
    side: Side,
    age: float,
    *alerts: str,
    **more: object,
) -> AlertGroup:
    """An open group of alerts, of which one page has gone out."""
    at = before(age)
    opened = AlertGroup(
        f"{topic}@{at:%Y%m%dT%H%M%S}",
        topic,
        topic,
        at,
        (SeverityPeriod(severity, at),),
        Content(topic, side, what, at),
        alerts,
        False,
        ("screen", "oncall"),
        pages=1,
        paged_at=at,
        paged_severity=severity,
    )
    return replace(opened, **more)  # type: ignore[arg-type]
