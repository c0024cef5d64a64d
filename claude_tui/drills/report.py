"""The report at the end of a drill: sections of rows, for the screen and as text."""

from __future__ import annotations

import textwrap
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from claude_tui.drills.conclusion import Result
from claude_tui.drills.log import of_same
from claude_tui.drills.points import IN_TIME_S, Part, parts
from claude_tui.drills.record import Ending, Score
from claude_tui.drills.words import answer_text, cause_text, step_text
from claude_tui.model.format import NOT_AVAILABLE, duration, plural
from claude_tui.model.snapshot import Level

__all__ = ["Row", "Section", "as_text", "headline", "sections"]

_LABEL_CELLS = 21
_TEXT_CELLS = 96
_OF_CELLS = 10
_GLYPHS = {Level.OK: "✓", Level.BAD: "✗", Level.WARN: "▲", Level.INFO: " ", Level.UNKNOWN: " "}
_STARTS = {
    True: "a good first step",
    False: "another step should have come first",
    None: "no step was done",
}
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
    points: str = ""
    """What it earned, `3.8 of  5`: all of them equally wide."""


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    rows: tuple[Row, ...]
    note: str = ""
    """A less important remark on all of it."""


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
        Section(
            "Points" if score.points is not None else "How it went",
            tuple(_points(result)),
            "times from the start of the problem",
        ),
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


# -- where the points were earned and lost -----------------------------------------------


def _points(result: Result) -> Iterator[Row]:
    """What was done for each part of the score, and what that earned."""
    score = result.score
    found = parts(score, result.truth)
    texts = _texts(result)
    for part in found:
        earned = "" if score.points is None else _earned(part)
        text, note = texts[part.name]
        yield Row(part.name, text, _level(part), note, earned)
    weight = sum(part.weight for part in found if part.share is not None)
    if score.points is not None and weight < sum(part.weight for part in found):
        total = sum(part.earned for part in found)
        yield Row(
            "together", f"{score.points} of 100, without what could not be judged", points=_of(total, weight)
        )


def _earned(part: Part) -> str:
    return _of(part.earned, part.weight) if part.share is not None else "–".rjust(_OF_CELLS)


def _of(earned: float, weight: int) -> str:
    """` 3.8 of  5`."""
    return f"{round(earned, 1):g} of {weight:>2}".rjust(_OF_CELLS)


def _level(part: Part) -> Level:
    if part.share is None:
        return Level.UNKNOWN
    return Level.OK if part.share == 1 else Level.WARN if part.share else Level.BAD


def _texts(result: Result) -> dict[str, tuple[str, str]]:
    """For each part of the score, what was done, and a less important remark."""
    score = result.score
    best = _best_times(result)
    side, cause = score.side.owner if score.side else "", cause_text(score.cause) if score.cause else ""
    return {
        "the right side": (_answer(side, score.side_right, score.side_s), best["side_s"]),
        "the right cause": (_answer(cause, score.cause_right, score.cause_s), best["cause_s"]),
        "the right steps": (_right_steps(result), best["first_step_s"]),
        "a good start": (_STARTS[score.began_well], ""),
        "nothing harmful": (plural(len(score.harmful), "harmful step") if score.harmful else "none", ""),
        "no wrong turns": (_turns(score), ""),
        "noticed in time": (_noticed(result), best["noticed_s"]),
        "acknowledged": (_acknowledged(score), best["acknowledged_s"]),
        "the postmortem": _postmortem(score),
    }


def _best_times(result: Result) -> defaultdict[str, str]:
    """For each time of a score the best one so far, as a remark."""
    same = of_same(result.earlier, result.score.scenario)
    notes: defaultdict[str, str] = defaultdict(str)
    for name in ("noticed_s", "side_s", "cause_s", "acknowledged_s", "first_step_s"):
        before = [seconds for earlier in same if (seconds := getattr(earlier, name)) is not None]
        if before:
            notes[name] = f"previous best: {duration(min(before))}"
    return notes


def _answer(given: str, right: bool | None, seconds: float | None) -> str:
    if not given:
        return "no answer"
    return _after(seconds) if right else f"you said {given}"


def _after(seconds: float | None) -> str:
    return NOT_AVAILABLE if seconds is None else f"after {duration(seconds)}"


def _right_steps(result: Result) -> str:
    score, steps = result.score, result.truth.steps
    if not steps:
        return "none was needed"
    first = f", the first {_after(score.first_step_s)}" if score.first_step_s is not None else ""
    return f"{len(score.hit)} of {len(steps)} done{first}"


def _turns(score: Score) -> str:
    if score.wrong_turns is None:
        return "the decision tree was not walked"
    wrong = plural(score.wrong_turns, "wrong turn") if score.wrong_turns else "none"
    return f"{wrong} of {score.turns}"


def _noticed(result: Result) -> str:
    seconds = result.score.noticed_s
    if seconds is None:
        return "nothing was done"
    if not result.truth.paged:
        return f"{_after(seconds)}; there was no hurry"
    return _after(seconds) + (f"; all points until {duration(IN_TIME_S)}" if seconds > IN_TIME_S else "")


def _acknowledged(score: Score) -> str:
    if not score.pages:
        return "nobody was paged"
    return _after(score.acknowledged_s) if score.acknowledged_s is not None else "no alert was acknowledged"


def _postmortem(score: Score) -> tuple[str, str]:
    written = score.postmortem
    if written is None:
        return "no incident was declared", ""
    return (
        f"{written.filled} of {plural(written.fields, 'field')} written",
        f"lint: {plural(written.findings, 'finding')}",
    )


# -- everything else -----------------------------------------------------------------------


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


def _rest(score: Score) -> Iterator[Row]:
    yield Row("notifications", *_pages(score))
    speed = f" at {score.speed:g} times the speed" if score.speed != 1 else ""
    yield Row("length", f"{duration(score.length_s)}{speed}", note=_ENDINGS[score.ending])


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
        lines += ["", f"{section.title} ({section.note})" if section.note else section.title]
        lines += [line for row in section.rows for line in _row_lines(row)]
    return "\n".join(lines)


def _row_lines(row: Row) -> list[str]:
    points = f"{row.points}   " if row.points else ""
    head = f"  {_GLYPHS[row.level]} {row.label:<{_LABEL_CELLS - 4}}{points}"
    text = f"{row.text} ({row.note})" if row.note else row.text
    return textwrap.wrap(
        text, _TEXT_CELLS, initial_indent=head, subsequent_indent=" " * len(head), break_long_words=False
    ) or [head.rstrip()]
