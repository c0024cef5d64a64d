"""The scores that are kept, what is printed of them, and the debriefing at the end of a drill."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from claude_tui.drills.command import drill_lines, scores_json, scores_lines
from claude_tui.drills.completeness import completeness
from claude_tui.drills.conclusion import Conclusion, Result
from claude_tui.drills.log import SCHEMA, add, choose, read, score_file
from claude_tui.drills.points import points
from claude_tui.drills.record import Completeness, DrillRecord, Ending, Score
from claude_tui.drills.report import as_text
from claude_tui.incident import Record, Span
from claude_tui.model.drill import DrillAct, DrillEntry
from claude_tui.model.incident import IncidentAct, IncidentEntry
from claude_tui.model.postmortem import FieldRevision
from claude_tui.model.verdict import Cause, Side
from claude_tui.runbook import shipped
from claude_tui.simulator.scenario import load_drill

AT = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)
SCENARIO, TRUTH = load_drill("drill-01")
GOOD = Score(
    AT,
    "drill-01",
    "ana",
    2.0,
    Ending.RESOLVED,
    400.0,
    noticed_s=42.0,
    side_s=61.5,
    side=Side.THEM,
    cause=Cause.PROVIDER_SLOW,
    side_right=True,
    cause_right=False,
    turns=4,
    wrong_turns=1,
    hit=TRUTH.steps[:2],
    missed=TRUTH.steps[2:],
    harmful=TRUTH.harmful[:1],
    began_well=True,
    pages=1,
    postmortem=Completeness(5, 8, 3),
    points=72,
)


def result(*earlier: Score, score: Score = GOOD) -> Result:
    return Result(score, TRUTH, shipped(), earlier)


# -- the file --------------------------------------------------------------------------


def test_a_score_comes_back_as_it_was_and_none_is_ever_rewritten(tmp_path: Path) -> None:
    file = score_file(tmp_path)
    add(file, GOOD)
    before = file.read_bytes()
    bare = Score(AT + timedelta(days=1), "drill-02", "ben", 1.0, Ending.QUIT, 9.0)
    add(file, bare)
    assert file.read_bytes().startswith(before)
    assert read(file) == ((GOOD, bare), 0)
    assert file.stat().st_mode & 0o077 == 0


def test_a_torn_line_costs_only_itself(tmp_path: Path) -> None:
    file = score_file(tmp_path)
    add(file, GOOD)
    with file.open("ab") as torn:
        torn.write(b'{"schema":"claude-top/drill-sc')
    add(file, replace(GOOD, by="ben"))
    scores, unread = read(file)
    assert ([score.by for score in scores], unread) == (["ana", "ben"], 1)


def test_what_is_no_score_is_counted_and_left_alone(tmp_path: Path) -> None:
    file = score_file(tmp_path)
    file.parent.mkdir()
    lines = [
        "{}",
        "[]",
        '{"schema": "claude-top/drill-score@1"}',
        '{"schema": "claude-top/drill-score@2"}',
        "\0",
    ]
    file.write_text("\n".join(lines))
    assert read(file) == ((), 5)
    assert read(tmp_path / "none") == ((), 0)


def test_a_name_cannot_write_to_the_terminal(tmp_path: Path) -> None:
    file = score_file(tmp_path)
    add(file, replace(GOOD, by="\x1b[2Jeve", scenario="\x1b]0;x"))
    (found,), _ = read(file)
    assert "\x1b" not in "\n".join(scores_lines([found]))
    assert "\x1b" not in as_text(result(score=found))


# -- which one is played ---------------------------------------------------------------


def test_one_of_those_that_were_played_least_is_chosen() -> None:
    played = [replace(GOOD, scenario=name) for name in ("a", "a", "b")]
    assert {choose(["a", "b", "c"], played, Random(seed)) for seed in range(9)} == {"c"}
    assert {choose(["a", "b"], [], Random(seed)) for seed in range(9)} == {"a", "b"}


# -- what is printed -------------------------------------------------------------------


def test_the_table_says_na_for_what_did_not_happen() -> None:
    _, row = scores_lines([GOOD])
    assert row.split()[-7:] == ["72", "42s", "1m", "01s", "n/a", "n/a", "n/a"]


def test_the_export_has_a_schema_and_null_for_what_is_not_known() -> None:
    (found,) = json.loads(scores_json([GOOD]))
    assert found["schema"] == SCHEMA
    assert found["acknowledged_s"] is None
    assert found["postmortem"] == {"filled": 5, "fields": 8, "findings": 3}
    assert datetime.fromisoformat(found["at"]) == AT


def test_the_list_has_the_best_points_of_each() -> None:
    lines = list(drill_lines([GOOD, replace(GOOD, points=40)]))
    assert "best  72" in lines[0]
    assert "best" not in lines[1]


def test_the_debrief_says_what_it_was_what_was_right_and_what_was_missed() -> None:
    text = as_text(result(replace(GOOD, points=55, noticed_s=30.0)))
    assert text.startswith("drill-01: 72 of 100 points")
    assert "theirs: the API is overloaded" in text
    assert "✗ You said         theirs: the API is slow (the right side, but not the cause)" in text
    assert "✓ noticed in time     5 of  5   after 42s (previous best: 30s)" in text
    assert "acknowledged" in text
    assert "✓ done             Confirm that it is theirs (Outage and overload (5xx, 529))" in text
    assert "▲ harmful          Make a key and deploy it (Key rejected (401))" in text
    assert "▲ no wrong turns    3.8 of  5   1 wrong turn of 4" in text
    assert "▲ the postmortem    3.1 of  5   5 of 8 fields written (lint: 3 findings)" in text
    assert "55 points the last time (best 55, 1 before)" in text
    assert max(map(len, text.splitlines())) <= 96


def test_the_debrief_says_where_points_were_lost_and_what_was_left_out() -> None:
    lost = replace(GOOD, side=Side.US, side_right=False, cause=None, wrong_turns=None, postmortem=None)
    lost = replace(lost, noticed_s=200.0, acknowledged_s=None)
    text = as_text(result(score=replace(lost, points=points(lost, TRUTH))))
    assert "✗ the right side      0 of 20   you said ours" in text
    assert "✗ the right cause     0 of 20   no answer" in text
    assert "▲ the right steps    10 of 25   2 of 5 done" in text
    assert "▲ nothing harmful     5 of 10   1 harmful step" in text
    assert "  no wrong turns            –   the decision tree was not walked" in text
    assert "▲ noticed in time   3.7 of  5   after 3m 20s; all points until 1m 00s" in text
    assert "✗ acknowledged        0 of  5   no alert was acknowledged" in text
    assert "  the postmortem            –   no incident was declared" in text
    assert "  together         23.7 of 90   26 of 100, without what could not be judged" in text
    assert "together" not in as_text(result())


# -- the end -----------------------------------------------------------------------------


def record(*acts: DrillAct) -> DrillRecord:
    entries = [DrillEntry(AT, act, "ana", side=Side.US, scenario="drill-01") for act in acts]
    return DrillRecord(Record(Span(AT, AT + timedelta(minutes=5))), tuple(entries))


def test_a_drill_is_concluded_once(tmp_path: Path) -> None:
    file = score_file(tmp_path)
    add(file, GOOD)
    conclusion = Conclusion(SCENARIO, TRUTH, file, shipped())
    assert conclusion.conclude(lambda: None) is None
    first = conclusion.conclude(lambda: record(DrillAct.STARTED, DrillAct.ANSWERED))
    again = conclusion.conclude(lambda: record(DrillAct.STARTED))
    assert first is again is conclusion.result
    assert first is not None
    assert first.earlier == (GOOD,)
    assert len(read(file)[0]) == 2


def test_a_drill_in_which_nobody_did_anything_is_not_kept(tmp_path: Path) -> None:
    file = score_file(tmp_path)
    found = Conclusion(SCENARIO, TRUTH, file, shipped()).conclude(lambda: record(DrillAct.STARTED))
    assert found is not None
    assert "no action was taken" in as_text(found)
    assert not file.exists()


def test_a_score_that_cannot_be_kept_is_shown_all_the_same(tmp_path: Path) -> None:
    file = tmp_path / "scores.jsonl"
    file.mkdir()
    conclusion = Conclusion(SCENARIO, TRUTH, file, shipped())
    found = conclusion.conclude(lambda: record(DrillAct.STARTED, DrillAct.ANSWERED))
    assert found is not None
    assert "The score was not saved" in as_text(found)


# -- the postmortem ----------------------------------------------------------------------


def entry(what: IncidentAct, text: str = "t") -> IncidentEntry:
    return IncidentEntry(AT, f"{what}", "inc", what, AT, "ana", text=text)


def test_without_an_incident_there_is_no_postmortem_to_complete() -> None:
    assert completeness(record(DrillAct.STARTED)) is None


def test_what_somebody_writes_completes_the_postmortem() -> None:
    span = Span(AT, AT + timedelta(minutes=5))
    declared = Record(span, entries=(entry(IncidentAct.DECLARED),))
    cause = FieldRevision(AT, "r", "inc", "root_cause", "Too few workers.", "ana")
    empty, written = (
        completeness(DrillRecord(declared, revisions=revisions)) for revisions in ((), (cause,))
    )
    assert empty is not None
    assert written is not None
    assert written.filled == empty.filled + 1
    assert written.fields == empty.fields == 8
    assert 0 < written.findings < empty.findings
