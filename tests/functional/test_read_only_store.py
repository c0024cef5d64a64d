"""A read-only dashboard on a real store: no key on any screen changes a row."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Input

from claude_tui.engine import compose, store_name
from claude_tui.model.incident import IncidentAct, IncidentEntry
from claude_tui.model.json_values import mapped
from claude_tui.probes.credentials import Credentials
from claude_tui.settings import Settings, load
from claude_tui.store import Store
from claude_tui.tui.app import ClaudeTopApp
from claude_tui.tui.palette import ActionCommands
from claude_tui.tui.permissions import SHARED_METHODS, action_name
from tests.builders import after
from tests.functional.test_acknowledge import notices
from tests.recorded import END_S, everything

pytestmark = pytest.mark.usefixtures("own_directory")

BASE_URL = "http://127.0.0.1:9"
OPEN_INCIDENT = "d" * 32
LEFT_OUT = {"quit", "suspend_process", "interrupt", "command_palette", "export", "theme"}
"""What ends the program, the palette, and what writes files of one's own: exports and settings."""

SCREENS: dict[str, tuple[str, ...]] = {
    "dashboard": (),
    "verdict": ("0",),
    "status": ("1",),
    "errors": ("3",),
    "events": ("5",),
    "traffic": ("6",),
    "an event": ("5", "enter"),
    "help": ("?",),
    "walk": ("d",),
    "playbook": ("m",),
    "incident": ("i",),
    "all incidents": ("i", "l"),
    "postmortem": ("f",),
    "preview": ("f", "v"),
    "lint": ("f", "l"),
    "history": ("h",),
}


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The eventful record, as if it had ended just now, with an incident that is open."""
    directory = tmp_path_factory.mktemp("data")
    shift = datetime.now(UTC) - after(END_S)

    def moved(value: object) -> object:
        return value + shift if isinstance(value, datetime) else mapped(moved, value)

    store = Store.open(directory, store_name(credentials()), now=datetime.now(UTC))
    for item in everything():
        store.write(moved(item))  # type: ignore[arg-type]
    at = datetime.now(UTC) - timedelta(minutes=1)
    declared = IncidentAct.DECLARED
    store.write(IncidentEntry(at, "e" * 32, OPEN_INCIDENT, declared, at, "ana", "h", "Elevated 529s"))
    assert store.flush(30.0)
    store.close()
    return directory


def credentials() -> Credentials:
    return Credentials.from_environ({}, base_url=BASE_URL)


@pytest.fixture
def settings(data_dir: Path, tmp_path: Path) -> Settings:
    flags = {"data_dir": str(data_dir), "base_url": BASE_URL}
    return load(flags, {"XDG_CONFIG_HOME": str(tmp_path)}, config=None)


@pytest.fixture
def unchanged(data_dir: Path) -> Iterator[None]:
    before = contents(data_dir)
    yield
    assert contents(data_dir) == before


def contents(data_dir: Path) -> dict[str, object]:
    """Every row of the store, its bytes, and the names of the files beside it.

    Files that announce a viewer are left out, as each has a name of its own.
    """
    path = data_dir / store_name(credentials())
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        rows = list(connection.iterdump())
    others = {file.name for file in data_dir.iterdir()} - {
        f"{path.name}{suffix}" for suffix in ("-shm", "-wal", ".d")
    }
    return {"rows": rows, "bytes": path.read_bytes(), "files": others}


class ReadOnlyApp(ClaudeTopApp):
    copied = ""

    def copy_to_clipboard(self, text: str) -> None:
        self.copied = text


@asynccontextmanager
async def reading(settings: Settings, name: str) -> AsyncIterator[tuple[ReadOnlyApp, Pilot[None]]]:
    engine = compose.live(settings, {}, read_only=True)
    app = ReadOnlyApp(settings).begin(engine, engine.first_snapshot())
    try:
        async with app.run_test(size=(80, 24)) as pilot:
            await opened(app, pilot, name)
            yield app, pilot
    finally:
        engine.stop()


async def opened(app: ReadOnlyApp, pilot: Pilot[None], name: str) -> Screen[object]:
    """Opens that screen, with nothing else below it."""
    while len(app.screen_stack) > 1:
        app.pop_screen()
        await pilot.pause()
    app.return_to_live()
    await pilot.press(*SCREENS[name])
    await app.workers.wait_for_complete()
    await pilot.pause()
    return app.screen


async def confirm(app: ReadOnlyApp, pilot: Pilot[None]) -> None:
    """Fills in and confirms the open dialog."""
    for widget in app.screen.query(Input):
        widget.value = "-1m"
    await pilot.press("y", "down", "enter")
    await pilot.press("enter", "ctrl+s")
    await pilot.pause()


@pytest.mark.parametrize("name", SCREENS)
@pytest.mark.usefixtures("unchanged")
async def test_no_key_of_a_screen_changes_anything(name: str, settings: Settings) -> None:
    async with reading(settings, name) as (app, pilot):
        screen = app.screen
        # Those of all screens are pressed on the dashboard.
        keys = [
            key
            for key, active in screen.active_bindings.items()
            if action_name(active.binding.action) not in LEFT_OUT
            and (name == "dashboard" or active.node is not app)
        ]
        assert len(keys) > 5
        for key in keys:
            await pilot.press(key)
            if app.screen is not screen:
                await confirm(app, pilot)
                screen = await opened(app, pilot, name)


@pytest.mark.parametrize("name", SCREENS)
@pytest.mark.usefixtures("unchanged")
async def test_no_action_that_others_see_works_when_it_is_called_by_name(
    name: str, settings: Settings
) -> None:
    async with reading(settings, name) as (app, pilot):
        screen = app.screen
        keys = [key for key, active in screen.active_bindings.items() if is_shared(active.binding.action)]
        assert all(key.startswith("not-offered") for key in keys)
        nodes = {active.node for active in screen.active_bindings.values()}
        for method in sorted(SHARED_METHODS):
            for node in nodes:
                assert await app.run_action(method, node)
        await pilot.pause()
        assert app.screen is screen
        assert "This dashboard is read-only" in notices(app)


def is_shared(action: str) -> bool:
    return action_name(action) in SHARED_METHODS


@pytest.mark.parametrize("name", ["dashboard", "incident", "postmortem", "playbook"])
@pytest.mark.usefixtures("unchanged")
async def test_no_entry_of_the_palette_changes_anything(name: str, settings: Settings) -> None:
    async with reading(settings, name) as (app, pilot):
        screen = app.screen
        entries = [(command.id, action) for command, action in ActionCommands(screen)._possible()]
        assert len(entries) > 10
        for ident, _ in entries:
            found = {command.id: action for command, action in ActionCommands(screen)._possible()}[ident]
            action, node = found.args
            assert not is_shared(action)
            if action_name(action) in LEFT_OUT:
                continue
            await app.run_action(action, node)
            await pilot.pause()
            if app.screen is not screen:
                await confirm(app, pilot)
                screen = await opened(app, pilot, name)
