"""Incidents for tests: acts with ids of their own, and the record of an overload of ten minutes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from itertools import count

from claude_tui.incident import Incident, Record, Span, incidents
from claude_tui.model.alert import AlertEntry, EntryKind, NotificationKind
from claude_tui.model.incident import IncidentAct, IncidentEntry
from claude_tui.model.observation import Observation, Outcome
from claude_tui.model.playbook import SeverityMark, StepMark, StepState
from claude_tui.model.provider import IncidentUpdate
from claude_tui.model.request import ActionRequest, RequestedAction
from claude_tui.model.verdict import Cause, Severity, Side, VerdictChange
from tests.builders import after, healthy, incident, messages, models, status

FIRST, SECOND = "a" * 32, "b" * 32
_NUMBERS = count(1)

BEGAN, DETECTED, CALMED, GOOD, WELL = 120.0, 140.0, 300.0, 730.0, 760.0
"""Seconds after NOON: the first failure, the verdict, P2 after P1, the first success, healthy again."""


def did(
    second: float,
    act: IncidentAct,
    text: str = "",
    *,
    happened: float | datetime | None = None,
    subject: str = "",
    by: str = "ana",
    incident: str = FIRST,
    ident: str = "",
) -> IncidentEntry:
    """Somebody did something `second` seconds after NOON."""
    moment = second if happened is None else happened
    return IncidentEntry(
        after(second),
        ident or f"{next(_NUMBERS):032x}",
        incident,
        act,
        moment if isinstance(moment, datetime) else after(moment),
        by,
        "ops-1",
        text,
        subject,
    )


def declared(second: float = 200, title: str = "Elevated 529s", **changes: object) -> IncidentEntry:
    values = {"happened": BEGAN} | changes
    return did(second, IncidentAct.DECLARED, title, **values)  # type: ignore[arg-type]


def only(*entries: IncidentEntry) -> Incident:
    """The only incident that the entries make."""
    (found,) = incidents(entries)
    return found


def turned(second: float, cause: Cause, severity: Severity, text: str = "") -> VerdictChange:
    side = Side.THEM if severity.trouble else Side.NONE
    return VerdictChange(after(second), cause, side, severity, text or cause.value)


VERDICTS = (
    turned(-300, Cause.HEALTHY, Severity.NONE),
    turned(DETECTED, Cause.PROVIDER_OVERLOADED, Severity.P1, "It's them. The API is overloaded (529)."),
    turned(CALMED, Cause.PROVIDER_OVERLOADED, Severity.P2, "It's them. The API is overloaded (529)."),
    turned(WELL, Cause.HEALTHY, Severity.NONE, "All is well."),
)


def overload() -> tuple[Observation, ...]:
    """Sixty 529s of the messages, ten seconds apart, between healthy times; the model list answers."""
    failures = [messages(BEGAN + 10 * number, Outcome.OVERLOADED) for number in range(60)]
    between = [models(BEGAN + 5 + 15 * number) for number in range(40)]
    everything = [*healthy(-300, BEGAN), *failures, *between, *healthy(GOOD, 1200)]
    return tuple(sorted(everything, key=lambda event: event.at))


def record(*entries: IncidentEntry, until: float = 1000, **changes: object) -> Record:
    """What was recorded of that overload."""
    values: dict[str, object] = {
        "observations": tuple(observation for observation in overload() if observation.at <= after(until)),
        "statuses": (
            status(-200),
            status(400, "partial_outage", incidents=[POST]),
        ),
        "verdict_changes": tuple(verdict for verdict in VERDICTS if verdict.at <= after(until)),
        "entries": entries,
    }
    return Record(Span(after(-300), after(until)), **(values | changes))  # type: ignore[arg-type]


POST = replace(
    incident(),
    started_at=after(380),
    updates=(IncidentUpdate(after(380), "investigating", "We are seeing elevated error rates."),),
)
PAGED = AlertEntry(
    "alert:1",
    after(150),
    EntryKind.PAGE,
    Severity.P1,
    "provider",
    "P1 The API is overloaded",
    NotificationKind.OPENED,
    routes=("oncall",),
)
ACKNOWLEDGED = AlertEntry(
    "alert:2",
    after(168),
    EntryKind.ACKNOWLEDGED,
    Severity.P1,
    "provider",
    "acknowledged by ben: looking · overloaded",
    by="ben",
)
STEP = StepMark(after(240), "provider", "retries", StepState.DONE, "ana", "off for batch", "ops-1")
RATED = SeverityMark(after(290), Severity.P2, Severity.P1, "ana", "checkout has a fallback", "ops-1")
ASKED = ActionRequest(after(250), "c" * 32, RequestedAction.PROBE, "ben", "ops-2")
