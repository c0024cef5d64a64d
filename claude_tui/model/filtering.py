"""Filters for lists of events and timelines, as people type them: `529 -models since:10m`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from claude_tui.model.errors import ClaudeTopError
from claude_tui.model.format import parse_span

__all__ = ["FILTER_HINT", "Filter", "FilterError", "Searched", "parse_filter"]

FILTER_HINT = "words · status:529 · class:timeout · since:10m · -word leaves out"

_STATUS, _CLASS, _SINCE = "status", "class", "since"


class FilterError(ClaudeTopError):
    """A filter that cannot be understood. The text says why."""


@dataclass(frozen=True, slots=True)
class Searched:
    """What a filter looks at in one entry of a list."""

    at: datetime
    """When it happened last."""
    text: str
    """Everything that it says."""
    statuses: frozenset[str] = frozenset()
    """The HTTP statuses of its exchanges."""
    classes: frozenset[str] = frozenset()
    """Their outcomes, error types and codes, and what kind of entry it is."""


@dataclass(frozen=True, slots=True)
class _Term:
    field: str
    """`status`, `class`, `since`, or empty for a word."""
    value: str
    """What is looked for, in lower case."""
    negated: bool
    """Whether what has it is left out."""
    span: timedelta = timedelta()
    """The span of `since`."""

    def keeps(self, entry: Searched, now: datetime) -> bool:
        return self._found(entry, now) is not self.negated

    def _found(self, entry: Searched, now: datetime) -> bool:
        match self.field:
            case "status":
                # `5xx`, as people say it.
                wanted = self.value.rstrip("x")
                longest = len(self.value)
                return any(len(each) == longest and each.startswith(wanted) for each in entry.statuses)
            case "class":
                return any(self.value in each for each in entry.classes)
            case "since":
                return now - entry.at <= self.span
        return self.value in entry.text.casefold()


@dataclass(frozen=True, slots=True)
class Filter:
    """What is let through: the entries that satisfy every term. Without terms that is everything."""

    terms: tuple[_Term, ...] = ()

    def keeps(self, entry: Searched, now: datetime) -> bool:
        return all(term.keeps(entry, now) for term in self.terms)


def parse_filter(text: str) -> Filter:
    """The filter that somebody typed. Raises FilterError for a field with a value that it cannot have."""
    return Filter(tuple(_term(word) for word in text.casefold().split()))


def _term(word: str) -> _Term:
    negated = len(word) > 1 and word.startswith("-")
    name, colon, value = word.removeprefix("-" if negated else "").partition(":")
    if not colon or name not in (_STATUS, _CLASS, _SINCE):
        # Any other colon is part of what is looked for, as in a URL or in 14:05.
        return _Term("", word.removeprefix("-" if negated else ""), negated)
    if not value:
        raise FilterError(f"{name}: needs a value, such as {_EXAMPLES[name]}.")
    span = parse_span(value) if name == _SINCE else timedelta()
    if span is None:
        raise FilterError(f"since:{value} is no length of time. Write since:10m or since:2h.")
    return _Term(name, value.replace(" ", "_"), negated, span)


_EXAMPLES = {_STATUS: "status:529 or status:5xx", _CLASS: "class:timeout", _SINCE: "since:10m"}
