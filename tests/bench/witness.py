"""How the diagnosis does with own traffic as a third witness: `python -m tests.bench.witness [--seeds N]`.

Each episode is three healthy minutes, five minutes of trouble and five of health, with probes at the default
pace and applications that make 0.1, 1, 10 and 100 calls a second. Calls are rolled up as the store gets them:
every 10 s, and within 2 s of a failure. Per case and pace:

- `right`: cause, side and whom it concerns were right a minute after the first failure.
- `found`: from the first failure to the right verdict, median. `back`: from the last one to health.
- `kept`: how much of the time from the first right verdict to the end of the trouble it stays right.
- `worst`: the worst severity. `false`: verdicts of trouble before the trouble began.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random

from claude_tui.analysis.diagnosis.diagnose import diagnose
from claude_tui.analysis.traffic.facts import IN_FULL, TrafficFacts
from claude_tui.analysis.traffic.view import traffic_view
from claude_tui.model.observation import Outcome
from claude_tui.model.traffic import Call, CallCount, KeptCall, RollUp, RollUpKey, TrafficSource
from claude_tui.model.traffic_view import TrafficView
from claude_tui.model.verdict import Severity, Verdict
from claude_tui.simulator.script import PageAnswer, Reply, Scenario
from claude_tui.traffic.aggregation import CallAggregator
from tests.bench.episodes import BASE, DEFAULT_PACE, Player
from tests.bench.mixtures import Part, scenario_of
from tests.bench.troubles import again_of

__all__ = ["CASES", "PACES", "Case", "Judged", "judge"]

PACES = (0.1, 1.0, 10.0, 100.0)
ONSET_S, TROUBLE_S, AFTER_S = 180.0, 300.0, 300.0
BEFORE_S = 900.0
DUE_S = 60.0
# Failures on a healthy day.
CHANCE = 0.0005
HAIKU, OPUS = "claude-haiku-5-5", "claude-opus-5-5"
O = Outcome  # noqa: E741
R = Reply
_STATUS = {
    O.OVERLOADED: (529, "overloaded_error"),
    O.SERVER_ERROR: (500, "api_error"),
    O.RATE_LIMITED: (429, "rate_limit_error"),
    O.BAD_REQUEST: (400, "invalid_request_error"),
    O.KEY_REJECTED: (401, "authentication_error"),
    O.NETWORK: (None, "connection_refused"),
}


@dataclass(frozen=True)
class App:
    """An application, and what it gets while there is trouble."""

    name: str
    model: str
    weight: float
    trouble: Mapping[Outcome, float] = field(default_factory=dict)
    always: Mapping[Outcome, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """An episode and the truth about it: with traffic, and for somebody who only has probes."""

    name: str
    scenario: Scenario
    apps: tuple[App, ...]
    truths: frozenset[tuple[str, str]]
    names: str = ""
    """What the verdict has to name."""
    most: Severity = Severity.P1
    """The worst severity that is right."""


def _apps(
    everybody: Mapping[Outcome, float] | None = None,
    *,
    batch: Mapping[Outcome, float] | None = None,
    opus: Mapping[Outcome, float] | None = None,
    always: Mapping[Outcome, float] | None = None,
) -> tuple[App, ...]:
    everybody = everybody or {}
    return (
        App("checkout", HAIKU, 3, everybody),
        App("checkout", OPUS, 1, opus if opus is not None else everybody),
        App("search", HAIKU, 3, everybody),
        App("batch", HAIKU, 2, batch if batch is not None else everybody, always or {}),
        App("batch", OPUS, 1, opus if opus is not None else batch if batch is not None else everybody),
    )


def _probes(
    messages: Mapping[Reply, float],
    models: Mapping[Reply, float] | None = None,
    page: PageAnswer = PageAnswer.PAGE,
) -> Scenario:
    return scenario_of("witness", Part("healthy", "none", TROUBLE_S, messages, models or {}, page=page))


FINE = _probes({})
WELL = frozenset({("healthy", "none")})
CASES = (
    Case("healthy", FINE, _apps(), WELL),
    Case("one app always sends 3% 400s", FINE, _apps(always={O.BAD_REQUEST: 0.03}), WELL),
    Case(
        "outage",
        _probes({R.SERVER_ERROR: 1.0}),
        _apps({O.SERVER_ERROR: 1.0}),
        frozenset({("provider_outage", "them"), ("provider_errors", "them")}),
    ),
    Case(
        "529 20%",
        _probes({R.OVERLOADED: 0.2}),
        _apps({O.OVERLOADED: 0.2}),
        frozenset({("provider_overloaded", "them")}),
        most=Severity.P2,
    ),
    Case(
        "529 2%",
        _probes({R.OVERLOADED: 0.02}),
        _apps({O.OVERLOADED: 0.02}),
        frozenset({("provider_overloaded", "them")}),
        most=Severity.P2,
    ),
    Case(
        "400s of one app, 30%",
        FINE,
        _apps(batch={O.BAD_REQUEST: 0.3}),
        frozenset({("bad_request", "us")}),
        "batch",
        Severity.P2,
    ),
    Case(
        "401s of one app",
        FINE,
        _apps(batch={O.KEY_REJECTED: 1.0}),
        frozenset({("key_rejected", "us")}),
        "batch",
        Severity.P2,
    ),
    Case(
        "500s of one app, 50%",
        FINE,
        _apps(batch={O.SERVER_ERROR: 0.5}),
        frozenset({("provider_errors", "us")}),
        "batch",
        Severity.P2,
    ),
    Case(
        "529s of one model, 50%",
        FINE,
        _apps(opus={O.OVERLOADED: 0.5}),
        frozenset({("provider_overloaded", "them")}),
        "Opus",
        Severity.P2,
    ),
    Case(
        "429s of one app, 30%",
        FINE,
        _apps(batch={O.RATE_LIMITED: 0.3}),
        frozenset({("rate_limited", "us")}),
        "batch",
        Severity.P2,
    ),
    Case(
        "529 40% and 429 15%",
        _probes({R.OVERLOADED: 0.4, R.RATE_LIMITED: 0.15}),
        _apps({O.OVERLOADED: 0.4, O.RATE_LIMITED: 0.15}),
        frozenset({("provider_overloaded", "them")}),
        "+rate_limited",
        Severity.P2,
    ),
    Case(
        "the probe's key",
        _probes({R.KEY_REJECTED: 1.0}, {R.KEY_REJECTED: 1.0}),
        _apps(),
        frozenset({("key_rejected", "us"), ("key_rejected", "unclear")}),
        "Only the probe",
        Severity.P3,
    ),
    Case(
        "the probe's network",
        _probes({R.REFUSED: 1.0}, {R.REFUSED: 1.0}, PageAnswer.REFUSED),
        _apps(),
        frozenset({("network", "path")}),
        "Only the probe",
        Severity.P3,
    ),
    Case(
        "500s of the probe alone",
        _probes({R.SERVER_ERROR: 1.0}),
        _apps(),
        frozenset({("provider_errors", "unclear")}),
        "Only the probe",
        Severity.P3,
    ),
)


def calls_of(case: Case, pace: float, seed: int) -> Iterator[tuple[float, Call]]:
    """The calls, by when they ended in seconds after BASE."""
    dice = Random(f"{seed}/{case.name}/{pace}")
    weights = [weighted.weight for weighted in case.apps]
    at = -BEFORE_S
    while (at := at + dice.expovariate(pace)) < ONSET_S + TROUBLE_S + AFTER_S:
        app = dice.choices(case.apps, weights)[0]
        mix = dict(app.always)
        if ONSET_S <= at < ONSET_S + TROUBLE_S:
            mix |= app.trouble
        drawn, outcome = dice.random(), O.OK
        for chosen, share in {O.SERVER_ERROR: mix.pop(O.SERVER_ERROR, CHANCE), **mix}.items():
            if drawn < share:
                outcome = chosen
                break
            drawn -= share
        status, kind = _STATUS.get(outcome, (200, None))
        yield (
            at,
            Call(
                BASE + timedelta(seconds=at),
                TrafficSource.PROXY,
                "messages",
                app.name,
                outcome,
                model=app.model,
                http_status=status,
                error_type=kind,
                total_s=0.0,
            ),
        )


class Traffic:
    """What the store has of the calls as time goes by."""

    def __init__(self, case: Case, pace: float, seed: int) -> None:
        self._calls = calls_of(case, pace, seed)
        self._next = next(self._calls, None)
        self._aggregator = CallAggregator()
        self._rows: list[RollUp] = []
        self._before: list[CallCount] = []
        self._keys: dict[RollUpKey, RollUpKey] = {}
        self._kept: list[KeptCall] = []
        self._now = int(-BEFORE_S)
        self._urgent: int | None = None
        self._changed = True
        self._view: tuple[int, TrafficView | None] = (0, None)

    def view(self, elapsed: int) -> TrafficView | None:
        """The view so many seconds after BASE, which only goes forward."""
        while self._now < elapsed:
            self._now += 1
            while self._next is not None and self._next[0] <= self._now:
                self._aggregator.add(self._next[1], BASE.timestamp() + self._now)
                self._next = next(self._calls, None)
            if self._aggregator.failing and self._urgent is None:
                self._urgent = self._now + 2
            if self._now % 10 == 0 or (self._urgent is not None and self._now >= self._urgent):
                self._take()
        at = BASE + timedelta(seconds=elapsed)
        span = (elapsed - 1) // 10
        if self._changed or self._view[0] != span:
            self._view, self._changed = (span, traffic_view(self._facts(at), at)), False
        return self._view[1]

    def _facts(self, at: datetime) -> TrafficFacts:
        """As the store has them: of what is older than the view's minute, the counts."""
        oldest, full_from = at - timedelta(minutes=17), at - IN_FULL
        self._before = [row for row in self._before if row.at > oldest]
        self._before += [CallCount.of(row) for row in self._rows if row.at < full_from]
        self._rows = [row for row in self._rows if row.at >= full_from]
        self._kept = [call for call in self._kept if call.at > oldest][-1000:]
        return TrafficFacts(recent=tuple(self._rows), before=tuple(self._before), kept=tuple(self._kept))

    def _take(self) -> None:
        rolled, kept = self._aggregator.take(BASE.timestamp() + self._now)
        self._urgent = None
        self._kept += kept
        if rolled is not None:
            # Rows that a store has read share equal keys.
            self._rows += [replace(row, key=self._keys.setdefault(row.key, row.key)) for row in rolled.rows]
            self._changed = True


@dataclass
class Judged:
    """One play of a case."""

    right: bool = False
    judged: tuple[str, str] = ("none", "none")
    diagnosed_s: float | None = None
    back_s: float | None = None
    false: int = 0
    kept: list[bool] = field(default_factory=list)
    worst: Severity = Severity.NONE
    cpu_ms: float = 0.0


def is_right(case: Case, verdict: Verdict) -> bool:
    if (verdict.cause.value, verdict.side.value) not in case.truths:
        return False
    if case.names.startswith("+"):
        return case.names[1:] in {cause.value for cause in verdict.also}
    return case.names in f"{verdict.summary} {verdict.scope}"


def judge(case: Case, pace: float, seed: int) -> Judged:
    """The verdicts of every second or five, as a dashboard would have computed them."""
    player = Player(case.scenario, seed, DEFAULT_PACE, page=False, again=again_of())
    # The same past, as the player adds to its own history what it plays.
    history = Player(case.scenario, seed, DEFAULT_PACE, page=False).history
    arrivals = list(player.play(ONSET_S + TROUBLE_S + AFTER_S))
    traffic, result, place = Traffic(case, pace, seed), Judged(), 0
    trouble = case.truths != WELL
    for elapsed in range(30, int(ONSET_S + TROUBLE_S + AFTER_S)):
        since = elapsed - ONSET_S
        near = 0 <= since <= 75 or 0 <= since - TROUBLE_S <= 75
        if not near and elapsed % 5:
            continue
        view = traffic.view(elapsed)
        at = BASE + timedelta(seconds=elapsed)
        while place < len(arrivals) and arrivals[place].at <= at:
            history.add_observation(arrivals[place].observation)
            place += 1
        began = time.process_time()
        verdict = diagnose(history, at, DEFAULT_PACE.options, traffic=view)
        result.cpu_ms = max(result.cpu_ms, (time.process_time() - began) * 1000)
        _judge_one(case, result, verdict, since, trouble=trouble)
    return result


def _judge_one(case: Case, result: Judged, verdict: Verdict, since: float, *, trouble: bool) -> None:
    in_trouble = 0 <= since < TROUBLE_S
    right = is_right(case, verdict)
    if not in_trouble or not trouble:
        if since < 0 or not trouble:
            result.false += verdict.severity.trouble
        elif since >= TROUBLE_S and result.back_s is None and not verdict.severity.trouble:
            result.back_s = since - TROUBLE_S
    if not in_trouble:
        return
    if since >= DUE_S and result.judged == ("none", "none"):
        result.right, result.judged = right, (verdict.cause.value, verdict.side.value)
    if right and result.diagnosed_s is None:
        result.diagnosed_s = since
    if trouble and since >= DUE_S:
        result.worst = Severity.worst((result.worst, verdict.severity))
    if result.diagnosed_s is not None:
        result.kept.append(right)


def _row(case: Case, pace: float, results: list[Judged]) -> str:
    def middle(values: list[float | None]) -> str:
        known = [value for value in values if value is not None]
        return f"{statistics.median(known):4.0f} s" if 2 * len(known) > len(values) else "     -"

    kept = [flag for result in results for flag in result.kept]
    share = f"{sum(kept) / len(kept):4.0%}" if kept else "   -"
    most_often = Counter("/".join(result.judged) for result in results).most_common(1)[0][0]
    return (
        f"{case.name:30} {pace:6g}/s  right {sum(result.right for result in results)}/{len(results)}"
        f"  found {middle([result.diagnosed_s for result in results])}  kept {share}"
        f"  back {middle([result.back_s for result in results])}"
        f"  {Severity.worst(result.worst for result in results)}"
        f"  false {sum(result.false for result in results)}"
        f"  {max(result.cpu_ms for result in results):4.1f} ms  {most_often}"
    )


def confusion(counts: Counter[tuple[str, str]]) -> str:
    rows = list(dict.fromkeys(truth for truth, _ in counts))
    columns = sorted({verdict for _, verdict in counts})
    lines = [" " * 30 + "".join(f"{column.removeprefix('provider_')[:14]:>16}" for column in columns)]
    lines += [
        f"{row:30}" + "".join(f"{counts[row, column] or '·':>16}" for column in columns) for row in rows
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", default="")
    parser.add_argument("--pace", type=float)
    arguments = parser.parse_args()
    for pace in PACES if arguments.pace is None else (arguments.pace,):
        counts: Counter[tuple[str, str]] = Counter()
        for case in CASES:
            if arguments.only in case.name:
                results = [judge(case, pace, seed) for seed in range(arguments.seeds)]
                print(_row(case, pace, results), flush=True)
                counts.update((case.name, result.judged[0]) for result in results)
        print(f"\nAt {pace:g} calls a second, a minute after the first failure:\n{confusion(counts)}\n")


if __name__ == "__main__":
    main()
