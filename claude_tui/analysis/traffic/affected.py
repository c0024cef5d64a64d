"""Who is affected by a problem of own traffic: which applications, or which models."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from claude_tui.analysis.traffic.call_table import EVERYTHING, CallTable, Group
from claude_tui.analysis.traffic.change import LEAST_CALLS
from claude_tui.analysis.traffic.families import OF_THE_SERVICE
from claude_tui.model.observation import Outcome

__all__ = ["MUCH_LESS", "Affected", "affected_by"]

MUCH_LESS = 0.2
"""Others are healthy if at most this fraction of the problem's share fails for them."""


class Affected(NamedTuple):
    """The group that has the problem."""

    group: Group
    healthy: tuple[str, ...]
    """The applications, or the models, that are healthy meanwhile."""
    same_model: bool
    """Whether those applications use the same models."""


def affected_by(table: CallTable, family: Outcome, troubled: Sequence[Group], since: datetime) -> Affected:
    """Who has the failures of a family, given the groups in which they increased."""
    applications = _names_apart(table, family, troubled, since, 0)
    models = _names_apart(table, family, troubled, since, 1)
    if applications is None or models is None:
        if applications is not None:
            return _by_application(table, family, since, *applications)
        if models is not None:
            return Affected(Group(models=models[0]), models[1], False)
        return Affected(EVERYTHING, (), False)
    by_application = _by_application(table, family, since, *applications)
    # If a single application uses a single model, other applications' calls of that model decide, or else the
    # kind of failure.
    if by_application.same_model or family not in OF_THE_SERVICE:
        return by_application
    return Affected(Group(models=models[0]), models[1], False)


def _by_application(
    table: CallTable, family: Outcome, since: datetime, failing: frozenset[str], healthy: tuple[str, ...]
) -> Affected:
    group = Group(applications=failing)
    counts = {cell: table.count(family, cell.__eq__, since) for cell in table.cells if cell[0] in failing}
    most = max((failed / calls for failed, calls in counts.values() if calls), default=0.0)
    used = {model for (_, model), (failed, calls) in counts.items() if calls and failed >= most * calls / 2}
    failed, calls = table.count(family, lambda cell: cell[0] not in failing and cell[1] in used, since)
    return Affected(group, healthy, calls >= LEAST_CALLS and failed <= MUCH_LESS * calls)


def _names_apart(
    table: CallTable, family: Outcome, troubled: Sequence[Group], since: datetime, place: int
) -> tuple[frozenset[str], tuple[str, ...]] | None:
    """The names that fail and those that are healthy; None if the figures do not separate them."""
    names = {cell[place] for cell in table.cells}
    counts = {
        name: table.count(family, lambda cell, name=name: cell[place] == name, since)  # type: ignore[misc]
        for name in names
    }
    known = {name for group in troubled for name in (group.applications, group.models)[place]}
    failing = frozenset(known) or frozenset(
        name for name, (failed, calls) in counts.items() if failed and failed >= MUCH_LESS * calls
    )
    if not failing:
        return None
    failed = sum(counts[name][0] for name in failing if name in counts)
    calls = sum(counts[name][1] for name in failing if name in counts)
    share = failed / calls if calls else 0.0
    others = {name: counts[name] for name in names - failing if counts[name][1]}
    rest = sum(calls for _, calls in others.values())
    if rest < LEAST_CALLS or sum(failed for failed, _ in others.values()) > MUCH_LESS * share * rest:
        return None
    healthy = sorted(others, key=lambda name: (-others[name][1], name))
    return failing, tuple(healthy)
