"""What the screens show of a ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from claude_tui.alerting.ledger import Ledger
from claude_tui.model.alert import Alert, AlertGroup, AlertState, AlertsView, RouteState

__all__ = ["view_of"]

_ORDER = (AlertState.FIRING, AlertState.PENDING, AlertState.RESOLVED, AlertState.INACTIVE)


def view_of(ledger: Ledger, routes: Sequence[RouteState] = (), problem: str | None = None) -> AlertsView:
    """Alerts and open groups, worst first."""
    groups = {group.id: group for group in ledger.groups if group.open}
    return AlertsView(
        alerts=tuple(sorted((_with_group(alert, groups) for alert in ledger.alerts), key=_worst_alert)),
        groups=tuple(sorted(groups.values(), key=_worst_group)),
        routes=tuple(routes),
        journal=ledger.journal,
        problem=problem,
    )


def _with_group(alert: Alert, groups: dict[str, AlertGroup]) -> Alert:
    group = groups.get(alert.group or "")
    if group is None or not alert.firing:
        return alert
    return replace(alert, acknowledged=group.acknowledged)


def _worst_alert(alert: Alert) -> tuple[object, ...]:
    return _ORDER.index(alert.state), alert.severity.rank, alert.status.since, alert.key


def _worst_group(group: AlertGroup) -> tuple[object, ...]:
    return group.severity.rank, group.opened_at, group.id
