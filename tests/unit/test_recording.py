"""Recordings: what one machine wrote, another replays to the same verdicts at the same instants."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from claude_tui.engine.conditions import Conditions
from claude_tui.engine.past import Past
from claude_tui.engine.record_command import open_record
from claude_tui.engine.record_export import Span, export
from claude_tui.engine.record_import import read_header, read_recording
from claude_tui.engine.recording import KINDS, SCHEMA, Header, RecordingError
from claude_tui.engine.replay import incident_named, is_history, span_of_incident
from claude_tui.model.snapshot import Target
from claude_tui.model.text import Redactor
from claude_tui.settings import load
from claude_tui.store import Store
from tests.builders import NOON, after, healthy, messages, models
from tests.recorded import END_S, INCIDENT, OVERLOAD_S, instants, recorded_in

TARGET = Target("prod", "https://api.example.test", "api.example.test", None)
SINCE, UNTIL = after(OVERLOAD_S - 600), after(END_S)
KEY = "sk-ant-api03-a-key-of-today"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    store = recorded_in(tmp_path_factory.mktemp("record"))
    yield store
    store.close()


@pytest.fixture(scope="module")
def recording(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("files") / "outage.jsonl.gz"
    written(store, path)
    return path


@pytest.fixture(scope="module")
def short_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A twentieth of `store`, for what does not depend on what is in it."""
    store = recorded_in(tmp_path_factory.mktemp("short"), healthy(OVERLOAD_S - 600, OVERLOAD_S + 1200))
    yield store
    store.close()


@pytest.fixture(scope="module")
def short(short_store: Store, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("files") / "short.jsonl.gz"
    written(short_store, path)
    return path


def written(store: Store, path: Path, secrets: tuple[str, ...] = (), *, force: bool = False) -> Header:
    span = Span(SINCE, UNTIL, "INC-1")
    return export(store, span, path, target=TARGET, redactor=Redactor(secrets), force=force)


def lines(path: Path) -> list[str]:
    return gzip.decompress(path.read_bytes()).decode().splitlines()


def rewritten(path: Path, recording: Path, change: Callable[[list[str]], list[str]]) -> Path:
    path.write_text("\n".join(change(lines(recording))) + "\n", "utf-8")
    return path


def unpacked(path: Path, directory: Path) -> tuple[Store, Header]:
    store = Store.open(directory, now=NOON)
    return store, read_recording(path, store)


def refusal(path: Path, directory: Path) -> str:
    store = Store.open(directory, now=NOON)
    try:
        with pytest.raises(RecordingError) as caught:
            read_recording(path, store)
    finally:
        store.close()
    return str(caught.value).removeprefix(str(path))


# -- the same on another machine ----------------------------------------------------------


def test_a_replay_has_the_same_verdicts_at_the_same_instants(
    store: Store, recording: Path, tmp_path: Path
) -> None:
    copy, header = unpacked(recording, tmp_path / "elsewhere")
    here, there = Past(store, Conditions()), Past(copy, Conditions(target=header.target))
    try:
        for at in (SINCE, *instants(60), UNTIL):
            mine, theirs = here.whole(at), there.whole(at)
            assert theirs.verdict == mine.verdict, at
            assert theirs.events == mine.events, at
            assert theirs.engine == mine.engine, at
            # Only the end of the record may differ.
            assert replace(theirs, past=None) == replace(mine, past=None), at
    finally:
        copy.close()


def test_what_a_replay_is_recorded_as_is_the_recording(recording: Path, tmp_path: Path) -> None:
    copy, _ = unpacked(recording, tmp_path / "elsewhere")
    again = tmp_path / "again.jsonl.gz"
    written(copy, again)
    copy.close()
    assert lines(again) == lines(recording)


def test_the_first_line_says_what_follows(recording: Path) -> None:
    header, *body, end = map(json.loads, lines(recording))
    assert header["schema"] == SCHEMA
    assert header["target"]["base_url"] == "https://api.example.test"
    assert (header["since"], header["until"]) == ("2026-11-20T12:50:00+00:00", "2026-11-20T14:00:00+00:00")
    kinds = [kind for line in body for kind in line]
    assert header["counts"] == {kind: kinds.count(kind) for kind in dict.fromkeys(kinds)}
    assert end == {"end": {"lines": len(body)}}
    assert set(kinds) == set(KINDS) - {"field_revision", "expense", "walk_turn"}
    assert read_header(recording).counts == header["counts"]


def test_instants_keep_their_microseconds(store: Store, tmp_path: Path) -> None:
    at = NOON.replace(microsecond=123_457)
    own = recorded_in(tmp_path / "own", [replace(models(0), at=at)])
    path = tmp_path / "one.jsonl"
    export(own, Span(NOON, after(10)), path, target=TARGET, redactor=Redactor())
    own.close()
    copy, _ = unpacked(path, tmp_path / "copy")
    found = copy.observations(NOON)
    copy.close()
    assert [entry.at for entry in found] == [at]
    assert "12:00:00.123457+00:00" in path.read_text()


def test_secrets_of_today_are_taken_out(tmp_path: Path) -> None:
    own = recorded_in(tmp_path / "own", [replace(messages(0), message="pässword-of-ours in an answer")])
    path = tmp_path / "one.jsonl"
    export(own, Span(NOON, after(10)), path, target=TARGET, redactor=Redactor(("pässword-of-ours",)))
    own.close()
    assert "pässword-of-ours" not in path.read_text("utf-8")
    assert "[redacted] in an answer" in path.read_text("utf-8")


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz", "a.jsonl.zst", "anything"])
def test_every_compression_is_recognised(short_store: Store, name: str, tmp_path: Path) -> None:
    if name.endswith(".zst"):
        pytest.importorskip("zstandard")
    header = written(short_store, tmp_path / name)
    copy, read = unpacked(tmp_path / name, tmp_path / "elsewhere")
    found = copy.observations(SINCE)
    copy.close()
    assert read == header
    assert found == short_store.observations(SINCE, UNTIL.replace(microsecond=1))


# -- writing ------------------------------------------------------------------------------


def test_a_file_is_replaced_only_by_force(short_store: Store, tmp_path: Path) -> None:
    path = tmp_path / "mine.jsonl.gz"
    path.write_text("precious")
    with pytest.raises(RecordingError, match="is there already; --force replaces it"):
        written(short_store, path)
    assert path.read_text() == "precious"
    written(short_store, path, force=True)
    assert read_header(path).name == "INC-1"
    assert list(tmp_path.iterdir()) == [path]


def test_a_place_that_cannot_be_written_is_reported(store: Store, tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match=r"gone/x\.gz cannot be written: No such file"):
        written(store, tmp_path / "gone" / "x.gz")


def test_a_span_in_which_nobody_probed_makes_no_recording(store: Store, tmp_path: Path) -> None:
    span = Span(after(-400_000), after(-300_000))
    with pytest.raises(RecordingError, match="nothing is recorded from 2026-11-15 20:53:20 UTC to"):
        export(store, span, tmp_path / "a.gz", target=TARGET, redactor=Redactor())
    assert list(tmp_path.iterdir()) == []


def test_progress_goes_from_nothing_to_all(store: Store, tmp_path: Path) -> None:
    progress: list[float] = []
    path = tmp_path / "a.gz"
    export(store, Span(SINCE, UNTIL), path, target=TARGET, redactor=Redactor(), progress=progress.append)
    assert progress == sorted(progress)
    assert progress[-1] == 1.0
    assert len(progress) > 5


# -- what is no recording -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda all_of: ["hello"], ", line 1: this is not JSON"),
        (lambda all_of: ["{}"], ", line 1: this is not a claude-top recording"),
        (lambda all_of: ["[]"], ", line 1: expected an object"),
        (lambda all_of: [all_of[0].replace("recording@1", "recording@2"), *all_of[1:]],
         ", line 1: it is of claude-top/recording@2, and this version reads claude-top/recording@1"),
        (lambda all_of: [all_of[0].replace('"counts":{', '"counts":{"wish":7,'), *all_of[1:]],
         ", line 1: the header does not say how many lines of which kind there are"),
        (lambda all_of: [*all_of[:4], '{"wish": {}}', *all_of[5:]], ", line 5: expected an object with"),
        (lambda all_of: [*all_of[:4], '{"observation": {}}', *all_of[5:]], ", line 5: not a Observation"),
        (lambda all_of: [*all_of[:4], "{", *all_of[5:]], ", line 5: this is not JSON"),
        (lambda all_of: [*all_of[:7], all_of[-1]], ", line 8: it ends here, but"),
        (lambda all_of: all_of[:9], ", line 10: it ends too soon: the file is truncated"),
        (lambda all_of: [*all_of, "{}"], ": something follows the end"),
    ],
)  # fmt: skip
def test_a_foreign_file_is_refused_with_the_line(
    short: Path, tmp_path: Path, change: Callable[[list[str]], list[str]], says: str
) -> None:
    assert says in refusal(rewritten(tmp_path / "x.jsonl", short, change), tmp_path / "store")


@pytest.mark.parametrize("share", [0.2, 0.5, 0.999])
@pytest.mark.parametrize("name", ["torn.jsonl", "torn.jsonl.gz", "torn.jsonl.zst"])
def test_a_torn_file_is_refused_with_the_line(
    short_store: Store, tmp_path: Path, share: float, name: str
) -> None:
    if name.endswith(".zst"):
        pytest.importorskip("zstandard")
    path = tmp_path / name
    written(short_store, path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    message = refusal(path, tmp_path / "store")
    assert message.startswith(", line ")
    assert "truncated" in message


def test_a_flipped_bit_is_noticed(short: Path, tmp_path: Path) -> None:
    raw = bytearray(short.read_bytes())
    raw[len(raw) * 2 // 3] ^= 0x10
    path = tmp_path / "flipped.gz"
    path.write_bytes(raw)
    assert ", line " in refusal(path, tmp_path / "store")


def test_a_file_that_is_not_there_is_reported(tmp_path: Path) -> None:
    assert refusal(tmp_path / "gone.gz", tmp_path) == " cannot be read: No such file or directory"


def test_a_record_that_cannot_be_read_is_reported_and_none_is_made(tmp_path: Path) -> None:
    settings = load({"data_dir": str(tmp_path), "base_url": "https://api.example.test"}, {}, config=None)
    problems: list[str | None] = []
    with pytest.raises(RecordingError, match=r"nothing is recorded of api\.example\.test: there is no /"):
        open_record(settings, {}, NOON, problems.append)
    assert list(tmp_path.iterdir()) == []
    Store.open(tmp_path, "api.example.test.db", now=NOON).close()
    with contextlib.closing(sqlite3.connect(tmp_path / "api.example.test.db")) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(RecordingError, match=r"newer|later"):
        open_record(settings, {}, NOON, problems.append)


# -- incidents ----------------------------------------------------------------------------


def test_an_incident_is_found_by_its_number_or_id(store: Store) -> None:
    margin = after(600) - NOON
    expected = after(3600 - 600), after(5400 + 600)
    for name in ("INC-1", "inc-1", "1", " 01 ", "last", "Last", INCIDENT, INCIDENT[:8]):
        found = incident_named(store, name)
        assert span_of_incident(found, UNTIL, margin) == expected
        assert span_of_incident(found, after(5500), margin) == (after(3000), after(5500))
    for name in ("INC-2", "INC-0", "INC-x", "", "0", "2", "¹"):
        with pytest.raises(RecordingError, match=r"there is no incident .*; the newest are: INC-1"):
            incident_named(store, name)


def changed(number: int, **values: object) -> Callable[[list[str]], list[str]]:
    """Replaces fields in a line, of the value in it where the line is not the header."""

    def change(rows: list[str]) -> list[str]:
        table = json.loads(rows[number])
        (table if "schema" in table else next(iter(table.values()))).update(values)
        return [*rows[:number], json.dumps(table), *rows[number + 1 :]]

    return change


@pytest.mark.parametrize(
    ("number", "field", "value", "reason"),
    [
        (0, "since", "0001-01-01T00:00:00+00:00", "year 1"),
        (0, "until", "9999-12-31T23:59:59+00:00", "year 9999"),
        (-2, "at", "9999-12-31T23:59:59+00:00", "year 9999"),
        (-2, "server_s", float("nan"), "not JSON"),
        (-2, "server_s", 1e308, "large number"),
        (-2, "outcome", "x" * 100_000, "x…"),
    ],
)
def test_values_that_could_overflow_are_refused_in_a_short_line(
    short: Path, tmp_path: Path, number: int, field: str, value: object, reason: str
) -> None:
    path = rewritten(tmp_path / "odd.jsonl", short, changed(number, **{field: value}))
    message = refusal(path, tmp_path / "replay")
    assert reason in message
    assert len(message) < 400


def test_a_number_as_large_as_servers_send_is_replayed(short: Path, tmp_path: Path) -> None:
    path = rewritten(tmp_path / "large.jsonl", short, changed(-2, http_status=2**62))
    store, _ = unpacked(path, tmp_path / "replay")
    store.close()


def test_hostile_text_is_inert_before_it_is_stored(short: Path, tmp_path: Path) -> None:
    path = rewritten(tmp_path / "hostile.jsonl", short, changed(0, name="\x1b[31mINC-1"))
    store, header = unpacked(path, tmp_path / "replay")
    store.close()
    assert header.name == "␛[31mINC-1"


def test_a_pipe_is_refused_rather_than_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    assert not is_history(pipe)
    assert "it is not a file" in refusal(pipe, tmp_path / "replay")


def test_a_past_without_recorded_settings_has_no_budget_that_is_spent(tmp_path: Path) -> None:
    store = Store.open(tmp_path, "bare.db", now=NOON)
    store.write(models(5))
    assert store.flush(60)
    notices = Past(store, Conditions()).snapshot(after(10)).engine.notices
    store.close()
    assert [notice.key for notice in notices] == ["conditions"]
