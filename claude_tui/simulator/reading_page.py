"""Reads the content of the status page from a scenario file."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from claude_tui.model.toml_table import Table
from claude_tui.simulator.reading_values import YEAR_S, read_spread
from claude_tui.simulator.script import (
    OPERATIONAL,
    ComponentPlan,
    IncidentPlan,
    MaintenancePlan,
    PageAnswer,
    PagePlan,
    UpdatePlan,
)

__all__ = ["read_components", "read_incident", "read_maintenance", "read_page"]

# The description of each indicator, for scenarios that give none of their own.
DESCRIPTIONS = {
    "none": "All Systems Operational",
    "minor": "Partially Degraded Service",
    "major": "Partial System Outage",
    "critical": "Major System Outage",
    "maintenance": "Service Under Maintenance",
}
IMPACTS = ("none", "minor", "major", "critical")
INCIDENT_STATUSES = ("investigating", "identified", "monitoring", "resolved", "postmortem")
COMPONENT_STATUSES = (
    OPERATIONAL,
    "degraded_performance",
    "partial_outage",
    "major_outage",
    "under_maintenance",
)


def read_page(table: Table, base: PagePlan | None, keys: Collection[str]) -> PagePlan:
    """The page in one phase. `keys` are the keys of the components."""
    statuses = table.table("components")
    given = tuple((key, statuses.one_of(key, COMPONENT_STATUSES)) for key in statuses.names(keys))
    indicator = table.one_of("indicator", list(DESCRIPTIONS), base.indicator if base else None)
    inherited = base.description if base and base.indicator == indicator else DESCRIPTIONS[indicator]
    plan = PagePlan(
        answer=table.choice("answer", PageAnswer, base.answer if base else None),
        indicator=indicator,
        description=table.text("description", inherited),
        components=given if table.has("components") or base is None else base.components,
        latency=read_spread(table, "latency", base.latency if base else None),
    )
    table.done()
    return plan


def read_incident(table: Table, keys: Collection[str], starts: Mapping[str, float]) -> IncidentPlan:
    """`starts` says when each phase starts, in seconds of scenario time."""
    updates = tuple(_update(update, starts) for update in table.tables("updates"))
    if not updates and table.sound("updates"):
        table.wrong("updates", "no update", "at least one")
    incident = IncidentPlan(
        name=table.text("name"),
        impact=table.one_of("impact", IMPACTS),
        components=table.strings("components", None, allowed=keys, expected="a list of component keys"),
        updates=tuple(sorted(updates, key=lambda update: update.at_s)),
        oldest_first=table.flag("oldest_first", False),
    )
    table.done()
    return incident


def _update(table: Table, starts: Mapping[str, float]) -> UpdatePlan:
    origin = starts[table.one_of("phase", list(starts))] if table.has("phase") else 0.0
    update = UpdatePlan(
        at_s=origin + table.number("after_s", 0.0, at_least=-YEAR_S, at_most=YEAR_S),
        status=table.one_of("status", INCIDENT_STATUSES),
        body=table.text("body"),
    )
    table.done()
    return update


def read_maintenance(table: Table, keys: Collection[str]) -> MaintenancePlan:
    maintenance = MaintenancePlan(
        name=table.text("name"),
        components=table.strings("components", None, allowed=keys, expected="a list of component keys"),
        starts_s=table.number("after_s", at_least=-YEAR_S, at_most=YEAR_S),
        for_s=table.number("for_s", at_least=1.0, at_most=YEAR_S),
        body=table.text("body"),
    )
    table.done()
    return maintenance


def read_components(top: Table) -> tuple[ComponentPlan, ...]:
    found: dict[str, ComponentPlan] = {}
    for table in top.tables("component"):
        key = table.text("key")
        if key in found and table.sound("key"):
            table.wrong("key", f'"{key}" again', "a key that no other component has")
        found[key] = ComponentPlan(key, table.text("id"), table.text("name"), table.instant("created_at"))
        table.done()
    return tuple(found.values())
