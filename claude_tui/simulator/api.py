"""Answers requests by endpoint and phase, after the checks that the API makes. No network."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import suppress
from datetime import datetime
from random import Random
from uuid import UUID

from claude_tui.simulator.exchange import Answer, Call, Exchange
from claude_tui.simulator.faults import FAULTS, INTERCEPTED, Fault, blocked, error_answer
from claude_tui.simulator.gateway import through_litellm
from claude_tui.simulator.headers import title_case
from claude_tui.simulator.limits import Limiter
from claude_tui.simulator.messages import answer_count, answer_message, read_request
from claude_tui.simulator.models import answer_model, answer_models
from claude_tui.simulator.script import EndpointPlan, Playhead, Reply, Scenario
from claude_tui.simulator.statuspage import PATH_PREFIX, answer_page

__all__ = ["Api"]

MESSAGES, COUNT_TOKENS, MODELS, PAGE, OTHER = "messages", "count_tokens", "models", "page", "other"
NEVER_ARRIVE = frozenset({*INTERCEPTED, Reply.REFUSED, Reply.HANG})
NO_KEY = Fault(401, "authentication_error", "x-api-key header is required")
NO_VERSION = Fault(400, "invalid_request_error", "anthropic-version: header is required")
NO_SUCH_PATH = Fault(404, "not_found_error", "Not Found")
WRONG_METHOD = Fault(405, "invalid_request_error", "Method Not Allowed")
# An admin key manages an organisation and is not accepted by any of these endpoints.
ADMIN_KEY = "sk-ant-admin"
# One response in eight has header names With-Capitals.
TITLE_CASE_SHARE = 1 / 8


class Api:
    """The API and the status page on one host, playing `scenario`.

    The same seed and the same sequence of calls at the same instants give the same answers.
    """

    def __init__(
        self, scenario: Scenario, playhead: Playhead, *, seed: int, latency_scale: float = 1.0
    ) -> None:
        self._scenario = scenario
        self._playhead = playhead
        self._seed = seed
        self._latency_scale = latency_scale
        self._limiter = Limiter(scenario, seed=seed, speed=playhead.speed)
        self._organization_id = str(UUID(int=Random(f"{seed}/organization").getrandbits(128), version=4))
        self._calls: Counter[str] = Counter()

    def answer(self, call: Call, now: datetime) -> Answer:
        """The answer to `call`, which arrived at `now`."""
        endpoint = _endpoint(call.path)
        exchange = self._exchange(call, endpoint, now)
        if endpoint == PAGE:
            return answer_page(exchange, self._scenario, self._playhead)
        reply = self._plan(exchange, endpoint).draw(exchange.random)
        if endpoint == MESSAGES and not _concerned(exchange):
            reply = Reply.OK
        answer = self._api_answer(exchange, endpoint, reply)
        if self._scenario.gateway is not None:
            return through_litellm(exchange, answer)
        titled = exchange.random.random() < TITLE_CASE_SHARE
        return answer.with_headers(title_case(answer.headers)) if titled else answer

    def _exchange(self, call: Call, endpoint: str, now: datetime) -> Exchange:
        elapsed_s = self._playhead.elapsed_s(now)
        number = self._calls[endpoint]
        self._calls[endpoint] += 1
        return Exchange(
            call=call,
            phase=self._scenario.phase_at(elapsed_s),
            arrived=now,
            elapsed_s=elapsed_s,
            random=Random(f"{self._seed}/{endpoint}/{number}"),
            organization_id=self._organization_id,
            latency_scale=self._latency_scale,
        )

    def _plan(self, exchange: Exchange, endpoint: str) -> EndpointPlan:
        state = exchange.phase.state
        plans: dict[str, EndpointPlan] = {MESSAGES: state.messages, COUNT_TOKENS: state.count_tokens}
        return plans.get(endpoint, state.models)

    def _api_answer(self, exchange: Exchange, endpoint: str, reply: Reply) -> Answer:
        latency = self._plan(exchange, endpoint).latency
        if reply in NEVER_ARRIVE:
            return blocked(exchange, reply, exchange.seconds(latency))
        refused = _fault_in_head(exchange.call, endpoint)
        if refused is not None:
            return error_answer(exchange, refused, exchange.seconds(latency))
        if endpoint == MESSAGES:
            return self._message(exchange, reply)
        if reply in FAULTS:
            return error_answer(exchange, FAULTS[reply], exchange.seconds(latency))
        return self._free(exchange, endpoint, exchange.seconds(latency))

    def _message(self, exchange: Exchange, reply: Reply) -> Answer:
        request = read_request(exchange.call.body or b"", self._served(exchange))
        if isinstance(request, Fault):
            return error_answer(exchange, request, exchange.seconds(exchange.phase.state.messages.latency))
        self._limiter.advance(exchange.elapsed_s)
        return answer_message(exchange, request, reply, self._limiter)

    def _served(self, exchange: Exchange) -> frozenset[str]:
        """The ids of the available models."""
        state = exchange.phase.state
        return frozenset(model.id for model in self._scenario.models if state.serves(model))

    def _free(self, exchange: Exchange, endpoint: str, wait_s: float) -> Answer:
        """A success of a free endpoint, which carries no rate-limit headers."""
        if endpoint == COUNT_TOKENS:
            request = read_request(exchange.call.body or b"", self._served(exchange), counts_only=True)
            if isinstance(request, Fault):
                return error_answer(exchange, request, wait_s)
            return answer_count(exchange, request, wait_s)
        if exchange.call.path == "/v1/models":
            return answer_models(exchange, self._scenario, wait_s)
        return answer_model(exchange, self._scenario, exchange.call.path.removeprefix("/v1/models/"), wait_s)


def _concerned(exchange: Exchange) -> bool:
    """Whether the phase's mix of replies applies to the requested model."""
    models = exchange.phase.state.mix_of
    if not models:
        return True
    with suppress(ValueError, AttributeError, RecursionError):
        return json.loads(exchange.call.body or b"").get("model") in models
    return False


def _endpoint(path: str) -> str:
    if path.startswith(PATH_PREFIX):
        return PAGE
    if path == "/v1/models" or path.startswith("/v1/models/"):
        return MODELS
    return {"/v1/messages": MESSAGES, "/v1/messages/count_tokens": COUNT_TOKENS}.get(path, OTHER)


def _fault_in_head(call: Call, endpoint: str) -> Fault | None:
    """The error in a request without its body: path, method, size and headers."""
    if endpoint == OTHER:
        return NO_SUCH_PATH
    if call.method != ("GET" if endpoint == MODELS else "POST"):
        return WRONG_METHOD
    if call.body is None:
        return FAULTS[Reply.TOO_LARGE]
    key = call.headers.get("x-api-key", "").strip() or _bearer(call.headers.get("authorization", ""))
    if not key:
        return NO_KEY
    if key.startswith(ADMIN_KEY):
        return FAULTS[Reply.KEY_REJECTED]
    return None if call.headers.get("anthropic-version", "").strip() else NO_VERSION


def _bearer(value: str) -> str:
    scheme, _, token = value.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
