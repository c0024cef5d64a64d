"""How often the diagnosis is right, and how soon: `python -m tests.bench.diagnosis [--seeds N] [--demo]`.

Plays every scenario of the simulator and the mixtures of `mixtures` through the pure code, at the default
pace and at the demo's, and prints per case when the verdict was right, then a confusion table at the moment
when a verdict is due, then a simulated month of health with lost probes and heavy tails.

Due: after three message probes; where a share of the messages fails that three probes may well miss, after
eight; up to 20%, where nothing but counting tells it from chance, after 45 minutes; such a share counts as
found when it was named by then. Health is due 105 s after a full outage and ten minutes after a partial one.
`kept` is how much of the time from then on the verdict is right.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from claude_tui.analysis.diagnosis.diagnose import EngineFacts, diagnose
from claude_tui.model.no_key_reason import NoKeyReason
from claude_tui.model.observation import Source
from claude_tui.model.verdict import Cause, Verdict
from claude_tui.simulator.scenario import load, names
from claude_tui.simulator.script import Phase, Reply, Scenario
from tests.bench.episodes import BASE, CUTS, DEFAULT_PACE, DEMO_PACE, Noise, Pace, Player
from tests.bench.irregular import IRREGULAR
from tests.bench.mixtures import MIXTURES
from tests.bench.severities import report_severities
from tests.bench.troubles import CASES, again_of, report_days, report_troubles

MOST_PHASE_S = 3600.0
RARE_S = 2700.0
# Health is certain so long after a full outage, and after one where a part of the messages failed.
FULL_BACK_S, PARTIAL_BACK_S = 105.0, 600.0
Truth = tuple[str, str]

# Labels that the contract's own words contradict: a 529 is an overload wherever it comes.
ALSO_RIGHT: dict[tuple[str, str], set[Truth]] = {
    ("midstream", "broken off"): {("provider_overloaded", "them")},
    ("tour", "recovering"): {("provider_overloaded", "them")},
    ("mix", "1 provider_outage"): {("provider_overloaded", "them")},
    # A key that worked for hours may be rejected by an outage of theirs.
    ("key-revoked", "revoked"): {("key_rejected", "unclear")},
    ("then-key", "2 key_rejected"): {("key_rejected", "unclear")},
    ("auth-outage", "every request"): {("key_rejected", "unclear")},
    ("auth-outage", "some requests"): {("key_rejected", "unclear"), ("provider_errors", "unclear")},
}
WELL = {"healthy", "unknown"}
DOWN, ERRORS = ("provider_outage", "them"), ("provider_errors", "them")
OUTAGE_SHARE = (0.7, 0.97)
EARLY_SHARE = 0.4
FULL_SHARE = 0.8


@dataclass
class Result:
    """One phase of one play."""

    truth: Truth
    begun: bool = False
    due: bool = False
    right: bool = False
    verdict: Truth = ("none", "none")
    after_s: float | None = None
    after_probes: int | None = None
    kept: list[bool] = field(default_factory=list)
    wrong: Counter[str] = field(default_factory=Counter)
    changes: int = 0
    severities: Counter[str] = field(default_factory=Counter)


def failing_share(phase: Phase) -> float:
    return 1.0 - dict(phase.state.messages.mix).get(Reply.OK, 0.0)


def due_after(before: Phase | None, phase: Phase, pace: Pace) -> tuple[int, float]:
    """(message probes, seconds) after which the verdict is due; both must have passed."""
    healthy = phase.cause == "healthy"
    share = failing_share(before) if healthy and before is not None else failing_share(phase)
    if healthy and share > 0:
        full, rare = share >= FULL_SHARE, share <= 0.2
        waited_s = FULL_BACK_S if full else RARE_S if rare else PARTIAL_BACK_S
        return 0, waited_s * pace.messages_s / 30.0
    if share >= FULL_SHARE or share == 0:
        # Buckets that others drain refuse some and not others.
        drained = share == 0 and "rate_limited" in {phase.cause, before.cause if before else ""}
        return (8 if drained else 3), 0.0
    return (8, 0.0) if share > 0.2 else (0, RARE_S * pace.messages_s / 30.0)


def accepted(scenario: Scenario, phase: Phase, low: float = OUTAGE_SHARE[0]) -> set[Truth]:
    """The verdicts that count as right. From `low` on, a few probes cannot distinguish outage and errors."""
    truths = {(phase.cause, phase.side)} | ALSO_RIGHT.get((scenario.name, phase.name), set())
    if truths & {DOWN, ERRORS} and low <= failing_share(phase) <= OUTAGE_SHARE[1]:
        truths |= {DOWN, ERRORS}
    if phase.cause == "healthy" and scenario.incidents:
        truths.add(("provider_notice", "them"))
    return truths


def play(player: Player, intervals: float) -> Iterator[tuple[datetime, Source, Verdict]]:
    """A verdict for every result that arrives, until so many message intervals into the last phase."""
    last = player.scenario.scheduled[-1][0] + intervals * player.pace.messages_s
    facts = (
        EngineFacts()
        if player.keyed
        else EngineFacts(held="ANTHROPIC_API_KEY is not set", no_key_reason=NoKeyReason.MISSING)
    )
    for seen in player.play(min(last, 4 * MOST_PHASE_S)):
        yield seen.at, seen.source, diagnose(player.history, seen.at, player.pace.options, facts)


def phases_of(scenario: Scenario) -> list[tuple[float, float, Phase]]:
    """(start, end, phase) of every phase."""
    starts = [start for start, _ in scenario.scheduled]
    ends = [*starts[1:], starts[-1] + MOST_PHASE_S]
    return [(start, end, phase) for (start, phase), end in zip(scenario.scheduled, ends, strict=True)]


def judge(player: Player, intervals: float = 120) -> list[Result]:
    """One Result per phase; `due` where it lasted long enough for its verdict to be due."""
    spans = phases_of(player.scenario)
    results = [Result((phase.cause, phase.side)) for _, _, phase in spans]
    probes = [0] * len(spans)
    last: list[Verdict | None] = [None] * len(spans)
    for at, source, verdict in play(player, intervals):
        elapsed = (at - BASE).total_seconds()
        place = next((i for i, (start, end, _) in enumerate(spans) if start <= elapsed < end), None)
        if place is None:
            continue
        start, _, phase = spans[place]
        result = results[place]
        if phase.cause == "rate_limited" and failing_share(phase) == 0 and not result.begun:
            # The buckets run dry first: nobody is refused before they have.
            if not (source is Source.MESSAGES and player.history.latest(source, at).failed):
                continue
            spans[place] = (elapsed - player.pace.messages_s / 2, spans[place][1], phase)
            result.begun = True
            start = spans[place][0]
        # Without a key there are no messages: the list of models is all that can tell.
        counted = Source.MESSAGES if player.keyed else Source.MODELS
        newest = player.history.latest(counted, at)
        began_in = newest is not None and (newest.at - BASE).total_seconds() >= start
        probes[place] += source is counted and began_in
        judged = (verdict.cause.value, verdict.side.value)
        right = judged in accepted(player.scenario, phase)
        if right and result.after_s is None:
            result.after_s, result.after_probes = elapsed - start, probes[place]
        needed, seconds = due_after(spans[place - 1][2] if place else None, phase, player.pace)
        if probes[place] >= needed and elapsed - start >= seconds:
            if not result.due:
                # A share that fails comes and goes: it counts that it had been told by then.
                partial = phase.cause != "healthy" and 0 < failing_share(phase) < FULL_SHARE
                so_far = judged in accepted(player.scenario, phase, EARLY_SHARE)
                result.due, result.right = True, so_far or (partial and result.after_s is not None)
                result.verdict = result.truth if result.right else judged
            result.kept.append(right)
            if not right:
                result.wrong["/".join(judged)] += 1
            result.severities[verdict.severity.value] += 1
            before = last[place]
            result.changes += before is not None and before.cause is not verdict.cause
            last[place] = verdict
    return results


@dataclass
class Row:
    name: str
    results: list[Result]

    def __str__(self) -> str:
        due = [result for result in self.results if result.due]
        truth = self.results[0].truth[0]
        if not due:
            return f"{self.name:44} {truth:20} never due"
        right = sum(result.right for result in due) / len(due)
        soon = [result.after_s for result in due if result.after_s is not None]
        kept = [flag for result in due for flag in result.kept]
        changes = sum(result.changes for result in due) / len(due)
        severities = Counter[str]()
        for result in due:
            severities.update(result.severities)
        common = " ".join(
            f"{name} {count / severities.total():.0%}" for name, count in severities.most_common(3)
        )
        wrong = Counter[str]()
        for result in due:
            wrong.update(result.wrong)
        common += "  not " + ", ".join(name for name, _ in wrong.most_common(2)) if wrong else ""
        middle = f"{statistics.median(soon):6.0f} s" if soon else "       -"
        return (
            f"{self.name:44} {truth:20} {right:5.0%} {middle} {sum(kept) / len(kept):6.0%} kept"
            f" {changes:5.1f} changes  {common}"
        )


def unkeyed(scenario: Scenario) -> Scenario:
    """The same, with the truth that remains without message probes."""
    phases = (
        replace(phase, cause="unknown", side="unclear") if phase.cause == "healthy" else phase
        for phase in scenario.phases
    )
    return replace(scenario, phases=tuple(phases))


def scaled(scenario: Scenario, pace: Pace) -> Scenario:
    """As many probes per phase, whatever the pace."""
    times = pace.messages_s / DEFAULT_PACE.messages_s
    phases = (
        replace(phase, for_s=phase.for_s * times) if phase.for_s is not None else phase
        for phase in scenario.phases
    )
    return replace(scenario, phases=tuple(phases))


def cases(pace: Pace) -> dict[str, Scenario]:
    made = MIXTURES | {
        "502s, no key": unkeyed(MIXTURES["502s, models too"]),
        "network gone, no key": unkeyed(MIXTURES["network gone"]),
    }
    # Of a bad deploy no probe knows.
    shipped = {name: load(name) for name, _ in names() if name != "bad-deploy"}
    shipped |= {"overload, no page": load("overload"), "rate-limit, no page": load("rate-limit")}
    return shipped | {name: scaled(scenario, pace) for name, scenario in made.items()}


def players(name: str, scenario: Scenario, pace: Pace, seeds: int) -> Iterator[Player]:
    cuts = tuple(CUTS)
    for seed in range(seeds):
        cut = cuts[seed % len(cuts)] if "network" in name else "reset"
        yield Player(
            scenario,
            seed,
            pace,
            cut=cut,
            keyed="no key" not in name,
            page="no page" not in name,
            again=again_of(),
        )


def confusion(results: list[Result]) -> str:
    counts = Counter((result.truth[0], result.verdict[0]) for result in results if result.due)
    rows = [cause.value for cause in Cause if any(truth == cause.value for truth, _ in counts)]
    columns = [cause.value for cause in Cause if any(verdict == cause.value for _, verdict in counts)]
    lines = [" " * 22 + "".join(f"{column.removeprefix('provider_')[:10]:>12}" for column in columns)]
    for row in rows:
        cells = "".join(f"{counts[row, column] or '·':>12}" for column in columns)
        lines.append(f"{row:22}{cells}")
    return "\n".join(lines)


def report(pace: Pace, seeds: int, only: str | None) -> None:
    everything: list[Result] = []
    onsets: list[Result] = []
    for name, scenario in cases(pace).items():
        if only is not None and only not in name:
            continue
        played = [judge(player) for player in players(name, scenario, pace, seeds)]
        before: Phase | None = None
        for place, (_, _, phase) in enumerate(phases_of(scenario)):
            row = Row(f"{name}: {phase.name}"[:44], [result[place] for result in played])
            print(row, flush=True)
            everything += row.results
            share = failing_share(phase)
            if phase.cause not in WELL and (before is None or before.cause in WELL):
                onsets += row.results if share == 0 or share >= FULL_SHARE else []
            before = phase
    print(f"\n{confusion(everything)}\n")
    for words, results in (
        ("right cause and side when due", [r for r in everything if r.truth[0] not in WELL]),
        ("of these, onsets of a trouble that most calls have", onsets),
        ("healthy, or unknown, when due", [r for r in everything if r.truth[0] in WELL]),
    ):
        due = [result for result in results if result.due]
        if due:
            right = sum(result.right for result in due)
            print(f"{words}: {right} of {len(due)} ({right / len(due):.1%})")
    soon = [result.after_s for result in onsets if result.after_s is not None]
    if soon:
        middle = statistics.median(soon)
        print(
            f"median from onset to verdict: {middle:.0f} s, {middle / pace.messages_s:.2f} message intervals"
        )


def month(days: float, seed: int, noise: Noise) -> Counter[str]:
    """Verdicts other than healthy in so many days of health, counted from onset to onset."""
    scenario = load("healthy")
    healthy = replace(scenario, phases=(replace(scenario.phases[0], for_s=None, cause="healthy"),))
    player = Player(healthy, seed, noise=noise, again=again_of())
    wrong: Counter[str] = Counter()
    before = Cause.HEALTHY
    for seen in player.play(days * 86_400):
        verdict = diagnose(player.history, seen.at, player.pace.options)
        if verdict.cause is not before and verdict.cause is not Cause.HEALTHY:
            wrong[verdict.cause.value] += 1
        before = verdict.cause
    return wrong


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--days", type=float, default=30)
    parser.add_argument("--only")
    parser.add_argument("--demo", action="store_true")
    parser.add_argument("--troubles", action="store_true", help="the measures of `troubles` instead")
    parser.add_argument("--irregular", action="store_true", help="the same of the troubles of `irregular`")
    parser.add_argument("--severities", action="store_true", help="the courses of `severities` instead")
    arguments = parser.parse_args()
    if arguments.severities:
        report_severities(arguments.seeds, arguments.only)
        return
    if arguments.irregular:
        report_troubles(IRREGULAR, arguments.seeds, arguments.only)
        return
    if arguments.troubles:
        report_troubles(CASES, arguments.seeds, arguments.only)
        if arguments.days:
            report_days(arguments.days)
        return
    report(DEMO_PACE if arguments.demo else DEFAULT_PACE, arguments.seeds, arguments.only)
    if arguments.days and arguments.only is None:
        begun = time.perf_counter()
        wrong = month(arguments.days, 1, Noise())
        print(
            f"{arguments.days:g} healthy days: {wrong.total()} wrong verdicts {dict(wrong)}"
            f" ({time.perf_counter() - begun:.0f} s)"
        )


if __name__ == "__main__":
    main()
