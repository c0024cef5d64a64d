"""How complete the postmortem of a drill is."""

from __future__ import annotations

from claude_tui.drills.record import Completeness, DrillRecord
from claude_tui.incident import figures, incidents, subject, timeline
from claude_tui.incident.postmortem import computed, lint, markdown, postmortem, read

__all__ = ["completeness"]


def completeness(drill: DrillRecord) -> Completeness | None:
    """That of the open or the last incident; None if none was declared."""
    record = drill.record
    incident = subject(incidents(record.entries))
    if incident is None:
        return None
    found, measured = timeline(record, incident), figures(record, incident)
    form = postmortem(incident, computed(incident, found, measured), drill.revisions)
    template = [field for spec, field in form.with_specs() if not spec.folded]
    return Completeness(
        sum(field.is_filled for field in template),
        len(template),
        len(lint(read(markdown(form, measured, record.span.end)))),
    )
