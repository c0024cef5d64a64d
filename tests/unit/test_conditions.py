"""The conditions under which Snapshots are judged: recorded when they change, read back by any version."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_tui.analysis.options import Options, Thresholds
from claude_tui.engine.conditions import (
    Conditions,
    ConditionsRecorder,
    decode_conditions,
    encode_conditions,
)
from claude_tui.model.no_key_reason import NoKeyReason
from claude_tui.store import CONDITIONS_CHANGES, Store
from tests.builders import NOON, engine

SECOND = timedelta(seconds=1)


def conditions(**thresholds: float) -> Conditions:
    options = Options(ours=("API", "claude.ai"), thresholds=Thresholds(**thresholds))  # type: ignore[arg-type]
    state = replace(engine(held="no key"), no_key_reason=NoKeyReason.MISSING, key_problem="it ends in a dot")
    return Conditions.of(state, options)


def test_what_is_written_is_read_again() -> None:
    known = conditions(errors=0.11)
    assert decode_conditions(encode_conditions(known)) == known
    assert known.facts.held == "no key"


def test_every_value_is_written_as_defaults_may_change() -> None:
    table = json.loads(encode_conditions(Conditions()))
    assert table["options"]["thresholds"]["errors"] == Thresholds().errors
    assert table["options"]["messages_interval_s"] == Options().messages_interval_s
    assert table["facts"]["key_lack"] is None


def test_a_renamed_field_keeps_its_key_in_the_record() -> None:
    assert json.loads(encode_conditions(conditions()))["facts"]["key_lack"] == "missing"


def test_unknown_keys_are_ignored_and_missing_ones_have_their_default() -> None:
    body = json.dumps({"options": {"warn_ratio": 9, "later": 1}, "facts": {}, "of_tomorrow": [1]})
    assert decode_conditions(body) == Conditions(options=Options(warn_ratio=9.0))


def test_a_value_that_cannot_be_read_has_its_default_and_the_others_stay() -> None:
    table = json.loads(encode_conditions(conditions(errors=0.11)))
    table["facts"]["key_lack"] = "of a kind to come"
    table["options"]["thresholds"]["rare_failures"] = "many"
    read = decode_conditions(json.dumps(table))
    assert read.facts.no_key_reason is None
    assert read.facts.host == "api.example.test"
    assert read.options.thresholds == Thresholds(errors=0.11)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda inner: st.dictionaries(
            st.sampled_from(["options", "facts", "target", "thresholds", "errors", "ours", "speed"]), inner
        ),
    )
)
def test_no_body_is_too_odd(table: object) -> None:
    assert isinstance(decode_conditions(json.dumps(table)), Conditions)


@pytest.mark.parametrize("body", ["", "{", "[]", "7", "[" * 100_000])
def test_what_is_no_object_is_all_defaults(body: str) -> None:
    assert decode_conditions(body) == Conditions()


def test_a_change_is_recorded_once_also_by_the_next_process(tmp_path: Path) -> None:
    store = Store.open(tmp_path, now=NOON)
    first, other = Options(), Options(warn_ratio=5.0)
    recorder = ConditionsRecorder(store)
    for second, options in enumerate((first, first, other, other)):
        recorder.note(engine(), options, NOON + second * SECOND)
    ConditionsRecorder(store).note(engine(), other, NOON + 10 * SECOND)
    ConditionsRecorder(store).note(engine(), first, NOON + 20 * SECOND)
    found = store.entries(CONDITIONS_CHANGES, NOON)
    store.close()
    assert [(condition.at - NOON).total_seconds() for condition in found] == [0, 2, 20]
    assert [decode_conditions(condition.body).options.warn_ratio for condition in found] == [2.0, 5.0, 2.0]
