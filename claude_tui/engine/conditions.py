"""The conditions under which Snapshots are judged, recorded in the store whenever they change.

A past Snapshot is built under the conditions of its time: a threshold that has changed since does not change
what was known then.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar, cast

from claude_tui.analysis.diagnosis.engine_facts import EngineFacts, engine_facts
from claude_tui.analysis.options import Options
from claude_tui.model.conditions import ConditionsChange
from claude_tui.model.json_values import from_json, saved_name, sound, to_plain
from claude_tui.model.snapshot import EngineState, Target
from claude_tui.store import CONDITIONS_CHANGES

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    from claude_tui.store import Store

C = TypeVar("C", bound="DataclassInstance")

__all__ = ["Conditions", "ConditionsRecorder", "decode_conditions", "encode_conditions"]


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a Snapshot depends on besides the observations and what people did."""

    options: Options = field(default_factory=Options)
    """The thresholds, and the intervals of the probes."""
    facts: EngineFacts = field(default_factory=EngineFacts)
    """What only the engine knows."""
    target: Target = field(default_factory=lambda: Target("", "", "", None))
    """The monitored endpoint."""
    ceiling_usd: float = 0.0
    """The most that paid probes may cost in a day, in dollars."""
    demo: str | None = None
    """The scenario being played; None on a real endpoint."""
    speed: float = 1.0
    """How many times faster than real time it is played."""

    @classmethod
    def of(cls, engine: EngineState, options: Options) -> Conditions:
        return cls(
            options,
            engine_facts(engine),
            engine.target,
            engine.spend.ceiling_usd,
            engine.demo,
            engine.speed,
        )


def encode_conditions(conditions: Conditions) -> str:
    """JSON with every value, as the default of a later version may differ."""
    table = to_plain(conditions, with_defaults=True)
    return json.dumps(table, ensure_ascii=False, separators=(",", ":"))


def decode_conditions(body: str) -> Conditions:
    """The conditions in `body`, whichever version wrote it.

    Unknown keys are ignored. A key that is missing, or whose value this version cannot read, has its default.
    """
    default = Conditions()
    try:
        table = json.loads(body)
    except (ValueError, RecursionError):
        return default
    if not isinstance(table, dict):
        return default
    try:
        return _read(default, table)
    except ValueError:
        return _read_leniently(default, table)


def _read(default: C, table: dict[str, Any]) -> C:
    """`default`, updated from `table`. Raises ValueError for a value that cannot be read."""
    known = cast("dict[str, Any]", to_plain(default, with_defaults=True))
    raw = json.dumps(_overlaid(known, table))
    read: C = sound(from_json(type(default), raw.encode("utf-8", "replace")))
    return read


def _overlaid(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    return below | {
        key: _overlaid(below[key], value)
        if isinstance(value, dict) and isinstance(below.get(key), dict)
        else value
        for key, value in above.items()
    }


def _read_leniently(default: C, table: dict[str, Any]) -> C:
    """The same, skipping values that cannot be read."""
    read: C = default
    for declared_field in fields(default):
        key = saved_name(declared_field)
        if key not in table:
            continue
        current, value = getattr(default, declared_field.name), table[key]
        if is_dataclass(current) and isinstance(value, dict):
            read = replace(read, **{declared_field.name: _read_leniently(cast("Any", current), value)})
        else:
            with contextlib.suppress(ValueError):
                read = _read(read, {key: value})
    return read


class ConditionsRecorder:
    """Records the conditions of a process that probes. For one thread at a time."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._recorded: str | None = None
        self._last: Conditions | None = None

    def note(self, engine: EngineState, options: Options, at: datetime) -> None:
        """Records the conditions in force at `at`, if they have changed."""
        conditions = Conditions.of(engine, options)
        if conditions == self._last:
            return
        if self._recorded is None:
            in_force = self._store.entry_in_force(CONDITIONS_CHANGES, at)
            self._recorded = in_force.body if in_force is not None else ""
        self._last, body = conditions, encode_conditions(conditions)
        if body != self._recorded:
            self._recorded = body
            self._store.write(ConditionsChange(at, body))
