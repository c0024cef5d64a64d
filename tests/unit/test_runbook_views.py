"""What the screens and the printed runbook show of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from claude_tui.model.observation import Outcome
from claude_tui.model.verdict import Cause
from claude_tui.runbook import (
    NO_FACTS,
    CheckState,
    Placeholders,
    RunbookError,
    begin,
    commands,
    follow,
    results,
    shipped,
    take,
    walk_view,
)
from claude_tui.runbook.command import run
from claude_tui.runbook.text import cause_text, tree_text
from claude_tui.runbook.view import Place
from tests.builders import (
    after,
    bucket,
    engine,
    messages,
    models,
    page,
    status,
    unread,
)
from tests.runbook_values import facts, failing, snapshot, verdict

RUNBOOK = shipped()
THEIRS = 7
OVERLOADED = facts(
    verdict(Cause.PROVIDER_OVERLOADED),
    *failing(Outcome.OVERLOADED),
    *(models(15.0 * n) for n in range(20)),
)


def test_the_start_shows_the_data_and_marks_the_branch_it_points_to() -> None:
    view = walk_view(RUNBOOK, begin(RUNBOOK), OVERLOADED, Placeholders())
    (suggested,) = [branch for branch in view.node.branches if branch.suggested]
    assert suggested.label == "5xx or 529"
    assert suggested.because == ("Verdict: provider overloaded, 90% sure",)
    assert [fact.name for fact in view.node.facts] == list(RUNBOOK.nodes["start"].shows)
    assert view.tree[0].place is Place.HERE
    assert [line.branch for line in view.tree[1:]] == list(range(11))
    assert [line.suggested for line in view.tree[1:]].count(True) == 1
    assert view.tree[THEIRS + 1].text == "5xx and 529"
    assert [fact.name for fact in view.node.facts if fact.points] == ["cause"]


def test_the_tree_shows_the_way_that_was_taken() -> None:
    walk = follow(RUNBOOK, OVERLOADED)
    view = walk_view(RUNBOOK, walk, OVERLOADED, Placeholders())
    assert [(line.depth, line.place, line.text) for line in view.tree] == [
        (0, Place.PASSED, "What comes back?"),
        (1, Place.PASSED, "5xx and 529"),
        (2, Place.HERE, "Overloaded"),
    ]
    assert [line.via for line in view.tree] == ["5xx or 529", "529, or Overloaded in any form", ""]
    assert view.tree[-1].answer
    assert view.node.playbook is RUNBOOK.playbooks["outage"]


def test_what_several_facts_have_to_say_is_shown_once() -> None:
    calm = facts(
        verdict(Cause.HEALTHY),
        *(messages(30.0 * n) for n in range(10)),
        *(models(15.0 * n) for n in range(20)),
    )
    for node in RUNBOOK.nodes.values():
        view = walk_view(RUNBOOK, replace(begin(RUNBOOK), node=node.id), calm, Placeholders())
        words = [fact.words for fact in view.node.facts if not fact.points]
        assert len(words) == len(set(words)), node.id


def test_without_data_there_are_no_facts_and_no_marks() -> None:
    view = walk_view(RUNBOOK, take(RUNBOOK, begin(RUNBOOK), 1), NO_FACTS, Placeholders())
    assert view.node.facts == ()
    assert not any(branch.suggested for branch in view.node.branches)


def test_commands_carry_the_target_and_never_a_key() -> None:
    fillings = Placeholders(
        "https://gateway.example.test:8443/claude/", "claude-opus-5-5", ("https://s.test/x.json",)
    )
    text = "\n".join(command.text for check in RUNBOOK.checks for command in commands(check, fillings))
    assert "https://gateway.example.test:8443/claude/v1/messages" in text
    assert '"model":"claude-opus-5-5"' in text
    assert "for url in https://s.test/x.json; do" in text
    assert "$ANTHROPIC_API_KEY" in text
    by_token = commands(RUNBOOK.checks[1], Placeholders(by_token=True))[0].text
    assert "authorization: Bearer $ANTHROPIC_AUTH_TOKEN" in by_token
    assert "x-api-key" not in by_token


@pytest.mark.parametrize(
    "hostile", ["x'; id; '", "$(id)", "`id`", 'a"b', "a\\", "a b", "a\nb", "é", "a@b:c d"]
)
def test_what_a_server_or_environment_invents_never_reaches_a_command(hostile: str) -> None:
    fillings = Placeholders(
        f"https://api.test/{hostile}", hostile, (f"https://s.test/{hostile}",), request_id=hostile
    )
    values = fillings.values()
    assert values["model"] == "MODEL_ID"
    assert values["base_url"] == "BASE_URL"
    assert values["request_id"] == "REQUEST_ID"
    assert hostile not in values["status_urls"]


def test_host_and_port_for_other_tools() -> None:
    def place(url: str) -> tuple[str, str]:
        values = Placeholders(url).values()
        return values["host"], values["port"]

    assert place("https://api.anthropic.com") == ("api.anthropic.com", "443")
    assert place("http://127.0.0.1:8080/x") == ("127.0.0.1", "8080")
    assert place("http://[::1]:8080") == ("[::1]", "8080")
    assert place("http://gateway") == ("gateway", "80")


def test_what_a_suggestion_rests_on_is_shown_though_the_node_does_not_ask_for_it() -> None:
    broken = facts(
        verdict(Cause.PROVIDER_ERRORS),
        *failing(Outcome.TRUNCATED_STREAM, error_type="cut_short", http_status=200),
    )
    view = walk_view(RUNBOOK, begin(RUNBOOK), broken, Placeholders())
    assert view.node.branches[4].suggested
    assert "after_200" not in view.node.node.shows
    assert [fact.name for fact in view.node.facts if fact.points] == ["after_200", "cause"]


# -- the first five minutes -------------------------------------------------------


def states(*items: object, at: float = 20.0, held: str | None = None) -> tuple[list[str], list[str]]:
    found = results(RUNBOOK, snapshot(*items, at=at, state=engine(held=held)), after(0))  # type: ignore[arg-type]
    return [step.state.value for step in found], [line for step in found for line in step.lines]


def test_results_older_than_the_question_are_not_an_answer() -> None:
    old = [messages(-30), models(-15), page(-50), status(-50)]
    found, lines = states(*old)
    assert found == [CheckState.WAITING] * 3
    assert lines == ["Status page: checking", "Models: checking", "Messages: checking", "Messages: checking"]


def test_all_fine() -> None:
    found, lines = states(models(1), page(1), status(1), messages(2, limits=[bucket("input", 900)]))
    assert found == [CheckState.FINE] * 3
    assert lines == [
        "Status page: no incident on your components",
        "Models: HTTP 200 in 182 ms",
        "Messages: HTTP 200 in 640 ms",
        "input: 90% left, 900 of 1,000",
    ]


def test_reached_but_not_generating() -> None:
    found, lines = states(
        models(1), page(1), status(1), messages(2, Outcome.OVERLOADED, message="Overloaded")
    )
    assert found == [CheckState.FINE, CheckState.TROUBLE, CheckState.UNKNOWN]
    assert lines[2].startswith("Messages: 529 overloaded_error, Overloaded (req_")
    assert lines[3] == "The API can be reached, but does not generate"
    assert lines[4] == "No limits in this answer: successful messages carry them"


def test_a_success_after_a_failure_counts() -> None:
    found, _ = states(models(1), messages(1, Outcome.OVERLOADED), messages(5), page(1), status(1))
    assert found[1] == CheckState.FINE


def test_low_limits_are_trouble() -> None:
    found, lines = states(models(1), page(1), status(1), messages(2, limits=[bucket("input", 30)]))
    assert found[2] == CheckState.TROUBLE
    assert lines[-1] == "input: 3% left, 30 of 1,000"


def test_what_cannot_be_asked_says_why() -> None:
    found, lines = states(
        models(1), page(1, Outcome.TIMEOUT), unread(1), held="no key: set ANTHROPIC_API_KEY"
    )
    assert found == [CheckState.UNKNOWN, CheckState.UNKNOWN, CheckState.UNKNOWN]
    assert lines[0] == "Status page: unknown, timeout"
    assert "Messages: not probed, no key: set ANTHROPIC_API_KEY" in lines


# -- on paper ------------------------------------------------------------------------


def test_the_printed_tree_has_every_question_and_answer_once() -> None:
    text = tree_text(RUNBOOK, Placeholders())
    for node in RUNBOOK.nodes.values():
        mark = f"=> {node.title}" if node.is_answer else f". {node.title.upper()}\n"
        assert text.count(mark) == 1 or node.is_answer, node.id
        assert mark in text, node.id
    for playbook in RUNBOOK.playbooks.values():
        assert f"\n{playbook.id} " in text
    assert "{{" not in text


def test_references_of_the_printed_tree_lead_to_their_sections() -> None:
    text = tree_text(RUNBOOK, Placeholders())
    for line in text.splitlines():
        if line.strip().startswith("go to "):
            assert f"\n{line.strip().removeprefix('go to ').upper()}\n" in text


@pytest.mark.parametrize("name", [*(cause.value for cause in Cause), *RUNBOOK.playbooks])
def test_a_printed_playbook_has_every_step(name: str) -> None:
    text = cause_text(RUNBOOK, name, Placeholders(), width=80)
    playbook = RUNBOOK.playbook_named(name)
    for number, step in enumerate(playbook.steps, 1):
        assert f"[ ] {number}. {step.title}" in text
    assert text.splitlines()[-1] or text.splitlines()[-2]
    assert "Over when: " in text


def test_prose_keeps_to_the_width_and_code_to_the_left_edge() -> None:
    text = cause_text(RUNBOOK, "provider_overloaded", Placeholders(), width=60)
    prose = [line for line in text.splitlines() if line.strip().startswith(("Why:", "How:", "First:"))]
    assert prose
    assert max(map(len, prose)) <= 60
    assert "\nimport anthropic\n" in text


def test_an_unknown_name_says_which_there_are(tmp_path: Path) -> None:
    with pytest.raises(RunbookError) as caught:
        run("overloded")
    assert str(caught.value).startswith('cause: got "overloded" (did you mean "provider_overloaded"?)')
    assert "provider_overloaded" in str(caught.value)
    with pytest.raises(RunbookError, match=r"none\.toml: cannot be read"):
        run(files=[tmp_path / "none.toml"])


def test_the_command_prints_data_and_ends_well(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("key_compromise", width=80) == 0
    assert "Revoke the key, now" in capsys.readouterr().out
    assert run(facts=True, width=80) == 0
    printed = capsys.readouterr().out
    assert "least_headroom" in printed
    assert max(map(len, printed.splitlines())) <= 80
