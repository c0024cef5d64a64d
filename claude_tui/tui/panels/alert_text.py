"""Open alerts as text: the badge that counts them, a row for each, and who has acknowledged."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

from claude_tui.alerting.topics import topic_of_cause
from claude_tui.model.alert import Acknowledgement, AlertGroup, AlertState, AlertsView, Snooze
from claude_tui.model.format import moment, plural
from claude_tui.model.snapshot import Snapshot
from claude_tui.model.verdict import Cause
from claude_tui.tui.render.clauses import without_first_sentence
from claude_tui.tui.render.lines import (
    BLANK,
    Line,
    Lines,
    Span,
    cells_of,
    crop,
    fit,
    line,
    spread,
    width,
    wrap,
)

__all__ = [
    "GroupStatus",
    "acknowledgement_of",
    "alert_badge",
    "alert_rows",
    "closes_at",
    "group_status",
    "nothing_open",
    "own_group",
    "snooze_of",
    "taker_of",
]

_TAKER_CELLS = 24
_MOST_ALERTS = 2


class GroupStatus(Enum):
    """What has been done about an open alert. The values are the words to show."""

    NEW = "new"
    ACKNOWLEDGED = "acknowledged"
    SNOOZED = "snoozed"


def group_status(group: AlertGroup, at: datetime) -> GroupStatus:
    """The last thing that was done, while it applies: a snooze ends, and does not cover a worse severity."""
    taken, snooze = group.acknowledged, group.snoozed
    if snooze is not None and group.quiet(at) and (taken is None or snooze.at >= taken.at):
        return GroupStatus.SNOOZED
    return GroupStatus.ACKNOWLEDGED if taken is not None else GroupStatus.NEW


def nothing_open(view: AlertsView) -> str:
    """`no alert is open`, or that some may open soon, or what is wrong with the alerts."""
    pending = sum(alert.state is AlertState.PENDING for alert in view.alerts)
    text = "no alert is open"
    if pending:
        text = f"{text} yet, {'1 rule is' if pending == 1 else f'{pending} rules are'} pending"
    return text if view.problem is None else f"{text} ({view.problem})"


def own_group(snapshot: Snapshot) -> AlertGroup | None:
    """The open alert that the verdict led to, if there is one."""
    topic = topic_of_cause(snapshot.verdict.cause)
    own = (group for group in snapshot.engine.alerts.groups if group.from_verdict and group.topic == topic)
    return next(own, None)


def acknowledgement_of(snapshot: Snapshot) -> Acknowledgement | None:
    """Who is on it: the acknowledgement of the verdict's alert, or of the verdict itself."""
    group, taken = own_group(snapshot), snapshot.verdict.taken
    if group is not None and group.acknowledged is not None:
        return group.acknowledged
    return Acknowledgement(taken.by, taken.reason, taken.at) if taken is not None else None


def snooze_of(snapshot: Snapshot) -> Snooze | None:
    """The snooze of the verdict's alert, if that is the last thing that was done."""
    group = own_group(snapshot)
    if group is None or group_status(group, snapshot.at) is not GroupStatus.SNOOZED:
        return None
    return group.snoozed


def taker_of(snapshot: Snapshot) -> str:
    """`ana@ops-1`, if somebody has taken on the problem of the verdict; empty otherwise."""
    taken = snapshot.verdict.taken
    if taken is None:
        return ""
    return f"{taken.by}@{taken.host}" if taken.host else taken.by


def alert_badge(snapshot: Snapshot) -> tuple[Line, Line]:
    """How many alerts are open, and how many of them are acknowledged or snoozed.

    Without any, who took on the problem before there was an alert.
    """
    statuses = [group_status(group, snapshot.at) for group in snapshot.engine.alerts.groups]
    if not statuses:
        who = fit(taker_of(snapshot), _TAKER_CELLS)
        return (line(Span(f"△ {who} has it", "text")) if who else BLANK), BLANK
    total = plural(len(statuses), "alert")
    if len(set(statuses)) == 1 and statuses[0] is not GroupStatus.NEW:
        return line(Span(f"△ {total} {statuses[0].value}", "text")), BLANK
    loud = GroupStatus.NEW in statuses
    counted = (
        (statuses.count(status), status.value) for status in (GroupStatus.ACKNOWLEDGED, GroupStatus.SNOOZED)
    )
    parts = ", ".join(f"{count} {status}" for count, status in counted if count)
    badge = Span(f"▲ {total}" if loud else f"△ {total}", "warn" if loud else "text", bold=loud)
    return line(badge), line(Span(parts, "dim"))


def alert_rows(snapshot: Snapshot, cells: int, most: int, hint: Line) -> Lines:
    """The alerts that are neither acknowledged nor snoozed, for the strip of a healthy verdict.

    Up to two of them have a row each; if none is hidden, the last one may take the rest of the `most` rows.
    """
    waiting = [
        group
        for group in snapshot.engine.alerts.groups
        if group_status(group, snapshot.at) is GroupStatus.NEW
    ]
    well = snapshot.verdict.cause is Cause.HEALTHY
    shown = waiting[: max(min(most, _MOST_ALERTS), 0)]
    rows = [
        _over(snapshot, group, cells) if well and group.from_verdict else _row(group, cells, hint)
        for group in shown
    ]
    hidden = len(waiting) - len(rows)
    if rows and not hidden and not (well and shown[-1].from_verdict):
        rows[-1:] = _alone(shown[-1], cells, most - len(rows) + 1, hint)
    if rows and hidden > 0:
        rows[-1] = spread(rows[-1], line(Span(f"+{hidden} more ", "warn")), cells)
    return tuple(rows)


def closes_at(view: AlertsView, group: AlertGroup) -> datetime | None:
    """When a group closes unless something matches again; None while something still does."""
    own = [alert.status.closes_at for alert in view.alerts if alert.group == group.id and alert.firing]
    ends = [ending for ending in own if ending is not None]
    return max(ends) if ends and len(ends) == len(own) else None


def _over(snapshot: Snapshot, group: AlertGroup, cells: int) -> Line:
    """The row of an alert whose verdict is healthy again: when it closes, and what was wrong."""
    closes = closes_at(snapshot.engine.alerts, group)
    # A rule that counts over minutes matches until the failures are older than that.
    ends = f"closes at {moment(closes, snapshot.at)}" if closes is not None else "closes in a few minutes"
    head, what = line(Span(f"△ Over, its alert {ends}: ", "dim")), group.content.what
    if width(head) + cells_of(what) > cells:
        # What was wrong says more than whose it was.
        what = without_first_sentence(what) or what
    return crop(line(*head, Span(what, "text")), cells)


def _row(group: AlertGroup, cells: int, hint: Line) -> Line:
    return spread(line(*_head(group), Span(group.content.what, "text")), hint, cells)


def _alone(group: AlertGroup, cells: int, most: int, hint: Line) -> Lines:
    """The alert in as many rows as its text takes, with the hint in the first one."""
    head = _head(group)
    first, *others = wrap(group.content.what, cells - width(head) - width(hint) - 1, most) or ("",)
    return (
        spread(line(*head, Span(first, "text")), hint, cells),
        *(crop(line(" " * width(head), Span(text, "text")), cells) for text in others),
    )


def _head(group: AlertGroup) -> Line:
    return line(Span("▲ ", "warn", bold=True), Span(f"Alert {group.severity}: ", "text", bold=True))
