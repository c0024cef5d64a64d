"""Whether a trouble is reported once, to its end: `python -m tests.bench.diagnosis --troubles [--seeds N]`.

Each episode is two healthy hours, a trouble, and health again. Measured per case:

- `third`: cause and side right when the third failed message (of a path, the third loss) came home; of a
  lossy path, "checking" is right too, which three losses of hundreds of requests are not more than.
- `10min`: right at ten minutes. `seen`: had two messages failed by then, without which nobody can tell;
  `of it`: right at ten minutes in these episodes.
- `found`: from the first failed message to the verdict, median; `20 s`: the share found within 20 s of it.
- `well`: the share of the time from the first failed message to the end of the trouble that was called well;
  `after 3`: the same from the third one on.
- `flaps`: returns to well during the trouble; `changes`: changes of cause or side once it was found.
- `P1 again`: episodes in which a P1 became something less and then P1 again.
- `side`: the share of the trouble's time in which a wrong side was named.
- `back`: from the end of the trouble to the verdict of health, median and worst.
- `paid`: message probes in an hour of trouble, by the time it lasted, against those of the plain interval.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta

from claude_tui.analysis.diagnosis.asking import intervals_s
from claude_tui.analysis.diagnosis.diagnose import diagnose
from claude_tui.model.observation import Source
from claude_tui.model.verdict import Cause, Severity, Side, Verdict
from claude_tui.simulator.scenario import load
from claude_tui.simulator.script import Reply, Scenario, Spread
from tests.bench.episodes import BASE, DEFAULT_PACE, Again, Loss, Noise, Pace, Player, Seen
from tests.bench.mixtures import Part, scenario_of

__all__ = [
    "CASES",
    "Case",
    "Episode",
    "again_of",
    "healthy_scenario",
    "play_case",
    "report_days",
    "report_troubles",
    "wrong_verdicts",
]

ONSET_S = 180.0
TEN_MINUTES, HALF_HOUR, HOUR = 600.0, 1800.0, 3600.0
THIRD = 3
WELL = {Cause.HEALTHY, Cause.PROVIDER_NOTICE}
BLAMES = {Side.US, Side.THEM, Side.PATH}
ERRORS, OUTAGE = Cause.PROVIDER_ERRORS, Cause.PROVIDER_OUTAGE
OVERLOADED, KEY, NETWORK = Cause.PROVIDER_OVERLOADED, Cause.KEY_REJECTED, Cause.NETWORK
R = Reply
OPUS, SONNET = "claude-opus-5-5", "claude-sonnet-5-5"


@dataclass(frozen=True)
class Case:
    """A trouble, and the right verdicts on it."""

    name: str
    right: frozenset[tuple[Cause, Side]]
    for_s: float
    scenario: Scenario
    losses: tuple[Loss, ...] = ()
    undecided: bool = False
    """Whether "checking" is right at the third failure."""
    also: tuple[str, ...] = ()
    """Further models that are probed; those of the scenario's `mix_of` are the ones in trouble."""

    @property
    def source(self) -> Source:
        """The source of the messages that fail."""
        return Source.OTHER_MODELS if self.also else Source.MESSAGES


def _case(
    name: str,
    right: set[tuple[Cause, Side]],
    messages: dict[Reply, float],
    models: dict[Reply, float] | None = None,
    *,
    for_s: float = HALF_HOUR,
    loss: float = 0.0,
    sources: frozenset[Source] = frozenset(Source),
    gateway: str | None = None,
) -> Case:
    part = Part("trouble", "them", for_s, messages, models or {}, gateway=gateway)
    losses = (Loss(loss, ONSET_S, ONSET_S + for_s, sources),) if loss else ()
    scenario = scenario_of(name.replace(" ", "-"), part)
    return Case(name, frozenset(right), for_s, scenario, losses, undecided=0 < loss < 1)


def _of_one_model(name: str, cause: Cause, messages: dict[Reply, float]) -> Case:
    """One of three models fails; the one that is probed most answers."""
    case = _case(name, _them(cause), messages, for_s=HOUR)
    phases = tuple(
        replace(phase, state=replace(phase.state, mix_of=frozenset({OPUS}))) for phase in case.scenario.phases
    )
    return replace(case, scenario=replace(case.scenario, phases=phases), also=(OPUS, SONNET))


def _them(*causes: Cause) -> set[tuple[Cause, Side]]:
    return {(cause, Side.THEM) for cause in causes}


THEIR_PATH = {(NETWORK, Side.PATH), (NETWORK, Side.UNCLEAR), (ERRORS, Side.UNCLEAR)}
BEHIND_A_GATEWAY = {(cause, side) for cause in (ERRORS, OUTAGE) for side in (Side.THEM, Side.UNCLEAR)}
API = frozenset({Source.MESSAGES, Source.MODELS})
THEIR_KEYS = {(KEY, Side.UNCLEAR), (KEY, Side.THEM), (ERRORS, Side.THEM), (ERRORS, Side.UNCLEAR)}
CASES: dict[str, Case] = {
    case.name: case
    for case in (
        _case("500s 5%", _them(ERRORS), {R.SERVER_ERROR: 0.05}, for_s=HOUR),
        _case("500s 10%", _them(ERRORS), {R.SERVER_ERROR: 0.1}, for_s=HOUR),
        _case("500s 20%", _them(ERRORS), {R.SERVER_ERROR: 0.2}, for_s=HOUR),
        _case("500s 50%", _them(ERRORS, OUTAGE), {R.SERVER_ERROR: 0.5}, for_s=HOUR),
        _case("529s 5%", _them(OVERLOADED), {R.OVERLOADED: 0.05}, for_s=HOUR),
        _case("529s 10%", _them(OVERLOADED), {R.OVERLOADED: 0.1}, for_s=HOUR),
        _case("529s 20%", _them(OVERLOADED), {R.OVERLOADED: 0.2}, for_s=HOUR),
        _case("529s 50%", _them(OVERLOADED), {R.OVERLOADED: 0.5}, for_s=HOUR),
        _case("529s 100%", _them(OVERLOADED), {R.OVERLOADED: 1.0}),
        _case("500s 100%", _them(OUTAGE, ERRORS), {R.SERVER_ERROR: 1.0}),
        _case("502s, models too", _them(OUTAGE, ERRORS), {R.BAD_GATEWAY: 1.0}, {R.BAD_GATEWAY: 1.0}),
        _case("hangs", _them(OUTAGE, ERRORS), {R.HANG: 1.0}),
        _case("hangs 50%", _them(ERRORS, OUTAGE), {R.HANG: 0.5}),
        _case("auth outage", THEIR_KEYS, {R.KEY_REJECTED: 1.0}, {R.KEY_REJECTED: 1.0}),
        _case("auth 50%", THEIR_KEYS, {R.KEY_REJECTED: 0.5}, {R.KEY_REJECTED: 0.5}),
        _case("auth 20%", THEIR_KEYS, {R.KEY_REJECTED: 0.2}, {R.KEY_REJECTED: 0.2}),
        _case("lossy link 10%", {(NETWORK, Side.PATH)}, {}, loss=0.1, for_s=HOUR),
        _case("lossy link 35%", {(NETWORK, Side.PATH)}, {}, loss=0.35, for_s=HOUR),
        _case("link gone", {(NETWORK, Side.PATH)}, {}, loss=1.0),
        _case("regional path 35%", THEIR_PATH, {}, loss=0.35, sources=API, for_s=HOUR),
        _case("regional path", THEIR_PATH, {}, loss=1.0, sources=API),
        _of_one_model("one model of three", OVERLOADED, {R.OVERLOADED: 0.9}),
        _of_one_model("one model of three, 500s", ERRORS, {R.SERVER_ERROR: 1.0}),
        _case("one of two deployments", BEHIND_A_GATEWAY, {R.BAD_GATEWAY: 0.5}, gateway="litellm"),
    )
}


@dataclass
class Episode:
    """What was measured in one episode; seconds are from the onset."""

    third: bool | None = None
    at_ten: bool | None = None
    seen_by_ten: bool = False
    first_failed_s: float | None = None
    third_failed_s: float | None = None
    diagnosed_s: float | None = None
    down_s: float | None = None
    well_s: float = 0.0
    well_after_s: float = 0.0
    flaps: int = 0
    changes: int = 0
    paid: int = 0
    back_s: float | None = None
    blamed_s: float = 0.0
    trouble_s: float = 0.0
    wrong: Counter[str] = field(default_factory=Counter)
    severities: list[Severity] = field(default_factory=list)

    @property
    def again(self) -> bool:
        """Whether it was P1, then less, then P1 again."""
        return self.severities.count(Severity.P1) > 1


def again_of() -> Again:
    """How the probes confirm."""
    return intervals_s


def play_case(case: Case, seed: int, pace: Pace = DEFAULT_PACE) -> Episode:
    end_s = ONSET_S + case.for_s
    player = Player(case.scenario, seed, pace, losses=case.losses, again=again_of(), also=case.also)
    watch = _Watch(case)
    for seen in player.play(end_s + HALF_HOUR):
        now_s = (seen.at - BASE).total_seconds() - ONSET_S
        verdict = diagnose(player.history, seen.at, pace.options)
        if 0 <= now_s < case.for_s:
            watch.during(now_s, seen, verdict)
        elif now_s >= case.for_s and watch.after(now_s, verdict):
            break
    return watch.episode


class _Watch:
    """Takes the measures of one episode, verdict by verdict; seconds are from the onset."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.episode = Episode()
        self._failed = 0
        self._last: Verdict | None = None
        self._last_s = 0.0

    def during(self, now_s: float, seen: Seen, verdict: Verdict) -> None:
        episode, judged = self.episode, (verdict.cause, verdict.side)
        undecided = self.case.undecided and verdict.checking
        self._count(now_s, seen, right=judged in self.case.right or undecided)
        if self._last is not None:
            _spent(episode, self.case, self._last, now_s - self._last_s)
            if episode.diagnosed_s is not None and judged != (self._last.cause, self._last.side):
                episode.changes += 1
                episode.flaps += verdict.cause in WELL
            if episode.at_ten is None and now_s >= TEN_MINUTES:
                episode.at_ten = (self._last.cause, self._last.side) in self.case.right
                episode.seen_by_ten = self._failed >= 2
        if (
            episode.diagnosed_s is None
            and judged in self.case.right
            and verdict.severity.trouble
            and self._failed
        ):
            episode.diagnosed_s = now_s
        if not episode.severities or episode.severities[-1] is not verdict.severity:
            episode.severities.append(verdict.severity)
        self._last, self._last_s = verdict, now_s

    def _count(self, now_s: float, seen: Seen, *, right: bool) -> None:
        episode = self.episode
        began_in = (seen.observation.at - BASE).total_seconds() >= ONSET_S
        message = seen.source is self.case.source and began_in
        episode.paid += seen.source is Source.MESSAGES and began_in
        if not (began_in and (message or self.case.losses) and seen.observation.failed):
            return
        self._failed += 1
        if self._failed == 1:
            episode.first_failed_s = now_s
        if self._failed == THIRD:
            episode.third_failed_s, episode.third = now_s, right

    def after(self, now_s: float, verdict: Verdict) -> bool:
        """Whether the episode is over: the verdict is health again."""
        if self._last is not None:
            _spent(self.episode, self.case, self._last, self.case.for_s - self._last_s)
            self._last = None
        if verdict.cause not in WELL:
            return False
        self.episode.back_s = now_s - self.case.for_s
        return True


def _spent(episode: Episode, case: Case, verdict: Verdict, spent_s: float) -> None:
    if episode.first_failed_s is None:
        return
    cause, side = verdict.cause, verdict.side
    episode.trouble_s += spent_s
    episode.blamed_s += spent_s * (side in BLAMES and side not in {right for _, right in case.right})
    well = cause in WELL
    episode.well_s += spent_s * well
    episode.well_after_s += spent_s * (well and episode.third_failed_s is not None)
    if (cause, side) not in case.right:
        episode.wrong[f"{cause.value}/{side.value}"] += round(spent_s)


def _share(flags: list[bool | None]) -> str:
    known = [flag for flag in flags if flag is not None]
    return f"{sum(known) / len(known):6.0%}" if known else "     -"


def _row(case: Case, episodes: list[Episode]) -> str:
    spans = [
        episode.diagnosed_s - episode.first_failed_s
        for episode in episodes
        if episode.diagnosed_s is not None and episode.first_failed_s is not None
    ]
    total = sum(episode.trouble_s for episode in episodes) or 1.0
    back = sorted(episode.back_s for episode in episodes if episode.back_s is not None)
    paid = sum(episode.paid for episode in episodes) * DEFAULT_PACE.messages_s / (case.for_s * len(episodes))
    wrong: Counter[str] = Counter()
    for episode in episodes:
        wrong.update(episode.wrong)
    others = ", ".join(f"{name} {spent / total:.0%}" for name, spent in wrong.most_common(3))
    soon = [span <= 20 for span in spans] + [False] * (len(episodes) - len(spans))
    return (
        f"{case.name:23}{_share([e.third for e in episodes])}{_share([e.at_ten for e in episodes])}"
        f"{_share([e.seen_by_ten for e in episodes])}{_share([e.at_ten for e in episodes if e.seen_by_ten])}"
        f"{statistics.median(spans) if spans else float('nan'):7.0f}{_share(list(soon))}"
        f"{sum(e.well_s for e in episodes) / total:8.1%}{sum(e.well_after_s for e in episodes) / total:8.1%}"
        f"{sum(e.flaps for e in episodes) / len(episodes):7.2f}"
        f"{sum(e.changes for e in episodes) / len(episodes):7.2f}"
        f"{sum(e.again for e in episodes) / len(episodes):6.0%}"
        f"{sum(e.blamed_s for e in episodes) / total:6.1%}"
        f"{statistics.median(back) if back else float('nan'):7.0f}{back[-1] if back else float('nan'):7.0f}"
        f" {len(back)}/{len(episodes)}{paid:6.2f}x  {others}"
    )


def _play(work: tuple[Case, int]) -> Episode:
    return play_case(*work)


def report_troubles(cases: Mapping[str, Case], seeds: int, only: str | None, workers: int = 2) -> None:
    print(
        f"{'':23}{'third':>6}{'10min':>6}{'seen':>6}{'of it':>6}{'found':>7}{'20 s':>6}"
        f"{'well':>8}{'after 3':>8}{'flaps':>7}"
        f"{'chang.':>7}"
        f"{'P1..':>6}{'side':>6}{'back':>7}{'worst':>7}     {'paid':>5}  wrong"
    )
    with ProcessPoolExecutor(workers) as pool:
        for name, case in cases.items():
            if only is None or only in name:
                played = list(pool.map(_play, [(case, seed) for seed in range(seeds)], chunksize=2))
                print(_row(case, played), flush=True)


# -- health -----------------------------------------------------------------------------


def healthy_scenario(ttft: tuple[float, float] | None = None) -> Scenario:
    """Health for as long as it is played; `ttft` is the median and p95 of its first tokens."""
    scenario = load("healthy")
    state = scenario.phases[0].state
    if ttft is not None:
        state = replace(state, messages=replace(state.messages, first_token=Spread(*ttft)))
    phase = replace(scenario.phases[0], for_s=None, cause="healthy", state=state)
    return replace(scenario, phases=(phase,), baseline=state)


def wrong_verdicts(
    scenario: Scenario, for_s: float, seed: int, noise: Noise, *, past: bool = True
) -> Counter[str]:
    """The onsets of trouble that is none, by severity and cause; and how many messages were sent."""
    player = Player(
        scenario, seed, noise=noise, again=again_of(), past=timedelta(hours=2) if past else timedelta()
    )
    found: Counter[str] = Counter()
    before: tuple[Severity, Cause] = (Severity.NONE, Cause.HEALTHY)
    for seen in player.play(for_s):
        verdict = diagnose(player.history, seen.at, player.pace.options)
        found["paid"] += seen.source is Source.MESSAGES
        found["amber"] += verdict.cause is Cause.UNKNOWN
        found["all"] += 1
        now = (
            (verdict.severity, verdict.cause) if verdict.severity.trouble else (Severity.NONE, Cause.HEALTHY)
        )
        if now != before and now[0].trouble and (not before[0].trouble or now[0].worse_than(before[0])):
            found[f"{now[0].value} {now[1].value}"] += 1
        before = now
    return found


def _days(work: tuple[str, float, int]) -> tuple[str, Counter[str]]:
    name, days, seed = work
    scenario, for_s, noise, past = dict(_healths(days))[name]
    return name, wrong_verdicts(scenario, for_s, seed, noise, past=past)


def _healths(days: float) -> Iterator[tuple[str, tuple[Scenario, float, Noise, bool]]]:
    for_s = days * 86_400
    yield "0.1% lost", (healthy_scenario(), for_s, Noise(), True)
    yield "0.5% lost", (healthy_scenario(), for_s, Noise(lost=0.005), True)
    yield "cold start, 1.3 s", (healthy_scenario((1.3, 1.3)), 3 * HOUR, Noise(lost=0.0, tail=0.0), False)
    yield "cold start, 2 s", (healthy_scenario((2.0, 2.0)), 3 * HOUR, Noise(lost=0.0, tail=0.0), False)
    yield "cold start, ±10%", (healthy_scenario((1.2, 1.45)), 3 * HOUR, Noise(), False)


def report_days(days: float, seed: int = 1, workers: int = 2) -> None:
    work = [(name, days, seed) for name, _ in _healths(days)]
    with ProcessPoolExecutor(workers) as pool:
        for name, found in pool.map(_days, work):
            paid, amber = found.pop("paid"), found.pop("amber") / max(found.pop("all"), 1)
            wrong = {key: count for key, count in found.items() if count}
            print(
                f"{name:20} {days if '%' in name and 'cold' not in name else 0.125:g} days: "
                f"{sum(wrong.values())} wrong {wrong}; {paid} messages, amber {amber:.2%}",
                flush=True,
            )
