"""What remains of each rate-limit bucket, how fast it is used, and when it runs out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from claude_tui.analysis.history.columns import length
from claude_tui.analysis.history.history import Bucket, History, WindowSample
from claude_tui.analysis.history.streaks import window_level
from claude_tui.analysis.options import Options
from claude_tui.model.observation import Observation, Source
from claude_tui.model.snapshot import Headroom, HeadroomView, Level, WindowUsage
from claude_tui.model.waiting import LONGEST_RESET

__all__ = ["burn_per_minute", "headroom_view"]

# Limits are per minute, so an older burn rate says little; if probes are rare, four readings are enough.
BURN_SPAN_S, BURN_READINGS, BURN_READINGS_S = 120.0, 4, 300.0
# A reset hardly changes a bucket that is nearly full.
FULL = 0.9
# A bucket missing from responses for this long no longer applies.
GONE_S = 3600.0
# Limits are per minute: what lasts longer than this at the current burn rate will not run out.
FAR = timedelta(hours=2)
# Shares of a limit: a smaller change is noise of a bucket that refills continuously, a larger rise is a new
# window.
WOBBLE, REFILL = 0.01, 0.10
# `date` headers have whole seconds and take time to arrive, so less than this is not clock skew.
SKEW_S = 2.0
_ORDER = ("requests", "input", "output", "tokens")


def headroom_view(history: History, at: datetime, options: Options) -> HeadroomView:
    """The last readings of buckets and windows at `at`, worst first and stale ones last.

    The diagnosis uses the same values as the Snapshot, so they are computed once for both.
    """
    key = at, history.limits().version, options
    return history.cached("headroom", key, lambda: _headroom(history, at, options))


def _headroom(history: History, at: datetime, options: Options) -> HeadroomView:
    instant = at.timestamp()
    newest = history.limits().latest(instant)
    if newest is None:
        return HeadroomView(buckets=(), windows=(), read_at=None, request_id=None, stale=False)
    forgotten = newest.at.timestamp() - GONE_S
    buckets = [
        _bucket(column, part.stop, at, options)
        for column in history.buckets().values()
        if length(part := column.span(forgotten, instant))
    ]
    windows = [
        _window(newest_sample[0], at, options)
        for column in history.windows().values()
        if (newest_sample := column.between(forgotten, instant)[-1:])
        and newest_sample[0].reading.used is not None
    ]
    return HeadroomView(
        buckets=tuple(sorted(buckets, key=_worst_bucket)),
        windows=tuple(sorted(windows, key=lambda usage: (usage.stale, -round(usage.used, 2), usage.window))),
        read_at=newest.at,
        request_id=newest.request_id,
        stale=_too_old(newest, at, options),
    )


def _worst_bucket(headroom: Headroom) -> tuple[bool, float, int, str]:
    # Whole percent, so that two full buckets do not swap places with every request.
    order = _ORDER.index(headroom.bucket) if headroom.bucket in _ORDER else len(_ORDER)
    left = round(headroom.fraction, 2) if headroom.granted else 1.0
    return headroom.stale, left, order, headroom.bucket


def _bucket(column: Bucket, count: int, at: datetime, options: Options) -> Headroom:
    by = column.values[count - 1]
    reading = column.reading(by)
    limit, remaining = reading.limit or 0, reading.remaining or 0
    reset_at = _on_our_clock(reading.reset_at, by)
    spent = remaining < FULL * limit
    stale = _too_old(by, at, options) or (spent and _reset_since(reset_at, by, at))
    coming = reset_at if reset_at is not None and reset_at > at else None
    coarse = _resolution(reading.bucket)
    burn = burn_per_minute(
        _same_limit(column, count), noise=max(coarse, WOBBLE * limit), refill=max(coarse, REFILL * limit)
    )
    gone_in = None if stale else _exhausted_in(remaining, burn, at - by.at)
    fraction = min(max(remaining / limit, 0.0), 1.0) if limit else 0.0
    # A limit of 0 is not low: nothing is granted.
    level = _level(fraction, options) if limit else Level.INFO
    return Headroom(
        bucket=reading.bucket,
        limit=limit,
        remaining=remaining,
        reset_at=coming,
        burn_per_minute=burn,
        exhausted_in=gone_in,
        level=Level.UNKNOWN if stale else level,
        read_at=by.at,
        stale=stale,
        runs_out_first=gone_in is not None and coming is not None and at + gone_in < coming,
    )


def _level(fraction_left: float, options: Options) -> Level:
    # A used fraction gives 1 - 0.95 = 0.050000000000000044.
    left = round(fraction_left, 9)
    if left <= options.headroom_critical:
        return Level.BAD
    return Level.WARN if left <= options.headroom_low else Level.OK


def _on_our_clock(reset_at: datetime | None, by: Observation) -> datetime | None:
    """The instant of a reset by our clock, as the server gives it by its own; None for a mistake."""
    if reset_at is None or reset_at - by.at > LONGEST_RESET:
        return None
    if by.skew_s is None or abs(by.skew_s) < SKEW_S:
        return reset_at
    try:
        return reset_at - timedelta(seconds=by.skew_s)
    except (OverflowError, ValueError):
        return None


def _too_old(by: Observation, at: datetime, options: Options) -> bool:
    return (at - by.at).total_seconds() > options.stale_after_s(Source.MESSAGES)


def _reset_since(reset_at: datetime | None, by: Observation, at: datetime) -> bool:
    """Whether a reset has passed since the reading.

    Half of all responses name one already past, which does not count.
    """
    return reset_at is not None and by.at < reset_at <= at


def _exhausted_in(remaining: int, burn: float | None, age: timedelta) -> timedelta | None:
    """The time from now, not from the reading; None if nothing is used, or if it lasts over two hours.

    Also None if nothing is left, and if it should have run out since the reading, which shows that it has
    not.
    """
    if not burn or remaining <= 0 or remaining * 60 > burn * (FAR + age).total_seconds():
        return None
    left = timedelta(minutes=remaining / burn) - age
    return left if left > timedelta() else None


def _resolution(bucket: str) -> int:
    """How many units are noise. The server rounds token figures to the nearest 1000; requests are exact."""
    return 0 if "requests" in bucket else 1000


def _same_limit(column: Bucket, count: int) -> list[tuple[float, int]]:
    """The readings of the last two minutes, or the last four, with the limit and model of the newest one.

    As (instant, remaining), ending with the newest reading: without new readings the figure does not change.
    """
    newest = column.values[count - 1]
    limit = column.reading(newest).limit
    last = column.at[count - 1]
    few = max(count - BURN_READINGS, column.count_until(last - BURN_READINGS_S), 0)
    start = min(column.count_until(last - BURN_SPAN_S), few)
    readings: list[tuple[float, int]] = []
    for index in range(count - 1, start - 1, -1):
        by = column.values[index]
        reading = column.reading(by)
        if reading.limit != limit or by.model != newest.model:
            break
        readings.append((column.at[index], reading.remaining or 0))
    readings.reverse()
    return readings


def burn_per_minute(readings: Sequence[tuple[float, int]], *, noise: float, refill: float) -> float | None:
    """How fast a bucket empties, per minute, from (instant in seconds, remaining), oldest first.

    Within one reset window it is first minus last, net of the continuous refill. A rise by more than `refill`
    starts a new window, and the use across that boundary is unknown. So the rate is the decrease within
    windows over the time within windows, for the newest window and the one before, as a window that has just
    started says nothing yet. 0 if that is at most `noise`, or if the bucket only fills up; None with fewer
    than two readings.
    """
    if len(readings) < 2:
        return None
    spent, seconds = 0, 0.0
    for window in _reset_windows(readings, refill)[-2:]:
        (first_at, first), (last_at, last) = window[0], window[-1]
        spent += max(first - last, 0)
        seconds += last_at - first_at
    return spent * 60 / seconds if seconds > 0 and spent > noise else 0.0


def _reset_windows(readings: Iterable[tuple[float, int]], refill: float) -> list[list[tuple[float, int]]]:
    windows: list[list[tuple[float, int]]] = []
    for reading in readings:
        if not windows or reading[1] > windows[-1][-1][1] + refill:
            windows.append([])
        windows[-1].append(reading)
    return windows


def _window(sample: WindowSample, at: datetime, options: Options) -> WindowUsage:
    reading, by = sample
    used = reading.used or 0.0
    reset_at = _on_our_clock(reading.reset_at, by)
    stale = _too_old(by, at, options) or _reset_since(reset_at, by, at)
    levels = (_level(1 - used, options), window_level(reading.window, reading.status))
    worst = max(levels, key=(Level.OK, Level.WARN, Level.BAD).index)
    return WindowUsage(
        window=reading.window,
        used=used,
        reset_at=reset_at if reset_at is not None and reset_at > at else None,
        status=reading.status,
        level=Level.UNKNOWN if stale else worst,
        read_at=by.at,
        stale=stale,
    )
