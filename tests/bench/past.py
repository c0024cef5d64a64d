"""How long time travel takes on 90 days of history: `python -m tests.bench.past [--rows N]`.

Budgets: 150 ms for the first jump to anywhere, 50 ms for a step. The rest of the day that a Snapshot is
computed from is read afterwards, in parts between which a step may come. Measured is CPU time: what else
the machine does would otherwise count as well. The slowest parts are those in which garbage is collected.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from claude_tui.analysis.options import Options
from claude_tui.engine.conditions import Conditions, encode_conditions
from claude_tui.engine.past import Past
from claude_tui.model.arrangement import Panel
from claude_tui.model.conditions import ConditionsChange
from claude_tui.model.playbook import StepMark, StepState
from claude_tui.model.snapshot import Focus
from claude_tui.model.verdict import Cause, Severity, Side, VerdictChange
from claude_tui.store import Store
from claude_tui.store.files import NAME
from tests.bench.store import NOW, SPAN, fill, open_store

JUMP_MS, STEP_MS = 150.0, 50.0
JUMPS, STEPS = 12, 120
DAY_OF_LATENCY = Focus(Panel.LATENCY, timedelta(hours=24))


def furnish(store: Store) -> None:
    """What is recorded besides observations: verdicts that change every hour, marks, conditions."""
    store.write(ConditionsChange(NOW - SPAN, encode_conditions(Conditions())))
    severities = (Severity.NONE, Severity.P2)
    for hour in range(int(SPAN / timedelta(hours=1))):
        at, severity = NOW - SPAN + timedelta(hours=hour), severities[hour % 2]
        cause = Cause.PROVIDER_OVERLOADED if severity.trouble else Cause.HEALTHY
        store.write(VerdictChange(at, cause, Side.THEM, severity, "it changed"))
        if hour % 5 == 0:
            store.write(StepMark(at, "provider", f"step{hour % 7}", StepState.DONE, "ana"))
        if hour % 12 == 0:
            options = Options(warn_ratio=2.0 + hour % 24 / 12)
            store.write(ConditionsChange(at, encode_conditions(Conditions(options))))
    store.flush(60.0)


def spent_ms(action: Callable[[], object]) -> float:
    began = time.thread_time()
    action()
    return (time.thread_time() - began) * 1000


@dataclass(frozen=True, slots=True)
class Timed:
    """How long something took, each time."""

    name: str
    taken: Sequence[float]
    """Milliseconds."""
    budget_ms: float | None = None

    def __str__(self) -> str:
        taken, budget = sorted(self.taken), self.budget_ms
        typical, worst = taken[len(taken) // 2], taken[-1]
        verdict = "" if budget is None else f"{budget:6.0f} ms  {'ok' if worst <= budget else 'OVER'}"
        return f"{self.name:44} {typical:8.1f} ms {worst:8.1f} ms {verdict}"


def jumps(store: Store, dice: random.Random) -> Iterator[Timed]:
    first, parts, whole = [], [], []
    for _ in range(JUMPS):
        at = NOW - timedelta(seconds=dice.uniform(1.1, 89) * 86_400)
        past = Past(store, Conditions(), lambda: NOW)
        first.append(spent_ms(lambda p=past, t=at: p.snapshot(t)))  # type: ignore[misc]
        began = before = time.thread_time()
        for _ in past.completing():
            parts.append((time.thread_time() - before) * 1000)
            before = time.thread_time()
        whole.append((time.thread_time() - began) * 1000)
    yield Timed("first jump", first, JUMP_MS)
    yield Timed("a part of reading the day before", parts)
    yield Timed("the whole day before, afterwards", whole)


def steps(store: Store, start: datetime) -> Iterator[Timed]:
    past = Past(store, Conditions(), lambda: NOW)
    at = start
    past.whole(at)
    ways: tuple[tuple[str, Callable[[datetime], datetime | None], Focus | None], ...] = (
        ("[ one observation back", lambda t: past.observation_near(t, later=False), None),
        ("] one observation forward", lambda t: past.observation_near(t, later=True), None),
        ("{ one minute back", lambda t: t - timedelta(minutes=1), None),
        ("} one minute forward", lambda t: t + timedelta(minutes=1), None),
        (", the previous event", lambda t: past.event_near(t, later=False), None),
        (". the next event", lambda t: past.event_near(t, later=True), None),
        ("{ with the latency chart of 24 h", lambda t: t - timedelta(minutes=1), DAY_OF_LATENCY),
    )
    for name, way, focus in ways:
        taken = []
        for _ in range(STEPS if name[0] in "[]{}" else STEPS // 10):
            began = time.thread_time()
            at = way(at) or at
            past.snapshot(at, focus)
            taken.append((time.thread_time() - began) * 1000)
            # As the thread of time travel does when nothing is asked.
            for _ in past.completing():
                pass
        yield Timed(name, taken, STEP_MS)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_600_000)
    parser.add_argument("--keep", type=Path, help="a directory for the store, to be used again")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        directory = arguments.keep or Path(scratch) / "data"
        if not (directory / NAME).exists():
            open_store(directory).close()
            fill(directory / NAME, arguments.rows, raw=False)
            store = open_store(directory)
            furnish(store)
        else:
            store = open_store(directory)
        print(f"{'':44} {'median':>11} {'slowest':>11} {'budget':>9}")
        for part in (jumps(store, random.Random(8)), steps(store, NOW - SPAN / 2)):
            for line in part:
                print(line)
        store.close()


if __name__ == "__main__":
    main()
