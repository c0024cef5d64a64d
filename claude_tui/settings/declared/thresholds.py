"""Settings that decide which figures are a problem, and how severe it is."""

from dataclasses import dataclass

from claude_tui.analysis.options import Options
from claude_tui.settings import kinds
from claude_tui.settings.about import setting

__all__ = ["ThresholdSettings"]

_OPTIONS = Options()
_THRESHOLDS = _OPTIONS.thresholds
_TRAFFIC = _OPTIONS.traffic


@dataclass(frozen=True, kw_only=True, init=False, repr=False, eq=False)
class ThresholdSettings:
    """The thresholds of gauges, verdict, severity and alerts about own traffic."""

    headroom_low: float = setting(
        _OPTIONS.headroom_low,
        "Remaining share of a limit at which its gauge warns.",
        kinds.fraction(),
        section="Headroom and latency",
    )
    headroom_critical: float = setting(
        _OPTIONS.headroom_critical,
        "Remaining share of a limit at which its gauge is critical.",
        kinds.fraction(),
    )
    ttft_slow_s: float = setting(
        _OPTIONS.ttft_slow_s,
        "Time to first token, in seconds, that counts as slow unless it is usual.",
        kinds.seconds(0.1, 600),
    )
    message_slow_s: float = setting(
        _OPTIONS.message_slow_s,
        "Time of a whole probe message, in seconds, that counts as slow unless it is usual.",
        kinds.seconds(0.1, 600),
    )
    warn_ratio: float = setting(
        _OPTIONS.warn_ratio, "A latency of this many times the usual is shown as a warning.", kinds.multiple()
    )
    bad_ratio: float = setting(
        _OPTIONS.bad_ratio,
        "A first token or a new connection that takes this many times the usual is slow.",
        kinds.multiple(),
    )
    most_fail: float = setting(
        _THRESHOLDS.most_fail,
        "P1: at least this share of the messages of the last severity_span_s fails.",
        kinds.fraction(0.05),
        section="Verdict and severity",
    )
    most_fail_ends: float = setting(
        _THRESHOLDS.most_fail_ends,
        "A P1 lasts until less than this share of them fails.",
        kinds.fraction(0.05),
    )
    severity_span_s: float = setting(
        _THRESHOLDS.severity_span_s,
        "Seconds over which the share for a P1 is measured.",
        kinds.seconds(60, 900),
    )
    errors: float = setting(
        _THRESHOLDS.errors,
        "P2: at least this share of the messages fails; less is P3.",
        kinds.fraction(0.001),
    )
    ratio_failures: int = setting(
        _THRESHOLDS.ratio_failures,
        "With fewer failures no share is judged; this many scattered ones are P3.",
        kinds.whole(2, 50),
    )
    tail_s: float = setting(
        _THRESHOLDS.tail_s,
        "P2: more than 1% of the messages, and at least 3, take longer than this, in seconds.",
        kinds.seconds(0.5, 600),
    )
    rare_failures: int = setting(
        _THRESHOLDS.rare_failures,
        "This many scattered failures within rare_span_s are intermittent errors.",
        kinds.whole(2, 50),
    )
    rare_span_s: float = setting(
        _THRESHOLDS.rare_span_s,
        "Seconds over which the intermittent errors of all API probes are counted.",
        kinds.seconds(900, 21_600),
    )
    truncated_bad: float = setting(
        _THRESHOLDS.truncated_bad,
        "Truncated streams are P4 below this share of the messages, and count as errors from it on.",
        kinds.fraction(),
    )
    respond_p2_s: float = setting(
        _THRESHOLDS.respond_p2_s,
        "Response target of a P2, in seconds; a P1 needs a response now.",
        kinds.seconds(60, kinds.DAY_S),
    )
    respond_p3_s: float = setting(
        _THRESHOLDS.respond_p3_s, "Response target of a P3, in seconds.", kinds.seconds(60, 7 * kinds.DAY_S)
    )
    business_hour: int = setting(
        _THRESHOLDS.business_hour,
        "Hour at which the next business day begins, the response target of a P4.",
        kinds.whole(0, 23),
    )
    time_zone: str = setting(
        "",
        "Time zone of business_hour and working_days, such as Europe/Berlin.",
        kinds.time_zone(),
        in_words="that of the machine",
    )
    working_days: tuple[str, ...] = setting(
        _THRESHOLDS.working_days,
        "The days of the week that are business days.",
        kinds.listed(kinds.weekday(), expected='a list of days such as ["mon", "tue", "wed"]'),
    )
    rely_on_traffic: bool = setting(
        False,
        "true sends no paid probe while 20 of your calls of the probed model a minute are answered.",
        kinds.truth(),
        section="Own traffic",
    )
    traffic_overloaded: float = setting(
        _TRAFFIC.overloaded,
        "Share of 529s, 5xx and cut streams among your calls that counts as a problem.",
        kinds.fraction(),
    )
    traffic_refused: float = setting(
        _TRAFFIC.refused,
        "Share of refusals (400, 401, 403, 413, 429) among your calls that counts as a problem.",
        kinds.fraction(),
    )
    traffic_attempts_per_call: float = setting(
        _TRAFFIC.attempts_per_call, "Attempts per call above which retries raise an alert.", kinds.multiple()
    )
    traffic_cost_ratio: float = setting(
        3.0,
        "Cost per 1,000 calls and prompt tokens per call at this multiple of other days raise an alert.",
        kinds.multiple(),
    )
    traffic_truncated: float = setting(
        0.10,
        "This much larger a share of responses cut by max_tokens than usual raises an alert.",
        kinds.fraction(),
    )
    traffic_cache_ratio: float = setting(
        0.5,
        "The prompt cache's share falling below this part of the usual one raises an alert.",
        kinds.fraction(),
    )
    traffic_budget_warn: float = setting(
        0.8, "Share of traffic_daily_budget_usd that warns.", kinds.fraction()
    )
    traffic_daily_budget_usd: float = setting(
        0.0,
        "Dollars that your calls may cost per UTC day before an alert; stops nothing. 0 for none.",
        kinds.number(0, 10_000_000, expected="dollars"),
    )
