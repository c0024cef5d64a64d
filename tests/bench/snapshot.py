"""How long building a Snapshot takes: `python -m tests.bench.snapshot` from the root of the checkout.

Per case the median, the 95th percentile (which the budget is for) and the slowest of a run of builds
one simulated second apart, so that the median over a day is taken again once a minute as in the running
program. The slowest shows what else the machine did, garbage collection included.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from claude_tui.analysis.history.history import History
from claude_tui.analysis.snapshot import Options, build_snapshot
from claude_tui.model.arrangement import Panel
from claude_tui.model.observation import Observation, Outcome
from claude_tui.model.snapshot import Focus
from tests.builders import after, bucket, engine, messages, models, page, status

BUILDS = 130


@dataclass(frozen=True)
class Case:
    name: str
    hours: float
    every_s: tuple[float, float, float]
    failing: float
    budget_ms: float
    focus: Focus | None = None


def observations(case: Case) -> list[Observation]:
    dice = random.Random(1)
    end = case.hours * 3600
    every_page, every_models, every_messages = case.every_s
    items = [page(at) for at in _instants(end, every_page, dice)]
    items += [
        models(at, _outcome(case, dice), total=0.17 + dice.random() / 10)
        for at in _instants(end, every_models, dice)
    ]
    for at in _instants(end, every_messages, dice):
        left = 80_000 - int(at % 60) * 1000
        limits = [bucket(name, left, 80_000, 60 - at % 60, at=at) for name in ("input", "output", "tokens")]
        outcome = _outcome(case, dice)
        items.append(
            messages(at, outcome, ttft=0.4 + dice.random() / 5, total=0.6 + dice.random(), limits=limits)
        )
    return sorted(items, key=lambda observation: observation.at)


def _instants(end: float, every: float, dice: random.Random) -> list[float]:
    return [index * every + dice.random() for index in range(int(end / every))]


def _outcome(case: Case, dice: random.Random) -> Outcome:
    return Outcome.OVERLOADED if dice.random() < case.failing else Outcome.OK


def measure(build: Callable[[int], object]) -> tuple[float, float, float]:
    """Median, 95th percentile and slowest, in milliseconds."""
    taken = []
    for second in range(BUILDS):
        begun = time.perf_counter()
        build(second)
        taken.append((time.perf_counter() - begun) * 1000)
    taken.sort()
    return taken[len(taken) // 2], taken[len(taken) * 95 // 100], taken[-1]


def run(case: Case) -> str:
    items = observations(case)
    history = History()
    begun = time.perf_counter()
    history.extend(items, statuses=[status(0)])
    filled = (time.perf_counter() - begun) * 1e6 / len(items)
    page_s, models_s, messages_s = case.every_s
    options = Options(status_interval_s=page_s, models_interval_s=models_s, messages_interval_s=messages_s)
    end, state = case.hours * 3600, engine()

    def build(second: int) -> object:
        at = after(end) + timedelta(seconds=second - BUILDS)
        return build_snapshot(history, at, state, options, case.focus)

    typical, most, slowest = measure(build)
    verdict = "ok" if most <= case.budget_ms else "OVER"
    return (
        f"{case.name:34} {len(items):7,} {filled:6.1f} us {typical:8.2f} ms {most:8.2f} ms {slowest:8.2f} ms"
        f" {case.budget_ms:6.0f} ms  {verdict}"
    )


USUAL = (60.0, 15.0, 30.0)
LIVELY = (3.0, 3.0, 3.0)
DAY_OF_LATENCY = Focus(Panel.LATENCY, timedelta(hours=24))
CASES = (
    Case("an hour at the default pace", 1, USUAL, 0.0, 5),
    Case("a day at the default pace", 24, USUAL, 0.0, 5),
    Case("a day at the default pace, failing", 24, USUAL, 0.9, 5),
    Case("11 h at 3 s, bounded", 11, LIVELY, 0.0, 10),
    Case("11 h at 3 s, bounded, failing", 11, LIVELY, 0.9, 10),
    Case("24 h at 3 s, bounded, half failing", 24, LIVELY, 0.5, 10),
    Case("the same, latency chart of 24 h", 24, LIVELY, 0.5, 20, DAY_OF_LATENCY),
    Case("headroom chart of 24 h", 24, LIVELY, 0.0, 20, Focus(Panel.HEADROOM, timedelta(hours=24))),
    Case("errors chart of 24 h", 24, LIVELY, 0.5, 20, Focus(Panel.ERRORS, timedelta(hours=24))),
)


def main() -> None:
    print(f"{'case':34} {'count':>7} {'adding':>9} {'median':>11} {'p95':>11} {'slowest':>11} {'budget':>9}")
    for case in CASES:
        print(run(case))


if __name__ == "__main__":
    main()
