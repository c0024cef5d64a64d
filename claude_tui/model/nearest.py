"""Suggests the known name that was probably meant by an unknown one."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["hint", "nearest"]


def nearest(name: str, known: Iterable[str], *, cutoff: float = 0.6) -> str:
    """The known name most similar to `name`, ignoring case and the difference of - and _; "" if none is."""
    import difflib

    plain = {_plain(candidate): candidate for candidate in known}
    close = difflib.get_close_matches(_plain(name), list(plain), n=1, cutoff=cutoff)
    return plain[close[0]] if close else ""


def hint(name: str, known: Iterable[str]) -> str:
    """` (did you mean "…"?)`, or "" if no known name is similar; for messages other than a Problem."""
    close = nearest(name, known)
    return f' (did you mean "{close}"?)' if close else ""


def _plain(name: str) -> str:
    return name.casefold().replace("-", "_")
