"""The simulated status page: `/api/v2/*.json` with the quirks of the real one, and its failures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random

from claude_tui.simulator.exchange import Answer, Ending, Exchange, Headers, json_bytes
from claude_tui.simulator.faults import CHALLENGE_PAGE, PORTAL_PAGE, bytes_answer, silence
from claude_tui.simulator.script import (
    ComponentPlan,
    IncidentPlan,
    MaintenancePlan,
    PageAnswer,
    Playhead,
    Scenario,
    UpdatePlan,
)

__all__ = ["PATH_PREFIX", "StatusPage", "answer_page"]

PATH_PREFIX = "/api/v2/"
PAGE_ID, PAGE_NAME, PAGE_URL = "tymt9n04zgry", "Claude", "https://status.claude.com"
RESOLVED = ("resolved", "postmortem")
# How long before the simulation the page last changed, unless an incident has changed it since.
QUIET_S = 3 * 86_400.0
Json = dict[str, object]

HTML_PAGE = """<!DOCTYPE html>
<html lang="en"><head><title>Status</title></head><body><div id="root">Loading…</div></body></html>
"""
ERROR_PAGE = """<!DOCTYPE html>
<html lang="en"><head><title>Error</title></head><body><h1>Something went wrong</h1></body></html>
"""
HTML: Headers = (("content-type", "text/html; charset=utf-8"),)
OTHER_ANSWERS: dict[PageAnswer, tuple[int, Headers, str]] = {
    PageAnswer.ERROR: (503, HTML, ERROR_PAGE),
    PageAnswer.CHALLENGE: (405, (*HTML, ("cf-mitigated", "challenge")), CHALLENGE_PAGE),
    PageAnswer.HTML: (200, HTML, HTML_PAGE),
    PageAnswer.CAPTIVE_PORTAL: (200, HTML, PORTAL_PAGE),
}


def answer_page(exchange: Exchange, scenario: Scenario, playhead: Playhead) -> Answer:
    """The answer of the page in the current phase."""
    plan = exchange.phase.state.page
    if plan.answer is PageAnswer.REFUSED:
        return silence(Ending.ABORT)
    if plan.answer is PageAnswer.HANG:
        return silence(Ending.HANG)
    wait_s = exchange.seconds(plan.latency)
    if plan.answer in OTHER_ANSWERS:
        status, headers, text = OTHER_ANSWERS[plan.answer]
        return bytes_answer(wait_s, status, headers, text.encode())
    body = StatusPage(scenario, playhead, exchange.elapsed_s).body(exchange.call.path)
    if body is None:
        return bytes_answer(wait_s, 404, HTML, ERROR_PAGE.encode())
    headers = (("content-type", "application/json; charset=utf-8"), ("access-control-allow-origin", "*"))
    return bytes_answer(wait_s, 200, headers, json_bytes(body))


def _code(*parts: object) -> str:
    """The id of an incident or update: 12 letters and digits, the same in every run."""
    random = Random("/".join(map(str, parts)))
    return "".join(random.choices("0123456789bcdfghjklmnpqrstvwxyz", k=12))


def _time(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class StatusPage:
    """The page `elapsed_s` seconds into a scenario."""

    scenario: Scenario
    playhead: Playhead
    elapsed_s: float

    def body(self, path: str) -> Json | None:
        """The JSON at `path`; None if the page has no such path."""
        views: dict[str, Callable[[], Json]] = {
            "summary": lambda: {
                "components": self.components(),
                "incidents": self.incidents(unresolved=True),
                "scheduled_maintenances": self.maintenances(completed=False),
                "status": self.status(),
            },
            "status": lambda: {"status": self.status()},
            "components": lambda: {"components": self.components()},
            "incidents": lambda: {"incidents": self.incidents()},
            "incidents/unresolved": lambda: {"incidents": self.incidents(unresolved=True)},
            "scheduled-maintenances": lambda: {"scheduled_maintenances": self.maintenances()},
        }
        view = views.get(path.removeprefix(PATH_PREFIX).removesuffix(".json"))
        return {"page": self.page(), **view()} if view is not None and path.endswith(".json") else None

    def page(self) -> Json:
        """`updated_at` changes with incidents and components, not with polls."""
        posted = [update.at_s for plan in self.scenario.incidents for update in self._posted(plan)]
        changed = [self._changed_s(component.key) for component in self.scenario.components]
        return {
            "id": PAGE_ID,
            "name": PAGE_NAME,
            "url": PAGE_URL,
            "time_zone": "Etc/UTC",
            "updated_at": self._at(max([-QUIET_S, *posted, *changed])),
        }

    def status(self) -> Json:
        plan = self.scenario.phase_at(self.elapsed_s).state.page
        return {"indicator": plan.indicator, "description": plan.description}

    def components(self) -> list[Json]:
        return [self._component(component) for component in self.scenario.components]

    def incidents(self, *, unresolved: bool = False) -> list[Json]:
        """The incidents posted so far, newest first."""
        posted = [(plan, updates) for plan in self.scenario.incidents if (updates := self._posted(plan))]
        if unresolved:
            posted = [(plan, updates) for plan, updates in posted if updates[-1].status not in RESOLVED]
        posted.sort(key=lambda pair: pair[1][0].at_s, reverse=True)
        return [self._incident(plan, updates) for plan, updates in posted]

    def maintenances(self, *, completed: bool = True) -> list[Json]:
        found = [self._maintenance(plan) for plan in self.scenario.maintenances]
        return [item for item in found if completed or item["status"] != "completed"]

    # -- its parts -------------------------------------------------------------

    def _at(self, at_s: float) -> str:
        return _time(self.playhead.instant(at_s))

    def _posted(self, plan: IncidentPlan) -> list[UpdatePlan]:
        return [update for update in plan.updates if update.at_s <= self.elapsed_s]

    def _changed_s(self, key: str) -> float:
        """When the component last changed; `-QUIET_S` if it never did."""
        changed_s, status = -QUIET_S, self.scenario.baseline.page.status_of(key)
        for start, phase in self.scenario.scheduled:
            if start <= self.elapsed_s and phase.state.page.status_of(key) != status:
                changed_s, status = start, phase.state.page.status_of(key)
        return changed_s

    def _status_of(self, key: str, at_s: float) -> str:
        plan = self.scenario.phase_at(at_s).state if at_s >= 0 else self.scenario.baseline
        return plan.page.status_of(key)

    def _component(self, component: ComponentPlan) -> Json:
        position = 1 + self.scenario.components.index(component)
        return {
            "id": component.id,
            "name": component.name,
            "status": self._status_of(component.key, self.elapsed_s),
            "created_at": _time(component.created_at),
            "updated_at": self._at(self._changed_s(component.key)),
            "position": position,
            "description": None,
            "showcase": True,
            "start_date": component.created_at.date().isoformat(),
            "group_id": None,
            "page_id": PAGE_ID,
            "group": False,
            "only_show_if_degraded": False,
        }

    def _affected(self, keys: tuple[str, ...]) -> list[ComponentPlan]:
        return [component for component in self.scenario.components if component.key in keys]

    def _incident(self, plan: IncidentPlan, updates: list[UpdatePlan]) -> Json:
        incident_id = _code(self.scenario.name, plan.name)
        first_at_of = {update.status: update.at_s for update in reversed(updates)}
        listed = updates if plan.oldest_first else updates[::-1]
        return {
            "id": incident_id,
            "name": plan.name,
            "status": updates[-1].status,
            "created_at": self._at(updates[0].at_s),
            "updated_at": self._at(updates[-1].at_s),
            "monitoring_at": self._instant_of("monitoring", first_at_of),
            "resolved_at": self._instant_of("resolved", first_at_of),
            "impact": plan.impact,
            "shortlink": f"https://stspg.io/{incident_id[:8]}",
            "started_at": self._at(updates[0].at_s),
            "page_id": PAGE_ID,
            "incident_updates": [self._update(plan, incident_id, update) for update in listed],
            # Their current state rather than that at the time, as on the real page.
            "components": [self._component(component) for component in self._affected(plan.components)],
            # A string that looks like JSON, as on the real page.
            "reminder_intervals": "[]",
        }

    def _instant_of(self, status: str, first_at_of: dict[str, float]) -> str | None:
        return self._at(first_at_of[status]) if status in first_at_of else None

    def _update(self, plan: IncidentPlan, incident_id: str, update: UpdatePlan) -> Json:
        earlier = [other.at_s for other in plan.updates if other.at_s < update.at_s]
        before_s = earlier[-1] if earlier else update.at_s - 1.0
        at = self._at(update.at_s)
        affected = [
            {
                "code": component.id,
                "name": component.name,
                "old_status": self._status_of(component.key, before_s),
                "new_status": self._status_of(component.key, update.at_s),
            }
            for component in self._affected(plan.components)
        ]
        return {
            "id": _code(incident_id, update.at_s, update.status),
            "status": update.status,
            "body": update.body,
            "incident_id": incident_id,
            "created_at": at,
            "updated_at": at,
            "display_at": at,
            # The last update of an incident often names no component.
            "affected_components": None if update.status in RESOLVED else affected,
            "deliver_notifications": True,
            "custom_tweet": None,
            "tweet_id": None,
        }

    def _maintenance(self, plan: MaintenancePlan) -> Json:
        ends_s = plan.starts_s + plan.for_s
        if self.elapsed_s >= ends_s:
            status = "completed"
        else:
            status = "in_progress" if self.elapsed_s >= plan.starts_s else "scheduled"
        announced_s = min(plan.starts_s, 0.0) - QUIET_S
        announcement = IncidentPlan(
            plan.name, "maintenance", plan.components, (UpdatePlan(announced_s, "scheduled", plan.body),)
        )
        return self._incident(announcement, list(announcement.updates)) | {
            "status": status,
            "scheduled_for": self._at(plan.starts_s),
            "scheduled_until": self._at(ends_s),
            "resolved_at": self._at(ends_s) if status == "completed" else None,
        }
