"""Postmortems: pure functions of an incident's record and of what people wrote."""

from claude_tui.incident.postmortem.actions import action_key, in_one_line, new_action
from claude_tui.incident.postmortem.computed import computed
from claude_tui.incident.postmortem.document import as_json, schema_text, to_json
from claude_tui.incident.postmortem.draft import Draft, Writer, revised
from claude_tui.incident.postmortem.drafting import DRAFTED, Prompt, drafted, prompt
from claude_tui.incident.postmortem.fields import ACTIONS_HEADING, FIELDS, FieldSpec, spec_of
from claude_tui.incident.postmortem.form import postmortem
from claude_tui.incident.postmortem.importing import PostmortemFileError, changes, incident_of
from claude_tui.incident.postmortem.lint import Finding, lint
from claude_tui.incident.postmortem.markdown import SCHEMA, body, markdown
from claude_tui.incident.postmortem.reading import ReadPostmortem, read
from claude_tui.incident.postmortem.revisions import editing, is_typing
from claude_tui.incident.postmortem.values import (
    PARTS,
    ActionItem,
    ActionKind,
    Computed,
    Field,
    FieldState,
    Postmortem,
)

__all__ = [
    "ACTIONS_HEADING",
    "DRAFTED",
    "FIELDS",
    "PARTS",
    "SCHEMA",
    "ActionItem",
    "ActionKind",
    "Computed",
    "Draft",
    "Field",
    "FieldSpec",
    "FieldState",
    "Finding",
    "Postmortem",
    "PostmortemFileError",
    "Prompt",
    "ReadPostmortem",
    "Writer",
    "action_key",
    "as_json",
    "body",
    "changes",
    "computed",
    "drafted",
    "editing",
    "in_one_line",
    "incident_of",
    "is_typing",
    "lint",
    "markdown",
    "new_action",
    "postmortem",
    "prompt",
    "read",
    "revised",
    "schema_text",
    "spec_of",
    "to_json",
]
