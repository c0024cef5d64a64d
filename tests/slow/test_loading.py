"""What a command loads, in a process of its own: each is quick because it leaves the rest alone."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest


def test_reading_the_settings_loads_neither_alerting_nor_analysis() -> None:
    """The first frame does without; the thresholds' defaults alone come from analysis."""
    code = (
        "import sys\n"
        "from claude_tui.settings import load\n"
        "load({}, {'CLAUDE_TOP_ALERTS': '{}', 'CLAUDE_TOP_ALERT_RULES': 'x'})\n"
        "print(*sys.modules)"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    loaded = set(re.findall(r"claude_tui\.(?:alerting|analysis|runbook)[.\w]*", result.stdout))
    assert loaded == {"claude_tui.analysis", "claude_tui.analysis.options"}


@pytest.mark.parametrize("arguments", [["alerts", "list"], ["config", "show"]])
def test_nothing_that_sends_is_loaded_before_it_sends(own_home: Path, arguments: list[str]) -> None:
    config = own_home / "config" / "claude-top" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text("""
        [alerts.routes.chat]
        kind = "apprise"
        url = "json://user:s3cretpass@am.test/hookSECRET"
        [alerts.routes.pager]
        kind = "pagerduty"
        url = "http://am.test/v2/enqueue"
        routing_key_env = "PAGERDUTY_KEY"
        """)
    code = f"from claude_tui.cli import main\nmain({arguments})\nimport sys\nsys.exit(' '.join(sys.modules))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert "claude_tui.alerting.rules" in result.stderr.split()
    assert not {"apprise", "stamina", "requests", "httpx", "httpx2"} & set(result.stderr.split())


def test_the_printed_runbook_needs_neither_screen_nor_sdk() -> None:
    code = (
        "import sys; from claude_tui.runbook.command import run; run('network');"
        "sys.exit(bool({'textual', 'anthropic', 'httpx', 'httpx2', 'aiohttp'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60)
    assert done.returncode == 0
