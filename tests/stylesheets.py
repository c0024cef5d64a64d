"""Textual's stylesheets, parsed once for all apps of a test process.

Each app parses the styles of all its widgets when it starts, which takes as long as drawing its first screen.
The parsed rules of a text are the same for every app with the same colours, and nobody changes them.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, lru_cache

import textual.css.stylesheet
from textual.css.model import RuleSet
from textual.css.parse import parse
from textual.css.tokenize import Token, tokenize_values
from textual.css.types import CSSLocation

__all__ = ["install"]

_PARSED_MOST = 10_000
"""So many texts of different colours are kept."""


class _Variables(dict[str, list[Token]]):
    """The tokens of a stylesheet's variables; those of equal variables are one and the same object."""

    __hash__ = object.__hash__  # type: ignore[assignment]
    __eq__ = object.__eq__


@cache
def _tokens(variables: tuple[tuple[str, str], ...]) -> _Variables:
    return _Variables(tokenize_values(dict(variables)))


def _tokens_of(values: dict[str, str]) -> _Variables:
    return _tokens(tuple(values.items()))


@lru_cache(maxsize=_PARSED_MOST)
def _rules(
    scope: str,
    css: str,
    read_from: CSSLocation,
    variable_tokens: _Variables,
    is_default_rules: bool,
    tie_breaker: int,
) -> tuple[RuleSet, ...]:
    return tuple(
        parse(
            scope,
            css,
            read_from,
            variable_tokens=variable_tokens,
            is_default_rules=is_default_rules,
            tie_breaker=tie_breaker,
        )
    )


def _rules_of(
    scope: str,
    css: str,
    read_from: CSSLocation,
    *,
    variable_tokens: _Variables,
    is_default_rules: bool,
    tie_breaker: int,
) -> Iterable[RuleSet]:
    return _rules(scope, css, read_from, variable_tokens, is_default_rules, tie_breaker)


def install() -> None:
    """Has Textual's stylesheets share what they parse."""
    textual.css.stylesheet.tokenize_values = _tokens_of
    textual.css.stylesheet.parse = _rules_of  # type: ignore[assignment]
