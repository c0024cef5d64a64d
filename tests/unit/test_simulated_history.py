"""The simulated history that a demo begins with."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from claude_tui.model.observation import Outcome, Source, Usage
from claude_tui.model.text import Redactor
from claude_tui.model.toml_table import Table
from claude_tui.probes.headers import read_headers
from claude_tui.simulator.api import Api
from claude_tui.simulator.exchange import Call
from claude_tui.simulator.past import Past, healthy_past
from claude_tui.simulator.reading import read_scenario
from claude_tui.simulator.scenario import load
from claude_tui.simulator.script import Playhead

UNTIL = datetime(2026, 11, 20, 14, 5, 33, tzinfo=UTC)
SPAN = timedelta(hours=2)


def past(target: str = "https://api.example", seed: int = 1) -> Past:
    return healthy_past(load("tour"), UNTIL, SPAN, seed, target, status_url="https://status.example")


def test_it_holds_what_the_probes_record_in_two_hours() -> None:
    found = past()
    counts = Counter(observation.source for observation in found.observations)
    assert counts == {Source.MESSAGES: 240, Source.MODELS: 480, Source.STATUS: 120}
    assert len(found.statuses) == 120
    instants = [observation.at for observation in found.observations]
    assert instants == sorted(instants)
    assert UNTIL - SPAN - timedelta(minutes=1) <= instants[0]
    assert UNTIL - timedelta(seconds=30) < instants[-1] < UNTIL
    assert {status.fetched_at < UNTIL for status in found.statuses} == {True}


@pytest.mark.parametrize("source", [Source.MESSAGES, Source.MODELS, Source.STATUS])
def test_no_gap_is_longer_than_the_interval_and_its_jitter(source: Source) -> None:
    instants = [observation.at for observation in past().observations if observation.source is source]
    interval_s = {Source.MESSAGES: 30, Source.MODELS: 15, Source.STATUS: 60}[source]
    gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(instants)]
    assert 0.7 * interval_s < min(gaps)
    assert max(gaps) < 1.3 * interval_s


def test_everything_in_it_is_healthy_and_looks_measured() -> None:
    for observation in past().observations:
        assert observation.outcome is Outcome.OK
        assert observation.http_status == 200
        timings = observation.timings
        assert timings.total is not None
        assert timings.total > (timings.first_token or timings.first_byte or 0)
        if observation.source is Source.MODELS:
            assert timings.dns is not None
            assert timings.tls is not None
        if observation.server_s is not None:
            assert 0 < observation.server_s < (timings.first_byte or 0)
    assert {status.indicator for status in past().statuses} == {"none"}


def test_messages_carry_what_an_application_sees() -> None:
    messages = [o for o in past().observations if o.source is Source.MESSAGES]
    assert {o.model for o in messages} == {"claude-haiku-5-5"}
    assert {o.usage for o in messages} == {Usage(11, 8)}
    first_tokens = sorted(o.timings.first_token or 0 for o in messages)
    assert 0.35 < first_tokens[120] < 0.45
    assert first_tokens[-1] < 1.5
    without = 0
    for o in messages:
        buckets = {reading.bucket: reading for reading in o.rate_limits}
        without += "requests" not in buckets
        total = buckets.pop("tokens")
        buckets.pop("requests", None)
        assert total.remaining == sum(reading.remaining or 0 for reading in buckets.values())
        assert all((reading.remaining or 0) / (reading.limit or 1) > 0.9 for reading in buckets.values())
    assert 8 <= without <= 45


def test_the_buckets_are_those_that_the_probes_read_from_the_simulator() -> None:
    script = load("tour")
    body = b'{"model":"claude-haiku-5-5","max_tokens":8,"messages":[{"role":"user","content":"1"}]}'
    call = Call("POST", "/v1/messages", (), {"x-api-key": "k", "anthropic-version": "2023-06-01"}, body)
    answer = Api(script, Playhead(UNTIL), seed=1).answer(call, UNTIL)
    read = read_headers(answer.headers, now=UNTIL, redactor=Redactor())
    recorded = next(o for o in past().observations if len(o.rate_limits) == 4)
    assert [(r.bucket, r.limit) for r in recorded.rate_limits] == [
        (r.bucket, r.limit) for r in read.rate_limits
    ]


def test_on_loopback_there_is_no_name_to_resolve_and_nothing_is_encrypted() -> None:
    models = [o for o in past("http://127.0.0.1:4000").observations if o.source is Source.MODELS]
    assert {(o.timings.dns, o.timings.tls) for o in models} == {(None, None)}
    assert all(o.timings.connect for o in models)
    assert {o.target for o in models} == {"http://127.0.0.1:4000"}


def test_costs_are_those_of_the_price_table_that_is_passed() -> None:
    found = healthy_past(
        load("healthy"), UNTIL, timedelta(minutes=10), cost_usd=lambda model, usage: usage.output_tokens
    )
    assert sum(o.cost_usd for o in found.observations) == 20 * 8
    assert sum(o.cost_usd for o in past().observations) == 0


def test_the_catalogue_lists_what_the_endpoint_would() -> None:
    models = {model.id: model for model in past().catalogue.models}
    assert models["claude-sonnet-4-5"].retires_at == datetime(2026, 11, 30, tzinfo=UTC)
    assert "retired" not in {model.lifecycle for model in models.values()}
    masked = healthy_past(load("gateway-masked"), UNTIL, SPAN).catalogue
    assert {model.lifecycle for model in masked.models} == {None}


def test_an_endpoint_without_models_has_no_messages() -> None:
    data: dict[str, object] = {
        "title": "t",
        "model": [{"id": "m", "lifecycle": "retired", "created_at": UNTIL}],
    }
    scenario = read_scenario("mine", Table(data, "mine.toml"), load("healthy"))
    found = healthy_past(scenario, UNTIL, timedelta(minutes=5))
    assert {o.source for o in found.observations} == {Source.MODELS, Source.STATUS}
    assert found.catalogue.models == ()


def test_the_same_seed_gives_the_same_past() -> None:
    assert past() == past()
    assert past() != past(seed=2)
