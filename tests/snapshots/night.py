"""A night on call, for the pictures of every screen.

Only what was observed and what people did is given. Verdicts, alerts, figures, views and incidents follow
from it, through the program's own parts; a picture is read back from the store as the past is. Seconds count
from the first failure.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from claude_tui.alerting.ledger import Ledger, added_entries, encode
from claude_tui.alerting.notifications import AlertingConfig
from claude_tui.alerting.routes import Policy
from claude_tui.alerting.rule_context import RuleContext
from claude_tui.alerting.rules import load_rules, named_thresholds
from claude_tui.alerting.step import acknowledged, advanced
from claude_tui.analysis.options import Options
from claude_tui.analysis.uptime.hours import reach_of
from claude_tui.analysis.uptime.record import Record as HistoryRecord
from claude_tui.engine.conditions import Conditions, encode_conditions
from claude_tui.engine.incidents import record_of
from claude_tui.engine.journal import Journal
from claude_tui.engine.past import Past
from claude_tui.incident import Record
from claude_tui.model.conditions import AlertingState, ConditionsChange
from claude_tui.model.incident import IncidentAct, IncidentEntry
from claude_tui.model.observation import Observation, Outcome, RateLimitReading, Usage
from claude_tui.model.playbook import StepMark, StepState
from claude_tui.model.provider import ProviderStatus
from claude_tui.model.snapshot import Focus, Snapshot, Target
from claude_tui.model.traffic import Call, Tokens, TrafficSource
from claude_tui.settings import Settings
from claude_tui.store import Store
from claude_tui.store.backlog import Record as Row
from claude_tui.store.entries import INCIDENT_ENTRIES
from claude_tui.traffic.aggregation import CallAggregator
from tests.builders import catalogue, engine, history_of, incident, messages, models, page, status
from tests.functional.still import StillBackend

__all__ = ["CALM_S", "OPEN_S", "OVER_S", "PAST_S", "START", "TOLD_S", "Night", "NightBackend", "at"]

START = datetime(2026, 11, 20, 2, 2, 11, tzinfo=UTC)
CALM_S, TOLD_S, OPEN_S, OVER_S = -120.0, 45.0, 420.0, 1500.0
"""Instants to look at: healthy; with a verdict; with an incident that is mitigated; healthy again."""
PAST_S = 240.0
"""An instant to look back at from `OVER_S`."""

_MENDED_S, _END_S = 780.0, 1560.0
_SPAN_S = 2 * 3600.0
_TRAFFIC_S = 1500.0
_INCIDENT, _EARLIER = "a" * 32, "b" * 32
_MODEL = "claude-haiku-5-5"


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


class Night:
    """The record of the night in a store of its own, and what was known of it at any instant.

    Many pictures show the same instant, so results are cached.
    """

    def __init__(self, directory: Path) -> None:
        """Opens what `play` has recorded there; an empty directory is an empty night."""
        self.store = Store.open(directory, now=at(_END_S))
        self._options = Options()
        target = Target("prod", "https://api.anthropic.com", "api.anthropic.com", _MODEL)
        self.conditions = Conditions.of(replace(engine(), target=target), self._options)
        self._past = Past(self.store, self.conditions)
        self._shown: dict[tuple[float, Focus | None], Snapshot] = {}
        self._incidents: dict[tuple[str, datetime], Record | None] = {}
        self._histories: dict[datetime, HistoryRecord] = {}

    @classmethod
    def play(cls, directory: Path) -> None:
        """Records the night in a directory."""
        with contextlib.closing(cls(directory)) as night:
            observed = [*_probed(), *_read()]
            night._write([ConditionsChange(at(-_SPAN_S - 60), encode_conditions(night.conditions))])
            night._write([catalogue(at(-_SPAN_S), _MODEL, "claude-sonnet-5-5", "claude-opus-5-5"), *observed])
            night._write(_traffic())
            night._write(_acts())
            night._play(observed)

    def snapshot(self, seconds: float, focus: Focus | None = None) -> Snapshot:
        """What a screen shows live at that second."""
        return replace(self.looked_back_at(seconds, focus), past=None)

    def looked_back_at(self, seconds: float, focus: Focus | None = None) -> Snapshot:
        """What a screen shows of that second in time travel."""
        if (seconds, focus) not in self._shown:
            self._shown[seconds, focus] = self._past.whole(at(seconds), focus)
        return self._shown[seconds, focus]

    def incident_record(self, ident: str, until: datetime) -> Record | None:
        if (ident, until) not in self._incidents:
            entries = self.store.entries(INCIDENT_ENTRIES, at(-2 * _SPAN_S))
            self._incidents[ident, until] = record_of(self.store, ident, until, entries, self._options)
        return self._incidents[ident, until]

    def history_record(self, until: datetime) -> HistoryRecord:
        if until not in self._histories:
            self._histories[until] = self.store.record(until, reach_of(self._options))
        return self._histories[until]

    def close(self) -> None:
        self.store.close()

    def _write(self, rows: Sequence[Row] | Iterator[Row]) -> None:
        for row in rows:
            self.store.write(row)
        if not self.store.flush(60.0):
            raise AssertionError(f"not written: {self.store.problem}")

    def _play(self, observed: Sequence[Observation | ProviderStatus]) -> None:
        """Lets the journal note the verdicts and evaluates alerts, as every second in the program."""
        past, journal = Past(self.store, self.conditions), Journal(self.store)
        history = history_of(*observed)
        rules = load_rules(thresholds=named_thresholds(Settings()))
        config = AlertingConfig({rule.name: rule for rule in rules}, (), Policy(), "prod (api.anthropic.com)")
        ledger = Ledger(at=at(-180))
        for seconds in (-60, *range(-6, 120, 6), *range(120, int(_END_S), 30)):
            snapshot = past.snapshot(at(seconds))
            journal.note_verdict(snapshot.verdict, snapshot.at)
            context = RuleContext(snapshot, history, snapshot.verdict, self._options)
            before, ledger = ledger, advanced(ledger, context, config)
            if seconds == 120:
                ledger = acknowledged(ledger, None, by="ana", reason="looking", at=snapshot.at)
            added = added_entries(before, ledger)
            if added or seconds < -6:
                self.store.write(AlertingState(snapshot.at, encode(ledger).decode()))
            for entry in added:
                self.store.write(entry)
        self._write([])


class NightBackend(StillBackend):
    """Answers like an engine at that second of the night."""

    def __init__(self, night: Night, seconds: float, *, live: bool = True) -> None:
        super().__init__()
        self.night, self.seconds, self.live = night, seconds, live

    def snapshot(self, focus: Focus | None = None) -> Snapshot:
        looked_at = self.night.snapshot if self.live else self.night.looked_back_at
        return looked_at(self.seconds, focus)

    def set_focus(self, focus: Focus | None) -> None:
        super().set_focus(focus)
        self.publish(self.snapshot(focus))

    def incident_record(self, ident: str, at: datetime | None = None) -> Record | None:
        return self.night.incident_record(ident, at or START + timedelta(seconds=self.seconds))

    def history_record(self, at: datetime) -> HistoryRecord:
        return self.night.history_record(at)


def _fails(second: float, share: float, random: Random) -> bool:
    return 0 <= second < _MENDED_S and random.random() < share


def _limits(second: float) -> list[RateLimitReading]:
    """Input tokens run low before the problem, and are full again every minute."""
    left = 1_900_000 - int(second % 60) * 9_000
    reset = at(second + 60 - second % 60)
    return [
        RateLimitReading("requests", 4_000, 3_960, reset),
        RateLimitReading("input-tokens", 2_000_000, left, reset),
        RateLimitReading("output-tokens", 400_000, 391_000, reset),
    ]


def _probed() -> list[Observation]:
    random = Random(11)
    seen: list[Observation] = []
    second = -_SPAN_S
    while second < _END_S:
        moment, trouble = at(second), 0 <= second < _MENDED_S
        if _fails(second, 0.8, random) or second == 0:
            outcome = Outcome.SERVER_ERROR if random.random() < 0.1 else Outcome.OVERLOADED
            message = "Internal server error" if outcome is Outcome.SERVER_ERROR else "Overloaded"
            seen.append(messages(moment, outcome, total=0.2 + random.random() / 10, message=message))
        else:
            first = random.lognormvariate(-0.9, 0.2) * (7 if trouble else 1)
            answered = messages(moment, ttft=first, total=first + 0.25, limits=_limits(second))
            seen.append(replace(answered, cost_usd=0.00003, usage=Usage(input_tokens=12, output_tokens=4)))
        # Probed more often from the first failure until the problem is over.
        second += 8 if 0 <= second < _MENDED_S + 60 else 30
    for number in range(int((_SPAN_S + _END_S) / 15)):
        listed = models(at(-_SPAN_S + 15 * number + 1), total=random.uniform(0.17, 0.2))
        seen.append(replace(listed, tls_expires_at=START + timedelta(days=61)))
    seen += [page(read.fetched_at) for read in _read()]
    return sorted(seen, key=lambda observation: observation.at)


def _read() -> list[ProviderStatus]:
    read = []
    for number in range(int((_SPAN_S + _END_S) / 60)):
        second = -_SPAN_S + 60 * number + 7
        posted = 240 <= second < 1140
        stage = "monitoring" if second >= 840 else "identified" if second >= 480 else "investigating"
        reported = incident(
            stage=stage, name="Elevated errors on the Claude API", updates=("We are investigating.",)
        )
        updates = tuple(replace(update, at=at(200)) for update in reported.updates)
        reported = replace(reported, started_at=at(180), updates=updates)
        read.append(
            status(at(second), "degraded_performance", indicator="minor", incidents=[reported])
            if posted
            else status(at(second))
        )
    return read


def _traffic() -> Iterator[Row]:
    random, aggregator = Random(6), CallAggregator()
    applications = (
        ("batch", "claude-sonnet-5-5", 5, 0.4),
        ("checkout", _MODEL, 2, 0.6),
        ("chat", _MODEL, 7, 0.5),
    )
    for second in range(int(-_TRAFFIC_S), int(_END_S)):
        for application, model, every_s, share in applications:
            if second % every_s == 0:
                aggregator.add(
                    _call(random, second, application, model, _fails(second, share, random)),
                    at(second + 4).timestamp(),
                )
        if second % 10 == 5:
            rolled, kept = aggregator.take(at(second + 5).timestamp())
            yield from kept
            if rolled is not None:
                yield replace(rolled, at=at(second + 5))


def _call(random: Random, second: float, application: str, model: str, fails: bool) -> Call:
    first = random.lognormvariate(-0.8, 0.3) * (4 if 0 <= second < _MENDED_S else 1)
    return Call(
        at(second),
        TrafficSource.PROXY,
        "messages",
        application,
        Outcome.OVERLOADED if fails else Outcome.OK,
        model=model,
        http_status=529 if fails else 200,
        error_type="overloaded_error" if fails else None,
        request_id=f"req_011C{random.randrange(10**15):015}",
        first_token_s=None if fails else first,
        total_s=0.3 if fails else first + random.uniform(1, 3),
        tokens=None if fails else Tokens(random.randrange(200, 2000), random.randrange(50, 700), 3000),
        cost_usd=None if fails else 0.004,
        stop_reason=None if fails else "end_turn",
        retries=int(fails and random.random() < 0.6),
        retry_after_s=30.0 if fails else None,
    )


def _acts() -> list[Row]:
    def did(
        second: float, act: IncidentAct, text: str = "", *, by: str = "ana", subject: str = "",
        happened: float | None = None, of: str = _INCIDENT, ident: str = "",
    ) -> IncidentEntry:  # fmt: skip
        moment = at(second if happened is None else happened)
        name = ident or f"{int((second + 10_000) * 100) + len(act.value):032x}"
        return IncidentEntry(at(second), name, of, act, moment, by, "ops-1", text, subject)

    note = "c" * 32
    return [
        did(-6000, IncidentAct.DECLARED, "Key rotated without notice", happened=-6100, of=_EARLIER, by="ben"),
        did(-5999, IncidentAct.SEVERITY, "P2", of=_EARLIER, by="ben"),
        did(-5000, IncidentAct.RESOLVED, "the vault has the new key", of=_EARLIER, by="ben"),
        did(70, IncidentAct.DECLARED, "Elevated 529s on Haiku", happened=0),
        did(71, IncidentAct.SEVERITY, "P1"),
        did(72, IncidentAct.LEAD, "ana"),
        StepMark(at(110), "outage", "confirm", StepState.DONE, "ana", "nothing posted"),
        did(300, IncidentAct.NOTE, "checkout on Sonnet since 02:05, some prompts are too long for it",
            by="ben", happened=170, ident=note),
        did(310, IncidentAct.PINNED, subject=f"entry:{note}"),
        did(360, IncidentAct.MITIGATED, "checkout uses the fallback, batch is off", by="ben"),
        did(1320, IncidentAct.RESOLVED, "the provider fixed it", happened=1200),
    ]  # fmt: skip
