"""A record by the hour: how long each service was up, down, or failing because of us."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from claude_tui.analysis.uptime.histogram import EMPTY, Histogram
from claude_tui.analysis.uptime.hours import HOUR, HourRow, State, state_of
from claude_tui.analysis.uptime.page_claims import claims_by_hour
from claude_tui.analysis.uptime.record import Record
from claude_tui.analysis.uptime.tally import Tally
from claude_tui.analysis.views.platforms import for_platform
from claude_tui.model.observation import Outcome, Source

__all__ = ["CHAT", "EPOCH", "Failure", "HourColumns", "Latency", "Service", "columns_of"]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
CHAT = ("claude.ai",)
"""The components of the page that make up the chat product."""

Failure = tuple[Outcome, str]
"""Outcome and error type; the type is "" if there is none."""


class Service(StrEnum):
    """The subject of a row in a report."""

    API = "api"
    """Messages, as measured."""
    MODELS = "models"
    """The list of models, as measured."""
    PAGE = "page"
    """Our components according to the status page, as far as it was read."""
    CHAT = "claude_ai"
    """claude.ai according to the status page."""


@dataclass(frozen=True, slots=True)
class Latency:
    """Successful messages of one model."""

    model: str = ""
    ttft: Histogram = EMPTY
    total: Histogram = EMPTY


@dataclass(frozen=True, slots=True)
class _Micros:
    """Microseconds for each hour."""

    up: list[int]
    down: list[int]
    ours: list[int]


@dataclass(frozen=True, slots=True)
class HourColumns:
    """The hours from `first` on, the last of which is that of the report. Sums are over slices."""

    first: int
    """Hours since 1970."""
    spans: list[int]
    """The length of each hour in microseconds; only the last may be shorter than HOUR."""
    services: dict[Service, _Micros]
    ttft: dict[str, list[int]]
    """Packed histograms by model, as two models must not be mixed in one median."""
    total: dict[str, list[int]]
    failures: list[Counter[Failure]]
    """Failed messages."""

    def __len__(self) -> int:
        return len(self.spans)

    def start_of(self, index: int) -> datetime:
        return EPOCH + timedelta(hours=self.first + index)

    def tally(self, service: Service, part: slice | Sequence[int]) -> Tally:
        """The tally of the hours in a slice, or of those with these indices."""
        micros = self.services[service]
        columns = (self.spans, micros.up, micros.down, micros.ours)
        if isinstance(part, slice):
            return Tally(*(sum(column[part]) for column in columns))
        return Tally(*(sum(column[index] for index in part) for column in columns))

    def latency(self, part: slice) -> Latency:
        """The tally of the model that answered most often."""
        found = [
            Latency(model, Histogram(sum(self.ttft[model][part])), Histogram(sum(self.total[model][part])))
            for model in sorted(self.total)
        ]
        if len(found) == 1:
            return found[0]
        return max(found, key=lambda tally: tally.total.count, default=Latency())

    def failed(self, part: slice) -> Counter[Failure]:
        counts: Counter[Failure] = Counter()
        for of_hour in self.failures[part]:
            counts.update(of_hour)
        return counts


def columns_of(record: Record, hours: int, ours: Sequence[str]) -> HourColumns:
    """The slice of the last full `hours` and the one that has begun."""
    until = (record.at - EPOCH) // timedelta(microseconds=1)
    first, number = until // HOUR - hours, hours + 1
    spans = [HOUR] * hours + [until % HOUR]
    services = {service: _Micros([0] * number, [0] * number, [0] * number) for service in Service}
    columns = HourColumns(first, spans, services, {}, {}, [Counter() for _ in range(number)])
    read: dict[int, int] = {}
    for row in record.rows:
        index = row.hour - first
        if not 0 <= index < number:
            continue
        if row.source is Source.OTHER_MODELS:
            continue
        if row.source is Source.STATUS:
            if row.outcome is Outcome.OK:
                read[row.hour] = read.get(row.hour, 0) + row.micros
        else:
            _add(columns, index, row)
    # An incident of another platform counts against nothing that is in use.
    of_ours = [for_platform(report, record.platform) for report in record.reports]
    for service, names, reports in ((Service.PAGE, ours, of_ours), (Service.CHAT, CHAT, record.reports)):
        for hour, (up, down) in claims_by_hour(reports, names, read, until).items():
            services[service].up[hour - first] = up
            services[service].down[hour - first] = down
    return columns


def _add(columns: HourColumns, index: int, row: HourRow) -> None:
    messages = row.source is Source.MESSAGES
    micros = columns.services[Service.API if messages else Service.MODELS]
    state = state_of(row.outcome)
    of_state = micros.up if state is State.UP else micros.down if state is State.DOWN else micros.ours
    of_state[index] += row.micros
    if messages and state is State.UP:
        for by_model, histogram in ((columns.ttft, row.ttft), (columns.total, row.total)):
            if row.model not in by_model:
                by_model[row.model] = [0] * len(columns)
            by_model[row.model][index] += histogram.packed
    elif messages and row.observed:
        columns.failures[index][(row.outcome, row.error_type)] += row.observed
