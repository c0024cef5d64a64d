"""The form of a postmortem: what the record fills in, and what becomes of it when a person writes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from claude_tui.incident import Record, Span, subject
from claude_tui.incident.postmortem import FIELDS, FieldState, editing
from claude_tui.model.incident import IncidentAct
from claude_tui.model.playbook import StepMark, StepState
from claude_tui.model.verdict import Severity
from claude_tui.tui.render.lines import plain
from claude_tui.tui.screens.postmortem_lines import FormLook, head_line, others_text
from tests.builders import after
from tests.incident_values import FIRST, SECOND, declared, did, record
from tests.postmortem_values import RESOLVED, Writing, known_incident, wrote


def test_the_fields_follow_the_order_of_the_runbooks_template() -> None:
    template = [spec.heading for spec in FIELDS if not spec.folded]
    assert template == [
        "Title",
        "Duration",
        "Severity",
        "Impact",
        "Root Cause",
        "Detection",
        "Mitigation",
        "Request IDs",
    ]
    assert [spec.key for spec in FIELDS if spec.folded] == [
        "contributing",
        "went_well",
        "went_badly",
        "lucky",
        "surprise",
        "responders",
        "timeline",
        "customers",
    ]


def test_the_record_fills_in_what_it_knows() -> None:
    form = known_incident().form()
    assert form.field("title").text == "Elevated 529s"
    assert form.field("duration").text == "2026-11-20 12:02:00 to 12:13:20 UTC (11m 20s)"
    assert form.field("severity").text == "P1"
    assert form.field("severity").computed.note == "record: P1 for 2m 40s, P2 for 7m 40s"
    assert "60 of the 108 requests of our probes failed" in form.field("impact").text
    assert "Acknowledged by ben 48s after the first failure." in form.field("detection").text
    assert (
        "checkout on Sonnet (12:05:30 UTC, 3m 30s after the first failure)" in form.field("mitigation").text
    )
    assert form.field("request_ids").text.count(", req_") == 51
    assert form.field("responders").text == "- ana (lead)\n- ben"
    assert "- 12:05:20 ben: checkout went to Sonnet" in form.field("timeline").text
    filled = [field.key for field in form.fields if field.state is FieldState.RECORD]
    assert {"title", "duration", "severity", "impact", "detection", "mitigation", "request_ids"} <= {*filled}


def test_a_step_that_was_taken_back_mitigated_nothing() -> None:
    mark = StepMark(after(500), "outage", "retries", StepState.DONE, "ana", title="Set the retries right")
    marks = (
        mark,
        replace(mark, at=after(510), state=StepState.OPEN),
        replace(mark, at=after(520)),
        replace(mark, at=after(530), step="breaker", title="Open the breaker"),
        replace(mark, at=after(540), step="breaker", title="Open the breaker", state=StepState.OPEN),
    )
    text = (
        known_incident(recorded=replace(record(*RESOLVED), step_marks=marks)).form().field("mitigation").text
    )
    assert text.count("“Set the retries right” done (12:08:40 UTC)") == 1
    assert text.count("Set the retries right") == 1
    assert "breaker" not in text


def test_what_only_people_know_is_missing_and_to_do() -> None:
    form = known_incident().form()
    assert form.field("root_cause").state is FieldState.MISSING
    assert form.field("root_cause").computed.note.startswith("the verdict said: It's them.")
    assert form.to_do == ("root cause", "action items")


def test_every_filled_field_names_entries_of_the_timeline() -> None:
    known = known_incident()
    keys = {entry.key for entry in known.timeline}
    for field in known.form().fields:
        assert set(field.computed.evidence) <= keys
        if field.state is FieldState.RECORD:
            assert field.computed.evidence, field.key


def test_the_severity_is_what_people_set_on_the_incident() -> None:
    acts = (*RESOLVED, did(310, IncidentAct.SEVERITY, "P2", subject="P1"))
    assert known_incident(*acts).form().field("severity").text == "P2"


def test_an_open_incident_has_no_end_and_does_not_change_by_the_second() -> None:
    texts = [
        known_incident(recorded=record(declared(), until=until)).form().field("duration").text
        for until in (400, 401)
    ]
    assert texts == ["2026-11-20 12:02:00 UTC to [end]"] * 2


def test_the_end_on_another_day_has_its_date() -> None:
    acts = (declared(), did(90_000, IncidentAct.RESOLVED, happened=86_400))
    known = known_incident(recorded=Record(Span(after(0), after(90_000)), entries=acts))
    assert known.form().field("duration").text == "2026-11-20 12:02:00 to 2026-11-21 12:00:00 UTC (23h 58m)"


def test_without_a_record_nothing_is_invented() -> None:
    acts = (declared(), did(900, IncidentAct.RESOLVED, happened=800))
    form = known_incident(recorded=Record(Span(after(0), after(900)), entries=acts)).form()
    for key in ("severity", "impact", "root_cause", "mitigation", "request_ids"):
        assert form.field(key).state is FieldState.MISSING, key


def test_an_untouched_field_follows_the_record_and_a_touched_one_is_flagged_with_both_texts() -> None:
    before = known_incident()
    written = wrote(before.form(), "duration", "12:02 to 12:20, as customers saw it", Writing())
    assert before.form(written).field("duration").state is FieldState.PERSON

    corrected = did(1000, IncidentAct.CORRECTED, subject="started", happened=60)
    later = known_incident(*RESOLVED, corrected)
    untouched, touched = later.form().field("duration"), later.form(written).field("duration")
    assert untouched.state is FieldState.RECORD
    assert untouched.text.startswith("2026-11-20 12:01:00 to")
    assert touched.state is FieldState.CHANGED
    assert touched.text == "12:02 to 12:20, as customers saw it"
    assert touched.computed.text == untouched.text
    assert "duration: the record changed" in later.form(written).to_do


def test_what_grows_by_itself_while_an_incident_is_open_is_flagged_only_when_it_is_over() -> None:
    then, now = (known_incident(recorded=record(declared(), until=until)) for until in (400, 500))
    written = wrote(then.form(), "impact", "Checkout is down.", Writing())
    assert then.form().field("impact").computed.text != now.form().field("impact").computed.text
    assert now.form(written).field("impact").state is FieldState.PERSON

    over = known_incident(declared(), did(900, IncidentAct.RESOLVED, happened=800))
    assert over.form(written).field("impact").state is FieldState.CHANGED


def test_keeping_the_text_settles_what_changed_and_taking_the_records_text_follows_it_again() -> None:
    writing = Writing()
    written = wrote(known_incident().form(), "title", "Checkout down", writing)
    renamed = did(1000, IncidentAct.RENAMED, "Overload of Opus")
    later = known_incident(*RESOLVED, renamed)
    assert later.form(written).field("title").state is FieldState.CHANGED

    kept = wrote(later.form(written), "title", "Checkout down", writing)
    assert later.form(written, kept).field("title").state is FieldState.PERSON

    given_back = wrote(later.form(written), "title", "", writing)
    field = later.form(written, given_back).field("title")
    assert (field.state, field.text) == (FieldState.RECORD, "Overload of Opus")


def test_the_postmortem_is_that_of_the_open_incident_or_the_last() -> None:
    old = declared(title="old", ident="a1" * 16)
    over = did(800, IncidentAct.RESOLVED)
    new = did(900, IncidentAct.DECLARED, "new", incident=SECOND, ident="b1" * 16)
    done = did(950, IncidentAct.RESOLVED, incident=SECOND)
    reopened = did(990, IncidentAct.REOPENED)

    def title(*acts: object) -> str:
        from claude_tui.incident import incidents

        found = subject(incidents(acts))  # type: ignore[arg-type]
        return found.title if found is not None else ""

    assert title() == ""
    assert title(old) == "old"
    assert title(old, over, new) == "new"
    assert title(old, over, new, done) == "new"
    assert title(old, over, new, done, reopened) == "old"


def test_who_edits_what_is_shown_for_a_minute_and_never_oneself() -> None:
    writing = Writing()
    form = known_incident().form()
    mine = wrote(form, "impact", "mine", writing)
    theirs = wrote(form, "impact", "theirs", writing, by="ben")
    revisions, own = (mine, theirs), frozenset({mine.id})
    assert editing(revisions, FIRST, after(1030), own) == {"impact": theirs}
    assert editing(revisions, FIRST, after(1063), own) == {}
    assert editing(revisions, SECOND, after(1030), own) == {}


def test_severities_of_the_record_are_known_to_the_form() -> None:
    assert known_incident().form().field("severity").text in set(Severity)


def test_somebody_who_pauses_is_not_shown_as_still_editing() -> None:
    """Nothing is recorded when a person leaves a field, so only what is recorded is shown."""
    form = known_incident().form()
    theirs = wrote(form, "impact", "theirs", Writing(), by="ben")
    later = theirs.at + timedelta(seconds=12)
    assert others_text(theirs, theirs.at, "the impact") == "ben is editing the impact"
    assert others_text(theirs, later, "the impact") == "ben edited the impact 12s ago"
    look = FormLook(later, editing={"impact": theirs})
    assert "ben edited" in plain(head_line(form, look, "", 100))
    assert "ben is editing" in plain(head_line(form, replace(look, at=theirs.at), "", 100))
