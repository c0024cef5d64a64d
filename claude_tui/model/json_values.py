"""Frozen dataclasses as JSON and back, checked against their annotations."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import MISSING, Field, fields, is_dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from claude_tui.model.interning import interned_text
from claude_tui.model.text import inert

__all__ = ["from_json", "from_plain", "mapped", "saved_as", "saved_name", "sound", "to_json", "to_plain"]

T = TypeVar("T")

_STORED_AS = "stored_as"

# No working clock shows an instant outside; to one within, any wait can be added without overflow.
_EARLIEST, _LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
# Beyond any real number of notifications, attempts and entries.
_LARGEST_COUNT = 10**15


def saved_as(name: str) -> dict[str, str]:
    """The metadata of a field whose key in saved state is `name`, as it had that name in earlier versions."""
    return {_STORED_AS: name}


def to_json(value: object) -> bytes:
    """`value` as UTF-8 JSON: fields by name, without those that have their default value."""
    return json.dumps(to_plain(value), ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def to_plain(value: object, *, with_defaults: bool = False) -> object:
    """The value that `to_json` writes, before it becomes text; `with_defaults` includes all fields."""
    if is_dataclass(value) and not isinstance(value, type):
        return {
            saved_name(field): to_plain(found, with_defaults=with_defaults)
            for field in fields(value)
            if (found := getattr(value, field.name)) != field.default or with_defaults
        }
    if isinstance(value, tuple):
        return [to_plain(item, with_defaults=with_defaults) for item in value]
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, bytes):
        return b64encode(value).decode("ascii")
    return value


def from_json(kind: type[T], raw: bytes) -> T:
    """The value that `to_json` wrote.

    Unknown fields are ignored; raises ValueError for anything that is not a `kind`.
    """
    try:
        return from_plain(kind, json.loads(raw))
    except RecursionError as error:
        raise ValueError(f"not a {kind.__name__}: nested too deeply") from error


def from_plain(kind: type[T], value: object) -> T:
    """`from_json`, from the value that the JSON text was parsed into."""
    try:
        return cast(T, _read(kind, value))
    except (RecursionError, KeyError, TypeError, OverflowError) as error:
        raise ValueError(f"not a {kind.__name__}: {type(error).__name__}: {error}") from error


def _read(kind: Any, value: object) -> object:
    origin = get_origin(kind)
    if origin in (Union, UnionType):
        return _read_optional(kind, value)
    if origin is tuple:
        return _read_tuple(get_args(kind), value)
    return _read_fields(kind, value) if is_dataclass(kind) else _read_scalar(kind, value)


def _read_scalar(kind: Any, value: object) -> object:
    if kind is str:
        return interned_text(_checked(str, value))
    if kind is datetime:
        return _read_instant(value)
    if kind is bytes:
        return b64decode(_checked(str, value), validate=True)
    if issubclass(kind, StrEnum):
        return kind(_checked(str, value))
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return _checked(kind, value)


def _checked(kind: Any, value: object) -> Any:
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise ValueError(f"expected {kind.__name__}, got {type(value).__name__}")
    return value


def _read_optional(kind: Any, value: object) -> object:
    if value is None:
        return None
    (inner,) = (arg for arg in get_args(kind) if arg is not NoneType)
    return _read(inner, value)


def _read_tuple(kinds: tuple[Any, ...], value: object) -> tuple[object, ...]:
    items = _checked(list, value)
    if len(kinds) == 2 and kinds[1] is Ellipsis:
        return tuple(_read(kinds[0], item) for item in items)
    if len(items) != len(kinds):
        raise ValueError(f"expected {len(kinds)} values, got {len(items)}")
    return tuple(_read(kind, item) for kind, item in zip(kinds, items, strict=True))


def _read_fields(kind: Any, value: object) -> object:
    table = _checked(dict, value)
    found: dict[str, object] = {}
    for name, key, hint, required in _fields_of(kind):
        if key in table:
            raw = table[key]
            # Most fields are text.
            found[name] = interned_text(raw) if hint is str and type(raw) is str else _read(hint, raw)
        elif required:
            raise ValueError(f"not a {kind.__name__}: it has no {key!r}")
    return kind(**found)


@cache
def _fields_of(kind: Any) -> tuple[tuple[str, str, Any, bool], ...]:
    """For each field: its name, its key in saved state, its type, and whether it is required."""
    hints = get_type_hints(kind)
    return tuple(
        (
            field.name,
            saved_name(field),
            hints[field.name],
            field.default is MISSING and field.default_factory is MISSING,
        )
        for field in fields(kind)
    )


def saved_name(field: Field[Any]) -> str:
    """The key of a field in saved state, which must survive a renaming of the field."""
    return str(field.metadata.get(_STORED_AS, field.name))


def _read_instant(value: object) -> datetime:
    instant = datetime.fromisoformat(_checked(str, value))
    if instant.tzinfo is None:
        raise ValueError("expected an instant with its offset")
    return instant.astimezone(UTC)


def mapped(change: Callable[[Any], Any], value: Any) -> Any:
    """`value` with `change` applied to each item of a tuple or field of a dataclass."""
    if isinstance(value, tuple):
        return tuple(map(change, value))
    if is_dataclass(value) and not isinstance(value, type):
        changed: dict[str, Any] = {}
        for name in _names_of(type(value)):
            before = getattr(value, name)
            after = change(before)
            if after is not before:
                changed[name] = after
        return replace(value, **changed) if changed else value
    return value


@cache
def _names_of(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


def sound(
    value: Any,
    clean: Callable[[str], str] = inert,
    *,
    whole: float = _LARGEST_COUNT,
    figure: float = _LARGEST_COUNT,
) -> Any:
    """`value` with `clean` applied to all text.

    Raises ValueError for instants that could overflow, for whole numbers from `whole` on and for others from
    `figure` on.
    """
    if isinstance(value, StrEnum):
        return value
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, datetime) and not _EARLIEST <= value <= _LATEST:
        raise ValueError(f"an instant in the year {value.year}")
    # Also False for anything that is not a number.
    if isinstance(value, int | float):
        most = figure if isinstance(value, float) else whole
        if not -most < value < most:
            raise ValueError("an implausibly large number")
        return value
    return mapped(lambda item: sound(item, clean, whole=whole, figure=figure), value)
