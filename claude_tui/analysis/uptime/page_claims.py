"""What the status page claimed in each hour, for as much of it as the page was read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from claude_tui.analysis.uptime.hours import HOUR
from claude_tui.analysis.views.status import ours_of, page_level
from claude_tui.model.provider import ProviderStatus
from claude_tui.model.snapshot import Level

__all__ = ["claims_by_hour"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# The ids of our components, by the components that a report lists, as most list the same.
_Ids = dict[tuple[tuple[str, str], ...], frozenset[str]]
_TROUBLE = frozenset({Level.WARN, Level.BAD})


def claims_by_hour(
    reports: Sequence[ProviderStatus], names: Sequence[str], read: Mapping[int, int], until: int
) -> dict[int, tuple[int, int]]:
    """For each hour of `read`, how long the page reported the components `names` as fine, and how long not.

    `read` is how long of an hour the page is known to have been read. Which part of the hour that was is
    unknown: within it, the claims count in proportion. All durations and `until`, the present, are
    microseconds.
    """
    known: _Ids = {}
    claims = [(_micros(report.fetched_at), _is_fine(report, names, known)) for report in reports]
    found: dict[int, tuple[int, int]] = {}
    index = 0
    for hour in sorted(read) if claims else ():
        start, end = hour * HOUR, min((hour + 1) * HOUR, until)
        while index + 1 < len(claims) and claims[index + 1][0] <= start:
            index += 1
        whole = index + 1 == len(claims) or claims[index + 1][0] >= end
        if whole and claims[index][0] <= start:
            if (is_fine := claims[index][1]) is not None:
                found[hour] = (read[hour], 0) if is_fine else (0, read[hour])
            continue
        fine, trouble = _lasted(claims, index, start, end)
        if fine + trouble:
            during = min(read[hour], fine + trouble)
            bad = during * trouble // (fine + trouble)
            found[hour] = (during - bad, bad)
    return found


def _lasted(claims: Sequence[tuple[int, bool | None]], index: int, start: int, end: int) -> tuple[int, int]:
    """How long between two instants the page reported fine, and how long a problem; from `index` on."""
    lasted: dict[bool | None, int] = {True: 0, False: 0, None: 0}
    while index < len(claims) and claims[index][0] < end:
        begun, is_fine = claims[index]
        index += 1
        until = min(claims[index][0], end) if index < len(claims) else end
        lasted[is_fine] += until - max(begun, start)
    return lasted[True], lasted[False]


def _is_fine(report: ProviderStatus, names: Sequence[str], known: _Ids) -> bool | None:
    """The claim of a report; None if the page could not be read or lists none of these components."""
    if not report.known:
        return None
    listed = tuple((component.id, component.name) for component in report.components)
    ids = known.get(listed)
    if ids is None:
        ids = known[listed] = ours_of(report, names)
    return page_level(report, ids) not in _TROUBLE if ids else None


def _micros(instant: datetime) -> int:
    return (instant - _EPOCH) // timedelta(microseconds=1)
