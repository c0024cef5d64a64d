"""The current problem as a text for the provider's support: what they need to find our requests."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from platform import python_version

from claude_tui import __version__
from claude_tui.analysis.history.failure_kinds import failure_name
from claude_tui.model.format import duration, latency, percent, plain, span_text, stamp
from claude_tui.model.observation import Observation
from claude_tui.model.playbook import StepState
from claude_tui.model.snapshot import Event, EventKind, Snapshot
from claude_tui.model.verdict import EvidenceKind
from claude_tui.tui.panels.verdict_text import page_line
from claude_tui.tui.render import lines

__all__ = ["ticket_text"]

_MOST_IDS = 20
_MOST_KINDS = 8
_RAY = "cf-ray"


def ticket_text(snapshot: Snapshot) -> str:
    """One fact in a line; then the newest failed requests with their ids. All times are UTC."""
    failures = _failures(snapshot)
    out = [_subject(snapshot, failures), "", *_facts(snapshot, failures)]
    if failures:
        out += ["", f"Failed requests, newest first ({_shown(snapshot, failures)}):"]
        out += [_request(failure) for failure in failures[:_MOST_IDS]]
    out += ["", "What was tried:", *(f"- {step}" for step in _tried(snapshot))]
    return "\n".join(out)


def _failures(snapshot: Snapshot) -> list[Observation]:
    """The individual failures of the current problem that are known, newest first."""
    since = snapshot.verdict.since
    events = (event for event in snapshot.events if event.kind is EventKind.FAILURE)
    unfolded: list[Event] = [single for event in events for single in (event.folded or (event,))]
    found = (event.observation for event in unfolded if event.observation is not None)
    current = [observation for observation in found if since is None or observation.at >= since]
    return sorted(current, key=lambda observation: observation.at, reverse=True)


def _subject(snapshot: Snapshot, failures: list[Observation]) -> str:
    engine = snapshot.engine
    simulated = f"[{'DRILL' if engine.drill else 'DEMO'}, simulated] " if engine.demo is not None else ""
    since = f" since {stamp(snapshot.verdict.since)}" if snapshot.verdict.since is not None else ""
    what = failure_name(failures[0]) if failures else snapshot.verdict.statement.rstrip(".")
    return f"{simulated}{what} from {engine.target.host}{since}"


def _facts(snapshot: Snapshot, failures: list[Observation]) -> Iterator[str]:
    verdict, target = snapshot.verdict, snapshot.engine.target
    yield f"As of: {stamp(snapshot.at)}"
    if verdict.since is not None:
        yield f"First failure: {stamp(verdict.since)}, {duration(snapshot.at - verdict.since)} ago"
    if failures:
        yield f"Last failure: {stamp(failures[0].at)}"
    yield f"Endpoint: {target.base_url}"
    models = dict.fromkeys(failure.model for failure in failures if failure.model)
    yield f"Model: {', '.join(models) or target.model or 'not known'}"
    yield from _errors(snapshot)
    rays = [ray for failure in failures if (ray := _header(failure, _RAY))]
    if edges := dict.fromkeys(ray.rpartition("-")[2] for ray in rays if "-" in ray):
        yield f"Edge (end of cf-ray): {', '.join(edges)}"
    # Its id is not recorded, as a success is stored without its headers.
    yield "Organization: (your organization id, from the Console's settings)"
    if (ruled_out := verdict.evidence_of(EvidenceKind.RULED_OUT)) is not None:
        yield f"Ruled out: {ruled_out.text}"
    if buckets := [bucket for bucket in snapshot.headroom.buckets if bucket.granted]:
        left = "; ".join(f"{bucket.bucket} {percent(bucket.fraction)} left" for bucket in buckets)
        yield f"Rate limits: {left}"
    if page := " ".join(lines.plain(page_line(snapshot)).split()):
        yield page
    yield f"Client: Anthropic Python SDK {_sdk()}, Python {python_version()}, claude-top {__version__}"


def _errors(snapshot: Snapshot) -> Iterator[str]:
    """The kinds of failures over the longest window that is counted."""
    window = max(snapshot.errors, key=lambda candidate: candidate.span, default=None)
    if window is None or not window.failures:
        return
    kinds = [f"{detail.count}× {failure_name(detail.kind)}" for detail in window.breakdown[:_MOST_KINDS]]
    failed = f"{window.failures} of {window.requests} requests failed"
    yield f"Errors in the last {span_text(window.span)}: {failed}: {', '.join(kinds)}"


def _header(failure: Observation, name: str) -> str:
    return next((value for header_name, value in failure.headers if header_name == name), "")


def _shown(snapshot: Snapshot, failures: list[Observation]) -> str:
    events = (event for event in snapshot.events if event.kind is EventKind.FAILURE)
    total = max(sum(event.count for event in events), len(failures))
    return f"{min(len(failures), _MOST_IDS)} of {total}"


def _request(failure: Observation) -> str:
    total, ray = failure.timings.total, _header(failure, _RAY)
    parts = (
        stamp(failure.at),
        failure.request_id or "no request id",
        failure_name(failure),
        failure.model or failure.source.value,
        f"after {latency(total)}" if total is not None else "",
        f"cf-ray {ray}" if ray and ray != failure.request_id else "",
    )
    return "  ".join(part for part in parts if part)


def _tried(snapshot: Snapshot) -> Iterator[str]:
    """The steps of playbooks that were done during the problem; what the probes do is always true."""
    since = snapshot.verdict.since
    newest = {
        (mark.playbook, mark.step): mark
        for mark in snapshot.engine.step_marks
        if mark.step and (since is None or mark.at >= since)
    }
    for mark in newest.values():
        if mark.state is StepState.DONE:
            note = f": {mark.note}" if mark.note else ""
            yield f"{mark.at:%H:%M:%S} {plain(mark.step)} ({mark.playbook}){note}"
    yield "each request is one attempt of a probe with a small prompt, not retried"


def _sdk() -> str:
    try:
        return version("anthropic")
    except PackageNotFoundError:
        return "not installed"
