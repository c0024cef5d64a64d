"""Facts about the surroundings of a request: key, model, network, speed, status page."""

from __future__ import annotations

import ipaddress

from claude_tui.model.format import clock, day, duration, latency, plain
from claude_tui.model.observation import Outcome, Source
from claude_tui.model.provider import ModelInfo
from claude_tui.model.snapshot import Level
from claude_tui.model.text import truncate
from claude_tui.runbook.fact import Fact, FactDefinition, flag, number, text
from claude_tui.runbook.fact_context import FactContext

__all__ = ["PLACE_FACTS"]

_KEY_STATES = ("fine", "rejected", "missing", "faulty", "unknown")
_NO_KEY = ("is not set", "no key")
_MODEL_STATES = ("active", "deprecated", "retired", "unlisted", "unknown")
_TROUBLED = frozenset({Level.WARN, Level.BAD})
# A part that takes this many times as long as the other is to blame.
_MOSTLY = 2.0
_DAY_S = 86_400


def _key(context: FactContext) -> Fact:
    problem = next((notice.text for notice in context.snapshot.engine.notices if notice.key == "key"), None)
    if problem is None and (held := context.held(Source.MESSAGES)) is not None and "ANTHROPIC_" in held:
        problem = held
    if problem is not None:
        missing = any(words in problem for words in _NO_KEY)
        return Fact("missing" if missing else "faulty", f"Key: {truncate(problem)}")
    newest = context.newest
    if newest is not None and newest.outcome is Outcome.KEY_REJECTED:
        return Fact("rejected", f"Key: rejected at {clock(newest.at)}, although its form is fine")
    series = context.series(Source.MESSAGES)
    if series is not None and series.samples:
        return Fact("fine", "Key: accepted within the last 15m")
    return Fact("unknown", "Key: not tried yet")


def _model_state(context: FactContext) -> Fact:
    model, listed = _model(context)
    catalogue = context.snapshot.catalogue
    if model is None:
        return Fact("unknown", "Model: none chosen yet")
    if catalogue is None:
        return Fact("unknown", f"Model: {truncate(model)}; the list of models has not been read")
    if listed is None:
        return Fact(
            "unlisted", f"Model: {truncate(model)} is not among the {len(catalogue.models)} models listed"
        )
    state = (listed.lifecycle or "active").strip().lower()
    words = f"Model: {truncate(model)}, {truncate(plain(state))}"
    if listed.retires_at is not None:
        words += f", retires {day(listed.retires_at)}"
    return Fact(state if state in _MODEL_STATES else "unknown", words)


def _model(context: FactContext) -> tuple[str | None, ModelInfo | None]:
    """The model that is probed or that the failure was about, and its entry in the list."""
    newest = context.newest
    about = newest.model if newest is not None and newest.outcome is Outcome.MODEL_NOT_FOUND else None
    model = about or context.snapshot.engine.target.model
    catalogue = context.snapshot.catalogue
    listed = {entry.id: entry for entry in catalogue.models} if catalogue is not None else {}
    return model, listed.get(model or "")


def _retires_in_days(context: FactContext) -> Fact:
    model, listed = _model(context)
    if model is None or listed is None or listed.retires_at is None:
        return Fact(None, "No retirement date is known for the model in use")
    days = (listed.retires_at - context.at).total_seconds() / _DAY_S
    when = f"in {days:.0f} days" if days >= 0 else f"{-days:.0f} days ago"
    return Fact(days, f"{truncate(model)} retires {day(listed.retires_at)}, {when}")


def _gateway(context: FactContext) -> Fact:
    host = context.snapshot.engine.target.host
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
    if name == "anthropic.com" or name.endswith(".anthropic.com"):
        return Fact(False, f"Requests go to {truncate(host)} itself")
    if context.snapshot.engine.demo is not None:
        return Fact(False, "Requests go to the simulator: none of this is real")
    where = "on this machine" if _is_loopback(name) else "not the API's own address"
    return Fact(True, f"Requests go to {truncate(host)}, {where}: something is in between")


def _is_loopback(name: str) -> bool:
    try:
        return ipaddress.ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return name == "localhost"


def _status_page(context: FactContext) -> Fact:
    view = context.snapshot.status
    if view.status is None:
        return Fact("unknown", "Status page: not read yet")
    if not view.status.known:
        return Fact(
            "unknown", f"Status page: unknown, {truncate(view.status.unknown_reason or 'no reason given')}"
        )
    if view.stale and view.read_at is not None:
        return Fact("unknown", f"Status page: last read {duration(context.at - view.read_at)} ago")
    reports = context.snapshot.verdict.page_reports
    if view.level in _TROUBLED or reports:
        return Fact("trouble", f"Status page: {truncate('; '.join(reports) or 'trouble on your components')}")
    if view.level is Level.UNKNOWN:
        return Fact("unknown", "Status page: none of its components is yours")
    return Fact("fine", "Status page: no incident on your components")


def _others_trouble(context: FactContext) -> Fact:
    view = context.snapshot.status
    if view.status is None or not view.status.known or view.stale:
        return Fact(None, "Other components: not known")
    reports = context.snapshot.verdict.other_reports
    if not reports:
        return Fact(False, "Other components: no trouble reported")
    return Fact(True, f"Not what we use: {truncate('; '.join(reports))}")


def _ttft_ratio(context: FactContext) -> Fact:
    series = context.series_named("TTFT")
    if series is None or series.now is None:
        return Fact(None, "Time to first token: not measured in 15m")
    words = f"Time to first token: {latency(series.now)}"
    if series.ratio is None or series.baseline is None:
        return Fact(None, f"{words}; what is usual is not known yet")
    return Fact(series.ratio, f"{words}, {series.ratio:.1f} times the usual {latency(series.baseline)}")


def _slow_part(context: FactContext) -> Fact:
    view = context.snapshot.latency
    phases = view.phases
    if phases is None:
        return Fact("unknown", "Network phases: not measured in 15m")
    named = (
        ("dns", phases.dns),
        ("connect", phases.connect),
        ("tls", phases.tls),
        ("first byte", phases.first_byte),
    )
    phases_text = " · ".join(f"{name} {latency(value)}" for name, value in named if value is not None)
    network = sum(value for _, value in named[:3] if value is not None) + (view.network_s or 0.0)
    if view.server_s is None:
        return Fact("unknown", f"New connection: {phases_text}; the server does not report its own time")
    phases_text += f"; the server's own time {latency(view.server_s)}"
    if network > _MOSTLY * view.server_s:
        return Fact("network", f"New connection: {phases_text}: most of it is the network")
    if view.server_s > _MOSTLY * network:
        return Fact("server", f"New connection: {phases_text}: most of it is the server")
    return Fact("unknown", f"New connection: {phases_text}")


def _skew(context: FactContext) -> Fact:
    skew = context.snapshot.latency.skew_s
    if skew is None:
        return Fact(None, "Clock: not compared yet")
    way = "behind" if skew > 0 else "ahead of"
    return Fact(skew, f"Clock: this machine is {abs(skew):.1f} s {way} the server")


def _certificate_days(context: FactContext) -> Fact:
    expires = context.snapshot.latency.tls_expires_at
    if expires is None:
        return Fact(None, "Certificate: not seen yet")
    days = (expires - context.at).total_seconds() / _DAY_S
    return Fact(days, f"Certificate: expires {day(expires)}, in {days:.0f} days")


def _held(context: FactContext) -> Fact:
    held = context.held(Source.MESSAGES)
    return (
        Fact(held, f"Messages are not probed: {truncate(held)}")
        if held
        else Fact(None, "Messages are probed")
    )


PLACE_FACTS: tuple[FactDefinition, ...] = (
    text("key", _key, "What is known about the API key.", _KEY_STATES),
    text("model_state", _model_state, "What the list of models says about the model in use.", _MODEL_STATES),
    number("retires_in_days", _retires_in_days, "Days until the model in use retires; negative when it has."),
    flag("gateway", _gateway, "Whether requests go to something other than the API itself."),
    text(
        "status_page", _status_page, "What the page says about what we use.", ("fine", "trouble", "unknown")
    ),
    flag("others_trouble", _others_trouble, "Whether the page reports trouble only with what we do not use."),
    number("ttft_ratio", _ttft_ratio, "Time to first token as a multiple of the usual."),
    text(
        "slow_part", _slow_part, "Where a new connection spends its time.", ("server", "network", "unknown")
    ),
    number("skew_s", _skew, "The server's clock minus ours, in seconds."),
    number("certificate_days", _certificate_days, "Days until the endpoint's certificate expires."),
    text("held", _held, "Why messages are not probed now."),
)
