"""A problem that lasts has one beginning: neither that nor the response clock moves with time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

import pytest

from claude_tui.analysis.diagnosis.diagnose import diagnose
from claude_tui.analysis.options import Options
from claude_tui.model.observation import Observation, Outcome, Timings
from claude_tui.model.provider import ProviderStatus
from claude_tui.model.verdict import Cause, Severity, Verdict
from tests.builders import after, healthy, history_of, messages, models, status

HOUR = 3600.0
MINUTE = 60.0
OPENING = Timings(dns=0.4, connect=1.2, tls=1.4, first_byte=3.1, total=3.2)


def course(items: Iterable[Observation | ProviderStatus], *, start: float, end: float) -> list[Verdict]:
    """A verdict every five minutes, on what had arrived by then."""
    history = history_of(*sorted(items, key=began))
    instants = range(int(start), int(end) + 1, 300)
    return [diagnose(history, after(at + 20), Options()) for at in instants]


def began(item: Observation | ProviderStatus) -> datetime:
    return item.at if isinstance(item, Observation) else item.fetched_at


def clocks(verdicts: Iterable[Verdict]) -> set[tuple[datetime | None, datetime | None]]:
    return {(verdict.since, verdict.respond_by) for verdict in verdicts}


def answering(start: float, end: float, **late: float) -> list[Observation]:
    """Good messages and lists, every sixth message with the figures `late`."""
    observations = [
        messages(start + 30 * number, **(late if number % 6 == 0 else {}))  # type: ignore[arg-type]
        for number in range(int((end - start) / 30))
    ]
    return observations + [models(start + 15 * number + 1) for number in range(int((end - start) / 15))]


def with_lone_failures(every_s: float, start: float, end: float) -> list[Observation]:
    observations = healthy(start, end)
    return [
        messages(observation.at, Outcome.SERVER_ERROR)
        if observation.source.value == "messages"
        and (observation.at - after(start)).total_seconds() % every_s == 0
        else observation
        for observation in observations
    ]


def test_a_long_tail_began_once() -> None:
    tail = answering(HOUR, 4 * HOUR + 300, total=12.0)
    found = course([*healthy(0, HOUR), *tail], start=HOUR + 20 * MINUTE, end=4 * HOUR)
    assert {verdict.cause for verdict in found} == {Cause.PROVIDER_SLOW}
    assert clocks(found) == {(after(HOUR), after(HOUR + 6 * MINUTE + 12 + 15 * MINUTE))}


def test_a_tail_is_over_after_fifteen_minutes_without_one() -> None:
    first = answering(HOUR, 2 * HOUR, total=12.0)
    then = answering(3 * HOUR, 3.5 * HOUR, total=12.0)
    seen = [*healthy(0, HOUR), *first, *healthy(2 * HOUR, 3 * HOUR), *then]
    found = course(seen, start=3 * HOUR + 15 * MINUTE, end=3.5 * HOUR - 60)
    assert {verdict.since for verdict in found} == {after(3 * HOUR)}


def test_a_tail_that_pauses_for_some_minutes_is_the_same() -> None:
    first = answering(HOUR, 2 * HOUR, total=12.0)
    pause = healthy(2 * HOUR, 2 * HOUR + 12 * MINUTE)
    then = answering(2 * HOUR + 12 * MINUTE, 3 * HOUR, total=12.0)
    found = course([*healthy(0, HOUR), *first, *pause, *then], start=2.5 * HOUR, end=3 * HOUR - 60)
    assert {verdict.since for verdict in found} == {after(HOUR)}


@pytest.mark.parametrize("every_minutes", [10, 20])
def test_rare_errors_began_with_the_first_of_them(every_minutes: int) -> None:
    every_s = every_minutes * MINUTE
    seen = [*healthy(0, HOUR), *with_lone_failures(every_s, HOUR, 6 * HOUR)]
    found = course(seen, start=HOUR + every_s + 60, end=6 * HOUR - 60)
    assert {verdict.cause for verdict in found} == {Cause.PROVIDER_ERRORS}
    assert {verdict.since for verdict in found} == {after(HOUR)}
    assert {verdict.detected_at for verdict in found} == {after(HOUR + every_s)}


def test_rare_errors_begin_anew_when_they_had_been_over() -> None:
    seen = [
        *with_lone_failures(600, 0, HOUR),
        *healthy(HOUR, 5 * HOUR),
        *with_lone_failures(600, 5 * HOUR, 6 * HOUR),
    ]
    found = course(seen, start=5.5 * HOUR, end=6 * HOUR - 60)
    assert {verdict.since for verdict in found} == {after(5 * HOUR)}


def test_slow_connections_began_once() -> None:
    late = [
        replace(observation, timings=OPENING) if observation.source.value == "models" else observation
        for observation in healthy(HOUR, 4 * HOUR)
    ]
    found = course([*healthy(0, HOUR), *late], start=HOUR + 5 * MINUTE, end=4 * HOUR - 60)
    assert {verdict.cause for verdict in found} == {Cause.NETWORK}
    assert {verdict.since for verdict in found} == {after(HOUR + 1)}
    assert len(clocks(found)) == 1


def test_the_page_spoke_once_however_long_ago() -> None:
    pages = [
        status(60 * number, "degraded_performance" if number >= 60 else "operational")
        for number in range(31 * 60)
    ]
    seen = [messages(30 * HOUR + 30 * number) for number in range(100)]
    found = course([*pages, *seen], start=30.2 * HOUR, end=30.7 * HOUR)
    assert {verdict.cause for verdict in found} == {Cause.PROVIDER_NOTICE}
    assert {verdict.since for verdict in found} == {after(HOUR)}


def test_with_no_new_message_the_severity_stays() -> None:
    refused = [
        replace(messages(HOUR + 30 * number, Outcome.OVERLOADED), retry_after_s=1800.0) for number in range(6)
    ]
    lists = [models(HOUR + 15 * number + 1) for number in range(120)]
    found = course([*healthy(0, HOUR), *refused, *lists], start=HOUR + 3 * MINUTE, end=HOUR + 30 * MINUTE)
    assert {(verdict.cause, verdict.severity) for verdict in found} == {
        (Cause.PROVIDER_OVERLOADED, Severity.P1)
    }
