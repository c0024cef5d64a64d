"""What the pictures show: histories of observations, judged by analysis as the program judges them.

Nothing here writes a verdict, a level or a figure: a picture can show only what analysis computes. The
instant is `AT`; ages are seconds before it. Each is computed once, as a Snapshot is immutable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import timedelta
from functools import cache

from claude_tui.analysis.history.history import History
from claude_tui.analysis.snapshot import Options, build_snapshot
from claude_tui.model.alert import Acknowledgement, AlertGroup, Snooze
from claude_tui.model.no_key_reason import NoKeyReason
from claude_tui.model.observation import (
    Observation,
    Outcome,
    RateLimitReading,
    Timings,
    WindowReading,
)
from claude_tui.model.playbook import SeverityMark
from claude_tui.model.provider import Component, IncidentUpdate, Maintenance, ProviderIncident, ProviderStatus
from claude_tui.model.snapshot import (
    EngineState,
    Event,
    EventKind,
    Level,
    Notice,
    Snapshot,
    Spend,
    Target,
)
from claude_tui.model.verdict import Severity, Side
from tests.builders import history_of, messages, models
from tests.builders import page as page_read
from tests.snapshots.world import (
    API,
    AT,
    CODE,
    CONSOLE,
    TARGET,
    WEB,
    before,
    engine,
    event,
    group,
    later,
    newest_first,
    page,
)

__all__ = ["AT", "EVIL", "PICTURES", "before", "event", "incident", "later"]

HOUR = 3600.0
EVIL = (
    "␛]0;owned␇␛[2J [bold red]markup[/] [@click=app.quit]x[/] "
    "<202E>drawkcab<202C> 漢字かな交じり文 🚀🔥👍🏽 👩🏽 é̂̃ עברית العربية "
)
Answer = Callable[[float], Observation]
Read = Callable[[float], ProviderStatus]


def limits(input_left: int = 1_550_000, tokens_left: int = 1_610_000) -> list[RateLimitReading]:
    reset_at = before(-41)
    return [
        RateLimitReading("tokens", 2_400_000, tokens_left, reset_at),
        RateLimitReading("input-tokens", 2_000_000, input_left, reset_at),
        RateLimitReading("requests", 1_000, 981, reset_at),
        RateLimitReading("output-tokens", 400_000, 399_000, reset_at),
    ]


def fine(age: float) -> Observation:
    wobble = 0.01 * (age // 8 % 7)
    left = 1_550_000 - int(300 * ((HOUR - age) % 60))
    return messages(
        before(age), ttft=0.412 + wobble, total=0.644 + wobble, limits=limits(left, left + 60_000)
    )


def listed(age: float) -> Observation:
    seen = models(before(age), total=0.182 + 0.004 * (age // 15 % 5))
    return replace(seen, tls_expires_at=AT + timedelta(days=61))


def failed(outcome: Outcome, message: str, **more: object) -> Answer:
    def answer(age: float) -> Observation:
        return messages(before(age), outcome, total=0.21, message=message, **more)  # type: ignore[arg-type]

    return answer


def operational(age: float) -> ProviderStatus:
    return replace(page(), fetched_at=before(age))


def since(age: float, then: Callable[[float], object], first: Callable[[float], object]) -> Callable:  # type: ignore[type-arg]
    """`first` until `age` seconds ago, `then` from there on."""
    return lambda at: (then if at <= age else first)(at)


def history(
    *,
    answer: Answer | None = fine,
    listing: Answer = listed,
    read: Read = operational,
    span_s: float = 2 * HOUR,
    denser_from: float = 0.0,
) -> list[Observation | ProviderStatus]:
    """What the probes saw at the default pace; messages come every 8 seconds in the last `denser_from`."""
    ages = [2 + 30.0 * number for number in range(int(span_s / 30))]
    ages = [age for age in ages if age > denser_from] + [2 + 8.0 * n for n in range(int(denser_from / 8))]
    seen = [answer(age) for age in ages] if answer else []
    seen += [listing(3 + 15.0 * number) for number in range(int(span_s / 15))]
    found: list[Observation | ProviderStatus] = [
        replace(observation, target=TARGET.base_url) for observation in seen
    ]
    for status in (read(14 + 60.0 * number) for number in range(int(span_s / 60))):
        outcome = Outcome.OK if status.known else Outcome.NETWORK
        found += [status, page_read(status.fetched_at, outcome)]
    return found


def known_of(found: Iterable[Observation | ProviderStatus]) -> History:
    """What the program knows of it, in the order of arrival."""
    return history_of(
        *sorted(found, key=lambda item: item.at if isinstance(item, Observation) else item.fetched_at)
    )


def picture(
    found: Iterable[Observation | ProviderStatus],
    state: EngineState | None = None,
    *,
    groups: Iterable[AlertGroup] = (),
    people: Iterable[Event] = (),
    **taken: object,
) -> Snapshot:
    """The Snapshot of a history, with the alert group and the events that its verdict leads to.

    `taken` are fields of that group, such as an acknowledgement.
    """
    state = state or engine()
    known = known_of(found)
    verdict = build_snapshot(known, AT, state, Options()).verdict
    opened, recorded = list(groups), list(people)
    if verdict.severity.trouble and verdict.detected_at is not None:
        age, severity = (AT - verdict.detected_at).total_seconds(), verdict.computed or verdict.severity
        topic = "provider" if verdict.side is Side.THEM else verdict.cause.value
        rule = f"verdict-{severity.value.lower()}"
        opened.append(
            group(topic, severity, verdict.summary, verdict.side, age, rule, from_verdict=True, **taken)
        )
        level = Level.BAD if severity in (Severity.P1, Severity.P2) else Level.WARN
        title = f"[{severity.value}] {verdict.summary}"
        recorded += [
            event(age, EventKind.VERDICT, level, "verdict", f"{severity.value} {verdict.summary}"),
            event(age - 1, EventKind.ALERT, level, "alert", title),
        ]
    alerts = replace(state.alerts, groups=tuple(opened))
    return build_snapshot(
        known, AT, replace(state, alerts=alerts, recorded=newest_first(*recorded)), Options()
    )


OVERLOAD = failed(Outcome.OVERLOADED, "Overloaded", limits=())


def _overloaded_answer(age: float) -> Observation:
    if age == 130:
        return failed(Outcome.SERVER_ERROR, "Internal server error")(age)
    return _got_through(age) if age == 42 else OVERLOAD(age)


def _got_through(age: float) -> Observation:
    """The only message that is answered during the overload, and late."""
    return messages(before(age), ttft=4.1, total=4.92, limits=limits())


@cache
def healthy() -> Snapshot:
    return picture(history())


def overloaded_found(first: Answer = fine) -> list[Observation | ProviderStatus]:
    """529 for three minutes and one answer among them."""
    return history(answer=since(202, _overloaded_answer, first), denser_from=208)


@cache
def overloaded() -> Snapshot:
    """529 for three minutes and one answer among them; the status page reports nothing yet."""
    return picture(overloaded_found())


def incident_found(first: Answer = fine) -> list[Observation | ProviderStatus]:
    """An overload of 46 minutes, which the page reports, besides an incident of others and a maintenance."""
    ours = ProviderIncident(
        "9l93x2ht4s5w",
        "Elevated errors on requests to Claude Opus 5.5 and Claude Haiku 5.5",
        "identified",
        "major",
        before(2_520),
        (API, CODE),
        (
            IncidentUpdate(
                before(318),
                "identified",
                "We have identified the cause of the elevated error rates and are working on a fix. "
                "Customers may continue to see overloaded errors.",
            ),
            IncidentUpdate(before(2_520), "investigating", "We are investigating elevated errors."),
        ),
    )
    other = ProviderIncident(
        "kknx3x153yhp", "Login problems on claude.ai", "monitoring", "minor", before(5_000), (WEB,), ()
    )
    ahead = Maintenance("m1", "Database upgrade", "scheduled", before(-7_300), before(-9_100), (CONSOLE,))

    def report(age: float) -> ProviderStatus:
        return replace(page("major_outage", (other, ours)), fetched_at=before(age), maintenances=(ahead,))

    return history(answer=since(2_762, OVERLOAD, first), read=since(2_520, report, operational))


@cache
def incident(*marks: SeverityMark) -> Snapshot:
    """The page has reacted: an open incident of ours, one of others, and planned maintenance."""
    state = replace(engine(), severity_marks=marks)
    return picture(incident_found(), state, acknowledged=Acknowledgement("eve", "looking", before(2_500)))


@cache
def checking() -> Snapshot:
    """The newest message failed, for the first time."""
    broken = failed(Outcome.SERVER_ERROR, "Internal server error")
    return picture(history(answer=since(2, broken, fine)))


@cache
def recovering() -> Snapshot:
    """Six answers after three minutes of failures: nearly enough to be sure."""
    return picture(history(answer=since(242, since(42, fine, OVERLOAD), fine), denser_from=256))


@cache
def down() -> Snapshot:
    """Neither messages nor models get through."""
    broken = failed(Outcome.SERVER_ERROR, "Internal server error")

    def unlisted(age: float) -> Observation:
        return models(before(age), Outcome.SERVER_ERROR, total=0.2)

    return picture(history(answer=since(602, broken, fine), listing=since(602, unlisted, listed)))


@cache
def partial() -> Snapshot:
    """A third of the messages fail."""
    broken = failed(Outcome.SERVER_ERROR, "Internal server error")
    return picture(
        history(
            answer=since(600, lambda age: broken(age) if int(age / 8) % 3 == 0 else fine(age), fine),
            denser_from=608,
        )
    )


@cache
def rate_limited() -> Snapshot:
    """Our own limit, and an overload of theirs at the same time; the server says how long to wait."""

    def refused(age: float) -> Observation:
        left = [
            replace(limit, remaining=0) if limit.bucket == "input-tokens" else limit for limit in limits()
        ]
        seen = messages(before(age), Outcome.RATE_LIMITED, total=0.21, limits=left, message="Rate limit")
        return replace(seen, retry_after_s=43.0)

    def answer(age: float) -> Observation:
        if age in (58, 106):
            return OVERLOAD(age)
        return fine(age) if age % 24 == 18 else refused(age)

    return picture(history(answer=since(250, answer, fine), denser_from=256))


@cache
def draining() -> Snapshot:
    """All is well, but the input tokens will not last."""

    def answer(age: float) -> Observation:
        gone = (298 - age) / 60
        left = [
            RateLimitReading("tokens", 96_000, int(53_300 - 4_700 * gone), before(-300)),
            RateLimitReading("input-tokens", 80_000, int(36_300 - 4_480 * gone), before(-300)),
            RateLimitReading("requests", 1_000, int(822 - 2 * gone), before(-300)),
        ]
        return replace(fine(age), rate_limits=tuple(left))

    return picture(history(answer=since(298, answer, fine)))


@cache
def notice() -> Snapshot:
    """They report a problem with what we use; our own probes see none."""
    ours = ProviderIncident(
        "9l93x2ht4s5w",
        "Elevated errors on Claude Opus 5.5",
        "investigating",
        "minor",
        before(1_500),
        (API,),
        (IncidentUpdate(before(1_500), "investigating", "We are investigating elevated errors."),),
    )

    def report(age: float) -> ProviderStatus:
        return replace(page("degraded_performance", (ours,)), fetched_at=before(age))

    return picture(history(read=since(1_500, report, operational)))


@cache
def slow() -> Snapshot:
    def late(age: float) -> Observation:
        seen = fine(age)
        return replace(seen, timings=Timings(first_byte=1.4, first_token=1.6 + age % 0.5, total=1.95))

    return picture(history(answer=since(600, late, fine)))


@cache
def network() -> Snapshot:
    """Nothing gets out: neither the API nor the status page answers."""
    reason = "no route to host"

    def lost(age: float) -> Observation:
        return messages(before(age), Outcome.NETWORK, total=0.01, error_type="unreachable", message=reason)

    def unlisted(age: float) -> Observation:
        return replace(
            models(before(age), Outcome.NETWORK, timings=Timings(total=0.01), server_s=None),
            error_type="unreachable",
            message=reason,
        )

    def unread(age: float) -> ProviderStatus:
        source = "https://status.claude.com/api/v2/summary.json"
        return ProviderStatus(before(age), source, unknown_reason=reason)

    found = history(
        answer=since(93, lost, fine),
        listing=since(93, unlisted, listed),
        read=since(93, unread, operational),
    )
    return picture(found)


@cache
def no_key() -> Snapshot:
    reason = "no key: set ANTHROPIC_API_KEY"
    state = replace(
        engine(Notice("key", Level.BAD, reason, before(60)), spent=0.0, held=reason),
        target=replace(TARGET, model=None),
        no_key_reason=NoKeyReason.MISSING,
    )
    return picture(history(answer=None, span_s=300), state)


@cache
def nothing() -> Snapshot:
    """The first second of the first run: no probe has returned yet."""
    state = engine()
    waiting = tuple(replace(probe, next_at=None, last_at=None, running=True) for probe in state.probes)
    return picture(
        [], replace(state, target=replace(TARGET, model=None), probes=waiting, spend=Spend(0, 0.5))
    )


@cache
def page_unknown() -> Snapshot:
    """Every status host answers something that is not the status page; the last good read is old."""

    def unread(age: float) -> ProviderStatus:
        reason = "HTTP 405 and an HTML page instead of JSON from all 3 hosts"
        source = "https://anthropic.statuspage.io/api/v2/summary.json"
        return ProviderStatus(before(age), source, unknown_reason=reason)

    return picture(history(read=since(1_200, unread, operational)))


@cache
def few_samples() -> Snapshot:
    """Two minutes after a first start: figures exist, percentiles and baselines do not."""
    return picture(history(span_s=125))


@cache
def subscription() -> Snapshot:
    windows = [
        WindowReading("5h", 0.97, before(-4_210), "allowed_warning"),
        WindowReading("7d", 0.62, before(-201_000), "allowed"),
        WindowReading("7d_oi", 1.04, before(-201_000), "rejected"),
    ]

    def answer(age: float) -> Observation:
        return messages(before(age), ttft=0.4 + 0.01 * (age // 30 % 7), windows=windows)

    return picture(history(answer=answer))


@cache
def degraded_program() -> Snapshot:
    """The program's own problems, several at once: memory only, budget spent, badge of a demo."""
    notices = (
        Notice("store", Level.WARN, "History is kept in memory only: /var/lib/claude-top is read-only.", AT),
        Notice("budget", Level.WARN, "Probe budget spent: $0.50 of $0.50 today; messages are not probed "
               "until 00:00 UTC (daily_ceiling_usd)", AT),
        Notice("damaged", Level.INFO, "A damaged store was set aside as history.damaged-1.db.", AT),
    )  # fmt: skip
    state = replace(engine(*notices, spent=0.502, held="budget spent"), demo="tour", speed=4.0)
    return picture(history(), state)


RARE = {ages for age in (250, 2_400, 3_150) for ages in range(age - 15, age + 15)}


def _rare(age: float) -> Observation:
    broken = failed(Outcome.SERVER_ERROR, "Internal server error")
    return broken(age) if int(age) in RARE else fine(age)


@cache
def severity_set() -> Snapshot:
    """A few errors that somebody knows to be worse than they look."""
    mark = SeverityMark(before(120), Severity.P1, Severity.P3, "eve", "checkout is down")
    rated = event(120, EventKind.PERSON, Level.INFO, "severity", "P1 set by eve: checkout is down")
    return picture(history(answer=_rare), replace(engine(), severity_marks=(mark,)), people=(rated,))


@cache
def overdue() -> Snapshot:
    """Nobody has responded within the hour."""
    broken = failed(Outcome.SERVER_ERROR, "Internal server error")
    return picture(history(answer=lambda age: broken(age) if age % 900 == 242 else fine(age)))


@cache
def alert_while_healthy() -> Snapshot:
    """All is well, but some alerts need attention: one is new, one acknowledged, one snoozed."""
    certificate = "The API's TLS certificate expires within 14 days: 12 days"
    model = "A model retires within 30 days: claude-sonnet-4-5 in 10 days"
    budget = "Today's budget for probes is spent: messages are no longer probed: 100%"
    groups = (
        group("certificate", Severity.P4, certificate, Side.PATH, 900, "certificate"),
        group(
            "model", Severity.P4, model, Side.US, 7_200, "model-retiring",
            acknowledged=Acknowledgement("eve", "moving to 5.5", before(6_000)),
        ),
        group(
            "budget", Severity.P4, budget, Side.US, 5_000, "budget-spent",
            snoozed=Snooze("bob", before(4_000), before(-3_267), Severity.P4),
        ),
    )  # fmt: skip
    events = (
        event(900, EventKind.ALERT, Level.WARN, "alert", f"[P4] {certificate}"),
        event(4_000, EventKind.ALERT, Level.INFO, "alert", f"snoozed by bob until 15:00 UTC · {budget}"),
        event(6_000, EventKind.ALERT, Level.INFO, "alert", f"acknowledged by eve: moving to 5.5 · {model}"),
    )

    def expiring(age: float) -> Observation:
        return replace(listed(age), tls_expires_at=AT + timedelta(days=12))

    return picture(history(listing=expiring), groups=groups, people=events)


@cache
def hostile() -> Snapshot:
    """What an attacker in the middle might send, after the redactor has made it inert."""
    long = (EVIL * 120)[:10_000]

    odd_limits = [
        RateLimitReading(EVIL, 10**15, -5, before(-1e7)),
        RateLimitReading("漢" * 40, 0, 7, None),
    ]

    def evil(age: float) -> Observation:
        seen = messages(
            before(age), Outcome.SERVER_ERROR, error_type=EVIL, message=long, model=EVIL,
            limits=odd_limits,
            windows=[WindowReading(EVIL, 1e9, before(1e8), EVIL)],
        )  # fmt: skip
        return replace(seen, request_id="req_" + EVIL, retry_after_s=1e12)

    def report(age: float) -> ProviderStatus:
        update = IncidentUpdate(before(30), EVIL[:60], long)
        named = ProviderIncident("x", long, EVIL, "major", before(600), (API,), (update,))
        status = page("[red]" + EVIL, (named,))
        more = tuple(Component(f"c{number}", EVIL + str(number), "major_outage") for number in range(9))
        return replace(
            status,
            fetched_at=before(age),
            components=(*status.components, *more),
            source="https://" + "a" * 300 + ".example/",
        )

    state = replace(
        engine(Notice("n", Level.WARN, long, AT)),
        target=Target(EVIL, "https://x", "漢" * 80, EVIL),
        severity_marks=(SeverityMark(before(120), Severity.P2, Severity.P1, EVIL, long),),
    )
    found = history(answer=since(900, evil, fine), read=since(600, report, operational))
    return picture(found, state)


PICTURES: dict[str, Callable[[], Snapshot]] = {
    function.__name__: function
    for function in (
        healthy,
        overloaded,
        incident,
        no_key,
        nothing,
        page_unknown,
        few_samples,
        subscription,
        degraded_program,
        hostile,
        rate_limited,
        draining,
        notice,
        slow,
        network,
        checking,
        recovering,
        down,
        partial,
        severity_set,
        overdue,
        alert_while_healthy,
    )
}
