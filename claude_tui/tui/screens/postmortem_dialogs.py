"""The dialogs of a postmortem: which version counts, removing an action item, where to export to."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from claude_tui.incident.postmortem import (
    ActionItem,
    Field,
    FieldState,
    Postmortem,
    as_json,
    markdown,
)
from claude_tui.incident.postmortem.revisions import normal
from claude_tui.model.format import clock
from claude_tui.model.postmortem import DRAFTER, FieldRevision
from claude_tui.model.text import truncate
from claude_tui.tui.render.lines import Lines, Span, line
from claude_tui.tui.screens.dialog import Answers, Choice, DialogScreen, Question, TextField
from claude_tui.tui.screens.dialog_fields import paragraph, tell
from claude_tui.tui.screens.incident_export import named_file, write_file
from claude_tui.tui.screens.incident_loading import Loaded

if TYPE_CHECKING:
    from claude_tui.tui.cockpit import Cockpit

__all__ = ["VersionChosen", "ask_export", "ask_removal", "ask_which_version"]

_MAX_PATH = 1_000
_WITHOUT = {True: "follow the record again", False: "leave it empty"}
"""What choosing none of the texts means, with and without a text from the record."""
_TO_CLIPBOARD = 2

VersionChosen = Callable[[str, bool], None]
"""Called with the text that counts from now on, and whether to edit it first."""


def ask_which_version(app: Cockpit, field: Field, name: str, then: VersionChosen) -> None:
    """Show all versions of a field, and ask which of them counts from now on."""
    versions = _versions(field)
    texts = [text for _, text in versions]
    people = [head for head in field.heads if normal(head.text)]
    keep = "accept" if field.state is FieldState.DRAFT else "keep"
    options = [f"{keep} {who}" if text else _WITHOUT[bool(field.computed.text)] for who, text in versions]
    if len(people) > 1:
        options.append("keep both, one below the other, and edit them")
        texts.append("\n\n".join(normal(head.text) for head in people))
    options.append("edit the newest further" if len(people) > 1 else "edit it further")
    texts.append(normal(field.heads[-1].text))
    edited = range(len(versions), len(options))

    def answered(answers: Answers | None) -> None:
        if answers is not None:
            chosen = int(answers[0])
            then(texts[chosen], chosen in edited)

    explanation = tuple(row for who, text in versions for row in _version(who, text or _shown(field)))
    question = Question(f"{name}: versions", "confirm", (Choice("Use", tuple(options)),), explanation)
    app.push_screen(DialogScreen(question), answered)


def _versions(field: Field) -> list[tuple[str, str]]:
    """The author and the text of each version; no text for the record's, which then counts again."""
    found = [(_author(head), normal(head.text)) for head in reversed(field.heads) if normal(head.text)]
    given_back = any(not normal(head.text) for head in field.heads)
    if field.computed.text or given_back or field.state is FieldState.DRAFT:
        found.append(("the record", ""))
    return found


def _author(head: FieldRevision) -> str:
    return "the draft" if head.by == DRAFTER else f"{head.by}'s text of {clock(head.at)}"


def _shown(field: Field) -> str:
    return field.computed.text or "(nothing)"


def _version(who: str, text: str) -> Lines:
    return (line(Span(f"{who}: ", "info", bold=True), Span(" ".join(text.split()), "text")),)


def ask_removal(app: Cockpit, action: ActionItem, then: Callable[[], None]) -> None:
    """Ask whether to remove an action item; the default is to keep it."""

    def answered(answers: Answers | None) -> None:
        if answers is not None and answers[0] == 1:
            then()

    what = paragraph(truncate(action.text.text) or "(no text)")
    question = Question(
        "Remove the action item?", "confirm", (Choice("Item", ("keep it", "remove it")),), (what,)
    )
    app.push_screen(DialogScreen(question), answered)


def ask_export(app: Cockpit, form: Postmortem, loaded: Loaded) -> None:
    """Ask for a format and a file, and write it; replacing a file has to be confirmed."""
    label = form.incident.label
    fields = (
        Choice(
            "Format",
            (
                "Markdown, with the headings of the runbook's template",
                "JSON (claude-top/postmortem@1)",
                "Markdown, to the clipboard of your terminal",
            ),
        ),
        TextField("File", f"postmortem-{label.lower()}", _MAX_PATH, "the path of a file"),
    )
    to_do = form.to_do
    explanation = [f"Still to do: {', '.join(to_do)}."] if to_do else []
    explanation.append(
        "Without a suffix, .md or .json is added. An existing file is not replaced without asking."
    )

    def answered(answers: Answers | None) -> None:
        if answers is None:
            return
        as_markdown = answers[0] != 1
        text = _document(app, form, loaded, as_markdown=as_markdown)
        if answers[0] == _TO_CLIPBOARD:
            app.copy_to_clipboard(text)
            tell(app, "Postmortem sent to the terminal's clipboard.")
        elif (path := named_file(answers[1], "md" if as_markdown else "json")) is not None:
            write_file(app, path, text)

    def objection(answers: Answers) -> str:
        named = named_file(answers[1], "md") is not None
        return "" if named or answers[0] == _TO_CLIPBOARD else "Name a file."

    question = Question(
        f"Export the postmortem of {label}",
        "export",
        fields,
        tuple(map(paragraph, explanation)),
        objection=objection,
    )
    app.push_screen(DialogScreen(question), answered)


def _document(app: Cockpit, form: Postmortem, loaded: Loaded, *, as_markdown: bool) -> str:
    at = app.newest.at
    return markdown(form, loaded.figures, at) if as_markdown else f"{as_json(form, loaded.figures, at)}\n"
