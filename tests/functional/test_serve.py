"""The site of `serve`, with a small program in place of the dashboard: who is let in, how sessions end."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket as sockets
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest
from aiohttp import WSMsgType, web

from claude_tui.serve.access import TOKEN_VARIABLE, Access
from claude_tui.serve.connections import Connections
from claude_tui.serve.session import Program
from claude_tui.serve.site import Plan, Site
from tests.loop_time import let_pass

TOKEN = "a-token-of-some-length"
WRONG = "a-token-that-is-not-it"

# Speaks as Textual's WebDriver does: says its pid, its size and its environment, then repeats what it reads.
PROGRAM = """
import json, os, sys
def send(kind, body):
    os.write(1, kind + len(body).to_bytes(4, "big") + body)
print("a warning before the screen", flush=True)
os.write(1, b"__GANGLION__\\n")
send(b"D", json.dumps({"pid": os.getpid(), "size": [os.environ["COLUMNS"], os.environ["ROWS"]],
                       "argv": sys.argv, "environ": dict(os.environ)}).encode())
while head := sys.stdin.buffer.read(5):
    body = sys.stdin.buffer.read(int.from_bytes(head[1:], "big"))
    if body == b"q":
        send(b"M", b'{"type": "exit"}')
        break
    send(b"D", head[:1] + body)
"""


@dataclass
class Server:
    """A running site, and a client for it."""

    url: str
    client: aiohttp.ClientSession
    cookie: str
    logged: list[str] = field(default_factory=list)

    @property
    def origin(self) -> str:
        return self.url

    async def get(self, path: str, *, cookie: str | None = None, **headers: str) -> tuple[int, str]:
        sent = headers if cookie is None else {**headers, "Cookie": self._named(cookie)}
        async with self.client.get(f"{self.url}{path}", headers=sent, allow_redirects=False) as answer:
            return answer.status, await answer.text()

    def _named(self, cookie: str) -> str:
        return f"claude-top-{self.url.rpartition(':')[2]}={cookie}"

    @asynccontextmanager
    async def socket(
        self, query: str = "width=120&height=40", *, cookie: str | None = None, origin: str | None = ""
    ) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
        headers = {} if cookie is None else {"Cookie": self._named(cookie)}
        headers |= {} if origin is None else {"Origin": origin or self.origin}
        async with self.client.ws_connect(f"{self.url}/ws?{query}", headers=headers) as socket:
            yield socket

    async def refused(self, **options: str | None) -> int:
        """The status with which a socket is refused."""
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            async with self.socket(**options):  # type: ignore[arg-type]
                pass
        return refused.value.status


@asynccontextmanager
async def serving(
    token: str | None = TOKEN,
    *,
    most: int = 2,
    program: str = PROGRAM,
    environ: dict[str, str] | None = None,
    connections: Connections | None = None,
) -> AsyncIterator[Server]:
    access = Access.of(token, "127.0.0.1", ())
    given = {**os.environ, **(environ or {})}
    logged: list[str] = []
    plan = Plan(
        Program.of([sys.executable, "-c", program], given, read_only=True), access, most, logged.append
    )
    connections = connections or Connections()
    site = Site(plan, connections)
    listening = sockets.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    runner = web.AppRunner(site.application(port), access_log=None, shutdown_timeout=5)
    await runner.setup()
    assert runner.server is not None
    listener = await connections.listen(runner.server, listening)
    try:
        async with aiohttp.ClientSession() as client:
            yield Server(f"http://127.0.0.1:{port}", client, access.cookie, logged)
    finally:
        listener.close()
        await runner.cleanup()


async def hello(socket: aiohttp.ClientWebSocketResponse) -> dict[str, object]:
    """The first output of the program."""
    first = await socket.receive(60)
    assert first.type is WSMsgType.BINARY
    found = json.loads(first.data)
    assert isinstance(found, dict)
    return found


async def until(met: Callable[[], bool], what: str) -> None:
    end = asyncio.get_running_loop().time() + 60
    while not met():
        assert asyncio.get_running_loop().time() < end, what
        await asyncio.sleep(0.02)


def is_running(pid: object) -> bool:
    return Path(f"/proc/{pid}").exists()


# -- who is let in ------------------------------------------------------------------------------

PATHS = ("/", "/page.js", "/page.css", "/static/js/textual.js", "/static/", "/ws", "/nothing", "/login")


@pytest.mark.parametrize("path", PATHS)
async def test_without_the_cookie_there_is_nothing_but_the_login(path: str) -> None:
    async with serving() as server:
        status, text = await server.get(path, Origin=server.origin)
        assert status == 401
        assert text == "401: Unauthorized" or (path == "/" and 'type="password"' in text)
        assert "textual" not in text


@pytest.mark.parametrize("path", PATHS)
async def test_a_wrong_token_or_cookie_gets_401_and_nothing_else(path: str) -> None:
    async with serving() as server:
        async with server.client.get(
            f"{server.url}{path}?token={WRONG}", headers={"Origin": server.url}
        ) as answer:
            assert (answer.status, await answer.text()) == (401, "401: Unauthorized")
            assert "Set-Cookie" not in answer.headers
        assert (await server.get(path, cookie=TOKEN, Origin=server.origin))[0] == 401
        assert server.logged == []


async def test_the_right_token_becomes_a_cookie_that_no_script_and_no_other_site_has() -> None:
    async with serving() as server:
        for method, how in (("GET", {"params": {"token": TOKEN}}), ("POST", {"data": {"token": TOKEN}})):
            path = "/" if method == "GET" else "/login"
            async with server.client.request(
                method, f"{server.url}{path}", allow_redirects=False, headers={"Origin": server.url}, **how
            ) as answer:
                assert answer.status == 303
                assert answer.headers["Location"] == "./"
                cookie = answer.headers["Set-Cookie"]
                assert "HttpOnly" in cookie
                assert "SameSite=Strict" in cookie
                assert TOKEN not in str(answer.headers)
        status, text = await server.get("/", cookie=server.cookie)
        assert status == 200
        assert "textual-terminal" in text
        # Over TLS, which a proxy in front ends, it is for TLS only.
        async with server.client.get(
            f"{server.url}/?token={TOKEN}", allow_redirects=False, headers={"X-Forwarded-Proto": "https"}
        ) as answer:
            assert "Secure" in answer.headers["Set-Cookie"]


async def test_a_wrong_login_gets_401_and_one_of_another_site_403() -> None:
    async with serving() as server:
        for origin, token, status in (
            (server.url, WRONG, 401),
            (server.url, "", 401),
            ("http://evil.example", TOKEN, 403),
        ):
            async with server.client.post(
                f"{server.url}/login", data={"token": token}, headers={"Origin": origin}
            ) as answer:
                assert answer.status == status
                assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"token=a", {"Content-Type": "application/x-www-form-urlencoded; charset=none-such"}),
        (b"token=\xff", {"Content-Type": "application/x-www-form-urlencoded"}),
        (b"token=a", {"Content-Type": "multipart/form-data"}),
        (b"token=a", {"Content-Type": "application/x-www-form-urlencoded", "Content-Encoding": "gzip"}),
    ],
)
async def test_a_login_that_is_no_form_gets_400_and_the_usual_headers(
    body: bytes, headers: dict[str, str]
) -> None:
    async with (
        serving() as server,
        server.client.post(
            f"{server.url}/login", data=body, headers={"Origin": server.url, **headers}
        ) as answer,
    ):
        assert answer.status == 400
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert "aiohttp" not in str(answer.headers)


async def test_a_name_that_no_file_can_have_is_not_found() -> None:
    async with serving() as server:
        status, _ = await server.get(f"/static/{'a' * 300}", cookie=server.cookie)
        assert status == 404


async def test_asking_for_the_head_of_a_socket_starts_nothing() -> None:
    async with serving(None) as server:
        upgrade = {
            "Origin": server.url,
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
        }
        async with server.client.head(f"{server.url}/ws", headers=upgrade) as answer:
            assert answer.status == 405
        assert server.logged == []


async def test_the_page_can_load_nothing_from_another_host_and_nobody_can_frame_it() -> None:
    async with serving(None) as server, server.client.get(server.url) as answer:
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "//" not in (await answer.text()).replace("<!DOCTYPE", "")
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert "aiohttp" not in str(answer.headers)


@pytest.mark.parametrize("token", [None, TOKEN])
async def test_a_socket_is_for_the_servers_own_page_only(token: str | None) -> None:
    async with serving(token) as server:
        assert await server.refused(cookie=server.cookie, origin="http://evil.example") == 403
        assert await server.refused(cookie=server.cookie, origin=None) == 403
        assert server.logged == []
        async with server.socket(cookie=server.cookie) as socket:
            assert await hello(socket)


@pytest.mark.parametrize("cookie", [None, "", WRONG, TOKEN])
async def test_a_socket_without_the_cookie_starts_nothing(cookie: str | None) -> None:
    async with serving() as server:
        assert await server.refused(cookie=cookie) == 401
        assert await server.refused(query=f"token={WRONG}", cookie=cookie) == 401
        assert server.logged == []


async def test_a_page_whose_name_was_made_to_point_here_gets_nothing() -> None:
    async with serving(None) as server:
        for path in PATHS:
            status, text = await server.get(path, Host="evil.example:80", Origin="http://evil.example:80")
            assert (status, text) == (421, "421: Misdirected Request")
        assert server.logged == []


# -- sessions -----------------------------------------------------------------------------------


async def test_keys_sizes_and_pings_reach_the_dashboard() -> None:
    async with serving(None) as server, server.socket() as socket:
        assert (await hello(socket))["size"] == ["120", "40"]
        await socket.send_json(["stdin", ""])
        await socket.send_json(["stdin", "x"])
        assert await socket.receive_bytes() == b"Dx"
        await socket.send_json(["resize", {"width": 10**9, "height": 30}])
        assert await socket.receive_bytes() == b'M{"type": "resize", "width": 500, "height": 30}'
        await socket.send_json(["ping", "17"])
        assert await socket.receive_json() == ["pong", "17"]


async def test_a_session_has_no_secret_in_its_arguments_or_its_environment() -> None:
    secrets = {"ANTHROPIC_API_KEY": "sk-ant-api03-planted", TOKEN_VARIABLE: TOKEN}
    async with serving(environ=secrets) as server, server.socket(cookie=server.cookie) as socket:
        found = json.dumps(await hello(socket))
        assert "sk-ant-api03-planted" not in found
        assert TOKEN not in found
        assert server.cookie not in found


async def test_a_browser_that_leaves_ends_its_process() -> None:
    async with serving(None) as server:
        async with server.socket() as socket:
            pid = (await hello(socket))["pid"]
            assert is_running(pid)
        await until(lambda: not is_running(pid), "the process goes on")
        await until(lambda: server.logged[-1:] == ["session 1 has ended"], "the session is not over")


async def test_a_dashboard_that_ends_closes_the_socket() -> None:
    async with serving(None) as server, server.socket() as socket:
        await hello(socket)
        await socket.send_json(["stdin", "q"])
        assert (await socket.receive(60)).type in (WSMsgType.CLOSE, WSMsgType.CLOSED)


async def test_one_that_does_not_start_closes_the_socket() -> None:
    async with (
        serving(None, program="print('no screen'); raise SystemExit(3)") as server,
        server.socket() as socket,
    ):
        assert (await socket.receive(60)).type in (WSMsgType.CLOSE, WSMsgType.CLOSED)


@pytest.mark.parametrize("text", ["{}", '["quit"]', "\x00", '["stdin", 7]'])
async def test_what_no_page_sends_ends_the_session(text: str) -> None:
    async with serving(None) as server, server.socket() as socket:
        pid = (await hello(socket))["pid"]
        await socket.send_str(text)
        assert (await socket.receive(60)).type is WSMsgType.CLOSE
        assert socket.close_code == 1008
        await until(lambda: not is_running(pid), "the process goes on")


async def test_no_more_sessions_than_allowed_and_room_again_when_one_leaves() -> None:
    async with serving(None, most=2) as server, server.socket() as second:
        async with server.socket() as first:
            await hello(first)
            await hello(second)
            assert await server.refused() == 503
            status, text = await server.get("/")
            assert status == 503
            assert "in use" in text
        await until(
            lambda: "session 2 has ended" in server.logged or "session 1 has ended" in server.logged, "full"
        )
        async with server.socket() as third:
            await hello(third)


async def test_a_stopping_server_ends_its_sessions() -> None:
    async with serving(None) as server:
        socket = await server.client.ws_connect(f"{server.url}/ws", headers={"Origin": server.url})
        pid = (await hello(socket))["pid"]
    await until(lambda: not is_running(pid), "the process goes on")


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost: 127"])
async def test_a_connection_that_asks_for_nothing_is_closed(sent: bytes) -> None:
    async with serving(connections=Connections(longest_s=0.1)) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(server.url.rpartition(":")[2]))
        writer.write(sent)
        with contextlib.suppress(ConnectionResetError):
            assert await reader.read() == b""
        writer.close()


async def test_a_session_outlasts_what_a_connection_without_one_may() -> None:
    connections = Connections(longest_s=60)
    async with serving(None, connections=connections) as server, server.socket() as socket:
        await hello(socket)
        silent, writer = await asyncio.open_connection("127.0.0.1", int(server.url.rpartition(":")[2]))
        await until(lambda: len(connections._waiting) == 1, "it is not accepted")
        let_pass(61)
        with contextlib.suppress(ConnectionResetError):
            await silent.read()
        writer.close()
        await socket.send_json(["stdin", "still here"])
        assert (await socket.receive(60)).data == b"Dstill here"


async def test_with_too_many_connections_that_wait_further_ones_are_closed_at_once() -> None:
    async with serving(connections=Connections(most_waiting=1)) as server:
        port = int(server.url.rpartition(":")[2])
        first, held = await asyncio.open_connection("127.0.0.1", port)
        held.write(b"GET / HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n" % port)
        assert (await first.readline()).startswith(b"HTTP/1.1 401")
        second, refused = await asyncio.open_connection("127.0.0.1", port)
        with contextlib.suppress(ConnectionResetError):
            assert await second.read() == b""
        refused.close()
        held.close()


async def test_no_answer_names_the_library_that_serves() -> None:
    async with serving(None) as server, server.socket() as socket:
        await hello(socket)
        upgraded = socket._response.headers["Server"]
        async with server.client.get(f"{server.url}/nothing") as answer:
            assert upgraded == answer.headers["Server"] == "claude-top"


async def test_a_slow_browser_slows_its_dashboard_and_fills_no_memory(tmp_path: Path) -> None:
    """The program writes until it blocks; the bytes in flight are bounded by the buffers in between."""
    mark = tmp_path / "written"
    endless = (
        "import os, select\nos.write(1, b'__GANGLION__\\n')\nwritten = 0\nbody = b'x' * 100_000\n"
        "while not select.select([0], [], [], 0)[0]:\n"
        "    os.write(1, b'D' + len(body).to_bytes(4, 'big') + body)\n    written += 1\n"
        f"    open({str(mark)!r}, 'w').write(str(written))\n"
    )
    async with serving(None, program=endless) as server:
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", int(server.url.rpartition(":")[2]), limit=1024
        )
        host = server.url.removeprefix("http://")
        writer.write(
            f"GET /ws HTTP/1.1\r\nHost: {host}\r\nOrigin: {server.url}\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        await reader.readuntil(b"\r\n\r\n")
        seen, same = -1, 0

        def stands_still() -> bool:
            nonlocal seen, same
            written = int(mark.read_text() or 0) if mark.exists() else -1
            same = same + 1 if written == seen and written >= 0 else 0
            seen = written
            return same > 25

        await until(stands_still, "it writes on")
        # Socket buffers of loopback hold a few megabytes.
        assert seen * 100_000 < 40_000_000
        writer.close()
