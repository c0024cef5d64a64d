"""Changes to valid data: in the bytes of a file or an answer, and in the values of a document.

The tests with these run with any seed: `pytest --hypothesis-seed=7 tests/unit/test_fuzz_files.py`; with
`--hypothesis-profile=fuzz` they try twenty times as much.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import tomli_w
from hypothesis import strategies as st

from tests.hostile_values import TEXTS, nodes, replaced

__all__ = ["changed_bytes", "changed_toml"]

_SNIPPETS = [
    b"\x00",
    b"\xff\xfe",
    b"\xed\xa0\x80",
    b"\xef\xbb\xbf",
    b"\r",
    b"\n",
    b"\n\n",
    b'"',
    b"'''",
    b'"""',
    b"[",
    b"[[",
    b"[[[[" * 500,
    b"{" * 2000,
    b"]",
    b"=",
    b"#",
    b"\\",
    b"\\u0000",
    b"\\ud800",
    b"1e999",
    b"9" * 5000,
    b"-0",
    b"nan",
    b"null",
    b"0001-01-01T00:00:00Z",
    b"9999-12-31T23:59:59.999999+14:00",
    b"\x1b[2J",
    b"data: ",
    b"event: error\n",
    "漢".encode(),
    b"x" * 70_000,
]
_TOML_LEAVES = (
    st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats()
    | TEXTS.filter(lambda text: "\r" not in text)
    | st.dates()
    | st.times()
    | st.datetimes()
)
_TOML_VALUES = st.recursive(
    _TOML_LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)


@st.composite
def changed_bytes(draw: st.DrawFn, data: bytes) -> bytes:
    """The bytes with a few parts cut out, put in, repeated or moved."""
    changed = bytearray(data)
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(changed)))
        end = min(len(changed), start + draw(st.sampled_from([0, 1, 2, 8, 64, 4096])))
        kind = draw(st.sampled_from(["put", "replace", "cut", "repeat", "end", "flip"]))
        if kind == "put":
            changed[start:start] = draw(st.sampled_from(_SNIPPETS))
        elif kind == "replace":
            changed[start:end] = draw(st.sampled_from(_SNIPPETS) | st.binary(max_size=8))
        elif kind == "cut":
            del changed[start:end]
        elif kind == "repeat":
            changed[start:start] = changed[start:end]
        elif kind == "end":
            del changed[start:]
        elif start < len(changed):
            changed[start] ^= 1 << draw(st.integers(0, 7))
    return bytes(changed)


@st.composite
def changed_toml(draw: st.DrawFn, document: Mapping[str, Any]) -> str:
    """The document with another value somewhere, without one, or with one under another's name."""
    changed: Any = dict(document)
    for _ in range(draw(st.integers(1, 3))):
        where = draw(st.sampled_from([path for path in nodes(changed) if path]))
        kind = draw(st.sampled_from(["value", "value", "gone", "name"]))
        if kind == "value":
            changed = replaced(changed, where, draw(_TOML_VALUES))
        else:
            changed = _without(changed, where, draw(st.text(max_size=8)) if kind == "name" else None)
        if not changed:
            break
    return tomli_w.dumps(changed)


def _without(value: Any, path: tuple[Any, ...], renamed: str | None) -> Any:
    """The value without the one at `path`, or with that under another name."""
    *way, last = path
    inner = value
    for key in way:
        inner = inner[key]
    if isinstance(inner, dict):
        left = {key: child for key, child in inner.items() if key != last}
        if renamed is not None:
            left[renamed] = inner[last]
        return replaced(value, tuple(way), left)
    return replaced(value, tuple(way), [child for number, child in enumerate(inner) if number != last])
