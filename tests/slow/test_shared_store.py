"""Several processes on one store: one probes and pages, whatever becomes of it."""

from __future__ import annotations

import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

from claude_tui.alerting.delivery import chat
from claude_tui.store import ALERT_ENTRIES, Store
from tests.agents import Agent, Agents, Hook, Tap, tapped, until, webhook

KILLS = 20
VIEWERS = 8
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
# Besides the interval's jitter of a tenth.
MODELS_EVERY_S, MESSAGES_EVERY_S = 2 * 0.9, 5 * 0.9


@pytest.fixture
def tap() -> Iterator[Tap]:
    with tapped("outage") as tap:
        yield tap


def store_of(agents: Agents) -> Path:
    (found,) = agents.data.glob("*.db")
    return found


def recorded(agents: Agents) -> set[tuple[datetime, str]]:
    path = store_of(agents)
    store = Store.open(path.parent, path.name, now=datetime.now(UTC), read_only=True)
    try:
        return {(observation.at, observation.source) for observation in store.observations(LONG_AGO)}
    finally:
        store.close()


def journal_is_whole(agents: Agents) -> bool:
    """Whether each entry of the alerts' journal exists exactly once."""
    path = store_of(agents)
    store = Store.open(path.parent, path.name, now=datetime.now(UTC), read_only=True)
    keys = [entry.key for entry in store.entries(ALERT_ENTRIES, LONG_AGO)]
    store.close()
    return keys == [f"alert:{number + 1}" for number in range(len(keys))] and bool(keys)


def integrity(agents: Agents) -> list[tuple[str]]:
    with closing(sqlite3.connect(store_of(agents))) as connection:
        return connection.execute("PRAGMA integrity_check").fetchall()


def paging(directory: Path, hook: Hook) -> str:
    """Settings that page an outage at once."""
    rules = directory / "rules.toml"
    rules.write_text('[rules.verdict-p3]\nfor = "0s"\n')
    return f'alert_rules = "{rules}"\n[alerts.routes.hook]\nkind = "apprise"\nurl = "{hook.url}"\n'


def troubles(agents: Agents) -> list[str]:
    """Messages that no agent may log: that the store is locked, lost or damaged, or anything unexpected."""
    lines = [line for agent in agents.all for line in agent.lines]
    return [*(line for line in lines if line.startswith("notice: ")), *agents.errors.splitlines()]


def test_eight_viewers_send_no_probe_more_than_one_collector(tmp_path: Path, tap: Tap) -> None:
    with Agents(tmp_path, tap.url) as agents:
        agents.start()
        until(lambda: agents.collector, "a collector")
        viewers = [agents.start() for _ in range(VIEWERS)]
        until(lambda: all(viewer.role == "watching" for viewer in viewers), "eight viewers")
        began, before = time.monotonic(), tap.requests.copy()
        until(lambda: tap.requests["/v1/models?limit=1000"] >= before["/v1/models?limit=1000"] + 6, "probes")
        sent, took_s = tap.requests - before, time.monotonic() - began
        messages = sum(count for path, count in sent.items() if path.startswith("/v1/messages"))
        models = sum(count for path, count in sent.items() if path.startswith("/v1/models"))
        # One of each may have been on its way to the tap when the counting began.
        assert models <= took_s / MODELS_EVERY_S + 1 + 1
        # The first failure is confirmed at once by up to three more messages.
        assert messages <= took_s / MESSAGES_EVERY_S + 1 + 1 + 3
        assert [viewer.role for viewer in viewers] == ["watching"] * VIEWERS
        until(
            lambda: all(any("It's them" in line for line in viewer.lines) for viewer in viewers), "the outage"
        )
        assert troubles(agents) == []


def test_a_collector_killed_at_random_moments_loses_no_row_and_doubles_no_page(
    tmp_path: Path, tap: Tap
) -> None:
    random, seen = Random(), set[tuple[datetime, str]]()
    with webhook() as hook:
        with Agents(tmp_path, tap.url, paging(tmp_path, hook)) as agents:
            for _ in range(3):
                agents.start()
            until(lambda: agents.collector, "a collector")
            for _ in range(KILLS):
                collector = another_collects(agents, None)
                time.sleep(random.uniform(0, 1.5))
                if list(agents.data.glob("*.db")):
                    seen |= recorded(agents)
                collector.kill()
                agents.start()
                another_collects(agents, collector)
            seen |= recorded(agents)
            until(lambda: all(agent.role for agent in agents.alive), "the last ones")
            # On a busy machine none of them may have lived long enough before.
            until(lambda: hook.pages, "a page")
            for agent in agents.alive:
                assert agent.end() == 0
            assert seen <= recorded(agents)
            assert integrity(agents) == [("ok",)]
            assert journal_is_whole(agents)
            assert troubles(agents) == []
            assert not list(agents.data.glob("*damaged*"))
        fresh = [page["title"] for page in hook.pages if chat.REPEAT not in page["message"]]
        assert len(set(fresh)) == len(fresh), hook.pages
        assert sum(", was P" not in title for title in fresh) <= 1, hook.pages
        assert hook.pages


def another_collects(agents: Agents, former: Agent | None) -> Agent:
    found: list[Agent] = []

    def collects() -> bool:
        collector = agents.collector
        if collector is None or collector is former:
            return False
        found.append(collector)
        return True

    until(collects, "another collector")
    return found[0]


def test_a_clean_end_hands_over_without_a_page_twice(tmp_path: Path, tap: Tap) -> None:
    with webhook() as hook:
        with Agents(tmp_path, tap.url, paging(tmp_path, hook)) as agents:
            first = agents.start()
            until(lambda: first.role == "collecting", "a collector")
            second = agents.start()
            until(lambda: second.role == "watching" and hook.pages, "a page")
            assert first.end(signal.SIGINT) == 0
            assert first.lines[-1] == "stopped"
            until(lambda: second.role == "collecting", "another collector")
            before = len(recorded(agents))
            until(lambda: len(recorded(agents)) > before, "its probes")
            assert second.end() == 0
            assert journal_is_whole(agents)
            assert troubles(agents) == []
        titles = [page["title"] for page in hook.pages]
        assert len(set(titles)) == len(titles), titles
