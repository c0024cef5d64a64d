"""Reads a postmortem's Markdown: fields and action items, each with its line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from claude_tui.incident.postmortem.fields import ACTIONS_HEADING, FIELDS, TITLE
from claude_tui.incident.postmortem.markdown import FENCE, PLACEHOLDERS
from claude_tui.incident.postmortem.revisions import normal
from claude_tui.model.text import inert

__all__ = ["ReadAction", "ReadField", "ReadPostmortem", "read"]

_MOST = 2_000_000
_TITLE = re.compile(r"#{1,6}\s+Incident:\s*(.*)", re.IGNORECASE)
_HEADING = re.compile(r"[-*+]\s+\*\*([^*:]{1,60}?)\s*(?::\*\*|\*\*\s*:)\s*(.*)")
_ITEM = re.compile(r"\s*[-*+]\s+\[([ xX])\]\s+(.*)")
_ID = re.compile(r"\s*<!-- action ([0-9a-z-]{1,40}) -->\s*$")
_PART = r"((?:\\.|[^()·\\])*)"
_PARTS = re.compile(rf"(.*)(?<!\\)\({_PART} · owner: {_PART} · due: {_PART}\)\s*")
_KEYS = {spec.heading.casefold(): spec for spec in FIELDS if spec is not TITLE}


@dataclass(frozen=True, slots=True)
class ReadField:
    """A field in a document."""

    text: str
    """Empty if there is only the placeholder."""
    line: int
    """The line of its heading, from 1."""


@dataclass(frozen=True, slots=True)
class ReadAction:
    """An action item in a document; parts with only a placeholder are empty."""

    line: int
    text: str
    owner: str = ""
    due: str = ""
    kind: str = ""
    id: str = ""
    """Empty if it was added by hand."""


@dataclass(frozen=True, slots=True)
class ReadPostmortem:
    """The content of a document."""

    front: Mapping[str, Any] = field(default_factory=dict)
    """Its front matter; empty without one."""
    fields: Mapping[str, ReadField] = field(default_factory=dict)
    """The fields whose headings are present, by key."""
    actions: tuple[ReadAction, ...] = ()
    actions_line: int = 0
    """The line of the heading of the action items; 0 without one."""
    problems: tuple[tuple[int, str], ...] = ()
    """What could not be read: the line, and what is wrong with it."""
    lines: tuple[str, ...] = ()
    """The whole text, line by line."""
    front_lines: int = 0
    """How many of `lines` are front matter."""


def read(text: str) -> ReadPostmortem:
    """Reads a document. It never fails: whatever cannot be read is listed in `problems`."""
    lines = inert(text.removeprefix("\ufeff"), _MOST, keep_newlines=True).split("\n")
    front, begins, problems = _front(lines)
    reader = _Reader(problems)
    for number, row in enumerate(lines[begins:], begins + 1):
        reader.take(number, row)
    return ReadPostmortem(
        front,
        reader.fields(),
        tuple(reader.actions),
        reader.actions_line,
        tuple(sorted(reader.problems)),
        tuple(lines),
        begins,
    )


def _front(lines: list[str]) -> tuple[Mapping[str, Any], int, list[tuple[int, str]]]:
    """The front matter, its number of lines, and its problems."""
    if not lines or lines[0].rstrip() != FENCE:
        return {}, 0, []
    end = next((number for number, row in enumerate(lines[1:], 1) if row.rstrip() == FENCE), None)
    if end is None:
        return {}, 1, [(1, f"the front matter has no end: a line with {FENCE}")]
    try:
        return tomllib.loads("\n".join(lines[1:end])), end + 1, []
    except RecursionError:
        return {}, end + 1, [(1, "the front matter is not TOML: nested too deeply")]
    except ValueError as error:  # TOMLDecodeError, or an integer of thousands of digits
        found = re.search(r"at line (\d+)", str(error))
        line = int(found[1]) + 1 if found else 1
        return {}, end + 1, [(line, f"the front matter is not TOML: {error}")]


class _Reader:
    """Reads line by line; each line belongs to the heading before it."""

    def __init__(self, problems: Iterable[tuple[int, str]]) -> None:
        self.problems = list(problems)
        self.actions: list[ReadAction] = []
        self.actions_line = 0
        self._texts: dict[str, tuple[int, list[str]]] = {}
        self._current: list[str] | None = None
        self._in_actions = False

    def take(self, number: int, row: str) -> None:
        row = row.rstrip()
        if (title := _TITLE.fullmatch(row)) is not None:
            self._begin(number, TITLE.key, title[1])
            self._current = None  # it has one line
        elif (heading := _HEADING.fullmatch(row)) is not None:
            self._head(number, heading[1], heading[2])
        elif self._in_actions:
            self._action(number, row)
        elif self._current is not None:
            self._current.append(row[2:] if row.startswith("  ") else row)
        elif row and not row.startswith("#"):
            self.problems.append((number, "this line belongs to no field"))

    def _head(self, number: int, heading: str, rest: str) -> None:
        if heading.casefold() == ACTIONS_HEADING.casefold():
            self._in_actions, self._current = True, None
            if self.actions_line:
                self.problems.append((number, f"a second heading {ACTIONS_HEADING}"))
            self.actions_line = number
        elif (spec := _KEYS.get(heading.casefold())) is not None:
            self._begin(number, spec.key, rest)
        else:
            self._in_actions, self._current = False, []
            self.problems.append((number, f"no field is called “{heading}”"))

    def _begin(self, number: int, key: str, rest: str) -> None:
        self._in_actions = False
        self._current = [rest]
        if key in self._texts:
            self.problems.append((number, f"a second heading for {key.replace('_', ' ')}"))
        else:
            self._texts[key] = (number, self._current)

    def _action(self, number: int, row: str) -> None:
        if (item := _ITEM.fullmatch(row)) is not None:
            self.actions.append(_action(number, item[2]))
        elif row.strip():
            self.problems.append((number, "not an action item: each begins with `- [ ]`, in one line"))

    def fields(self) -> dict[str, ReadField]:
        found = {}
        for spec in FIELDS:
            if spec.key in self._texts:
                line, rows = self._texts[spec.key]
                text = normal("\n".join(rows))
                found[spec.key] = ReadField("" if text == spec.placeholder else text, line)
        return found


def _action(number: int, row: str) -> ReadAction:
    found = _ID.search(row)
    ident = found[1] if found else ""
    row = row[: found.start()] if found else row
    parts = _PARTS.fullmatch(row)
    if parts is None:
        return ReadAction(number, _said(row, "text"), id=ident)
    text, kind, owner, due = parts.groups()
    return ReadAction(
        number, _said(text, "text"), _said(owner, "owner"), _said(due, "due"), _said(kind, "kind"), ident
    )


def _said(text: str, part: str) -> str:
    """The text of a part; empty for a placeholder."""
    text = text.strip()
    if part == "text":
        return "" if text in ("[what to do]", "[preventive measure 1]") else text
    text = "" if text == PLACEHOLDERS[part] else text
    return re.sub(r"\\(.)", r"\1", text)
