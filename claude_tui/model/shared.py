"""One object for equal values of successive records, as thousands of them are kept in memory."""

from __future__ import annotations

import sys
from collections.abc import Hashable
from functools import lru_cache
from typing import TypeVar, cast

__all__ = ["shared", "shared_header", "shared_text"]

T = TypeVar("T", bound=Hashable)

# Beyond this, a text is hardly ever repeated.
_LONGEST = 200


def shared_text(text: str) -> str:
    """`text`, or the equal object that was given before, if that is one of the last 256 texts.

    `sys.intern` would take every id and message into a table of the whole program, which only grows.
    """
    return _known_text(text) if len(text) <= _LONGEST else text


# More than two records contain.
@lru_cache(maxsize=256)
def _known_text(text: str) -> str:
    return text


@lru_cache(maxsize=128)
def shared_header(name: str, value: str) -> tuple[str, str]:
    """A response's header. Most headers of a failure are those of the failure before."""
    return sys.intern(name), value


def shared(value: T) -> T:
    """`value`, or an equal object that was given before, if that is one of the last 256 values."""
    return cast("T", _known(value))


@lru_cache(maxsize=256, typed=True)
def _known(value: Hashable) -> Hashable:
    return value
