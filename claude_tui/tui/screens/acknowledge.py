"""Acknowledging and snoozing open alerts, and taking on the verdict's problem, for everyone watching.

Both act on the newest Snapshot, even while the display is frozen. If the alerts have changed between question
and answer, nothing is done and a notice says so.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta
from functools import partial
from typing import TYPE_CHECKING

from claude_tui.alerting.topics import in_trouble, topic_of_cause
from claude_tui.model.alert import AlertGroup, AlertsView
from claude_tui.model.format import clock_minute, moment, span_text
from claude_tui.model.snapshot import Snapshot
from claude_tui.model.verdict import Verdict
from claude_tui.tui.panels.alert_text import nothing_open, own_group, taker_of
from claude_tui.tui.render.lines import Lines
from claude_tui.tui.screens.dialog import Answers, Choice, DialogScreen, Question
from claude_tui.tui.screens.dialog_fields import (
    entered_name,
    name_field,
    noted,
    paragraph,
    reason_field,
    reason_of,
    refuse,
    tell,
)
from claude_tui.tui.screens.severity import set_severity

if TYPE_CHECKING:
    from claude_tui.tui.cockpit import Cockpit

__all__ = ["acknowledge", "morning_after", "set_severity", "snooze"]

SNOOZES = (timedelta(minutes=15), timedelta(hours=1), timedelta(hours=4))
MORNING = time(9)
# Somebody who wants to sleep does not mean a morning that is closer than the longest snooze.
_NIGHT = SNOOZES[-1]
_SCREEN = "screen"

Act = Callable[[str | None], None]


# -- acknowledge -----------------------------------------------------------------


def acknowledge(app: Cockpit) -> None:
    """Ask for alerts, reason and name, and acknowledge them for everyone.

    The verdict can be acknowledged as well, as long as it has led to no alert.
    """
    snapshot = app.newest
    view, verdict = snapshot.engine.alerts, snapshot.verdict if _can_be_taken(snapshot) else None
    if not view.groups and verdict is None:
        refuse(app, f"Nothing to acknowledge: {nothing_open(view)}.")
        return
    which = _which(view, snapshot.at, *([_verdict_option(snapshot)] if verdict is not None else ()))
    fields = (which, reason_field("what you know or are doing (optional)"), name_field(app))
    question = Question("Acknowledge", "acknowledge", fields, _acknowledging(view, verdict), first=1)

    def answered(answers: Answers | None) -> None:
        if answers is None:
            return
        chosen, why, who = answers
        by, reason = entered_name(app, who), reason_of(why)
        # If there are several, the first option means all of them; the verdict precedes the groups.
        targets: list[AlertGroup | None] = [*([None] if verdict is not None else []), *view.groups]
        number = int(chosen) if len(targets) > 1 else 1
        picked = targets if number == 0 else targets[number - 1 : number]
        done = verdict is not None and None in picked and _take(app, verdict, by, reason)
        if any(picked):
            index = 0 if number == 0 else view.groups.index(picked[0]) + 1
            act = partial(app.backend.acknowledge, by=by, reason=reason)
            done = _on_open(app, view, index, act) or done
        if done:
            tell(app, f"Acknowledged by {by}.")

    app.push_screen(DialogScreen(question), answered)


def _can_be_taken(snapshot: Snapshot) -> bool:
    """Whether the verdict reports a problem without an alert, so that only it can be acknowledged."""
    return in_trouble(snapshot.verdict) and own_group(snapshot) is None


def _verdict_option(snapshot: Snapshot) -> str:
    verdict, who = snapshot.verdict, taker_of(snapshot)
    note = noted([f"{who} has it" if who else "no alert yet"])
    return f"{verdict.severity} {note}{verdict.summary}"


def _take(app: Cockpit, asked_about: Verdict, by: str, reason: str) -> bool:
    """Take on the problem that the verdict reported when the dialog opened. If it is over, say so."""
    now = app.newest.verdict
    if not in_trouble(now) or topic_of_cause(now.cause) != topic_of_cause(asked_about.cause):
        refuse(app, "Nothing done: what the verdict reported is over.")
        return False
    app.backend.take(asked_about.severity, by=by, reason=reason)
    return True


def _acknowledging(view: AlertsView, verdict: Verdict | None) -> Lines:
    paragraphs = []
    if view.groups:
        reminders = (
            f" Reminders at most every {span_text(view.reminder_acknowledged)}."
            if view.reminder_acknowledged
            else ""
        )
        routes = _routes_of(view.groups)
        effect = (
            f"Everyone watching sees it, and {routes} notified." if routes else "Everyone watching sees it."
        )
        paragraphs.append(paragraph(f"{effect}{reminders}"))
    if verdict is not None:
        paragraphs.append(
            paragraph(
                "Everyone watching sees that you are on it. The alert that follows pages nobody unless it "
                "gets worse or lasts long. It ends when the problem does."
            )
        )
    return tuple(paragraphs)


def _routes_of(groups: tuple[AlertGroup, ...]) -> str:
    """`oncall is`, `oncall and fallback are`: the routes that will be notified of the acknowledgement."""
    names = list(dict.fromkeys(name for group in groups for name in group.notified_routes if name != _SCREEN))
    if not names:
        return ""
    return f"{names[0]} is" if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]} are"


# -- snooze --------------------------------------------------------------------------


def snooze(app: Cockpit) -> None:
    """Ask for alerts, duration and name, and snooze the alerts."""
    view, at = app.newest.engine.alerts, app.newest.at
    if not view.groups:
        refuse(app, f"Nothing to snooze: {nothing_open(view)}.")
        return
    which = _which(view, at)
    untils, labels = _untils(view, at)
    explanation = paragraph(
        "No pages and no bell until then, unless it gets worse. It stays on screen, "
        "and its end is announced at once."
    )
    fields = (which, Choice("Snooze", labels), name_field(app))
    question = Question("Snooze", "snooze", fields, (explanation,), first=1)

    def answered(answers: Answers | None) -> None:
        if answers is None:
            return
        chosen, when, who = answers
        by, until = entered_name(app, who), untils[int(when)]
        if at < until <= app.newest.at:
            refuse(app, f"Not snoozed: {moment(until, at)} UTC has already passed.")
        elif _on_open(
            app,
            view,
            int(chosen) if len(view.groups) > 1 else 1,
            lambda group: app.backend.snooze(group, by=by, until=until),
        ):
            ended = "Snooze ended: pages go out again."
            tell(app, ended if until <= at else f"Snoozed until {moment(until, at)} UTC, by {by}.")

    app.push_screen(DialogScreen(question), answered)


def _untils(view: AlertsView, at: datetime) -> tuple[tuple[datetime, ...], tuple[str, ...]]:
    """Instants and their labels. If a snooze is in force, `at` itself ends it."""
    untils = [at + span for span in SNOOZES]
    labels = [f"{span_text(span)}, until {clock_minute(at + span)} UTC" for span in SNOOZES]
    morning = morning_after(at)
    day = "today" if morning.date() == at.date() else "tomorrow"
    untils.append(morning)
    labels.append(f"until {day} {clock_minute(morning)} UTC, {morning:%a %b %d}")
    if any(group.snoozed is not None and group.snoozed.until > at for group in view.groups):
        untils.append(at)
        labels.append("end the snooze now")
    return tuple(untils), tuple(labels)


def morning_after(at: datetime) -> datetime:
    """The first 09:00 that is further away than the longest other snooze."""
    morning = datetime.combine(at.date(), MORNING, at.tzinfo)
    return morning if morning - at > _NIGHT else morning + timedelta(days=1)


# -- shared by both dialogs ----------------------------------------------------------------


def _which(view: AlertsView, at: datetime, *before: str) -> Choice:
    """The choice of an open group, after other options; if there are several, \"all\" is the first one."""
    options = (*before, *(_group(group, at) for group in view.groups))
    label = "Trouble" if before else "Alert" if len(options) == 1 else "Alerts"
    return Choice(label, options if len(options) == 1 else (f"all {len(options)}", *options))


def _group(group: AlertGroup, at: datetime) -> str:
    notes = []
    if group.acknowledged is not None:
        notes.append(f"acknowledged by {group.acknowledged.by}")
    if group.snoozed is not None and group.snoozed.until > at:
        notes.append(f"snoozed until {moment(group.snoozed.until, at)}")
    return f"{group.severity} {noted(notes)}{group.content.what}"


def _on_open(app: Cockpit, asked_about: AlertsView, number: int, act: Act) -> bool:
    """Act on the group with that number, on all with 0. If they have closed by now, say so and return False.

    Groups that have opened since the dialog appeared are left alone, as nobody has seen them.
    """
    wanted = {
        group.id for group in (asked_about.groups[number - 1 : number] if number else asked_about.groups)
    }
    now = {group.id for group in app.newest.engine.alerts.groups}
    if not wanted & now:
        refuse(app, "Nothing done: it has closed in the meantime.")
        return False
    if number == 0 and wanted == now:
        act(None)
    else:
        for group in sorted(wanted & now):
            act(group)
    return True
