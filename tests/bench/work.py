"""The budgets of work that is timed on its own: diagnosis, 90 days of history, the proxy."""

from __future__ import annotations

import asyncio
import random
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from claude_tui.simulator.sockets import free_port
from claude_tui.store.files import NAME
from tests.bench import history, past, proxy, pure
from tests.bench.store import NOW, SPAN, best_ms, fill, open_store
from tests.bench.table import Row

HISTORY_METHOD = (
    "A store of 90 days with 1.6 million observations. A step is the CPU time of the slowest of 120 steps of "
    "its kind, after the first jump; a query is the best of several runs."
)
PROXY_METHOD = (
    "Direct and proxied calls are interleaved, 50 streams at a time; upstream and client have processes of "
    "their own. nginx is a plain reverse proxy, for comparison."
)
PURE_METHOD = "The best of ten runs."
_OPEN_MS = 10.0


def pure_rows() -> Iterator[Row]:
    for name, work, budget_ms in pure.cases():
        yield Row.at_most(name, pure.best_ms(work), budget_ms, "ms", 1)


def history_rows(count: int) -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as scratch:
        directory = Path(scratch) / "data"
        open_store(directory).close()
        fill(directory / NAME, count, raw=False)
        yield Row.at_most(
            "opening the store", best_ms(lambda: open_store(directory).close()), _OPEN_MS, "ms", 1
        )
        store = open_store(directory)
        past.furnish(store)
        jumps = past.jumps(store, random.Random(8))
        yield from (_slowest(jump) for jump in jumps if jump.budget_ms is not None)
        yield from (_slowest(step) for step in past.steps(store, NOW - SPAN / 2))
        store.close()
        then = ""
        for what, spent, budget in history.measure(directory / NAME):
            if budget < float("inf"):
                yield Row.at_most(
                    f"{what.partition(' (')[0].partition(',')[0]}{then}", spent, budget, "ms", 1
                )
            then = ", afterwards" if what.startswith("pruning") else then


def _slowest(timed: past.Timed) -> Row:
    assert timed.budget_ms is not None
    return Row.at_most(f"step: {timed.name}", max(timed.taken), timed.budget_ms, "ms", 1)


def proxy_rows(nginx: str | None, *, quick: bool) -> Iterator[Row]:
    rounds, seconds = (4, 3.0) if quick else (20, 10.0)
    port = free_port()
    upstream = f"http://127.0.0.1:{port}"
    with ExitStack() as stack:
        again = (sys.executable, "-m", "tests.bench.proxy", "--upstream-at", str(port))
        stack.enter_context(proxy.running(again, port))
        programs = {"claude-top": stack.enter_context(proxy.proxy(upstream))}
        if nginx:
            programs["nginx"] = stack.enter_context(proxy.nginx(nginx, upstream))
        addresses = [upstream, *(url for url, _ in programs.values())]
        found = asyncio.run(proxy.streams(addresses, rounds, proxy.STREAMS))
        base = [call.first_token_s for call in found[upstream]]
        for name, (url, _) in programs.items():
            firsts = [call.first_token_s for call in found[url]]
            for quantile, budget_ms in ((0.5, 1.5), (0.99, 5.0)):
                added = (proxy.at(firsts, quantile) - proxy.at(base, quantile)) * 1000
                what = f"{name}: added to the first token, p{quantile * 100:.0f}"
                ours = name == "claude-top"
                yield (Row.at_most(what, added, budget_ms, "ms", 2) if ours else Row(what, f"{added:.2f} ms"))
        url, pid = programs["claude-top"]
        asyncio.run(proxy.calls(url, seconds / 10))
        rate = asyncio.run(proxy.calls(url, seconds))
        yield Row("small calls a second of one worker", f"{rate:,.0f}", "at least 1,000", rate >= 1000)
        yield Row.at_most("500 open streams", asyncio.run(proxy.resident_with_open(url, pid)), 150, "MB")
