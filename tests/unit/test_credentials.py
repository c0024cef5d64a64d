"""Credentials as the SDK takes them, and what is wrong with them in words that show nothing."""

from __future__ import annotations

import pytest
from anthropic import Anthropic
from hypothesis import given
from hypothesis import strategies as st

from claude_tui.engine import store_name, target_of
from claude_tui.model.no_key_reason import NoKeyReason
from claude_tui.model.text import Redactor
from claude_tui.probes.credentials import DEFAULT_BASE_URL, Credentials
from claude_tui.settings import Settings

GOOD = "sk-ant-api03-" + "Ab0_-" * 18 + "AA"


def of(key: str | None = None, token: str | None = None, url: str | None = None) -> Credentials:
    given = {"ANTHROPIC_API_KEY": key, "ANTHROPIC_AUTH_TOKEN": token, "ANTHROPIC_BASE_URL": url}
    return Credentials.from_environ({name: value for name, value in given.items() if value is not None})


def test_a_good_key_is_used_as_it_is() -> None:
    found = of(GOOD)
    assert (found.api_key, found.auth_token, found.base_url) == (GOOD, None, DEFAULT_BASE_URL)
    assert found.problem is None
    assert found.usable
    assert found.headers == {"Authorization": f"Bearer {GOOD}"}
    assert found.host == "api.anthropic.com"


@pytest.mark.parametrize(
    ("key", "token"), [(GOOD, None), (None, "token-1"), (GOOD, "token-1"), ("", "token-1")]
)
def test_precedence_and_header_are_the_sdks(
    monkeypatch: pytest.MonkeyPatch, key: str | None, token: str | None
) -> None:
    for name, value in {"ANTHROPIC_API_KEY": key, "ANTHROPIC_AUTH_TOKEN": token}.items():
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value)
    ours = of(key, token)
    with Anthropic() as theirs:
        assert (ours.api_key, ours.auth_token) == (theirs.api_key, theirs.auth_token)
        assert ours.headers == theirs.auth_headers


def test_no_key_is_a_problem_that_names_the_variable() -> None:
    for found in (of(), of(""), of("", "")):
        assert not found.usable
        assert found.reachable
        assert found.headers == {}
        assert "ANTHROPIC_API_KEY is not set" in (found.problem or "")


@pytest.mark.parametrize(
    ("key", "words", "usable"),
    [
        (GOOD + "\n", "ends with a newline", False),
        (GOOD + "\r\n", "ends with a newline", False),
        (GOOD[:30] + "\n" + GOOD[30:], "contains a newline", False),
        (GOOD + " ", "ends with white space", False),
        (" \t ", "is only white space", False),
        (GOOD[:30] + "\x00" + GOOD[30:], "contains a control character", False),
        (GOOD[:30] + "\u200b" + GOOD[30:], "not ASCII", False),
        (" " + GOOD, "contains white space", True),
        (GOOD[:30] + " " + GOOD[30:], "contains white space", True),
        (f'"{GOOD}"', "quotation marks", True),
        (f"'{GOOD}", "quotation marks", True),
        ("sk-ant-admin01-" + "x" * 80, "starts with sk-ant-admin", True),
        ("sk-ant-oat01-" + "x" * 80, "ANTHROPIC_AUTH_TOKEN", True),
        ("sk-proj-" + "x" * 80, "OpenAI", False),
        ("AIza" + "x" * 30, "Google", False),
        ("gsk_" + "x" * 30, "Groq", False),
        ("ANTHROPIC_API_KEY=" + GOOD, "begins with its own name", True),
        ("your-api-key-here", "placeholder", True),
        ("$ANTHROPIC_API_KEY", "placeholder", True),
    ],
)
def test_a_faulty_key_is_named_and_never_shown(key: str, words: str, usable: bool) -> None:
    found = of(key)
    assert found.problem is not None
    assert words in found.problem
    assert "ANTHROPIC_API_KEY" in found.problem
    assert found.usable is usable
    for secret in (key.strip(), GOOD[:30], GOOD[20:], "x" * 20):
        assert secret in {"$ANTHROPIC_API_KEY", ""} or secret not in found.problem + repr(found)


def test_an_oauth_token_is_right_as_a_token() -> None:
    assert of(token=GOOD.replace("api03", "oat01")).problem is None


def test_anothers_key_is_named_but_tried_where_it_may_be_right() -> None:
    found = of("sk-proj-" + "x" * 80, url="https://gateway.example")
    assert "OpenAI" in (found.problem or "")
    assert found.usable


def test_a_gateways_own_key_is_no_problem() -> None:
    assert of("sk-1234", url="http://127.0.0.1:4000").problem is None


@pytest.mark.parametrize(
    ("url", "wanted", "host"),
    [
        ("https://api.anthropic.com/", "https://api.anthropic.com", "api.anthropic.com"),
        ("http://127.0.0.1:8080/anthropic//", "http://127.0.0.1:8080/anthropic", "127.0.0.1:8080"),
        ("https://gw.example:443", "https://gw.example:443", "gw.example"),
        ("http://[::1]:9/", "http://[::1]:9", "[::1]:9"),
        ("HTTPS://GW.example", "https://GW.example", "gw.example"),
        ("", DEFAULT_BASE_URL, "api.anthropic.com"),
    ],
)
def test_base_urls(url: str, wanted: str, host: str) -> None:
    found = of(GOOD, url=url)
    assert (found.base_url, found.host, found.problem) == (wanted, host, None)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("api.anthropic.com", "no scheme"),
        ("localhost:8080", "no scheme"),
        ("ftp://files.example", "begins with ftp://"),
        ("https://", "names no host"),
        ("https://a b.example", "white space"),
        (" https://gw.example", "white space"),
        ("https://gw.example\n", "white space"),
        ("https://gw.example:99999", "cannot be read"),
        ("https://gw.example:0", "impossible port"),
        ("https://[::1", "cannot be read"),
        ("https://gw.example/?tenant=1", "query"),
    ],
)
def test_an_unusable_base_url_is_named(url: str, words: str) -> None:
    found = of(GOOD, url=url)
    assert words in (found.problem or "")
    assert not found.usable
    assert not found.reachable


def test_a_password_in_the_base_url_is_named_kept_secret_and_taken_out() -> None:
    found = of(GOOD, url="https://someone:p%40ssw0rd@gw.example/v")
    assert "user name or password" in (found.problem or "")
    assert found.base_url == "https://gw.example/v"
    assert {"p%40ssw0rd", "p@ssw0rd"} <= set(found.secrets)
    assert "ssw0rd" not in repr(found) + (found.problem or "")


def test_a_setting_goes_before_the_environment() -> None:
    environ = {"ANTHROPIC_API_KEY": GOOD, "ANTHROPIC_BASE_URL": "https://one.example"}
    assert Credentials.from_environ(environ, "https://two.example/").base_url == "https://two.example"
    assert Credentials.from_environ(environ, None).base_url == "https://one.example"


def test_every_secret_is_for_the_redactor_even_one_that_is_not_used() -> None:
    found = Credentials.from_environ(
        {
            "ANTHROPIC_API_KEY": '"first-secret-1"\n',
            "ANTHROPIC_AUTH_TOKEN": "second-secret-2",
            "ANTHROPIC_CUSTOM_HEADERS": "X-Team: blue\nX-Gateway-Key: third-secret-3",
        }
    )
    assert found.auth_token is None
    cleaned = Redactor(found.secrets).clean("first-secret-1 second-secret-2 third-secret-3 blue")
    assert cleaned == "[redacted] [redacted] [redacted] blue"


@given(
    key=st.text(min_size=8, max_size=60), url=st.text(max_size=40) | st.text("htps:/@[]?#.a1 ", max_size=30)
)
def test_whatever_is_set_neither_breaks_nor_shows(key: str, url: str) -> None:
    found = of(key, url=url)
    assert found.host is not None
    assert (found.problem or "").isprintable() or not url.isprintable()
    if found.problem:
        assert key not in found.problem
    assert "\n" not in repr(found)
    if found.usable:
        found.headers["Authorization"].encode("ascii")


@pytest.mark.parametrize(
    ("key", "url", "reason"),
    [
        (GOOD, None, None),
        (f'"{GOOD}"', None, None),
        (None, None, NoKeyReason.MISSING),
        (f"“{GOOD}”", None, NoKeyReason.UNUSABLE),
        ("sk-proj-abc", None, NoKeyReason.UNUSABLE),
        (GOOD, "ftp://api.example", None),
    ],
)
def test_a_key_that_is_missing_and_one_that_is_never_sent(
    key: str | None, url: str | None, reason: NoKeyReason | None
) -> None:
    assert of(key, url=url).no_key_reason is reason


@pytest.mark.parametrize(
    "url", ["http://[::1", "http://user:pw@[", "http://]", "http://é[", "http://h:99999", "//"]
)
def test_a_base_url_that_cannot_be_read_still_names_a_store_and_a_target(url: str) -> None:
    credentials = Credentials.from_environ({"ANTHROPIC_BASE_URL": url})
    assert not credentials.reachable
    assert store_name(credentials).endswith(".db")
    assert "pw" not in store_name(credentials)
    assert "pw" not in repr(target_of(Settings(), credentials))
