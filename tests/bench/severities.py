"""How the severity changes in the first minutes of a trouble: `python -m tests.bench.diagnosis --severities`.

Plays every scenario of the simulator and every constant trouble at the default pace, from the onset on.
A line per course: the severities in order, each with the seconds from the first failed message to it, and how
many of the seeds took that course.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import pairwise

from claude_tui.analysis.diagnosis.diagnose import diagnose
from claude_tui.model.observation import Source
from claude_tui.model.verdict import Severity
from claude_tui.simulator.scenario import load, names
from claude_tui.simulator.script import Scenario
from tests.bench.episodes import BASE, DEFAULT_PACE, Loss, Pace, Player
from tests.bench.troubles import CASES, again_of

__all__ = ["Course", "climbs", "course", "report_severities"]

WATCHED_S = 300.0
Course = list[tuple[float, Severity]]
"""The severities in order, each with the seconds from the first failure to it."""


def course(
    scenario: Scenario,
    seed: int,
    pace: Pace = DEFAULT_PACE,
    losses: tuple[Loss, ...] = (),
    watched_s: float = WATCHED_S,
) -> Course:
    """The severities of the first minutes, from the onset of the first trouble on."""
    onset_s = next((at for at, phase in scenario.scheduled if phase.cause != "healthy"), 0.0)
    player = Player(scenario, seed, pace, losses=losses, again=again_of())
    found: Course = []
    failed_s: float | None = None
    for seen in player.play(onset_s + watched_s + 60.0):
        now_s = (seen.at - BASE).total_seconds()
        if (seen.observation.at - BASE).total_seconds() < onset_s:
            continue
        if failed_s is None and seen.observation.failed and seen.source is Source.MESSAGES:
            failed_s = now_s
        if now_s > (failed_s or now_s) + watched_s:
            break
        severity = diagnose(player.history, seen.at, pace.options).severity
        if severity is not (found[-1][1] if found else Severity.NONE):
            found.append((now_s - (failed_s if failed_s is not None else onset_s), severity))
    return found


def climbs(found: Course, within_s: float = 60.0) -> int:
    """How often the severity rises again within so many seconds of its last change to another trouble."""
    return sum(
        now.worse_than(before) and before.trouble and at - earlier <= within_s
        for (earlier, before), (at, now) in pairwise(found)
    )


def _played(work: tuple[Scenario, int, tuple[Loss, ...]]) -> Course:
    scenario, seed, losses = work
    return course(scenario, seed, losses=losses)


def _scenarios() -> Iterator[tuple[str, Scenario, tuple[Loss, ...]]]:
    for name, _ in names():
        yield name, load(name), ()
    for name, case in CASES.items():
        yield name, case.scenario, case.losses


def report_severities(seeds: int, only: str | None, workers: int = 2) -> None:
    with ProcessPoolExecutor(workers) as pool:
        for name, scenario, losses in _scenarios():
            if only is not None and only not in name:
                continue
            played = list(pool.map(_played, [(scenario, seed, losses) for seed in range(seeds)]))
            rising = sum(climbs(steps) for steps in played)
            print(f"{name}: {rising / seeds:.1f} climbs within a minute")
            for words, count in Counter(_words(steps) for steps in played).most_common():
                times = [[at for at, _ in steps] for steps in played if _words(steps) == words]
                middle = ", ".join(f"{statistics.median(column):.0f}" for column in zip(*times, strict=True))
                print(f"    {count} x {words}  ({middle} s)", flush=True)


def _words(found: Course) -> str:
    return " ".join(severity.value for _, severity in found) or "none"
