"""Converts metrics to calls, for applications that report no spans or events.

Two histograms of the gen_ai conventions are read: the duration of calls, which shows how many there were, and
their tokens. The calls of one bucket become one record, with the duration in the middle of the bucket.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from claude_tui.model.observation import Outcome
from claude_tui.model.traffic import UNKNOWN, Call, Tokens, TrafficSource
from claude_tui.probes.classify import Classified
from claude_tui.traffic.cleaned import model_name
from claude_tui.traffic.otlp.amounts import count_of, instant, text_of
from claude_tui.traffic.otlp.failures import by_type
from claude_tui.traffic.otlp.mapping import CostOf, application_of, is_anthropic
from claude_tui.traffic.otlp.records import PointRecord
from claude_tui.traffic.otlp.series import Growth, Series
from claude_tui.traffic.routes import MESSAGES

__all__ = ["Meters"]

DURATION = "gen_ai.client.operation.duration"
TOKENS = "gen_ai.client.token.usage"
_LONGEST_S = 86_400.0
_REPORTS_ITSELF = timedelta(minutes=10)
_MOST_NAMES = 500
_MOST_PENDING = 500


@dataclass(slots=True)
class _Group:
    """The data of one process about one model in one export."""

    application: str
    model: str
    served: str | None
    at: datetime
    durations: list[tuple[Classified, Growth]] = field(default_factory=list)
    input: float = 0.0
    output: float = 0.0
    counted: int = 0


_Key = tuple[bytes, str, str | None]


class Meters:
    """Turns the growth of metrics into calls. For one thread."""

    def __init__(self, cost_of: CostOf) -> None:
        self._cost_of = cost_of
        self._series = Series()
        self._reported: dict[str, datetime] = {}
        self._with_durations: dict[bytes, None] = {}
        self._pending: dict[_Key, _Group] = {}

    def reported(self, application: str, now: datetime) -> None:
        """Records that an application reports its calls itself: its metrics would count them twice."""
        if application in self._reported or len(self._reported) < _MOST_NAMES:
            self._reported[application] = now

    def calls_of(self, points: Sequence[PointRecord], now: datetime) -> list[Call]:
        """The calls of the points of one export."""
        groups: dict[_Key, _Group] = {}
        for point in points:
            if point.name not in {DURATION, TOKENS} or not is_anthropic(point.attributes):
                continue
            grown = self._series.grown(point, now)
            if grown is not None and not self._reports_itself(application_of(point.origin.service), now):
                self._collect(groups, point, grown, now)
        return [call for key, group in groups.items() for call in self._calls(key, group)]

    def _reports_itself(self, application: str, now: datetime) -> bool:
        last = self._reported.get(application)
        return last is not None and now - last < _REPORTS_ITSELF

    def _collect(self, groups: dict[_Key, _Group], point: PointRecord, grown: Growth, now: datetime) -> None:
        attributes = point.attributes
        asked = model_name(attributes.get("gen_ai.request.model")) or UNKNOWN
        served = model_name(attributes.get("gen_ai.response.model"))
        key = (point.origin.resource, asked, served)
        at = instant(point.at_ns, now)
        group = groups.setdefault(key, _Group(application_of(point.origin.service), asked, served, at))
        if point.name == DURATION:
            if len(self._with_durations) < _MOST_NAMES:
                self._with_durations[point.origin.resource] = None
            error = text_of(attributes, "error.type")
            status = count_of(attributes, "http.response.status_code", most=999) or None
            failed = bool(error) or (status is not None and status >= 400)
            group.durations.append((by_type(error, status) if failed else Classified(Outcome.OK), grown))
        elif attributes.get("gen_ai.token.type") == "output":
            group.output += grown.sum
            group.counted = max(group.counted, grown.count)
        else:
            group.input += grown.sum
            group.counted = max(group.counted, grown.count)

    def _calls(self, key: _Key, group: _Group) -> Iterator[Call]:
        waiting = self._pending.pop(key, None)
        if waiting is not None:
            group.input += waiting.input
            group.output += waiting.output
        answered = sum(grown.count for found, grown in group.durations if not found.outcome.failed)
        if not answered and (group.input or group.output):
            if key[0] in self._with_durations:
                # The two histograms are exported one after the other: the calls come with the next export.
                if len(self._pending) < _MOST_PENDING:
                    self._pending[key] = group
            else:
                yield self._call(group, Classified(Outcome.OK), group.counted or 1, None, group.counted or 1)
        for found, grown in group.durations:
            for count, seconds in _by_bucket(grown):
                yield self._call(group, found, count, seconds, answered)

    def _call(
        self, group: _Group, found: Classified, count: int, total_s: float | None, answered: int
    ) -> Call:
        tokens: Tokens | None = None
        cost: float | None = None
        if not found.outcome.failed and answered and (group.input or group.output):
            share = count / answered
            tokens = Tokens(round(group.input * share), round(group.output * share))
            mean = Tokens(round(group.input / answered), round(group.output / answered))
            # A price may depend on the length of one prompt.
            cost_of_one = self._cost_of(group.served or group.model, mean, None)
            cost = cost_of_one * count if cost_of_one is not None else None
        return Call(
            at=group.at - timedelta(seconds=total_s or 0.0),
            source=TrafficSource.OTLP,
            route=MESSAGES,
            application=group.application,
            outcome=found.outcome,
            model=group.model,
            served_model=group.served,
            error_type=found.error_type,
            total_s=total_s,
            tokens=tokens,
            cost_usd=cost,
            together=count,
        )


def _by_bucket(grown: Growth) -> Iterable[tuple[int, float | None]]:
    """How many calls took about how many seconds."""
    if sum(grown.counts) != grown.count or len(grown.counts) != len(grown.bounds) + 1:
        mean = grown.sum * grown.unit_s / grown.count if grown.count else None
        yield grown.count, mean if mean is not None and 0 <= mean <= _LONGEST_S else None
        return
    for index, count in enumerate(grown.counts):
        if count > 0:
            low = grown.bounds[index - 1] if index else 0.0
            high = grown.bounds[index] if index < len(grown.bounds) else low
            middle = (max(low, 0.0) + max(high, 0.0)) / 2 * grown.unit_s
            yield count, middle if middle <= _LONGEST_S else None
