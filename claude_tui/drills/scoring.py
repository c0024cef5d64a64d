"""Computes the score of a drill from its record and the truth about its scenario."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from claude_tui.drills.points import points
from claude_tui.drills.record import Completeness, DrillRecord, Ending, Score
from claude_tui.drills.tree import wrong_turns
from claude_tui.incident import incidents
from claude_tui.model.alert import AlertEntry, EntryKind, NotificationKind
from claude_tui.model.drill import DrillAct, DrillEntry
from claude_tui.model.incident import PROGRAM
from claude_tui.model.playbook import StepMark, StepState
from claude_tui.model.request import RequestedAction
from claude_tui.model.verdict import Cause, Side
from claude_tui.runbook import Runbook
from claude_tui.simulator.truth import Truth

__all__ = ["score"]

_BY_PEOPLE = frozenset({EntryKind.ACKNOWLEDGED, EntryKind.SNOOZED})


def score(
    drill: DrillRecord,
    truth: Truth,
    trouble_s: float,
    runbook: Runbook,
    postmortem: Completeness | None = None,
) -> Score | None:
    """The score of a drill; None for a record of anything else.

    `trouble_s` is when the trouble begins, in seconds of scenario time.
    """
    started = next((entry for entry in drill.entries if entry.act is DrillAct.STARTED), None)
    if started is None:
        return None
    began = started.at + timedelta(seconds=(trouble_s - started.before_s) / started.speed)
    # A responder who is called later could not notice it before.
    measured = _measured(drill, truth, started, max(began, started.at), runbook)
    found = replace(measured, postmortem=postmortem)
    return replace(found, points=points(found, truth))


def _measured(
    drill: DrillRecord, truth: Truth, started: DrillEntry, trouble: datetime, runbook: Runbook
) -> Score:
    """The score without points: what the responder did, and how long after the trouble began."""
    done = _done(drill.record.step_marks)
    hit = tuple(step for step in truth.steps if step in done)
    answer = _answer(_claims(drill, runbook), truth, trouble)
    pages = sum(_is_page(entry) for entry in drill.record.alert_entries)

    def since(instant: datetime | None) -> float | None:
        return None if instant is None or instant < trouble else (instant - trouble).total_seconds()

    return Score(
        at=started.at,
        scenario=started.scenario,
        by=_responder(drill, started),
        speed=started.speed,
        ending=_ending(drill),
        length_s=(max(drill.record.span.end, started.at) - started.at).total_seconds(),
        noticed_s=since(min((at for at in _acts(drill) if at >= trouble), default=None)),
        side_s=since(answer.side_at),
        cause_s=since(answer.cause_at),
        acknowledged_s=since(_acknowledged(drill, trouble)),
        first_step_s=since(min((done[step] for step in hit if done[step] >= trouble), default=None)),
        side=answer.side,
        cause=answer.cause,
        side_right=answer.side_right,
        cause_right=answer.cause_right,
        turns=sum(not turn.back for turn in drill.turns),
        wrong_turns=wrong_turns(drill.turns, truth.nodes, runbook),
        hit=hit,
        missed=tuple(step for step in truth.steps if step not in done),
        harmful=tuple(step for step in truth.harmful if step in done),
        began_well=min(done, key=lambda step: done[step]) in truth.good_beginnings if done else None,
        pages=pages,
        false_pages=0 if truth.paged else pages,
        missed_pages=int(truth.paged and not pages),
    )


# -- who did what -------------------------------------------------------------------------


def _acts(drill: DrillRecord) -> Iterator[datetime]:
    """When people did something."""
    record = drill.record
    yield from (turn.at for turn in drill.turns)
    yield from (revision.at for revision in drill.revisions)
    yield from (entry.at for entry in drill.entries if entry.act is DrillAct.ANSWERED)
    yield from (mark.at for mark in record.step_marks)
    yield from (mark.at for mark in record.severity_marks)
    yield from (request.at for request in record.requests)
    yield from (entry.at for entry in record.entries if entry.by != PROGRAM)
    yield from (entry.at for entry in record.alert_entries if entry.kind in _BY_PEOPLE)


def _responder(drill: DrillRecord, started: DrillEntry) -> str:
    """Who answered last, or else who started it."""
    names = (entry.by for entry in reversed(drill.entries) if entry.by)
    return next(names, started.by)


def _acknowledged(drill: DrillRecord, trouble: datetime) -> datetime | None:
    record = drill.record
    found = [entry.at for entry in record.alert_entries if entry.kind is EntryKind.ACKNOWLEDGED]
    found += [request.at for request in record.requests if request.action is RequestedAction.TAKE]
    return min((at for at in found if at >= trouble), default=None)


def _is_page(entry: AlertEntry) -> bool:
    """Whether it is the first notification of a problem that is grave enough to wake somebody."""
    return entry.kind is EntryKind.PAGE and entry.page is NotificationKind.OPENED and entry.severity.grave


def _ending(drill: DrillRecord) -> Ending:
    known = incidents(drill.record.entries)
    if known and not any(incident.is_open for incident in known):
        return Ending.RESOLVED
    ended = any(entry.act is DrillAct.ENDED for entry in drill.entries)
    return Ending.STOPPED if ended else Ending.QUIT


def _done(marks: Iterable[StepMark]) -> dict[str, datetime]:
    """The steps that are done at the end, with the instant at which each was done first."""
    newest: dict[str, StepState] = {}
    first: dict[str, datetime] = {}
    for mark in marks:
        if not mark.step:
            # Restarting a playbook does not undo its steps.
            continue
        step = f"{mark.playbook}.{mark.step}"
        newest[step] = mark.state
        if mark.state is StepState.DONE:
            first.setdefault(step, mark.at)
    return {step: first[step] for step, state in newest.items() if state is StepState.DONE}


# -- what they concluded --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Claim:
    """What the responder concluded at an instant."""

    at: datetime
    side: Side | None
    cause: Cause | None
    node: str = ""
    """The node of the decision tree that says so; empty for the responder's own answer."""

    def is_right(self, truth: Truth) -> bool:
        """Whether it names the cause. A node of the tree may cover several causes of one side."""
        if self.node:
            return self.node in truth.nodes
        return any((answer.side, answer.cause) == (self.side, self.cause) for answer in truth.answers)


class _Answer(NamedTuple):
    """The last answer of the responder, and since when it was right."""

    side: Side | None
    cause: Cause | None
    side_right: bool | None
    """None without an answer."""
    cause_right: bool | None
    side_at: datetime | None
    """Since when every answer named the right side; None if the last one does not."""
    cause_at: datetime | None


def _answer(claims: Sequence[_Claim], truth: Truth, trouble: datetime) -> _Answer:
    sides = {alternative.side for alternative in truth.answers}
    side_at = _settled_at([(claim.at, claim.side in sides) for claim in claims], trouble)
    cause_at = _settled_at([(claim.at, claim.is_right(truth)) for claim in claims], trouble)
    last = claims[-1] if claims else _Claim(trouble, None, None)
    side_right = None if last.side is None else last.side in sides
    cause_right = None if last.cause is None else last.is_right(truth)
    return _Answer(last.side, last.cause, side_right, cause_right, side_at, cause_at)


def _claims(drill: DrillRecord, runbook: Runbook) -> list[_Claim]:
    """The answers that were given, preceded by the ones that were reached in the decision tree."""
    given = [
        _Claim(entry.at, entry.side, entry.cause) for entry in drill.entries if entry.act is DrillAct.ANSWERED
    ]
    turns = [turn for turn in drill.turns if not given or turn.at < given[0].at]
    reached = [claim for turn in turns if (claim := _reached(turn.at, turn.to, runbook)) is not None]
    return [*reached, *given]


def _reached(at: datetime, node: str, runbook: Runbook) -> _Claim | None:
    found = runbook.nodes.get(node)
    if found is None or not found.is_answer or found.side is None:
        return None
    cause = next(iter(found.causes)) if len(found.causes) == 1 else None
    return _Claim(at, found.side, cause, node)


def _settled_at(claims: Iterable[tuple[datetime, bool]], earliest: datetime) -> datetime | None:
    """Since when every claim is right; None if the last one is not.

    A claim from before the trouble counts from the beginning of the trouble.
    """
    since: datetime | None = None
    for at, right in claims:
        since = (since or at) if right else None
    return None if since is None else max(since, earliest)
