"""What README, manual and runbook give to paste into a shell: each command is read by a real one."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest

from tests.documents import DOCUMENTS, README, blocks
from tests.manual_tables import PAGES
from tests.unit.test_runbook_data import SHELL

PASTED = [
    pytest.param(block, id=f"{path.stem}-{number}")
    for path, text in DOCUMENTS.items()
    for number, block in enumerate(blocks(text, "sh"), start=1)
]


@pytest.mark.parametrize("block", PASTED)
def test_what_the_documents_give_to_paste_is_valid_shell(block: str) -> None:
    done = subprocess.run(["sh", "-n"], input=block, capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("text", SHELL)
@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash here")
def test_what_the_runbook_gives_to_paste_is_valid_shell(text: str) -> None:
    done = subprocess.run(["bash", "-n", "-c", text], capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_recipe_for_scripts_prints_the_summary() -> None:
    (line,) = [
        line for block in blocks(README, "sh") for line in block.splitlines() if "check --json |" in line
    ]
    (example,) = blocks((PAGES / "check.md").read_text("utf-8"), "json")
    reader = line.partition(" | ")[2]
    result = subprocess.run(reader, shell=True, input=example, capture_output=True, text=True, timeout=30)
    assert result.stdout.strip() == json.loads(example)["verdict"]["summary"]
