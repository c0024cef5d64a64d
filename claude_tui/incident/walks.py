"""The paths that people took through the decision tree, as timeline entries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta

from claude_tui.incident.values import TimelineEntry, TimelineKind
from claude_tui.model.playbook import WalkTurn
from claude_tui.model.text import inert

__all__ = ["walks"]

# After this long without a turn, the next one belongs to another walk.
_PAUSE = timedelta(minutes=15)
_LONGEST_TITLE = 120


def walks(turns: Iterable[WalkTurn]) -> Iterator[TimelineEntry]:
    """An entry for each walk: the path finally taken, without the parts that were undone."""
    for walk in _walks(turns):
        first, last = walk[0], walk[-1]
        titles = {turn.to: inert(turn.title, _LONGEST_TITLE) for turn in walk if turn.title}
        way = [titles.get(node, node) for node in _way(walk)]
        end = f"“{way[-1]}”" if way[-1] in titles.values() else way[-1]
        where = f"led to {end}" if len(way) > 1 else f"is back at {end}"
        yield TimelineEntry(
            f"walk:{first.at.isoformat()}:{first.by}",
            first.at,
            first.at,
            TimelineKind.RUNBOOK,
            f"the decision tree {where}",
            author=first.by,
            host=first.host,
            count=len(walk),
            last_at=last.at if last.at > first.at else None,
            detail=" → ".join(way),
        )


def _walks(turns: Iterable[WalkTurn]) -> list[list[WalkTurn]]:
    """The turns of each person, divided at long pauses."""
    current: dict[tuple[str, str], list[WalkTurn]] = {}
    found: list[list[WalkTurn]] = []
    for turn in turns:
        who = turn.by, turn.host
        walk = current.get(who)
        if walk is None or turn.at - walk[-1].at > _PAUSE:
            walk = current[who] = []
            found.append(walk)
        walk.append(turn)
    return found


def _way(walk: Iterable[WalkTurn]) -> list[str]:
    way: list[str] = []
    for turn in walk:
        if not way or way[-1] != turn.node:
            way = [turn.node]
        if turn.back and turn.to in way:
            way = way[: way.index(turn.to) + 1]
        elif turn.back:
            way = [turn.to]
        else:
            way.append(turn.to)
    return way
