"""NO_PROXY: which hosts are asked directly."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from claude_tui.probes.no_proxy import is_direct
from claude_tui.probes.proxy_setting import proxy_for

API = "https://api.anthropic.com"


@pytest.mark.parametrize(
    ("url", "no_proxy", "direct"),
    [
        (API, "", False),
        (API, " , ", False),
        (API, "*", True),
        (API, "example.com, *", True),
        (API, "anthropic.com", True),
        (API, "ANTHROPIC.com", True),
        (API, " example.com , anthropic.com ", True),
        (API, "example.com anthropic.com", True),
        (API, "example.com\tother.example\n,,anthropic.com", True),
        (API, ".anthropic.com", True),
        ("https://anthropic.com", ".anthropic.com", True),
        ("https://anthropic.com", "anthropic.com.", True),
        ("https://anthropic.com.", "anthropic.com", True),
        ("https://notanthropic.com", "anthropic.com", False),
        ("https://notanthropic.com", ".anthropic.com", False),
        (API, "com.", True),
        (API, ".", False),
        (API, "*.anthropic.com", False),
        (API, "api.anthropic.com:8443", False),
        (f"{API}:8443", "api.anthropic.com:8443", True),
        (f"{API}:8443", "anthropic.com", True),
        (API, "http://api.anthropic.com", False),
        ("http://api.anthropic.com", "http://api.anthropic.com", True),
        ("http://api.anthropic.com", "http://anthropic.com", False),
        (API, "all://api.anthropic.com", True),
        ("http://localhost:8080", "localhost", True),
        ("http://127.0.0.1:8080", "127.0.0.1", True),
        ("http://127.0.0.1:8080", "127.0.0.1:8080", True),
        ("http://127.0.0.1:8080", "127.0.0.1:80", False),
        ("http://127.0.0.1:8080", "0.0.1", False),
        ("http://10.1.2.3", "10.0.0.0/8", True),
        ("http://10.1.2.3", "10.9.9.9/8", True),
        ("http://11.1.2.3", "10.0.0.0/8", False),
        ("http://10.1.2.3:8080", "10.0.0.0/8:8080", True),
        ("http://[::1]:8080", "::1", True),
        ("http://[::1]:8080", "[::1]", True),
        ("http://[::1]:8080", "[::1]:8080", True),
        ("http://[::1]:8080", "[::1]:80", False),
        ("http://[0:0:0:0:0:0:0:1]", "::1", True),
        ("http://[fd12::1]", "fd00::/8", True),
        ("http://[fe80::1]", "fd00::/8", False),
        ("http://[fe80::1%25eth0]", "fe80::/10", True),
        ("http://10.1.2.3", "::/0", False),
        ("http://10.example.com", "10.0.0.0/8", False),
    ],
)
def test_hosts_that_go_without_the_proxy(url: str, no_proxy: str, direct: bool) -> None:
    proxies = {"http": "http://proxy:1", "https": "http://proxy:1", "no": no_proxy}
    assert (proxy_for(url, proxies, {}) is None) is direct


@pytest.mark.parametrize(
    "bad",
    ["10.0.0.0/99", "10.0.0.0/-1", "10.0.0.0/", "10.0.0.0/255.0.0.0", "10/8", "[::1", "fd00::/129", "host:x"],
)
def test_what_cannot_be_read_is_left_out(bad: str) -> None:
    assert not is_direct("http://10.0.0.0", bad)
    assert not is_direct("http://[::1]", bad)
    assert is_direct("http://10.0.0.0", f"{bad},10.0.0.0")


@given(st.text(max_size=60))
def test_no_text_is_too_strange(no_proxy: str) -> None:
    assert is_direct(API, f"{no_proxy},anthropic.com")


@given(st.ip_addresses(v=4), st.ip_addresses(v=4), st.integers(0, 32))
@example(IPv4Address("10.1.2.3"), IPv4Address("10.1.3.3"), 23)
def test_ranges_of_ipv4_agree_with_their_bits(host: IPv4Address, start: IPv4Address, prefix: int) -> None:
    same = int(host) >> (32 - prefix) == int(start) >> (32 - prefix)
    assert is_direct(f"http://{host}:8080", f"{start}/{prefix}") is same
    assert is_direct(f"http://{host}:8080", f"{host}/{prefix}")


@given(st.ip_addresses(v=6), st.ip_addresses(v=6), st.integers(0, 128))
@example(IPv6Address("fd12::1"), IPv6Address("fd00::"), 8)
def test_ranges_of_ipv6_agree_with_their_bits(host: IPv6Address, start: IPv6Address, prefix: int) -> None:
    same = int(host) >> (128 - prefix) == int(start) >> (128 - prefix)
    assert is_direct(f"http://[{host}]:8080", f"{start}/{prefix}") is same
    assert is_direct(f"http://[{host}]:8080", f"{host.exploded}/{prefix}")


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({"HTTPS_PROXY": "p", "http_proxy": "q"}, "HTTPS_PROXY"),
        ({"HTTPS_PROXY": "p", "https_proxy": "p"}, "https_proxy"),
        ({"HTTPS_PROXY": "q", "https_proxy": "p"}, "https_proxy"),
        ({"Https_Proxy": "p"}, "Https_Proxy"),
        ({}, "System proxy setting"),
    ],
)
def test_the_variable_is_named_as_it_is_written(environ: dict[str, str], named: str) -> None:
    proxy = proxy_for(API, {"https": "p"}, environ)
    assert proxy is not None
    assert proxy.variable == named
    assert str(proxy) == f"the proxy p:80 ({named})"


def test_a_password_is_never_in_what_is_printed() -> None:
    proxy = proxy_for(API, {"all": "http://me:hunter22@p:1"}, {})
    assert proxy is not None
    assert "hunter22" not in f"{proxy} {proxy!r}"
    assert proxy.split() == ("http://p:1", (b"me", b"hunter22"))
