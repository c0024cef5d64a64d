"""Files that a person may write, changed at random: each is read, or refused in words that name it."""

from __future__ import annotations

import gzip
import json
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from claude_tui.alerting.config import alerting_of
from claude_tui.alerting.rules import AlertsConfigError, load_rules, named_thresholds
from claude_tui.drills.log import as_json as score_as_json
from claude_tui.drills.log import read as read_scores
from claude_tui.engine.record_export import Span, export
from claude_tui.engine.record_import import read_recording
from claude_tui.engine.recording import RecordingError
from claude_tui.knowledge import KnowledgeError, parse_knowledge
from claude_tui.knowledge.sentences import parse_sentences
from claude_tui.model.errors import ClaudeTopError, ConfigError
from claude_tui.model.snapshot import Target
from claude_tui.model.text import Redactor, inert
from claude_tui.probes.prices import PriceTable, PriceTableError
from claude_tui.runbook import RunbookError
from claude_tui.runbook.loading import load as load_runbook
from claude_tui.settings import Places, Settings, SettingsError
from claude_tui.settings import load as load_settings
from claude_tui.simulator.scenario import ScenarioError
from claude_tui.simulator.scenario import load as load_scenario
from claude_tui.store import Store
from claude_tui.tui.render.textual_theme import textual_theme
from claude_tui.tui.render.theme_files import ThemeError, read_theme
from tests.builders import after
from tests.documents import ROOT
from tests.fuzzed import changed_bytes, changed_toml
from tests.hostile_values import JSON_VALUES, as_json, nodes, replaced
from tests.recorded import END_S, OVERLOAD_S, recorded_in
from tests.store_values import PATIENCE_S
from tests.unit.test_drill_log import GOOD

PACKAGE = ROOT / "claude_tui"
NAMED = named_thresholds(Settings())
SETTINGS = """
name = "prod"
base_url = "https://api.example.test"
status_urls = ["https://status.example.test"]
status_components = ["Claude API"]
model = "claude-haiku-4-5"
also_models = ["claude-opus-4-5"]
messages_interval_s = 30
daily_ceiling_usd = 0.5
headroom_low = 0.2
headroom_critical = 0.05
business_hour = 9
time_zone = "Europe/Vienna"
working_days = ["mon", "fri"]
auto_declare = false
theme = "dark"
[keys]
probe = "P"
[traffic]
otlp = "127.0.0.1:4318"
[applications]
checkout = ["key:0123456789", "agent:checkout/*"]
[alerts]
reminder = "2h"
notification = true
[alerts.routes.oncall]
kind = "pagerduty"
routing_key_env = "PAGERDUTY_KEY"
match = { severity = ["P1", "P2"] }
[alerts.routes.quota]
kind = "apprise"
url = "json://127.0.0.1/hook"
match = { cause = "rate_limited" }
"""
RULES = """
[rules.mine]
summary = "Slow"
metric = "messages.total_p95"
comparison = ">"
threshold = 4
window = "10m"
for = "2m"
severity = "P3"
side = "us"
next_step = "Look"
[rules.overloaded]
threshold = 0.1
"""


def _settings(path: Path) -> None:
    found = load_settings({}, {}, config=str(path), places=Places(path, path.parent / "data"))
    alerting_of(found, {})


def _theme(path: Path) -> None:
    textual_theme(read_theme(path))


def _prices(path: Path) -> None:
    table = PriceTable.parse(path.read_text("utf-8", "replace"), path.name)
    assert table.price_of("claude-haiku-4-5").output >= 0


def _knowledge(path: Path) -> None:
    parse_knowledge(path.read_text("utf-8", "replace"), path.name)


def _sentences(path: Path) -> None:
    parse_sentences(path.read_text("utf-8", "replace"), path.name).kept("max_tokens: 5 > 4")


@dataclass(frozen=True)
class Kind:
    """A kind of file."""

    read: Callable[[Path], object]
    """Reads one, and uses what is read."""
    sound: tuple[str, ...]
    """The text of files that are sound."""
    refusals: tuple[type[ClaudeTopError], ...]
    """What it may be refused with."""


def _texts(*folders: Path) -> tuple[str, ...]:
    return tuple(file.read_text("utf-8") for folder in folders for file in sorted(folder.glob("*.toml")))


KINDS = {
    "settings": Kind(_settings, (SETTINGS,), (SettingsError, AlertsConfigError)),
    "rules": Kind(
        lambda path: load_rules(path, thresholds=NAMED),
        (RULES, (PACKAGE / "alerting" / "rules.toml").read_text("utf-8")),
        (AlertsConfigError,),
    ),
    "runbook": Kind(
        lambda path: load_runbook([path]),
        _texts(PACKAGE / "runbook" / "tree", PACKAGE / "runbook" / "playbooks"),
        (RunbookError,),
    ),
    "scenario": Kind(
        lambda path: load_scenario(str(path)),
        _texts(PACKAGE / "simulator" / "scenarios", PACKAGE / "simulator" / "drills"),
        (ScenarioError,),
    ),
    "theme": Kind(_theme, _texts(ROOT / "themes"), (ThemeError,)),
    "prices": Kind(_prices, ((PACKAGE / "probes" / "prices.toml").read_text("utf-8"),), (PriceTableError,)),
    "knowledge": Kind(
        _knowledge, ((PACKAGE / "knowledge" / "errors.toml").read_text("utf-8"),), (KnowledgeError,)
    ),
    "sentences": Kind(
        _sentences, ((PACKAGE / "knowledge" / "sentences.toml").read_text("utf-8"),), (KnowledgeError,)
    ),
}
# A file that takes a tenth of a second to read is tried less often.
SLOW = frozenset({"knowledge"})


def refused_in_a_sentence(error: ClaudeTopError, name: str) -> None:
    text = str(error)
    assert name in text
    # It goes to a terminal, and to the screen.
    assert all(inert(line, 100_000) == line for line in text.splitlines())
    assert len(text) < 100_000
    if isinstance(error, ConfigError):
        assert error.problems


def try_one(kind: str, path: Path) -> None:
    try:
        KINDS[kind].read(path)
    except KINDS[kind].refusals as error:
        refused_in_a_sentence(error, path.name)


@pytest.mark.parametrize("kind", KINDS)
def test_what_they_are_made_of_is_sound(kind: str, tmp_path: Path) -> None:
    for number, text in enumerate(KINDS[kind].sound):
        path = tmp_path / f"sound-{number}.toml"
        path.write_text(text, "utf-8")
        KINDS[kind].read(path)


@pytest.mark.parametrize("kind", sorted(set(KINDS) - SLOW))
@given(data=st.data())
def test_other_values_are_read_or_refused(kind: str, tmp_path: Path, data: st.DataObject) -> None:
    sound = data.draw(st.sampled_from(KINDS[kind].sound))
    path = tmp_path / "fuzzed.toml"
    path.write_text(data.draw(changed_toml(tomllib.loads(sound))), "utf-8", "replace")
    try_one(kind, path)


@pytest.mark.parametrize("kind", sorted(set(KINDS) - SLOW))
@given(data=st.data())
def test_other_bytes_are_read_or_refused(kind: str, tmp_path: Path, data: st.DataObject) -> None:
    sound = data.draw(st.sampled_from(KINDS[kind].sound))
    path = tmp_path / "fuzzed.toml"
    path.write_bytes(data.draw(changed_bytes(sound.encode())))
    try_one(kind, path)


# -- recordings, and the scores of drills ----------------------------------------------

NUMBERS = count()


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """A sound recording with two lines of each kind, as values."""
    folder = tmp_path_factory.mktemp("recording")
    store = recorded_in(folder)
    path = folder / "whole.jsonl"
    span = Span(after(OVERLOAD_S - 600), after(END_S), "INC-1")
    target = Target("prod", "https://api.example.test", "api.example.test", None)
    export(store, span, path, target=target, redactor=Redactor())
    store.close()
    header, *rest = (json.loads(line) for line in path.read_text("utf-8").splitlines())
    kept: dict[str, list[dict[str, Any]]] = {}
    for line in rest:
        lines = kept.setdefault(next(iter(line)), [])
        if len(lines) < 2:
            lines.append(line)
    end = kept.pop("end")
    header["counts"] = {kind: len(lines) for kind, lines in kept.items()}
    return [header, *(line for lines in kept.values() for line in lines), *end]


def read_or_refused(body: bytes, folder: Path) -> bool:
    folder = folder / f"{next(NUMBERS)}"
    folder.mkdir()
    path = folder / "fuzzed.jsonl"
    path.write_bytes(body)
    store = Store.open(folder, "replay.db", now=datetime.now(UTC))
    try:
        read_recording(path, store)
    except RecordingError as error:
        refused_in_a_sentence(error, path.name)
        return False
    finally:
        assert store.close(PATIENCE_S)
    return True


def test_the_recording_that_is_changed_is_sound(recording: list[dict[str, Any]], tmp_path: Path) -> None:
    assert len(recording) > 10
    assert read_or_refused("\n".join(map(as_json, recording)).encode() + b"\n", tmp_path)


@settings(max_examples=40)
@given(data=st.data(), value=JSON_VALUES)
def test_a_recording_with_another_value_is_read_or_refused(
    recording: list[dict[str, Any]], tmp_path: Path, data: st.DataObject, value: object
) -> None:
    where = data.draw(st.sampled_from([path for path in nodes(recording) if path]))
    changed = replaced(recording, where, value)
    read_or_refused("\n".join(map(as_json, changed)).encode("utf-8", "surrogatepass") + b"\n", tmp_path)


@settings(max_examples=40)
@given(data=st.data(), packed=st.booleans())
def test_a_recording_with_other_bytes_is_read_or_refused(
    recording: list[dict[str, Any]], tmp_path: Path, data: st.DataObject, packed: bool
) -> None:
    body = "\n".join(map(as_json, recording)).encode() + b"\n"
    read_or_refused(data.draw(changed_bytes(gzip.compress(body) if packed else body)), tmp_path)


@given(data=st.data())
def test_scores_that_cannot_be_read_are_counted_and_hide_no_others(
    tmp_path: Path, data: st.DataObject
) -> None:
    sound = score_as_json(GOOD).encode()
    file = tmp_path / "scores.jsonl"
    fuzzed = data.draw(changed_bytes(sound)).replace(b"\n", b" ").replace(b"\r", b" ")
    file.write_bytes(sound + b"\n" + fuzzed + b"\n" + sound + b"\n")
    scores, unread = read_scores(file)
    assert len(scores) + unread == (3 if fuzzed.strip() else 2)
    assert [score for score in scores if score == GOOD][:2] == [GOOD, GOOD]


@given(data=st.data(), value=JSON_VALUES)
def test_a_score_with_another_value_is_one_or_is_counted(
    tmp_path: Path, data: st.DataObject, value: object
) -> None:
    sound = json.loads(score_as_json(GOOD))
    where = data.draw(st.sampled_from([path for path in nodes(sound) if path]))
    file = tmp_path / "scores.jsonl"
    file.write_text(as_json(replaced(sound, where, value)) + "\n", "utf-8", "replace")
    scores, unread = read_scores(file)
    assert len(scores) + unread == 1
