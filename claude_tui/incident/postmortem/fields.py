"""The fields of a postmortem, in the order and with the headings of the runbook's template."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ACTIONS_HEADING", "FIELDS", "TITLE", "FieldSpec", "spec_of"]

ACTIONS_HEADING = "Action Items"
"""The heading of the list of actions, which follows the last field of the template."""


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One field of the form."""

    key: str
    heading: str
    """The heading in the template."""
    hint: str
    """What to write: the template's placeholder, without its brackets."""
    folded: bool = False
    """Whether it is not part of the template, and hidden at first."""
    one_line: bool = False
    """Whether it has no line breaks."""

    @property
    def name(self) -> str:
        """The name within a sentence."""
        return self.heading.lower().replace("ids", "IDs")

    @property
    def label(self) -> str:
        """The name on a screen."""
        return self.heading[0] + self.name[1:]

    @property
    def placeholder(self) -> str:
        """The text of an empty field in a document."""
        return f"[{self.hint}]"


TITLE = FieldSpec("title", "Title", "what happened, in one line", one_line=True)

FIELDS: tuple[FieldSpec, ...] = (
    TITLE,
    FieldSpec("duration", "Duration", "start to end", one_line=True),
    FieldSpec("severity", "Severity", "P1 to P4", one_line=True),
    FieldSpec("impact", "Impact", "what users experienced"),
    FieldSpec("root_cause", "Root Cause", "what went wrong, and what on our side made it matter"),
    FieldSpec("detection", "Detection", "how we found out"),
    FieldSpec("mitigation", "Mitigation", "what we did to fix it"),
    FieldSpec("request_ids", "Request IDs", "from debug logs"),
    FieldSpec("contributing", "Contributing Factors", "what made it worse or more likely", folded=True),
    FieldSpec("went_well", "What Went Well", "what helped", folded=True),
    FieldSpec("went_badly", "What Went Badly", "what did not help", folded=True),
    FieldSpec("lucky", "Where We Were Lucky", "what could have been worse", folded=True),
    FieldSpec("surprise", "Why It Surprised Us", "what we believed that was not so", folded=True),
    FieldSpec("responders", "Responders", "who did what", folded=True),
    FieldSpec("timeline", "Timeline", "what happened when", folded=True),
    FieldSpec("customers", "Message to Customers", "what customers are told", folded=True),
)
"""All fields except the action items, which come between the template's fields and the folded ones."""

_BY_KEY = {spec.key: spec for spec in FIELDS}


def spec_of(key: str) -> FieldSpec:
    """The field with that key. Raises KeyError."""
    return _BY_KEY[key]
