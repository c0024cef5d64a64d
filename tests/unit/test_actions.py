"""The action registry and everything that it feeds."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_tui.tui.actions import ACTIONS, Scope, of_scope
from claude_tui.tui.hints import Hint, fitting, footer
from claude_tui.tui.keymap import bindings, key_problems, keymap, textual_keymap
from claude_tui.tui.keys import display, key_fault, merged, normal

SWALLOWED = {f"ctrl+{letter}" for letter in "abhijmqs"}


def test_ids_are_unique() -> None:
    ids = [action.id for action in ACTIONS]
    assert len(ids) == len(set(ids))


def test_no_default_key_is_one_that_terminals_swallow() -> None:
    for action in ACTIONS:
        assert not SWALLOWED & set(action.keys)
        assert all(key_fault(key) is None for key in action.keys)


@pytest.mark.parametrize("scope", Scope)
def test_no_key_means_two_things_on_one_screen(scope: Scope) -> None:
    reachable = {action.id: action for action in (*of_scope(scope), *of_scope(Scope.APP))}.values()
    keys = [key for action in reachable for key in (*action.keys, *action.always)]
    assert len(keys) == len(set(keys))


def test_the_defaults_are_no_problem() -> None:
    assert key_problems({}) == []
    assert key_problems({action.id: action.keys for action in ACTIONS}) == []


@pytest.mark.parametrize(
    ("overrides", "says"),
    [
        ({"probee": ("x",)}, 'keys.probee: got an unknown action (did you mean "probe"?)'),
        ({"zzz": ("x",)}, "expected one of back, probe"),
        ({"probe": ("q",)}, '"q" is bound twice, to probe and quit'),
        ({"help": ("j",), "theme": ("j",)}, '"j" is bound twice, to theme and help'),
        ({"theme": ("Question_Mark",)}, '"?" is bound twice, to theme and help'),
        ({"pause": ("ctrl+a",)}, 'keys.pause: "ctrl+a" cannot be used: it is the prefix key'),
        ({"pause": ("ctrl+c",)}, "it always quits"),
        ({"pause": ("Ctrl+M",)}, "terminals send it for enter"),
        ({"pause": ("foo",)}, "expected a key such as"),
        ({"pause": ("hyper+x",)}, "expected a key such as"),
        ({"pause": ()}, "keys.pause: got nothing, expected a key"),
    ],
)
def test_problems_are_named(overrides: dict[str, Sequence[str]], says: str) -> None:
    problems = key_problems(overrides)
    assert len(problems) == 1
    assert says in str(problems[0])


def test_swapped_keys_are_no_problem() -> None:
    overrides = {"probe": ("y",), "copy": ("p", "f5")}
    assert key_problems(overrides) == []
    assert textual_keymap(keymap(overrides)) == {"probe": "y", "copy": "p,f5"}


def test_keys_of_screens_that_never_meet_may_be_the_same() -> None:
    assert key_problems({"span_longer": ("n",), "older": ("n",)}) == []


@pytest.mark.parametrize(
    ("given_key", "spelled"),
    [
        ("p", "p"), ("P", "P"), (" ? ", "?"), ("shift+p", "P"), ("Ctrl+P", "ctrl+p"), ("question_mark", "?"),
        ("full_stop", "."), ("hyphen_minus", "-"), ("PageUp", "pageup"), ("shift+ctrl+f5", "ctrl+shift+f5"),
        ("space", "space"), (",", ","),
    ],
)  # fmt: skip
def test_one_spelling_per_key(given_key: str, spelled: str) -> None:
    assert normal(given_key) == spelled
    assert normal(spelled) == spelled


@given(st.text(max_size=20))
def test_any_text_as_a_key_is_either_fine_or_explained(text: str) -> None:
    fault = key_fault(normal(text))
    assert display(normal(text)) if fault is None else fault.strip()


def test_keys_in_little_room() -> None:
    assert merged(["1", "2", "3", "4", "5"]) == "1-5"
    assert merged(["left", "right"]) == "←/→"
    assert merged(["1", "x", "3"]) == "1/x/3"
    assert merged(["q"]) == "q"


def test_bindings_carry_ids_for_the_keymap() -> None:
    from textual.binding import Binding

    found = [binding for binding in bindings(Scope.APP) if isinstance(binding, Binding)]
    assert {binding.id for binding in found if binding.id} == {action.id for action in of_scope(Scope.APP)}
    always = [binding for binding in found if binding.key == "ctrl+c"]
    assert [(binding.action, binding.priority, binding.id) for binding in always] == [
        ("interrupt", True, None)
    ]


def test_footer_shows_chosen_keys() -> None:
    hints = footer(Scope.DASHBOARD, keymap({"probe": ("f5",)}))
    assert Hint("f5", "probe", 1) in hints
    assert "0-6" in {hint.key for hint in hints}
    assert "0-5" in {hint.key for hint in footer(Scope.DASHBOARD, without=("zoom_traffic",))}


@pytest.mark.parametrize("scope", [scope for scope in Scope if scope is not Scope.APP])
@pytest.mark.parametrize("cells", [0, 1, 20, 58, 78, 118])
def test_footer_fits_and_keeps_what_matters(scope: Scope, cells: int) -> None:
    hints = footer(scope)
    kept = fitting(hints, cells)
    assert len("  ".join(f"{hint.key} {hint.label}" for hint in kept)) <= cells
    dropped = [hint for hint in hints if hint not in kept]
    assert all(one.rank <= other.rank for one, other in itertools.product(kept, dropped))
    assert list(kept) == [hint for hint in hints if hint in kept]
