"""A postmortem as Markdown and JSON: exported, linted, read back, and what was changed in it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from claude_tui.incident.postmortem import (
    FIELDS,
    PARTS,
    ActionKind,
    FieldState,
    Postmortem,
    PostmortemFileError,
    action_key,
    as_json,
    body,
    changes,
    in_one_line,
    incident_of,
    lint,
    markdown,
    read,
    schema_text,
)
from claude_tui.incident.postmortem.revisions import normal
from claude_tui.model.postmortem import FieldRevision
from tests.builders import after
from tests.incident_values import FIRST, declared, record
from tests.postmortem_values import KnownIncident, Writing, known_incident, wrote

AT = after(2000)
KNOWN = known_incident()
OPEN = known_incident(recorded=record(declared(), until=400))
# Whatever people write: letters and whatever means something to Markdown, TOML or the reader.
TEXT = st.text(alphabet="ab é·\\()[]<>#*-+:`|=\n. 1", max_size=40).map(normal)
BLOCKS = st.lists(
    st.sampled_from(
        (
            "- **Severity:** P1",
            "## Incident: another",
            "  indented",
            "- [ ] not an action (prevent · owner: x · due: y)",
            "1. first",
            "+++",
            "",
            "[several versions: resolve them]",
            "plain words",
        )
    ),
    max_size=5,
).map(lambda rows: normal("\n".join(rows)))
WRITTEN = TEXT | BLOCKS


def action(writing: Writing, ident: str, **parts: str) -> list[FieldRevision]:
    return [
        FieldRevision(writing.now(), writing.new_id(), FIRST, action_key(ident, part), text, "ana")
        for part, text in parts.items()
    ]


def exported(form: Postmortem, known: KnownIncident = KNOWN) -> str:
    return markdown(form, known.figures, AT)


def complete(writing: Writing) -> list[FieldRevision]:
    return [
        wrote(KNOWN.form(), "root_cause", "Theirs; nothing of ours fell back.", writing),
        *action(
            writing, "a1", text="Fall back to Sonnet on 529", owner="ana", due="2026-12-04", kind="mitigate"
        ),
    ]


# -- the document ---------------------------------------------------------------------------


def test_the_headings_are_those_of_the_runbooks_template() -> None:
    rows = body(KNOWN.form()).split("\n")
    assert rows[0] == "## Incident: Elevated 529s"
    heads = [row.split(":**")[0] for row in rows if row.startswith("- **")]
    assert heads[:8] == [
        "- **Duration",
        "- **Severity",
        "- **Impact",
        "- **Root Cause",
        "- **Detection",
        "- **Mitigation",
        "- **Request IDs",
        "- **Action Items",
    ]


def test_an_action_item_has_everything_in_one_line() -> None:
    form = KNOWN.form(*complete(Writing()))
    row = "  - [ ] Fall back to Sonnet on 529 (mitigate · owner: ana · due: 2026-12-04) <!-- action a1 -->"
    assert row in body(form).split("\n")


def test_what_the_program_exports_lints_clean_but_for_what_people_alone_can_know() -> None:
    found = lint(read(exported(KNOWN.form())))
    assert [finding.text.split(":")[0] for finding in found] == ["root cause", "there are no action items"]
    assert {finding.rule for finding in found} == {"missing"}
    assert lint(read(exported(KNOWN.form(*complete(Writing()))))) == ()


def test_an_open_incident_lacks_its_end() -> None:
    rules = {finding.rule for finding in lint(read(exported(OPEN.form(), OPEN)))}
    assert rules == {"missing", "time"}


def test_secrets_do_not_leave_the_program() -> None:
    key = "sk-ant-api03-" + "x" * 40
    text = exported(KNOWN.form(wrote(KNOWN.form(), "impact", f"we had {key} in the logs", Writing())))
    assert key not in text
    assert "[redacted]" in text


# -- there and back -------------------------------------------------------------------------

FORMS = st.builds(
    lambda fields, parts: (fields, parts),
    st.dictionaries(st.sampled_from([spec.key for spec in FIELDS]), WRITTEN, max_size=6),
    st.lists(
        st.fixed_dictionaries(
            {
                "text": TEXT.map(in_one_line).filter(bool),
                "owner": TEXT.map(in_one_line),
                "due": st.sampled_from(("", "2026-12-04", "soon (ish)")),
                "kind": st.sampled_from(("", *ActionKind)),
            }
        ),
        max_size=3,
    ),
)


def form_of(drawn: tuple[dict[str, str], list[dict[str, str]]]) -> Postmortem:
    writing, (fields, actions) = Writing(), drawn
    revisions = [wrote(KNOWN.form(), key, text, writing) for key, text in fields.items()]
    for number, parts in enumerate(actions):
        revisions += action(writing, f"a{number}", **parts)
    return KNOWN.form(*revisions)


@given(FORMS)
def test_export_lint_import_gives_the_same_values(drawn: tuple[dict[str, str], list[dict[str, str]]]) -> None:
    form = form_of(drawn)
    document = read(exported(form))
    lint(document)
    assert document.problems == ()
    assert incident_of(document) == FIRST
    for field in form.fields:
        text = in_one_line(field.text) if field.key == "title" else normal(field.text)
        assert document.fields[field.key].text == text
    kept = [kept_action for kept_action in document.actions if kept_action.id]
    assert [(read_action.id, *(getattr(read_action, part) for part in PARTS)) for read_action in kept] == [
        (kept_action.id, *(in_one_line(part.text) for part in kept_action.parts))
        for kept_action in form.actions
    ]
    assert changes(document, form, Writing(5000, 5000).writer()) == ()


@given(FORMS, st.sampled_from([spec.key for spec in FIELDS if not spec.one_line]), WRITTEN)
def test_what_is_changed_in_the_document_is_imported_and_nothing_else(
    drawn: tuple[dict[str, str], list[dict[str, str]]], key: str, text: str
) -> None:
    form = form_of(drawn)
    writing = Writing(5000, 5000)
    edited = form_of(({**drawn[0], key: text}, drawn[1]))
    # The front matter is what it was: somebody changed the text under it.
    front = exported(form).split("\n+++\n")[0]
    document = read(f"{front}\n+++\n\n{body(edited)}")
    made = changes(document, form, writing.writer("ben"))
    differs = normal(edited.field(key).text) != normal(form.field(key).text)
    assert [revision.field for revision in made] == ([key] if differs else [])


# -- what people do to a document ---------------------------------------------------------------


def edited(text: str, *replacements: tuple[str, str]) -> str:
    for before, now in replacements:
        assert before in text
        text = text.replace(before, now)
    return text


def test_a_document_changed_by_hand_becomes_revisions_made_from_what_was_exported() -> None:
    writing = Writing()
    revisions = complete(writing)
    form = KNOWN.form(*revisions)
    text = edited(
        exported(form),
        ("Theirs; nothing of ours fell back.", "Theirs.\n\nNothing of ours fell back:\n- checkout\n- batch"),
        ("owner: ana · due: 2026-12-04", "owner: ben · due: 2026-12-04"),
        (
            "<!-- action a1 -->",
            "<!-- action a1 -->\n  - [ ] Alert on 529 (detect · owner: cas · due: 2026-12-01)",
        ),
    )
    made = changes(read(text), form, writing.writer("ben"))
    after_import = KNOWN.form(*revisions, *made)
    assert (
        after_import.field("root_cause").text == "Theirs.\n\nNothing of ours fell back:\n- checkout\n- batch"
    )
    first, second = after_import.actions
    assert [part.text for part in first.parts] == [
        "Fall back to Sonnet on 529",
        "ben",
        "2026-12-04",
        "mitigate",
    ]
    assert [part.text for part in second.parts] == ["Alert on 529", "cas", "2026-12-01", "detect"]
    assert len(made) == 6


def test_a_line_taken_out_removes_its_action_item() -> None:
    writing = Writing()
    revisions = complete(writing)
    form = KNOWN.form(*revisions)
    row = next(row for row in exported(form).split("\n") if "<!-- action a1 -->" in row)
    made = changes(read(edited(exported(form), (f"{row}\n", ""))), form, writing.writer("ben"))
    assert KNOWN.form(*revisions, *made).actions == ()


def test_a_removal_does_not_take_what_somebody_else_changed_meanwhile() -> None:
    writing = Writing()
    revisions = complete(writing)
    form = KNOWN.form(*revisions)
    row = next(row for row in exported(form).split("\n") if "<!-- action a1 -->" in row)
    made = changes(read(edited(exported(form), (f"{row}\n", ""))), form, writing.writer("ben"))
    meanwhile = wrote(form, action_key("a1", "owner"), "cas", writing, by="cas")
    for order in ((*made, meanwhile), (meanwhile, *made)):
        (item,) = KNOWN.form(*revisions, *order).actions
        assert item.owner.text == "cas"
        assert "text" in item.missing


def test_a_stale_document_replaces_nothing_that_was_written_since() -> None:
    writing = Writing()
    revisions = complete(writing)
    form = KNOWN.form(*revisions)
    text = edited(exported(form), ("Theirs; nothing of ours fell back.", "Theirs alone."))
    since = wrote(form, "root_cause", "Ours: no fallback.", writing, by="ben")
    made = changes(read(text), KNOWN.form(*revisions, since), writing.writer("ana"))
    field = KNOWN.form(*revisions, since, *made).field("root_cause")
    assert field.state is FieldState.CONFLICT
    assert {head.text for head in field.heads} == {"Ours: no fallback.", "Theirs alone."}


def test_a_heading_taken_out_loses_no_text() -> None:
    form = KNOWN.form(*complete(Writing()))
    text = edited(exported(form), ("- **Root Cause:** Theirs; nothing of ours fell back.\n", ""))
    assert changes(read(text), form, Writing().writer()) == ()


def test_a_line_without_indentation_belongs_to_the_heading_before_it() -> None:
    form = KNOWN.form(*complete(Writing()))
    text = edited(exported(form), ("nothing of ours fell back.", "nothing fell back.\nNot even batch."))
    assert read(text).fields["root_cause"].text == "Theirs; nothing fell back.\nNot even batch."


def test_windows_line_ends_and_a_byte_order_mark_change_nothing() -> None:
    form = KNOWN.form(*complete(Writing()))
    text = "\ufeff" + exported(form).replace("\n", "\r\n")
    assert changes(read(text), form, Writing().writer()) == ()


@pytest.mark.parametrize(
    ("before", "now", "at_fault", "problem"),
    [
        ("- **Root Cause:**", "- **Root Cuase:**", "- **Root Cuase:**", "no field is called “Root Cuase”"),
        ("- **Impact:**", "- **Severity:** P2\n- **Impact:**", "- **Severity:** P2", "a second heading"),
        ("- **Duration:**", "stray words\n- **Duration:**", "stray words", "belongs to no field"),
        ("  - [ ] Fall", "  - Fall", "  - Fall", "not an action item"),
        ('schema = "claude', "schema = claude", "schema = claude", "not TOML"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_line(
    before: str, now: str, at_fault: str, problem: str
) -> None:
    form = KNOWN.form(*complete(Writing()))
    text = edited(exported(form), (before, now))
    line = next(n for n, row in enumerate(text.split("\n"), 1) if row.startswith(at_fault))
    with pytest.raises(PostmortemFileError) as refused:
        changes(read(text), form, Writing().writer())
    assert str(refused.value).startswith(f"line {line}: ")
    assert problem in str(refused.value)


def test_a_document_of_something_else_is_refused() -> None:
    for text in (
        "",
        "# Notes\n",
        "+++\nschema = 'other@1'\n+++\n",
        "+++\nschema = 'claude-top/postmortem@1'\n+++",
    ):
        with pytest.raises(PostmortemFileError, match="not an exported postmortem"):
            incident_of(read(text))


@given(st.text(max_size=300))
def test_any_text_can_be_read_and_linted(text: str) -> None:
    for whole in (
        text,
        f"+++\n{text}\n+++\n## Incident: x\n- **Duration:** {text}\n- **Action Items:**\n{text}",
    ):
        document = read(whole)
        assert all(1 <= finding.line <= len(document.lines) + 1 for finding in lint(document))


# -- JSON -----------------------------------------------------------------------------------------


@given(FORMS)
def test_the_json_document_fits_its_schema(drawn: tuple[dict[str, str], list[dict[str, str]]]) -> None:
    schema = json.loads(schema_text())
    Draft202012Validator.check_schema(schema)
    written = json.loads(as_json(form_of(drawn), KNOWN.figures, AT))
    Draft202012Validator(schema).validate(written)
    assert written["schema"] == "claude-top/postmortem@1"


def test_the_json_document_of_an_open_incident_has_no_end() -> None:
    written = json.loads(as_json(OPEN.form(), OPEN.figures, AT))
    Draft202012Validator(json.loads(schema_text())).validate(written)
    assert written["incident"]["ended_at"] is None
    texts = {field["key"]: field for field in written["fields"]}
    assert texts["root_cause"]["state"] == "missing"
    assert texts["title"]["state"] == "record"
    assert texts["title"]["evidence"]
