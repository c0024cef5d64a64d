"""The engine shows own traffic that another process records, live and when it looks back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from claude_tui.engine import store_name
from claude_tui.model.observation import Outcome
from claude_tui.model.past import Move, MoveKind
from claude_tui.model.snapshot import Snapshot
from claude_tui.model.traffic import Call, TrafficSource
from claude_tui.probes.credentials import Credentials
from claude_tui.settings import Settings, load
from claude_tui.store import Store
from claude_tui.traffic.sink import StoreSink
from tests.functional.test_engine import engine_for, environ_of, running, simulated
from tests.store_values import PATIENCE_S


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load({"data_dir": str(tmp_path / "data")}, {}, config=None)


def made(outcome: Outcome = Outcome.OK, ago: float = 0.0) -> Call:
    at = datetime.now(UTC) - timedelta(seconds=ago)
    return Call(at, TrafficSource.PROXY, "messages", "checkout", outcome, request_id="req_1")


def counted(snapshot: Snapshot) -> tuple[int, int]:
    """The calls of the last quarter of an hour, and how many failed."""
    view = snapshot.traffic
    assert view is not None
    return sum(point.calls for point in view.trend), view.failed_count


def test_calls_of_a_proxy_appear_and_stay_in_the_past(settings: Settings) -> None:
    with simulated("healthy") as simulator:
        environ = environ_of(simulator)
        name = store_name(Credentials.from_environ(environ))
        engine = engine_for(settings, environ, simulator.status_url)
        proxy = Store.open(settings.data_dir, name, now=datetime.now(UTC))
        sink = StoreSink(proxy, urgent_s=0.0)
        sink.start()
        with running(engine) as wait_for:
            assert wait_for(lambda s: bool(s.headroom.buckets)).traffic is None
            for _ in range(20):
                sink.add(made(ago=20))
            sink.flush()
            quiet = wait_for(lambda s: s.traffic is not None)
            assert counted(quiet) == (20, 0)
            # A failure is on screen before its 10 s are over.
            sink.add(made(Outcome.OVERLOADED))
            failing = wait_for(lambda s: counted(s)[1] == 1)
            assert failing.traffic is not None
            assert [call.call.request_id for call in failing.traffic.failed_calls] == ["req_1"]
            engine.travel(Move(MoveKind.MINUTE, to=quiet.at))
            past = wait_for(lambda s: s.past is not None)
            assert counted(past) == (20, 0)
        sink.close(PATIENCE_S)
        assert proxy.close(PATIENCE_S)
