"""Episodes beyond the scenarios that ship: partial failures, two causes at once, causes that change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from claude_tui.simulator.scenario import load
from claude_tui.simulator.script import (
    EndpointPlan,
    IncidentPlan,
    MessagesPlan,
    PageAnswer,
    PagePlan,
    Phase,
    Reply,
    Scenario,
    Spread,
    State,
    UpdatePlan,
)

__all__ = ["MIXTURES", "Part", "scenario_of"]

OK = Reply.OK


@dataclass(frozen=True)
class Part:
    """One phase: what messages and models get (weights, the rest is ok), and the truth about it."""

    cause: str
    side: str
    for_s: float
    messages: Mapping[Reply, float] = field(default_factory=dict)
    models: Mapping[Reply, float] = field(default_factory=dict)
    ttft: tuple[float, float] | None = None
    page: PageAnswer = PageAnswer.PAGE
    api: str = "operational"
    gateway: str | None = None


def _mix(weights: Mapping[Reply, float]) -> tuple[tuple[Reply, float], ...]:
    rest = max(1.0 - sum(weights.values()), 0.0)
    return ((OK, rest), *weights.items())


def _page(part: Part, page: PagePlan) -> PagePlan:
    components = (("api", part.api),) if part.api != "operational" else ()
    indicator = "minor" if components else "none"
    return replace(page, answer=part.page, indicator=indicator, components=components)


def _state(part: Part, base: State) -> State:
    messages = replace(base.messages, mix=_mix(part.messages))
    assert isinstance(messages, MessagesPlan)
    if part.ttft is not None:
        messages = replace(messages, first_token=Spread(*part.ttft))
    models = replace(base.models, mix=_mix(part.models))
    assert isinstance(models, EndpointPlan)
    return replace(base, messages=messages, models=models, page=_page(part, base.page))


def scenario_of(name: str, *parts: Part, incident_at_s: float | None = None) -> Scenario:
    """Three healthy minutes, the parts, and health again."""
    healthy = load("healthy")
    base = healthy.baseline
    phases = [Phase("before", 180.0, base)]
    phases += [
        Phase(f"{number} {part.cause}", part.for_s, _state(part, base), part.cause, part.side)
        for number, part in enumerate(parts, start=1)
    ]
    phases.append(Phase("after", None, base))
    incidents = (
        (
            IncidentPlan(
                "Errors", "major", ("api",), (UpdatePlan(incident_at_s, "investigating", "We look."),)
            ),
        )
        if incident_at_s is not None
        else ()
    )
    gateway = next((part.gateway for part in parts if part.gateway), None)
    return replace(healthy, name=name, phases=tuple(phases), incidents=incidents, gateway=gateway)


def _them(cause: str, for_s: float, messages: Mapping[Reply, float], **more: object) -> Part:
    return Part(f"provider_{cause}", "them", for_s, messages, **more)  # type: ignore[arg-type]


def _us(cause: str, for_s: float, messages: Mapping[Reply, float], **more: object) -> Part:
    return Part(cause, "us", for_s, messages, **more)  # type: ignore[arg-type]


R = Reply
HALF_HOUR, HOUR = 1800.0, 3600.0
MIXTURES = {
    "overload 20%": scenario_of("overload-20", _them("overloaded", HOUR, {R.OVERLOADED: 0.2})),
    "overload 50%": scenario_of("overload-50", _them("overloaded", HALF_HOUR, {R.OVERLOADED: 0.5})),
    "overload 80%": scenario_of("overload-80", _them("overloaded", HALF_HOUR, {R.OVERLOADED: 0.8})),
    "overload 100%": scenario_of("overload-100", _them("overloaded", HALF_HOUR, {R.OVERLOADED: 1.0})),
    "500s 20%": scenario_of("errors-20", _them("errors", HOUR, {R.SERVER_ERROR: 0.2})),
    "500s 50%": scenario_of("errors-50", _them("errors", HALF_HOUR, {R.SERVER_ERROR: 0.5})),
    "500s 80%": scenario_of("errors-80", _them("errors", HALF_HOUR, {R.SERVER_ERROR: 0.8})),
    "500s 100%": scenario_of("errors-100", _them("outage", HALF_HOUR, {R.SERVER_ERROR: 1.0})),
    "503s and 504s": scenario_of(
        "unavailable", _them("outage", HALF_HOUR, {R.UNAVAILABLE: 0.6, R.TIMED_OUT: 0.4})
    ),
    "502s, models too": scenario_of(
        "gateway-down", _them("outage", HALF_HOUR, {R.BAD_GATEWAY: 1.0}, models={R.BAD_GATEWAY: 1.0})
    ),
    "hangs, models fine": scenario_of("hang", _them("outage", HALF_HOUR, {R.HANG: 1.0})),
    "hangs, models too": scenario_of(
        "hang-all", _them("outage", HALF_HOUR, {R.HANG: 1.0}, models={R.HANG: 1.0})
    ),
    "connections dropped by them": scenario_of("drops", _them("outage", HALF_HOUR, {R.REFUSED: 1.0})),
    "hangs half the time": scenario_of("hang-half", _them("errors", HALF_HOUR, {R.HANG: 0.5})),
    "only the list fails": scenario_of("list", _them("errors", HALF_HOUR, {}, models={R.SERVER_ERROR: 1.0})),
    "streams cut": scenario_of("cut", _them("errors", HALF_HOUR, {R.STREAM_CUT: 0.7, R.STREAM_RESET: 0.3})),
    "empty answers": scenario_of("empty", _them("errors", HALF_HOUR, {R.EMPTY: 1.0})),
    "429 50%": scenario_of("limit-50", _us("rate_limited", HALF_HOUR, {R.RATE_LIMITED: 0.5})),
    "429 100%": scenario_of("limit-100", _us("rate_limited", HALF_HOUR, {R.RATE_LIMITED: 1.0})),
    "ramp limit": scenario_of("ramp", _us("rate_limited", HALF_HOUR, {R.RAMP_LIMITED: 0.9})),
    "contract spent": scenario_of("contract", _us("spend_limit", HALF_HOUR, {R.CONTRACT_SPEND_LIMIT: 1.0})),
    "own limit spent": scenario_of("own-limit", _us("spend_limit", HALF_HOUR, {R.USAGE_LIMIT: 1.0})),
    "billing": scenario_of("billing", _us("spend_limit", HALF_HOUR, {R.BILLING: 1.0})),
    "403": scenario_of("forbidden", _us("not_permitted", HALF_HOUR, {R.NOT_PERMITTED: 1.0})),
    "413": scenario_of("too-large", _us("bad_request", HALF_HOUR, {R.TOO_LARGE: 1.0})),
    "region block": scenario_of(
        "region",
        Part("not_permitted", "path", HALF_HOUR, {R.REGION_BLOCKED: 1.0}, {R.REGION_BLOCKED: 1.0}),
    ),
    "portal, page too": scenario_of(
        "portal",
        Part(
            "network",
            "path",
            HALF_HOUR,
            {R.CAPTIVE_PORTAL: 1.0},
            {R.CAPTIVE_PORTAL: 1.0},
            page=PageAnswer.CAPTIVE_PORTAL,
        ),
    ),
    "network gone": scenario_of(
        "network",
        Part("network", "path", HALF_HOUR, {R.REFUSED: 1.0}, {R.REFUSED: 1.0}, page=PageAnswer.REFUSED),
    ),
    "network flaky": scenario_of(
        "flaky",
        Part("network", "path", HALF_HOUR, {R.REFUSED: 0.6}, {R.REFUSED: 0.6}, page=PageAnswer.REFUSED),
    ),
    "overload 70% and 429 20%": scenario_of(
        "two", _them("overloaded", HALF_HOUR, {R.OVERLOADED: 0.7, R.RATE_LIMITED: 0.2})
    ),
    "429 70% and overload 20%": scenario_of(
        "two-ours", _us("rate_limited", HALF_HOUR, {R.RATE_LIMITED: 0.7, R.OVERLOADED: 0.2})
    ),
    "500s 60% and overload 40%": scenario_of(
        "mix", _them("outage", HALF_HOUR, {R.SERVER_ERROR: 0.6, R.OVERLOADED: 0.4})
    ),
    "slow, overloaded, down": scenario_of(
        "worse",
        _them("slow", 600.0, {}, ttft=(2.2, 3.5)),
        _them("overloaded", 900.0, {R.OVERLOADED: 0.9}, ttft=(3.0, 5.5)),
        _them("outage", 900.0, {R.SERVER_ERROR: 1.0}, models={R.SERVER_ERROR: 0.8}),
    ),
    "down, then our key": scenario_of(
        "then-key",
        _them("outage", 900.0, {R.SERVER_ERROR: 1.0}),
        _us("key_rejected", 900.0, {R.KEY_REJECTED: 1.0}, models={R.KEY_REJECTED: 1.0}),
    ),
    "429, then spent": scenario_of(
        "then-spent",
        _us("rate_limited", 900.0, {R.RATE_LIMITED: 0.9}),
        _us("spend_limit", 900.0, {R.SPEND_LIMIT: 1.0}),
    ),
    "slow 4x": scenario_of("slow-4", _them("slow", HALF_HOUR, {}, ttft=(1.6, 2.4))),
    "slow 9x": scenario_of("slow-9", _them("slow", HALF_HOUR, {}, ttft=(3.6, 6.0))),
    "notice": scenario_of("notice", _them("notice", HALF_HOUR, {}, api="degraded_performance")),
    "masked overload": scenario_of(
        "masked", _them("overloaded", HALF_HOUR, {R.OVERLOADED: 0.9}, gateway="litellm")
    ),
    "masked 429": scenario_of(
        "masked-limit", _us("rate_limited", HALF_HOUR, {R.RATE_LIMITED: 0.9}, gateway="litellm")
    ),
    "2% 500s": scenario_of(
        "rare", _them("errors", 7200.0, {R.SERVER_ERROR: 0.02}, models={R.SERVER_ERROR: 0.02})
    ),
    "7% 529s": scenario_of("rare-529", _them("overloaded", 7200.0, {R.OVERLOADED: 0.07})),
}
