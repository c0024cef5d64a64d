"""`claude-top postmortem`: what it prints, writes, takes over and refuses."""

from __future__ import annotations

import io
import json
import shlex
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from claude_tui.analysis.options import Options
from claude_tui.cli import main
from claude_tui.engine.postmortem_command import PostmortemSession
from claude_tui.incident.postmortem import schema_text
from claude_tui.model.incident import IncidentAct, IncidentEntry
from claude_tui.model.postmortem import FieldRevision
from claude_tui.model.text import Redactor
from claude_tui.store import FIELD_REVISIONS, INCIDENT_ENTRIES, EntryTable, Store
from claude_tui.store.entries import E
from tests.builders import NOON, after
from tests.incident_values import ACKNOWLEDGED, FIRST, VERDICTS, declared, did, overload

pytestmark = pytest.mark.usefixtures("own_home")

STORE = "api.anthropic.com.db"
ACTS = (
    declared(200, "Elevated 529s", ident="1" * 32),
    did(330, IncidentAct.MITIGATED, "checkout on Sonnet", ident="2" * 32),
    did(800, IncidentAct.RESOLVED, ident="3" * 32),
)


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    """A history with an incident."""
    directory = tmp_path / "data"
    store = Store.open(directory, STORE, now=NOON)
    for record in (*overload(), *VERDICTS, *ACTS, ACKNOWLEDGED):
        store.write(record)
    assert store.close(60)
    return directory


def stored(directory: Path) -> tuple[list[IncidentEntry], list[FieldRevision]]:
    store = Store.open(directory, STORE, now=NOON)
    try:
        entries = [entry for _, entry in store.entries_after(INCIDENT_ENTRIES, 0)]
        return entries, [entry for _, entry in store.entries_after(FIELD_REVISIONS, 0)]
    finally:
        store.close(60)


def run(capsys: pytest.CaptureFixture[str], data: Path, *arguments: str) -> tuple[int, str, str]:
    code = main(["postmortem", *arguments, "--data-dir", str(data)])
    out, err = capsys.readouterr()
    return code, out, err


def editor(tmp_path: Path, *replacements: tuple[str, str], code: int = 0) -> str:
    """A command that edits a file as a person would."""
    script = tmp_path / "editor.py"
    script.write_text(
        "import sys, pathlib\n"
        "path = pathlib.Path(sys.argv[1])\n"
        "text = path.read_text('utf-8')\n"
        f"for before, now in {list(replacements)!r}:\n"
        "    assert before in text\n"
        "    text = text.replace(before, now)\n"
        "path.write_text(text, 'utf-8')\n"
        f"sys.exit({code})\n",
        "utf-8",
    )
    return shlex.join([sys.executable, str(script)])


ROOT_CAUSE = ("[what went wrong, and what on our side made it matter]", "Theirs; no fallback of ours.")
ACTION = (
    "[preventive measure 1] ([prevent, detect or mitigate] · owner: [who] · due: [YYYY-MM-DD])",
    "Fall back on 529 (mitigate · owner: ana · due: 2026-12-04)",
)


def test_the_list_says_what_each_lacks(capsys: pytest.CaptureFixture[str], data: Path) -> None:
    code, out, _ = run(capsys, data)
    assert code == 0
    assert out == "INC-1  2026-11-20  Elevated 529s  (to do: root cause, action items)\n"
    assert run(capsys, data, "list")[1] == out


def test_the_list_reads_what_people_wrote_once_however_many_incidents_there_are(data: Path) -> None:
    """Of fifty incidents with 5,000 revisions it took 15 seconds."""
    store = Counting.open(data, STORE, now=NOON)
    try:
        for number in range(5):
            store.write(declared(2000 + number, f"later {number}", incident=f"{number:032x}"))
        store.write(FieldRevision(after(2100), "e" * 32, FIRST, "root_cause", "a deploy of theirs", "ana"))
        assert store.flush(60)
        session = PostmortemSession(store, Options(), Redactor(), lambda: after(3000), "ana", "ops-1")
        lines = list(session.lines())
        assert len(lines) == 6
        assert "root cause" not in lines[-1]
        assert "root cause" in lines[0]
        assert store.read == {INCIDENT_ENTRIES.name: 1, FIELD_REVISIONS.name: 1}
    finally:
        store.close(60)


class Counting(Store):
    """Counts how often a whole table is read."""

    def entries_after(self, table: EntryTable[E], rowid: int) -> list[tuple[int, E]]:
        self.read = getattr(self, "read", Counter()) + Counter([table.name])
        return super().entries_after(table, rowid)


def test_one_is_shown_as_markdown_and_what_is_to_do_beside_it(
    capsys: pytest.CaptureFixture[str], data: Path
) -> None:
    code, out, err = run(capsys, data, "show")
    assert code == 0
    assert out.startswith("## Incident: Elevated 529s\n")
    assert "- **Duration:** 2026-11-20 12:02:00 to 12:13:20 UTC (11m 20s)" in out
    assert "to do: root cause, action items" in err
    assert run(capsys, data, "show", "inc-1")[1] == out


def test_without_a_history_nothing_is_made(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"
    code, out, err = run(capsys, nowhere)
    assert (code, out) == (0, "")
    assert "no incident has been declared" in err
    assert run(capsys, nowhere, "show")[0] == 3
    assert not nowhere.exists()


def test_an_incident_that_there_is_not(capsys: pytest.CaptureFixture[str], data: Path) -> None:
    code, out, err = run(capsys, data, "export", "7")
    assert (code, out) == (3, "")
    assert "there is no incident '7'; the newest are: INC-1" in err


def test_what_is_edited_is_recorded_and_lints_clean(
    capsys: pytest.CaptureFixture[str], data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDITOR", editor(tmp_path, ROOT_CAUSE, ACTION))
    monkeypatch.setenv("CLAUDE_TOP_RESPONDER", "ana")
    code, _, err = run(capsys, data, "edit")
    assert code == 0
    assert "5 changed" in err
    revisions = stored(data)[1]
    assert {revision.field.split(":")[-1] for revision in revisions} == {
        "root_cause",
        "text",
        "owner",
        "due",
        "kind",
    }
    assert {revision.by for revision in revisions} == {"ana"}
    assert all(revision.incident == FIRST for revision in revisions)

    file = tmp_path / "pm.md"
    assert run(capsys, data, "export", "last", str(file))[0] == 0
    assert main(["postmortem", "lint", str(file)]) == 0
    assert "clean" in capsys.readouterr().err


def test_an_editor_that_fails_changes_nothing(
    capsys: pytest.CaptureFixture[str], data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDITOR", editor(tmp_path, ROOT_CAUSE, code=1))
    code, _, err = run(capsys, data, "edit")
    assert code == 3
    assert "exited with an error" in err
    assert stored(data)[1] == []


def test_what_cannot_be_taken_over_is_kept_in_a_file(
    capsys: pytest.CaptureFixture[str], data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDITOR", editor(tmp_path, ROOT_CAUSE, ("**Impact:**", "**Impakt:**")))
    code, _, err = run(capsys, data, "edit")
    assert code == 3
    assert "no field is called “Impakt”" in err
    path = Path(err.split("what you wrote is in ")[1].strip())
    assert ROOT_CAUSE[1] in path.read_text("utf-8")
    assert stored(data)[1] == []
    path.unlink()


def test_without_an_editor_it_says_what_else_works(
    capsys: pytest.CaptureFixture[str], data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("EDITOR", raising=False)
    monkeypatch.delenv("VISUAL", raising=False)
    code, _, err = run(capsys, data, "edit")
    assert code == 3
    assert "edit --from FILE" in err


def test_a_file_edited_before_is_taken_over_once(
    capsys: pytest.CaptureFixture[str], data: Path, tmp_path: Path
) -> None:
    file = tmp_path / "pm.md"
    run(capsys, data, "export", "1", str(file))
    file.write_text(file.read_text("utf-8").replace(*ROOT_CAUSE), "utf-8")
    assert "1 changed" in run(capsys, data, "edit", "--from", str(file))[2]
    assert "Theirs; no fallback of ours." in run(capsys, data, "show")[1]


def test_a_file_that_is_there_is_replaced_only_by_force(
    capsys: pytest.CaptureFixture[str], data: Path, tmp_path: Path
) -> None:
    file = tmp_path / "pm.json"
    file.write_text("mine")
    code, _, err = run(capsys, data, "export", "1", str(file))
    assert code == 3
    assert "--force replaces it" in err
    assert file.read_text() == "mine"
    assert run(capsys, data, "export", "1", str(file), "--force")[0] == 0
    assert json.loads(file.read_text("utf-8"))["schema"] == "claude-top/postmortem@1"
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["pm.json"]


def test_lint_prints_file_line_and_rule_and_reads_standard_input(
    capsys: pytest.CaptureFixture[str], data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = run(capsys, data, "export", "1")[1]
    file = tmp_path / "pm.md"
    file.write_text(text, "utf-8")
    assert main(["postmortem", "lint", str(file)]) == 1
    out, err = capsys.readouterr()
    line = next(n for n, row in enumerate(text.split("\n"), 1) if "**Root Cause:**" in row)
    assert f"{file}:{line}: missing: root cause: what went wrong" in out
    assert "2 to fix" in err
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))
    assert main(["postmortem", "lint", "-"]) == 1
    assert capsys.readouterr().out == out.replace(f"{file}:", "-:")


def test_lint_of_a_file_that_there_is_not(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["postmortem", "lint", str(tmp_path / "none.md")]) == 3
    assert "cannot be read" in capsys.readouterr().err


def test_a_postmortem_of_what_nobody_declared_is_filled_in_from_the_record(
    capsys: pytest.CaptureFixture[str], data: Path
) -> None:
    times = ("--started", "2026-11-20 12:02", "--ended", "2026-11-20 12:12:10")
    code, out, err = run(capsys, data, "new", "Overload at noon", *times)
    assert (code, out) == (0, "INC-2\n")
    assert "edit INC-2" in err
    shown = run(capsys, data, "show", "2")[1]
    assert "## Incident: Overload at noon" in shown
    assert "60 of the 10" in shown
    assert "- **Severity:** P1" in shown
    new = [entry for entry in stored(data)[0] if entry.incident != FIRST]
    assert [(entry.act, entry.happened_at) for entry in new] == [
        (IncidentAct.DECLARED, after(120)),
        (IncidentAct.RESOLVED, after(730)),
    ]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("x", "--started", "yesterday-ish"), "is not a time in the past"),
        (
            ("x", "--started", "2026-11-20 12:02", "--ended", "2026-11-20 12:01"),
            "--ended is before --started",
        ),
        ((" ", "--started", "2026-11-20 12:02"), "the title is empty"),
    ],
)
def test_a_new_one_needs_a_title_and_times(
    capsys: pytest.CaptureFixture[str], data: Path, arguments: tuple[str, ...], says: str
) -> None:
    code, _, err = run(capsys, data, "new", *arguments)
    assert code == 3
    assert says in err
    assert len(stored(data)[0]) == len(ACTS)


def test_the_schema_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["postmortem", "--schema"]) == 0
    assert capsys.readouterr().out.rstrip("\n") == schema_text()
    assert main(["postmortem", "--schema", "list"]) == 3


@pytest.mark.parametrize("value", ["[" * 5000 + "]" * 5000, "9" * 5000])
def test_front_matter_that_cannot_be_read_is_a_finding(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, value: str
) -> None:
    file = tmp_path / "odd.md"
    file.write_text(f"+++\nx = {value}\n+++\n\n## Incident: odd\n", "utf-8")
    assert main(["postmortem", "lint", str(file)]) == 1
    assert "the front matter is not TOML" in capsys.readouterr().out


def test_a_document_with_thousands_of_action_items_is_refused_whole(
    capsys: pytest.CaptureFixture[str], data: Path, tmp_path: Path
) -> None:
    file = tmp_path / "pm.md"
    _, text, _ = run(capsys, data, "export")
    row = "  - [ ] check the proxy (prevent · owner: ana · due: 2026-12-01)\n"
    heading = "- **Action Items:**\n"
    assert heading in text
    file.write_text(text.replace(heading, heading + row * 2000), "utf-8")
    code, _, err = run(capsys, data, "edit", "--from", str(file))
    assert code == 3
    assert "too many for a postmortem" in err
    assert not stored(data)[1]


def test_an_editor_that_leaves_no_file_changes_nothing(
    capsys: pytest.CaptureFixture[str], data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDITOR", "rm")
    monkeypatch.delenv("VISUAL", raising=False)
    code, _, err = run(capsys, data, "edit")
    assert code == 3
    assert "nothing was saved" in err
