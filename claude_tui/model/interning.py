"""Uses one object for equal values, as thousands of records in memory repeat them."""

from __future__ import annotations

import sys
from collections.abc import Hashable
from functools import lru_cache
from typing import TypeVar, cast

__all__ = ["interned", "interned_header", "interned_text"]

T = TypeVar("T", bound=Hashable)

# Beyond this, a text is hardly ever repeated.
_LONGEST = 200


def interned_text(text: str) -> str:
    """`text`, or an equal object if one is among the last 256 texts.

    `sys.intern` would keep every id and message in a table that only grows.
    """
    return _known_text(text) if len(text) <= _LONGEST else text


# More than the texts of two records.
@lru_cache(maxsize=256)
def _known_text(text: str) -> str:
    return text


@lru_cache(maxsize=128)
def interned_header(name: str, value: str) -> tuple[str, str]:
    """A response header. Most headers of a failure are the same as in the previous one."""
    return sys.intern(name), value


def interned(value: T) -> T:
    """`value`, or an equal object if one is among the last 256 values."""
    return cast("T", _known(value))


@lru_cache(maxsize=256, typed=True)
def _known(value: Hashable) -> Hashable:
    return value
