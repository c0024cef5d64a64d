"""Any value in any column of a store: the program starts, draws its first frame and says what it skipped."""

from __future__ import annotations

import asyncio
import json
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claude_tui.analysis.uptime.report import build_report
from claude_tui.engine import Endpoint, Engine, Monitored, Pace, target_of
from claude_tui.model.arrangement import Panel
from claude_tui.model.observation import Outcome, RateLimitReading, Source, Timings, Usage, WindowReading
from claude_tui.model.provider import (
    Component,
    IncidentUpdate,
    Maintenance,
    ProviderIncident,
    ProviderStatus,
)
from claude_tui.model.snapshot import Focus, Snapshot
from claude_tui.model.traffic import Call, RolledUp, Tokens, TrafficSource
from claude_tui.probes.credentials import Credentials
from claude_tui.settings import Settings
from claude_tui.store import Store
from claude_tui.store.files import NAME
from claude_tui.traffic.aggregation import CallAggregator
from claude_tui.tui.panels.alerts_zoom import alerts_zoom
from claude_tui.tui.panels.errors import error_lines
from claude_tui.tui.panels.errors_zoom import errors_zoom
from claude_tui.tui.panels.event_lines import event_lines
from claude_tui.tui.panels.event_rows import event_rows
from claude_tui.tui.panels.event_text import event_lines as event_details
from claude_tui.tui.panels.header import header_line
from claude_tui.tui.panels.headroom import headroom_lines
from claude_tui.tui.panels.headroom_zoom import Thresholds, headroom_zoom
from claude_tui.tui.panels.latency import latency_lines
from claude_tui.tui.panels.latency_zoom import figures_zoom
from claude_tui.tui.panels.status import status_lines
from claude_tui.tui.panels.status_zoom import status_zoom
from claude_tui.tui.panels.strip import strip_lines, strip_rows
from claude_tui.tui.panels.summary_text import summary_text
from claude_tui.tui.panels.traffic import traffic_lines
from claude_tui.tui.panels.traffic_zoom import traffic_zoom
from claude_tui.tui.panels.verdict_zoom import verdict_zoom
from claude_tui.tui.render.lines import Line, plain
from claude_tui.tui.screens.layout import arrange
from claude_tui.tui.view import View
from tests.hostile_values import JSON_VALUES, SQL_VALUES, as_json, nodes, replaced
from tests.store_values import (
    NOW,
    at,
    database,
    listed,
    marked,
    one_of_each,
    opened,
    query,
    rated,
    seen,
    turned,
)

SIZES = ((120, 40), (80, 24))
THRESHOLDS = Thresholds(0.5, 0.2)


class Stopped:
    """A clock that stands at NOW."""

    def now(self) -> Any:
        return NOW

    def monotonic(self) -> float:
        return 0.0

    async def sleep(self, seconds: float) -> None:
        del seconds


# -- a store with something in every column ------------------------------------------


def filled(directory: Path) -> Path:
    """A store during an outage, with every row in the span of the first frame."""
    limits = (
        RateLimitReading("requests", 1000, 40, at(30)),
        RateLimitReading("input-tokens", 80_000, 14_200, at(30)),
    )
    windows = (WindowReading("5h", 0.4, at(600), "allowed"),)
    with opened(directory) as store:
        for second in range(-1800, 0, 30):
            failed = second > -300
            store.write(
                seen(
                    second,
                    outcome=Outcome.OVERLOADED if failed else Outcome.OK,
                    http_status=529 if failed else 200,
                    error_type="overloaded_error" if failed else None,
                    error_code="x" if failed else None,
                    message="Overloaded" if failed else None,
                    timings=Timings(0.002, 0.01, 0.03, 0.1, None if failed else 0.4, 0.6),
                    model="claude-haiku-4-5",
                    stop_reason=None if failed else "max_tokens",
                    usage=None if failed else Usage(12, 8),
                    rate_limits=() if failed else limits,
                    windows=() if failed else windows,
                    retry_after_s=30.0 if failed else None,
                    headers=(("server", "cloudflare"),) if failed else (),
                    cost_usd=0.0001,
                )
            )
            store.write(
                seen(
                    second + 5,
                    source=Source.MODELS,
                    timings=Timings(0.002, 0.01, 0.03, 0.1, None, 0.2),
                    server_s=0.1,
                    skew_s=0.2,
                    tls_expires_at=at(86_400 * 90),
                )
            )
        store.write(seen(-40, source=Source.STATUS, target="https://status.example.com"))
        store.write(report(-1000))
        store.write(report(-40, "major"))
        store.write(listed(-1000, "claude-haiku-4-5", "claude-opus-4-5"))
        store.write(listed(-900, "claude-haiku-4-5"))
        for mark in (
            marked(-120),
            rated(-100),
            turned(-250),
            *one_of_each(-200, "checkout is down").values(),
        ):
            store.write(mark)
        for batch in own_traffic():
            store.write(batch)
        store.traffic.fold()
        store.keep("alerts https://api.example.com", b'{"number":3}')
        store.roll_up(at(3 * 3600))
        while not query(directory, "SELECT count(*) FROM hourly")[0][0]:
            assert store.flush()
    # As text, so that a test can change one value in it.
    for key, extra in (("requests", EXTRA), ("Overloaded", FAILED_EXTRA)):
        kind = 0 if key == "requests" else 1
        query(
            directory,
            "UPDATE observations SET extra = ? WHERE (at, n) IN (SELECT o.at, o.n FROM observations o "
            "JOIN kinds ON kinds.id = o.kind WHERE source = 'messages' AND (outcome <> 'ok') = ? "
            "ORDER BY o.at DESC LIMIT 3)",
            json.dumps(extra),
            kind,
        )
    return database(directory)


def own_traffic() -> Iterator[RolledUp]:
    """That of the first frame, and that of the same hour of the day before."""
    aggregator = CallAggregator()
    for start in (-86_400, 0):
        for second in range(-900, 0, 10):
            for outcome in (Outcome.OK, Outcome.OVERLOADED):
                made = Call(
                    at(start + second),
                    TrafficSource.PROXY,
                    "messages",
                    "checkout",
                    outcome,
                    model="claude-haiku-4-5",
                    error_type="overloaded_error" if outcome.failed else None,
                    request_id="req_1",
                    first_token_s=0.4,
                    total_s=1.0,
                    tokens=Tokens(1, 2, 3, 4, 5),
                    cost_usd=0.1,
                    retries=1,
                )
                aggregator.add(made, at(start + second + 5).timestamp())
            rolled, _ = aggregator.take(at(start + second + 5).timestamp())
            assert rolled is not None
            yield replace(rolled, at=at(start + second + 5))


_RESET = 1795183563000000
EXTRA = {
    "usage": [12, 8, 0, 0],
    "limits": [["requests", 1000, 999, _RESET], ["input-tokens", 80_000, 14_200, _RESET]],
    "windows": [["5h", 0.4, _RESET, "allowed"]],
    "headers": [["server", "cloudflare"]],
}
FAILED_EXTRA = {
    "varying": ["claude-haiku-4-5", "overloaded_error", "x", None, _RESET],
    "message": "Overloaded",
    "retry_after_s": 30.0,
    "fresh_retry": True,
    "headers": [["retry-after", "30"]],
}


def report(second: float, indicator: str = "none") -> ProviderStatus:
    incident = ProviderIncident(
        *("i1", "Elevated errors", "identified", "major", at(second), ("c1",)),
        updates=(IncidentUpdate(at(second), "identified", "We are\nlooking into it."),),
    )
    return ProviderStatus(
        at(second),
        "https://status.example.com/api/v2/summary.json",
        indicator,
        "a page",
        components=(
            Component("c1", "Claude API", "partial_outage"),
            Component("c2", "claude.ai", "operational"),
        ),
        incidents=() if indicator == "none" else (incident,),
        maintenances=(Maintenance("m1", "Upgrade", "scheduled", at(900), at(1800), ("c1",)),),
        host="status.example.com",
    )


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return filled(tmp_path_factory.mktemp("template"))


# -- what is put into it ---------------------------------------------------------------


def columns(path: Path) -> list[tuple[str, str]]:
    """Every column of every table, as the schema has them: a new one is covered without being named here."""
    with closing(sqlite3.connect(path)) as connection:
        tables = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        )
        return [
            (table, column)
            for (table,) in tables.fetchall()
            for _, column, *_ in connection.execute(f"PRAGMA table_info({table})").fetchall()
        ]


def put(path: Path, table: str, column: str, value: object, *, every: bool) -> None:
    """Replaces the value in every row or in the newest; what the schema itself refuses changes nothing."""
    newest = f" WHERE {column} IS (SELECT {column} FROM {table} ORDER BY 1 DESC LIMIT 1)"
    with closing(sqlite3.connect(path)) as connection:
        try:
            connection.execute(f"UPDATE {table} SET {column} = ?{'' if every else newest}", (value,))
        except (sqlite3.IntegrityError, sqlite3.DataError, UnicodeEncodeError):
            connection.rollback()
        connection.commit()


# -- what the program makes of it ------------------------------------------------------


def first_frames(directory: Path) -> tuple[Snapshot, str | None]:
    """The first Snapshot from the store in `directory`, drawn in every way, and what is wrong with it."""
    credentials = Credentials.from_environ({"ANTHROPIC_API_KEY": "sk-ant-api03-none"})
    chosen = Settings(data_dir=directory)
    monitored = Monitored(target_of(chosen, credentials), lambda: Endpoint(credentials, ()), Pace.of(chosen))
    store = Store.open(directory, NAME, now=NOW)
    engine = Engine(chosen, monitored, store, clock=Stopped())
    try:
        engine.first_snapshot()
        asyncio.run(engine.collector.memory.load_older())
        snapshot = engine.snapshot()
        for cells, rows in SIZES:
            assert drawn(snapshot, cells, rows)
        build_report(store.record(NOW), timedelta(days=7), ("Claude API",))
        for panel in (Panel.LATENCY, Panel.HEADROOM, Panel.ERRORS, Panel.TRAFFIC):
            engine.set_focus(Focus(panel, timedelta(hours=1)))
            assert zoomed(engine.snapshot(), *SIZES[0])
        return snapshot, store.problem
    finally:
        engine.stop()


def drawn(snapshot: Snapshot, cells: int, rows: int) -> list[Line]:
    """All that the dashboard draws at this size."""
    slots = arrange(cells, rows, lambda *of: strip_rows(snapshot, *of)).slots
    of = {name: (slot.cells - 4, slot.rows - 2) for name, slot in slots.items()}
    return [
        header_line(snapshot, View(snapshot.at), cells),
        *strip_lines(snapshot, slots["strip"].cells, slots["strip"].rows),
        *status_lines(snapshot, *of["status"]),
        *headroom_lines(snapshot, *of["headroom"]),
        *(row for window in snapshot.errors for row in error_lines(window, *of["errors"])),
        *latency_lines(snapshot, *of["latency"]),
        *(traffic_lines(snapshot.traffic, *of["headroom"]) if snapshot.traffic is not None else ()),
        *event_lines(event_rows(snapshot.events), snapshot.at, *of["events"]),
    ]


def zoomed(snapshot: Snapshot, cells: int, rows: int) -> list[Line]:
    """All that lies behind the dashboard."""
    summary_text(snapshot)
    return [
        *verdict_zoom(snapshot, cells),
        *alerts_zoom(snapshot, cells, "settings.toml"),
        *status_zoom(snapshot, cells),
        *headroom_zoom(snapshot, snapshot.chart, cells, rows, THRESHOLDS),
        *errors_zoom(snapshot, snapshot.chart, 0, cells, rows),
        *figures_zoom(snapshot, cells, rows),
        *traffic_zoom(snapshot, cells, snapshot.chart),
        *(row for event in snapshot.events for row in event_details(event, cells)),
    ]


# -- tests -----------------------------------------------------------------------------


def test_every_table_and_column_has_something_in_it(template: Path) -> None:
    """Otherwise the properties below would be vacuous."""
    empty = [
        (table, column)
        for table, column in columns(template)
        if not query(template.parent, f"SELECT count(*) FROM {table} WHERE {column} IS NOT NULL")[0][0]
    ]
    assert empty == []
    snapshot, problem = first_frames(template.parent)
    assert problem is None
    shown = "\n".join(map(plain, drawn(snapshot, 120, 40)))
    for cell in ("overloaded", "Claude API", "14.2k of 80k", "status.example.com", "checkout"):
        assert cell in shown


@settings(max_examples=50)
@given(data=st.data(), value=SQL_VALUES, every=st.booleans())
def test_any_value_in_any_column(template: Path, data: st.DataObject, value: object, every: bool) -> None:
    table, column = data.draw(st.sampled_from(columns(template)))
    with tempfile.TemporaryDirectory() as scratch:
        shutil.copy(template, database(Path(scratch)))
        put(database(Path(scratch)), table, column, value, every=every)
        first_frames(Path(scratch))


DOCUMENTS = [("status_reports", "body"), ("catalogues", "body"), ("observations", "extra")]


@settings(max_examples=50)
@given(data=st.data(), new=JSON_VALUES, place=st.sampled_from(DOCUMENTS))
def test_any_value_within_any_document(
    template: Path, data: st.DataObject, new: object, place: tuple[str, str]
) -> None:
    table, column = place
    stored = query(
        template.parent, f"SELECT at, {column} FROM {table} WHERE typeof({column}) = 'text' ORDER BY at"
    )
    at_, body = data.draw(st.sampled_from(stored))
    document = json.loads(body)
    way = data.draw(st.sampled_from(list(nodes(document))))
    with tempfile.TemporaryDirectory() as scratch:
        shutil.copy(template, database(Path(scratch)))
        changed = as_json(replaced(document, way, new))
        query(Path(scratch), f"UPDATE {table} SET {column} = ? WHERE at = ?", changed, at_)
        first_frames(Path(scratch))
