"""Facts about own traffic: what to throttle first, which retries hurt, what shorter responses save."""

from __future__ import annotations

from claude_tui.model.format import count, percent
from claude_tui.model.text import truncate
from claude_tui.model.traffic_view import TrafficFigures
from claude_tui.runbook.fact import Fact, FactDefinition, number, text
from claude_tui.runbook.fact_context import FactContext

__all__ = ["TRAFFIC_FACTS"]

_WORTH_IT = 0.01


def _throttle_first(context: FactContext) -> Fact:
    """The application with the most tokens in the last minute, else with the most calls."""
    view = context.snapshot.traffic
    applications = view.applications if view is not None else ()
    known = [(tokens, application) for application in applications if (tokens := _tokens(application))]
    if known:
        most, worst = max(known, key=lambda item: item[0])
        every = sum(tokens for tokens, _ in known)
        words = f"{percent(most / every)} of {count(every)} tokens in the last minute"
    elif applications and any(application.calls for application in applications):
        worst = max(applications, key=lambda application: application.calls)
        every = sum(application.calls for application in applications)
        words = f"{percent(worst.calls / every)} of {count(every)} calls in the last minute"
    else:
        return Fact(None, "Throttle first: no traffic of ours is counted")
    return Fact(worst.name, f"Throttle first: {truncate(worst.name)}, {words}")


def _tokens(figures: TrafficFigures) -> int:
    return figures.tokens.prompt + figures.tokens.output if figures.tokens is not None else 0


def _retries_most(context: FactContext) -> Fact:
    """The application that makes the most attempts per call, where they are more than usual."""
    view, least = context.snapshot.traffic, 1.0
    known = [
        (application.attempts_per_call, application)
        for application in (view.applications if view is not None else ())
        if application.attempts_per_call is not None
    ]
    if not known:
        return Fact(None, "Retries: no source reports them")
    attempts, worst = max(known, key=lambda item: item[0])
    if attempts <= least:
        return Fact("", "Retries: none")
    return Fact(worst.name, f"Most retries: {truncate(worst.name)}, {attempts:.1f} attempts per call")


def _retries_early(context: FactContext) -> Fact:
    """The application with the most retries that did not wait as requested."""
    view = context.snapshot.traffic
    known = [
        application
        for application in (view.applications if view is not None else ())
        if application.asked_to_wait
    ]
    if not known:
        return Fact(None, "retry-after: no repeat of a refused call was seen in the last minute")
    worst = max(known, key=lambda application: application.early)
    if not worst.early:
        return Fact(
            "",
            f"retry-after: honoured by {count(sum(app.asked_to_wait for app in known))} repeats",
        )
    words = f"{count(worst.early)} of {count(worst.asked_to_wait)} repeats came too early in the last minute"
    return Fact(worst.name, f"Ignores retry-after: {truncate(worst.name)}, {words}")


def _max_tokens_frees(context: FactContext) -> Fact:
    """Where a lower `max_tokens` saves most of what counts towards the output limit."""
    view = context.snapshot.traffic
    known = [
        (application.trim, application)
        for application in (view.applications if view is not None else ())
        if application.trim is not None and application.output_per_minute
    ]
    if not known:
        return Fact(None, "max_tokens: too few answers are counted to say what a lower one would free")
    trim, most = max(known, key=lambda item: item[0].freed_per_minute)
    if trim.freed < _WORTH_IT:
        return Fact(0.0, "max_tokens: a lower one frees next to nothing, as hardly any answer is much longer")
    every = (view.all.output_per_minute if view is not None else None) or 0.0
    share = min(trim.freed_per_minute / every, 1.0) if every else 0.0
    return Fact(
        share,
        f"max_tokens {trim.max_tokens:,} for {truncate(most.name)} frees {count(trim.freed_per_minute)} "
        f"output tokens a minute ({percent(share)} of all) and cuts off {percent(trim.cut)} of its answers",
    )


TRAFFIC_FACTS: tuple[FactDefinition, ...] = (
    text("throttle_first", _throttle_first, "The application that uses most tokens, where it is counted."),
    text("retries_most", _retries_most, "The application with the most attempts per call."),
    text("retries_early", _retries_early, "The application that repeats calls before retry-after is over."),
    number(
        "max_tokens_frees",
        _max_tokens_frees,
        "The share of all output tokens that a max_tokens few answers reach would free, 0 to 1.",
    ),
)
