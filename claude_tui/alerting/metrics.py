"""The table of metrics that rules may name, and the ones that are not about requests."""

from __future__ import annotations

from claude_tui.alerting.metric import Metric, Query, Reading, Sample, Unit, one
from claude_tui.alerting.request_metrics import request_metrics
from claude_tui.alerting.rule_context import RuleContext
from claude_tui.alerting.topics import in_trouble
from claude_tui.alerting.traffic_metrics import traffic_metrics
from claude_tui.analysis.history.statistics import MIN_REQUESTS
from claude_tui.model.observation import Source
from claude_tui.model.verdict import Cause

__all__ = ["METRICS", "VERDICT_SEVERITY"]

DAY_S = 86_400.0
VERDICT_SEVERITY = "verdict.severity"


def _verdict_severity(context: RuleContext, _query: Query) -> Reading:
    if context.verdict.cause is Cause.UNKNOWN:
        return None
    if not in_trouble(context.verdict):
        return ()
    return (Sample(context.verdict.severity.rank, (("cause", context.verdict.cause.value),)),)


def _verdict_recovering(context: RuleContext, _query: Query) -> Reading:
    verdict = context.verdict
    if verdict.cause is Cause.UNKNOWN:
        return None
    if verdict.recovery is None:
        return ()
    return (Sample(float(verdict.recovery.remaining), (("cause", verdict.cause.value),)),)


def _headroom(context: RuleContext, _query: Query) -> Reading:
    buckets = context.snapshot.headroom.buckets
    return (
        tuple(
            Sample(
                None if bucket.stale or not bucket.granted else bucket.fraction, (("bucket", bucket.bucket),)
            )
            for bucket in buckets
        )
        or None
    )


def _headroom_by_model(context: RuleContext, _query: Query) -> Reading:
    return (
        tuple(
            Sample(
                None if bucket.stale or not bucket.granted else bucket.fraction,
                (("bucket", bucket.bucket), ("model", model)),
            )
            for model, view in context.snapshot.headroom_by_model
            for bucket in view.buckets
        )
        or None
    )


def _windows(context: RuleContext, _query: Query) -> Reading:
    windows = context.snapshot.headroom.windows
    return (
        tuple(
            Sample(None if window.stale else window.used, (("window", window.window),)) for window in windows
        )
        or None
    )


def _certificate(context: RuleContext, _query: Query) -> Reading:
    expires_at = context.snapshot.latency.tls_expires_at
    return one(None if expires_at is None else (expires_at - context.at).total_seconds() / DAY_S)


def _retires(context: RuleContext, _query: Query) -> Reading:
    if context.snapshot.catalogue is None:
        return None
    return tuple(
        Sample((model.retires_at - context.at).total_seconds() / DAY_S, (("model", model.id),))
        for model in context.snapshot.catalogue.models
        if model.retires_at is not None and model.retires_at > context.at and model.lifecycle != "retired"
    )


def _probed_retires(context: RuleContext, query: Query) -> Reading:
    listed, probed = _retires(context, query), context.snapshot.engine.target.model
    return (
        None
        if listed is None
        else tuple(metric for metric in listed if metric.labels == (("model", probed),))
    )


def _retired(context: RuleContext, _query: Query) -> Reading:
    """Only for the probed model: the list may still contain models that nobody uses any more."""
    catalogue, probed = context.snapshot.catalogue, context.snapshot.engine.target.model
    listed = next((model for model in catalogue.models if model.id == probed), None) if catalogue else None
    if listed is None:
        return None
    gone = listed.lifecycle == "retired" or (
        listed.retires_at is not None and listed.retires_at <= context.at
    )
    return (Sample(float(gone), (("model", listed.id),)),)


def _budget(context: RuleContext, _query: Query) -> Reading:
    spend = context.snapshot.engine.spend
    return one(spend.today_usd / spend.ceiling_usd if spend.ceiling_usd > 0 else None)


def _silence(context: RuleContext, _query: Query) -> Reading:
    newest = [found for source in Source if (found := context.latest(source)) is not None]
    return one(min(((context.at - observation.at).total_seconds() for observation in newest), default=None))


def _cost(context: RuleContext, query: Query) -> Reading:
    requests = context.tally((Source.MESSAGES,), query.window).requests
    if requests < max(query.minimum, 1):
        return None
    return one(1000 * context.cost_usd(Source.MESSAGES, query.window) / requests)


_NONE: frozenset[Cause] = frozenset()
_RATE = Cause.RATE_LIMITED.value
_OTHERS = (
    Metric(
        VERDICT_SEVERITY,
        Unit.LEVEL,
        "The verdict's severity as a number, 1 for P1 to 4 for P4; nothing while all is well.",
        _verdict_severity,
        labels=("cause",),
    ),
    Metric(
        "verdict.recovering",
        Unit.COUNT,
        "How many more requests must succeed before a recovery is certain; nothing unless one is under way.",
        _verdict_recovering,
        labels=("cause",),
    ),
    Metric(
        "headroom.left",
        Unit.SHARE,
        "Remaining share of each rate-limit bucket.",
        _headroom,
        labels=("bucket",),
        topic=_RATE,
        explained_by=_NONE,
    ),
    Metric(
        "headroom.left_of_model",
        Unit.SHARE,
        "The same for each model that your own traffic has told the limits of.",
        _headroom_by_model,
        labels=("bucket", "model"),
        topic=_RATE,
        explained_by=_NONE,
    ),
    Metric(
        "window.used",
        Unit.SHARE,
        "Used share of each subscription window.",
        _windows,
        labels=("window",),
        topic=_RATE,
        explained_by=_NONE,
    ),
    Metric(
        "certificate.days_left",
        Unit.DAYS,
        "Days until the API's TLS certificate expires.",
        _certificate,
        topic="certificate",
        explained_by=_NONE,
    ),
    Metric(
        "model.retires_in_days",
        Unit.DAYS,
        "Days until each model that the endpoint lists retires.",
        _retires,
        labels=("model",),
        topic="model_retirement",
        explained_by=_NONE,
    ),
    Metric(
        "model.probed_retires_in_days",
        Unit.DAYS,
        "Days until the model that is probed retires.",
        _probed_retires,
        labels=("model",),
        topic="model_retirement",
        explained_by=_NONE,
    ),
    Metric(
        "model.retired",
        Unit.COUNT,
        "1 when the model that is probed has been retired, else 0.",
        _retired,
        labels=("model",),
        topic=Cause.MODEL_UNAVAILABLE.value,
        explained_by=_NONE,
    ),
    Metric(
        "budget.spent_share",
        Unit.SHARE,
        "What probes cost today, as a share of the ceiling that stops them.",
        _budget,
        topic="probe_budget",
        explained_by=_NONE,
    ),
    Metric(
        "collector.silent_s",
        Unit.SECONDS,
        "Seconds since anything was last probed.",
        _silence,
        topic="collector",
        explained_by=_NONE,
    ),
    Metric(
        "messages.cost_per_1000_usd",
        Unit.USD,
        "What 1,000 probe messages cost at the present rate, in dollars.",
        _cost,
        windowed=True,
        minimum=MIN_REQUESTS,
        topic="cost",
        explained_by=_NONE,
    ),
)

METRICS: dict[str, Metric] = {
    metric.name: metric for metric in (*request_metrics(), *traffic_metrics(), *_OTHERS)
}
