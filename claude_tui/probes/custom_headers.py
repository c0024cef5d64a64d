"""The user's own headers, which the SDK adds to each request."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["custom_headers"]


def custom_headers(environ: Mapping[str, str]) -> dict[str, str]:
    """ANTHROPIC_CUSTOM_HEADERS as the SDK reads it: `Name: value` lines, others ignored."""
    lines = [line.partition(":") for line in environ.get("ANTHROPIC_CUSTOM_HEADERS", "").split("\n")]
    return {name.strip(): value.strip() for name, colon, value in lines if colon}
