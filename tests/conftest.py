"""What all tests run under: Hypothesis without a clock, and homes that are not the developer's.

Collecting leaves next to no garbage, but 12,000 tests that would be looked at again and again for some: a
quarter of the time that collecting takes, and some of every test's afterwards.
"""

from __future__ import annotations

import atexit
import gc
import os
import signal
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from claude_tui.tui import app
from tests import quiescence, stylesheets

# An app makes hundreds of thousands of objects when it starts. Looking for garbage after each 700 of them,
# and what Hypothesis does at each look, take a twentieth of the tests' time.
_THRESHOLDS = 20_000, 10, 200

gc.disable()
quiescence.install()
stylesheets.install()


def pytest_collection_finish() -> None:
    gc.freeze()
    # An app that has begun sets them for its process, which here is that of all tests.
    app._THRESHOLDS = _THRESHOLDS
    gc.set_threshold(*_THRESHOLDS)
    gc.enable()


_examples = settings().database
# Neither a busy machine nor large examples are a reason to fail; tests/bench measures durations.
settings.register_profile(
    "claude-top",
    deadline=None,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.function_scoped_fixture,
    ],
    print_blob=True,
    # Repeatable: the same code passes or fails alike everywhere. Other examples are the fuzz profile's.
    derandomize=True,
    database=None,
)
settings.load_profile("claude-top")
# With --hypothesis-profile=fuzz, and any --hypothesis-seed: more of the same.
settings.register_profile(
    "fuzz", settings.get_profile("claude-top"), max_examples=2000, derandomize=False, database=_examples
)

# A shell that runs the tests in the background has them ignore SIGINT, `nohup` has them ignore SIGHUP, and so
# would the programs they start. Those have the default where the tests have a handler, with which they go on.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, lambda *_: None)


# No test reads the settings of the person who runs it, and no program started by a test logs in their home.
_NO_SETTINGS = tempfile.TemporaryDirectory(prefix="claude-top-tests-", ignore_cleanup_errors=True)
atexit.register(_NO_SETTINGS.cleanup)
os.environ["XDG_CONFIG_HOME"] = _NO_SETTINGS.name
os.environ["CLAUDE_TOP_LOG_LEVEL"] = "off"
# Nor do the characters and the colours depend on where they run.
for _name in ("LC_ALL", "LC_CTYPE", "NO_COLOR"):
    os.environ.pop(_name, None)
os.environ["LANG"] = "C.UTF-8"


@pytest.fixture
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home directory, with none of the settings of the person who runs the tests; returns it."""
    for name in [name for name in os.environ if name.startswith(("CLAUDE_TOP_", "ANTHROPIC_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("COLUMNS", "100")
    return tmp_path


@pytest.fixture
def config_file(own_home: Path) -> Path:
    """The path of a settings file for a person without any other settings."""
    path = own_home / "config" / "claude-top" / "config.toml"
    path.parent.mkdir(parents=True)
    return path


@pytest.fixture
def own_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current directory, for tests that press every key, as some keys save files there."""
    monkeypatch.chdir(tmp_path)
    return tmp_path
