"""One measured exchange: its phases, and every way it can fail, over real sockets."""

from __future__ import annotations

import asyncio
import errno
import gzip
import socket
import ssl
from base64 import b64decode
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_tui.model.addresses import diverted_to
from claude_tui.model.observation import Outcome
from claude_tui.model.text import Redactor
from claude_tui.probes.certificate import expires_at
from claude_tui.probes.clock import SystemClock
from claude_tui.probes.dial import HEAD_START_S, Dialer, race, system_resolver
from claude_tui.probes.exchange_trace import ExchangeTrace, Phase
from claude_tui.probes.network import MAX_BODY, Exchange, Requester
from claude_tui.probes.proxies import Proxies
from claude_tui.probes.transport_errors import FaultCode, explain
from tests.loop_time import let_pass
from tests.ports import unused_port
from tests.wire_server import (
    TLS_ALERT,
    Answer,
    Request,
    WireServer,
    make_certificate,
    raw_server,
    response,
)

DIRECT = Proxies(proxies=dict)
IN_2040 = "20400101000000Z"


async def get(
    url: str, *, routes: Proxies = DIRECT, timeout_s: float = 10.0, headers: Mapping[str, str] | None = None
) -> Exchange:
    requester = Requester(clock=SystemClock(), redactor=Redactor(), timeout_s=timeout_s, routes=routes)
    return await requester.get(url, headers or {})


def names(*addresses: str) -> Proxies:
    async def resolve(host: str, port: int) -> Sequence[str]:
        return addresses

    return replace(DIRECT, resolve=resolve)


def proxied(**variables: str) -> Proxies:
    """The proxies for these environment variables, and no others."""
    found = {name.lower().removesuffix("_proxy"): value for name, value in variables.items()}
    return replace(DIRECT, proxies=lambda: found, environ=variables)


def fault_of(exchange: Exchange) -> tuple[Outcome, str | None]:
    assert exchange.fault is not None
    return exchange.fault.outcome, exchange.fault.error_type


async def test_each_phase_of_a_plain_exchange() -> None:
    async with WireServer(response({"data": []}, headers={"X-Thing": "1"})) as server:
        exchange = await get(server.url_of("localhost") + "/v1/models?limit=1000", routes=names("127.0.0.1"))
    timings = exchange.timings
    assert exchange.fault is None
    assert (exchange.status, exchange.body) == (200, b'{"data": []}')
    assert ("X-Thing", "1") in exchange.headers
    assert timings.dns is not None
    assert timings.connect is not None
    assert timings.first_byte is not None
    assert timings.total is not None
    assert timings.tls is None
    assert timings.first_token is None
    assert timings.total >= timings.dns + timings.connect + timings.first_byte
    assert exchange.sent_at is not None
    assert exchange.received_at is not None
    assert exchange.at <= exchange.sent_at <= exchange.received_at


async def test_an_address_has_no_name_to_look_up() -> None:
    async with WireServer(response()) as server:
        exchange = await get(server.url)
    assert exchange.timings.dns is None
    assert exchange.timings.connect is not None


async def test_the_host_header_keeps_the_name() -> None:
    async with WireServer(response()) as server:
        url = server.url_of("api.example")
        await get(url, routes=names("127.0.0.1"))
    assert f"http://{server.requests[0].headers['host']}" == url


async def test_every_exchange_has_a_fresh_connection() -> None:
    async with WireServer(response()) as server:
        requester = Requester(clock=SystemClock(), redactor=Redactor(), timeout_s=10, routes=DIRECT)
        for _ in range(3):
            assert (await requester.get(server.url, {})).timings.connect is not None
    assert server.connections == 3


async def test_the_next_address_serves_when_the_first_refuses() -> None:
    async with WireServer(response()) as server:
        exchange = await get(server.url_of("api.example"), routes=names("::1", "127.0.0.1"))
    assert exchange.fault is None
    assert exchange.status == 200


async def test_a_name_that_is_not_resolved() -> None:
    async def resolve(host: str, port: int) -> Sequence[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    exchange = await get("http://api.example", routes=replace(DIRECT, resolve=resolve))
    assert fault_of(exchange) == (Outcome.NETWORK, FaultCode.DNS)
    assert exchange.fault is not None
    assert "api.example was not resolved" in exchange.fault.message
    assert exchange.timings.connect is None
    assert exchange.timings.total is not None


async def test_a_name_without_addresses() -> None:
    assert fault_of(await get("http://api.example", routes=names())) == (Outcome.NETWORK, FaultCode.DNS)


async def test_a_name_that_no_resolver_can_take() -> None:
    routes = replace(DIRECT, resolve=system_resolver)
    exchange = await get(f"http://{'a' * 70}.example", routes=routes)
    assert fault_of(exchange) == (Outcome.NETWORK, FaultCode.DNS)


async def test_the_systems_resolver() -> None:
    assert "127.0.0.1" in await system_resolver("localhost", 80)


async def test_a_resolver_that_hangs() -> None:
    async def resolve(host: str, port: int) -> Sequence[str]:
        let_pass(10)
        await asyncio.Event().wait()
        return ()

    exchange = await get("http://api.example", routes=replace(DIRECT, resolve=resolve))
    assert fault_of(exchange) == (Outcome.TIMEOUT, FaultCode.DNS_TIMEOUT)
    assert exchange.timings.dns is None


async def test_a_refused_connection() -> None:
    exchange = await get(f"http://127.0.0.1:{unused_port()}")
    assert fault_of(exchange) == (Outcome.NETWORK, FaultCode.REFUSED)


async def test_unreachable_says_less_than_refused() -> None:
    async def connect(address: str) -> Answer:
        raise (
            OSError(101, "Connect call failed") if ":" in address else ConnectionRefusedError(111, "refused")
        )

    with pytest.raises(ConnectionRefusedError):
        await race(["127.0.0.1", "::1"], connect, 0)


async def test_a_server_that_never_answers() -> None:
    async def hang(request: Request, answer: Answer) -> None:
        let_pass(10)
        await answer.hang()

    async with WireServer(hang) as server:
        exchange = await get(server.url)
    assert fault_of(exchange) == (Outcome.TIMEOUT, FaultCode.READ_TIMEOUT)
    assert exchange.timings.connect is not None
    assert exchange.timings.first_byte is None
    assert exchange.timings.total is not None


async def test_a_server_that_trickles_for_ever() -> None:
    async def trickle(request: Request, answer: Answer) -> None:
        await answer.send(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n")
        while True:
            await answer.send(b" ")
            await asyncio.sleep(0)
            let_pass(0.1)

    async with WireServer(trickle) as server:
        exchange = await get(server.url)
    assert fault_of(exchange) == (Outcome.TIMEOUT, FaultCode.READ_TIMEOUT)
    assert exchange.status == 200
    assert exchange.fault is not None
    assert "began but did not end within 10s" in exchange.fault.message


async def test_a_reset_before_the_answer() -> None:
    async def reset(request: Request, answer: Answer) -> None:
        answer.reset()

    async with WireServer(reset) as server:
        exchange = await get(server.url)
    assert fault_of(exchange) == (Outcome.NETWORK, FaultCode.CLOSED)


async def test_a_connection_closed_without_an_answer() -> None:
    async def close(request: Request, answer: Answer) -> None:
        answer.close()

    async with WireServer(close) as server:
        exchange = await get(server.url)
    assert fault_of(exchange) == (Outcome.NETWORK, FaultCode.CLOSED)
    assert exchange.fault is not None
    assert exchange.fault.message == "no answer: connection closed after the request was sent"


@pytest.mark.parametrize("reset", [True, False])
async def test_an_answer_that_is_cut_short(*, reset: bool) -> None:
    async def cut(request: Request, answer: Answer) -> None:
        await answer.send(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{")
        if reset:
            answer.reset()
        else:
            answer.close()

    async with WireServer(cut) as server:
        exchange = await get(server.url)
    assert fault_of(exchange) == (Outcome.NETWORK, FaultCode.CUT_SHORT)


async def test_what_is_not_http() -> None:
    async with WireServer(b"SSH-2.0-OpenSSH_9.9 \x1b[31m\r\n\r\n") as server:
        exchange = await get(server.url)
    assert fault_of(exchange) == (Outcome.INVALID_RESPONSE, FaultCode.PROTOCOL)
    assert exchange.fault is not None
    assert "\x1b" not in exchange.fault.message


async def test_an_answer_without_end_is_not_read_to_the_end() -> None:
    async def flood(request: Request, answer: Answer) -> None:
        await answer.send(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            await answer.send(b"x" * 65536)

    async with WireServer(flood) as server:
        exchange = await get(server.url)
    assert fault_of(exchange) == (Outcome.INVALID_RESPONSE, FaultCode.TOO_LARGE)
    assert len(exchange.body) < MAX_BODY + 1_000_000


async def test_a_body_that_is_not_what_its_encoding_says() -> None:
    async with WireServer(response(b"not gzip", headers={"content-encoding": "gzip"})) as server:
        exchange = await get(server.url)
    assert fault_of(exchange) == (Outcome.INVALID_RESPONSE, FaultCode.UNREADABLE)
    assert exchange.fault is not None
    assert exchange.fault.message == "content-encoding gzip could not be read: incorrect header check"


async def test_only_what_can_be_decoded_is_asked_for() -> None:
    async with WireServer(response()) as server:
        await get(server.url)
        await get(server.url, headers={"accept-encoding": "identity"})
    assert [request.headers["accept-encoding"] for request in server.requests] == [
        "gzip, deflate",
        "identity",
    ]


async def test_an_error_without_end_is_read_in_part() -> None:
    async def flood(request: Request, answer: Answer) -> None:
        await answer.send(b"HTTP/1.1 500 Oops\r\n\r\nIt broke. ")
        while True:
            await answer.send(b"x" * 65536)

    async with WireServer(flood) as server:
        exchange = await get(server.url)
    assert (exchange.status, exchange.fault) == (500, None)
    assert exchange.body.startswith(b"It broke. xxx")
    assert len(exchange.body) <= MAX_BODY


async def test_a_compressed_body() -> None:
    body = gzip.compress(b'{"data": []}')
    async with WireServer(response(body, headers={"content-encoding": "gzip"})) as server:
        assert (await get(server.url)).body == b'{"data": []}'


async def test_a_redirect_is_not_followed() -> None:
    for location in ("http://login.example/", "https://[::1", "\xff"):
        moved = response(status="302 Found", headers={"Location": location})
        async with WireServer(moved) as server:
            exchange = await get(server.url)
        assert (exchange.status, exchange.fault, len(server.requests)) == (302, None, 1)
        assert "Location" in dict(exchange.headers)


async def test_a_header_that_cannot_be_sent_is_not_shown() -> None:
    async with WireServer(response()) as server:
        for value in ("Bearer sk-secret\nx", "Bearer sk-secret\u201c"):
            exchange = await get(server.url, headers={"Authorization": value})
            assert fault_of(exchange) == (Outcome.BAD_REQUEST, FaultCode.UNSENDABLE)
            assert exchange.fault is not None
            assert "secret" not in exchange.fault.message
    assert not server.requests


async def test_cancelling_leaves_nothing_behind() -> None:
    arrived = asyncio.Event()

    async def hang(request: Request, answer: Answer) -> None:
        arrived.set()
        await answer.hang()

    async with WireServer(hang) as server:
        task = asyncio.create_task(get(server.url))
        await arrived.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


# -- TLS ----------------------------------------------------------------------


def serving(pem: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


def trusting(pem: Path | None) -> Proxies:
    return replace(
        DIRECT,
        trust=lambda: ssl.create_default_context(cafile=str(pem)) if pem else ssl.create_default_context(),
    )


async def test_tls_is_timed_and_its_certificate_read(tmp_path: Path) -> None:
    pem = make_certificate(tmp_path, end=IN_2040)
    async with WireServer(response(), tls=serving(pem)) as server:
        exchange = await get(server.url_of("localhost"), routes=trusting(pem))
    assert exchange.fault is None
    assert exchange.timings.tls is not None
    assert exchange.tls_expires_at == datetime(2040, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("names_in_it", "end", "trusted", "code", "words"),
    [
        ("DNS:localhost", "20200201000000Z", True, FaultCode.TLS_EXPIRED, "has expired"),
        ("DNS:localhost", IN_2040, False, FaultCode.TLS_UNTRUSTED, "unknown issuer"),
        ("DNS:elsewhere", IN_2040, True, FaultCode.TLS_HOSTNAME, "another host name"),
    ],
)
async def test_certificates_that_are_not_accepted(
    tmp_path: Path, names_in_it: str, end: str, trusted: bool, code: FaultCode, words: str
) -> None:
    pem = make_certificate(tmp_path, names_in_it, end=end)
    async with WireServer(response(), tls=serving(pem)) as server:
        routes = replace(trusting(pem if trusted else None), resolve=names("127.0.0.1").resolve)
        exchange = await get(server.url_of("localhost"), routes=routes)
    assert fault_of(exchange) == (Outcome.NETWORK, code)
    assert exchange.fault is not None
    assert words in exchange.fault.message
    assert exchange.timings.tls is None
    assert not server.requests


@pytest.mark.parametrize("raw", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"SSH-2.0-OpenSSH_9.9\r\n"])
async def test_a_server_that_speaks_no_tls(raw: bytes) -> None:
    async with raw_server(raw) as port:
        exchange = await get(f"https://127.0.0.1:{port}", routes=trusting(None))
    assert fault_of(exchange) == (Outcome.NETWORK, FaultCode.NOT_TLS)
    assert exchange.fault is not None
    assert exchange.fault.message == (
        f"127.0.0.1:{port} answers without TLS, as a plain HTTP port does, whose URL begins with http://"
    )


def test_openssl_3_2_has_another_name_for_what_is_no_tls() -> None:
    error = ssl.SSLError(1, "[SSL: RECORD_LAYER_FAILURE] record layer failure (_ssl.c:1010)")
    error.reason = "RECORD_LAYER_FAILURE"
    wire = ExchangeTrace(SystemClock())
    wire.begin(Phase.TLS)
    assert explain(error, wire, "gateway:8080", redactor=Redactor()).error_type == FaultCode.NOT_TLS
    wire.begin(Phase.WAIT)
    assert explain(error, wire, "gateway:8080", redactor=Redactor()).error_type != FaultCode.NOT_TLS


async def test_a_server_that_wants_tls_and_says_so_with_an_alert() -> None:
    async with raw_server(TLS_ALERT) as port:
        exchange = await get(f"http://127.0.0.1:{port}")
    assert fault_of(exchange) == (Outcome.INVALID_RESPONSE, FaultCode.NEEDS_TLS)
    assert exchange.fault is not None
    assert exchange.fault.message == (
        f"127.0.0.1:{port} speaks TLS and was addressed in plain HTTP: its URL must begin with https://"
    )


async def test_bytes_that_only_begin_like_an_alert_are_none() -> None:
    async with raw_server(b"\x15\x03\x03\x40\x00\x02\x46") as port:
        exchange = await get(f"http://127.0.0.1:{port}")
    assert fault_of(exchange) == (Outcome.INVALID_RESPONSE, FaultCode.PROTOCOL)


async def test_a_python_server_for_tls_closes_without_a_word(tmp_path: Path) -> None:
    pem = make_certificate(tmp_path, end=IN_2040)
    async with WireServer(response(), tls=serving(pem)) as server:
        exchange = await get(server.url.replace("https:", "http:"))
    assert fault_of(exchange) == (Outcome.NETWORK, FaultCode.CLOSED)


async def test_a_connection_closed_in_the_handshake() -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.transport.abort()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        exchange = await get(f"https://127.0.0.1:{port}", routes=trusting(None))
    assert fault_of(exchange) == (Outcome.NETWORK, FaultCode.TLS_HANDSHAKE)


async def test_trusted_certificates_that_cannot_be_read() -> None:
    def trust() -> ssl.SSLContext:
        return ssl.create_default_context(cafile="/no/such/file.pem")

    exchange = await get("https://127.0.0.1", routes=replace(DIRECT, trust=trust))
    assert fault_of(exchange) == (Outcome.NETWORK, FaultCode.TLS_UNTRUSTED)
    assert exchange.fault is not None
    assert "SSL_CERT_FILE" in exchange.fault.message


def test_certificate_ends_agree_with_openssl(tmp_path: Path) -> None:
    for number, end in enumerate(
        ("20491231235959Z", "20500101000000Z", "99991231235959Z", "20200201000000Z")
    ):
        folder = tmp_path / str(number)
        folder.mkdir()
        der = ssl.PEM_cert_to_DER_cert(
            make_certificate(folder, end=end)
            .read_text()
            .partition("KEY-----\n")[2]
            .partition("KEY-----\n")[2]
        )
        assert expires_at(der) == datetime.strptime(end, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)


@given(st.binary(max_size=200))
def test_a_damaged_certificate_has_no_end(der: bytes) -> None:
    assert expires_at(der) is None


# -- proxies ------------------------------------------------------------------


async def test_through_a_proxy_the_target_is_out_of_sight() -> None:
    async with WireServer(response(b"seen")) as proxy:
        routes = replace(DIRECT, proxies=lambda: {"http": proxy.url})
        exchange = await get("http://api.example/v1/models", routes=routes)
    assert (exchange.status, exchange.body) == (200, b"seen")
    assert proxy.requests[0].line == "GET http://api.example/v1/models HTTP/1.1"
    assert exchange.timings.dns is None
    assert exchange.timings.connect is None
    assert exchange.timings.first_byte is not None


async def test_the_tls_through_a_tunnel_is_the_targets(tmp_path: Path) -> None:
    asked: list[bytes] = []

    async def tunnel(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        from_target, to_target = await asyncio.open_connection("127.0.0.1", target.port)
        writer.write(b"HTTP/1.1 200 Connection established\r\nX-Of: proxy\r\n\r\n")
        await asyncio.gather(pour(reader, to_target), pour(from_target, writer))

    pem = make_certificate(tmp_path, end=IN_2040)
    async with WireServer(response(status="404 Not Found"), tls=serving(pem)) as target:
        proxy = await asyncio.start_server(tunnel, "127.0.0.1", 0)
        async with proxy:
            port = proxy.sockets[0].getsockname()[1]
            routes = replace(
                trusting(pem), proxies=lambda: {"https": f"http://me:pass%21word@127.0.0.1:{port}"}
            )
            exchange = await get("https://localhost/v1/models", routes=routes)
    assert exchange.status == 404
    assert "x-of" not in dict(exchange.headers)
    assert asked[0].startswith(b"CONNECT localhost:443 HTTP/1.1")
    assert b"Proxy-Authorization: Basic bWU6cGFzcyF3b3Jk" in asked[0]
    assert exchange.timings.connect is None
    assert exchange.timings.tls is not None
    assert exchange.timings.first_byte is not None
    assert exchange.tls_expires_at == datetime(2040, 1, 1, tzinfo=UTC)


async def pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
    writer.transport.abort()


async def test_a_proxy_that_asks_for_a_password() -> None:
    async with WireServer(response(status="407 Proxy Authentication Required")) as proxy:
        routes = replace(trusting(None), proxies=lambda: {"https": proxy.url})
        exchange = await get("https://api.example", routes=routes)
    assert fault_of(exchange) == (Outcome.NETWORK, FaultCode.PROXY)
    assert exchange.status is None
    assert exchange.fault is not None
    assert "407" in exchange.fault.message


async def test_a_proxy_that_is_not_there() -> None:
    place = f"127.0.0.1:{unused_port()}"
    routes = proxied(All_Proxy=place)
    exchange = await get("http://api.example", routes=routes)
    assert fault_of(exchange) == (Outcome.NETWORK, FaultCode.PROXY)
    assert exchange.fault is not None
    assert exchange.fault.message == f"the proxy {place} (All_Proxy) refused the connection"


async def test_a_proxy_whose_name_is_not_resolved() -> None:
    async def resolve(host: str, port: int) -> Sequence[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    routes = replace(proxied(ALL_PROXY="http://me:hunter22@proxy.corp:3128"), resolve=resolve)
    exchange = await get("http://api.example", routes=routes)
    assert fault_of(exchange) == (Outcome.NETWORK, FaultCode.PROXY)
    assert exchange.fault is not None
    assert "the proxy proxy.corp:3128 (ALL_PROXY) was not resolved" in exchange.fault.message


@pytest.mark.parametrize("target", ["http://api.example", "https://api.example"])
@pytest.mark.parametrize(
    ("proxy", "why"),
    [
        (
            "socks5://me:hunter22@127.0.0.1:1",
            "a SOCKS proxy needs the package socksio, which is not installed",
        ),
        (
            "gopher://me:hunter22@127.0.0.1:1",
            "it must begin with http://, https:// or socks5://, not gopher://",
        ),
        ("http://[::1", "it is not a URL"),
        ("http://", "it names no host"),
        ("http://:3128", "it names no host"),
        ("http://me:hunter22@proxy:99999", "its port is not a number from 1 to 65535"),
        ("http://proxy:0", "its port is not a number from 1 to 65535"),
        ("proxy:http", "its port is not a number from 1 to 65535"),
        ("me:hunter22@proxy:3128:3128", "its port is not a number from 1 to 65535"),
        ("http:/proxy:3128", "it must be of the form http://host:port"),
        ("hunter22 is no proxy", "it must be of the form http://host:port"),
        (
            "http://me:hunter22/x@proxy:3128",
            "a / ? or # in its user or password must be written %2F, %3F or %23",
        ),
        (
            "me:12345#hunter22@proxy:3128",
            "a / ? or # in its user or password must be written %2F, %3F or %23",
        ),
        (f"http://{'a' * 70}.example:3128", "its host is not a valid name"),
    ],
)
async def test_a_proxy_that_cannot_be_used_is_a_setting_of_ours(proxy: str, why: str, target: str) -> None:
    routes = replace(trusting(None), proxies=proxied(ALL_PROXY=proxy).proxies, environ={"ALL_PROXY": proxy})
    exchange = await get(target, routes=routes)
    assert fault_of(exchange) == (Outcome.NETWORK, FaultCode.PROXY_SETTING)
    assert exchange.fault is not None
    assert exchange.fault.message == f"ALL_PROXY cannot be used: {why}"


async def test_a_proxy_of_the_system_has_no_variable() -> None:
    environ = {"https_proxy": "gopher://proxy"}
    routes = replace(DIRECT, proxies=lambda: {"http": "gopher://proxy"}, environ=environ)
    exchange = await get("http://api.example", routes=routes)
    assert exchange.fault is not None
    assert exchange.fault.message.startswith("System proxy setting cannot be used: ")


async def test_a_password_that_is_not_ascii_reaches_the_proxy() -> None:
    async with WireServer(response(b"seen")) as proxy:
        value = f" http://j%C3%BCrgen:pässword@127.0.0.1:{proxy.port} "
        exchange = await get("http://api.example/", routes=proxied(HTTP_PROXY=value))
    assert (exchange.fault, exchange.status) == (None, 200)
    credentials = proxy.requests[0].headers["proxy-authorization"].removeprefix("Basic ")
    assert b64decode(credentials).decode() == "jürgen:pässword"


async def test_a_proxy_that_speaks_no_tls() -> None:
    async with raw_server(b"HTTP/1.1 400 Bad Request\r\n\r\n") as port:
        value = f"https://me:hunter22@127.0.0.1:{port}"
        routes = replace(proxied(https_proxy=value), trust=trusting(None).trust)
        exchange = await get("https://api.example", routes=routes)
    assert fault_of(exchange) == (Outcome.NETWORK, FaultCode.PROXY_SETTING)
    assert exchange.fault is not None
    assert exchange.fault.message == (
        f"https_proxy cannot be used: 127.0.0.1:{port} does not speak TLS, "
        "so it must be written http://, not https://"
    )


@pytest.mark.parametrize("target", ["http://api.example", "https://api.example"])
async def test_a_proxy_that_speaks_tls_and_was_asked_without(target: str) -> None:
    async with raw_server(TLS_ALERT) as port:
        routes = replace(proxied(ALL_PROXY=f"127.0.0.1:{port}"), trust=trusting(None).trust)
        exchange = await get(target, routes=routes)
    assert fault_of(exchange) == (Outcome.NETWORK, FaultCode.PROXY_SETTING)
    assert exchange.fault is not None
    assert exchange.fault.message == (
        f"ALL_PROXY cannot be used: 127.0.0.1:{port} speaks TLS, so it must be written https://, not http://"
    )


# -- racing -------------------------------------------------------------------


class Connection:
    def __init__(self, address: str) -> None:
        self.address = address
        self.closed = False

    async def aclose(self) -> None:
        self.closed = True


async def test_a_hanging_address_does_not_hold_up_the_next() -> None:
    async def connect(address: str) -> Connection:
        if address == "::1":
            await asyncio.Event().wait()
        return Connection(address)

    assert (await race(["::1", "127.0.0.1"], connect, 0)).address == "127.0.0.1"


@given(st.lists(st.sampled_from(["stands", "refuses", "hangs"]), min_size=1, max_size=6))
def test_one_connection_wins_and_no_other_stays_open(addresses: list[str]) -> None:
    opened: list[Connection] = []

    async def connect(address: str) -> Connection:
        if address == "refuses":
            raise ConnectionRefusedError
        if address == "hangs":
            await asyncio.Event().wait()
        opened.append(Connection(address))
        return opened[-1]

    async def run() -> Connection:
        racing = asyncio.create_task(race(addresses, connect, 0))
        if "stands" not in addresses and "hangs" in addresses:
            for _ in range(20):
                await asyncio.sleep(0)
            racing.cancel()
        return await racing

    if "stands" in addresses:
        winner = asyncio.run(run())
        assert [connection for connection in opened if not connection.closed] == [winner]
    else:
        with pytest.raises(asyncio.CancelledError if "hangs" in addresses else ConnectionRefusedError):
            asyncio.run(run())


async def test_a_slow_clock_cannot_make_skew() -> None:
    async with WireServer(response()) as server:
        exchange = await get(server.url)
    assert exchange.received_at is not None
    assert exchange.received_at - exchange.at < timedelta(seconds=10)


V4, V6 = "203.0.113.1", "2001:db8::1"


def dialing(*addresses: str) -> Dialer:
    async def resolve(_host: str, _port: int) -> Sequence[str]:
        return addresses

    dialer = Dialer(resolve)
    dialer.trace = ExchangeTrace(SystemClock())
    return dialer


@pytest.mark.parametrize(
    ("addresses", "error", "bypassed"),
    [
        ([V6, V4], ConnectionRefusedError(), "IPv6 is refused"),
        ([V6, V4], ConnectionResetError(), "IPv6 fails"),
        ([V6, V4], None, "IPv6 gets no answer"),
        ([V4, V6], ConnectionRefusedError(), "IPv4 is refused"),
        ([V6, V4], OSError(errno.ENETUNREACH, "no route"), None),
        ([V6, "127.0.0.1"], ConnectionRefusedError(), None),
        ([V4, "203.0.113.2"], ConnectionRefusedError(), "203.0.113.1, one of 2 addresses, is refused"),
        ([V6, "2001:db8::2"], None, "2001:db8::1, one of 2 addresses, gets no answer"),
        ([V4, "203.0.113.2"], OSError(errno.ENETUNREACH, "no route"), None),
    ],
)
async def test_addresses_that_are_worked_round_are_reported(
    addresses: list[str], error: OSError | None, bypassed: str | None
) -> None:
    """Other clients may wait for them, and they were not mentioned anywhere."""

    async def connect(address: str) -> Connection:
        if address != addresses[0]:
            return Connection(address)
        if error is None:
            await asyncio.Event().wait()
        raise error or OSError

    dialer = dialing(*addresses)
    await dialer.dial("api.example", 443, connect)
    await dialer.settle()
    assert dialer.trace is not None
    assert bypassed == (None if dialer.trace.bypassed is None else str(dialer.trace.bypassed))


@pytest.mark.parametrize("settles", [True, False])
async def test_addresses_that_only_take_longer_are_not_reported(settles: bool) -> None:
    """IPv6 was reported to get no answer wherever it took a quarter of a second longer twice in a row."""
    opened: list[Connection] = []

    async def connect(address: str) -> Connection:
        if address == V6:
            await asyncio.sleep(HEAD_START_S + 0.1)
        opened.append(Connection(address))
        return opened[-1]

    dialer = dialing(V6, V4)
    winner = await dialer.dial("api.example", 443, connect)
    await (dialer.settle() if settles else dialer.close())
    assert dialer.trace is not None
    assert dialer.trace.bypassed is None
    assert [connection.address for connection in opened] == ([V4, V6] if settles else [V4])
    assert [connection.address for connection in opened if not connection.closed] == ([V4] if settles else [])
    await winner.aclose()


async def test_addresses_that_work_are_not_reported() -> None:
    async def connect(address: str) -> Connection:
        return Connection(address)

    dialer = dialing(V6, V4)
    await dialer.dial("api.example", 443, connect)
    await dialer.settle()
    assert dialer.trace is not None
    assert dialer.trace.bypassed is None


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "127.0.0.1"])
async def test_a_name_that_resolves_to_this_machine_is_reported(address: str) -> None:
    """A DNS blocker or a line in the hosts file, which read as an API that refuses connections."""
    url = f"http://api.example:{unused_port()}"
    exchange = await get(url, routes=names(address))
    assert fault_of(exchange) == (Outcome.NETWORK, FaultCode.DIVERTED)
    assert exchange.fault is not None
    assert f"api.example leads to {address}" in (exchange.fault.message or "")


@pytest.mark.parametrize(
    ("host", "addresses", "address"),
    [
        ("api.example", ["0.0.0.0", "::"], "0.0.0.0"),
        ("api.example", ["0.0.0.0", V4], None),
        ("api.example", [V4], None),
        ("api.example", [], None),
        ("api.example", ["127.0.1.1"], "127.0.1.1"),
        ("localhost", ["127.0.0.1", "::1"], None),
        ("gateway.localhost.", ["127.0.0.1"], None),
        ("127.0.0.1", ["127.0.0.1"], None),
        ("api.example", ["fe80::1%eth0"], None),
    ],
)
def test_which_names_are_diverted(host: str, addresses: list[str], address: str | None) -> None:
    assert diverted_to(host, addresses) == address


async def test_a_server_on_this_machine_that_answers_by_its_name_is_none() -> None:
    async with WireServer(response()) as server:
        assert (await get(server.url_of("api.example"), routes=names("127.0.0.1"))).fault is None
