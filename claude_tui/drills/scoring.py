"""From the record of a drill and the truth about its scenario to a score: a pure function."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

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
    """How it went; None for a record that is not that of a drill.

    `trouble_s` is when the trouble begins, in seconds of scenario time.
    """
    started = next((entry for entry in drill.entries if entry.act is DrillAct.STARTED), None)
    if started is None:
        return None
    began = started.at + timedelta(seconds=(trouble_s - started.before_s) / started.speed)
    # Whoever is called later could not notice before.
    trouble = max(began, started.at)
    end = max(drill.record.span.end, started.at)
    done = _done(drill.record.step_marks)
    claims = _claims(drill, runbook)
    answer = claims[-1] if claims else _Claim(started.at, None, None)
    pages = [entry for entry in drill.record.alert_entries if _is_page(entry)]

    def since(instant: datetime | None) -> float | None:
        return None if instant is None or instant < trouble else (instant - trouble).total_seconds()

    sides = {alternative.side for alternative in truth.answers}
    hit = tuple(step for step in truth.steps if step in done)
    found = Score(
        at=started.at,
        scenario=started.scenario,
        by=_responder(drill, started),
        speed=started.speed,
        ending=_ending(drill),
        length_s=(end - started.at).total_seconds(),
        noticed_s=since(min((at for at in _acts(drill) if at >= trouble), default=None)),
        side_s=since(_settled_at([(claim.at, claim.side in sides) for claim in claims], trouble)),
        cause_s=since(_settled_at([(claim.at, claim.is_right(truth)) for claim in claims], trouble)),
        acknowledged_s=since(_acknowledged(drill, trouble)),
        first_step_s=since(min((done[step] for step in hit if done[step] >= trouble), default=None)),
        side=answer.side,
        cause=answer.cause,
        side_right=None if answer.side is None else answer.side in sides,
        cause_right=None if answer.cause is None else answer.is_right(truth),
        turns=sum(not turn.back for turn in drill.turns),
        wrong_turns=wrong_turns(drill.turns, truth.nodes, runbook),
        hit=hit,
        missed=tuple(step for step in truth.steps if step not in done),
        harmful=tuple(step for step in truth.harmful if step in done),
        began_well=min(done, key=lambda step: done[step]) in truth.good_beginnings if done else None,
        pages=len(pages),
        false_pages=0 if truth.paged else len(pages),
        missed_pages=int(truth.paged and not pages),
        postmortem=postmortem,
    )
    return replace(found, points=points(found, truth))


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
    """Whether it is the first word about a problem, grave enough that somebody has to get up."""
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
            # A playbook that is begun again leaves what was done as it was.
            continue
        step = f"{mark.playbook}.{mark.step}"
        newest[step] = mark.state
        if mark.state is StepState.DONE:
            first.setdefault(step, mark.at)
    return {step: first[step] for step, state in newest.items() if state is StepState.DONE}


# -- what they took it for ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Claim:
    """From `at` on they took it for this."""

    at: datetime
    side: Side | None
    cause: Cause | None
    node: str = ""
    """The answer of the tree that it was taken from; empty for an answer of their own."""

    def is_right(self, truth: Truth) -> bool:
        """Whether it names the cause: an answer of the tree covers several, and says which side."""
        if self.node:
            return self.node in truth.nodes
        return any((answer.side, answer.cause) == (self.side, self.cause) for answer in truth.answers)


def _claims(drill: DrillRecord, runbook: Runbook) -> list[_Claim]:
    """The answers that they gave, and before the first of them those that they reached in the tree."""
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
    """Since when every claim is right; None where the last one is not.

    Who knew before there was anything to know knew it at once.
    """
    since: datetime | None = None
    for at, right in claims:
        since = (since or at) if right else None
    return None if since is None else max(since, earliest)
