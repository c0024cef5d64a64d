"""Routes: where notifications go, which groups each route takes, and how they are read from the settings."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from claude_tui.alerting.addresses import (
    NOT_SHOWN,
    masked,
    plain_http,
    secrets_of,
    shown,
    shown_unless_secret,
)
from claude_tui.alerting.metrics import METRICS
from claude_tui.alerting.rules import NAME, SCREEN, AlertsConfigError, Rule
from claude_tui.model.alert import AlertGroup
from claude_tui.model.limits import is_name
from claude_tui.model.toml_table import Table
from claude_tui.model.verdict import SEVERITIES, Cause, Severity

__all__ = [
    "SCREEN",
    "AlertSettings",
    "Match",
    "Policy",
    "Route",
    "RouteKind",
    "read_settings",
    "shown_variable",
]

PAGERDUTY_URL = "https://events.pagerduty.com/v2/enqueue"
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_OBVIOUS_NAME = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")


class RouteKind(StrEnum):
    APPRISE = "apprise"
    PAGERDUTY = "pagerduty"
    ALERTMANAGER = "alertmanager"


@dataclass(frozen=True, slots=True)
class Match:
    """Which groups a route takes. An empty field matches all."""

    severities: frozenset[Severity] = frozenset()
    causes: frozenset[str] = frozenset()
    """Causes of a verdict, or topics."""
    metrics: frozenset[str] = frozenset()
    """Names of metrics; at least one alert of the group must be on one of them."""

    def takes(self, group: AlertGroup, rules: Iterable[Rule]) -> bool:
        """Whether a route with this match takes `group`, whose alerts come from `rules`."""
        if self.severities and group.severity not in self.severities:
            return False
        if self.causes and self.causes.isdisjoint({group.topic, group.content.cause}):
            return False
        return not self.metrics or any(rule.metric.name in self.metrics for rule in rules)


@dataclass(frozen=True, slots=True)
class Route:
    """One receiver of notifications."""

    name: str
    """Its name in the settings."""
    kind: RouteKind
    """The kind of receiver."""
    url: str = field(default="", repr=False)
    """May contain secrets: show `address` instead."""
    key: str = field(default="", repr=False)
    """A PagerDuty routing key, which is a secret."""
    address: str = ""
    """The URL with its secrets masked."""
    match: Match = field(default_factory=Match)
    """Which groups it takes."""
    problem: str | None = None
    """Why the route cannot be used, if so."""

    @property
    def secrets(self) -> tuple[str, ...]:
        parts = secrets_of(self.url) if self.url and self.url != PAGERDUTY_URL else ()
        return tuple(part for part in (*parts, self.key) if part)


@dataclass(frozen=True, slots=True)
class Policy:
    """How often reminders are sent, and what notifications say about response targets."""

    reminder: timedelta = timedelta(hours=1)
    """Between reminders of P1 to P3."""
    acknowledged: timedelta = timedelta(hours=4)
    """Between reminders once somebody has acknowledged."""
    minor: timedelta = timedelta(hours=24)
    """Between reminders of P4."""
    downgrade_after: timedelta = timedelta(minutes=15)
    """How long a lower severity must last before it is notified."""
    respond_p2: timedelta = timedelta(minutes=15)
    """The response target that notifications name; the same for `respond_p3`."""
    respond_p3: timedelta = timedelta(hours=1)
    """The response target of a P3 in notifications."""

    def reminder_of(self, severity: Severity, *, acknowledged: bool) -> timedelta:
        usual = self.minor if severity is Severity.P4 else self.reminder
        return max(usual, self.acknowledged) if acknowledged else usual


@dataclass(frozen=True, slots=True)
class AlertSettings:
    """The `[alerts]` table of the settings."""

    routes: tuple[Route, ...] = ()
    """The routes, in the order of the settings."""
    policy: Policy = field(default_factory=Policy)
    """How often to send reminders."""
    bell: bool = True
    """Ring the terminal's bell."""
    notification: bool = False
    """Ask the terminal for a desktop notification (OSC 9)."""


def read_settings(
    table: Mapping[str, object], *, file: str, environ: Mapping[str, str], topics: Collection[str] = ()
) -> AlertSettings:
    """The settings in the `[alerts]` table. `file` names its origin in problems.

    `topics` are those of the user's own rules. A secret that is missing from the environment leaves its
    route unusable, with the reason in `Route.problem`; anything else that is invalid raises
    AlertsConfigError.
    """
    top = Table(table, file, "alerts", AlertsConfigError, show=shown)
    least, usual = timedelta(minutes=1), Policy()
    settings = AlertSettings(
        routes=tuple(_routes(top.table("routes"), environ, topics)),
        policy=Policy(
            top.duration("reminder", usual.reminder, at_least=least),
            top.duration("reminder_acknowledged", usual.acknowledged, at_least=least),
            top.duration("reminder_minor", usual.minor, at_least=least),
            top.duration("easing", usual.downgrade_after),
        ),
        bell=top.flag("bell", True),
        notification=top.flag("notification", False),
    )
    top.done()
    top.check()
    return settings


def _routes(table: Table, environ: Mapping[str, str], topics: Collection[str]) -> Iterator[Route]:
    for name, route_table in table.data.items():
        if not is_name(name) or name == SCREEN:
            table.wrong(name, "a route with this name", f"{NAME}, but not {SCREEN}")
        else:
            table.show = shown_unless_secret
            yield _route(name, table.at(name, route_table), environ, topics)


def _route(name: str, table: Table, environ: Mapping[str, str], topics: Collection[str]) -> Route:
    kind = table.choice("kind", RouteKind)
    secrets = _Secrets(table, environ)
    fallback = PAGERDUTY_URL if kind is RouteKind.PAGERDUTY else ""
    url = secrets.read("url", required=not fallback) or fallback
    key = secrets.read("routing_key", required=True) if kind is RouteKind.PAGERDUTY else ""
    if url and not _usable(kind, url):
        table.wrong("url", f"something else ({masked(url)})", _EXPECTED[kind])
    match = _match(table.table("match"), topics)
    table.done()
    return Route(name, kind, url, key, masked(url) if url else "…", match, secrets.missing)


_EXPECTED = {
    RouteKind.APPRISE: "a URL of apprise, such as slack://…, mailto://… or json://host/path",
    RouteKind.PAGERDUTY: "an http or https URL",
    RouteKind.ALERTMANAGER: "an http or https URL, such as http://alertmanager:9093",
}


def _usable(kind: RouteKind, url: str) -> bool:
    if kind is RouteKind.APPRISE:
        return re.match(r"[A-Za-z][A-Za-z0-9+.-]*://\S", url) is not None and not re.search(r"\s", url)
    return plain_http(url)


def shown_variable(name: str, environ: Mapping[str, str]) -> str:
    """The name of a variable, safe to show; "…" if it may be a key pasted by mistake."""
    return name if name in environ or _OBVIOUS_NAME.fullmatch(name) else "…"


class _Secrets:
    """Reads a secret from `key`, or from the variable that `key_env` names; `missing` says why not."""

    def __init__(self, table: Table, environ: Mapping[str, str]) -> None:
        self._table = table
        self._environ = environ
        self.missing: str | None = None

    def read(self, key: str, *, required: bool) -> str:
        table, variable_key = self._table, f"{key}_env"
        given, variable = _hidden(table, key), _hidden(table, variable_key)
        if given and variable:
            table.wrong(variable_key, "both", f"either {key} or {variable_key}")
        if variable and not _VARIABLE.fullmatch(variable):
            table.wrong(variable_key, "something else (not shown)", "the name of an environment variable")
        elif variable:
            given = self._environ.get(variable, "").strip()
            if not given:
                self.missing = (
                    f"the environment variable {shown_variable(variable, self._environ)} "
                    f"that {variable_key} names is not set"
                )
        elif not given and required and key not in table.data:
            table.wrong(key, "nothing", f"{key}, or {variable_key} with the name of a variable that holds it")
        return given


def _hidden(table: Table, name: str) -> str:
    """Text that may be a secret, "" when absent. Its value never appears in a problem."""
    if not table.has(name):
        return ""
    value = table.data[name]
    if isinstance(value, str) and value.strip() and value.isprintable() and len(value) <= 4000:
        return value.strip()
    table.wrong(name, NOT_SHOWN, "printable text")
    return ""


def _match(table: Table, topics: Collection[str]) -> Match:
    causes = [cause.value for cause in Cause if cause not in (Cause.HEALTHY, Cause.UNKNOWN)]
    known = [*causes, *(metric.topic for metric in METRICS.values()), *topics]
    match = Match(
        frozenset(Severity(name) for name in table.strings("severity", allowed=SEVERITIES, single=True)),
        frozenset(table.strings("cause", allowed=tuple(dict.fromkeys(known)), single=True)),
        frozenset(table.strings("metric", allowed=METRICS, single=True)),
    )
    table.done()
    return match
