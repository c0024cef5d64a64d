"""Reads alert rules and routes from the settings, validates them, and formats them without secrets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta

from claude_tui.alerting.routes import AlertSettings, Route, read_settings, shown_variable
from claude_tui.alerting.rules import AlertsConfigError, Rule, load_rules, named_thresholds, own_topics
from claude_tui.model.errors import Problem
from claude_tui.model.format import span_text
from claude_tui.settings.declared import Settings
from claude_tui.settings.describe import with_comment
from claude_tui.settings.file import toml_value

__all__ = ["alerting_of", "shown_lines"]


def alerting_of(settings: Settings, environ: Mapping[str, str]) -> tuple[tuple[Rule, ...], AlertSettings]:
    """The rules in force, and the alert settings.

    A secret that is missing from `environ` leaves its route unusable, with the reason in `Route.problem`;
    anything else that is invalid raises AlertsConfigError, which lists every problem.
    """
    problems: list[Problem] = []
    rules: tuple[Rule, ...] = ()
    alerts, names = AlertSettings(), None
    topics = _own_topics(settings)
    try:
        alerts = read_settings(settings.alerts, file=_place(settings), environ=environ, topics=topics)
        names = [route.name for route in alerts.routes]
    except AlertsConfigError as error:
        problems += error.problems
    try:
        # A rule may name any numeric setting and any route; route names are not checked while the routes are
        # invalid.
        rules = load_rules(settings.alert_rules, thresholds=named_thresholds(settings), routes=names)
    except AlertsConfigError as error:
        problems += error.problems
    if problems:
        raise AlertsConfigError(problems)
    policy = replace(
        alerts.policy,
        respond_p2=timedelta(seconds=settings.respond_p2_s),
        respond_p3=timedelta(seconds=settings.respond_p3_s),
    )
    return rules, replace(alerts, policy=policy)


def _own_topics(settings: Settings) -> frozenset[str]:
    if settings.alert_rules is None:
        return frozenset()
    try:
        return own_topics(settings.alert_rules)
    except AlertsConfigError as error:
        # A problem with the file must name the setting that refers to it.
        origin = settings.origin("alert_rules")
        raise AlertsConfigError(problem.of(str(origin)) for problem in error.problems) from error


def _place(settings: Settings) -> str:
    origin = settings.origin("alerts")
    return f"file {settings.file}" if origin.kind == "file" else str(origin)


def shown_lines(settings: Settings, alerts: AlertSettings, environ: Mapping[str, str]) -> Iterator[str]:
    """The table `[alerts]` in force, as lines of TOML without secrets."""
    policy = alerts.policy
    for key, value in (
        ("reminder", span_text(policy.reminder)),
        ("reminder_acknowledged", span_text(policy.acknowledged)),
        ("reminder_minor", span_text(policy.minor)),
        ("easing", span_text(policy.downgrade_after)),
        ("bell", alerts.bell),
        ("notification", alerts.notification),
    ):
        line = f"{key} = {toml_value(value)}"
        yield line if key in settings.alerts else with_comment(line, "default")
    tables = settings.alerts.get("routes", {})
    for route in alerts.routes:
        table = tables.get(route.name, {}) if isinstance(tables, Mapping) else {}
        yield f"[alerts.routes.{route.name}]"
        yield from _route_lines(route, table, environ)


def _route_lines(route: Route, table: Mapping[str, object], environ: Mapping[str, str]) -> Iterator[str]:
    """Shows only values that are known to be harmless: the kind, the match, and names of variables."""
    yield with_comment(f"kind = {toml_value(route.kind.value)}", f"to {route.address}")
    for key, value in table.items():
        if key == "match":
            yield f"match = {toml_value(value)}"
        elif key.endswith("_env"):
            yield f"{key} = {toml_value(shown_variable(str(value), environ))}"
        elif key != "kind":
            yield f"# {key}: set, not shown"
    if route.problem is not None:
        yield f"# problem: {route.problem}"
