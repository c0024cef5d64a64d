"""Marks and verdict changes: shared by all who use the store, exact, in order, until they are pruned."""

from __future__ import annotations

import tempfile
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claude_tui.model.playbook import SeverityMark, StepMark, StepState
from claude_tui.model.text import inert
from claude_tui.model.verdict import VerdictChange
from claude_tui.store import Store
from claude_tui.store.entries import ENTRY_TABLES, SEVERITY_MARKS, STEP_MARKS, VERDICT_CHANGES
from claude_tui.store.files import connect
from claude_tui.store.instants import to_micros
from claude_tui.store.schema import MIGRATIONS
from claude_tui.store.writing import PRUNE_ROWS, WriteSession
from tests import store_values as values
from tests.store_values import NOW, PATIENCE_S, at, database, marked, opened, query, rated, seen, turned

BEGINNING = datetime.min.replace(tzinfo=UTC)

Entry = StepMark | SeverityMark | VerdictChange
HOSTILE = [
    "a\0b\0",
    "\ud800 and \udfff",
    "\ud83d\ude00",
    "'; DROP TABLE step_marks; --",
    "\x1b[2J",
    "x" * 10**7,
]


def entries(store: Store, since: datetime = BEGINNING) -> list[Entry]:
    return [*store.step_marks(since), *store.severity_marks(since), *store.verdict_changes(since)]


def _skipped(count: int) -> str:
    row, verb = ("row", "is") if count == 1 else ("rows", "are")
    return f"{count} stored {row} cannot be read and {verb} skipped"


def in_order(written: list[Entry]) -> list[Entry]:
    """As `entries` gives them."""
    kinds = (StepMark, SeverityMark, VerdictChange)
    return [e for kind in kinds for e in sorted(written, key=lambda e: e.at) if isinstance(e, kind)]


class TestRoundTrip:
    @settings(max_examples=80)
    @given(st.lists(values.step_marks | values.severity_marks | values.verdict_changes, max_size=8))
    def test_every_entry_comes_back_exactly(self, written: list[Entry]) -> None:
        with tempfile.TemporaryDirectory() as scratch:
            with opened(Path(scratch)) as store:
                for entry in written:
                    store.write(entry)
                assert entries(store) == in_order(written)
            with opened(Path(scratch)) as store:
                assert entries(store) == in_order(written)

    @pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
    def test_any_text_is_only_text(self, tmp_path: Path, text: str) -> None:
        written = [
            marked(0, playbook=text, step=text, by=text, note=text),
            rated(0, by=text, why=text),
            turned(0, text=text),
        ]
        shown = inert(text)
        read = [
            marked(0, playbook=shown, step=shown, by=shown, note=shown),
            rated(0, by=shown, why=shown),
            turned(0, text=shown),
        ]
        with opened(tmp_path) as store:
            for entry in written:
                store.write(entry)
            assert store.flush(PATIENCE_S)
            assert entries(store) == read
        with opened(tmp_path) as store:
            store.write(marked(1))
            assert entries(store) == [read[0], marked(1), *read[1:]]

    def test_no_field_is_forgotten(self) -> None:
        for table in (STEP_MARKS, SEVERITY_MARKS, VERDICT_CHANGES):
            assert ("at", *table.columns) == tuple(field.name for field in fields(table.kind))

    def test_since_is_included_and_order_is_by_time_and_then_as_written(self, tmp_path: Path) -> None:
        with opened(tmp_path) as store:
            for second in (3, 1, 0):
                store.write(marked(second))
            assert store.flush(PATIENCE_S)
            for entry in (marked(2), marked(1, state=StepState.OPEN), marked(1, state=StepState.SKIPPED)):
                store.write(entry)
            for ready in (False, True):
                assert not ready or store.flush(PATIENCE_S)
                states = [(mark.at, mark.state) for mark in store.step_marks(at(1))]
                assert states == [
                    (at(1), StepState.DONE),
                    (at(1), StepState.OPEN),
                    (at(1), StepState.SKIPPED),
                    (at(2), StepState.DONE),
                    (at(3), StepState.DONE),
                ]

    def test_the_same_mark_twice_is_two_marks(self, tmp_path: Path) -> None:
        with opened(tmp_path) as store:
            store.write(marked(0))
            store.write(marked(0))
            assert store.flush(PATIENCE_S)
            assert store.step_marks(NOW) == [marked(0), marked(0)]

    def test_since_is_one_range_of_an_index(self, tmp_path: Path) -> None:
        with opened(tmp_path):
            plans = [
                query(tmp_path, f"EXPLAIN QUERY PLAN {table.select(len(MIGRATIONS))}", 1, 2)
                for table in ENTRY_TABLES
            ]
        assert [[row[3] for row in plan] for plan in plans] == [
            [f"SEARCH {table.name} USING INDEX {table.name}_by_at (at>? AND at<?)"] for table in ENTRY_TABLES
        ]


class TestOtherVersions:
    """Rows as a later version, or a disk, may have made them."""

    def spoilt(self, directory: Path, *statements: str) -> list[Entry]:
        with opened(directory) as store:
            for second in range(3):
                for entry in (marked(second), rated(second), turned(second)):
                    store.write(entry)
        for statement in statements:
            query(directory, f"UPDATE {statement} WHERE at = {to_micros(at(1))}")
        reports: list[str | None] = []
        with opened(directory, reports) as store:
            found = entries(store)
        assert reports[-1:] == ([_skipped(9 - len(found))] if len(found) < 9 else [])
        return found

    def test_an_unknown_state_settles_nothing(self, tmp_path: Path) -> None:
        found = self.spoilt(tmp_path, "step_marks SET state = 'delegated'")
        assert found[:3] == [marked(0), marked(1, state=StepState.OPEN), marked(2)]

    @pytest.mark.parametrize("column", ["severity", "instead_of"])
    def test_an_unknown_severity_is_left_out(self, tmp_path: Path, column: str) -> None:
        found = self.spoilt(tmp_path, f"severity_marks SET {column} = 'P0'")
        assert found[3:6] == [rated(0), rated(2), turned(0)]

    @pytest.mark.parametrize("column", ["cause", "side", "severity"])
    def test_an_unknown_word_of_a_verdict_is_left_out(self, tmp_path: Path, column: str) -> None:
        assert self.spoilt(tmp_path, f"verdict_changes SET {column} = 'moon'")[6:] == [turned(0), turned(2)]

    @pytest.mark.parametrize("value", ["CAST(x'ff' AS TEXT)", "x'ff'"])
    def test_what_is_no_text_spoils_only_its_own_row(self, tmp_path: Path, value: str) -> None:
        found = self.spoilt(
            tmp_path,
            f"step_marks SET note = {value}",
            f"severity_marks SET why = {value}",
            f"verdict_changes SET text = {value}",
        )
        assert found == [marked(0), marked(2), rated(0), rated(2), turned(0), turned(2)]

    @pytest.mark.parametrize("value", ["'noon'", "9223372036854775807"])
    def test_an_instant_that_is_none_spoils_only_its_own_row(self, tmp_path: Path, value: str) -> None:
        assert self.spoilt(tmp_path, f"step_marks SET at = {value}")[:2] == [marked(0), marked(2)]


class TestTogether:
    def test_each_sees_what_the_other_marked(self, tmp_path: Path) -> None:
        with opened(tmp_path) as one, opened(tmp_path) as other:
            for number in range(0, 200, 2):
                one.write(marked(number, by="eve"))
                other.write(marked(number + 1, by="bob"))
                one.write(rated(number))
                other.write(turned(number))
            assert one.flush(PATIENCE_S)
            assert other.flush(PATIENCE_S)
            assert entries(one) == entries(other)
            assert [mark.by for mark in one.step_marks(NOW)] == ["eve", "bob"] * 100

    def test_a_mark_is_seen_the_moment_it_is_flushed(self, tmp_path: Path) -> None:
        with opened(tmp_path) as one, opened(tmp_path) as other:
            for number in range(20):
                writer, viewer = (one, other) if number % 2 else (other, one)
                writer.write(marked(number))
                assert writer.flush(PATIENCE_S)
                assert viewer.step_marks(at(number)) == [marked(number)]


class TestTrouble:
    def test_without_a_disk_marks_are_in_memory_and_that_is_reported(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        reports: list[str | None] = []
        with opened(tmp_path / "file" / "data", reports, retry_s=600) as store:
            for entry in (marked(1), marked(0), rated(0), turned(0)):
                store.write(entry)
            assert entries(store) == [marked(0), marked(1), rated(0), turned(0)]
            assert store.step_marks(at(1)) == [marked(1)]
            assert "in memory only" in (store.problem or "")

    def test_marks_outlive_a_store_that_is_damaged_under_them(self, tmp_path: Path) -> None:
        def spoil(path: Path) -> None:
            path.write_bytes(b"\x00\xff garbage" * 3000)

        spoil(database(tmp_path))
        reports: list[str | None] = []
        with opened(tmp_path, reports) as store:
            store.write(marked(0))
            assert store.step_marks(NOW) == [marked(0)]
            assert store.flush(PATIENCE_S)
            assert "set aside" in (store.problem or "")
            assert store.step_marks(NOW) == [marked(0)]
        with opened(tmp_path) as store:
            assert store.step_marks(NOW) == [marked(0)]

    @pytest.mark.parametrize("name", ["kept", *(table.name for table in ENTRY_TABLES)])
    def test_a_store_without_one_of_the_tables_is_set_aside(self, tmp_path: Path, name: str) -> None:
        with opened(tmp_path) as store:
            store.write(seen(0))
        query(tmp_path, f"DROP TABLE {name}")
        reports: list[str | None] = []
        with opened(tmp_path, reports) as store:
            store.write(marked(0))
            assert store.flush(PATIENCE_S)
            assert f"no such table: {name}" in (store.problem or "")
            assert store.step_marks(NOW) == [marked(0)]


class TestPruning:
    def test_older_entries_go(self, tmp_path: Path) -> None:
        with opened(tmp_path) as store:
            for second in range(20):
                for entry in (marked(second), rated(second), turned(second)):
                    store.write(entry)
            assert store.flush(PATIENCE_S)
            store.prune(at(15))
            while len(entries(store)) > 15:
                assert store.flush(PATIENCE_S)
            assert entries(store) == [make(n) for make in (marked, rated, turned) for n in range(15, 20)]

    def test_a_slice_is_small(self, tmp_path: Path) -> None:
        with opened(tmp_path) as store:
            for second in range(2 * PRUNE_ROWS + 10):
                store.write(marked(second))
            assert store.flush(PATIENCE_S)
        session = WriteSession(connect(database(tmp_path)), None)
        left = []
        while not session.prune(to_micros(at(2 * PRUNE_ROWS + 5))):
            left += query(tmp_path, "SELECT count(*) FROM step_marks")[0]
        session.close()
        assert left == [PRUNE_ROWS + 10, 10]
        assert query(tmp_path, "SELECT count(*) FROM step_marks") == [(5,)]
