"""Settings of the target and the probes."""

from dataclasses import dataclass

from claude_tui.analysis.options import Options
from claude_tui.settings import kinds
from claude_tui.settings.about import setting

__all__ = ["ProbeSettings"]

_OPTIONS = Options()
_CONFIRMATION = _OPTIONS.confirmation


@dataclass(frozen=True, kw_only=True, init=False, repr=False, eq=False)
class ProbeSettings:
    """The target, and the requests that are sent to it."""

    name: str = setting(
        "",
        "What to call the target on screen, such as prod.",
        kinds.label(40, expected="printable text of at most 40 characters", empty=True),
        flag="--name",
        metavar="NAME",
        section="What is watched",
    )
    base_url: str = setting(
        "https://api.anthropic.com",
        "The API to watch: the real one, a gateway, or a simulator.",
        kinds.base_url(),
        flag="--base-url",
        metavar="URL",
        also=("ANTHROPIC_BASE_URL",),
    )
    model: str = setting(
        "auto",
        "The model of the message probes; auto is the newest active haiku that the endpoint lists, "
        "claude-haiku-5-5 while no list is known.",
        kinds.slug(r"[!-~]{1,200}", expected="auto or a model id without spaces"),
        flag="--model",
        metavar="ID",
    )
    also_models: tuple[str, ...] = setting(
        (),
        "Further models to probe, to see trouble with one of them: ids, or opus, sonnet and haiku for "
        "the newest active one. Each is sent a paid message every also_models_interval_s.",
        kinds.listed(
            kinds.slug(r"[!-~]{1,200}", expected="a family or a model id without spaces"),
            expected='a list of models such as ["opus", "sonnet"]',
            empty=True,
        ),
    )
    status_urls: tuple[str, ...] = setting(
        ("https://status.claude.com", "https://status.anthropic.com", "https://anthropic.statuspage.io"),
        "Status pages, tried in order: base URLs, or full URLs that end in .json.",
        kinds.listed(kinds.status_url(), expected='a list of URLs such as ["https://status.claude.com"]'),
        flag="--status-url",
        metavar="URL[,URL]",
        variable="CLAUDE_TOP_STATUS_URL",
    )
    status_components: tuple[str, ...] = setting(
        _OPTIONS.ours,
        "The components of the status page that you use; incidents of others are ignored.",
        kinds.listed(
            kinds.label(100, expected="a component name"),
            expected='a list of component names such as ["Claude API"]',
        ),
    )
    status_interval_s: float = setting(
        _OPTIONS.status_interval_s,
        "Seconds between two reads of the status page.",
        kinds.seconds(15, kinds.DAY_S),
        section="Probes",
    )
    models_interval_s: float = setting(
        _OPTIONS.models_interval_s,
        "Seconds between two requests for the list of models, which are free.",
        kinds.seconds(2, kinds.DAY_S),
    )
    messages_interval_s: float = setting(
        _OPTIONS.messages_interval_s,
        "Seconds between two message probes, which cost a few tokens each.",
        kinds.seconds(5, kinds.DAY_S),
    )
    also_models_interval_s: float = setting(
        _OPTIONS.other_models_interval_s,
        "Seconds between two messages to each of the further models.",
        kinds.seconds(30, kinds.DAY_S),
    )
    confirm_messages: int = setting(
        _CONFIRMATION.messages,
        "Messages that follow a first failure at once, unless it is a 429 or 529; with 0, none "
        "follows the first message after a start either.",
        kinds.whole(0, 10),
    )
    confirm_gap_s: float = setting(
        _CONFIRMATION.gap_s, "Seconds between these messages.", kinds.seconds(1, 60)
    )
    open_interval_s: float = setting(
        _CONFIRMATION.open_s,
        "Seconds between message probes while it is unclear how much fails, for at most twice as many.",
        kinds.seconds(5, kinds.DAY_S),
    )
    timeout_s: float = setting(
        30.0,
        "Seconds after which a message probe times out; the free probes wait at most 10.",
        kinds.seconds(1, 600),
    )
    max_tokens: int = setting(8, "The most tokens that a message probe may generate.", kinds.whole(1, 1000))
    daily_ceiling_usd: float = setting(
        0.50,
        "Dollars that message probes and drafts may cost per UTC day; then they stop. 0 sends none.",
        kinds.number(0, 10_000, expected="dollars"),
    )
