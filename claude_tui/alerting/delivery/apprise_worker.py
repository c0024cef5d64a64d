"""Sends one message through apprise in a separate process, whose main program is this module.

apprise takes 25 MB, logs addresses, and may hang as long as the receiver does: all of that ends with the
process. The job is read from standard input, which keeps addresses off the command line; the outcome goes to
standard output. Both are one JSON object.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from dataclasses import asdict, dataclass

from claude_tui.model.secret_variables import without_keys

__all__ = ["AppriseJob", "Outcome", "deliver", "run"]

# The last lines of the log are enough to explain a failure.
_MAX_LINES = 20


@dataclass(frozen=True, slots=True)
class AppriseJob:
    """One message to send."""

    url: str
    """The receiver's apprise URL, which may contain secrets."""
    title: str
    """The title of the message."""
    body: str
    """The text of the message."""
    kind: str
    """`info`, `success`, `warning` or `failure`, in apprise's terms."""
    limit_s: float
    """Seconds after which sending is given up."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Whether apprise accepted the URL, whether the message arrived, and what apprise logged."""

    understood: bool = True
    arrived: bool = False
    log: tuple[str, ...] = ()


def deliver(job: AppriseJob) -> Outcome:
    """Sends in a separate process and waits for it. Raises OSError and subprocess.SubprocessError."""
    done = subprocess.run(
        [sys.executable, "-P", "-W", "ignore", "-m", __name__],
        input=json.dumps(asdict(job)).encode(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        timeout=job.limit_s + 1,
        check=False,
        env=without_keys(os.environ),
        # Closing the terminal must not interrupt a message that is being sent.
        start_new_session=True,
    )
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        raise subprocess.SubprocessError(f"apprise ended with code {done.returncode}") from None
    return Outcome(answer["understood"], answer["arrived"], tuple(answer["log"]))


def run(job: AppriseJob) -> Outcome:
    """Sends within this process. Imports apprise."""
    import apprise

    asset = apprise.AppriseAsset(
        app_id="claude-top",
        app_desc="claude-top",
        app_url="",
        image_url_mask="",
        image_url_logo="",
        secure_logging=True,
        http_redirects=False,
        async_mode=False,
        service_timeout=0,  # `limit_s` ends it
        storage_mode="memory",
        allow_templates=False,
    )
    services = apprise.Apprise(asset=asset)
    if not services.add(job.url):
        return Outcome(understood=False)
    title, kind = job.title, job.kind
    with services.notify(job.body, title, kind, body_format="text", interpret_escapes=False) as result:
        log = tuple(entry.message for entry in result.logs())
        return Outcome(arrived=bool(result), log=log[-_MAX_LINES:])


def _main() -> None:
    job = AppriseJob(**json.load(sys.stdin))
    limit = threading.Timer(job.limit_s, os._exit, (1,))
    limit.daemon = True
    limit.start()
    # Plugins may print.
    answer, sys.stdout = sys.stdout, sys.stderr
    try:
        outcome = run(job)
    except Exception as error:  # noqa: BLE001 - a plugin may raise anything
        outcome = Outcome(log=(f"{type(error).__name__}: {error}",))
    json.dump(asdict(outcome), answer)


if __name__ == "__main__":
    _main()
