"""The figures a verdict and its severity rest on. Every one can be a setting."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Thresholds"]


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Shares are fractions of requests in 0..1, `_s` seconds, counts whole numbers.

    `most_fail`: so much of the messages of the last `severity_span_s` failing is P1, until fewer than
    `most_fail_ends`. `errors`: so much of them is P2. `ratio_failures`: no share is judged with fewer.
    `rare_failures` in `rare_span_s` are intermittent errors, of all API probes together; `lost_share` of
    them get no answer by mere chance. `tail_s`: P2 when 1% of the messages, and at least 3, take longer.
    `truncated_bad`: broken-off streams below this share are degraded quality, not errors.
    `usual_ttft_s` is what a small model takes where no baseline exists yet (0.3 to 0.8 s). `chance` is
    the improbability that makes a run of good probes a recovery, (1 - share)^n < chance; `rare_chance`
    the same for intermittent errors. `respond_*` are response targets, `business_hour` is the hour (UTC)
    at which a business day begins.
    """

    most_fail: float = 0.90
    most_fail_ends: float = 0.80
    errors: float = 0.05
    ratio_failures: int = 3
    severity_span_s: float = 300.0
    rare_failures: int = 2
    rare_span_s: float = 3600.0
    lost_share: float = 0.001
    tail_s: float = 10.0
    truncated_bad: float = 0.5
    usual_ttft_s: float = 0.5
    chance: float = 0.05
    rare_chance: float = 0.03
    respond_p2_s: float = 900.0
    respond_p3_s: float = 3600.0
    business_hour: int = 9
