"""Scenario files: the shipped ones play as described, and every mistake in one's own is named."""

from __future__ import annotations

import statistics
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_tui.model.toml_table import Table
from claude_tui.model.verdict import Cause, Side
from claude_tui.simulator import scenario as scenario_module
from claude_tui.simulator.reading import read_scenario
from claude_tui.simulator.scenario import Scenario, ScenarioError, load, names
from claude_tui.simulator.script import PageAnswer, Playhead, Reply, Spread
from claude_tui.simulator.truth import Answer

SHIPPED = {
    "healthy",
    "tour",
    "outage",
    "overload",
    "rate-limit",
    "intermittent",
    "slow",
    "key-revoked",
    "auth-outage",
    "spend-limit",
    "model-retired",
    "network-down",
    "captive-portal",
    "edge-block",
    "midstream",
    "gateway-masked",
    "claude-ai-only",
    "one-model",
    "status-lag",
    "status-page-down",
}
PHASE = '[[phase]]\nname = "a"\ncause = "healthy"\nside = "none"\n'


def write(directory: Path, text: str) -> str:
    path = directory / "mine.toml"
    path.write_text(text)
    return str(path)


def read(data: dict[str, object]) -> Scenario:
    return read_scenario("mine", Table(data, "mine.toml", error=ScenarioError), load("healthy"))


# -- what ships ----------------------------------------------------------------


def test_every_promised_scenario_ships_with_a_title_that_fits_a_line() -> None:
    listed = dict(names())
    assert set(listed) >= SHIPPED
    assert all(title and len(title) <= 100 and "\n" not in title for title in listed.values())


@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_a_shipped_scenario_loads_and_begins_within_seconds(name: str) -> None:
    scenario = load(name)
    assert scenario.name == name
    assert scenario.phases[-1].for_s is None
    if name not in ("healthy", "tour"):
        start = min(start for start, phase in scenario.scheduled if phase.state != scenario.baseline)
        assert start <= 5.0


def test_the_tour_goes_from_healthy_through_trouble_to_healthy_in_four_minutes() -> None:
    tour = load("tour")
    assert [phase.cause for phase in tour.phases] == [
        "healthy",
        "provider_slow",
        "provider_overloaded",
        "provider_outage",
        "provider_outage",
        "provider_errors",
        "healthy",
    ]
    assert tour.starts_s[-1] == 240.0
    silent, reported = tour.phases[3], tour.phases[4]
    assert silent.state.page.indicator == "none"
    assert reported.state.page.indicator != "none"
    assert min(update.at_s for update in tour.incidents[0].updates) == tour.starts_s[4]


def test_the_outage_lasts_47_minutes_and_leaves_claude_ai_alone() -> None:
    outage = load("outage")
    trouble = [phase for phase in outage.phases if phase.side == "them"]
    assert sum(phase.for_s or 0 for phase in trouble) == 47 * 60
    assert trouble[0].state.messages.mix == ((Reply.SERVER_ERROR, 1.0),)
    assert trouble[0].state.page.indicator == "none"
    assert all(phase.state.page.status_of("claude_ai") == "operational" for phase in outage.phases)


def test_the_overload_lasts_two_and_a_half_hours_at_5_to_10_times_the_latency() -> None:
    overload = load("overload")
    trouble = [phase for phase in overload.phases if phase.side == "them"]
    assert sum(phase.for_s or 0 for phase in trouble) == 2.5 * 3600
    healthy_s = overload.baseline.messages.first_token.median_s
    assert 5 <= trouble[0].state.messages.first_token.median_s / healthy_s <= 10


# -- time ----------------------------------------------------------------------


def test_phases_follow_one_another_and_the_healthy_state_returns() -> None:
    scenario = read(
        {
            "title": "t",
            "lead_in_s": 2,
            "phase": [
                {"name": "a", "for_s": 3, "cause": "network", "side": "path"},
                {"name": "b", "for_s": 4, "cause": "network", "side": "path"},
            ],
        }
    )
    played = [scenario.phase_at(at).name for at in (-1, 0, 1.9, 2, 4.9, 5, 8.9, 9, 1e6)]
    assert played == ["lead-in", "lead-in", "lead-in", "a", "a", "b", "b", "healthy", "healthy"]
    assert [start for start, _ in scenario.after(2)] == [5, 9]


@given(lengths=st.lists(st.floats(0.1, 1e5), min_size=1, max_size=6), share=st.floats(0, 1, exclude_max=True))
def test_every_instant_lies_in_the_phase_that_has_started_last(lengths: list[float], share: float) -> None:
    phases = [{"name": str(n), "for_s": s, "cause": "network", "side": "us"} for n, s in enumerate(lengths)]
    scenario = read({"title": "t", "phase": phases})
    at_s = share * sum(lengths)
    started = [
        phase for start, phase in zip(scenario.starts_s, scenario.phases, strict=True) if start <= at_s
    ]
    assert scenario.phase_at(at_s) == started[-1]


def test_speed_shortens_what_is_to_come_and_leaves_the_past_where_it_was() -> None:
    playhead = Playhead(datetime(2026, 11, 20, 12, tzinfo=UTC), speed=10)
    assert playhead.elapsed_s(datetime(2026, 11, 20, 12, 0, 6, tzinfo=UTC)) == 60
    assert playhead.instant(60) == datetime(2026, 11, 20, 12, 0, 6, tzinfo=UTC)
    assert playhead.instant(-60) == datetime(2026, 11, 20, 11, 59, tzinfo=UTC)


@given(median_s=st.floats(0.01, 10), factor=st.floats(1, 8), seed=st.integers(0, 99))
def test_a_spread_has_the_median_and_p95_it_was_given(median_s: float, factor: float, seed: int) -> None:
    spread = Spread(median_s, median_s * factor, tail_share=0)
    random = Random(seed)
    drawn = sorted(spread.draw(random) for _ in range(1000))
    spread_of_logs = factor ** (1 / 1.645)
    tolerance = spread_of_logs**0.2 * (1 + 1e-9)
    assert median_s / tolerance <= statistics.median(drawn) <= median_s * tolerance
    assert drawn[0] > 0
    assert sum(seconds <= spread.p95_s * (1 + 1e-9) for seconds in drawn) >= 900


# -- inheritance ---------------------------------------------------------------


def test_a_phase_takes_from_the_healthy_state_what_it_leaves_out() -> None:
    scenario = read(
        {
            "title": "t",
            "limits": {"requests": 7},
            "phase": [
                {
                    "name": "a",
                    "cause": "provider_outage",
                    "side": "them",
                    "messages": {"mix": {"server_error": 1}},
                    "models": {"mix": {"ok": 0.5, "hang": 0.5}},
                    "status_page": {"components": {"api": "major_outage"}},
                }
            ],
        }
    )
    state, healthy = scenario.phases[0].state, load("healthy").baseline
    assert state.messages.first_token == healthy.messages.first_token
    assert state.limits.requests == 7
    assert state.limits.input_tokens == healthy.limits.input_tokens
    assert state.count_tokens.mix == state.models.mix
    assert state.page.answer is PageAnswer.PAGE
    assert state.page.status_of("api") == "major_outage"
    assert state.page.status_of("code") == "operational"


def test_the_description_goes_with_the_indicator_unless_it_is_given() -> None:
    pages = [{"indicator": "critical"}, {"indicator": "minor", "description": "Bumpy"}]
    described = [read({"title": "t", "status_page": page}).baseline.page.description for page in pages]
    assert described == ["Major System Outage", "Bumpy"]


def test_updates_are_placed_in_their_phases_and_sorted() -> None:
    scenario = read(
        {
            "title": "t",
            "phase": [
                {"name": "a", "for_s": 60, "cause": "network", "side": "us"},
                {"name": "b", "cause": "network", "side": "us"},
            ],
            "incident": [
                {
                    "name": "i",
                    "impact": "minor",
                    "components": ["api"],
                    "updates": [
                        {"phase": "b", "after_s": 5, "status": "resolved", "body": "."},
                        {"after_s": -30, "status": "investigating", "body": "."},
                        {"phase": "a", "status": "identified", "body": "."},
                    ],
                }
            ],
        }
    )
    assert [(update.at_s, update.status) for update in scenario.incidents[0].updates] == [
        (-30, "investigating"),
        (0, "identified"),
        (65, "resolved"),
    ]


TRUE = 'title = "t"\n[truth]\ncause = "rate_limited"\n'


def test_the_truth_of_a_drill_is_filled_in_where_it_says_nothing() -> None:
    least = {"side": "us", "cause": "rate_limited", "paged": True, "brief": "b", "debrief": "d"}
    steps = ["rate_limited.shed"]
    phases = [
        {"name": "a", "for_s": 5, "cause": "healthy", "side": "none"},
        {"name": "b", "cause": "rate_limited", "side": "us"},
    ]
    found = read({"title": "t", "lead_in_s": 3, "phase": phases, "truth": {**least, "steps": steps}})
    assert found.truth is not None
    assert (found.truth.phase, found.truth.verdict) == ("b", Cause.RATE_LIMITED)
    assert found.truth.answers == (Answer(Side.US, Cause.RATE_LIMITED),)
    assert found.truth.good_beginnings == ("rate_limited.shed",)
    assert found.trouble_s == 8
    assert load("healthy").truth is None
    assert load("healthy").trouble_s == 0


# -- mistakes ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", ["title: got nothing", "expected some text"]),
        ("title = 3", ["title: got 3, expected some text"]),
        ('title = "t"\nlead_in = 4', ["lead_in: unknown key", 'did you mean "lead_in_s"?']),
        ('title = "t"\nlead_in_s = true', ["lead_in_s: got true", "a number from 0"]),
        ('title = "t"\nlead_in_s = nan', ["lead_in_s: got nan", "a number"]),
        ('title = "t"\nseed = 1.5', ["seed: got 1.5", "a whole number"]),
        ('title = "t"\ngateway = "kong"', ['gateway: got "kong"', "litellm"]),
        ('title = "t"\nphase = 3', ["phase: got 3", "[[phase]]"]),
        ('title = "t"\nphase = ["a"]', ['phase[1]: got "a"', "a table"]),
        ('title = "t"\n[[phase]]', ["phase[1].name: got nothing"]),
        ('title = "t"\n[[phase]]\nname = "a"', ["phase[1].cause: got nothing"]),
        ('title = "t"\n' + PHASE + PHASE, ["phase[1].for_s: got nothing", "a number from 0.1"]),
        ('title = "t"\n' + PHASE + "for_s = 0", ["phase[1].for_s: got 0"]),
        (
            'title = "t"\n' + PHASE + "for_s = 1\n" + PHASE,
            ['phase[2].name: got "a" again', "no other"],
        ),
        (
            'title = "t"\n[[phase]]\nname = "a"\ncause = "provider_outrage"\nside = "them"',
            ['phase[1].cause: got "provider_outrage"', 'did you mean "provider_outage"?', "one of healthy"],
        ),
        (
            'title = "t"\n' + PHASE.replace("none", "theirs"),
            ['phase[1].side: got "theirs"', "them, us, path"],
        ),
        ('title = "t"\n' + PHASE + "messages = 3", ["phase[1].messages: got 3", "a table"]),
        (
            'title = "t"\n' + PHASE + "messages.mix = { ok = 0.5, overloaded = 0.4 }",
            ["phase[1].messages.mix: got weights that sum to 0.9", "sum to 1"],
        ),
        ('title = "t"\n' + PHASE + "messages.mix = {}", ["phase[1].messages.mix: got weights that sum to 0"]),
        (
            'title = "t"\n' + PHASE + "messages.mix = { overload = 1 }",
            ["phase[1].messages.mix.overload: unknown key", 'did you mean "overloaded"?'],
        ),
        ('title = "t"\n' + PHASE + "messages.mix = { ok = 2, hang = -1 }", ["mix.ok: got 2", "from 0 to 1"]),
        (
            'title = "t"\n' + PHASE + "models.mix = { stream_cut = 1 }",
            ["models.mix.stream_cut: got an"],
        ),
        (
            'title = "t"\n' + PHASE + "models.first_token = { median_s = 1, p95_s = 2 }",
            ["phase[1].models.first_token: got an unknown key"],
        ),
        (
            'title = "t"\n' + PHASE + "messages.first_token = { median_s = 2, p95_s = 1 }",
            ["phase[1].messages.first_token.p95_s: got 1", "at least median_s, which is 2"],
        ),
        (
            'title = "t"\n' + PHASE + "messages.first_token = { median_ms = 2, p95_s = 1 }",
            ["phase[1].messages.first_token.median_s: got nothing"],
        ),
        ('title = "t"\n' + PHASE + "limits.requests = 0", ["phase[1].limits.requests: got 0", "from 1"]),
        ('title = "t"\n' + PHASE + "load.request = 5", ["load.request: got an unknown key", '"requests"']),
        (
            'title = "t"\n' + PHASE + 'status_page.answer = "gone"',
            ['status_page.answer: got "gone"', "refused"],
        ),
        ('title = "t"\n' + PHASE + 'status_page.indicator = "red"', ['status_page.indicator: got "red"']),
        (
            'title = "t"\n' + PHASE + 'status_page.components = { apl = "operational" }',
            ["status_page.components.apl: got an unknown key", 'did you mean "api"?'],
        ),
        (
            'title = "t"\n' + PHASE + 'status_page.components = { api = "broken" }',
            ['status_page.components.api: got "broken"', "major_outage"],
        ),
        (
            'title = "t"\n' + PHASE + 'retired = ["claude-haiku-5"]',
            ['phase[1].retired: got "claude-haiku-5"', "claude-haiku-5-5"],
        ),
        (
            'title = "t"\n' + PHASE + 'unserved = ["claude-opus-5", "claude-opus-5"]',
            ['phase[1].unserved: got "claude-opus-5" twice'],
        ),
        ('title = "t"\n[[incident]]\nname = "i"', ["incident[1].updates: got no update, expected"]),
        (
            'title = "t"\n[[incident]]\nname = "i"\nimpact = "minor"\ncomponents = ["api"]\n'
            '[[incident.updates]]\nphase = "b"\nstatus = "resolved"\nbody = "."',
            ['incident[1].updates[1].phase: got "b"', "healthy"],
        ),
        (
            'title = "t"\n[[model]]\nid = "m"\ncreated_at = "yesterday"',
            ['model[1].created_at: got "yesterday"', "a date"],
        ),
        (
            'title = "t"\n[[model]]\nid = "m"\ncreated_at = 2026-01-01T00:00:00',
            ["model[1].created_at", "with an offset"],
        ),
        ('title = "t"\n[[maintenance]]\nname = "m"', ["maintenance[1].components: got nothing"]),
        ('title = "t"\ntruth = 3', ["truth: got 3", "a table"]),
        ('title = "t"\n[truth]', ["truth.side: got nothing", "truth.cause: got nothing", "truth.brief"]),
        (TRUE + 'side = "theirs"', ['truth.side: got "theirs"', "them, us, path"]),
        (TRUE + 'side = "us"\nstep = ["a.b"]', ["truth.step", 'did you mean "steps"?']),
        (TRUE + 'side = "us"\nsteps = ["retries"]', ['truth.steps: got "retries"', "playbook.step"]),
        (TRUE + 'side = "us"\nsteps = ["a.b"]\nharmful = ["a.b"]', ["truth.harmful", "no step that"]),
        (TRUE + 'side = "us"\nsteps = ["a.b"]\nfirst = ["a.c"]', ['truth.first: got "a.c"', "a.b"]),
        (TRUE + 'side = "us"\nphase = "later"', ['truth.phase: got "later"', "healthy"]),
        (TRUE + 'side = "us"\nverdict = "fine"', ['truth.verdict: got "fine"', "one of healthy"]),
        (TRUE + 'side = "us"\naccepted = [{ side = "us" }]', ["truth.accepted[1].cause: got nothing"]),
    ],
)
def test_a_mistake_names_file_key_what_was_given_and_what_is_expected(
    tmp_path: Path, text: str, parts: list[str]
) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ScenarioError) as caught:
        load(path)
    message = str(caught.value)
    for line in message.splitlines():
        assert line.startswith(path)
        assert ", expected " in line or "(did you mean " in line
    for part in parts:
        assert part in message


@pytest.mark.parametrize(
    ("raw", "part"),
    [
        (b"title = ", "not valid TOML"),
        (b"\xff\xfe", "not UTF-8"),
        (b"a = " + b"[" * 5000, "nested too deeply"),
        (b"#" * 1_000_001, "larger than 1,000,000 bytes"),
    ],
)
def test_a_file_that_is_no_scenario_is_refused(tmp_path: Path, raw: bytes, part: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(raw)
    with pytest.raises(ScenarioError, match=part):
        load(str(path))


def test_an_unknown_name_suggests_the_nearest_and_lists_the_rest() -> None:
    with pytest.raises(ScenarioError) as caught:
        load("overlaod")
    assert 'did you mean "overload"?' in str(caught.value)
    assert "gateway-masked" in str(caught.value)


@pytest.mark.parametrize("path", ["./missing.toml", "a/b", "\0.toml", "~nobody-of-that-name/x.toml"])
def test_a_path_without_a_file_is_named(path: str) -> None:
    with pytest.raises(ScenarioError, match="no such file"):
        load(path)


def test_a_directory_is_no_scenario(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="is a directory"):
        load(str(tmp_path))


def test_a_file_of_ones_own_is_played_under_its_name(tmp_path: Path) -> None:
    scenario = load(write(tmp_path, 'title = "t"\n' + PHASE))
    assert scenario.name == "mine"
    assert [phase.name for phase in scenario.phases] == ["a"]


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.dates()
    | st.datetimes()
    | st.sampled_from(["ok", "them", "healthy", "api", "minor", "page", "claude-opus-5"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
SHIPPED_DATA = {
    path.stem: tomllib.loads(path.read_text())
    for directory in (scenario_module.SHIPPED, scenario_module.DRILLS)
    for path in directory.glob("*.toml")
}


def _paths(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    items: list[tuple[str | int, object]] = []
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    return [path, *(found for key, item in items for found in _paths(item, (*path, key)))]


def _with(value: object, path: tuple[str | int, ...], new: object) -> object:
    if not path:
        return new
    key, *rest = path
    if isinstance(value, dict):
        return {**value, key: _with(value[key], tuple(rest), new)}
    assert isinstance(value, list)
    return [_with(item, tuple(rest), new) if index == key else item for index, item in enumerate(value)]


@given(data=st.data(), value=VALUES)
def test_whatever_stands_in_a_file_is_a_scenario_or_a_scenario_error(
    data: st.DataObject, value: object
) -> None:
    whole = SHIPPED_DATA[data.draw(st.sampled_from(sorted(SHIPPED_DATA)))]
    path = data.draw(st.sampled_from(_paths(whole)[1:]))
    try:
        outcome: Scenario | ScenarioError = read(_with(whole, path, value))  # type: ignore[arg-type]
    except ScenarioError as error:
        outcome = error
    assert outcome.problems[0].key if isinstance(outcome, ScenarioError) else outcome.phases


@given(weights=st.lists(st.integers(1, 1000), min_size=1, max_size=8))
def test_weights_that_sum_to_one_are_taken_and_drawn_from(weights: list[int]) -> None:
    replies = [reply.value for reply in list(Reply)[: len(weights)]]
    mix = {reply: weight / sum(weights) for reply, weight in zip(replies, weights, strict=True)}
    plan = read({"title": "t", "messages": {"mix": mix}}).baseline.messages
    assert plan.draw(Random(1)).value in replies


@given(total=st.floats(0, 1).filter(lambda total: abs(total - 1) > 1e-5))
def test_weights_that_do_not_sum_to_one_are_refused(total: float) -> None:
    with pytest.raises(ScenarioError, match="sum to 1"):
        read({"title": "t", "messages": {"mix": {"ok": total}}})
