"""Turns the records of an export into calls."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from claude_tui.model.traffic import Call
from claude_tui.traffic.otlp.absent import AbsentAttributes
from claude_tui.traffic.otlp.mapping import (
    GEN_AI,
    CostOf,
    Kind,
    call_of_event,
    call_of_span,
    kind_of_event,
    kind_of_span,
)
from claude_tui.traffic.otlp.metrics import Meters
from claude_tui.traffic.otlp.records import EventRecord, PointRecord, SpanRecord
from claude_tui.traffic.otlp.reported import Reported
from claude_tui.traffic.sink import Sink

__all__ = ["Intake"]


class Intake:
    """Takes records, and forwards their calls. For one thread."""

    def __init__(self, sink: Sink, cost_of: CostOf, now: Callable[[], float]) -> None:
        self.calls = 0
        """How many calls were forwarded."""
        self.ignored = 0
        """Records that are about something else."""
        self.repeated = 0
        """Records of calls that another record had reported."""
        self.absent = AbsentAttributes()
        """The attributes that senders have stopped reporting."""
        self._sink = sink
        self._cost_of = cost_of
        self._now = now
        self._reported = Reported()
        self._meters = Meters(cost_of)

    def take(self, records: Iterable[SpanRecord | EventRecord | PointRecord]) -> None:
        """Takes the records of an export. Raises what reading them raises; the ones before that count."""
        now_s = self._now()
        now = datetime.fromtimestamp(now_s, UTC)
        points: list[PointRecord] = []
        for record in records:
            if isinstance(record, SpanRecord):
                self._span(record, now)
            elif isinstance(record, EventRecord):
                self._event(record, now)
            else:
                points.append(record)
        for call in self._meters.calls_of(points, now):
            self._pass_on(call)

    def _span(self, span: SpanRecord, now: datetime) -> None:
        kind = kind_of_span(span)
        if kind is None:
            self.ignored += 1
            return
        call = call_of_span(span, kind, self._cost_of, now)
        if self._reported.is_new_span(span, call.request_id, innermost=kind is not GEN_AI):
            self._reported_call(call, kind, now)
        else:
            self.repeated += 1

    def _event(self, event: EventRecord, now: datetime) -> None:
        kind = kind_of_event(event)
        if kind is None:
            self.ignored += 1
            return
        call = call_of_event(event, self._cost_of, now)
        if self._reported.is_new_event(event, call.request_id):
            self._reported_call(call, kind, now)
        else:
            self.repeated += 1

    def _reported_call(self, call: Call, kind: Kind, now: datetime) -> None:
        self.absent.note(call, kind, now)
        self._meters.reported(call.application, now)
        self._pass_on(call)

    def _pass_on(self, call: Call) -> None:
        self.calls += 1
        self._sink.add(call)
