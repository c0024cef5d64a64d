"""The diagnosis: what is wrong, whose problem it is, how bad it is and what to do next."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from claude_tui.model.format import duration
from claude_tui.model.observation import Observation

__all__ = [
    "SEVERITIES",
    "Cause",
    "Evidence",
    "EvidenceKind",
    "PageAgreement",
    "Recovery",
    "RetrySource",
    "Severity",
    "Side",
    "Taken",
    "Verdict",
    "VerdictChange",
]


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
    """Whose problem it is: `none` if there is no problem, `unclear` if the data does not show it."""

    THEM = "them"
    US = "us"
    PATH = "path"
    NONE = "none"
    UNCLEAR = "unclear"

    @property
    def whose(self) -> str:
        """Whose problem it is, as part of a sentence."""
        return _WHOSE[self]

    @property
    def owner(self) -> str:
        """The same in one or two words, for tables."""
        return _OWNERS[self]


_WHOSE = {
    Side.THEM: "theirs (the provider)",
    Side.US: "ours",
    Side.PATH: "the network between us and the API",
    Side.NONE: "nobody's",
    Side.UNCLEAR: "unclear",
}
_OWNERS = {
    Side.THEM: "theirs",
    Side.US: "ours",
    Side.PATH: "the network between",
    Side.NONE: "nobody's",
    Side.UNCLEAR: "unclear",
}


class Severity(StrEnum):
    """P1: respond now; P2: within 15 minutes; P3: within an hour; P4: on the next business day."""

    P1 = "P1"
    P2 = "P2"
    P3 = "P3"
    P4 = "P4"
    NONE = "none"

    @property
    def trouble(self) -> bool:
        return self is not Severity.NONE

    @property
    def grave(self) -> bool:
        """Whether somebody has to respond within minutes."""
        return self in (Severity.P1, Severity.P2)

    @property
    def rank(self) -> int:
        """1 for P1 to 4 for P4, and 5 for none."""
        return _SEVERITIES.index(self) + 1

    def worse_than(self, other: Severity) -> bool:
        return self.rank < other.rank

    @classmethod
    def worst(cls, severities: Iterable[Severity]) -> Severity:
        """The worst of them; NONE if there are none."""
        return min(severities, key=lambda severity: severity.rank, default=cls.NONE)


_SEVERITIES = tuple(Severity)
SEVERITIES = _SEVERITIES[:-1]
"""P1 to P4, the worst first."""


class PageAgreement(StrEnum):
    """How the status page compares with what the probes see."""

    CONFIRMS = "confirms"
    CONTRADICTS = "contradicts"  # it reports trouble with what we use while the probes are fine
    SILENT = "silent"  # the probes fail and it has reported nothing
    RESOLVED = "resolved"  # it reported this problem and no longer does, while the probes fail or recover
    AGREES = "agrees"  # nothing wrong on either side
    UNKNOWN = "unknown"


class EvidenceKind(StrEnum):
    """What a piece of evidence is about."""

    FAILURES = "failures"
    ANSWERS = "answers"
    RULED_OUT = "ruled_out"
    SPECIFIC = "specific"  # which limit, which model, what is wrong with the key
    OTHER_FAILURES = "other_failures"
    NOT_PROBED = "not_probed"
    LATENCY = "latency"
    STATUS_PAGE = "status_page"
    TRAFFIC = "traffic"  # what the calls of our own applications show


class RetrySource(StrEnum):
    """Where the time to retry comes from."""

    SERVER = "server"
    POLICY = "policy"
    NONE = "none"  # retrying is useless, or there is nothing to retry


@dataclass(frozen=True, slots=True)
class Evidence:
    """One statement that a verdict rests on."""

    kind: EvidenceKind
    """What it is about."""
    clauses: tuple[str, ...]
    """The statement, most important clause first; each can stand alone. Without a final full stop."""
    figures: tuple[tuple[str, float], ...] = ()
    """The numbers in it by name: seconds, counts and fractions."""
    observations: tuple[Observation, ...] = ()
    """The observations that it rests on, oldest first, if it is about particular ones."""
    brief: str = ""
    """The first clause in fewer words, for where it would be cut; empty if there are none."""

    @property
    def text(self) -> str:
        """All clauses as one sentence."""
        return _sentence("; ".join(self.clauses))

    @property
    def brief_text(self) -> str:
        """The shortest complete form, for places where longer text would be cut."""
        return _sentence(self.brief or self.clauses[0])

    def split(self, kept: int) -> tuple[str, tuple[str, ...]]:
        """The first `kept` clauses as one sentence, and each of the others as its own."""
        others = (_sentence(f"{clause[:1].upper()}{clause[1:]}") for clause in self.clauses[kept:])
        return _sentence("; ".join(self.clauses[:kept])), tuple(others)


def _sentence(text: str) -> str:
    return text if text.endswith((".", "…")) else f"{text}."


@dataclass(frozen=True, slots=True)
class Recovery:
    """A problem that seems to be over: requests succeed again, but too few so far to rule out chance."""

    good: int
    """How many requests in a row have succeeded."""
    needed: int
    """How many in a row show that it is over."""
    of: str = ""
    """The most frequent error of the problem, such as `529 overloaded`; empty if it had none."""
    good_s: float = 0.0
    """How long they have succeeded, in seconds."""
    needed_s: float = 0.0
    """How long they must succeed, in seconds, as a short problem may return; 0 if only their number
    counts."""

    @property
    def remaining(self) -> int:
        """How many successes are still needed."""
        return max(self.needed - self.good, 1)

    @property
    def remaining_s(self) -> float:
        """How many more seconds are needed; 0 if the number of answers takes longer."""
        counted = self.good / self.needed
        return self.needed_s - self.good_s if self.good_s < min(counted, 1.0) * self.needed_s else 0.0

    @property
    def share(self) -> float:
        """The progress, 0..1."""
        return self.good_s / self.needed_s if self.remaining_s else self.good / (self.good + self.remaining)

    @property
    def words(self) -> str:
        return f"{self._begun}: {self.good} good in a row, {self._missing} more to be sure."

    @property
    def brief(self) -> str:
        """The progress in fewer words."""
        return f"{self._begun}: {self.good} good, {self._missing} to go."

    @property
    def _begun(self) -> str:
        return f"Recovering from {self.of}" if self.of else "Recovering"

    @property
    def _missing(self) -> str:
        return duration(self.remaining_s) if self.remaining_s else str(self.remaining)


@dataclass(frozen=True, slots=True)
class Taken:
    """Somebody takes on the problem of a verdict, whether or not an alert has fired."""

    by: str
    """Their name, redacted."""
    host: str
    """On which machine."""
    reason: str
    """What they wrote, redacted."""
    at: datetime
    """When they said so."""
    severity: Severity
    """The severity at that time: if it gets worse, somebody has to be notified again."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One diagnosis at one instant."""

    cause: Cause
    """What is wrong."""
    side: Side
    """Whose problem it is."""
    severity: Severity
    """How bad it is, as set by a person if one did."""
    confidence: float
    """How certain the cause is, 0..1."""
    summary: str
    """The headline: whose problem it is, then what is wrong."""
    evidence: tuple[Evidence, ...]
    """Strongest first; the status page comes last."""
    next_step: str
    """What to do next, in the imperative, followed by other measures."""
    retry_after_s: float | None
    """Seconds until it makes sense to try again; None if retrying is useless."""
    page: PageAgreement
    """How the status page compares with it."""
    first_step: str = ""
    """The first part of `next_step`, for narrow places; empty if it is all of it."""
    brief: str = ""
    """The summary in fewer words, for narrow places; empty if there are no fewer."""
    opening: str = ""
    """How the summary begins, such as `It's them.`; empty if it begins with what is wrong."""
    retry_source: RetrySource = RetrySource.NONE
    """Where `retry_after_s` comes from."""
    failures: tuple[Observation, ...] = ()
    """The newest failures that the cause explains, oldest first."""
    page_reports: tuple[str, ...] = ()
    """What the status page reports about the components we use."""
    other_reports: tuple[str, ...] = ()
    """What it reports about other components."""
    since: datetime | None = None
    """The first failure of the current problem."""
    detected_at: datetime | None = None
    """When the problem first became detectable."""
    respond_by: datetime | None = None
    """The latest time to respond, according to the severity; None if there is no target."""
    page_stage: str = ""
    """The phase of the page's incident, such as `monitoring`, if components are green again; otherwise
    empty."""
    lead: timedelta | None = None
    """How long our probes saw it before the status page reported it; negative if the page was first."""
    bucket: str | None = None
    """The rate limit or window that is used up."""
    also: tuple[Cause, ...] = ()
    """Causes that explain fewer of the failures."""
    recovery: Recovery | None = None
    """The progress of the recovery, if the problem seems to be over; `since` is still its beginning."""
    checking: bool = False
    """Whether a first failure, which may be chance, is being checked."""
    scope: str = ""
    """Which of the probed models it concerns; empty if only one is probed, and without a problem."""
    fallback: str | None = None
    """The id of a model that answers meanwhile."""
    note: str = ""
    """A remark in addition to the evidence."""
    set_by: str = ""
    """Who set the severity, if a person did."""
    set_why: str = ""
    """The reason that person gave."""
    computed: Severity | None = None
    """The computed severity, if a person set another."""
    taken: Taken | None = None
    """Who has taken it on, if somebody has; this ends with the problem."""

    @property
    def statement(self) -> str:
        """The summary without its opening: what is wrong."""
        return self.summary.removeprefix(self.opening).strip()

    def evidence_of(self, kind: EvidenceKind) -> Evidence | None:
        return next((evidence for evidence in self.evidence if evidence.kind is kind), None)


@dataclass(frozen=True, slots=True)
class VerdictChange:
    """The verdict changed; `text` is the headline of the new one."""

    at: datetime
    """When it changed."""
    cause: Cause
    """The new cause."""
    side: Side
    """Whose problem it now is."""
    severity: Severity
    """The new severity."""
    text: str
    """The headline of the new verdict."""
