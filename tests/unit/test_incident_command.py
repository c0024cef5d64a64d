"""`claude-top incidents`: what it prints, writes, imports and refuses."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from claude_tui.cli import main
from claude_tui.incident import incidents, schema_text
from claude_tui.model.incident import IncidentAct, IncidentEntry
from claude_tui.store import INCIDENT_ENTRIES, Store
from tests.builders import NOON
from tests.incident_values import ACKNOWLEDGED, declared, did, overload

pytestmark = pytest.mark.usefixtures("own_home")

STORE = "api.anthropic.com.db"
ACTS = (
    declared(200, "Elevated 529s", ident="1" * 32),
    did(260, IncidentAct.NOTE, "switched", happened=180, ident="2" * 32),
    did(800, IncidentAct.RESOLVED, ident="3" * 32),
)


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    """A history with an incident."""
    directory = tmp_path / "data"
    store = Store.open(directory, STORE, now=NOON)
    for observation in overload():
        store.write(observation)
    for entry in (*ACTS, ACKNOWLEDGED):
        store.write(entry)
    assert store.close(60)
    return directory


def entries(directory: Path) -> list[IncidentEntry]:
    store = Store.open(directory, STORE, now=NOON)
    try:
        return [entry for _, entry in store.entries_after(INCIDENT_ENTRIES, 0)]
    finally:
        store.close(60)


def run(capsys: pytest.CaptureFixture[str], data: Path, *arguments: str) -> tuple[int, str, str]:
    code = main(["incidents", *arguments, "--data-dir", str(data)])
    out, err = capsys.readouterr()
    return code, out, err


def test_the_list_is_what_comes_without_an_action(capsys: pytest.CaptureFixture[str], data: Path) -> None:
    code, out, _ = run(capsys, data)
    assert code == 0
    assert "INC-1" in out
    assert "Elevated 529s" in out
    assert run(capsys, data, "list")[1] == out


def test_one_is_shown_with_figures_and_timeline(capsys: pytest.CaptureFixture[str], data: Path) -> None:
    code, out, _ = run(capsys, data, "show", "inc-1")
    assert code == 0
    assert "60 of " in out
    assert "12:02:48  ben: acknowledged: looking" in out
    assert "12:03:00  ana: switched" in out


def test_without_a_history_nothing_is_made(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, out, err = run(capsys, tmp_path / "nowhere")
    assert (code, out) == (0, "")
    assert "no incident has been declared" in err
    assert not (tmp_path / "nowhere").exists()


def test_an_incident_that_there_is_not(capsys: pytest.CaptureFixture[str], data: Path) -> None:
    code, out, err = run(capsys, data, "show", "7")
    assert (code, out) == (3, "")
    assert "there is no incident '7'; the newest are: INC-1" in err


def test_an_export_makes_the_same_incident_elsewhere_and_twice_adds_nothing(
    capsys: pytest.CaptureFixture[str], data: Path, tmp_path: Path
) -> None:
    file = tmp_path / "inc.json"
    assert run(capsys, data, "export", "1", "-o", str(file))[0] == 0
    other = tmp_path / "other"
    code, _, err = run(capsys, other, "import", str(file))
    assert code == 0
    assert "3 of 3 entries were new" in err
    assert entries(other) == entries(data) == list(ACTS)
    assert incidents(entries(other)) == incidents(ACTS)
    assert "nothing new" in run(capsys, other, "import", str(file))[2]
    assert entries(other) == list(ACTS)
    assert "nothing new" in run(capsys, data, "import", str(file))[2]


def test_the_format_goes_by_the_name_of_the_file(
    capsys: pytest.CaptureFixture[str], data: Path, tmp_path: Path
) -> None:
    assert json.loads(run(capsys, data, "export", "1", "--format", "json")[1])["incident"]["label"] == "INC-1"
    assert run(capsys, data, "export", "1")[1].startswith("# INC-1: Elevated 529s\n")
    run(capsys, data, "export", "1", "-o", str(tmp_path / "a.md"))
    assert (tmp_path / "a.md").read_text("utf-8").startswith("# INC-1")


def test_a_file_that_is_there_is_replaced_only_when_asked(
    capsys: pytest.CaptureFixture[str], data: Path, tmp_path: Path
) -> None:
    file = tmp_path / "a.md"
    file.write_text("mine")
    code, _, err = run(capsys, data, "export", "1", "-o", str(file))
    assert code == 3
    assert "--force replaces it" in err
    assert file.read_text() == "mine"
    assert run(capsys, data, "export", "1", "-o", str(file), "--force")[0] == 0
    assert file.read_text("utf-8").startswith("# INC-1")
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["a.md"]


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff\xfe", b'{"schema": "claude-top/incident@1"}'])
def test_a_file_that_is_none_is_refused(
    capsys: pytest.CaptureFixture[str], data: Path, tmp_path: Path, content: bytes
) -> None:
    file = tmp_path / "foreign.json"
    file.write_bytes(content)
    code, _, err = run(capsys, data, "import", str(file))
    assert code == 3
    assert "Traceback" not in err
    assert entries(data) == list(ACTS)
    assert run(capsys, data, "import", str(tmp_path / "none.json"))[0] == 3


def test_the_schema_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["incidents", "--schema"]) == 0
    assert capsys.readouterr().out.rstrip("\n") == schema_text()
    assert main(["incidents", "--schema", "list"]) == 3


def exported(capsys: pytest.CaptureFixture[str], data: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(run(capsys, data, "export", "1", "--format", "json")[1])
    return document


def imported(capsys: pytest.CaptureFixture[str], directory: Path, text: str) -> tuple[int, str]:
    file = directory / "in.json"
    file.write_text(text, "utf-8")
    code, _, err = run(capsys, directory / "other", "import", str(file))
    return code, err


def test_thousands_of_entries_are_all_stored(
    capsys: pytest.CaptureFixture[str], data: Path, tmp_path: Path
) -> None:
    document = exported(capsys, data)
    first = document["entries"][0]
    document["entries"] += [first | {"act": "note", "id": f"{number:032x}"} for number in range(12_000)]
    code, err = imported(capsys, tmp_path, json.dumps(document))
    assert code == 0, err
    assert "missing" not in err
    assert len(entries(tmp_path / "other")) == 12_000 + 3


def test_one_of_a_newer_version_says_so(
    capsys: pytest.CaptureFixture[str], data: Path, tmp_path: Path
) -> None:
    document = exported(capsys, data) | {"schema": "claude-top/incident@2"}
    code, err = imported(capsys, tmp_path, json.dumps(document))
    assert code == 3
    assert "claude-top/incident@2" in err
    assert "another version" in err


def test_a_file_with_a_byte_order_mark_is_read(
    capsys: pytest.CaptureFixture[str], data: Path, tmp_path: Path
) -> None:
    assert imported(capsys, tmp_path, "\ufeff" + json.dumps(exported(capsys, data)))[0] == 0


def test_a_pipe_without_a_writer_is_not_waited_for(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    code, _, err = run(capsys, tmp_path / "other", "import", str(pipe))
    assert code == 3
    assert "is empty" in err


def test_a_file_without_an_end_is_too_large(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, _, err = run(capsys, tmp_path / "other", "import", "/dev/zero")
    assert code == 3
    assert "too large" in err


def newer(directory: Path) -> None:
    with contextlib.closing(sqlite3.connect(directory / STORE)) as connection:
        connection.execute("PRAGMA user_version = 99")


@pytest.mark.parametrize("command", [("list",), ("show", "1"), ("export", "1")])
def test_a_history_of_a_newer_version_is_refused_and_not_called_empty(
    capsys: pytest.CaptureFixture[str], data: Path, command: tuple[str, ...]
) -> None:
    newer(data)
    code, out, err = run(capsys, data, *command)
    assert (code, out) == (3, "")
    assert "update claude-top" in err
    assert "no incident" not in err
    assert len(err.splitlines()) == 1


def test_nothing_is_imported_into_a_history_of_a_newer_version(
    capsys: pytest.CaptureFixture[str], data: Path, tmp_path: Path
) -> None:
    file = tmp_path / "in.json"
    file.write_text(json.dumps(exported(capsys, data)), "utf-8")
    newer(data)
    code, _, err = run(capsys, data, "import", str(file))
    assert code == 3
    assert "update claude-top" in err
    assert len(err.splitlines()) == 1


def test_a_damaged_history_is_reported_and_stays_where_it_is(
    capsys: pytest.CaptureFixture[str], data: Path
) -> None:
    (data / STORE).write_bytes(b"no database" * 1000)
    for command in ((), ("show", "1")):
        code, out, err = run(capsys, data, *command)
        assert (code, out) == (3, "")
        assert "history cannot be read" in err
        assert len(err.splitlines()) == 1
    assert (data / STORE).read_bytes() == b"no database" * 1000
