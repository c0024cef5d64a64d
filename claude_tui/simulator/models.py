"""`/v1/models`: the paginated list of models, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from claude_tui.model.format import rfc3339
from claude_tui.simulator.exchange import Answer, Exchange, json_bytes
from claude_tui.simulator.faults import Fault, bytes_answer, error_answer
from claude_tui.simulator.headers import api_headers
from claude_tui.simulator.script import ModelPlan, Scenario

__all__ = ["answer_model", "answer_models"]

LIFECYCLES = ("active", "deprecated", "retired")
# The lifecycles that are listed by default.
LISTED_BY_DEFAULT = ("active", "deprecated")
DEFAULT_LIMIT, MAX_LIMIT = 20, 1000


def answer_models(exchange: Exchange, scenario: Scenario, wait_s: float) -> Answer:
    found = _page(exchange, scenario)
    if isinstance(found, Fault):
        return error_answer(exchange, found, wait_s)
    models, has_more = found
    body = {
        "data": [_item(model, exchange, scenario) for model in models],
        "has_more": has_more,
        "first_id": models[0].id if models else None,
        "last_id": models[-1].id if models else None,
    }
    return bytes_answer(wait_s, 200, api_headers(exchange, wait_s, "application/json"), json_bytes(body))


def answer_model(exchange: Exchange, scenario: Scenario, model_id: str, wait_s: float) -> Answer:
    model = next((model for model in scenario.models if model.id == model_id), None)
    if model is None:
        return error_answer(exchange, Fault(404, "not_found_error", f"model: {model_id}"), wait_s)
    headers = api_headers(exchange, wait_s, "application/json")
    return bytes_answer(wait_s, 200, headers, json_bytes(_item(model, exchange, scenario)))


def _page(exchange: Exchange, scenario: Scenario) -> tuple[Sequence[ModelPlan], bool] | Fault:
    """The requested page of models, and whether more follow."""
    query = dict(exchange.call.query)
    limit = query.get("limit", str(DEFAULT_LIMIT))
    if not (limit.isascii() and limit.isdigit() and 1 <= int(limit[:9]) <= MAX_LIMIT):
        return _invalid(f"limit: Input should be an integer from 1 to {MAX_LIMIT}")
    wanted = [value for key, value in exchange.call.query if key in ("lifecycle", "lifecycle[]")]
    if any(value not in LIFECYCLES for value in wanted):
        return _invalid("lifecycle: Input should be " + ", ".join(LIFECYCLES))
    models = [
        model
        for model in scenario.models
        if exchange.phase.state.lifecycle_of(model) in (wanted or LISTED_BY_DEFAULT)
    ]
    return _cut(models, int(limit), query.get("after_id"), query.get("before_id"))


def _cut(
    models: list[ModelPlan], limit: int, after_id: str | None, before_id: str | None
) -> tuple[Sequence[ModelPlan], bool] | Fault:
    ids = [model.id for model in models]
    for name, cursor in (("after_id", after_id), ("before_id", before_id)):
        if cursor is not None and cursor not in ids:
            return _invalid(f"{name}: no such model")
    if before_id is not None:
        earlier = models[: ids.index(before_id)]
        return earlier[-limit:], len(earlier) > limit
    rest = models[ids.index(after_id) + 1 :] if after_id is not None else models
    return rest[:limit], len(rest) > limit


def _invalid(message: str) -> Fault:
    return Fault(400, "invalid_request_error", message)


def _item(model: ModelPlan, exchange: Exchange, scenario: Scenario) -> dict[str, object]:
    item: dict[str, object] = {
        "type": "model",
        "id": model.id,
        "display_name": model.display_name,
        "created_at": _rfc3339(model.created_at),
    }
    # Older servers and gateways do not report lifecycles.
    if scenario.gateway is not None:
        return item
    lifecycle = exchange.phase.state.lifecycle_of(model)
    # A scenario retires a model at once: the dates of a model that has none are today.
    today = exchange.arrived.replace(hour=0, minute=0, second=0) if lifecycle == "retired" else None
    return item | {
        "line": model.line,
        "lifecycle": lifecycle,
        "deprecated_at": _rfc3339(model.deprecated_at or today),
        "retires_at": _rfc3339(model.retires_at or today),
        "max_input_tokens": model.max_input_tokens,
        "max_tokens": model.max_tokens,
    }


def _rfc3339(instant: datetime | None) -> str | None:
    return rfc3339(instant) if instant is not None else None
