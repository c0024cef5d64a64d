"""Filters for lists of events, timelines and calls, as people type them: `529 -models since:10m`."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from claude_tui.model.errors import ClaudeTopError
from claude_tui.model.format import parse_span

__all__ = [
    "CALLS_HINT",
    "FILTER_HINT",
    "Filter",
    "FilterError",
    "FilterField",
    "Searched",
    "parse_filter",
    "refuse_unknown",
]

FILTER_HINT = "words · status:529 · class:timeout · since:10m · -word leaves out"

CALLS_HINT = "app:checkout · model:opus · status:529 · class:timeout · since:10m · -word leaves out"


class FilterField(StrEnum):
    """The field that a term of a filter is about."""

    WORD = ""
    STATUS = "status"
    CLASS = "class"
    SINCE = "since"
    APP = "app"
    MODEL = "model"


_NAMED = {field.value: field for field in FilterField if field is not FilterField.WORD}


class FilterError(ClaudeTopError):
    """A filter that cannot be understood. The text says why."""


@dataclass(frozen=True, slots=True)
class Searched:
    """The properties of a list entry that a filter looks at."""

    at: datetime
    """When it happened last."""
    text: str
    """All of its text."""
    statuses: frozenset[str] = frozenset()
    """The HTTP statuses of its exchanges."""
    classes: frozenset[str] = frozenset()
    """Their outcomes, error types and codes, and the kind of the entry."""
    applications: frozenset[str] = frozenset()
    """The names of the applications concerned, in lower case; empty if they are unknown."""
    models: frozenset[str] = frozenset()
    """The ids of the models concerned, in lower case; empty if they are unknown."""


@dataclass(frozen=True, slots=True)
class _Term:
    field: FilterField
    """The field."""
    value: str
    """The text to look for, in lower case."""
    negated: bool
    """Whether matching entries are left out."""
    span: timedelta = timedelta()
    """The span of `since`."""

    def keeps(self, entry: Searched, now: datetime) -> bool:
        return self._found(entry, now) is not self.negated

    def _found(self, entry: Searched, now: datetime) -> bool:
        match self.field:
            case FilterField.STATUS:
                # `5xx`, as people say it.
                wanted = self.value.rstrip("x")
                longest = len(self.value)
                return any(len(status) == longest and status.startswith(wanted) for status in entry.statuses)
            case FilterField.CLASS:
                return any(self.value in name for name in entry.classes)
            case FilterField.SINCE:
                return now - entry.at <= self.span
            case FilterField.APP if entry.applications:
                return any(self.value in application for application in entry.applications)
            case FilterField.MODEL if entry.models:
                return any(self.value in model for model in entry.models)
        return self.value in entry.text.casefold()


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter, which matches the entries that satisfy every term. Without terms it matches everything."""

    terms: tuple[_Term, ...] = ()

    def keeps(self, entry: Searched, now: datetime) -> bool:
        return all(term.keeps(entry, now) for term in self.terms)

    def only(self, *fields: FilterField) -> Filter:
        """The filter without the terms that are about other fields."""
        return Filter(tuple(term for term in self.terms if term.field in fields))


def parse_filter(text: str) -> Filter:
    """The filter that somebody typed. Raises FilterError for a field with an impossible value."""
    return Filter(tuple(_term(word) for word in text.casefold().split()))


def refuse_unknown(wanted: Filter, known: Collection[FilterField], what: str) -> None:
    """Raises FilterError for a term about a field that `what` does not have."""
    for term in wanted.terms:
        if term.field not in known:
            raise FilterError(f"{term.field.value}: is not known in the {what}.")


def _term(word: str) -> _Term:
    negated = len(word) > 1 and word.startswith("-")
    name, colon, value = word.removeprefix("-" if negated else "").partition(":")
    field = _NAMED.get(name)
    if not colon or field is None:
        # Any other colon is part of the text to look for, as in a URL or in 14:05.
        return _Term(FilterField.WORD, word.removeprefix("-" if negated else ""), negated)
    if not value:
        raise FilterError(f"{name}: needs a value, such as {_EXAMPLES[field]}.")
    span = parse_span(value) if field is FilterField.SINCE else timedelta()
    if span is None:
        raise FilterError(f"since:{value} is not a duration. Write since:10m or since:2h.")
    return _Term(field, value.replace(" ", "_"), negated, span)


_EXAMPLES = {
    FilterField.STATUS: "status:529 or status:5xx",
    FilterField.CLASS: "class:timeout",
    FilterField.SINCE: "since:10m",
    FilterField.APP: "app:checkout",
    FilterField.MODEL: "model:opus",
}
