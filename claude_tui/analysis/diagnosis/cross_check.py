"""What the other sources show while one fails; the comparison shows whose problem it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from http import HTTPStatus

from claude_tui.analysis.diagnosis.losses import is_lone_loss, is_lossy, is_lost, last_loss
from claude_tui.analysis.history.history import History
from claude_tui.analysis.options import Options
from claude_tui.knowledge import Advice, KnownError, Reach, knowledge
from claude_tui.model.observation import NO_SUCH_PATH, Observation, Outcome, Source
from claude_tui.model.waiting import asked_to_wait_s, has_used_up_limit

__all__ = [
    "CrossCheck",
    "PathState",
    "advice_for",
    "asks_to_back_off",
    "cross_check_at",
    "cross_check_while_failing",
    "decides_alone",
    "is_missing",
    "reach_of",
    "retry_is_futile",
]

# A client over its limit, or of an overloaded service, does not send requests faster.
_BACKED_OFF = frozenset({Outcome.OVERLOADED, Outcome.RATE_LIMITED, Outcome.SPEND_LIMIT})
# A check requests all sources at once.
_TOGETHER = timedelta(seconds=15)

LOOKED_AT = 6
SPAN = timedelta(minutes=10)
# The advice for a 404 that names no model.
_NO_PATH = frozenset({"request", "wrong_address"})
# A source is in a state if at least one in this many of its last exchanges ended in it.
_PART = 3


class PathState(StrEnum):
    """How the exchanges of a source end: FINE, FAILS (answered with an error), or as in `Reach`."""

    UNKNOWN = "unknown"
    FINE = "fine"
    FAILS = "fails"
    NO_ANSWER = "no_answer"
    UNREACHED = "unreached"
    FOREIGN = "foreign"

    @property
    def answers(self) -> bool:
        """Whether requests and responses get through."""
        return self in {PathState.FINE, PathState.FAILS}


@dataclass(frozen=True, slots=True)
class CrossCheck:
    """The states of messages, models and the status page's host, from shortly before the failures began."""

    messages: PathState
    models: PathState
    page: PathState
    lossy: bool = False
    """Whether single requests are lost, regardless of the host."""
    page_now: bool = False
    """Whether the status page has been read since the failures began."""
    stalling: frozenset[Source] = frozenset()
    """The sources of which the newest answer began and did not end in time."""

    @property
    def cut_off(self) -> bool:
        """Whether another host, or new connections to this one, are also unreachable."""
        return self.lossy or self.page is PathState.UNREACHED or self.models is PathState.UNREACHED


def cross_check_at(history: History, at: datetime, since: datetime, options: Options) -> CrossCheck:
    models, page = (
        _api_state(history, Source.MODELS, at, since, options),
        _page_state(history, at, since, options),
    )
    if page is PathState.UNREACHED and models.answers and is_lone_loss(history, Source.STATUS, at):
        page = PathState.UNKNOWN
    return CrossCheck(
        messages=_api_state(history, Source.MESSAGES, at, since, options),
        models=models,
        page=page,
        lossy=is_lossy(history, at, since),
        page_now=_is_read(history, at, since),
        stalling=frozenset(source for source in Source if _stalls(history, source, at, since)),
    )


def _stalls(history: History, source: Source, at: datetime, since: datetime) -> bool:
    newest = history.latest(source, at)
    return newest is not None and newest.at >= since - _TOGETHER and _is_stalled(newest)


def _is_stalled(observation: Observation) -> bool:
    return observation.outcome is Outcome.TIMEOUT and observation.http_status == HTTPStatus.OK


def _is_read(history: History, at: datetime, since: datetime) -> bool:
    newest = history.latest(Source.STATUS, at)
    return newest is not None and not newest.failed and newest.at >= since - _TOGETHER


def cross_check_while_failing(
    history: History, at: datetime, since: datetime, options: Options
) -> CrossCheck:
    """The path as of now; if it has recovered by `at`, as of the last lost request."""
    shown = cross_check_at(history, at, since, options)
    if shown.cut_off:
        return shown
    lost_at = datetime.fromtimestamp(last_loss(history, since.timestamp(), at.timestamp()), UTC)
    before = cross_check_at(history, lost_at, since, options)
    return before if before.page is PathState.UNREACHED else shown


def _api_state(
    history: History, source: Source, at: datetime, since: datetime, options: Options
) -> PathState:
    """The state by the last exchanges.

    The one before the failures counts too, as there may be none after them.
    """
    items = history.exchanges(source).items
    interval = timedelta(seconds=options.interval_s(source))
    start = max(since - 1.5 * interval, at - max(SPAN, 4 * interval))
    newest = items.values[items.index_at(start.timestamp()) : items.count_until(at.timestamp())][-LOOKED_AT:]
    states = [_state_of(observation) for observation in newest]
    for state in (PathState.UNREACHED, PathState.NO_ANSWER, PathState.FOREIGN, PathState.UNKNOWN):
        if states.count(state) * _PART >= len(states) > 0:
            return state
    if not states:
        return PathState.UNKNOWN
    return PathState.FAILS if 2 * states.count(PathState.FAILS) >= len(states) else PathState.FINE


def _state_of(observation: Observation) -> PathState:
    if not observation.failed:
        return PathState.FINE
    reach = reach_of(observation)
    if reach in {Reach.UNREACHED, Reach.NO_ANSWER, Reach.FOREIGN}:
        return PathState(reach.value)
    return PathState.UNKNOWN if reach is Reach.UNSENT else PathState.FAILS


def _page_state(history: History, at: datetime, since: datetime, options: Options) -> PathState:
    """UNREACHED if its host fell silent along with these failures, UNKNOWN if it was silent before."""
    newest = history.latest(Source.STATUS, at)
    interval = timedelta(seconds=options.interval_s(Source.STATUS))
    if newest is None or newest.at < max(since - interval, at - max(SPAN, 4 * interval)):
        return PathState.UNKNOWN
    if not newest.failed:
        return PathState.FINE
    if reach_of(newest) is Reach.UNSENT:
        return PathState.UNKNOWN
    failing = history.exchanges(Source.STATUS).state(at.timestamp()).failing_since
    earlier = history.exchanges(Source.STATUS).items.count_until((since - 2 * interval).timestamp())
    if failing is not None and earlier and failing < since - 2 * interval:
        return PathState.UNKNOWN
    if is_lost(newest) or reach_of(newest) is Reach.UNREACHED:
        return PathState.UNREACHED
    return PathState.FOREIGN if _is_foreign_page(newest) else PathState.FAILS


def _is_foreign_page(page: Observation) -> bool:
    """Whether something else answered in the page's place; its own edge may refuse or return an old copy."""
    status = page.http_status
    success = status is None or status < 400 or status == HTTPStatus.NETWORK_AUTHENTICATION_REQUIRED
    return page.outcome is Outcome.INVALID_RESPONSE and success and page.error_type != "old_copy"


def advice_for(observation: Observation, cross_check: CrossCheck) -> Advice:
    """The advice for one failure, given the state of the other sources."""
    advice = knowledge().advice
    row = knowledge().of(observation)
    if _lost_large_packets(observation, row, cross_check):
        special: str | None = "large_lost"
    else:
        special = _of_this_address(observation, row.advice, cross_check)
    if special is not None:
        return advice[special]
    match _reach(observation, row):
        case Reach.UNREACHED | Reach.NO_ANSWER if cross_check.lossy and observation.http_status is None:
            return advice["lossy"]
        case Reach.UNREACHED if not _is_explicit(observation):
            answered = observation.source is Source.MESSAGES and cross_check.models.answers
            return advice["errors_no_answer" if answered and not cross_check.cut_off else "unreachable"]
        case Reach.NO_ANSWER if observation.http_status is None:
            return advice["silenced" if cross_check.cut_off else "errors_no_answer"]
        case Reach.FOREIGN if row.advice.id == "errors_odd":
            return advice[_odd_or_foreign(observation, cross_check)]
    return row.advice


def _lost_large_packets(observation: Observation, row: KnownError, cross_check: CrossCheck) -> bool:
    """Whether small packets pass and large ones do not: responses of several hosts begin but do not end.

    A response with a large head does not even begin.
    """
    if Source.STATUS not in cross_check.stalling:
        return False
    if Source.MODELS in cross_check.stalling and observation.outcome is Outcome.TIMEOUT:
        return _is_stalled(observation) or _reach(observation, row) is Reach.NO_ANSWER
    return _is_stalled(observation)


def _odd_or_foreign(observation: Observation, cross_check: CrossCheck) -> str:
    """The id of the advice for a response without the API's form, given what other requests get."""
    others = cross_check.models if observation.source is Source.MESSAGES else cross_check.messages
    if PathState.FOREIGN not in {others, cross_check.page}:
        return "errors_odd"
    return "intercepted" if cross_check.page_now else "portal"


def _of_this_address(observation: Observation, advice: Advice, cross_check: CrossCheck) -> str | None:
    """The id of the advice that follows from the address or its list of models; None if neither tells."""
    if (
        advice.id in _NO_PATH
        and observation.http_status == HTTPStatus.NOT_FOUND
        and _doubles_path(observation)
    ):
        return "doubled_path"
    if observation.error_type != "html_page":
        return None
    if _list_answers_beside(observation, cross_check):
        return "errors_odd"
    # A guest network would not let the status page through.
    return "intercepted" if cross_check.page_now else None


def _list_answers_beside(observation: Observation, cross_check: CrossCheck) -> bool:
    """Whether the list of models answers beside this message: a guest network would not let it through."""
    others = cross_check.page is not PathState.FOREIGN and cross_check.models is PathState.FINE
    return observation.source is Source.MESSAGES and others


def _doubles_path(observation: Observation) -> bool:
    """Whether the base URL has the path that the SDK adds."""
    return observation.target.rstrip("/").endswith("/v1")


def _is_explicit(observation: Observation) -> bool:
    """Whether the probe itself knows which step failed, so that other sources cannot add anything."""
    return knowledge().of(observation).type is not None


_REFUSALS = frozenset({Outcome.KEY_REJECTED, Outcome.NOT_PERMITTED, Outcome.SPEND_LIMIT})


def decides_alone(observation: Observation) -> bool:
    """Whether one such answer is conclusive: it refuses who we are, or reports the limit that is used up."""
    if observation.http_status is None:
        return False
    if observation.outcome is Outcome.RATE_LIMITED:
        return has_used_up_limit(observation)
    if observation.outcome not in _REFUSALS:
        return False
    policy = knowledge().of(observation).retry
    return policy is not None and not policy.worthwhile


def asks_to_back_off(observation: Observation) -> bool:
    """Whether the next request has to wait: the service is overloaded, we are over a limit, or it says so."""
    return observation.failed and (observation.outcome in _BACKED_OFF or asked_to_wait_s(observation) > 0)


def is_missing(failure: Observation) -> bool:
    """Whether the endpoint does not exist there, as at many gateways."""
    return failure.http_status in NO_SUCH_PATH or knowledge().of(failure).reach is Reach.FOREIGN


def retry_is_futile(observation: Observation) -> bool:
    """Whether it was a rate limit, asked for a wait, or was a refusal that a retry cannot change."""
    policy = knowledge().of(observation).retry
    useless = policy is not None and not policy.worthwhile
    return useless or observation.outcome is Outcome.RATE_LIMITED or asked_to_wait_s(observation) > 0


def reach_of(observation: Observation) -> Reach:
    """How far a failed request got: by the probe's error type, or else by the phases it measured."""
    return _reach(observation, knowledge().of(observation))


def _reach(observation: Observation, row: KnownError) -> Reach:
    explicit = row.type is not None or observation.http_status is not None
    if explicit or row.reach not in {Reach.NO_ANSWER, Reach.UNREACHED}:
        return row.reach
    timings = observation.timings
    if timings.dns is None and timings.connect is None and timings.tls is None:
        return row.reach
    plain = observation.target.startswith("http://")
    opened = timings.connect is not None and (timings.tls is not None or plain)
    return Reach.NO_ANSWER if opened else Reach.UNREACHED
