"""Observations as rows: repeated values form a Kind, common numbers are columns, the rest is `extra`."""

from __future__ import annotations

import json
import sys
import zlib
from dataclasses import astuple, dataclass, replace
from datetime import datetime
from typing import Any

from claude_tui.model.addresses import AddressFault, AddressKind, Bypassed
from claude_tui.model.interning import interned_header, interned_text
from claude_tui.model.observation import (
    Observation,
    Outcome,
    RateLimitReading,
    Source,
    Timings,
    Usage,
    WindowReading,
)
from claude_tui.store.checked import (
    entries,
    figure,
    figure_or_none,
    text,
    text_or_none,
    whole,
    whole_or_none,
)
from claude_tui.store.instants import (
    from_micros,
    from_micros_or_none,
    pack_seconds,
    to_micros_or_none,
    unpack_seconds,
)

__all__ = ["COLUMNS", "UNREADABLE", "Kind", "Row", "decode", "encode", "kind_of"]

Row = tuple[Any, ...]
Varying = tuple[str | None, str | None, str | None, str | None, int | None]

# The columns of `observations` beside `at`, `n` and `kind`, in the order `encode` gives them.
COLUMNS = "request_id, dns, connect, tls, first_byte, first_token, total, server, skew, cost_usd, extra"

# What decoding raises for a value that this version cannot have written.
UNREADABLE = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    OverflowError,
    RecursionError,
    zlib.error,
)

# Part of the format: another dictionary makes every stored `extra` unreadable and needs a migration.
# Four rate-limit buckets take 220 bytes as JSON and 48 deflated with it.
_DICTIONARY = (
    b'{"message":"Overloaded","retry_after_s":30.0,"fresh_retry":true,"varying":[null,null,null,null,null],'
    b'"windows":[["7d",0.25,1795183200000000,"allowed"],["5h",0.5,1795183200000000,"allowed_warning"]],'
    b'"headers":[["anthropic-organization-id","00000000-0000-"],["content-type","text/html"],["server","cloudflare"],'
    b'["x-should-retry","true"],["server-timing","x-originResponse;dur=1"],["x-envoy-upstream-service-time","325"],'
    b'["cf-ray","9a0b1c2d3e4f5678-FRA"],["retry-after","30"]],"usage":[12,8,0,0],"limits":['
    b'["requests",1000,999,1795183200000000],["input-tokens",2000000,2000000,1795183200000000],'
    b'["output-tokens",400000,400000,1795183200000000],["tokens",2400000,2400000,1795183200000000]]}'
)

_SOURCES = {source.value: source for source in Source}
_OUTCOMES = {outcome.value: outcome for outcome in Outcome}
_NO_EXTRA: dict[str, Any] = {}
# Far more than is ever packed: a few kilobytes of deflated zeros could otherwise exhaust the memory.
_LARGEST_EXTRA = 4_000_000


@dataclass(frozen=True, slots=True)
class Kind:
    """The values that many observations share; a row refers to it by number."""

    source: str
    """Plain text: another version may have written a source that this one does not know."""
    outcome: str
    """Plain text, for the same reason."""
    target: str
    """The URL that was probed."""
    model: str | None
    """The model of a message; None for other sources."""
    http_status: int | None
    """None if there was no response."""
    error_type: str | None
    """None if there was no error."""
    error_code: str | None
    """None if the error has no code."""
    stop_reason: str | None
    """None if no message was completed."""
    tls_expires_at: int | None
    """Microseconds since 1970."""

    @property
    def varying(self) -> Varying:
        """The parts that a server may vary without limit."""
        return (self.model, self.error_type, self.error_code, self.stop_reason, self.tls_expires_at)

    def plain(self) -> Kind:
        """The same without the varying parts."""
        return Kind(self.source, self.outcome, self.target, None, self.http_status, None, None, None, None)

    @property
    def known(self) -> bool:
        """Whether this version knows its source and outcome."""
        return self.source in _SOURCES and self.outcome in _OUTCOMES

    @classmethod
    def of(cls, row: Row) -> Kind:
        """The Kind of a stored row. Raises one of UNREADABLE for what this version cannot have written."""
        source, outcome, target, model, http_status, error_type, error_code, stop_reason, expires = row
        return cls(
            text(source),
            text(outcome),
            text(target),
            text_or_none(model),
            whole_or_none(http_status),
            text_or_none(error_type),
            text_or_none(error_code),
            text_or_none(stop_reason),
            whole_or_none(expires),
        )


def kind_of(observation: Observation) -> Kind:
    return Kind(
        source=observation.source.value,
        outcome=observation.outcome.value,
        target=observation.target,
        model=observation.model,
        http_status=observation.http_status,
        error_type=observation.error_type,
        error_code=observation.error_code,
        stop_reason=observation.stop_reason,
        tls_expires_at=to_micros_or_none(observation.tls_expires_at),
    )


def encode(observation: Observation, varying: Varying | None = None) -> Row:
    """The values of COLUMNS. `varying` holds the parts that the Kind of the row lacks, stored in the row."""
    timings = observation.timings
    return (
        observation.request_id,
        pack_seconds(timings.dns),
        pack_seconds(timings.connect),
        pack_seconds(timings.tls),
        pack_seconds(timings.first_byte),
        pack_seconds(timings.first_token),
        pack_seconds(timings.total),
        pack_seconds(observation.server_s),
        pack_seconds(observation.skew_s),
        observation.cost_usd,
        _pack_extra(_extra_of(observation, varying)),
    )


def decode(at: int, kind: Kind, values: Row) -> Observation:
    """The Observation that `encode` was given.

    Raises one of UNREADABLE for what this version cannot have written.
    """
    request_id, *phases, server, skew, cost, packed = values
    extra = _unpack_extra(packed) if packed is not None else _NO_EXTRA
    varying = _varying(extra["varying"]) if "varying" in extra else kind.varying
    model, error_type, error_code, stop_reason, expires = varying
    return Observation(
        at=from_micros(at),
        source=_SOURCES[kind.source],
        target=kind.target,
        outcome=_OUTCOMES[kind.outcome],
        http_status=kind.http_status,
        error_type=error_type,
        error_code=error_code,
        message=_message(extra.get("message")),
        request_id=text_or_none(request_id),
        timings=Timings(*map(_seconds, phases)),
        model=model,
        stop_reason=stop_reason,
        usage=Usage(*map(whole, entries(extra["usage"]))) if "usage" in extra else None,
        rate_limits=_readings(extra["limits"]) if "limits" in extra else (),
        windows=_windows(extra["windows"]) if "windows" in extra else (),
        retry_after_s=figure_or_none(extra.get("retry_after_s")),
        server_s=_seconds(server),
        skew_s=_seconds(skew),
        tls_expires_at=from_micros_or_none(expires),
        bypassed=_bypassed(extra["addresses"]) if "addresses" in extra else None,
        fresh_retry="fresh_retry" in extra,
        cost_usd=figure(cost),
        headers=_headers(extra["headers"]) if "headers" in extra else (),
    )


def _extra_of(observation: Observation, varying: Varying | None) -> dict[str, object]:
    parts = {
        "varying": varying,
        "message": observation.message,
        "retry_after_s": observation.retry_after_s,
        "addresses": _stored_bypassed(observation.bypassed),
        "fresh_retry": observation.fresh_retry or None,
        "windows": [
            (window.window, window.utilization, to_micros_or_none(window.reset_at), window.status)
            for window in observation.windows
        ]
        or None,
        "headers": observation.headers or None,
        "usage": astuple(observation.usage) if observation.usage is not None else None,
        "limits": [
            (reading.bucket, reading.limit, reading.remaining, to_micros_or_none(reading.reset_at))
            for reading in observation.rate_limits
        ]
        or None,
    }
    return {name: value for name, value in parts.items() if value is not None}


def _pack_extra(extra: dict[str, object]) -> str | bytes | None:
    """JSON, deflated where that is shorter; None for nothing."""
    if not extra:
        return None
    text = json.dumps(extra, separators=(",", ":"))
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS, zdict=_DICTIONARY)
    packed = packer.compress(text.encode("ascii")) + packer.flush()
    return packed if len(packed) < len(text) else text


def _unpack_extra(stored: str | bytes) -> dict[str, Any]:
    if isinstance(stored, bytes):
        unpacker = zlib.decompressobj(wbits=-zlib.MAX_WBITS, zdict=_DICTIONARY)
        unpacked = unpacker.decompress(stored, _LARGEST_EXTRA)
        if not unpacker.eof:
            raise ValueError("extra is truncated or too large")
        stored = unpacked.decode("ascii")
    extra = json.loads(stored)
    if not isinstance(extra, dict):
        raise TypeError(f"extra is a {type(extra).__name__}, not an object")
    return extra


def _seconds(stored: int | float | None) -> float | None:
    return None if stored is None else figure_or_none(unpack_seconds(stored))


def _varying(stored: object) -> Varying:
    model, error_type, error_code, stop_reason, expires = entries(stored)
    return (
        text_or_none(model),
        text_or_none(error_type),
        text_or_none(error_code),
        text_or_none(stop_reason),
        whole_or_none(expires),
    )


def _message(stored: object) -> str | None:
    return None if stored is None else interned_text(text(stored))


def _bypassed(stored: object) -> Bypassed:
    kind, fault, *single = entries(stored)
    found = Bypassed(AddressKind(text(kind)), AddressFault(text(fault)))
    return replace(found, address=text(single[0]), of=whole(single[1])) if single else found


def _stored_bypassed(bypassed: Bypassed | None) -> tuple[object, ...] | None:
    if bypassed is None:
        return None
    single = (bypassed.address, bypassed.of) if bypassed.address else ()
    return (bypassed.kind, bypassed.fault, *single)


def _headers(stored: object) -> tuple[tuple[str, str], ...]:
    return tuple(interned_header(text(name), text(value)) for name, value in map(entries, entries(stored)))


def _readings(stored: object) -> tuple[RateLimitReading, ...]:
    """The buckets, which are called the same in all rows, and mostly reset at the same instant."""
    resets: dict[int | None, datetime | None] = {}
    found = []
    for bucket, limit, remaining, reset_at in map(entries, entries(stored)):
        if reset_at not in resets:
            resets[reset_at] = from_micros_or_none(reset_at)
        name = sys.intern(text(bucket))
        reading = RateLimitReading(name, whole_or_none(limit), whole_or_none(remaining), resets[reset_at])
        found.append(reading)
    return tuple(found)


def _windows(stored: object) -> tuple[WindowReading, ...]:
    return tuple(
        WindowReading(
            text(name), figure_or_none(utilization), from_micros_or_none(reset_at), text_or_none(status)
        )
        for name, utilization, reset_at, status in map(entries, entries(stored))
    )
