"""What is withdrawn from a History leaves no trace: stepping back equals building it again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from claude_tui.analysis.history.history import History
from claude_tui.analysis.options import Options
from claude_tui.analysis.snapshot import build_snapshot
from claude_tui.model.observation import Observation, Outcome, RateLimitReading, Source, WindowReading
from claude_tui.model.provider import ProviderStatus
from tests.builders import after, bucket, catalogue, engine, history_of, messages, models, page, status

outcomes = st.sampled_from([Outcome.OK, Outcome.OK, Outcome.OVERLOADED, Outcome.TIMEOUT])
instants = st.integers(0, 120).map(lambda tenths: tenths * 10.0)
readings = st.lists(
    st.builds(
        lambda name, limit: bucket(name, 7, limit), st.sampled_from("ab"), st.sampled_from([0, 10, 20])
    ),
    max_size=3,
)
windows = st.lists(
    st.builds(lambda word: WindowReading("5h", 0.5, None, word), st.sampled_from(["allowed", "rejected"])),
    max_size=1,
)


def message(
    at: float, outcome: Outcome, limits: list[RateLimitReading], used: list[WindowReading], model: str
) -> Observation:
    return messages(at, outcome, limits=limits, windows=used, model=model, ttft=0.4 + at / 1000)


probes = st.one_of(
    st.builds(message, instants, outcomes, readings, windows, st.sampled_from(["small", "large"])),
    st.builds(models, instants, outcomes),
    st.builds(page, instants, outcomes),
)


def contents(history: History) -> dict[str, object]:
    """All that a History holds, in comparable form."""
    return {
        "seen": history.window(None, after(-1e6), after(1e6)),
        "states": {source: history.exchanges(source).states for source in Source},
        "failures": {source: repr(history.failures(source).values) for source in Source},
        "events": [(column.at, column.values) for column in history.events()],
        "limits": (history.limits().at, history.limits().values),
        "buckets": {name: (column.at, column.values) for name, column in history.buckets().items()},
        "windows": {name: (column.at, column.values) for name, column in history.windows().items()},
        "measures": {name: history.measure(name, 2e9).values for name in ("TTFT", "message", "models")},
        "page": history.known_status_at(after(1e6)),
        "pages": history.statuses(after(-1e6), after(1e6)),
        "catalogue": history.catalogue_at(after(1e6)),
    }


@given(st.lists(probes, max_size=40, unique_by=lambda seen: (seen.source, seen.at)), st.data())
def test_withdrawing_is_as_if_it_had_never_been_added(seen: list[Observation], data: st.DataObject) -> None:
    gone = data.draw(st.lists(st.sampled_from(seen), unique_by=id)) if seen else []
    history = history_of(*seen)
    for item in gone:
        history.withdraw(item)
    rest = [observation for observation in seen if not any(observation is one for one in gone)]
    assert contents(history) == contents(history_of(*rest))
    for item in gone:
        history.add_observation(item)
    ordered = sorted(seen, key=lambda observation: observation.at)
    assert contents(history)["states"] == contents(history_of(*ordered))["states"]
    assert contents(history)["events"] == contents(history_of(*ordered))["events"]


@given(
    st.lists(
        st.tuples(instants, st.sampled_from(["operational", "major_outage"])),
        max_size=12,
        unique_by=lambda report: report[0],
    ),
    st.data(),
)
def test_a_report_and_a_list_can_be_withdrawn(samples: list[tuple[float, str]], data: st.DataObject) -> None:
    reports: list[ProviderStatus] = [status(at, word) for at, word in samples]
    gone = data.draw(st.lists(st.sampled_from(reports), unique_by=id)) if reports else []
    history = history_of(*reports, catalogue(0, "a"), catalogue(9, "b"))
    for item in gone:
        history.withdraw_status(item)
    history.withdraw_catalogue(catalogue(9, "b"))
    rest = [report for report in reports if not any(report is one for one in gone)]
    assert contents(history) == contents(history_of(*rest, catalogue(0, "a")))


def test_what_was_not_there_is_not_missed() -> None:
    history = history_of(messages(0), messages(60))
    history.withdraw(messages(30))
    history.withdraw(models(0))
    assert contents(history) == contents(history_of(messages(0), messages(60)))


def test_a_median_that_was_taken_forgets_what_was_withdrawn() -> None:
    history = history_of(*(models(float(at), total=1.0) for at in range(9)), models(9, total=100.0))
    column = history.measure("models", 2e9)
    assert column.median(slice(9, 10)) == 100.0
    history.withdraw(models(9, total=100.0))
    history.add_observation(models(9, total=2.0))
    assert column.median(slice(9, 10)) == 2.0


def test_a_snapshot_after_a_step_back_is_the_one_from_before() -> None:
    seen = [messages(at * 30.0, Outcome.OVERLOADED if at > 20 else Outcome.OK) for at in range(40)]
    history = history_of(*seen[:22])
    before = build_snapshot(history, after(640), engine(), Options())
    for observation in seen[22:]:
        history.add_observation(observation)
    for observation in reversed(seen[22:]):
        history.withdraw(observation)
    assert build_snapshot(history, after(640), engine(), Options()) == before
