"""Canaries in the content of calls and of reports on calls, searched in everything that remains of them.

Real processes: a proxy with two workers, an agent that receives OTLP over HTTP and gRPC, and the commands
that print and export. The search is shown to find what is there: the name of an application, request ids.
"""

from __future__ import annotations

import gzip
import http.client
import json
import sqlite3
import subprocess
import sys
import threading
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import grpc
import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from claude_tui.cli.failure import write_report
from claude_tui.engine import compose
from claude_tui.model.snapshot import Snapshot
from claude_tui.settings import load as load_settings
from tests.agents import PATIENCE_S, Agents, until
from tests.functional.still import still_app
from tests.functional.test_engine import running
from tests.otlp_receiving import is_listening
from tests.otlp_values import ANSWERED, API_REQUEST, as_json, event, logs, span, traces
from tests.ports import unused_port
from tests.wire_server import sse

pytestmark = pytest.mark.usefixtures("own_home")

PLACES = (
    *("system", "prompt", "toolname", "toolinput", "userid", "filename", "query"),
    *("apikey", "token", "header", "agent", "cookie", "organisation"),
    *("answer", "thinking", "answertool", "errorquote", "page", "stopreason"),
    *(
        "errorbegin",
        "errormiddle",
        "errorend",
        "errornumber",
        "errorpath",
        "errortype",
        "streamerror",
        "plainerror",
    ),
    *(
        "spaninput",
        "spanoutput",
        "spantool",
        "enduser",
        "email",
        "exception",
        "logbody",
        "logprompt",
        "hostuser",
    ),
    *("errortext", "scope", "spanevent", "arguments"),
)
CANARIES = {place: f"canary{number:02}{place}zq" for number, place in enumerate(PLACES)}
ALL = tuple(CANARIES.values())
# What has to be found: names and ids are what the record is for.
CONTROLS = ("control-checkout", "req_control_proxy_1", "req_control_span_1")
FOUND_IN_ALL = CONTROLS[0]


def canary_text(place: str) -> str:
    return f"something {CANARIES[place]} else"


ANSWER = sse(
    [
        {
            "type": "message_start",
            "message": {
                "type": "message",
                "model": "claude-haiku-5-5",
                "content": [],
                "usage": {"input_tokens": 9, "output_tokens": 1},
            },
        },
        {
            "type": "content_block_start",
            "content_block": {"type": "tool_use", "name": canary_text("answertool")},
        },
        {
            "type": "content_block_delta",
            "delta": {"type": "thinking_delta", "thinking": canary_text("thinking")},
        },
        {"type": "content_block_delta", "delta": {"type": "text_delta", "text": canary_text("answer")}},
        {
            "type": "message_delta",
            "delta": {"stop_reason": canary_text("stopreason")},
            "usage": {"output_tokens": 5},
        },
        {"type": "message_stop"},
    ]
)
MESSAGE = {
    "type": "message",
    "model": "claude-haiku-5-5",
    "content": [{"type": "text", "text": canary_text("answer")}],
    "stop_reason": "end_turn",
    "usage": {"input_tokens": 9, "output_tokens": 5},
}
ERROR = {
    "type": "error",
    "error": {
        "type": "invalid_request_error",
        "message": f"messages.0: \"{canary_text('errorquote')}\" is not '{canary_text('errorquote')}' "
        f"for key {canary_text('apikey')}",
    },
}
# Nothing tells these words from the server's own: there are no quotes round them.
BARE = {
    "type": "error",
    "error": {
        "type": CANARIES["errortype"] + " of mine",
        "message": f"{canary_text('errorbegin')}: messages.3.content: text content blocks "
        f"{CANARIES['errormiddle']} must be non-empty; "
        f"tools.0.custom.input_schema.properties.{CANARIES['errorpath']}: Field required, "
        f"max_tokens: 5{CANARIES['errornumber']} > 8192, prompt is too long: {canary_text('errorend')}",
    },
}
STREAM_ERROR = {"type": "api_error", "message": f"Internal server error {canary_text('streamerror')}"}
FAILING = ANSWER[: len(ANSWER) // 2].rpartition(b"event:")[0] + sse(
    [{"type": "error", "error": STREAM_ERROR}]
)
PAGE = f"<html><title>Blocked</title><p>You asked: {canary_text('page')}</p></html>".encode()
ASKED = {
    "model": "claude-haiku-5-5",
    "max_tokens": 64,
    "system": canary_text("system"),
    "metadata": {"user_id": CANARIES["userid"]},
    "tools": [{"name": CANARIES["toolname"], "input_schema": {"model": canary_text("toolinput")}}],
    "messages": [
        {"role": "user", "content": canary_text("prompt")},
        {
            "role": "assistant",
            "content": [{"type": "tool_use", "input": {"model": canary_text("toolinput")}}],
        },
    ],
}
HEADERS = {
    "x-claude-top-app": CONTROLS[0],
    "x-api-key": CANARIES["apikey"],
    "authorization": f"Bearer {CANARIES['token']}",
    "user-agent": f"curl/8 ({CANARIES['agent']})",
    "cookie": f"session={CANARIES['cookie']}",
    "x-other": CANARIES["header"],
}


class Upstream(BaseHTTPRequestHandler):
    """Answers as `x-want` asks it to."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        want = self.headers.get("x-want", "probe")
        status, kind, body = {
            # A probe asks nothing of anybody's, so what it is answered is no secret.
            "probe": (200, "application/json", b"{}"),
            "stream": (200, "text/event-stream", ANSWER),
            "message": (200, "application/json", json.dumps(MESSAGE).encode()),
            "error": (400, "application/json", json.dumps(ERROR).encode()),
            "bare": (400, "application/json", json.dumps(BARE).encode()),
            "plain": (500, "text/plain", f"Internal server error: {canary_text('plainerror')}".encode()),
            "failing": (200, "text/event-stream", FAILING),
            "page": (502, "text/html", PAGE),
            "cut": (200, "text/event-stream", ANSWER[: len(ANSWER) // 2]),
        }[want]
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(ANSWER) if want == "cut" else len(body)))
        self.send_header("request-id", CONTROLS[1] if want == "error" else f"req_{want}")
        self.send_header("anthropic-organization-id", CANARIES["organisation"])
        self.send_header("set-cookie", f"a={CANARIES['cookie']}")
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = want == "cut"

    def do_GET(self) -> None:
        self.send_error(404)

    def log_message(self, *args: object) -> None: ...


@contextmanager
def upstream() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Upstream) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def proxy(url: str, data: Path, log: Path) -> Iterator[str]:
    command = [sys.executable, "-m", "claude_tui", "proxy", "--listen", "127.0.0.1:0", "--upstream", url]
    with (
        log.open("wb") as errors,
        subprocess.Popen(
            [*command, "--data-dir", str(data), "--workers", "2"], stdout=subprocess.PIPE, stderr=errors
        ) as process,
    ):
        assert process.stdout is not None
        try:
            yield process.stdout.readline().decode().strip().partition("=")[2]
        finally:
            process.terminate()
            process.communicate(timeout=PATIENCE_S)


def call(url: str, want: str, path: str = "/v1/messages", body: bytes | None = None) -> None:
    """A call of its own connection, whose answer is read as far as it comes."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=PATIENCE_S)
    asked = (
        json.dumps({**ASKED, "stream": want in ("stream", "cut", "failing")}).encode()
        if body is None
        else body
    )
    headers = HEADERS | {"x-want": want, "content-type": "application/json"}
    connection.request("POST", f"{path}?beta={CANARIES['query']}", asked, headers)
    with suppress(http.client.IncompleteRead):
        connection.getresponse().read()
    connection.close()


def calls_through(url: str) -> None:
    for want in ("stream", "message", "error", "bare", "plain", "failing", "page", "cut"):
        for _ in range(3):
            call(url, want)
    call(url, "message", path=f"/v1/files/{CANARIES['filename']}")
    # Not what the API takes: broken JSON, a model that is a text, a compressed body.
    call(url, "error", body=b'{"model": "' + canary_text("prompt").encode())
    call(url, "error", body=json.dumps({**ASKED, "model": canary_text("prompt")}).encode())
    call(url, "error", body=gzip.compress(json.dumps(ASKED).encode()))


def reports() -> tuple[ExportTraceServiceRequest, ExportLogsServiceRequest]:
    """Spans and events with everything that instrumentations may put into them."""
    values = ANSWERED | {
        "gen_ai.input.messages": canary_text("spaninput"),
        "gen_ai.output.messages": canary_text("spanoutput"),
        "gen_ai.tool.call.arguments": canary_text("arguments"),
        "gen_ai.system_instructions": canary_text("system"),
        "gen_ai.prompt.0.content": canary_text("prompt"),
        "gen_ai.tool.definitions": canary_text("spantool"),
        "enduser.id": canary_text("enduser"),
        "user.email": canary_text("email"),
        "exception.message": canary_text("exception"),
    }
    failed = values | {"error.type": "overloaded_error", "http.response.status_code": 529}
    spans = traces(
        span(values | {"anthropic.request.id": "req_span_ok"}, number=1),
        span(failed | {"anthropic.request.id": CONTROLS[2]}, status=2, number=2),
    )
    for record in spans.resource_spans[0].scope_spans[0].spans:
        record.status.message = canary_text("exception")
        record.events.add(name=canary_text("spanevent")).attributes.append(
            _text("gen_ai.prompt", canary_text("spanevent"))
        )
    spans.resource_spans[0].scope_spans[0].scope.attributes.append(_text("x", canary_text("scope")))
    spans.resource_spans[0].resource.attributes.append(_text("process.owner", canary_text("hostuser")))
    message = f'"{canary_text("errortext")}" {canary_text("errortext")} is {CANARIES["errortext"]}'
    error = {"type": "invalid_request_error", "message": message}
    events = logs(
        event(
            API_REQUEST
            | {"prompt": canary_text("logprompt"), "user.id": canary_text("enduser"), "request_id": "req_log"}
        ),
        event(
            {
                "event.name": "api_error",
                "model": "claude-opus-5-5",
                "status_code": 400,
                "error": f"400 {json.dumps({'error': error})}",
                "user.email": canary_text("email"),
            }
        ),
        event({"event.name": "user_prompt", "prompt": canary_text("logprompt")}),
        event({"event.name": "tool_result", "tool_parameters": canary_text("arguments")}),
    )
    for record in events.resource_logs[0].scope_logs[0].log_records:
        record.body.string_value = canary_text("logbody")
    return spans, events


def _text(key: str, value: str) -> KeyValue:
    return KeyValue(key=key, value=AnyValue(string_value=value))


def report_to(http_port: int, grpc_port: int) -> None:
    spans, events = reports()
    for number, (path, export) in enumerate((("/v1/traces", spans), ("/v1/logs", events))):
        for form, body in (
            ("application/x-protobuf", export.SerializeToString()),
            ("application/json", as_json(export).replace(b"req_", b"req_json_")),
            # Half of an export is refused with words about it.
            ("application/json", as_json(export)[:-90]),
        ):
            connection = http.client.HTTPConnection("127.0.0.1", http_port, timeout=PATIENCE_S)
            connection.request("POST", path, body, {"Content-Type": form, "x-other": CANARIES["header"]})
            connection.getresponse().read()
            connection.close()
        name = ("trace.v1.Trace", "logs.v1.Logs")[number]
        with grpc.insecure_channel(f"127.0.0.1:{grpc_port}") as channel:
            method = channel.unary_unary(f"/opentelemetry.proto.collector.{name}Service/Export")
            metadata = (("x-other", CANARIES["header"]),)
            changed = export.SerializeToString().replace(b"req_s", b"req_g").replace(b"req_l", b"req_h")
            method(changed, timeout=PATIENCE_S, metadata=metadata)


# -- the search ----------------------------------------------------------------------


def found_in(data: bytes, wanted: tuple[str, ...]) -> set[str]:
    """Which of the words are in it: as they are, or packed by any of the codings in use here."""
    forms = [data, data.replace(b"\0", b""), *_unpacked(data)]
    return {word for word in wanted for form in forms if word.encode() in form}


def _unpacked(data: bytes) -> Iterator[bytes]:
    for offset in range(3):
        for wbits in (15, -15, 31):
            with suppress(zlib.error):
                yield zlib.decompress(data[offset:], wbits)


def of_files(folder: Path, wanted: tuple[str, ...]) -> dict[str, set[str]]:
    """What is in files and their names, databases value by value."""
    found: dict[str, set[str]] = {}
    for path in (entry for entry in folder.rglob("*") if entry.is_file()):
        try:
            data = path.read_bytes()
        except FileNotFoundError:  # files of processes that run come and go
            continue
        here = found_in(data, wanted) | {word for word in wanted if word in path.name}
        if path.suffix == ".db":
            here |= {word for value in _values(path) for word in found_in(value, wanted)}
        found[path.name] = here
    return found


def _values(path: Path) -> Iterator[bytes]:
    with closing(sqlite3.connect(path)) as connection:
        connection.text_factory = bytes
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (table,) in tables:
            for row in connection.execute(f'SELECT * FROM "{table.decode()}"'):
                yield from (value for value in row if isinstance(value, bytes))


def exported(agents: Agents, folder: Path) -> dict[str, str]:
    """Everything that the commands print or write about it."""
    config = ("--config", str(agents.data.parent / "config.toml"))

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "claude_tui", *arguments, *config],
            env=agents.environ,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_S,
        )
        return done.stdout + done.stderr

    printed = {
        "traffic": run("traffic"),
        "traffic --json": run("traffic", "--json", "--by", "outcome"),
        "new": run("postmortem", "new", "Calls fail", "--started", "-5m"),
        "check": run("check", "--json"),
        "record": run("record", "export", "--since", "10m", str(folder / "record.jsonl")),
        "incident": run("record", "export", "--incident", "INC-1", str(folder / "incident.jsonl")),
        "show": run("incidents", "show", "1"),
        **{
            f"incidents {form}": run("incidents", "export", "1", "-o", str(folder / f"incidents.{form}"))
            for form in ("md", "json")
        },
        **{
            f"postmortem {form}": run("postmortem", "export", "1", str(folder / f"postmortem.{form}"))
            for form in ("md", "json")
        },
        **{
            form: run("report", "--since", "1d", str(folder / f"report.{form}"))
            for form in ("md", "html", "json")
        },
        "uptime": run("uptime", "--json"),
        "alerts": run("alerts", "list"),
    }
    assert {path.name for path in folder.iterdir()} == {
        *(
            "record.jsonl",
            "incident.jsonl",
            "incidents.md",
            "incidents.json",
            "postmortem.md",
            "postmortem.json",
        ),
        *("report.md", "report.html", "report.json"),
    }, printed
    return printed


async def screens(snapshot: Snapshot) -> str:
    """Dashboard, every panel in full screen, and the runbook, as pictures and as text."""
    app, _ = still_app(snapshot)
    seen = []
    async with app.run_test(size=(200, 60)) as pilot:
        for keys in ((), *((number,) for number in "0123456"), ("m",), ("d",), ("c",)):
            await pilot.press(*keys)
            await pilot.pause()
            seen.append(app.export_screenshot())
            seen += [strip.text for strip in app.screen._compositor.render_strips()]
            if keys:
                await pilot.press("escape")
    return "\n".join(seen)


async def test_no_canary_is_left_anywhere(tmp_path: Path, own_home: Path) -> None:
    http_port, grpc_port = unused_port(), unused_port()
    settings = f'[traffic]\notlp = "127.0.0.1:{http_port}"\notlp_grpc = "127.0.0.1:{grpc_port}"\n'
    exports = tmp_path / "exports"
    exports.mkdir()
    with upstream() as url, Agents(tmp_path, url, settings) as agents:
        agents.start()
        until(lambda: agents.collector, "an agent that collects")
        with proxy(url, agents.data, tmp_path / "proxy.log") as proxy_url:
            calls_through(proxy_url)
            for port in (http_port, grpc_port):
                until(lambda port=port: is_listening(f"127.0.0.1:{port}"), "no report is received")
            report_to(http_port, grpc_port)
        configured = load_settings({}, agents.environ, config=str(tmp_path / "config.toml"))
        with running(compose.live(configured, agents.environ)) as wait_for:
            snapshot = wait_for(
                lambda s: (
                    s.traffic is not None
                    and {source.source.value for source in s.traffic.sources} == {"proxy", "otlp"}
                    and {failed_call.call.request_id for failed_call in s.traffic.failed_calls}
                    >= {CONTROLS[1], CONTROLS[2]}
                )
            )
            # While all of them have the store open: what is new is in its log only.
            live = of_files(agents.data, ALL + CONTROLS)
        printed = exported(agents, exports)
        crash = write_report(ValueError(repr(snapshot)), ("--data-dir", str(tmp_path)))
    left = of_files(tmp_path, ALL + CONTROLS)
    shown = await screens(snapshot)
    assert crash is not None

    # Everywhere that it has to be found: the search is no matter of faith.
    assert any(name.endswith("-wal") for name in live)
    (store,) = (found for name, found in left.items() if name.endswith(".db"))
    assert store >= set(CONTROLS)
    for name in ("record.jsonl", "incident.jsonl"):
        assert left[name] >= set(CONTROLS), name
    assert FOUND_IN_ALL in left[crash.name] & left["postmortem.md"]
    assert FOUND_IN_ALL in printed["traffic"]
    assert all(control in printed["traffic --json"] for control in CONTROLS)
    # What the API itself said around the canaries.
    for words in ("messages.3.content: text content blocks", "Field required", "Internal server error"):
        assert any(words in (failed_call.call.message or "") for failed_call in snapshot.traffic.failed_calls)
    assert FOUND_IN_ALL in shown

    canaries = set(ALL)
    found = {name: hit & canaries for name, hit in (*live.items(), *left.items()) if hit & canaries}
    found |= {name: hit for name, text in printed.items() if (hit := found_in(text.encode(), ALL))}
    found |= {"screens": hit} if (hit := found_in(shown.encode(), ALL)) else {}
    assert found == {}
