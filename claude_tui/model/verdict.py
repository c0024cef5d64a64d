"""What is wrong, whose it is, how bad it is and what to do next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

__all__ = ["Cause", "PageAgreement", "Severity", "Side", "Verdict", "VerdictChange"]


class Cause(StrEnum):
    HEALTHY = "healthy"
    PROVIDER_OUTAGE = "provider_outage"
    PROVIDER_OVERLOADED = "provider_overloaded"
    PROVIDER_ERRORS = "provider_errors"
    PROVIDER_SLOW = "provider_slow"
    PROVIDER_NOTICE = "provider_notice"
    RATE_LIMITED = "rate_limited"
    SPEND_LIMIT = "spend_limit"
    KEY_REJECTED = "key_rejected"
    NOT_PERMITTED = "not_permitted"
    BAD_REQUEST = "bad_request"
    MODEL_UNAVAILABLE = "model_unavailable"
    NETWORK = "network"
    UNKNOWN = "unknown"


class Side(StrEnum):
    """Whose trouble it is; `none` when there is none, `unclear` when it cannot be told."""

    THEM = "them"
    US = "us"
    PATH = "path"
    NONE = "none"
    UNCLEAR = "unclear"


class Severity(StrEnum):
    """P1 respond now, P2 in 15 minutes, P3 in an hour, P4 the next business day."""

    P1 = "P1"
    P2 = "P2"
    P3 = "P3"
    P4 = "P4"
    NONE = "none"

    @property
    def trouble(self) -> bool:
        return self is not Severity.NONE


class PageAgreement(StrEnum):
    """What the status page says next to what the probes see."""

    CONFIRMS = "confirms"
    CONTRADICTS = "contradicts"  # it reports trouble with what we use while the probes are fine
    SILENT = "silent"  # the probes fail and it reports nothing
    AGREES = "agrees"  # nothing wrong on either side
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One diagnosis at one instant.

    `confidence` is in 0..1. `evidence` are short sentences with the numbers in them, strongest
    first. `also` are causes that explain fewer failures. `since` is the first failure of what goes
    on now, `detected_at` the instant from which a person could have known. `respond_by` is when the
    response target of the severity runs out (None for none). `retry_after_s` is when to try again, None
    where retrying is useless. `lead` is how long before (negative: after) the status page's first
    word the probes saw it; None while it is silent. `set_by` is who set the severity, if
    somebody did, instead of `worked_out`.
    """

    cause: Cause
    side: Side
    severity: Severity
    confidence: float
    summary: str
    evidence: tuple[str, ...]
    next_step: str
    retry_after_s: float | None
    page: PageAgreement
    since: datetime | None = None
    detected_at: datetime | None = None
    respond_by: datetime | None = None
    lead: timedelta | None = None
    bucket: str | None = None
    also: tuple[Cause, ...] = ()
    note: str = ""
    set_by: str = ""
    worked_out: Severity | None = None


@dataclass(frozen=True, slots=True)
class VerdictChange:
    """The verdict became another one; `text` is its headline."""

    at: datetime
    cause: Cause
    side: Side
    severity: Severity
    text: str
