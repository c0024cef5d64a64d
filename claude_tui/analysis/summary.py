"""The strip on top: in one line what fails and what does not. No diagnosis: that is another matter."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from claude_tui.analysis.history import API_SOURCES, History
from claude_tui.analysis.kinds import failure_name
from claude_tui.analysis.looks import Look, Standing, look_at
from claude_tui.analysis.options import Options
from claude_tui.analysis.pages import component_level, incident_level, short_name
from claude_tui.analysis.status import touches
from claude_tui.analysis.words import brief, duration, latency, percent, plain, span_words
from claude_tui.model.observation import Outcome, Source
from claude_tui.model.provider import ProviderStatus
from claude_tui.model.snapshot import EngineState, HeadroomView, LatencyView, Level, StatusView, Summary

__all__ = ["summary_of"]

# Sources that began to fail within this time of each other are told with one span.
TOGETHER = timedelta(seconds=30)
_TROUBLED = frozenset({Level.WARN, Level.BAD})


@dataclass(frozen=True, slots=True)
class _Scene:
    at: datetime
    looks: tuple[Look, ...]
    status: StatusView
    headroom: HeadroomView
    latency: LatencyView

    def said(self, level: Level, headline: str, *told: Look, since: datetime | None = None) -> Summary:
        """A Summary whose detail says how the sources that the headline does not tell of stand."""
        rest = [_sentence(look, self.at) for look in self.looks if look not in told]
        return Summary(level, headline, " ".join([*rest, _page_sentence(self)]), since)


def summary_of(
    history: History,
    at: datetime,
    engine: EngineState,
    options: Options,
    *,
    status: StatusView,
    headroom: HeadroomView,
    latency: LatencyView,
) -> Summary:
    """The worst there is to say. Never OK by default: with no data, or old data, it says so."""
    looks = tuple(look_at(history, at, source, engine, options) for source in API_SOURCES)
    scene = _Scene(at, looks, status, headroom, latency)
    return next(summary for judge in _JUDGES if (summary := judge(scene)) is not None)


# -- what there is to say, worst first ---------------------------------------------


def _no_data(scene: _Scene) -> Summary | None:
    if any(look.standing is not Standing.NONE for look in scene.looks):
        return None
    return scene.said(Level.UNKNOWN, "No data yet")


def _failing(scene: _Scene) -> Summary | None:
    failing = [look for look in scene.looks if look.standing is Standing.FAILS]
    if not failing or _only_lacks_key(scene.looks):
        return None
    since = min((look.since for look in failing if look.since), default=None)
    return scene.said(Level.BAD, _all_failing(failing), *failing, since=since)


def _all_failing(failing: list[Look]) -> str:
    """One sentence where the sources fail alike, else one for each."""
    spans = [look.span for look in failing]
    if len({_kind(look) for look in failing}) > 1 or max(spans) - min(spans) >= TOGETHER:
        told = "; ".join(f"{_name(look).lower()} fail: {_tally(look)}, {_kind(look)}" for look in failing)
        return told[0].upper() + told[1:]
    names = " and ".join(_name(look).lower() for look in failing).capitalize()
    tallies = " and ".join(f"{look.failures} of {look.requests}" for look in failing)
    return f"{names} fail: {tallies} in {span_words(max(spans))}, {_kind(failing[0])}"


def _only_lacks_key(looks: tuple[Look, ...]) -> bool:
    """Without a key the models probe is turned away: what is missing says more than that."""
    messages, models = looks
    rejected = models.kind is not None and models.kind.outcome is Outcome.KEY_REJECTED
    return messages.standing is Standing.NONE and messages.held is not None and rejected


def _blind(scene: _Scene) -> Summary | None:
    for look in scene.looks:
        if look.standing not in {Standing.NONE, Standing.OLD}:
            continue
        failed = look.newest is not None and look.newest.failed
        level = Level.WARN if failed else Level.UNKNOWN
        return scene.said(level, _unseen(look, scene.at), look, since=look.since if failed else None)
    return None


def _unsteady(scene: _Scene) -> Summary | None:
    unsteady = [look for look in scene.looks if look.standing is Standing.UNSTEADY]
    if not unsteady:
        return None
    look = unsteady[0]
    tally = _tally(look)
    if look.failures == 1 and look.newest is not None and look.newest.failed:
        text = f"The last {look.source.value} probe failed: {_kind(look)}, {tally}"
    else:
        text = f"{_name(look)} fail at times: {tally}, {_kind(look)}"
    return scene.said(Level.WARN, text, look, since=look.since)


def _slow(scene: _Scene) -> Summary | None:
    slow = [series for series in scene.latency.series if series.level in _TROUBLED and series.now is not None]
    if not slow:
        return None
    series = slow[0]
    name = "Models" if series.name == "models" else "Messages"
    typical = series.typical or series.now or 0.0
    ratio = f", {typical / series.baseline:.1f}× usual" if series.baseline else ""
    figure = f"{series.name} {latency(typical)} in the last three"
    return scene.said(Level.WARN, f"{name} are slow: {figure}{ratio}")


def _low(scene: _Scene) -> Summary | None:
    low = [
        f"{headroom.bucket} {percent(headroom.fraction)} left"
        for headroom in scene.headroom.buckets
        if headroom.level in _TROUBLED
    ]
    low += [
        f"{usage.window} window {percent(usage.used)} used"
        for usage in scene.headroom.windows
        if usage.level in _TROUBLED
    ]
    return scene.said(Level.WARN, f"{_all(scene)}; limits run low: " + ", ".join(low[:2])) if low else None


def _page(scene: _Scene) -> Summary | None:
    if scene.status.level not in _TROUBLED:
        return None
    return scene.said(scene.status.level, f"{_all(scene)}; the status page reports trouble")


def _again(scene: _Scene) -> Summary | None:
    again = [look for look in scene.looks if look.standing is Standing.AGAIN]
    if not again:
        return None
    tallies = " and ".join(f"{look.failures} of {look.requests} {look.source.value}" for look in again)
    return scene.said(
        Level.INFO, f"All probes succeed again; {tallies} failed in {span_words(again[0].span)}"
    )


def _fine(scene: _Scene) -> Summary:
    return scene.said(Level.OK, _all(scene))


def _all(scene: _Scene) -> str:
    """What succeeds: the status page is one of the probes, and only while it can be read."""
    read = scene.status.status is not None and scene.status.status.known and not scene.status.stale
    return "All probes succeed" if read else "Messages and models succeed"


_JUDGES: tuple[Callable[[_Scene], Summary | None], ...] = (
    _no_data,
    _failing,
    _blind,
    _unsteady,
    _slow,
    _low,
    _page,
    _again,
    _fine,
)


# -- sentences -----------------------------------------------------------------------


def _name(look: Look) -> str:
    return look.source.value.capitalize()


def _tally(look: Look) -> str:
    return f"{look.failures} of {look.requests} in {span_words(look.span)}"


def _kind(look: Look) -> str:
    return brief(failure_name(look.kind)) if look.kind is not None else "unknown"


def _unseen(look: Look, at: datetime) -> str:
    held = f": {brief(look.held)}" if look.held else ""
    if look.newest is None:
        return f"{_name(look)} are not probed{held}" if held else f"No {look.source.value} probe yet"
    ago = duration(at - look.newest.at)
    if look.newest.failed:
        held = f" ({brief(look.held)})" if look.held else ""
        return f"{_name(look)} failed when last probed, {ago} ago: {brief(failure_name(look.newest))}{held}"
    return f"No {look.source.value} probe for {ago}{held}"


def _sentence(look: Look, at: datetime) -> str:
    if look.standing in {Standing.NONE, Standing.OLD}:
        return _unseen(look, at) + "."
    if look.standing is Standing.FAILS:
        return f"{_name(look)} fail: {_tally(look)}, {_kind(look)}."
    if look.standing is Standing.UNSTEADY:
        how = "failed" if look.failures == look.requests else "fail at times:"
        return f"{_name(look)} {how} {_tally(look)}, {_kind(look)}."
    return f"{_name(look)} answer{_speed(look)}."


def _speed(look: Look) -> str:
    timings = look.newest.timings if look.newest is not None else None
    if timings is None or timings.total is None:
        return ""
    first = timings.first_token if look.source is Source.MESSAGES else None
    return f" in {latency(timings.total)}" + (f" (TTFT {latency(first)})" if first is not None else "")


def _page_sentence(scene: _Scene) -> str:
    view = scene.status
    if view.status is None:
        return "Status page not read yet."
    if not view.status.known:
        return f"Status page unknown: {brief(view.status.unknown_reason or 'no reason given')}."
    if view.stale and view.read_at is not None:
        return f"Status page last read {duration(scene.at - view.read_at)} ago."
    if view.silent_since is not None:
        return f"Status page silent for {duration(scene.at - view.silent_since)} since the first failure."
    if view.level is Level.UNKNOWN:
        return "Status page names no component of ours."
    reports = list(_reports(view.status, view.ours))
    return f"Status page: {'; '.join(reports[:2])}." if reports else "Status page reports no trouble."


def _reports(status: ProviderStatus, ours: frozenset[str]) -> Iterator[str]:
    """What the page says of our components, and of the page as a whole where it names none of ours."""
    for component in status.components:
        if component.id in ours and component_level(component.status) is not Level.OK:
            yield brief(f"{short_name(component)} {plain(component.status)}")
    for incident in status.incidents:
        if touches(incident, ours) and incident_level(incident) is not Level.OK:
            yield brief(f"{plain(incident.status)}, {incident.name}")
    if not ours and status.indicator not in {None, "none"}:
        yield brief(status.description or status.indicator or "")
