"""Reads a scenario file into a Scenario: its healthy state, and the phases that differ from it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from claude_tui.model.toml_table import Table
from claude_tui.model.verdict import Cause, Side
from claude_tui.simulator.applications import APPLICATIONS
from claude_tui.simulator.reading_page import read_components, read_incident, read_maintenance, read_page
from claude_tui.simulator.reading_truth import read_truth
from claude_tui.simulator.reading_values import (
    DAY_S,
    YEAR_S,
    read_endpoint,
    read_messages,
    read_models,
    read_rates,
)
from claude_tui.simulator.script import Phase, Scenario, State

__all__ = ["read_scenario"]

HEALTHY, LEAD_IN = "healthy", "lead-in"
GATEWAYS = ("litellm",)
_APPLICATIONS = tuple(application.name for application in APPLICATIONS)


@dataclass(frozen=True, slots=True)
class _Names:
    """The names that phases may refer to."""

    components: Collection[str]
    models: Collection[str]


def read_scenario(name: str, top: Table, default: Scenario | None) -> Scenario:
    """The scenario in `top`; missing values come from `default`. Raises the error class of `top`.

    `default` is None for the file with the default values itself, in which every key is required.
    """
    components = read_components(top) or (default.components if default else ())
    models = read_models(top) or (default.models if default else ())
    names = _Names([component.key for component in components], [model.id for model in models])
    baseline = _state(top, default.baseline if default else None, names)
    scenario = Scenario(
        name=name,
        title=top.text("title", None if default else HEALTHY),
        seed=top.whole("seed", 1),
        gateway=top.one_of("gateway", GATEWAYS) if top.has("gateway") else None,
        baseline=baseline,
        phases=_phases(top, baseline, names),
        components=components,
        models=models,
        incidents=(),
        maintenances=tuple(read_maintenance(table, names.components) for table in top.tables("maintenance")),
    )
    starts = {phase.name: start for start, phase in zip(scenario.starts_s, scenario.phases, strict=True)}
    incidents = tuple(read_incident(table, names.components, starts) for table in top.tables("incident"))
    truth = read_truth(top.table("truth"), scenario.phases) if top.has("truth") else None
    top.done()
    top.check()
    return replace(scenario, incidents=incidents + (default.incidents if default else ()), truth=truth)


def _phases(top: Table, baseline: State, names: _Names) -> tuple[Phase, ...]:
    tables = top.tables("phase")
    lead_in_s = top.number("lead_in_s", 0.0, at_least=0.0, at_most=DAY_S)
    phases: dict[str, Phase] = {}
    if lead_in_s > 0 or not tables:
        phases[LEAD_IN] = Phase(LEAD_IN if tables else HEALTHY, lead_in_s if tables else None, baseline)
    for table in tables:
        phase = _phase(table, baseline, names, last=table is tables[-1])
        if phase.name in phases and table.sound("name"):
            table.wrong("name", f'"{phase.name}" again', "a name that no other phase has")
        phases[phase.name] = phase
    return tuple(phases.values())


def _phase(table: Table, base: State, names: _Names, *, last: bool) -> Phase:
    open_ended = last and not table.has("for_s")
    phase = Phase(
        name=table.text("name"),
        for_s=None if open_ended else table.number("for_s", at_least=0.1, at_most=YEAR_S),
        state=_state(table, base, names),
        cause=table.choice("cause", Cause),
        side=table.choice("side", Side),
    )
    table.done()
    return phase


def _state(table: Table, base: State | None, names: _Names) -> State:
    models = read_endpoint(table.table("models"), base.models if base else None)
    return State(
        messages=read_messages(table.table("messages"), base.messages if base else None),
        models=models,
        count_tokens=read_endpoint(table.table("count_tokens"), models),
        limits=read_rates(table.table("limits"), base.limits if base else None, at_least=1.0),
        load=read_rates(table.table("load"), base.load if base else None, at_least=0.0),
        page=read_page(table.table("status_page"), base.page if base else None, names.components),
        unserved=frozenset(_models(table, "unserved", base.unserved if base else (), names)),
        mix_of=frozenset(_models(table, "mix_of", base.mix_of if base else (), names)),
        retired=frozenset(_models(table, "retired", base.retired if base else (), names)),
        bad_deploy=table.one_of("bad_deploy", _APPLICATIONS) if table.has("bad_deploy") else "",
    )


def _models(table: Table, key: str, base: Collection[str], names: _Names) -> tuple[str, ...]:
    return table.strings(key, tuple(base), allowed=names.models, expected="a list of model ids")
