"""The line as text, with colours if requested."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from claude_tui.model.format import age, clock_minute, percent

if TYPE_CHECKING:
    from claude_tui.cli.statusline.reading import Found
    from claude_tui.model.status_line import StatusLine

__all__ = ["COLORS", "PARTS", "shown", "unknown_parts"]

COLORS = ("none", "ansi", "tmux")
"""The output formats of colours; the first is the default."""
PARTS = {
    "glyph": "● well, ▲ P3 or P4, ✗ P1 or P2, ? unknown",
    "severity": "P1 to P4; empty while all is well",
    "verdict": "whose problem and what, or why that is unknown",
    "for": "how long the trouble has lasted",
    "headroom": "the tightest rate limit, and what is left of it",
    "failing": "the share of the applications' calls that fail",
    "name": "the setting `name`",
}
"""The parts of a template, with their meaning."""

_USUAL = ("{glyph} {severity} {verdict} {for}", "{headroom}", "{failing}")
_PART = re.compile(r"\{([^{}]*)\}")
_ASCII = {"●": "*", "▲": "!", "✗": "x", "·": "-"}
_CODES = {"ok": ("32", "green"), "warn": ("33", "yellow"), "bad": ("31", "red"), "dim": ("2", "brightblack")}
_COLORED = ("glyph", "severity", "verdict")
_NOT_SHOWN = "\N{REPLACEMENT CHARACTER}"


def unknown_parts(template: str) -> list[str]:
    """The parts in a template that do not exist."""
    return [name for name in _PART.findall(template) if name not in PARTS]


def shown(found: Found, template: str | None, color: str, *, now: float, ascii_only: bool = False) -> str:
    """The line. It contains no control characters except those of its colours."""
    parts = _parts(found, now)
    role = _role(found.line)
    separator = " · "
    if ascii_only:
        parts = {name: _plain(text) for name, text in parts.items()}
        separator = _plain(separator)
    painted = {
        name: _painted(_inert(text, color), role if name in _COLORED else "", color)
        for name, text in parts.items()
    }
    if template is not None:
        return " ".join(_filled(template, painted).split())
    groups = (" ".join(_filled(group, painted).split()) for group in _USUAL)
    return separator.join(group for group in groups if group)


def _filled(template: str, parts: dict[str, str]) -> str:
    return _PART.sub(lambda found: parts.get(found[1], ""), template)


def _parts(found: Found, now: float) -> dict[str, str]:
    line = found.line
    if line is None:
        since = "" if found.since is None else _since(found.since, now)
        return dict.fromkeys(PARTS, "") | {"glyph": "?", "verdict": found.why.replace("{}", since)}
    trouble = line.severity != "none"
    return {
        "glyph": {"ok": "●", "warn": "▲", "bad": "✗"}.get(_role_by_severity(line), "?"),
        "severity": line.severity if trouble else "",
        "verdict": _verdict(line),
        "for": age(now - line.since) if trouble and line.since is not None else "",
        "headroom": "" if line.left is None else f"{line.bucket} {percent(line.left)} left",
        "failing": "" if line.failing is None else f"{percent(line.failing)} failing",
        "name": line.name,
    }


def _verdict(line: StatusLine) -> str:
    """`ok`, `them: overloaded`, `us: rate limited, recovering`."""
    if line.cause == "healthy":
        return "ok"
    if line.cause == "unknown" and line.severity == "none":
        return "no verdict yet"
    cause = line.cause.removeprefix("provider_").replace("_", " ")
    words = cause if line.side in ("none", "unclear") else f"{line.side}: {cause}"
    return f"{words}, {line.stage}" if line.stage else words


def _since(then: float, now: float) -> str:
    """`14:03 UTC`, with the date if that is not today."""
    instant, today = datetime.fromtimestamp(then, UTC), datetime.fromtimestamp(now, UTC)
    date = "" if instant.date() == today.date() else f"{instant:%b %d} "
    return f"{date}{clock_minute(instant)} UTC"


def _role(line: StatusLine | None) -> str:
    if line is None:
        return "dim"
    return "warn" if line.stage else _role_by_severity(line)


def _role_by_severity(line: StatusLine) -> str:
    if line.severity == "none":
        return "ok" if line.cause != "unknown" else "dim"
    return "bad" if line.severity in ("P1", "P2") else "warn"


def _inert(text: str, color: str) -> str:
    """The text without control characters, and without anything that tmux would interpret as a format."""
    clean = "".join(char if char.isprintable() else _NOT_SHOWN for char in text)
    return clean.replace("#", "＃") if color == "tmux" else clean


def _plain(text: str) -> str:
    for glyph, letter in _ASCII.items():
        text = text.replace(glyph, letter)
    return text


def _painted(text: str, role: str, color: str) -> str:
    if not text or not role or color == COLORS[0]:
        return text
    ansi, tmux = _CODES[role]
    return f"#[fg={tmux}]{text}#[default]" if color == "tmux" else f"\x1b[{ansi}m{text}\x1b[0m"
