"""One message through apprise, in a process of its own (this module is its program).

apprise takes 25 MB, logs addresses, and may hang for as long as a receiver likes: here all of that ends with
the message. The errand comes on standard input, so that no address is on a command line; the outcome goes to
standard output. Both are one JSON object.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from dataclasses import asdict, dataclass

__all__ = ["AppriseJob", "Outcome", "deliver", "run"]

# More of a log than this tells nothing more.
_MOST_LINES = 20


@dataclass(frozen=True, slots=True)
class AppriseJob:
    """What to send where. `kind` is info, success, warning or failure; after `limit_s` it is given up."""

    url: str
    title: str
    body: str
    kind: str
    limit_s: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """Whether apprise understood the URL, whether the message arrived, and what apprise logged of it."""

    understood: bool = True
    arrived: bool = False
    log: tuple[str, ...] = ()


def deliver(job: AppriseJob) -> Outcome:
    """Sends in a process of its own and waits. Raises OSError and subprocess.SubprocessError."""
    done = subprocess.run(
        [sys.executable, "-P", "-W", "ignore", "-m", __name__],
        input=json.dumps(asdict(job)).encode(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        timeout=job.limit_s + 1,
        check=False,
        # What is on its way arrives although the terminal is closed meanwhile.
        start_new_session=True,
    )
    try:
        told = json.loads(done.stdout)
    except ValueError:
        raise subprocess.SubprocessError(f"apprise ended with code {done.returncode}") from None
    return Outcome(told["understood"], told["arrived"], tuple(told["log"]))


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
        return Outcome(arrived=bool(result), log=log[-_MOST_LINES:])


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
