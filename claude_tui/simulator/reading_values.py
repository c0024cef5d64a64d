"""Reads values from a scenario file: mixes, spreads, rates, endpoints and models."""

from __future__ import annotations

from claude_tui.model.toml_table import Table
from claude_tui.simulator.script import EndpointPlan, MessagesPlan, ModelPlan, Rates, Reply, Spread

__all__ = ["DAY_S", "YEAR_S", "read_endpoint", "read_messages", "read_models", "read_rates", "read_spread"]

DAY_S = 86_400.0
YEAR_S = 366 * DAY_S
LIFECYCLES = ("active", "deprecated", "retired")
# Failures that only a stream can have.
STREAM_REPLIES = frozenset(
    {Reply.STREAM_ERROR_FIRST, Reply.STREAM_ERROR, Reply.STREAM_CUT, Reply.STREAM_RESET}
)


def read_endpoint(table: Table, base: EndpointPlan | None) -> EndpointPlan:
    plan = EndpointPlan(
        mix=_mix(table, base.mix if base else None, without=STREAM_REPLIES),
        latency=read_spread(table, "latency", base.latency if base else None),
    )
    table.done()
    return plan


def read_messages(table: Table, base: MessagesPlan | None) -> MessagesPlan:
    plan = MessagesPlan(
        mix=_mix(table, base.mix if base else None),
        latency=read_spread(table, "latency", base.latency if base else None),
        first_token=read_spread(table, "first_token", base.first_token if base else None),
        between_tokens=read_spread(table, "between_tokens", base.between_tokens if base else None),
    )
    table.done()
    return plan


def _mix(
    table: Table, base: tuple[tuple[Reply, float], ...] | None, without: frozenset[Reply] = frozenset()
) -> tuple[tuple[Reply, float], ...]:
    if base is not None and not table.has("mix"):
        return base
    weights = table.table("mix")
    names = weights.names([reply.value for reply in Reply if reply not in without])
    mix = tuple((Reply(name), weights.number(name, at_least=0.0, at_most=1.0)) for name in names)
    total = sum(weight for _, weight in mix)
    if abs(total - 1.0) > 1e-6 and table.sound("mix") and weights.sound(*weights.data):
        table.wrong("mix", f"weights that sum to {total:g}", "replies with weights that sum to 1")
    return mix


def read_spread(parent: Table, name: str, base: Spread | None) -> Spread:
    if base is not None and not parent.has(name):
        return base
    table = parent.table(name)
    median_s = table.number("median_s", at_least=1e-6, at_most=3_600.0)
    p95_s = table.number("p95_s", at_least=1e-6, at_most=36_000.0)
    if p95_s < median_s and table.sound("median_s", "p95_s"):
        table.unfit("p95_s", f"at least median_s, which is {median_s:g}")
    spread = Spread(
        median_s,
        p95_s,
        table.number("tail_share", 0.01, at_least=0.0, at_most=1.0),
        table.number("tail_factor", 2.0, at_least=1.0, at_most=1_000.0),
    )
    table.done()
    return spread


def read_rates(table: Table, base: Rates | None, *, at_least: float) -> Rates:
    rates = Rates(
        table.number("requests", base.requests if base else None, at_least=at_least, at_most=1e9),
        table.number("input_tokens", base.input_tokens if base else None, at_least=at_least, at_most=1e12),
        table.number("output_tokens", base.output_tokens if base else None, at_least=at_least, at_most=1e12),
    )
    table.done()
    return rates


def read_models(top: Table) -> tuple[ModelPlan, ...]:
    found: dict[str, ModelPlan] = {}
    for table in top.tables("model"):
        model = _model(table)
        if model.id in found and table.sound("id"):
            table.wrong("id", f'"{model.id}" again', "an id that no other model has")
        found[model.id] = model
    return tuple(found.values())


def _model(table: Table) -> ModelPlan:
    model_id = table.text("id")
    model = ModelPlan(
        id=model_id,
        display_name=table.text("display_name", model_id),
        line=table.text("line") if table.has("line") else None,
        created_at=table.instant("created_at"),
        lifecycle=table.one_of("lifecycle", LIFECYCLES, "active"),
        deprecated_at=table.instant("deprecated_at") if table.has("deprecated_at") else None,
        retires_at=table.instant("retires_at") if table.has("retires_at") else None,
        max_input_tokens=table.whole("max_input_tokens", 200_000, at_least=1),
        max_tokens=table.whole("max_tokens", 64_000, at_least=1),
    )
    table.done()
    return model
