"""What each command loads: the toolkit and the SDK stay out until they are needed."""

from __future__ import annotations

import subprocess
import sys

import pytest

CORE = [
    "alerting",
    "analysis",
    "check",
    "doctor",
    "engine",
    "knowledge",
    "manual",
    "model",
    "probes",
    "report",
    "runbook",
    "incident",
    "settings",
    "simulator",
    "store",
]
HEAVY = {
    "textual",
    "rich",
    "plotext",
    "textual_plotext",
    "anthropic",
    "aiohttp",
    "apprise",
    "requests",
    "stamina",
    "httpx",
    "httpx2",
    "pydantic",
}


HANGS_AFTER_S = 300


def loaded_by(code: str) -> set[str]:
    """The modules in a fresh interpreter after `code`."""
    script = f"{code}\nimport os, sys\nloaded = [*sys.modules, 'that is all']\n"
    # How long an interpreter takes to end is another matter.
    script += "print(*loaded, sep='\\n', file=sys.stderr, flush=True)\nos._exit(0)"
    # One that hangs says where.
    script = f"import faulthandler\nfaulthandler.dump_traceback_later({HANGS_AFTER_S}, exit=True)\n{script}"
    result = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=2 * HANGS_AFTER_S
    )
    assert result.returncode == 0, result.stderr
    *loaded, last = result.stderr.splitlines()
    assert last == "that is all", result.stderr
    return set(loaded)


def test_the_core_runs_without_textual() -> None:
    """In one process: a module that all of them together do not load is loaded by none of them."""
    every_module = f"""\
import importlib, pkgutil, sys
for name in {CORE}:
    package = importlib.import_module(f"claude_tui.{{name}}")
    for module in pkgutil.walk_packages(getattr(package, "__path__", []), package.__name__ + "."):
        importlib.import_module(module.name)
    assert not {{"textual", "plotext", "textual_plotext"}} & sys.modules.keys(), name
"""
    loaded = loaded_by(every_module)
    assert {f"claude_tui.{name}" for name in CORE} <= loaded


def test_check_loads_neither_textual_nor_the_sdk_before_it_probes() -> None:
    assert not loaded_by("import claude_tui.check") & (HEAVY - {"httpx2"})


def test_the_messages_probe_loads_the_sdk_only_when_it_runs() -> None:
    assert "anthropic" not in loaded_by("import claude_tui.probes.messages")


def test_the_free_probes_load_no_sdk() -> None:
    assert "anthropic" not in loaded_by("import claude_tui.probes.network, claude_tui.probes.models")


def test_the_probes_load_no_optional_part_of_their_libraries() -> None:
    unused = {"aiohttp", "click", "rich", "pygments", "h2", "hpack"}
    assert not loaded_by("import claude_tui.probes.network, claude_tui.probes.sdk") & unused


def test_what_the_probes_leave_out_can_be_imported_afterwards() -> None:
    code = """\
import claude_tui.probes.sdk
import anthropic._vendor.httpx_aiohttp, httpcore2._async.http2
assert anthropic.AsyncAnthropic
"""
    assert {"aiohttp", "h2"} <= loaded_by(code)


def test_the_sdk_loads_what_messages_need() -> None:
    """The rest of it would take 20 MB in each process that probes."""
    loaded = loaded_by("from claude_tui.probes.sdk import prewarm\nprewarm()")
    assert "anthropic.resources.messages.messages" in loaded
    assert not loaded & {
        "anthropic.lib.foundry",
        "anthropic.lib.google_cloud",
        "anthropic.resources.beta.beta",
        "anthropic.resources.organization",
        "anthropic.types.beta.beta_managed_agents_agent",
    }
    assert len({name for name in loaded if name.startswith("anthropic.")}) < 1_500


DESCRIBED = """\
import importlib, json, sys
def described(value):
    return [type(value).__name__, getattr(value, "__qualname__", None)]
"""
NAMES_OF_THE_SDK = """
import anthropic, anthropic.resources
print(json.dumps({
    package: {name: described(value) for name, value in vars(module).items() if name[0] != "_"}
    for package, module in sys.modules.items()
    if package == "anthropic" or package.startswith(("anthropic.types", "anthropic.resources"))
    if hasattr(module, "__path__")
}))
"""
THE_SAME_NAMES = """
import claude_tui.probes.sdk
for package, names in json.load(sys.stdin).items():
    module = importlib.import_module(package)
    for name, value in names.items():
        # A module is a name of its package only once something has imported it.
        if value[0] != "module":
            assert described(getattr(module, name)) == value, (package, name)
"""


def run_python(code: str, text: str = "") -> str:
    command = [sys.executable, "-c", code]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout


def test_every_name_of_the_sdk_is_what_it_is_without_us() -> None:
    usual = run_python(DESCRIBED + NAMES_OF_THE_SDK)
    assert usual.count('["type", "AsyncMessages"]') > 1
    run_python(DESCRIBED + THE_SAME_NAMES, usual)


def test_the_command_line_of_check_loads_no_textual() -> None:
    code = "from claude_tui.cli import main\nassert main(['check', '--samples', '0']) == 3"
    assert not loaded_by(code) & HEAVY


def test_uptime_and_report_load_neither_textual_nor_the_probes() -> None:
    code = "from claude_tui.cli import main\nassert main(['uptime', '--data-dir', '/nonexistent']) == 3"
    assert not loaded_by(code) & HEAVY


def test_the_doctor_loads_neither_textual_nor_the_sdk() -> None:
    code = "from claude_tui.cli import main\nmain(['doctor', '--offline', '--data-dir', '/nonexistent'])"
    # Of rich it needs the styles, to read themes.
    assert not loaded_by(code) & {"textual", "plotext", "textual_plotext", "anthropic", "aiohttp"}


def test_a_page_of_the_manual_in_a_pipe_loads_no_rich() -> None:
    code = "from claude_tui.cli import main\nassert main(['manual', 'errors']) == 0"
    assert not loaded_by(code) & HEAVY


def test_the_engine_is_ready_before_any_probe_is_loaded() -> None:
    """The first frame waits for none of them."""
    assert not loaded_by("import claude_tui.engine, claude_tui.store") & HEAVY


def test_the_first_frame_loads_nothing_that_it_does_not_show() -> None:
    """Neither the engine nor a Snapshot: they take twice as long to import as Textual itself."""
    loaded = loaded_by(
        "import claude_tui.cli.commands, claude_tui.cli.dashboard, claude_tui.tui.run\n"
        "from claude_tui.cli import parser, ready\n"
        "settings = ready.settings_of(parser.parse([]))\n"
        "ready.check_for_screen(settings)\n"
        "from claude_tui.tui.opening import Opening, OpeningApp\n"
        "from claude_tui.tui.screens.opening import About\n"
        "OpeningApp(Opening(lambda: None), settings, About()).get_default_screen()"
    )
    rooms = {".".join(name.split(".")[:2]) for name in loaded if name.startswith("claude_tui.")}
    assert not rooms & {
        f"claude_tui.{package}" for package in ("engine", "store", "knowledge", "alerting", "traffic")
    }
    assert {name for name in loaded if name.startswith("claude_tui.analysis.")} <= {
        "claude_tui.analysis.options"
    }
    needless = {
        "model.snapshot",
        "model.alert",
        "model.observation",
        "model.provider",
        "tui.screens.dashboard",
    }
    assert not loaded & {f"claude_tui.{module}" for module in needless}
    assert not loaded & {"sqlite3", "json", "zoneinfo", "anthropic", "httpx2"}


def test_the_dashboard_loads_incidents_only_when_there_are_any() -> None:
    loaded = loaded_by("import claude_tui.engine.engine, claude_tui.tui.app")
    assert not {name for name in loaded if name.startswith("claude_tui.incident")}


@pytest.mark.parametrize(
    "built",
    [
        "compose.live(settings, {'ANTHROPIC_BASE_URL': 'http://127.0.0.1:9'})",
        "demo.demo_engine(settings, scenario.load('healthy'), 1.0, Path(directory, 'demo'))",
    ],
    ids=["live", "demo"],
)
def test_an_agent_without_a_screen_runs_an_engine(built: str) -> None:
    """Where neither Textual nor rich can be imported, an engine probes and publishes all the same."""
    code = f"""\
import queue, sys, tempfile
from pathlib import Path
sys.modules |= dict.fromkeys(["textual", "rich", "plotext", "textual_plotext"])

from claude_tui.engine import compose, demo
from claude_tui.settings import load
from claude_tui.simulator import scenario

with tempfile.TemporaryDirectory() as directory:
    flags = {{"data_dir": directory, "status_urls": "http://127.0.0.1:9"}}
    settings = load(flags, {{}}, config=None)
    engine, published = {built}, queue.Queue()
    assert engine.first_snapshot().errors
    engine.start(published.put)
    try:
        while not any(probe.last_at for probe in published.get(timeout=60).engine.probes):
            pass
    finally:
        engine.stop(10.0)
"""
    assert "claude_tui.tui" not in loaded_by(code)


AGENT = """\
import os, signal, sys, tempfile, threading, time
from pathlib import Path
from claude_tui.cli import main
from claude_tui.engine import agent
# It is not over when it has stopped: it still has to print what it has loaded, however busy the machine is.
agent.END_WITHIN_S = 600
{before}
with tempfile.TemporaryDirectory() as directory:
    log = Path(directory, "agent.log")
    os.environ |= {{"HOME": directory, "ANTHROPIC_BASE_URL": "http://127.0.0.1:9", "ANTHROPIC_API_KEY": "k"}}
    data = Path(directory, "data")
    {lease}
    def end_it():
        while not log.exists() or {awaited!r} not in log.read_text():
            time.sleep(0.05)
        while {module!r} not in sys.modules:
            time.sleep(0.05)
        time.sleep(2)  # what it loads, it loads at once
        os.kill(os.getpid(), signal.SIGTERM)
    threading.Thread(target=end_it, daemon=True).start()
    arguments = ["agent", "--log-file", str(log), "--data-dir", str(data), "--status-url", "http://127.0.0.1:9"]
    assert main(arguments) == 0
    assert "stopped" in log.read_text()
"""


def test_an_agent_that_collects_loads_no_textual() -> None:
    loaded = loaded_by(AGENT.format(before="", lease="", awaited="collecting", module="anthropic"))
    assert "claude_tui.tui" not in loaded
    assert not loaded & {"textual", "plotext", "textual_plotext", "rich", "aiohttp", "google.protobuf"}
    assert not {name for name in loaded if name.startswith("claude_tui.traffic.otlp")}


def test_an_agent_that_receives_otlp_loads_no_second_http_server() -> None:
    code = AGENT.format(
        before='os.environ["CLAUDE_TOP_TRAFFIC_OTLP"] = "127.0.0.1:0"',
        lease="",
        awaited="collecting",
        module="claude_tui.traffic.otlp.http_connection",
    )
    loaded = loaded_by(code)
    assert "aiohttp" not in loaded


def test_a_viewer_loads_no_probe() -> None:
    """Five viewers must not load five SDKs."""
    before = (
        "from datetime import UTC, datetime\n"
        "from claude_tui.engine import this_process\n"
        "from claude_tui.engine.lease import Lease\n"
    )
    lease = (
        "now = datetime.now(UTC); other = Lease(data / '127.0.0.1_9.db.lease', this_process(now)); "
        "assert other.take(now)"
    )
    loaded = loaded_by(AGENT.format(before=before, lease=lease, awaited="watching", module="sqlite3"))
    assert not loaded & (HEAVY | {"httpcore", "httpcore2", "claude_tui.probes.messages"})


def test_naming_the_scenarios_needs_no_server() -> None:
    code = "from claude_tui.simulator import scenario, past, thread\nassert scenario.names()"
    assert not loaded_by(code) & HEAVY


def test_reading_a_theme_needs_no_textual() -> None:
    code = "from claude_tui.tui.render.theme_files import load_theme\nload_theme('dark', None)"
    assert not loaded_by(code) & {"textual", "plotext", "textual_plotext"}


def test_version_loads_next_to_nothing() -> None:
    own = loaded_by("from claude_tui.cli import main\nmain(['--version'])") - loaded_by("pass")
    assert {name for name in own if name.startswith("claude_tui")} == {"claude_tui", "claude_tui.cli"}
    assert not own & {"argparse", "asyncio", "dataclasses", "pathlib", "re", "tomllib", "typing"}


def test_a_status_line_loads_neither_settings_nor_anything_slow() -> None:
    """It may take 60 ms more than Python itself: dataclasses alone would take 17 of them."""
    own = loaded_by("from claude_tui.cli import main\nassert main(['statusline']) == 0") - loaded_by("pass")
    of_ours = {name for name in own if name.startswith("claude_tui")}
    assert {name.split(".")[1] for name in of_ours if "." in name} == {"cli", "model"}
    assert not own & {
        "argparse",
        "asyncio",
        "dataclasses",
        "pathlib",
        "urllib.parse",
        "inspect",
        "platformdirs",
    }
