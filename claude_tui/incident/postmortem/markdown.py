"""A postmortem as Markdown: the runbook's template, under TOML front matter for the program itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from claude_tui.incident.postmortem.actions import action_of, in_one_line
from claude_tui.incident.postmortem.computed import record_severity
from claude_tui.incident.postmortem.fields import ACTIONS_HEADING, TITLE, FieldSpec
from claude_tui.incident.postmortem.revisions import normal
from claude_tui.incident.postmortem.values import ActionItem, Field, Postmortem
from claude_tui.incident.values import Figures
from claude_tui.model.incident import PROGRAM
from claude_tui.model.text import Redactor

__all__ = ["FENCE", "PLACEHOLDERS", "SCHEMA", "body", "digest", "item_line", "markdown"]

SCHEMA = "claude-top/postmortem@1"
FENCE = "+++"
PLACEHOLDERS = {"owner": "[who]", "due": "[YYYY-MM-DD]", "kind": "[prevent, detect or mitigate]"}
"""The placeholder for empty parts of an action item."""

# A first line that Markdown would read differently if it followed a heading on the same line.
_SEPARATORS = re.compile(r"([\\·()])")
_OWN_LINE = re.compile(r"[-*+#>|`<=\s]|\d+[.)]")


def digest(text: str) -> str:
    """A digest that shows whether a text has changed since it was exported."""
    from hashlib import sha256

    return sha256(normal(text).encode("utf-8", "replace")).hexdigest()[:16]


def markdown(form: Postmortem, figures: Figures, at: datetime, redactor: Redactor | None = None) -> str:
    """The whole document. Secrets are removed once more, as it leaves the program."""
    import tomli_w

    front = tomli_w.dumps(_front(form, figures, at))
    text = f"{FENCE}\n{front}{FENCE}\n\n{body(form)}"
    return (redactor or Redactor()).without_secrets(text)


def _front(form: Postmortem, figures: Figures, at: datetime) -> dict[str, Any]:
    """The front matter that import and `lint` need: the incident, recorded figures, and exported texts."""
    incident = form.incident
    fields = [*form.fields, *(part for action in form.actions for part in action.parts)]
    severity = record_severity(incident, figures)
    measured = {
        str(level): round(length.total_seconds()) for level, length in figures.per_severity if level.trouble
    }
    record: dict[str, Any] = {
        "started": figures.started,
        **({} if figures.ongoing else {"ended": figures.end}),
        **({"severity": str(severity)} if severity.trouble else {}),
        "seconds_per_severity": measured,
        "people": [name for name in incident.people if name != PROGRAM],
    }
    return {
        "schema": SCHEMA,
        "incident": incident.id,
        "label": incident.label,
        "exported_at": at,
        "record": record,
        "digests": {field.key: digest(_as_exported(field)) for field in fields},
        "revisions": {field.key: field.base for field in fields if field.heads},
    }


def _as_exported(field: Field) -> str:
    """The text as reading the document returns it."""
    return in_one_line(field.text) if field.key == TITLE.key or action_of(field.key) else field.text


def body(form: Postmortem) -> str:
    """The document without its front matter."""
    rows: list[str] = []
    for spec, field in form.with_specs():
        if spec is TITLE:
            rows += [f"## Incident: {in_one_line(field.text) or spec.placeholder}", ""]
            continue
        if spec.folded and f"- **{ACTIONS_HEADING}:**" not in rows:
            rows += _actions(form.actions)
        rows += _field(spec, field)
    return "\n".join(rows) + "\n"


def _field(spec: FieldSpec, field: Field) -> Iterator[str]:
    """A heading and its text; further lines are indented, as Markdown requires."""
    head = f"- **{spec.heading}:**"
    lines = (normal(field.text) or spec.placeholder).split("\n")
    if lines[1:] or _OWN_LINE.match(lines[0]):
        yield head
    else:
        yield f"{head} {lines[0]}"
        return
    yield from (f"  {row}" if row else "" for row in lines)


def _actions(actions: tuple[ActionItem, ...]) -> list[str]:
    return (
        [f"- **{ACTIONS_HEADING}:**", *map(item_line, actions)]
        if actions
        else [
            f"- **{ACTIONS_HEADING}:**",
            f"  - [ ] [preventive measure 1] ({_parts('', '', '')})",
        ]
    )


def item_line(action: ActionItem) -> str:
    """`  - [ ] Route to Sonnet on 529 (mitigate · owner: ana · due: 2026-12-04) <!-- action 3f2a -->`."""
    parts = _parts(action.kind.text, action.owner.text, action.due.text)
    text = in_one_line(action.text.text) or "[what to do]"
    return f"  - [ ] {text} ({parts}) <!-- action {action.id} -->"


def _parts(kind: str, owner: str, due: str) -> str:
    return (
        f"{_escaped(kind) or PLACEHOLDERS['kind']}"
        f" · owner: {_escaped(owner) or PLACEHOLDERS['owner']}"
        f" · due: {_escaped(due) or PLACEHOLDERS['due']}"
    )


def _escaped(text: str) -> str:
    """The text on one line, with the separators of the parts escaped."""
    return _SEPARATORS.sub(r"\\\1", in_one_line(text))
