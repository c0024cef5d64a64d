"""Facts about own traffic: which application to throttle first, and whose retries multiply the load."""

from __future__ import annotations

from claude_tui.model.format import count, percent
from claude_tui.model.text import truncate
from claude_tui.model.traffic_view import TrafficFigures
from claude_tui.runbook.fact import Fact, FactDefinition, text
from claude_tui.runbook.fact_context import FactContext

__all__ = ["TRAFFIC_FACTS"]


def _throttle_first(context: FactContext) -> Fact:
    """The application with the most tokens in the last minute, else with the most calls."""
    view = context.snapshot.traffic
    applications = view.applications if view is not None else ()
    told = [(tokens, each) for each in applications if (tokens := _tokens(each))]
    if told:
        most, worst = max(told, key=lambda item: item[0])
        every = sum(tokens for tokens, _ in told)
        words = f"{percent(most / every)} of {count(every)} tokens in the last minute"
    elif applications and any(each.calls for each in applications):
        worst = max(applications, key=lambda each: each.calls)
        every = sum(each.calls for each in applications)
        words = f"{percent(worst.calls / every)} of {count(every)} calls in the last minute"
    else:
        return Fact(None, "Throttle first: no traffic of ours is counted")
    return Fact(worst.name, f"Throttle first: {truncate(worst.name)}, {words}")


def _tokens(figures: TrafficFigures) -> int:
    return figures.tokens.prompt + figures.tokens.output if figures.tokens is not None else 0


def _retries_most(context: FactContext) -> Fact:
    """The application that makes the most attempts per call, where they are more than usual."""
    view, least = context.snapshot.traffic, 1.0
    told = [
        (each.attempts_per_call, each)
        for each in (view.applications if view is not None else ())
        if each.attempts_per_call is not None
    ]
    if not told:
        return Fact(None, "Retries: no source tells them")
    attempts, worst = max(told, key=lambda item: item[0])
    if attempts <= least:
        return Fact("", "Retries: none")
    return Fact(worst.name, f"Most retries: {truncate(worst.name)}, {attempts:.1f} attempts per call")


TRAFFIC_FACTS: tuple[FactDefinition, ...] = (
    text("throttle_first", _throttle_first, "The application that uses most tokens, where it is counted."),
    text("retries_most", _retries_most, "The application with the most attempts per call."),
)
