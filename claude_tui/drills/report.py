"""The report at the end of a drill: sections of rows, for the screen and as text."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from claude_tui.drills.conclusion import Result
from claude_tui.drills.log import of_same
from claude_tui.drills.record import Ending, Score
from claude_tui.drills.words import answer_text, step_text
from claude_tui.model.format import NOT_AVAILABLE, duration, plural
from claude_tui.model.snapshot import Level

__all__ = ["Row", "Section", "as_text", "headline", "sections"]

_LABEL_CELLS = 21
_TEXT_CELLS = 96
_GLYPHS = {Level.OK: "✓", Level.BAD: "✗", Level.WARN: "▲", Level.INFO: " ", Level.UNKNOWN: " "}
_ENDINGS = {
    Ending.RESOLVED: "resolved",
    Ending.STOPPED: "stopped before the incident was resolved",
    Ending.QUIT: "left before the incident was resolved",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the report."""

    label: str
    text: str
    level: Level = Level.INFO
    note: str = ""
    """A less important remark."""


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    rows: tuple[Row, ...]


def headline(result: Result) -> str:
    """`Drill drill-07: 72 of 100 points`."""
    points = result.score.points
    worth = f"{points} of 100 points" if points is not None else "no points: no action was taken"
    return f"{result.score.scenario}: {worth}"


def sections(result: Result) -> tuple[Section, ...]:
    """The sections, the most important first."""
    score = result.score
    found = [
        Section("What it was", tuple(_cause(result))),
        Section("How soon", tuple(_times(score, of_same(result.earlier, score.scenario)))),
        Section("Steps", tuple(_steps(result))),
        Section("Also", tuple(_rest(score))),
        Section("Compared", tuple(_compared(result))),
    ]
    return tuple(section for section in found if section.rows)


def _cause(result: Result) -> Iterator[Row]:
    score, truth = result.score, result.truth
    yield Row("It was", answer_text(truth.answer.side, truth.answer.cause))
    answered = score.side is not None or score.cause is not None
    right = bool(score.side_right and score.cause_right)
    level = Level.OK if right else Level.BAD if answered else Level.UNKNOWN
    note = "the right side, but not the cause" if score.side_right and not right else ""
    yield Row("You said", answer_text(score.side, score.cause), level, note)
    yield Row("", truth.debrief)


def _times(score: Score, same: Sequence[Score]) -> Iterator[Row]:
    yield _time("noticed", "noticed_s", score, same)
    yield _time("right side", "side_s", score, same)
    yield _time("right cause", "cause_s", score, same)
    yield _time("acknowledged", "acknowledged_s", score, same)
    yield _time("first right step", "first_step_s", score, same)
    speed = f" at {score.speed:g} times the speed" if score.speed != 1 else ""
    yield Row("length", f"{duration(score.length_s)}{speed}", note=_ENDINGS[score.ending])


def _time(label: str, name: str, score: Score, same: Sequence[Score]) -> Row:
    seconds = getattr(score, name)
    before = [value for earlier_score in same if (value := getattr(earlier_score, name)) is not None]
    note = f"previous best: {duration(min(before))}" if before else ""
    if seconds is None:
        return Row(label, NOT_AVAILABLE, Level.UNKNOWN, note)
    return Row(label, f"{duration(seconds)} after the problem began", Level.INFO, note)


def _steps(result: Result) -> Iterator[Row]:
    score, runbook = result.score, result.runbook
    for label, steps, level in (
        ("done", score.hit, Level.OK),
        ("missed", score.missed, Level.BAD),
        ("harmful", score.harmful, Level.WARN),
    ):
        before = ""
        for number, step in enumerate(steps):
            title, playbook = step_text(step, runbook)
            yield Row("" if number else label, title, level, "" if playbook == before else playbook)
            before = playbook
    if score.began_well is not None:
        text = "a good first step" if score.began_well else "another step should have come first"
        yield Row("start", text, Level.OK if score.began_well else Level.BAD)


def _rest(score: Score) -> Iterator[Row]:
    wrong = score.wrong_turns
    if wrong is None:
        yield Row("decision tree", f"{NOT_AVAILABLE}: not walked", Level.UNKNOWN)
    else:
        text = f"{plural(wrong, 'wrong turn')} of {score.turns}" if wrong else "no wrong turns"
        yield Row("decision tree", text, Level.OK if not wrong else Level.BAD)
    yield Row("notifications", *_pages(score))
    written = score.postmortem
    if written is None:
        yield Row("postmortem", NOT_AVAILABLE, Level.UNKNOWN)
    else:
        text = f"{written.filled} of {plural(written.fields, 'field')} written"
        whole = written.filled == written.fields and not written.findings
        yield Row(
            "postmortem",
            text,
            Level.OK if whole else Level.INFO,
            f"lint: {plural(written.findings, 'finding')}",
        )


def _pages(score: Score) -> tuple[str, Level]:
    if score.missed_pages:
        return "none, though somebody should have been paged", Level.BAD
    if score.false_pages:
        return f"{score.pages} sent, though nobody was needed", Level.BAD
    return f"{score.pages} sent, as it should be" if score.pages else "none, as it should be", Level.OK


def _compared(result: Result) -> Iterator[Row]:
    same = [
        score.points for score in of_same(result.earlier, result.score.scenario) if score.points is not None
    ]
    everything = [score.points for score in result.earlier if score.points is not None]
    if same:
        yield Row(
            "this drill", f"{same[-1]} points the last time", note=f"best {max(same)}, {len(same)} before"
        )
    if everything:
        mean = round(sum(everything) / len(everything))
        yield Row("all drills", f"{mean} points on average", note=f"{len(everything)} before")
    if result.problem:
        yield Row("", result.problem, Level.WARN)


# -- as text ------------------------------------------------------------------------------


def as_text(result: Result) -> str:
    """The same as text of at most 96 cells a line, for after the program has ended."""
    lines = [headline(result)]
    for section in sections(result):
        lines += ["", section.title]
        lines += [line for row in section.rows for line in _row_lines(row)]
    return "\n".join(lines)


def _row_lines(row: Row) -> list[str]:
    head = f"  {_GLYPHS[row.level]} {row.label:<{_LABEL_CELLS - 4}}"
    text = f"{row.text} ({row.note})" if row.note else row.text
    return textwrap.wrap(
        text, _TEXT_CELLS, initial_indent=head, subsequent_indent=" " * len(head), break_long_words=False
    ) or [head.rstrip()]
