"""Work without I/O that a frame waits for, against its budget: `python -m tests.bench.pure`.

The best of ten runs, which is what the work itself takes; a busy machine spoils the others.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from claude_tui.analysis.diagnosis.diagnose import diagnose
from claude_tui.analysis.history.history import History
from claude_tui.analysis.options import Options
from claude_tui.simulator.past import healthy_past
from claude_tui.simulator.scenario import load
from tests.builders import after, history_of
from tests.unit.test_diagnosis_stability import answering, began, with_lone_failures

RUNS = 10
HOUR = 3600.0


def a_day(kind: str) -> History:
    """A day at the default pace, with what makes diagnosis look far back."""
    day = 24 * HOUR
    if kind == "a long tail":
        return history_of(*sorted(answering(0, day, total=12.0), key=began))
    every_s = {"rare failures": 20 * 60.0, "frequent failures": 240.0}[kind]
    return history_of(*with_lone_failures(every_s, 0, day))


def cases() -> Iterator[tuple[str, Callable[[int], object], float]]:
    """What it is, the work of the n-th run, and its budget in milliseconds."""
    until, span = datetime(2026, 11, 20, 14, 5, 33, tzinfo=UTC), timedelta(hours=2)
    tour = load("tour")
    yield "the past of a demo", lambda _: healthy_past(tour, until, span, 1, "https://api.example"), 30
    for kind in ("a long tail", "rare failures", "frequent failures"):
        history = a_day(kind)

        def judge(second: int, history: History = history) -> object:
            return diagnose(history, after(24 * HOUR + second), Options())

        yield f"diagnosis of a day: {kind}", judge, 5


def best_ms(work: Callable[[int], object]) -> float:
    spent = []
    for number in range(RUNS):
        began_s = time.perf_counter()
        work(number)
        spent.append(time.perf_counter() - began_s)
    return 1000 * min(spent)


def main() -> int:
    kept = True
    for name, work, budget_ms in cases():
        figure = best_ms(work)
        kept &= figure <= budget_ms
        print(
            f"{name:40}{figure:8.1f} ms   at most {budget_ms} ms  {'ok' if figure <= budget_ms else 'OVER'}"
        )
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
