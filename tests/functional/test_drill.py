"""The drill of the README and the manual, typed as it stands, with `check` in place of the dashboard."""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import sys
from pathlib import Path

import pytest

from tests.documents import DOCUMENTS, ROOT, blocks
from tests.manual_tables import PAGES
from tests.simulated import ManualClock, simulated

SERVER = "http://127.0.0.1:8080"


@pytest.mark.parametrize("path", [ROOT / "README.md", PAGES / "simulator.md"], ids=lambda path: path.stem)
async def test_the_second_terminal_sees_the_incident(path: Path, tmp_path: Path) -> None:
    (block,) = [block for block in blocks(DOCUMENTS[path], "sh") if SERVER in block]
    program = shlex.join([sys.executable, "-m", "claude_tui", "check", "--json", "--timeout", "10"])
    async with simulated("overload", 1200.0, clock=ManualClock(), latency_scale=0.0) as simulator:
        assert simulator.status_url == simulator.base_url
        line = block.replace(SERVER, simulator.base_url).replace("claude-top", program)
        process = await asyncio.create_subprocess_shell(
            line,
            stdout=asyncio.subprocess.PIPE,
            env={
                **os.environ,
                "HOME": str(tmp_path),
                "XDG_CONFIG_HOME": str(tmp_path),
                "NO_PROXY": "127.0.0.1",
            },
        )
        out, _ = await process.communicate()
    verdict = json.loads(out)["verdict"]
    assert (verdict["cause"], verdict["side"]) == ("provider_overloaded", "them")
