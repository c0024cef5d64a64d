"""A store with an eventful record: a quiet day, an overload, a page that follows, people who act."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from claude_tui.alerting.ledger import Ledger, encode, noted
from claude_tui.analysis.options import Options, Thresholds
from claude_tui.engine.conditions import Conditions, encode_conditions
from claude_tui.model.alert import AlertEntry, EntryKind, NotificationKind
from claude_tui.model.conditions import AlertingState, ConditionsChange
from claude_tui.model.incident import IncidentAct, IncidentEntry
from claude_tui.model.observation import Observation, Outcome, Timings
from claude_tui.model.playbook import SeverityMark, StepMark, StepState
from claude_tui.model.request import ActionRequest, RequestedAction
from claude_tui.model.traffic import Call, Tokens, TrafficSource
from claude_tui.model.verdict import Cause, Severity, Side, VerdictChange
from claude_tui.store import Store
from claude_tui.store.backlog import Record
from claude_tui.traffic.aggregation import CallAggregator
from tests.builders import (
    NOON,
    after,
    bucket,
    catalogue,
    engine,
    healthy,
    incident,
    messages,
    models,
    page,
    status,
)

INCIDENT = "0123456789abcdef0123456789abcdef"
OVERLOAD_S, OVER_S, END_S = 3600.0, 5400.0, 7200.0
"""The overload lasts from the first to the second instant, in seconds after NOON; the record ends at the
third."""
SLOW_S = 20.0
"""The duration of the failing exchanges, during which they are in flight."""


def overload(start: float = OVERLOAD_S, end: float = OVER_S) -> list[Observation]:
    """Half of the messages are refused after a long time, the other half answered."""
    results = []
    for index in range(int((end - start) / 30)):
        at = start + index * 30
        outcome = Outcome.OVERLOADED if index % 2 == 0 else Outcome.OK
        results.append(messages(at, outcome, total=SLOW_S if outcome.failed else 0.7, message="Overloaded"))
        results += [models(at + 1), models(at + 16)]
    return results


def observations() -> list[Observation]:
    limits = [bucket("requests", 700, 1000, 30.0, at=OVERLOAD_S - 30)]
    pages = [replace(page(at), timings=Timings(total=0.4)) for at in _every(60, -600, END_S)]
    return [
        *healthy(-90_000, -600, messages_s=300, models_s=300),
        *healthy(-600, OVERLOAD_S - 60),
        replace(messages(OVERLOAD_S - 30, limits=limits), cost_usd=0.02),
        *overload(),
        *healthy(OVER_S, END_S),
        *pages,
    ]


def _every(step: float, start: float, end: float) -> Iterable[float]:
    return [start + step * index + 7 for index in range(int((end - start) / step))]


def conditions(**thresholds: float) -> Conditions:
    return Conditions.of(engine(), Options(thresholds=Thresholds(**thresholds)))  # type: ignore[arg-type]


def acts() -> list[Record]:
    """What is in the record besides observations."""
    paged = AlertEntry(
        "alert:1",
        after(3700),
        EntryKind.PAGE,
        Severity.P2,
        "provider",
        "paged oncall",
        NotificationKind.OPENED,
    )
    ledger = noted(Ledger(at=after(3700)), [paged])
    reported = incident(updates=("We are investigating.",))
    return [
        ConditionsChange(after(-90_000), encode_conditions(conditions())),
        ConditionsChange(after(3850), encode_conditions(conditions(errors=0.9, ratio_failures=10_000))),
        status(-80_000),
        status(4207.45, "degraded_performance", indicator="minor", incidents=[reported]),
        status(6007.45),
        catalogue(-80_000, "claude-haiku-5-5"),
        catalogue(5000, "claude-haiku-5-5", "claude-opus-6"),
        AlertingState(after(-80_000), encode(Ledger(at=after(-80_000))).decode()),
        AlertingState(after(3700), encode(ledger).decode()),
        paged,
        VerdictChange(after(-80_000), Cause.HEALTHY, Side.NONE, Severity.NONE, "All is well."),
        VerdictChange(after(3660), Cause.PROVIDER_OVERLOADED, Side.THEM, Severity.P2, "It's them."),
        VerdictChange(after(5700), Cause.HEALTHY, Side.NONE, Severity.NONE, "All is well."),
        StepMark(after(3800), "provider", "check_page", StepState.DONE, "ana", "nothing posted"),
        ActionRequest(after(3820), "7" * 32, RequestedAction.TAKE, "ben", "ops-2", "P2", "looking"),
        SeverityMark(after(3900), Severity.P1, Severity.P2, "ana", "checkout is down"),
        IncidentEntry(after(3750), "a" * 32, INCIDENT, IncidentAct.DECLARED, after(3600), "ana", text="529s"),
        IncidentEntry(
            after(4000), "b" * 32, INCIDENT, IncidentAct.NOTE, after(3950), "ben", text="on Sonnet"
        ),
        IncidentEntry(after(6000), "c" * 32, INCIDENT, IncidentAct.RESOLVED, after(5400), "ana"),
    ]


def everything() -> list[Record]:
    found: list[Record] = [
        *sorted(observations(), key=lambda observation: observation.at),
        *acts(),
        *traffic(),
    ]
    return found


def traffic() -> Iterator[Record]:
    """Own traffic that fails with the probes, and that of the same hours of the day before."""
    aggregator = CallAggregator()
    for start in (-86_400.0, 0.0):
        for second in range(0, int(END_S), 5):
            at = start + second
            fails = not start and OVERLOAD_S <= second < OVER_S and second % 15 == 0
            made = Call(
                after(at),
                TrafficSource.PROXY,
                "messages",
                "batch" if second % 20 == 0 else "checkout",
                Outcome.OVERLOADED if fails else Outcome.OK,
                model="claude-haiku-5-5",
                request_id=f"req_{second}",
                first_token_s=None if fails else 0.4 + second % 7 / 10,
                total_s=1.5,
                tokens=None if fails else Tokens(900, 120, 300),
                cost_usd=None if fails else 0.01,
                retries=0,
            )
            aggregator.add(made, NOON.timestamp() + at + 2)
            if second % 10 == 5:
                rolled, kept = aggregator.take(NOON.timestamp() + at + 7)
                yield from kept
                if rolled is not None:
                    yield replace(rolled, at=after(at + 7))


def recorded_in(
    directory: Path, records: Iterable[Record] | None = None, now: datetime | None = None
) -> Store:
    """A store that holds `records`, by default everything, all of it written."""
    store = Store.open(directory, now=now or after(END_S))
    for record in everything() if records is None else records:
        store.write(record)
        # What waits in memory is bounded.
    if not store.flush(60.0):
        raise AssertionError(f"not written: {store.problem}")
    return store


def instants(count: int, start: float = OVERLOAD_S - 600, end: float = END_S) -> list[datetime]:
    """This many instants, at none of which a probe begins."""
    step = (end - start) / count
    return [after(start + step * index) + timedelta(microseconds=137) for index in range(count)]
