"""Values for the store's tests: examples, hypothesis strategies, and a Store that says what was wrong."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from hypothesis import strategies as st

from claude_tui.model.addresses import AddressFault, AddressKind, Bypassed
from claude_tui.model.alert import AlertEntry, EntryKind
from claude_tui.model.conditions import AlertingState, ConditionsChange
from claude_tui.model.drill import DrillAct, DrillEntry
from claude_tui.model.expense import Expense
from claude_tui.model.incident import IncidentAct, IncidentEntry
from claude_tui.model.observation import (
    Observation,
    Outcome,
    RateLimitReading,
    Source,
    Timings,
    Usage,
    WindowReading,
)
from claude_tui.model.playbook import SeverityMark, StepMark, StepState, WalkTurn
from claude_tui.model.postmortem import FieldRevision
from claude_tui.model.provider import (
    Catalogue,
    Component,
    IncidentUpdate,
    Maintenance,
    ModelInfo,
    ProviderIncident,
    ProviderStatus,
)
from claude_tui.model.request import ActionRequest, RequestedAction
from claude_tui.model.text import inert
from claude_tui.model.traffic import Call, KeptBecause, KeptCall, TrafficSource
from claude_tui.model.verdict import Cause, Severity, Side, VerdictChange
from claude_tui.store import (
    ACTION_REQUESTS,
    ALERT_ENTRIES,
    ALERTING_STATES,
    CONDITIONS_CHANGES,
    DRILL_ENTRIES,
    EXPENSES,
    FIELD_REVISIONS,
    INCIDENT_ENTRIES,
    KEPT_CALLS,
    WALK_TURNS,
    Entry,
    EntryTable,
    Store,
)
from claude_tui.store.files import NAME, connect, make_directory, make_file
from claude_tui.store.schema import APPLICATION_ID, MIGRATIONS
from claude_tui.store.writing import WriteSession

NOW = datetime(2026, 11, 20, 14, 5, 33, tzinfo=UTC)
PATIENCE_S = 60.0
"""How long the writer may take on a busy machine before a test considers it hung."""


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def seen(seconds: float, **changes: Any) -> Observation:
    """An observation `seconds` after NOW, identified by its request id."""
    values = {
        "at": at(seconds),
        "source": Source.MESSAGES,
        "target": "https://api.example.com",
        "outcome": Outcome.OK,
        "http_status": 200,
        "request_id": f"req_{seconds}",
        "timings": Timings(total=0.25),
    }
    return Observation(**(values | changes))


def page(seconds: float, indicator: str = "none") -> ProviderStatus:
    return ProviderStatus(at(seconds), "https://status.example.com/api/v2/summary.json", indicator, "a page")


def listed(seconds: float, *ids: str) -> Catalogue:
    return Catalogue(at(seconds), tuple(ModelInfo(name, name.title(), None, "active", None) for name in ids))


def marked(seconds: float, **changes: Any) -> StepMark:
    values = {"playbook": "outage", "step": "retries", "state": StepState.DONE, "by": "eve", "note": "x4"}
    return StepMark(at=at(seconds), **(values | changes))


def rated(seconds: float, **changes: Any) -> SeverityMark:
    values = {"severity": Severity.P1, "instead_of": Severity.P2, "by": "eve", "why": "checkout is down"}
    return SeverityMark(at=at(seconds), **(values | changes))


def turned(seconds: float, **changes: Any) -> VerdictChange:
    values = {"cause": Cause.PROVIDER_OVERLOADED, "side": Side.THEM, "severity": Severity.P2, "text": "529"}
    return VerdictChange(at=at(seconds), **(values | changes))


def act(second: float, what: IncidentAct = IncidentAct.NOTE, text: str = "switched") -> IncidentEntry:
    return IncidentEntry(
        at(second), f"id-{second}", "incident", what, at(second - 60), "ana", "ops-1", text, "subject"
    )


def one_of_each(second: float, text: str) -> dict[EntryTable[Entry], Entry]:
    found: dict[object, Entry] = {
        INCIDENT_ENTRIES: act(second, text=text),
        FIELD_REVISIONS: FieldRevision(
            at(second), "r", "incident", "impact", text, "ben", "ops-2", "base", text
        ),
        ACTION_REQUESTS: ActionRequest(
            at(second), "q", RequestedAction.SNOOZE, "eve", "ops-3", "group", text, at(second + 600)
        ),
        ALERT_ENTRIES: AlertEntry("alert:1", at(second), EntryKind.PAGE, Severity.P1, "outage", text),
        ALERTING_STATES: AlertingState(at(second), json.dumps({"text": text})),
        CONDITIONS_CHANGES: ConditionsChange(at(second), json.dumps({"text": text})),
        KEPT_CALLS: KeptCall(
            at(second),
            KeptBecause.FAILED,
            Call(
                at(second - 1),
                TrafficSource.PROXY,
                "messages",
                "checkout",
                Outcome.OVERLOADED,
                message=text,
                request_id="req_1",
                total_s=0.5,
            ),
        ),
        WALK_TURNS: WalkTurn(at(second), "start", text, True, "eve", "ops-3"),
        DRILL_ENTRIES: DrillEntry(
            at(second), DrillAct.ANSWERED, "eve", "ops-3", Side.US, Cause.SPEND_LIMIT, text, 4.0
        ),
        EXPENSES: Expense(at(second), 0.02, text, "claude-sonnet-5", "ops-3"),
    }
    return found  # type: ignore[return-value]


@contextmanager
def opened(directory: Path, reports: list[str | None] | None = None, **options: Any) -> Iterator[Store]:
    """A Store in `directory`; its problems go to `reports`, or fail the test without `reports`."""
    texts: list[str | None] = [] if reports is None else reports
    store = Store.open(directory, now=NOW, on_problem=texts.append, **options)
    try:
        yield store
    finally:
        store.close(PATIENCE_S)
    assert reports is not None or texts == []


@contextmanager
def first_version(directory: Path) -> Iterator[WriteSession]:
    """A process of version 1 that adds to the store in `directory`, which it creates if necessary."""
    make_directory(directory)
    make_file(database(directory))
    connection = connect(database(directory))
    if not connection.execute("PRAGMA page_count").fetchone()[0]:
        connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(MIGRATIONS[0])
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute("PRAGMA user_version = 1")
    session = WriteSession(connection, None)
    try:
        yield session
    finally:
        session.close()


def fill(directory: Path, count: int) -> None:
    """A store with an observation in each of the first `count` seconds from NOW on."""
    with opened(directory) as store:
        for number in range(count):
            store.write(seen(number))
        assert store.flush(PATIENCE_S)


def database(directory: Path) -> Path:
    return directory / NAME


def query(directory: Path, sql: str, *values: object) -> list[Any]:
    connection = sqlite3.connect(database(directory))
    try:
        with connection:
            return connection.execute(sql, values).fetchall()
    finally:
        connection.close()


instants = st.datetimes(timezones=st.just(UTC))
recent = st.integers(0, 10**14).map(lambda micros: NOW + timedelta(microseconds=micros))
maybe_instants = st.none() | instants
# As it passed the redactor where it entered: the store makes anything else inert (see test_store_hostile).
texts = st.text(max_size=40).map(inert)
maybe_texts = st.none() | texts
floats = st.floats(-1e9, 1e9)
seconds = st.none() | floats | st.integers(0, 10**8).map(lambda micros: micros / 1e6)
counts = st.integers(0, 2**70)

timings = st.builds(
    Timings, dns=seconds, connect=seconds, tls=seconds, first_byte=seconds, first_token=seconds, total=seconds
)
readings = st.builds(
    RateLimitReading,
    bucket=st.sampled_from(["requests", "input-tokens"]) | texts,
    limit=st.none() | counts,
    remaining=st.none() | st.integers(),
    reset_at=maybe_instants,
)
windows = st.builds(
    WindowReading, window=texts, utilization=floats, reset_at=maybe_instants, status=maybe_texts
)
observations = st.builds(
    Observation,
    at=instants | recent,
    source=st.sampled_from(Source),
    target=texts,
    outcome=st.sampled_from(Outcome),
    http_status=st.none() | st.integers(100, 599),
    error_type=maybe_texts,
    error_code=maybe_texts,
    message=maybe_texts | st.text(min_size=200, max_size=2000).map(inert),
    request_id=maybe_texts,
    timings=timings,
    model=maybe_texts,
    stop_reason=maybe_texts,
    usage=st.none() | st.builds(Usage, counts, counts, counts, counts),
    rate_limits=st.lists(readings, max_size=4).map(tuple),
    windows=st.lists(windows, max_size=2).map(tuple),
    retry_after_s=st.none() | floats,
    server_s=seconds,
    skew_s=seconds,
    tls_expires_at=maybe_instants,
    bypassed=st.none()
    | st.builds(Bypassed, st.sampled_from(AddressKind), st.sampled_from(AddressFault))
    | st.builds(
        Bypassed,
        st.sampled_from(AddressKind),
        st.sampled_from(AddressFault),
        st.sampled_from(["203.0.113.1", "2001:db8::1"]),
        st.integers(2, 8),
    ),
    fresh_retry=st.booleans(),
    cost_usd=floats,
    headers=st.lists(st.tuples(texts, texts), max_size=3).map(tuple),
)

ids = st.lists(texts, max_size=3).map(tuple)
updates = st.builds(IncidentUpdate, at=maybe_instants, status=texts, body=texts)
incidents = st.builds(
    ProviderIncident,
    id=texts,
    name=texts,
    status=texts,
    impact=texts,
    started_at=maybe_instants,
    components=ids,
    updates=st.lists(updates, max_size=3).map(tuple),
)
maintenances = st.builds(
    Maintenance,
    id=texts,
    name=texts,
    status=texts,
    starts_at=maybe_instants,
    ends_at=maybe_instants,
    components=ids,
)
statuses = st.builds(
    ProviderStatus,
    fetched_at=instants,
    source=texts,
    indicator=maybe_texts,
    description=maybe_texts,
    components=st.lists(st.builds(Component, texts, texts, texts), max_size=3).map(tuple),
    incidents=st.lists(incidents, max_size=2).map(tuple),
    maintenances=st.lists(maintenances, max_size=2).map(tuple),
    unknown_reason=maybe_texts,
    host=texts,
)
models = st.builds(
    ModelInfo,
    id=texts,
    display_name=texts,
    created_at=maybe_instants,
    lifecycle=maybe_texts,
    retires_at=maybe_instants,
)
catalogues = st.builds(Catalogue, fetched_at=instants, models=st.lists(models, max_size=4).map(tuple))

# Names come from the system and notes from people: anything that a Python string can be.
any_texts = st.text(st.characters() | st.characters(categories=["Cs"]) | st.just("\0"), max_size=40)
entry_texts = any_texts.map(inert)
severities = st.sampled_from(Severity)
step_marks = st.builds(
    StepMark,
    at=instants | recent,
    playbook=entry_texts,
    step=entry_texts,
    state=st.sampled_from(StepState),
    by=entry_texts,
    note=entry_texts,
)
severity_marks = st.builds(
    SeverityMark,
    at=instants | recent,
    severity=severities,
    instead_of=severities,
    by=entry_texts,
    why=entry_texts,
)
verdict_changes = st.builds(
    VerdictChange,
    at=instants | recent,
    cause=st.sampled_from(Cause),
    side=st.sampled_from(Side),
    severity=severities,
    text=entry_texts,
)
# Long ones grow from a seed: drawn byte by byte they would exhaust what Hypothesis may draw.
long_bodies = st.builds(
    lambda seed, size: Random(seed).randbytes(size), st.integers(0, 99), st.integers(5000, 9000)
)
bodies = st.binary(max_size=40) | long_bodies
