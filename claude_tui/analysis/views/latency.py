"""How long responses take, compared with how long they usually take."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from claude_tui.analysis.history.columns import Column, MeasureColumn, length
from claude_tui.analysis.history.history import History
from claude_tui.analysis.history.statistics import Bins, median, percentile
from claude_tui.analysis.options import Options
from claude_tui.analysis.views.addresses import bypassed_at
from claude_tui.analysis.views.slowness import SAMPLES, SPAN, SlowLimits, geometric_mean, limits_at
from claude_tui.model.observation import FailureKind, Observation, Source, Timings
from claude_tui.model.snapshot import LatencySeries, LatencyView, Level

__all__ = ["MEASURES", "SPAN", "latency_view"]

MEASURES = (("TTFT", Source.MESSAGES), ("message", Source.MESSAGES), ("models", Source.MODELS))

SPAN_S = SPAN.total_seconds()
POINTS = 60
# A sample is shown for one and a half intervals, as probes are jittered; never for less than this.
MIN_HOLD_S = 45.0


def latency_view(history: History, at: datetime, options: Options) -> LatencyView:
    """The three series over 15 minutes, and the phases of the newest models probe that has any."""
    phases = _phases(history.window(Source.MODELS, at - SPAN, at))
    timings = phases.timings if phases else None
    server_s = phases.server_s if phases else None
    skews = (history.latest(source, at) for source in (Source.MODELS, Source.MESSAGES))
    view = LatencyView(
        series=tuple(_series(history, name, source, at, options) for name, source in MEASURES),
        span=SPAN,
        phases=timings,
        phases_at=phases.at if phases else None,
        server_s=server_s,
        network_s=_network_s(timings, server_s),
        skew_s=next((skew.skew_s for skew in skews if skew and skew.skew_s is not None), None),
        tls_expires_at=phases.tls_expires_at if phases else None,
        bypassed=bypassed_at(history, at),
    )
    return history.same("latency", view)


def _phases(observations: Sequence[Observation]) -> Observation | None:
    """The newest models probe on a new connection.

    A failure counts too, as it shows how far the request got.
    """
    return next(
        (observation for observation in reversed(observations) if _is_fresh(observation.timings)), None
    )


def _is_fresh(timings: Timings) -> bool:
    return not (timings.dns is None and timings.connect is None and timings.tls is None)


def _network_s(timings: Timings | None, server_s: float | None) -> float | None:
    """First byte minus the server's own time; None if the two contradict each other."""
    if timings is None or timings.first_byte is None or server_s is None or server_s > timings.first_byte:
        return None
    return timings.first_byte - server_s


def _series(history: History, name: str, source: Source, at: datetime, options: Options) -> LatencySeries:
    instant = at.timestamp()
    column = history.measure(name, instant)
    part = column.span(instant - SPAN_S, instant)
    values = column.values[part]
    ordered = history.cached(("latency", name), (column.version, part), lambda: sorted(values))
    now = values[-1] if values else None
    now_at = column.at[part.stop - 1] if values else instant - SPAN_S
    failures = history.failures(source)
    failed_since = length(failures.span(now_at, instant))
    limits = limits_at(history, name, at, options)
    base = limits.usual.seconds if limits.usual is not None else None
    # Successes from before an outage do not show how fast the ones after it are.
    recent = column.between(instant - 1.5 * options.stale_after_s(source), instant)[-SAMPLES:]
    fresh = instant - now_at <= options.stale_after_s(source) and failed_since < SAMPLES
    hold_s = max(1.5 * options.interval_s(source), MIN_HOLD_S)
    return LatencySeries(
        name=name,
        points=_points(history, name, column, failures, instant, hold_s),
        failed=_failed(history, source, instant),
        now=now,
        now_at=datetime.fromtimestamp(now_at, at.tzinfo) if values else None,
        p50=percentile(ordered, 0.50),
        p95=percentile(ordered, 0.95),
        p99=percentile(ordered, 0.99),
        samples=len(values),
        baseline=base,
        baseline_span=limits.usual.span if limits.usual is not None else None,
        ratio=now / base if now is not None and base else None,
        level=_level(recent, limits) if fresh else Level.UNKNOWN,
        typical=geometric_mean(recent) if len(recent) == SAMPLES else None,
        warn_above_s=limits.warn_s,
        slow_above_s=limits.slow_s,
        highest=ordered[-1] if ordered else None,
        failures=length(failures.span(instant - SPAN_S, instant)),
        failed_since=failed_since,
    )


def _bins(at: float) -> Bins:
    return Bins.ending(at, SPAN_S / POINTS, POINTS)


def _points(
    history: History,
    name: str,
    column: MeasureColumn,
    failures: Column[FailureKind],
    at: float,
    hold_s: float,
) -> tuple[float | None, ...]:
    """The highest sample in each bin, or the last one before it while that is still valid."""
    bins = _bins(at)

    def point(cut: slice, until: float) -> float | None:
        highest = max(column.values[cut], default=None)
        return _held(column, failures, cut.start, until, hold_s) if highest is None else highest

    def complete() -> tuple[float | None, ...]:
        cuts = bins.cuts(column.at, at)[:-1]
        return tuple(point(cut, edge) for cut, edge in zip(cuts, bins.edges()[1:-1], strict=True))

    # Complete bins do not change, so each second only the last one is computed.
    key = bins, hold_s, column.version, failures.version
    earlier = history.cached(("points", name), key, complete)
    return (*earlier, point(column.span(bins.last, at), at))


def _failed(history: History, source: Source, at: float) -> tuple[int, ...]:
    """How many failed in each bin."""
    bins, failures = _bins(at), history.failures(source)

    def complete() -> tuple[int, ...]:
        return tuple(map(length, bins.cuts(failures.at, at)[:-1]))

    earlier = history.cached(("failed", source), (bins, failures.version), complete)
    return (*earlier, length(failures.span(bins.last, at)))


def _held(
    column: MeasureColumn, failures: Column[FailureKind], count: int, at: float, hold_s: float
) -> float | None:
    """The last of the first `count` samples; None if it is too old at `at`, or if a failure followed."""
    if not count or at - column.at[count - 1] > hold_s or length(failures.span(column.at[count - 1], at)):
        return None
    return column.values[count - 1]


def _level(recent: Sequence[float], limits: SlowLimits) -> Level:
    """BAD if the newest responses are slow by the verdict's limits, WARN if they exceed `warn_s`."""
    if len(recent) < SAMPLES:
        return Level.UNKNOWN
    if limits.is_slow(recent):
        return Level.BAD
    return Level.WARN if median(sorted(recent)) > limits.warn_s else Level.OK
