"""How the history fares with 90 days of observations: rolling up, pruning, and what the history screen reads.

    python -m tests.bench.history [--rows N]

A batch of maintenance must not hold the collector up for more than 100 ms, a query take at most 50 ms. What
counts is the time on the processor, as long as nothing waits for a disk: other programs may be busy.
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

from claude_tui.analysis.uptime.hours import DEFAULT_REACH, HOUR, hour_of
from claude_tui.analysis.uptime.record import LONGEST
from claude_tui.analysis.uptime.report import SPANS, build_report
from claude_tui.model.format import plural
from claude_tui.model.incident import IncidentAct, IncidentEntry
from claude_tui.model.provider import Component, IncidentUpdate, ProviderIncident, ProviderStatus
from claude_tui.model.verdict import Cause, Severity, Side, VerdictChange
from claude_tui.store.entries import INCIDENT_ENTRIES, VERDICT_CHANGES
from claude_tui.store.files import NAME, connect
from claude_tui.store.instants import to_micros
from claude_tui.store.reading import ReadSession
from claude_tui.store.record import read_record
from claude_tui.store.rollups import LAG, read_hours
from claude_tui.store.writing import WriteSession
from tests.bench.store import NOW, SPAN, fill, open_store

BATCH_MS, QUERY_MS = 100.0, 50.0
OURS = ("Claude API",)
REPORTS, INCIDENTS = 300, 60
PARTS = (
    "claude.ai",
    "Claude Console",
    "Claude API (api.anthropic.com)",
    "Claude Code",
    "Claude for Government",
)


def page(number: int) -> ProviderStatus:
    """A report of the usual size: five components, every other one with an incident of four updates."""
    at = NOW - SPAN + SPAN / REPORTS * number
    words = "We are continuing to investigate elevated errors on requests to Claude models. " * 3
    updates = tuple(IncidentUpdate(at - timedelta(minutes=n), "investigating", words) for n in range(4))
    incident = ProviderIncident(
        f"i{number}", "Elevated errors", "investigating", "minor", at, ("c2",), updates
    )
    return ProviderStatus(
        at,
        "https://status.claude.com/api/v2/summary.json",
        "minor" if number % 2 else "none",
        "Partially Degraded Service" if number % 2 else "All Systems Operational",
        tuple(
            Component(f"c{n}", name, "partial_outage" if number % 2 and n == 2 else "operational")
            for n, name in enumerate(PARTS)
        ),
        (incident,) if number % 2 else (),
    )


def acts(number: int) -> Iterator[IncidentEntry | VerdictChange]:
    start = NOW - SPAN + SPAN / INCIDENTS * number
    for minutes, what in ((0, IncidentAct.DECLARED), (20, IncidentAct.NOTE), (45, IncidentAct.RESOLVED)):
        at = start + timedelta(minutes=minutes)
        yield IncidentEntry(at, f"{number}-{minutes}", f"incident-{number}", what, at, "ana", "ops-1", "529s")
    yield VerdictChange(start, Cause.PROVIDER_OVERLOADED, Side.THEM, Severity.P2, "529")
    yield VerdictChange(start + timedelta(minutes=40), Cause.HEALTHY, Side.NONE, Severity.NONE, "fine")


def add_reports_and_incidents(session: WriteSession) -> None:
    session.add([page(number) for number in range(REPORTS)])
    session.commit()
    session.add([act for number in range(INCIDENTS) for act in acts(number)])
    session.commit()


def best_ms(action: Callable[[], object], times: int = 7) -> float:
    best = float("inf")
    for _ in range(times):
        began = time.process_time()
        action()
        best = min(best, (time.process_time() - began) * 1000)
    return best


def slowest_ms(step: Callable[[], bool]) -> tuple[int, float, float]:
    """How many steps until one returns True, the slowest, and all of them together, in milliseconds."""
    number, slowest, began = 0, 0.0, time.process_time()
    done = False
    while not done:
        start = time.process_time()
        done = step()
        slowest = max(slowest, time.process_time() - start)
        number += 1
    return number, slowest * 1000, (time.process_time() - began) * 1000


def measure(path: Path) -> Iterator[tuple[str, float, float]]:
    """What was measured, in milliseconds, and its budget."""
    session = WriteSession(connect(path), None)
    add_reports_and_incidents(session)
    end_hour = hour_of(to_micros(NOW) - LAG)
    number, slowest, whole = slowest_ms(lambda: session.roll_up(end_hour, DEFAULT_REACH))
    yield f"rolling up {number} hours ({whole / number:.1f} ms each), slowest", slowest, BATCH_MS
    yield from queries(path, "90 days of observations and hours")
    before = to_micros(NOW - timedelta(days=30))
    number, slowest, whole = slowest_ms(lambda: session.prune(before))
    yield f"pruning 60 days in {number} batches ({whole / number:.1f} ms each), slowest", slowest, BATCH_MS
    session.close()
    yield from queries(path, "30 days of observations, 90 of hours")


def queries(path: Path, what: str) -> Iterator[tuple[str, float, float]]:
    record = read_record(path, NOW, DEFAULT_REACH, LONGEST)
    connection = connect(path)
    session = ReadSession(connection, (0, 0))
    until = to_micros(NOW)
    first = hour_of(until) - LONGEST // timedelta(hours=1)
    spent = best_ms(lambda: read_hours(connection, first, until, DEFAULT_REACH))
    yield f"hours, {what} ({len(record.rows)} rows)", spent, QUERY_MS
    spent = best_ms(lambda: session.status_reports(0, until))
    yield f"{REPORTS} changes of the status page", spent, QUERY_MS
    spent = best_ms(lambda: session.entries_after(INCIDENT_ENTRIES, 0))
    yield f"entries of {INCIDENTS} incidents", spent, QUERY_MS
    spent = best_ms(lambda: session.entries(VERDICT_CHANGES, first * HOUR, until))
    yield "changes of the verdict", spent, QUERY_MS
    session.close()
    for span in (SPANS[0], SPANS[-1]):
        spent = best_ms(lambda s=span: build_report(record, s, OURS))  # type: ignore[misc]
        yield f"the report of {plural(span.days, 'day')}", spent, QUERY_MS
    local = best_ms(lambda: build_report(record, LONGEST, OURS, lambda at: at.astimezone()))
    yield "the same in local time", local, QUERY_MS
    past = NOW - timedelta(days=45, minutes=7)
    for words, at in (("", NOW), (" as of 45 days ago", past)):
        spent = best_ms(lambda then=at: read_record(path, then, DEFAULT_REACH, LONGEST))  # type: ignore[misc]
        yield f"for information: all of these in one{words}", spent, math.inf


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_600_000)
    arguments = parser.parse_args()
    kept = True
    with tempfile.TemporaryDirectory() as scratch:
        directory = Path(scratch) / "data"
        open_store(directory).close()
        fill(directory / NAME, arguments.rows, raw=False)
        for what, spent, budget in measure(directory / NAME):
            kept = kept and spent <= budget
            mark = "✓" if spent <= budget else "✗"
            print(f"{mark} {what:<75} {spent:7.1f} ms   at most {budget:.0f}", flush=True)
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
