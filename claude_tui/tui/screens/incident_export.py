"""Writing an incident to a file from its screen."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from claude_tui.engine.documents import write_document
from claude_tui.incident import document, markdown
from claude_tui.tui.screens.dialog import Answers, Choice, DialogScreen, Question, TextField
from claude_tui.tui.screens.dialog_fields import paragraph, refuse, tell
from claude_tui.tui.screens.incident_loading import Loaded

if TYPE_CHECKING:
    from claude_tui.tui.cockpit import Cockpit

__all__ = ["ask_export", "named_file", "write_file"]

_FORMATS = ("md", "json")
_MAX_PATH = 1_000


def ask_export(app: Cockpit, loaded: Loaded) -> None:
    """Ask for a format and a file, and write it; replacing a file has to be confirmed."""
    label = loaded.incident.label.lower()
    fields = (
        Choice("Format", ("Markdown, to read", "JSON (claude-top/incident@1), to import elsewhere")),
        TextField("File", label, _MAX_PATH, "the path of a file"),
    )
    explanation = paragraph(
        "Without a suffix, .md or .json is added. An existing file is not replaced without asking."
    )

    def answered(answers: Answers | None) -> None:
        if answers is None:
            return
        form = _FORMATS[int(answers[0])]
        if (path := named_file(answers[1], form)) is not None:
            write_file(app, path, _text(app, loaded, form))

    question = Question(
        f"Export {loaded.incident.label}",
        "write",
        fields,
        (explanation,),
        objection=lambda answers: "" if named_file(answers[1], "md") is not None else "Name a file.",
    )
    app.push_screen(DialogScreen(question), answered)


def named_file(typed: int | str, form: str) -> Path | None:
    """The file that was named; None if the text cannot name a file."""
    try:
        path = Path(str(typed)).expanduser()
        return path if path.suffix else path.with_suffix(f".{form}")
    except (RuntimeError, ValueError):  # an unknown user's home, or a directory
        return None


def _text(app: Cockpit, loaded: Loaded, form: str) -> str:
    at = app.newest.at
    if form == "md":
        return markdown(loaded.incident, loaded.timeline, loaded.figures, at)
    target = app.newest.engine.target.base_url
    made = document(loaded.incident, loaded.timeline, loaded.figures, at, target)
    return json.dumps(made, ensure_ascii=False, indent=2) + "\n"


def write_file(app: Cockpit, path: Path, text: str, *, replace: bool = False) -> None:
    """Write a file; replacing one has to be confirmed."""
    try:
        write_document(path, text, replace=replace)
    except FileExistsError:
        _ask_replacing(app, path, text)
    except OSError as error:
        refuse(app, f"Not written: {path}: {error.strerror or error}.")
    else:
        tell(app, f"Written to {path}.")


def _ask_replacing(app: Cockpit, path: Path, text: str) -> None:
    def answered(answers: Answers | None) -> None:
        if answers is not None and answers[0]:
            write_file(app, path, text, replace=True)

    fields = (Choice("File", ("keep it", "replace it")),)
    question = Question("There is a file already", "confirm", fields, (paragraph(str(path)),))
    app.push_screen(DialogScreen(question), answered)
