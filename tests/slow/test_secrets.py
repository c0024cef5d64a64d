"""Known keys in every input of real processes, searched in everything that they show, write and start.

The content of calls and of reports on them is in test_traffic_privacy; here it is keys, tokens, passwords.
"""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import aiohttp
import pytest

from tests.agents import PATIENCE_S, Agents, until
from tests.bench.program import Program
from tests.slow.test_traffic_privacy import exported, found_in, of_files, proxy

pytestmark = [
    pytest.mark.usefixtures("own_home"),
    pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="reads /proc"),
]

KEY = "sk-ant-api03-planted-key-000000000001"
HEADER = "planted-gateway-secret-0002"
STATUS_PASSWORD = "planted-status-password-0003"
HOOK_PASSWORD = "planted-hook-password-0004"
HOOK_TOKEN = "planted-hook-token-0005"
HOOK_TOKEN_OF_ENV = "planted-hook-token-0006"
OTHERS_KEY = "sk-ant-oat01-planted-by-others-0007"
BEARER = "planted.bearer.token.0008"
URL_PASSWORD = "planted-url-password-0009"
CALLERS_KEY = "sk-ant-api03-planted-caller-000000010"
SERVE_TOKEN = "planted-serve-token-0011"
PROXY_PASSWORD = "planted-proxy-password-0012"
SECRETS = (
    *(KEY, HEADER, STATUS_PASSWORD, HOOK_PASSWORD, HOOK_TOKEN, HOOK_TOKEN_OF_ENV, OTHERS_KEY, BEARER),
    *(URL_PASSWORD, CALLERS_KEY, SERVE_TOKEN, PROXY_PASSWORD),
)
# What has to be found everywhere: the search is no matter of faith.
CONTROL = "control-of-the-search"
SAID = f"{CONTROL}: {{}} {OTHERS_KEY} Bearer {BEARER} https://u:{URL_PASSWORD}@gw.example.com/"


class Echo(BaseHTTPRequestHandler):
    """An endpoint, a status page and a web hook that echo what they receive, and the secrets of others."""

    received: set[str]

    def _answer(self, status: int, document: object) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("request-id", f"req_{OTHERS_KEY}")
        self.send_header("x-echo", str(self.headers.get("x-api-key")))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        type(self).received |= {f"{self.path} {self.headers}"}
        if "summary.json" in self.path:
            self._answer(200, _summary(self._echoed()))
        else:
            self._fail()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        type(self).received |= {f"{self.path} {self.headers}"}
        self._fail()

    def _echoed(self) -> str:
        names = ("x-api-key", "X-Gateway-Token", "Authorization")
        values = (self.headers.get(name) for name in names)
        return SAID.format(f"{self.path} {' '.join(filter(None, values))}")

    def _fail(self) -> None:
        error = {"type": "api_error", "message": self._echoed()}
        self._answer(500, {"type": "error", "error": error, "request_id": f"req_{OTHERS_KEY}"})

    def log_message(self, *_: object) -> None: ...


def _summary(text: str) -> dict[str, object]:
    at = "2026-11-27T12:00:00Z"
    update = {"status": "investigating", "body": text, "created_at": at}
    incident = {
        "id": "i1", "name": text, "status": "investigating", "impact": "major", "created_at": at,
        "updated_at": at, "started_at": at, "incident_updates": [update], "components": [],
    }  # fmt: skip
    component = {"id": "c1", "name": "Claude API", "status": "major_outage", "group": False}
    return {
        "page": {"id": "p", "name": "Claude", "url": "https://status.claude.com", "updated_at": at},
        "status": {"indicator": "major", "description": text},
        "components": [component],
        "incidents": [incident],
        "scheduled_maintenances": [],
    }


@contextmanager
def echoing() -> Iterator[tuple[str, type[Echo]]]:
    kind = type("Echoing", (Echo,), {"received": set()})
    with ThreadingHTTPServer(("127.0.0.1", 0), kind) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_port}", kind
        finally:
            server.shutdown()
            thread.join()


class Processes:
    """Command lines and environments of everything that some processes start, as long as it runs."""

    def __init__(self) -> None:
        self.roots: list[int] = []
        self.command_lines: set[str] = set()
        self.environments: dict[str, str] = {}
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> Processes:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(0.02):
            for root in tuple(self.roots):
                self._look(root, started_by=None)

    def _look(self, pid: int, started_by: str | None) -> None:
        with suppress(OSError):
            line = Path(f"/proc/{pid}/cmdline").read_text("utf-8", "replace").replace("\0", " ")
            self.command_lines.add(line)
            # Between fork and exec a child has the line of its parent, and what that has in its memory.
            if started_by is not None and line not in ("", started_by):
                self.environments[line] = Path(f"/proc/{pid}/environ").read_text("utf-8", "replace")
            for path in Path(f"/proc/{pid}/task").glob("*/children"):
                for child in path.read_text().split():
                    self._look(int(child), line)


SEEN = re.compile(rb"\x1b(?:\[[0-9;?<>=]*[A-Za-z]|\][^\x07]*\x07|.)")


def plain(output: bytes) -> bytes:
    """What was drawn, without the sequences between."""
    return SEEN.sub(b"", output)


async def in_a_browser(url: str) -> bytes:
    """What a browser receives of the dashboard and of some of its screens."""
    seen = b""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as client:
        async with client.get(f"{url}?token={SERVE_TOKEN}") as answer:
            assert answer.status == 200
            seen += await answer.read() + str(answer.headers).encode()
        headers = {"Origin": url.rstrip("/")}
        async with client.ws_connect(f"{url}ws?width=160&height=50", headers=headers) as socket:
            for keys in ("", *"0135", "\x1b", "m", "\x1b", "i", "\x1b", "?"):
                await socket.send_json(["stdin", keys])
                seen += await _drawn(socket)
                while not keys and CONTROL.encode() not in plain(seen):
                    seen += await _drawn(socket)
    return seen


async def _drawn(socket: aiohttp.ClientWebSocketResponse) -> bytes:
    """What is drawn in a moment. A ping is answered at once, with what came before it in front."""
    seen = b""
    await asyncio.sleep(0.5)
    await socket.send_json(["ping", "here"])
    while (message := await socket.receive(PATIENCE_S)).type is not aiohttp.WSMsgType.TEXT:
        assert message.type is aiohttp.WSMsgType.BINARY
        seen += message.data
    return seen


def lines_of(process: subprocess.Popen[bytes]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().decode().strip()


def test_no_secret_is_in_anything_that_is_left_shown_or_started(tmp_path: Path) -> None:
    exports = tmp_path / "exports"
    exports.mkdir()
    with echoing() as (place, server), Processes() as processes:
        settings = (
            "auto_declare = true\nincident_after_s = 1\n"
            '[alerts.routes.one]\nkind = "apprise"\n'
            f'url = "json://hook:{HOOK_PASSWORD}@{place}/{HOOK_TOKEN}"\n'
            '[alerts.routes.two]\nkind = "apprise"\nurl_env = "HOOK_URL"\n'
        )
        environ = {
            "ANTHROPIC_API_KEY": KEY,
            "ANTHROPIC_CUSTOM_HEADERS": f"X-Gateway-Token: {HEADER}",
            "CLAUDE_TOP_STATUS_URL": f"http://ops:{STATUS_PASSWORD}@{place}",
            "CLAUDE_TOP_LOG_LEVEL": "debug",
            "HOOK_URL": f"json://{place}/{HOOK_TOKEN_OF_ENV}",
            "https_proxy": f"http://pu:{PROXY_PASSWORD}@127.0.0.1:9",
            "no_proxy": "127.0.0.1",
        }
        agents = Agents(tmp_path, f"http://{place}", settings, environ)
        with agents:
            processes.roots.append(agents.start().process.pid)
            until(lambda: _told(server, KEY, HEADER, HOOK_TOKEN, HOOK_TOKEN_OF_ENV), "nothing is sent")
            with proxy(f"http://{place}", agents.data, tmp_path / "proxy.log") as proxied:
                _call(proxied)
                until(lambda: _told(server, CALLERS_KEY), "no call passes")

            config = ("--config", str(tmp_path / "config.toml"))
            program = [sys.executable, "-m", "claude_tui"]
            with Program([*program, *config], columns=160, rows=50, env=agents.environ) as dashboard:
                processes.roots.append(dashboard.process.pid)
                dashboard.wait_for(CONTROL.encode())
                for key in ["0", "1", "3", "5", "\r", "\x1b", "\x1b", "i", "\r", "\x1b", "f", "?"]:
                    dashboard.type(key.encode())
                    dashboard.read_for(0.5)
                drawn = plain(bytes(dashboard.output))
            with (tmp_path / "serve.err").open("wb") as errors:
                serve = subprocess.Popen(
                    [*program, "serve", "--listen", "127.0.0.1:0", *config],
                    env=agents.environ | {"CLAUDE_TOP_SERVE_TOKEN": SERVE_TOKEN},
                    stdout=subprocess.PIPE,
                    stderr=errors,
                )
                processes.roots.append(serve.pid)
                try:
                    browser = plain(asyncio.run(in_a_browser(lines_of(serve))))
                finally:
                    serve.terminate()
                    serve.communicate(timeout=PATIENCE_S)
            printed = exported(agents, exports)
            printed["config"] = _run(agents, "config", "show", *config)
            printed["alerts"] = _run(agents, "alerts", "list", *config)
            printed["crash"] = _crash(agents, tmp_path)
        settings_file = (tmp_path / "config.toml").read_text()
        (tmp_path / "config.toml").unlink()
        left = of_files(tmp_path, (*SECRETS, CONTROL))

    # The search finds what is there: what was said is in the record, in the log, on the screens.
    assert HOOK_TOKEN in settings_file
    assert any(CONTROL in hit for name, hit in left.items() if name.endswith(".db"))
    assert CONTROL in left["claude-top.log"]
    assert CONTROL in left["record.jsonl"]
    assert any(CONTROL in hit for name, hit in left.items() if name.startswith("crash-"))
    assert CONTROL.encode() in drawn
    assert CONTROL.encode() in browser
    assert any("apprise_worker" in line for line in processes.environments)
    assert any("--read-only" in line for line in processes.environments)

    found = {name: hit & set(SECRETS) for name, hit in left.items() if hit & set(SECRETS)}
    found |= {name: hit for name, text in printed.items() if (hit := found_in(text.encode(), SECRETS))}
    found |= {"terminal": hit} if (hit := found_in(drawn, SECRETS)) else {}
    found |= {"browser": hit} if (hit := found_in(browser, SECRETS)) else {}
    lines = "\n".join(processes.command_lines)
    found |= {"command lines": hit} if (hit := found_in(lines.encode(), SECRETS)) else {}
    for line, environment in processes.environments.items():
        hit = found_in(environment.encode(), (KEY, HEADER, SERVE_TOKEN, HOOK_PASSWORD, HOOK_TOKEN))
        found |= {f"environment of {line}": hit} if hit else {}
    assert found == {}


def _told(server: type[Echo], *secrets: str) -> bool:
    received = "\n".join(tuple(server.received))
    return all(secret in received for secret in secrets)


def _call(url: str) -> None:
    from http.client import HTTPConnection

    connection = HTTPConnection(url.removeprefix("http://"), timeout=PATIENCE_S)
    body = json.dumps({"model": "claude-haiku-5-5", "max_tokens": 1, "messages": []})
    headers = {"x-api-key": CALLERS_KEY, "Authorization": f"Bearer {BEARER}", "x-claude-top-app": "checkout"}
    connection.request("POST", "/v1/messages", body, headers)
    assert connection.getresponse().status == 500
    connection.close()


def _run(agents: Agents, *arguments: str) -> str:
    command = [sys.executable, "-m", "claude_tui", *arguments]
    done = subprocess.run(
        command, env=agents.environ, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    return done.stdout + done.stderr


CRASH = """
import sys
from pathlib import Path
from claude_tui.cli.failure import explain
def fail(secret):
    raise ValueError(sys.argv[1] + " " + secret)
try:
    fail(__import__("os").environ["ANTHROPIC_API_KEY"])
except ValueError as error:
    explain(error, ["--data-dir", sys.argv[2]])
"""


def _crash(agents: Agents, folder: Path) -> str:
    """The output of an unexpected fault with secrets in its message; the report is a file."""
    text = SAID.format("")
    done = subprocess.run(
        [sys.executable, "-c", CRASH, text, str(folder)],
        env=agents.environ, capture_output=True, text=True, timeout=PATIENCE_S, check=False,
    )  # fmt: skip
    return done.stdout + done.stderr
