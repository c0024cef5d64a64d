"""Which rows and calls of own traffic are listed, and in which order."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from claude_tui.model.filtering import Filter, FilterField, Searched, parse_filter
from claude_tui.model.observation import Outcome
from claude_tui.model.traffic import KeptCall
from claude_tui.model.traffic_view import TrafficFigures

__all__ = [
    "OF_APPLICATIONS",
    "OF_MODELS",
    "ORDERS",
    "listed_applications",
    "listed_calls",
    "listed_models",
    "terms_about",
]

OF_APPLICATIONS = (FilterField.APP, FilterField.STATUS, FilterField.CLASS)
OF_MODELS = (FilterField.MODEL, FilterField.STATUS, FilterField.CLASS)
"""The filter fields of a table; it ignores all other terms of a filter."""
_ORDER_OF: dict[str, Callable[[TrafficFigures], float | None]] = {
    "calls": lambda figures: figures.calls,
    "failing": lambda figures: figures.failing,
    "overload": lambda figures: figures.share_of(Outcome.OVERLOADED),
    "limited": lambda figures: figures.share_of(Outcome.RATE_LIMITED),
    "TTFT p95": lambda figures: figures.first_token.p95,
    "in/min": lambda figures: figures.input_per_minute,
    "cost/h": lambda figures: figures.usd_per_hour,
}
ORDERS = tuple(_ORDER_OF)
"""The columns that a table can be sorted by, each with the highest figure first."""


def listed_applications(
    rows: Iterable[TrafficFigures], wanted: Filter, order: str, at: datetime
) -> tuple[TrafficFigures, ...]:
    """The applications that match a filter's `app:`, `status:` and `class:`."""
    return _listed(rows, wanted.only(*OF_APPLICATIONS), order, at)


def listed_models(
    rows: Iterable[TrafficFigures], wanted: Filter, order: str, at: datetime
) -> tuple[TrafficFigures, ...]:
    """The models that match a filter's `model:`, `status:` and `class:`."""
    return _listed(rows, wanted.only(*OF_MODELS), order, at)


def terms_about(words: str, fields: Iterable[FilterField]) -> str:
    """The terms of a filter that are about those fields."""
    return " ".join(word for word in words.split() if parse_filter(word).only(*fields).terms)


def listed_calls(calls: Iterable[KeptCall], wanted: Filter, at: datetime) -> tuple[KeptCall, ...]:
    """The calls that satisfy every term of a filter."""
    return tuple(call for call in calls if wanted.keeps(_call(call), at))


def _listed(
    rows: Iterable[TrafficFigures], wanted: Filter, order: str, at: datetime
) -> tuple[TrafficFigures, ...]:
    figure_of = _ORDER_OF[order]

    def rank(figures: TrafficFigures) -> tuple[bool, float]:
        """Unknown figures come last."""
        value = figure_of(figures)
        return value is None, -(value or 0.0)

    return tuple(sorted((row for row in rows if wanted.keeps(_figures(row, at), at)), key=rank))


def _figures(figures: TrafficFigures, at: datetime) -> Searched:
    statuses = {"529": figures.overloaded, "429": figures.rate_limited}
    name = frozenset({figures.name.casefold()})
    return Searched(
        at,
        figures.name.casefold(),
        frozenset(status for status, count in statuses.items() if count),
        frozenset(
            word
            for failure in figures.failures
            for word in (failure.outcome.value, failure.error_type)
            if word
        ),
        applications=name,
        models=name,
    )


def _call(kept: KeptCall) -> Searched:
    call = kept.call
    classes = frozenset(word for word in (call.outcome.value, call.error_type) if word)
    models = frozenset(name.casefold() for name in (call.model, call.served_model) if name)
    status = frozenset() if call.http_status is None else frozenset({str(call.http_status)})
    texts = (
        call.application,
        *models,
        *classes,
        *status,
        call.request_id or "",
        call.message or "",
        call.route,
    )
    return Searched(
        call.at,
        "\n".join(texts).casefold(),
        status,
        classes,
        applications=frozenset({call.application.casefold()}),
        models=models,
    )
