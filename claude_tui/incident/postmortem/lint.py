"""What is missing or wrong in a postmortem's Markdown, line by line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from claude_tui.incident.postmortem.actions import due_date
from claude_tui.incident.postmortem.fields import ACTIONS_HEADING, FIELDS
from claude_tui.incident.postmortem.reading import ReadAction, ReadField, ReadPostmortem
from claude_tui.incident.postmortem.revisions import UNACCEPTED, UNSETTLED
from claude_tui.incident.postmortem.values import ActionKind
from claude_tui.model.format import duration
from claude_tui.model.text import Redactor
from claude_tui.model.verdict import SEVERITIES

__all__ = ["Finding", "lint"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to fix."""

    line: int
    """From 1."""
    rule: str
    """Its name, for scripts: missing, time, severity, action, blame, secret, conflict, draft, form."""
    text: str

    def __str__(self) -> str:
        return f"{self.line}: {self.rule}: {self.text}"


def lint(document: ReadPostmortem, redactor: Redactor | None = None) -> tuple[Finding, ...]:
    """Everything to fix, by line."""
    found = {
        *(Finding(line, "form", problem) for line, problem in document.problems),
        *_missing(document),
        *_times(document),
        *_severity(document),
        *_actions(document),
        *_conflicts(document),
        *_blame(document),
        *_secrets(document, redactor or Redactor()),
    }
    return tuple(sorted(found, key=lambda finding: (finding.line, finding.rule, finding.text)))


def _missing(document: ReadPostmortem) -> Iterator[Finding]:
    after = document.front_lines + 1
    for spec in FIELDS:
        read = document.fields.get(spec.key)
        if spec.folded:
            continue
        if read is None:
            yield Finding(after, "missing", f"there is no {spec.name}")
        elif not read.text:
            yield Finding(read.line, "missing", f"{spec.name}: {spec.hint}")


# -- times ---------------------------------------------------------------------------------

_DAY = r"(?P<day>\d{4}-\d{2}-\d{2})"
_TIME = r"(?P<time>\d{1,2}:\d{2}(?::\d{2})?)"
_ZONE = r"(?:\s*(?:UTC|Z))?"
_START = re.compile(rf"\s*{_DAY}[T ]{_TIME}{_ZONE}")
_END = re.compile(rf"\s*(?:to|until|–|—|-)\s*(?:{_DAY}[T ])?{_TIME}{_ZONE}")
_CLOCK = re.compile(r"\d{1,2}:\d{2}")


def _times(document: ReadPostmortem) -> Iterator[Finding]:
    read = document.fields.get("duration")
    if read is not None and read.text:
        yield from _duration(read)
    timeline = document.fields.get("timeline")
    if timeline is not None:
        for line, row in _rows(document, timeline):
            if re.match(r"[-*+]\s", row.strip()) and not _CLOCK.search(row):
                yield Finding(line, "time", "this entry of the timeline has no time")


def _duration(read: ReadField) -> Iterator[Finding]:
    began = _START.match(read.text)
    if began is None:
        yield Finding(read.line, "time", "the duration has no start, such as 2026-11-20 14:02:11")
        return
    ended = _END.match(read.text, began.end())
    start = _instant(began["day"], began["time"])
    end = None if ended is None else _instant(ended["day"] or began["day"], ended["time"])
    if start is None or (ended is not None and end is None):
        yield Finding(read.line, "time", "the duration has a time that does not exist")
    elif end is None:
        yield Finding(read.line, "time", "the duration has no end")
    elif end < start:
        yield Finding(read.line, "time", f"it ends {duration(start - end)} before it starts")


def _instant(day: str, time: str) -> datetime | None:
    hour, _, rest = time.partition(":")
    try:
        return datetime.fromisoformat(f"{day}T{hour:0>2}:{rest}+00:00")
    except ValueError:
        return None


def _record(document: ReadPostmortem) -> dict[str, object]:
    found = document.front.get("record")
    return found if isinstance(found, dict) else {}


# -- severity and action items -------------------------------------------------------------


def _severity(document: ReadPostmortem) -> Iterator[Finding]:
    read = document.fields.get("severity")
    if read is None or not read.text:
        return
    severity = re.match(r"P[1-4]\b", read.text)
    if severity is None:
        yield Finding(read.line, "severity", f"expected one of {', '.join(SEVERITIES)}")
        return
    record = _record(document)
    recorded, seconds = record.get("severity"), record.get("seconds_per_severity")
    if isinstance(recorded, str) and recorded != severity[0]:
        measured = ""
        if isinstance(seconds, dict) and seconds:
            lengths = (f"{name} for {duration(float(length))}" for name, length in seconds.items())
            measured = f" ({', '.join(lengths)})"
        yield Finding(read.line, "severity", f"{severity[0]}, but the record says {recorded}{measured}")


def _actions(document: ReadPostmortem) -> Iterator[Finding]:
    if not any(action.text or action.owner or action.due for action in document.actions):
        line = document.actions_line or document.front_lines + 1
        yield Finding(line, "missing", f"there are no {ACTIONS_HEADING.lower()}")
        return
    for action in document.actions:
        yield from (Finding(action.line, "action", problem) for problem in _faults(action))


def _faults(action: ReadAction) -> Iterator[str]:
    if not action.text:
        yield "it does not say what to do"
    if not action.owner:
        yield "it has no owner"
    if not action.due:
        yield "it has no due date"
    elif due_date(action.due) is None:
        yield f"its due date is not a day such as 2026-12-04: {action.due}"
    if action.kind not in set(ActionKind):
        yield f"it has no kind: one of {', '.join(ActionKind)}"


# -- words -----------------------------------------------------------------------------------


def _conflicts(document: ReadPostmortem) -> Iterator[Finding]:
    for line, row in enumerate(document.lines[document.front_lines :], document.front_lines + 1):
        if UNSETTLED in row:
            yield Finding(line, "conflict", "several people wrote this at the same time: keep what counts")
        if UNACCEPTED in row:
            yield Finding(line, "draft", "a model drafted this, and nobody has accepted it")


_BLAME = re.compile(
    r"\b(should(?:n[’']t| not)? have|should[’']ve|ought to have|human error|careless(?:ly|ness)?"
    r"|negligen(?:t|ce|tly)|incompeten(?:t|ce)|(?:is|are|was|were) to blame|blam(?:e|ed|ing)"
    r"|screwed up|messed up|stupid(?:ly)?|sloppy)\b",
    re.IGNORECASE,
)
_FAULTS = (
    r"(?:broke|caused|forgot|failed to|neglected|ignored|missed|overlooked|mistakenly|wrongly|accidentally)"
)
# The timeline is exempt: it quotes what was said at the time.
_QUOTED = frozenset({"timeline"})


def _blame(document: ReadPostmortem) -> Iterator[Finding]:
    by_name = _name_with_fault(_people(document))
    for key, read in document.fields.items():
        if key in _QUOTED:
            continue
        for line, row in _rows(document, read):
            for found in _BLAME.finditer(row):
                yield Finding(line, "blame", f"“{found[0]}” blames: say what happened, and why it made sense")
            if by_name is not None and (named := by_name.search(row)):
                text = f"“{named[0]}” puts a name beside a fault: say what happened, not who did it"
                yield Finding(line, "blame", text)


def _people(document: ReadPostmortem) -> Iterator[str]:
    people = _record(document).get("people")
    yield from (person for person in (people if isinstance(people, list) else []) if isinstance(person, str))
    responders = document.fields.get("responders")
    if responders is not None:
        for row in responders.text.split("\n"):
            yield row.strip().lstrip("-*+ ").partition("(")[0].strip()
    yield from (action.owner for action in document.actions)


def _name_with_fault(people: Iterable[str]) -> re.Pattern[str] | None:
    names = {re.escape(name) for name in people if 2 <= len(name) <= 60}
    if not names:
        return None
    name = f"(?:{'|'.join(sorted(names, key=len, reverse=True))})"
    return re.compile(
        rf"\b{name} {_FAULTS}\b|\b{name}[’']s (?:fault|mistake|error|negligence)\b|\bbecause of {name}\b",
        re.IGNORECASE,
    )


def _secrets(document: ReadPostmortem, redactor: Redactor) -> Iterator[Finding]:
    for line, row in enumerate(document.lines, 1):
        if redactor.without_secrets(row) != row:
            yield Finding(line, "secret", "this looks like a key, a token or a password: take it out")


def _rows(document: ReadPostmortem, read: ReadField) -> Iterator[tuple[int, str]]:
    """The lines of a field's text with their numbers, including the rest of the heading's line."""
    begin = read.line - 1
    rows = document.lines[begin : begin + _height(document, read)]
    yield read.line, rows[0].partition(":")[2].removeprefix("**")
    yield from enumerate(rows[1:], read.line + 1)


def _height(document: ReadPostmortem, read: ReadField) -> int:
    """How many lines a field has, up to the next heading."""
    heads = [field.line for field in document.fields.values()] + [
        document.actions_line,
        len(document.lines) + 1,
    ]
    return min(line for line in heads if line > read.line) - read.line
