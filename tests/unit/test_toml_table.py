"""The strict reader of TOML: each value checked, every problem named, all of them at once."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_tui.model.errors import ConfigError, Problem
from claude_tui.model.nearest import hint, nearest
from claude_tui.model.toml_table import Table
from claude_tui.model.toml_text import MAX_BYTES, read_text, shown


class Fruit(StrEnum):
    APPLE = "apple"
    PEAR = "pear"


class FruitError(ConfigError):
    """A fruit cannot be used."""


def table(text: str) -> Table:
    return Table.of_text(text, "fruit.toml", FruitError)


def test_what_fits_is_returned() -> None:
    top = table(
        """
        name = "Anna"
        size = 3
        share = 0.5
        sweet = true
        kind = "pear"
        names = ["a", "b"]
        one = "a"
        for = "1h30m"
        picked = 2026-11-20
        [box]
        depth = 2
        [[row]]
        x = 1
        [[row]]
        x = 2
        [by.left]
        x = 3
        """
    )
    assert (top.text("name"), top.whole("size"), top.number("share"), top.flag("sweet")) == (
        "Anna",
        3,
        0.5,
        True,
    )
    assert top.choice("kind", Fruit) is Fruit.PEAR
    assert top.strings("names") == ("a", "b")
    assert top.strings("one", single=True, allowed=["a", "b"]) == ("a",)
    assert top.duration("for") == timedelta(minutes=90)
    assert top.instant("picked") == datetime(2026, 11, 20, tzinfo=UTC)
    assert top.table("box").number("depth") == 2.0
    assert [inner.whole("x") for inner in top.tables("row")] == [1, 2]
    assert {name: inner.whole("x") for name, inner in top.named("by").items()} == {"left": 3}
    top.done()
    top.check()


def test_what_is_missing_has_its_default() -> None:
    top = table("")
    assert top.text("name", "") == ""
    assert top.number("share", 0.25) == 0.25
    assert top.choice("kind", Fruit, Fruit.APPLE) is Fruit.APPLE
    assert top.strings("names") == ()
    assert top.duration("for", timedelta(minutes=5)) == timedelta(minutes=5)
    assert top.table("box").data == {}
    assert top.tables("row") == []
    top.check()


def test_every_problem_is_raised_at_once_as_one_line_each() -> None:
    top = table('size = "x"\nkind = "peer"\nnmae = 1\n[[row]]\nx = 11\n[[row]]\n')
    top.text("name")
    top.whole("size", at_most=9)
    top.choice("kind", Fruit)
    for row in top.tables("row"):
        row.whole("x", at_least=1, at_most=10)
    top.done()
    with pytest.raises(FruitError) as caught:
        top.check()
    assert str(caught.value).splitlines() == [
        "fruit.toml: name: got nothing, expected some text",
        'fruit.toml: size: got "x", expected a whole number from 0 to 9',
        'fruit.toml: kind: got "peer" (did you mean "pear"?), expected one of apple, pear',
        "fruit.toml: row[1].x: got 11, expected a whole number from 1 to 10",
        "fruit.toml: row[2].x: got nothing, expected a whole number from 1 to 10",
        'fruit.toml: nmae: got an unknown key (did you mean "name"?), expected one of kind, name, row, size',
    ]
    assert caught.value.problems[2] == Problem("fruit.toml", "kind", '"peer"', "one of apple, pear", "pear")
    assert caught.value.summary == "fruit.toml: name: got nothing, expected some text (and 5 more)"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("n = true", "n: got true, expected a number from 0 to 1"),
        ("n = nan", "n: got nan, expected a number from 0 to 1"),
        ("n = inf", "n: got inf, expected a number from 0 to 1"),
        ("n = 1.01", "n: got 1.01, expected a number from 0 to 1"),
        ("n = { a = [1, true] }", "n: got { a = [1, true] }, expected a number from 0 to 1"),
    ],
)
def test_a_number(text: str, problem: str) -> None:
    top = table(text)
    assert top.number("n", 0.5, at_least=0, at_most=1) == 0.5, "the default stands in"
    assert [str(found_problem) for found_problem in top.problems] == [f"fruit.toml: {problem}"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('d = "59s"', 'd: got "59s", expected a duration from "1m" to "24h"'),
        ("d = 86401", 'd: got 86401, expected a duration from "1m" to "24h"'),
        ('d = "soon"', 'd: got "soon", expected a duration from "1m" to "24h"'),
        ("d = true", 'd: got true, expected a duration from "1m" to "24h"'),
    ],
)
def test_a_duration(text: str, problem: str) -> None:
    top = table(text)
    top.duration("d", at_least=timedelta(minutes=1), at_most=timedelta(hours=24))
    assert [str(found_problem) for found_problem in top.problems] == [f"fruit.toml: {problem}"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a = 3", "a: got 3, expected a list of names"),
        ('a = "x"', 'a: got "x", expected a list of names'),
        ('a = ["x", 3]', "a: got 3, expected a list of names"),
        ('a = ["x", "x"]', 'a: got "x" twice, expected each name once'),
        ('a = ["z"]', 'a: got "z", expected some of x, yy'),
        ('a = ["yyy"]', 'a: got "yyy" (did you mean "yy"?), expected some of x, yy'),
    ],
)
def test_a_list_of_names(text: str, problem: str) -> None:
    top = table(text)
    top.strings("a", allowed=["x", "yy"])
    assert [str(found_problem) for found_problem in top.problems] == [f"fruit.toml: {problem}"]


def test_text_is_blank_only_where_its_default_is() -> None:
    top = table('a = ""\nb = " "')
    assert top.text("a", "") == ""
    assert top.line("b", "") == ""
    assert top.problems == []
    assert top.text("a") == ""
    assert top.line("b", "x") == "x"
    assert [problem.key for problem in top.problems] == ["a", "b"]


def test_prose_shows_terminal_escapes_and_keeps_its_lines() -> None:
    assert table('a = "one\\n\\u001b[2Jtwo"').prose("a") == "one\n␛[2Jtwo"


def test_with_many_known_keys_only_the_nearest_is_named() -> None:
    top = table("key_99 = 1")
    for number in range(30):
        top.has(f"key_{number}")
    top.done()
    assert [str(problem) for problem in top.problems] == [
        'fruit.toml: key_99: unknown key (did you mean "key_9"?)'
    ]


def test_a_key_in_the_wrong_place_is_not_shown() -> None:
    secret = "sk-ant-api03-abcdefgh"
    top = table(f'size = "{secret}"\n"{secret}" = 1\n"\\u001b[2J" = 1')
    top.whole("size")
    top.done()
    text = "\n".join(map(str, top.problems))
    assert "abcdefgh" not in text
    assert "\x1b" not in text


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"a = ", "is not valid TOML"),
        (b'a = 1\nb = "\xff"', "line 2: is not UTF-8 text"),
        (b"#" * (MAX_BYTES + 1), "is larger than 1,000,000 bytes"),
        (b"a = " + b"[" * 5000, "is nested too deeply"),
        (b"a = " + b"9" * 5000, "is not valid TOML"),
    ],
)
def test_a_file_that_is_no_toml(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "fruit.toml"
    path.write_bytes(content)
    with pytest.raises(FruitError) as caught:
        Table.of_file(path, FruitError)
    assert str(caught.value).startswith(f"{path}: {says}")


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(FruitError, match="cannot be read: No such file"):
        Table.of_file(tmp_path / "none.toml", FruitError)
    with pytest.raises(FruitError, match="cannot be read: Is a directory"):
        Table.of_file(tmp_path, FruitError)
    with pytest.raises(FruitError, match="cannot be read"):
        Table.of_file(Path("\0.toml"), FruitError)
    with pytest.raises(FileNotFoundError):
        read_text(tmp_path / "none.toml", FruitError)


def test_a_byte_order_mark_is_no_part_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "fruit.toml"
    path.write_bytes(b"\xef\xbb\xbfsize = 3")
    assert Table.of_file(path, FruitError).whole("size") == 3


def test_the_nearest_name() -> None:
    assert nearest("Head-Room", ["headroom", "head_room"]) == "head_room"
    assert nearest("zzz", ["apple"]) == ""
    assert hint("aple", ["apple"]) == ' (did you mean "apple"?)'
    assert hint("zzz", ["apple"]) == ""


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists))
def test_whatever_a_value_is_can_be_shown_on_one_line(value: object) -> None:
    text = shown(value)
    assert not any(unicodedata.category(char).startswith("C") for char in text)
    assert len(text) <= 80
