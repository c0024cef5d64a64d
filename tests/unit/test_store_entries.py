"""Incidents, postmortems, requests and states: appended, exact, followed by others, kept while needed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from claude_tui.engine.table_follower import TableFollower
from claude_tui.model.text import inert
from claude_tui.model.traffic import KeptCall
from claude_tui.store import (
    ALERTING_STATES,
    CONDITIONS_CHANGES,
    INCIDENT_ENTRIES,
    Entry,
    EntryTable,
    Store,
)
from tests.store_values import (
    NOW,
    PATIENCE_S,
    act,
    at,
    first_version,
    marked,
    one_of_each,
    opened,
    query,
    seen,
)

HOSTILE = "two\nlines, \x1b[2J, [bold], \ud800, '; DROP TABLE incident_entries; --"
BEGINNING = datetime.min.replace(tzinfo=UTC)


TABLES = tuple(one_of_each(0, ""))


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
class TestEveryTable:
    def test_it_comes_back_exactly_also_from_another_process(
        self, tmp_path: Path, table: EntryTable[Entry]
    ) -> None:
        short, long = one_of_each(0, "short")[table], one_of_each(1, "long " * 9000)[table]
        with opened(tmp_path) as store:
            for entry in (long, short):
                store.write(entry)
            assert store.entries(table, BEGINNING) == [short, long]
            assert store.flush(PATIENCE_S)
            with opened(tmp_path) as other:
                assert other.entries(table, BEGINNING) == [short, long]
                assert other.entries(table, at(0), at(1)) == [short]
                assert [entry for _, entry in other.entries_after(table, 0)] == [long, short]

    def test_hostile_text_is_only_text(self, tmp_path: Path, table: EntryTable[Entry]) -> None:
        entry = one_of_each(0, HOSTILE)[table]
        with opened(tmp_path) as store:
            store.write(entry)
            assert store.flush(PATIENCE_S)
            (found,) = store.entries(table, BEGINNING)
        read = found.call if isinstance(found, KeptCall) else found
        named = ("text", "to", "scenario", "what", "message")
        texts = [getattr(read, name) for name in named if hasattr(read, name)]
        for text in texts:
            assert text == inert(HOSTILE.replace("\ud800", "?"), keep_newlines=text.count("\n") == 1)
            assert "\x1b" not in text
        assert texts or found == entry

    def test_a_spoilt_row_spoils_only_itself(self, tmp_path: Path, table: EntryTable[Entry]) -> None:
        with opened(tmp_path) as store:
            for second in range(5):
                store.write(one_of_each(second, "x" * 400)[table])
        spoilt = ["x'789c00'", "x'7b'", "'[]'", "17"]
        for second, value in enumerate(spoilt):
            query(tmp_path, f"UPDATE {table.name} SET body = {value} WHERE id = {second + 1}")
        reports: list[str | None] = []
        with opened(tmp_path, reports) as store:
            found = store.entries(table, BEGINNING)
        # A body that only its owner reads may be anything that is not torn.
        assert one_of_each(4, "x" * 400)[table] in found
        assert len(found) == (1 if table not in (ALERTING_STATES, CONDITIONS_CHANGES) else 4)
        skipped = 5 - len(found)
        assert reports == [
            f"{skipped} stored {'row' if skipped == 1 else 'rows'} cannot be read "
            f"and {'is' if skipped == 1 else 'are'} skipped"
        ]

    def test_the_one_in_force(self, tmp_path: Path, table: EntryTable[Entry]) -> None:
        entries = [one_of_each(second, "x")[table] for second in (0, 10, 20)]
        with opened(tmp_path) as store:
            store.write(entries[0])
            store.write(entries[2])
            assert store.flush(PATIENCE_S)
            store.write(entries[1])
            expected = {-1: None, 0: entries[0], 9: entries[0], 10: entries[1], 25: entries[2]}
            assert {second: store.entry_in_force(table, at(second)) for second in expected} == expected


def test_what_incidents_need_outlives_the_retention(tmp_path: Path) -> None:
    expected = {
        "incident_entries": 2,
        "field_revisions": 2,
        "action_requests": 0,
        "alert_entries": 0,
        "alerting_states": 1,
        "conditions_changes": 1,
        "walk_turns": 0,
        "drill_entries": 2,
        "expenses": 0,
        "traffic_calls": 0,
    }
    with opened(tmp_path) as store:
        for second in (0, 10):
            for entry in one_of_each(second, "x").values():
                store.write(entry)
        store.write(seen(0))
        assert store.flush(PATIENCE_S)
        store.prune(at(20))
        rows: dict[str, int] = {}
        for _ in range(200):
            rows = {table.name: len(store.entries(table, BEGINNING)) for table in TABLES}
            if rows == expected:
                break
            store.flush(0.05)
    assert rows == expected


def test_marks_of_a_store_that_could_not_be_migrated_are_still_read(tmp_path: Path) -> None:
    from claude_tui.store.schema import MIGRATIONS

    with first_version(tmp_path):
        pass
    query(tmp_path, "PRAGMA user_version = 2")
    for statement in MIGRATIONS[1].split(";"):
        query(tmp_path, statement)
    micros = (NOW - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    query(tmp_path, f"INSERT INTO step_marks VALUES ({micros}, 'p', 's', 'done', 'bob', 'n')")
    from claude_tui.store.entries import STEP_MARKS
    from claude_tui.store.files import connect
    from claude_tui.store.reading import ReadSession

    session = ReadSession(connect(tmp_path / "history.db"), (0, 0))
    (found,) = session.entries(STEP_MARKS, 0, 2**62)
    session.close()
    assert (found.by, found.note, found.host) == ("bob", "n", "")


class TestFollowed:
    def test_others_are_read_and_own_ones_come_once(self, tmp_path: Path) -> None:
        with opened(tmp_path) as one, opened(tmp_path) as other:
            ours, theirs = TableFollower(one, INCIDENT_ENTRIES), TableFollower(other, INCIDENT_ENTRIES)
            one.write(act(0))
            ours.add(act(0))
            assert ours.entries == (act(0),)
            assert one.flush(PATIENCE_S)
            other.write(act(1))
            theirs.add(act(1))
            assert other.flush(PATIENCE_S)
            assert ours.read() == (act(0), act(1))
            assert theirs.read() == (act(0), act(1))
            assert ours.entries == theirs.entries == (act(0), act(1))
            assert ours.read() == ()

    def test_nothing_is_made_without_a_change(self, tmp_path: Path) -> None:
        with opened(tmp_path) as store:
            store.write(act(0))
            assert store.flush(PATIENCE_S)
            followed = TableFollower(store, INCIDENT_ENTRIES)
            followed.read()
            before = followed.entries
            followed.read()
            assert followed.entries is before


def test_the_older_tables_are_as_they_were(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.write(marked(0, host="ops-1"))
        assert store.flush(PATIENCE_S)
    with opened(tmp_path) as store:
        assert store.step_marks(NOW) == [marked(0, host="ops-1")]
        assert isinstance(store, Store)
