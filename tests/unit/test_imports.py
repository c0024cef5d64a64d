"""What each command loads: the toolkit and the SDK stay out until they are needed."""

from __future__ import annotations

import subprocess
import sys

import pytest

CORE = [
    "alerting",
    "analysis",
    "check",
    "engine",
    "knowledge",
    "manual",
    "model",
    "probes",
    "runbook",
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


def loaded_by(code: str) -> set[str]:
    """The modules in a fresh interpreter after `code`."""
    script = f"{code}\nimport sys\nsys.stderr.write('\\n'.join(sys.modules))"
    result = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    return set(result.stderr.splitlines())


@pytest.mark.parametrize("package", CORE)
def test_the_core_runs_without_textual(package: str) -> None:
    every_module = (
        f"import claude_tui.{package} as package, importlib, pkgutil\n"
        "for each in pkgutil.walk_packages(getattr(package, '__path__', []), package.__name__ + '.'):\n"
        "    importlib.import_module(each.name)"
    )
    # Not rich: httpx loads it for its own command line where it finds it.
    assert not loaded_by(every_module) & {"textual", "plotext", "textual_plotext"}


def test_check_loads_neither_textual_nor_the_sdk_before_it_probes() -> None:
    assert not loaded_by("import claude_tui.check") & (HEAVY - {"httpx"})


def test_the_messages_probe_loads_the_sdk_only_when_it_runs() -> None:
    assert "anthropic" not in loaded_by("import claude_tui.probes.messages")


def test_the_command_line_of_check_loads_no_textual() -> None:
    code = "from claude_tui.cli import main\nassert main(['check', '--samples', '0']) == 3"
    assert not loaded_by(code) & HEAVY


def test_a_page_of_the_manual_in_a_pipe_loads_no_rich() -> None:
    code = "from claude_tui.cli import main\nassert main(['manual', 'errors']) == 0"
    assert not loaded_by(code) & HEAVY


def test_the_engine_is_ready_before_any_probe_is_loaded() -> None:
    """The first frame waits for none of them."""
    assert not loaded_by("import claude_tui.engine, claude_tui.store") & HEAVY


def test_naming_the_scenarios_needs_no_server() -> None:
    code = "from claude_tui.simulator import scenario, past\nassert scenario.names()"
    assert not loaded_by(code) & HEAVY


def test_version_loads_next_to_nothing() -> None:
    own = loaded_by("from claude_tui.cli import main\nmain(['--version'])") - loaded_by("pass")
    assert {name for name in own if name.startswith("claude_tui")} == {"claude_tui", "claude_tui.cli"}
    assert not own & {"argparse", "asyncio", "dataclasses", "pathlib", "re", "tomllib", "typing"}
