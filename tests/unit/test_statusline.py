"""`claude-top statusline`: its text, that it is never stale, and that it changes nothing."""

from __future__ import annotations

import io
import os
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_tui.cli import main
from claude_tui.cli.statusline.options import quick_options
from claude_tui.cli.statusline.place import quick_place
from claude_tui.cli.statusline.reading import Found, look
from claude_tui.cli.statusline.text import COLORS, PARTS, shown
from claude_tui.cli.statusline.thorough import place
from claude_tui.engine.lease import Lease
from claude_tui.engine.status_line import StatusLineKeeper, status_line_of
from claude_tui.model.errors import ClaudeTopError
from claude_tui.model.status_line import GOOD_FOR_S, KEPT_AS, StatusLine, decode, encode
from claude_tui.model.verdict import Cause, Severity, Side
from claude_tui.model.watching import Process
from claude_tui.store import Store
from tests.snapshots import pictures

pytestmark = pytest.mark.usefixtures("own_home")

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
AT = NOON.timestamp()
FINE = StatusLine(AT, "prod", "none", "none", "healthy", bucket="input", left=0.18, failing=0.004)
OVERLOADED = FINE._replace(
    severity="P1", side="them", cause="provider_overloaded", since=AT - 185, failing=0.92
)
US = Process("eve", "ops-box", 4242, NOON)


def text(
    line: StatusLine, template: str | None = None, color: str = "none", *, ascii_only: bool = False
) -> str:
    return shown(Found(line), template, color, now=AT, ascii_only=ascii_only)


# -- what it says ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (FINE, "● ok · input 18% left · <1% failing"),
        (OVERLOADED, "✗ P1 them: overloaded 3m · input 18% left · 92% failing"),
        (
            OVERLOADED._replace(stage="recovering"),
            "✗ P1 them: overloaded, recovering 3m · input 18% left · 92% failing",
        ),
        (
            FINE._replace(severity="P3", side="us", cause="rate_limited", failing=None),
            "▲ P3 us: rate limited · input 18% left",
        ),
        (FINE._replace(cause="unknown", side="unclear", left=None, failing=None), "? no verdict yet"),
        (FINE._replace(left=None, failing=None), "● ok"),
    ],
)
def test_a_line(line: StatusLine, expected: str) -> None:
    assert text(line) == expected


def test_a_template_chooses_the_parts() -> None:
    assert text(OVERLOADED, "[{glyph}{severity}] {name}\n{failing}") == "[✗P1] prod 92% failing"
    assert text(FINE, "{severity}") == ""


def test_without_figures_every_template_shows_no_old_one() -> None:
    gone = Found(None, "no collector since {}", AT - 3600)
    assert shown(gone, None, "none", now=AT) == "? no collector since 11:00 UTC"
    assert shown(gone, "{glyph}{severity} {headroom} {failing}", "none", now=AT) == "?"
    days_ago = gone._replace(since=AT - 3 * 86_400)
    assert shown(days_ago, None, "none", now=AT) == "? no collector since Nov 17 12:00 UTC"


def test_colours_are_written_for_terminal_and_tmux() -> None:
    assert text(OVERLOADED, "{severity}", "ansi") == "\x1b[31mP1\x1b[0m"
    assert text(OVERLOADED, "{severity}", "tmux") == "#[fg=red]P1#[default]"
    assert text(FINE._replace(name="#(reboot)"), "{name}", "tmux") == "＃(reboot)"


def test_where_the_terminal_has_no_utf_8_the_marks_are_letters() -> None:
    line = text(OVERLOADED, ascii_only=True)
    assert line == "x P1 them: overloaded 3m - input 18% left - 92% failing"


texts = st.text(max_size=80)
numbers = st.none() | st.floats(0, 1)
lines = st.builds(
    StatusLine,
    at=st.floats(0, 7e9),
    name=texts,
    severity=st.sampled_from(["P1", "P2", "P3", "P4", "none"]),
    side=texts,
    cause=texts,
    since=st.none() | st.floats(0, 7e9),
    stage=texts,
    bucket=texts,
    left=numbers,
    failing=numbers,
)


@given(lines, st.sampled_from(COLORS), st.booleans())
def test_no_control_character_comes_through(line: StatusLine, color: str, ascii_only: bool) -> None:
    body = encode(line)
    assert decode(body) == line
    output = text(line, color=color, ascii_only=ascii_only)
    assert output.replace("\x1b[", "").isprintable()
    if color == "tmux":
        styles = ("#[fg=", "#[default]")
        assert output.count("#") == sum(output.count(style) for style in styles)
    else:
        assert ("\x1b" in output) == (color == "ansi")


@given(st.binary(max_size=200) | st.text(max_size=50) | st.none() | st.integers())
def test_what_is_not_a_line_is_none(body: object) -> None:
    assert decode(body) is None


@pytest.mark.parametrize("value", ["1", "[]", "{}", '{"v":1}', "NaN", "[" * 5000, '{"v":2}'])
def test_json_that_is_not_a_line_is_none(value: str) -> None:
    assert decode(value.encode()) is None


@pytest.mark.parametrize(
    "change", [{"left": 7}, {"failing": "all"}, {"severity": "P9"}, {"at": -1}, {"since": True}, {"name": 3}]
)
def test_a_line_with_a_wrong_value_is_none(change: dict[str, object]) -> None:
    assert decode(encode(FINE._replace(**change))) is None  # type: ignore[arg-type]


# -- what the collector keeps -------------------------------------------------------------------


def test_the_figures_are_those_of_the_dashboard() -> None:
    line = status_line_of(pictures.overloaded())
    assert (line.severity, line.side, line.cause) == (Severity.P1, Side.THEM, Cause.PROVIDER_OVERLOADED)
    assert line.bucket
    assert line.left is not None
    assert line.since is not None
    assert status_line_of(pictures.recovering()).stage == "recovering"
    assert status_line_of(pictures.checking()).stage == "checking"
    windows = status_line_of(pictures.subscription())
    assert windows.bucket.startswith(("5h", "7d"))
    nothing = status_line_of(pictures.nothing())
    assert (nothing.cause, nothing.left, nothing.failing) == ("unknown", None, None)


class Kept:
    """Counts what is stored."""

    def __init__(self) -> None:
        self.bodies: list[StatusLine] = []

    def keep(self, name: str, body: bytes) -> None:
        assert name == KEPT_AS
        line = decode(body)
        assert line is not None
        self.bodies.append(line)


def test_a_new_verdict_is_kept_at_once_figures_seldom_and_all_again_before_it_is_too_old() -> None:
    kept, healthy = Kept(), pictures.healthy()
    keeper = StatusLineKeeper(kept)  # type: ignore[arg-type]
    for second in range(100):
        snapshot = pictures.healthy()
        keeper.note(_at(snapshot, healthy.at + timedelta(seconds=second)))
    gaps = [later.at - earlier.at for earlier, later in zip(kept.bodies, kept.bodies[1:], strict=False)]
    assert 0 < max(gaps) < GOOD_FOR_S / 2
    assert min(gaps) >= 5
    before = len(kept.bodies)
    keeper.note(_at(pictures.overloaded(), healthy.at + timedelta(seconds=100)))
    assert len(kept.bodies) == before + 1


def _at(snapshot: pictures.Snapshot, at: datetime) -> pictures.Snapshot:
    from dataclasses import replace

    return replace(snapshot, at=at)


# -- the store ----------------------------------------------------------------------------------


@contextmanager
def kept(directory: Path, body: bytes | None, *, collects: bool = True) -> Iterator[str]:
    """A store with that row, and whether somebody collects."""
    store = Store.open(directory, "x.db", now=NOON)
    lease = Lease(Path(f"{store.path}.lease"), US)
    try:
        if body is not None:
            store.keep(KEPT_AS, body)
            assert store.flush(60)
        if collects:
            assert lease.take(NOON)
        yield str(store.path)
    finally:
        lease.release()
        store.close(60)


def test_while_somebody_collects_the_figures_are_live(tmp_path: Path) -> None:
    with kept(tmp_path, encode(FINE)) as path:
        assert look(path, AT + GOOD_FOR_S - 1) == Found(FINE)


def test_figures_that_are_too_old_are_not_shown_though_somebody_holds_the_lease(tmp_path: Path) -> None:
    with kept(tmp_path, encode(FINE)) as path:
        assert look(path, AT + GOOD_FOR_S + 1) == Found(None, "collector silent since {}", AT)


def test_once_nobody_collects_the_figures_are_not_shown_however_new(tmp_path: Path) -> None:
    with kept(tmp_path, encode(FINE), collects=False) as path:
        assert look(path, AT) == Found(None, "no collector since {}", AT)
    assert look(path, AT) == Found(None, "no collector since {}", AT)


def test_figures_of_a_time_to_come_are_not_shown(tmp_path: Path) -> None:
    with kept(tmp_path, encode(FINE)) as path:
        assert look(path, AT - 7200) == Found(None, "the clock is behind the history")


def test_a_row_of_another_version_is_not_shown(tmp_path: Path) -> None:
    with kept(tmp_path, b'{"v":99}') as path:
        assert look(path, AT).why == "the collector is of another version"


def test_a_collector_that_keeps_no_line_is_not_denied(tmp_path: Path) -> None:
    with kept(tmp_path, None) as path:
        assert look(path, AT) == Found(None, "the collector has not reported yet")
    assert look(path, AT) == Found(None, "no collector yet")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_who_may_only_read_the_history_sees_it_and_who_may_not_is_told(tmp_path: Path) -> None:
    def seen_by_nobody(path: str) -> Found:
        """What a user of the machine without any right to write gets to see."""
        os.setegid(65534)
        os.seteuid(65534)
        try:
            return look(path, AT)
        finally:
            os.seteuid(0)
            os.setegid(0)

    with tempfile.TemporaryDirectory() as shared, kept(Path(shared), encode(FINE)) as path:
        Path(shared).chmod(0o755)
        for file in Path(shared).iterdir():
            file.chmod(0o644)
        assert seen_by_nobody(path) == Found(FINE)
        for file in Path(shared).iterdir():
            file.chmod(0o600)
        assert seen_by_nobody(path) == Found(None, "the history cannot be read")


def test_asking_does_not_keep_anybody_from_collecting(tmp_path: Path) -> None:
    with kept(tmp_path, encode(FINE), collects=False) as path:
        look(path, AT)
        lease = Lease(Path(f"{path}.lease"), US)
        assert lease.take(NOON)
        lease.release()


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (lambda path: None, "no collector yet"),
        (lambda path: path.mkdir(), "the history is not a file"),
        (lambda path: os.mkfifo(path), "the history is not a file"),
        (lambda path: path.write_bytes(b"\x00garbage" * 900), "the history is damaged"),
        (lambda path: path.write_bytes(b""), "no collector yet"),
        (lambda path: path.symlink_to(path), "the history cannot be read"),
    ],
    ids=["missing", "directory", "pipe", "damaged", "empty", "loop"],
)
def test_a_store_that_is_none(tmp_path: Path, made: object, why: str) -> None:
    path = tmp_path / "x.db"
    made(path)  # type: ignore[operator]
    before = sorted(tmp_path.iterdir())
    assert look(str(path), AT) == Found(None, why)
    assert sorted(tmp_path.iterdir()) == before


def test_a_locked_store_is_shown(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("CREATE TABLE kept (name TEXT PRIMARY KEY, body BLOB)")
        other.execute("BEGIN EXCLUSIVE")
        for suffix in ("-wal", "-shm"):
            (tmp_path / f"x.db{suffix}").touch()
        assert look(str(path), AT) == Found(None, "the history is locked")


def test_a_store_in_a_directory_with_signs_of_a_url_is_found(tmp_path: Path) -> None:
    with kept(tmp_path / "a?b#c%20d", encode(FINE)) as path:
        assert look(path, AT) == Found(FINE)


def test_nothing_is_created_beside_a_store_that_nobody_has_open(tmp_path: Path) -> None:
    with kept(tmp_path, encode(FINE), collects=False) as path:
        pass
    before = {file.name: file.stat().st_mtime_ns for file in tmp_path.iterdir()}
    assert look(path, AT).line is None
    assert {file.name: file.stat().st_mtime_ns for file in tmp_path.iterdir()} == before


# -- where it looks -----------------------------------------------------------------------------

urls = st.sampled_from(
    [
        "https://api.anthropic.com",
        "https://API.Example.com:443/",
        "http://127.0.0.1:8080/v1/x",
        "http://[::1]:80",
        "https://eve@example.com",
        "https://example.com:99999",
        "https://example.com//a",
        "https://example.com/" + "long/" * 40,
        " https://example.com ",
        "ftp://x",
        "",
    ]
)
paths = st.sampled_from(
    ["/var/x", "~/data", "~nobody-at-all/x", "relative", "a/../b", "~", "", "/with space"]
)


def maybe(values: st.SearchStrategy[str]) -> st.SearchStrategy[str | None]:
    return st.none() | values


@given(
    flag_dir=maybe(paths),
    flag_url=maybe(urls),
    variables=st.fixed_dictionaries(
        {},
        optional={
            "CLAUDE_TOP_DATA_DIR": paths,
            "CLAUDE_TOP_BASE_URL": urls,
            "ANTHROPIC_BASE_URL": urls,
            "XDG_DATA_HOME": st.sampled_from(["/xdg", "relative", "", "/with space "]),
        },
    ),
    file_dir=maybe(paths),
    file_url=maybe(urls),
    by_flag=st.booleans(),
)
def test_the_quick_way_finds_the_store_that_the_settings_name(
    flag_dir: str | None,
    flag_url: str | None,
    variables: dict[str, str],
    file_dir: str | None,
    file_url: str | None,
    by_flag: bool,
) -> None:
    flags = {
        key: value for key, value in (("data_dir", flag_dir), ("base_url", flag_url)) if value is not None
    }
    with tempfile.TemporaryDirectory() as scratch:
        config = Path(scratch, "own", "config.toml")
        config.parent.mkdir()
        given_in_file = (("data_dir", file_dir), ("base_url", file_url))
        config.write_text(
            "".join(f'{key} = "{value}"\n' for key, value in given_in_file if value is not None)
        )
        environ = {"HOME": scratch, **variables} | ({} if by_flag else {"CLAUDE_TOP_CONFIG": str(config)})
        chosen = str(config) if by_flag else None
        with pytest.MonkeyPatch.context() as patch:
            # Both expand ~ by the environment of the process.
            for name in ("XDG_DATA_HOME", "HOME"):
                patch.delenv(name, raising=False)
                if name in environ:
                    patch.setenv(name, environ[name])
            quick = quick_place(chosen, flags, environ, "linux")
            if quick is None:
                return
            try:
                thorough = place(chosen, flags, environ)
            except ClaudeTopError:
                # The dashboard would not start either: there is nothing for the quick way to be wrong about.
                return
            assert Path(quick) == Path(thorough)


def test_what_is_usual_is_found_the_quick_way(tmp_path: Path) -> None:
    usual = {"HOME": "/home/eve"}
    assert quick_place(None, {}, usual, "linux") == "/home/eve/.local/share/claude-top/api.anthropic.com.db"
    gateway = {**usual, "ANTHROPIC_BASE_URL": "http://gateway:8787/llm", "XDG_DATA_HOME": "/d"}
    assert quick_place(None, {}, gateway, "linux") == "/d/claude-top/gateway_8787_llm.db"
    (tmp_path / "c.toml").write_text('data_dir = "here"\n')
    assert (
        quick_place(str(tmp_path / "c.toml"), {}, usual, "linux") == f"{tmp_path}/here/api.anthropic.com.db"
    )
    assert quick_options(["--format={glyph}", "--color", "tmux", "--data-dir", "/x"]) is not None


# -- the command --------------------------------------------------------------------------------


class Unreadable(io.StringIO):
    def read(self, *_: object) -> str:
        raise AssertionError("the input was read")

    readline = read


def test_the_command_neither_reads_its_input_nor_makes_anything(
    own_home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", Unreadable('{"session_id": "x"}'))
    assert main(["statusline"]) == 0
    assert capsys.readouterr() == ("? no collector yet\n", "")
    assert [*own_home.iterdir()] == []


def test_the_command_shows_the_store_of_the_settings(
    own_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = FINE._replace(at=datetime.now(UTC).timestamp())
    with kept(own_home / "s", encode(line)) as path:
        named = own_home / "s" / "api.anthropic.com.db"
        Path(path).rename(Path(path).with_name("unused.db"))
        Path(path).with_name("unused.db").rename(path)
        named.symlink_to(path)
        for arguments in (
            ["statusline", "--data-dir", str(own_home / "s")],
            ["--data-dir", str(own_home / "s"), "statusline"],
        ):
            assert main(arguments) == 0
            assert capsys.readouterr().out == "● ok · input 18% left · <1% failing\n"


def test_settings_that_are_wrong_are_a_line_as_well(
    config_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config_file.write_text("data_dir = 7\n")
    assert main(["statusline"]) == 0
    assert capsys.readouterr() == ("? the settings cannot be used\n", "")


def test_settings_that_are_a_pipe_are_not_waited_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pipe = tmp_path / "config.toml"
    os.mkfifo(pipe)
    assert main(["statusline", "--config", str(pipe)]) == 0
    assert capsys.readouterr().out == "? the settings cannot be used\n"


@pytest.mark.parametrize(
    "arguments", [["--format", "{nonsense}"], ["--color", "pink"], ["--speed", "3"], ["extra"]]
)
def test_wrong_usage_is_reported_as_everywhere(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["statusline", *arguments]) == 3
    assert capsys.readouterr().out == ""


def test_help_explains_every_part(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["statusline", "--help"]) == 0
    out = capsys.readouterr().out
    assert all(f"{{{part}}}" in out for part in PARTS)
