"""The running program on a store with rows that no version of it wrote: it draws a frame and says so."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path

import pytest

from tests.functional.test_store_hostile import SIZES, columns, filled, first_frames
from tests.functional.watched import Watched
from tests.store_values import database, query

REDACTED = "http://[redacted]@127.0.0.1:80/api/v2/summary.json"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return filled(tmp_path_factory.mktemp("template"))


async def first_frame(directory: Path, size: tuple[int, int]) -> str:
    snapshot, _ = await asyncio.to_thread(first_frames, directory)
    app = Watched(snapshot)
    async with app.run_test(size=size):
        assert app.return_code is None
        return " ".join(app.text().split())


@pytest.mark.parametrize("size", SIZES)
async def test_a_redacted_address_of_an_older_version_is_read(
    template: Path, tmp_path: Path, size: tuple[int, int]
) -> None:
    shutil.copy(template, database(tmp_path))
    for key, body in query(tmp_path, "SELECT id, body FROM status_reports"):
        older = {name: value for name, value in json.loads(body).items() if name != "host"}
        changed = json.dumps(older | {"source": REDACTED})
        query(tmp_path, "UPDATE status_reports SET body = ? WHERE id = ?", changed, key)
    shown = await first_frame(tmp_path, size)
    assert "Claude API" in shown
    assert "skipped" not in shown
    assert "redacted" not in shown
    assert ("127.0.0.1:80" in shown) == (size == SIZES[0])


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("change", "notice"),
    [
        ("step_marks SET note = x'ff'", "1 stored row cannot be read and is skipped"),
        ("observations SET total = 9e999", "121 stored rows cannot be read and are skipped"),
        (
            "observations SET request_id = x'00', extra = '['",
            "121 stored rows cannot be read and are skipped",
        ),
        ("status_reports SET body = CAST(x'7bff' AS TEXT)", "2 stored rows cannot be read and are skipped"),
        ("catalogues SET body = '[[[['", "2 stored rows cannot be read and are skipped"),
        ("kinds SET source = 'proxy'", "121 stored rows cannot be read and are skipped"),
    ],
)
async def test_rows_that_cannot_be_read_are_skipped_and_reported(
    template: Path, tmp_path: Path, change: str, notice: str, size: tuple[int, int]
) -> None:
    shutil.copy(template, database(tmp_path))
    query(tmp_path, f"UPDATE {change}")
    before = contents(tmp_path, change.split()[0])
    shown = await first_frame(tmp_path, size)
    assert shown.count(notice) == 1
    assert contents(tmp_path, change.split()[0]) == before


def contents(directory: Path, table: str) -> list[tuple[object, ...]]:
    """The former contents of the store, byte by byte."""
    named = [column for of, column in columns(database(directory)) if of == table]
    return query(
        directory, f"SELECT {', '.join(f'typeof({column}), hex({column})' for column in named)} FROM {table}"
    )


async def test_one_bad_report_or_list_hides_no_good_one(template: Path, tmp_path: Path) -> None:
    shutil.copy(template, database(tmp_path))
    for table in ("status_reports", "catalogues"):
        query(tmp_path, f"UPDATE {table} SET body = 'x' WHERE at = (SELECT max(at) FROM {table})")
    snapshot, problem = await asyncio.to_thread(first_frames, tmp_path)
    assert snapshot.status.status is not None
    assert snapshot.catalogue is not None
    assert problem == "2 stored rows cannot be read and are skipped"


async def test_a_broken_sum_does_not_use_up_the_budget(template: Path, tmp_path: Path) -> None:
    shutil.copy(template, database(tmp_path))
    query(tmp_path, "UPDATE observations SET cost_usd = 9e999 WHERE at = (SELECT max(at) FROM observations)")
    snapshot, _ = await asyncio.to_thread(first_frames, tmp_path)
    assert not snapshot.engine.spend.stopped
    assert 0 < snapshot.engine.spend.today_usd < 1


@pytest.mark.parametrize(
    "text", ["[bold]x[/bold]", "[/]", "\x1b[2J\x1b]0;title\x07", "\u202e\u200b", "漢" * 99]
)
async def test_stored_text_is_never_interpreted(template: Path, tmp_path: Path, text: str) -> None:
    shutil.copy(template, database(tmp_path))
    query(tmp_path, "UPDATE verdict_changes SET text = ?", text)
    query(tmp_path, "UPDATE step_marks SET note = ?, by = ?", text, text)
    query(tmp_path, "UPDATE kinds SET model = ?, error_type = ?", text, text)
    shown = await first_frame(tmp_path, (120, 40))
    assert shown.isprintable()
    assert "skipped" not in shown
