"""Own traffic for the pictures: calls counted and judged as the program does. Ages are seconds before AT."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from random import Random

from claude_tui.analysis.traffic.facts import SourceReport, TrafficFacts
from claude_tui.analysis.traffic.view import traffic_view
from claude_tui.model.observation import Outcome
from claude_tui.model.snapshot import Snapshot
from claude_tui.model.traffic import Call, CallEnd, KeptCall, RollUp, Tokens, TrafficSource
from claude_tui.traffic.aggregation import CallAggregator
from tests.snapshots.pictures import PICTURES
from tests.snapshots.world import AT, before

__all__ = ["healthy_traffic", "quiet_traffic", "trouble_with_traffic"]

_SPAN_S = 900
_OUTAGE_S = 200


def _counted(outage_s: float, until: float = 0.0) -> tuple[tuple[RollUp, ...], tuple[KeptCall, ...]]:
    """A quarter of an hour of two busy applications and a small one."""
    random, aggregator = Random(6), CallAggregator()
    kept: list[KeptCall] = []
    rows: list[RollUp] = []
    for age in range(_SPAN_S, int(until) - 1, -1):
        for application, model, pace in (
            ("batch", "claude-sonnet-5-5", 4),
            ("checkout", "claude-opus-5-5", 2),
            ("chat", "mine", age % 3 == 0),
        ):
            for _ in range(int(pace)):
                fails = application == "checkout" and age < outage_s and random.random() < 0.4
                aggregator.add(_call(random, age, application, model, fails), AT.timestamp() - age)
        if age % 10 == 3:
            rolled, single = aggregator.take(AT.timestamp() - age)
            rows += rolled.rows if rolled is not None else ()
            kept += single
    return tuple(rows), tuple(kept)


def _call(random: Random, age: float, application: str, model: str, fails: bool) -> Call:
    first = random.lognormvariate(-0.8, 0.4) * (4 if application == "checkout" and age < _OUTAGE_S else 1)
    total_s = 0.4 if fails else first + random.uniform(1, 6)
    return Call(
        before(age + total_s),
        TrafficSource.PROXY,
        "messages",
        application,
        Outcome.OVERLOADED if fails else Outcome.OK,
        end=CallEnd.ABANDONED if random.random() < 0.003 else CallEnd.COMPLETE,
        model=model,
        http_status=529 if fails else 200,
        error_type="overloaded_error" if fails else None,
        request_id=f"req_011C{random.randrange(10**15):015}",
        first_token_s=None if fails else first,
        total_s=total_s,
        tokens=None if fails else Tokens(random.randrange(200, 2000), random.randrange(50, 700), 3000),
        cost_usd=None if fails or model == "mine" else 0.004,
        stop_reason=None if fails else "max_tokens" if random.random() < 0.02 else "end_turn",
        retries=int(fails and random.random() < 0.8),
        retry_after_s=30.0 if fails else None,
    )


@cache
def healthy_traffic() -> Snapshot:
    return _with(PICTURES["healthy"](), *_counted(outage_s=0))


@cache
def trouble_with_traffic() -> Snapshot:
    return _with(PICTURES["overloaded"](), *_counted(outage_s=_OUTAGE_S))


@cache
def quiet_traffic() -> Snapshot:
    """A proxy that has fallen silent, and a receiver that no longer gets token counts."""
    otlp = TrafficSource.OTLP
    heard = SourceReport(otlp, before(7200), before(6600), 50, counted=50, timed=1, retries_known=0, calls=50)
    deaf = SourceReport(otlp, before(6600), before(600), 50, counted=0, timed=1, retries_known=0, calls=50)
    return _with(PICTURES["healthy"](), *_counted(outage_s=0, until=400), reports=(heard, deaf))


def _with(
    snapshot: Snapshot,
    rows: tuple[RollUp, ...],
    kept: tuple[KeptCall, ...],
    reports: tuple[SourceReport, ...] = (),
) -> Snapshot:
    usual = tuple(replace(row, at=row.at.replace(minute=0, second=0)) for row in rows[: len(rows) // 2])
    return replace(
        snapshot,
        traffic=traffic_view(
            TrafficFacts(rows, usual=usual, usual_days=3, reports=reports, kept=kept), snapshot.at
        ),
    )
