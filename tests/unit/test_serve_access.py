"""Who may look at a served dashboard, and what passes between browser and dashboard."""

from __future__ import annotations

import asyncio
import json
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_tui.cli.parser import parse
from claude_tui.serve.access import TOKEN_VARIABLE, Access, AccessError, read_token
from claude_tui.serve.command import ServeOptions, require_token
from claude_tui.serve.packets import (
    Focus,
    Keys,
    MessageError,
    PacketError,
    Ping,
    Size,
    as_packet,
    read_message,
    read_packet,
)
from claude_tui.serve.session import Program
from claude_tui.traffic.proxy.address import ListenAddress

TOKEN = "a-token-of-some-length"


def options(
    listen: str = "127.0.0.1:0", *, hosts: tuple[str, ...] = (), actions: bool = False
) -> ServeOptions:
    return ServeOptions(ListenAddress.of(listen), hosts, None, 8, actions)


@pytest.mark.parametrize(
    "asked",
    [
        options("0.0.0.0:1"),
        options("10.0.0.7:1"),
        options("[::]:1"),
        options(hosts=("ops",)),
        options(actions=True),
    ],
)
def test_whatever_others_can_reach_or_act_with_needs_a_token(asked: ServeOptions) -> None:
    with pytest.raises(AccessError, match=f"needs a token: set {TOKEN_VARIABLE}"):
        require_token(asked, None)
    require_token(asked, TOKEN)


def test_loopback_for_viewers_needs_none() -> None:
    require_token(options(), None)
    require_token(options("[::1]:0"), None)


# -- the token --------------------------------------------------------------------------------


def test_a_missing_token_file_is_made_for_its_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "token"
    made = read_token({}, file)
    assert made is not None
    assert len(made) >= 40
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert read_token({TOKEN_VARIABLE: "another-token-in-the-environment"}, file) == made


def test_the_environment_has_one_where_no_file_is_named() -> None:
    assert read_token({TOKEN_VARIABLE: f" {TOKEN}\n"}, None) == TOKEN
    assert read_token({TOKEN_VARIABLE: ""}, None) is None
    assert read_token({}, None) is None


@pytest.mark.parametrize(
    "given", ["short", "x" * 1_001, "with\x00a-control-character", "mit-Umläuten-und-lang"]
)
def test_a_poor_token_is_refused_and_not_repeated(tmp_path: Path, given: str) -> None:
    file = tmp_path / "token"
    file.write_text(given, "utf-8")
    file.chmod(0o600)
    for read in (lambda: read_token({TOKEN_VARIABLE: given}, None), lambda: read_token({}, file)):
        with pytest.raises(AccessError, match="expected a token of 16") as refused:
            read()
        assert given not in str(refused.value)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_token_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "token"
    file.write_text(TOKEN)
    file.chmod(mode)
    with pytest.raises(AccessError, match=r"others can read it; chmod 600"):
        read_token({}, file)


def test_what_is_not_a_file_is_reported_as_none(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(AccessError, match="not a file"):
        read_token({}, pipe)
    with pytest.raises(AccessError, match="token-file"):
        read_token({}, tmp_path / "missing" / "token")


def test_only_the_whole_token_counts() -> None:
    access = Access.of(TOKEN, "127.0.0.1", ())
    assert access.is_token(TOKEN)
    for wrong in ("", TOKEN[:-1], f"{TOKEN}x", TOKEN.upper(), "ü", "\ud800"):
        assert not access.is_token(wrong)
        assert not access.is_cookie(wrong)
    assert not access.is_cookie(None)
    assert not access.is_cookie(TOKEN)
    assert access.is_cookie(access.cookie)
    assert access.cookie not in repr(access)


def test_without_a_token_nothing_is_a_token_and_everybody_is_let_in() -> None:
    access = Access.of(None, "127.0.0.1", ())
    assert not access.is_token("")
    assert access.is_cookie(None)


# -- names --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8788", "127.0.0.1:9000", "[::1]:8788", "LOCALHOST:1"]
)
def test_loopback_is_known_by_its_names_on_any_port_of_a_tunnel(host: str) -> None:
    assert Access.of(None, "127.0.0.1", ()).knows_host(host)


@pytest.mark.parametrize(
    "host",
    [
        *("evil.example:8788", "127.0.0.1.evil.example", "localhost.evil.example:8788", "169.254.169.254"),
        *("", "a b", "localhost:8788\r\nx: y", "user@localhost", "[::1"),
    ],
)
def test_a_name_that_was_made_to_point_here_is_not_known(host: str) -> None:
    assert not Access.of(None, "127.0.0.1", ()).knows_host(host)


def test_a_reverse_proxy_has_the_name_it_was_given() -> None:
    access = Access.of(TOKEN, "127.0.0.1", ("Status.Example.com",))
    assert access.knows_host("status.example.com")
    assert not access.knows_host("other.example.com")
    with pytest.raises(AccessError, match="expected a host name"):
        Access.of(TOKEN, "127.0.0.1", ("https://status.example.com",))


@pytest.mark.parametrize(
    ("origin", "host", "known"),
    [
        ("http://localhost:8788", "localhost:8788", True),
        ("https://ops.example.com", "ops.example.com", True),
        ("http://LOCALHOST:8788", "localhost:8788", True),
        ("http://localhost:8787", "localhost:8788", False),
        ("http://evil.example", "localhost:8788", False),
        ("http://localhost:8788@evil.example", "localhost:8788", False),
        ("file://", "localhost:8788", False),
        ("null", "localhost:8788", False),
        ("http://[", "localhost:8788", False),
        ("", "localhost:8788", False),
        (None, "localhost:8788", False),
    ],
)
def test_only_its_own_page_may_ask(origin: str | None, host: str, known: bool) -> None:
    assert Access.of(None, "127.0.0.1", ()).knows_origin(origin, host) is known


# -- messages and packets ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('["stdin", "q"]', Keys("q")),
        ('["resize", {"width": 120, "height": 40}]', Size(120, 40)),
        ('["resize", {"width": 0, "height": -3}]', Size(10, 5)),
        ('["resize", {"width": 1000000000, "height": 99999}]', Size(500, 250)),
        ('["focus"]', Focus(True)),
        ('["blur"]', Focus(False)),
        ('["ping", "17"]', Ping("17")),
    ],
)
def test_what_a_page_sends_is_read(text: str, message: object) -> None:
    assert read_message(text) == message


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "17",
        '["quit"]',
        '["stdin", 7]',
        '["resize", {}]',
        '["stdin"]',
        '["resize", {"width": 1e9, "height": 5}]',
        "[" * 100_000,
    ],
)
def test_what_no_page_sends_is_refused(text: str) -> None:
    with pytest.raises(MessageError):
        read_message(text)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["width", "height"]), inner),
    max_leaves=5,
)


@given(st.sampled_from(["stdin", "resize", "ping", "focus", "blur", "?"]), st.lists(json_values, max_size=2))
def test_any_json_is_read_or_refused(kind: str, rest: list[object]) -> None:
    try:
        message = read_message(json.dumps([kind, *rest]))
    except MessageError:
        return
    if isinstance(message, Size):
        assert 10 <= message.columns <= 500
        assert 5 <= message.rows <= 250


async def read_back(raw: bytes) -> tuple[bytes, bytes]:
    stream = asyncio.StreamReader()
    stream.feed_data(raw)
    stream.feed_eof()
    packet = await read_packet(stream)
    return packet.kind, packet.body


async def test_packets_are_read_as_they_were_written() -> None:
    assert await read_back(as_packet(Keys("aü\ud800"))) == (b"D", "aü?".encode())
    assert await read_back(as_packet(Size(80, 24))) == (
        b"M",
        b'{"type": "resize", "width": 80, "height": 24}',
    )
    assert await read_back(as_packet(Focus(True))) == (b"M", b'{"type": "focus"}')


@pytest.mark.parametrize("raw", [b"X\x00\x00\x00\x00", b"D\xff\xff\xff\xff"])
async def test_what_is_no_packet_fills_no_memory(raw: bytes) -> None:
    with pytest.raises(PacketError):
        await read_back(raw)


# -- what a session is given --------------------------------------------------------------------


@pytest.mark.parametrize("read_only", [True, False])
def test_a_dashboard_is_given_no_secret_that_it_does_not_need(read_only: bool) -> None:
    secrets = {"ANTHROPIC_API_KEY": "k", "ANTHROPIC_AUTH_TOKEN": "t", "ANTHROPIC_CUSTOM_HEADERS": "h"}
    program = Program.of([], {**secrets, TOKEN_VARIABLE: TOKEN, "PATH": "/bin"}, read_only=read_only)
    assert TOKEN not in program.environ.values()
    assert bool(secrets.keys() & program.environ.keys()) is not read_only
    assert program.environ["PATH"] == "/bin"


def test_its_command_line_says_read_only_unless_actions_are_allowed() -> None:
    from claude_tui.cli.serve import dashboard_command

    watching = parse(["serve", "--data-dir", "/srv/data", "--theme", "light"])
    assert watching is not None
    assert dashboard_command(watching)[4:] == ["--data-dir", "/srv/data", "--theme", "light", "--read-only"]
    acting = parse(["serve", "--allow-actions", "--config", "mine.toml"])
    assert acting is not None
    assert dashboard_command(acting)[4:] == ["--config", "mine.toml"]
