"""Synthetic histories: scenarios played through the simulator's own answers and the probes' own reading of
them, on the probes' own schedule, without HTTP and without waiting. Seeded, so repeatable."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from random import Random

from claude_tui.analysis.history.history import History
from claude_tui.analysis.options import Options
from claude_tui.analysis.views.models import model_states
from claude_tui.model.observation import Observation, Outcome, Source, Timings, Usage
from claude_tui.model.provider import Catalogue, ProviderStatus
from claude_tui.model.text import Redactor
from claude_tui.probes.classify import Classified, classify_error, classify_response
from claude_tui.probes.error_shapes import load_json
from claude_tui.probes.headers import lower_headers, read_headers
from claude_tui.probes.models import read_catalogue
from claude_tui.probes.network import Exchange
from claude_tui.probes.pacing import Backoff, hold_after, jittered, next_slot
from claude_tui.probes.status_summary import parse_summary
from claude_tui.probes.transport_errors import FaultCode
from claude_tui.simulator.api import Api
from claude_tui.simulator.exchange import Answer, Call, Ending, json_bytes
from claude_tui.simulator.past import CONNECT, DNS, TLS, healthy_past
from claude_tui.simulator.script import Playhead, Scenario

__all__ = ["BASE", "DEFAULT_PACE", "DEMO_PACE", "Again", "Loss", "Noise", "Pace", "Player", "Seen"]

Again = Callable[[History, Iterable[Source], datetime, Options], Mapping[Source, float]]
"""Seconds from one probe of a source to the next, by what is known at an instant."""

BASE = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)
TARGET = "https://api.anthropic.com"
PAGE = "https://status.example.test"
MODEL = "claude-haiku-5-5"
REDACTOR = Redactor()
KEY = {"authorization": "Bearer sk-test", "anthropic-version": "2026-10-21"}
REQUEST = {"model": MODEL, "max_tokens": 8, "stream": True, "messages": [{"role": "user", "content": "1"}]}
# What is probed at default settings.
PROBED = (Source.STATUS, Source.MODELS, Source.MESSAGES)
TIMEOUT_S = {Source.MESSAGES: 30.0, Source.OTHER_MODELS: 30.0, Source.MODELS: 10.0, Source.STATUS: 10.0}
OK = Classified(Outcome.OK)
# How a network can be gone: what the probes then call it, and how long that takes.
CUTS = {
    "reset": (FaultCode.CLOSED, Outcome.NETWORK, 0.02),
    "dns": (FaultCode.DNS, Outcome.NETWORK, 0.05),
    "refused": (FaultCode.REFUSED, Outcome.NETWORK, 0.02),
    "unreachable": (FaultCode.UNREACHABLE, Outcome.NETWORK, 0.01),
    "dropped": (FaultCode.CONNECT_TIMEOUT, Outcome.TIMEOUT, None),
    "tls": (FaultCode.TLS_UNTRUSTED, Outcome.NETWORK, 0.06),
}


@dataclass(frozen=True)
class Pace:
    """Seconds between probes, and the back-off after 429 and 529."""

    status_s: float
    models_s: float
    messages_s: float
    backoff: Backoff

    @property
    def options(self) -> Options:
        return Options(
            status_interval_s=self.status_s,
            models_interval_s=self.models_s,
            messages_interval_s=self.messages_s,
        )

    def interval_s(self, source: Source) -> float:
        return self.options.interval_s(source)


DEFAULT_PACE = Pace(60.0, 15.0, 30.0, Backoff())
DEMO_PACE = Pace(4.0, 2.0, 3.0, Backoff(3.0, 6.0))


@dataclass(frozen=True)
class Noise:
    """`lost` probes get no answer; `tail` of the answers take up to `tail_factor` times as long."""

    lost: float = 0.001
    tail: float = 0.01
    tail_factor: float = 10.0


@dataclass(frozen=True)
class Loss:
    """A share of the probes of `sources` that is lost on the way between two instants (seconds)."""

    share: float
    begin_s: float
    end_s: float
    sources: frozenset[Source] = frozenset(Source)


@dataclass(frozen=True)
class Seen:
    """A result that arrived at `at`."""

    at: datetime
    source: Source
    observation: Observation


@dataclass
class Player:
    """Plays one scenario from `BASE` on. `history` holds what was seen up to the last `Seen` yielded.

    `cut` is how the network goes away where a scenario takes it away; `keyed` False sends no key; `also` are
    further models, which are asked in turn.
    """

    scenario: Scenario
    seed: int
    pace: Pace = DEFAULT_PACE
    noise: Noise = field(default_factory=Noise)
    past: timedelta = timedelta(hours=2)
    cut: str = "reset"
    keyed: bool = True
    page: bool = True
    losses: tuple[Loss, ...] = ()
    again: Again | None = None
    also: tuple[str, ...] = ()
    history: History = field(default_factory=History)

    def __post_init__(self) -> None:
        self.playhead = Playhead(BASE)
        self.random = Random(f"{self.seed}/{self.scenario.name}/player")
        self.api = Api(self.scenario, self.playhead, seed=self.seed)
        self._opened = Random(f"{self.seed}/opened")
        if self.past:
            past = healthy_past(self.scenario, BASE, self.past, self.seed, TARGET, status_url=PAGE)
            observations = past.observations if self.keyed else ()
            self.history.extend(observations, past.statuses if self.page else (), [past.catalogue])

    def play(self, for_s: float) -> Iterator[Seen]:
        """The results of the probes, in the order of arrival."""
        end = BASE + timedelta(seconds=for_s)
        starts: dict[Source, float] = {}
        for source in (*PROBED, *((Source.OTHER_MODELS,) if self.also else ())):
            if source is Source.MESSAGES and not self.keyed:
                continue
            starts[source] = self.random.uniform(0, self._interval_s(source))
        begun: dict[Source, tuple[float, float]] = {}
        arrivals: list[tuple[float, int, Seen, ProviderStatus | None, Catalogue | None]] = []
        count = 0
        while True:
            source = min(starts, key=lambda candidate: starts[candidate])
            if arrivals and arrivals[0][0] <= starts[source]:
                seen = self._arrive(*heapq.heappop(arrivals)[2:])
                yield seen
                self._hurry(seen.at, starts, begun)
                continue
            start = starts[source]
            at = BASE + timedelta(seconds=start)
            if at > end:
                break
            observation, status, catalogue = self._probe(source, at)
            done = start + (observation.timings.total or 0.0)
            count += 1
            heapq.heappush(
                arrivals,
                (done, count, Seen(BASE + timedelta(seconds=done), source, observation), status, catalogue),
            )
            starts[source], held_s = self._next(source, observation, start, done)
            begun[source] = start, max(done, held_s)
        while arrivals:
            yield self._arrive(*heapq.heappop(arrivals)[2:])

    def _hurry(
        self, at: datetime, starts: dict[Source, float], begun: dict[Source, tuple[float, float]]
    ) -> None:
        """Brings probes forward while something is being confirmed; a hold stays in force."""
        if self.again is None:
            return
        now_s = (at - BASE).total_seconds()
        waits_s = self.again(self.history, begun, at, self.pace.options)
        for source, (start, free_s) in begun.items():
            starts[source] = min(starts[source], max(start + waits_s[source], free_s, now_s))

    def _interval_s(self, source: Source) -> float:
        plain = self.pace.interval_s(source)
        return plain / len(self.also) if source is Source.OTHER_MODELS else plain

    def _next_other(self, at: datetime) -> str:
        """The further model whose turn it is: one that has just failed, else the one asked longest ago."""
        suspect = {
            state.model for state in model_states(self.history, at, self.pace.options) if state.suspect
        }
        asked = self.history.window(Source.OTHER_MODELS, BASE, at)
        newest = {observation.model: observation.at for observation in asked}
        return min(self.also, key=lambda model: (model not in suspect, newest.get(model, BASE)))

    def _arrive(self, seen: Seen, status: ProviderStatus | None, catalogue: Catalogue | None) -> Seen:
        self.history.add_observation(seen.observation)
        if status is not None and self.page:
            self.history.add_status(status)
        if catalogue is not None:
            self.history.add_catalogue(catalogue)
        return seen

    def _next(
        self, source: Source, observation: Observation, start: float, done: float
    ) -> tuple[float, float]:
        """When the next probe starts, and until when one is held."""
        interval = self._interval_s(source)
        due = next_slot(start + jittered(interval, self.random), done, interval)
        paid = source in {Source.MESSAGES, Source.OTHER_MODELS}
        hold = hold_after(observation, paid=paid, backoff=self.pace.backoff, random=self.random)
        held_s = done + hold.seconds if hold is not None else done
        return max(due, held_s), held_s

    # -- one probe -----------------------------------------------------------------

    def _probe(
        self, source: Source, at: datetime
    ) -> tuple[Observation, ProviderStatus | None, Catalogue | None]:
        found: tuple[Observation, ProviderStatus | None, Catalogue | None]
        if source is Source.STATUS:
            found = self._status(at)
        elif source is Source.MODELS:
            found = self._models(at)
        elif source is Source.OTHER_MODELS:
            asked = replace(self._message(at, self._next_other(at)), source=source)
            found = (asked, None, None)
        else:
            found = (self._message(at), None, None)
        if self.random.random() < self._lost_share(source, at):
            lost = self._lost(source, at, self.random.choice(tuple(CUTS)))
            return replace(lost, model=found[0].model), None, None
        return found

    def _lost_share(self, source: Source, at: datetime) -> float:
        elapsed = (at - BASE).total_seconds()
        return next(
            (
                loss.share
                for loss in self.losses
                if loss.begin_s <= elapsed < loss.end_s and source in loss.sources
            ),
            self.noise.lost,
        )

    def _call(self, source: Source, at: datetime, model: str = MODEL) -> Answer:
        method, path, body = {
            Source.MESSAGES: ("POST", "/v1/messages", json_bytes(REQUEST | {"model": model})),
            Source.MODELS: ("GET", "/v1/models", b""),
            Source.STATUS: ("GET", "/api/v2/summary.json", b""),
        }[source]
        headers = KEY if self.keyed else {"anthropic-version": "2026-10-21"}
        return self.api.answer(Call(method, path, (("limit", "1000"),), headers, body), at)

    def _stretched(self, seconds: float) -> float:
        if self.random.random() < self.noise.tail:
            return seconds * self.random.uniform(1.0, self.noise.tail_factor)
        return seconds

    def _lost(self, source: Source, at: datetime, cut: str, *, opened: bool | None = None) -> Observation:
        code, outcome, took = CUTS[cut]
        total = TIMEOUT_S[source] if took is None else took
        fresh = source not in {Source.MESSAGES, Source.OTHER_MODELS}
        connected = cut == "reset" if opened is None else opened
        return Observation(
            at=at,
            source=source,
            target=TARGET,
            outcome=outcome,
            error_type=code,
            message=f"no answer: {code}",
            timings=replace(self._phases() if fresh and connected else Timings(), total=total),
            model=MODEL if source is Source.MESSAGES else None,
        )

    def _phases(self) -> Timings:
        return Timings(
            dns=DNS.draw(self._opened), connect=CONNECT.draw(self._opened), tls=TLS.draw(self._opened)
        )

    def _silent(self, source: Source, at: datetime, answer: Answer) -> Observation:
        if answer.ending is Ending.HANG:
            lost = self._lost(source, at, "dropped", opened=True)
            return replace(lost, error_type=FaultCode.READ_TIMEOUT, message="connected, but no answer")
        return self._lost(source, at, self.cut)

    def _status(self, at: datetime) -> tuple[Observation, ProviderStatus | None, None]:
        answer = self._call(Source.STATUS, at)
        if answer.status is None:
            seen = self._silent(Source.STATUS, at, answer)
            return seen, ProviderStatus(at, PAGE, unknown_reason=seen.message), None
        total = self._stretched(answer.wait_s)
        seen = Observation(at, Source.STATUS, PAGE, Outcome.OK, answer.status, timings=Timings(total=total))
        try:
            page = parse_summary(
                load_json(answer.body),
                fetched_at=at + timedelta(seconds=total),
                source=PAGE,
                redactor=REDACTOR,
            )
        except ValueError:
            found = classify_response(
                answer.status, lower_headers(answer.headers), answer.body, redactor=REDACTOR
            )
            failed = replace(seen, outcome=Outcome.INVALID_RESPONSE, error_type=found.error_type)
            return failed, ProviderStatus(at, PAGE, unknown_reason=found.message or "?"), None
        return seen, page, None

    def _models(self, at: datetime) -> tuple[Observation, None, Catalogue | None]:
        answer = self._call(Source.MODELS, at)
        if answer.status is None:
            return self._silent(Source.MODELS, at, answer), None, None
        phases = self._phases()
        opened = (phases.dns or 0) + (phases.connect or 0) + (phases.tls or 0)
        first = self._stretched(answer.wait_s)
        timings = replace(phases, first_byte=first, total=opened + first + 0.002)
        received = at + timedelta(seconds=first)
        listed = _listed(answer.status, answer.body)
        catalogue = replace(listed, fetched_at=received) if listed is not None else None
        found = OK if catalogue is not None else self._classified(answer)
        if found.outcome is Outcome.KEY_REJECTED and not self.keyed:
            found = Classified(Outcome.OK, found.error_type, message="answered without a key: reachable")
        return self._observation(Source.MODELS, at, answer, found, timings), None, catalogue

    def _classified(self, answer: Answer) -> Classified:
        return classify_response(
            answer.status or 0, lower_headers(answer.headers), answer.body, redactor=REDACTOR
        )

    def _message(self, at: datetime, model: str = MODEL) -> Observation:
        return replace(self._asked(at, model), model=model)

    def _asked(self, at: datetime, model: str) -> Observation:
        answer = self._call(Source.MESSAGES, at, model)
        if answer.status is None:
            return self._silent(Source.MESSAGES, at, answer)
        head = self._stretched(answer.wait_s)
        if not answer.streamed:
            return self._observation(
                Source.MESSAGES, at, answer, self._classified(answer), Timings(first_byte=head, total=head)
            )
        first, total = None, head
        for chunk in answer.chunks:
            total += chunk.wait_s
            if first is None and b"content_block_delta" in chunk.data:
                first = total
        text = answer.body.decode()
        if "event: error" in text:
            error = load_json(text.split("event: error\ndata: ")[1].split("\n")[0])
            found = classify_error(error, 200, redactor=REDACTOR)
        elif "message_stop" in text:
            found = OK
        else:
            cut = FaultCode.CUT_SHORT if answer.ending is Ending.ABORT else None
            found = Classified(Outcome.TRUNCATED_STREAM, cut, message="the stream ended early")
        timings = Timings(first_byte=head, first_token=first, total=total)
        return self._observation(Source.MESSAGES, at, answer, found, timings)

    def _observation(
        self, source: Source, at: datetime, answer: Answer, found: Classified, timings: Timings
    ) -> Observation:
        received = at + timedelta(seconds=timings.total or 0.0)
        facts = read_headers(answer.headers, now=received, redactor=REDACTOR, sent_at=at)
        is_message, failed = source is Source.MESSAGES, found.outcome.failed
        return Observation(
            at=at,
            source=source,
            target=TARGET,
            outcome=found.outcome,
            http_status=answer.status,
            error_type=found.error_type,
            error_code=found.error_code,
            message=found.message,
            request_id=facts.request_id or found.request_id,
            timings=timings,
            model=MODEL if is_message else None,
            stop_reason="max_tokens" if is_message and not failed else None,
            usage=Usage(8, 8) if is_message and not failed else None,
            rate_limits=facts.rate_limits,
            windows=facts.windows,
            retry_after_s=facts.retry_after_s if failed else None,
            server_s=facts.server_s,
            skew_s=facts.skew_s,
        )


@lru_cache(maxsize=64)
def _listed(status: int, body: bytes) -> Catalogue | None:
    """The models of a response, as of `BASE`: it is the same one hundreds of times."""
    exchange = Exchange(BASE, Timings(), status, (), body, None, None, None, None)
    return read_catalogue(exchange, BASE, redactor=REDACTOR)
