"""Readers for the values of options: spans, speeds and numbers in bounds."""

from __future__ import annotations

from argparse import ArgumentTypeError
from collections.abc import Callable
from datetime import timedelta

from claude_tui.model.format import parse_span

__all__ = ["DEFAULT_SCENARIO", "drain", "load", "number", "seconds", "span", "speed", "whole"]

DEFAULT_SCENARIO = "tour"
"""The scenario that is played by default."""


def span(text: str) -> timedelta:
    """A span of time from an hour on, such as `30d`. Raises ArgumentTypeError."""
    found = parse_span(text)
    if found is None or found < timedelta(hours=1):
        raise ArgumentTypeError(f"got {text!r}, expected a span from 1h to 365d, such as 12h or 30d")
    return found


def speed(text: str) -> float:
    """A speed factor."""
    return number(text, 0.01, 1000)


def load(text: str) -> float:
    """Calls per second."""
    return number(text, 0.1, 200)


def seconds(text: str) -> float:
    """A timeout."""
    return number(text, 0.1, 600)


def drain(text: str) -> float:
    """Seconds that open calls may continue."""
    return number(text, 0, 3600)


def number(text: str, low: float, high: float) -> float:
    """A number in bounds. Raises ArgumentTypeError."""
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not low <= value <= high:
        raise ArgumentTypeError(f"got {text!r}, expected a number from {low:g} to {high:g}")
    return value


def whole(low: int, high: int) -> Callable[[str], int]:
    """Reads a whole number in bounds."""

    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit() and low <= int(text[:9]) <= high):
            raise ArgumentTypeError(f"got {text!r}, expected a whole number from {low} to {high}")
        return int(text)

    return read
