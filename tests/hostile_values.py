"""Values that no version of the program wrote, for reading back from its own files."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

__all__ = ["JSON_VALUES", "SQL_VALUES", "as_json", "nodes", "replaced"]

URLS = [
    "http://[redacted]@127.0.0.1:80/api/v2/summary.json",
    "http://user:pw@host/",
    "http://[::1",
    "https://h:99999/",
    "//[redacted]@[",
    "http://",
]
TEXTS = st.one_of(
    st.text(max_size=60),
    st.text(st.characters(categories=["Cc", "Cf", "Zl", "Zp", "So"]), max_size=30),
    st.sampled_from(
        [
            *URLS,
            "[bold]x[/bold]",
            "[/]",
            "\x1b[2J\x1b]0;t\x07",
            "{}",
            "[" * 100_000,
            "x" * 20_000,
            "漢" * 500,
            "nan",
            "1e999",
            "Bearer abcdefghijklmnop",
            "\n\n",
            "",
            " ",
        ]
    ),
)
# From the year 1 to the year 9999, what any instant may say.
_EARLIEST, _LATEST = -62135596800 * 10**6, 253402300800 * 10**6 - 1
WHOLES = st.one_of(
    st.integers(-(2**63), 2**63 - 1),
    st.integers(_EARLIEST, _LATEST),
    st.sampled_from([0, -1, 2**63 - 1, -(2**63), _EARLIEST, _LATEST, _LATEST + 1]),
)
FIGURES = st.floats(allow_nan=False) | st.sampled_from([float("inf"), -float("inf"), 1e308, 5e-324, -0.0])
SQL_VALUES = st.none() | WHOLES | FIGURES | TEXTS | st.binary(max_size=40)
LEAVES = (
    st.none() | st.booleans() | st.integers() | WHOLES | st.floats() | FIGURES | TEXTS | st.just(10**4000)
)
JSON_VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=2),
    max_leaves=4,
)


def nodes(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path to every value within a JSON value, including itself."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in inner:
        yield from nodes(child, (*path, key))


def replaced(value: Any, path: tuple[Any, ...], new: object) -> Any:
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = replaced(value[path[0]], path[1:], new)
    return copy


def as_json(value: object) -> str:
    """JSON with figures of any length, which json.dumps would refuse like json.loads."""
    sys.set_int_max_str_digits(0)
    try:
        return json.dumps(value)
    finally:
        sys.set_int_max_str_digits(4300)
