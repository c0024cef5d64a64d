"""Runbook files: a person's own are laid over the shipped ones; faults name file, node and reason."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from claude_tui.model.verdict import Cause
from claude_tui.runbook import RunbookError, load, shipped, user_files

STEP = 'id = "s"\ntitle = "t"\nwhy = "w."\nhow = "h."\ncheck = "c."\n'
PLAYBOOK = '[playbook.{name}]\ntitle = "t"\nintro = "i"\nover = "o"\n'


def written(directory: Path, text: str, name: str = "mine.toml") -> Path:
    path = directory / name
    path.write_text(text, "utf-8")
    return path


def answer(name: str, more: str = "") -> str:
    return f'[node.{name}]\ntitle = "t"\nanswer = "a."\n{more}\n'


def branch(at: str, to: str, more: str = "") -> str:
    return f'[[branch]]\nat = "{at}"\nto = "{to}"\nlabel = "l"\n{more}\n'


def refusal(directory: Path, text: str) -> str:
    path = written(directory, text)
    with pytest.raises(RunbookError) as caught:
        load([path])
    assert str(caught.value).startswith(str(path))
    return str(caught.value).removeprefix(f"{path}: ")


def test_a_node_and_a_branch_of_ones_own(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        answer("vpn", 'side = "path"') + branch("no_answer", "vpn", """when = 'messages == "failing"'"""),
    )
    found = load([path])
    assert found.nodes["no_answer"].branches[0].to == "vpn", "added in front"
    assert len(found.nodes) == len(shipped().nodes) + 1
    assert shipped().nodes["no_answer"].branches[0].to != "vpn", "the shipped one stays as it is"


def test_a_node_of_the_same_name_replaces_the_shipped_one(tmp_path: Path) -> None:
    path = written(tmp_path, answer("dns", 'causes = ["network"]\nfirst = "Call Eve."'))
    assert load([path]).nodes["dns"].first == "Call Eve."


def test_a_playbook_of_ones_own_takes_over_its_causes(tmp_path: Path) -> None:
    text = PLAYBOOK.format(name="ours") + 'causes = ["rate_limited"]\n[[playbook.ours.step]]\n' + STEP
    found = load([written(tmp_path, text + answer("dns", 'causes = ["network"]\nplaybook = "ours"'))])
    assert found.playbook_for(Cause.RATE_LIMITED).id == "ours"
    assert found.playbooks["rate_limited"].causes == frozenset()
    assert found.playbook_named("rate_limited").id == "rate_limited", "by its own name it is still there"


def test_a_step_is_added_after_another_or_at_the_end(tmp_path: Path) -> None:
    first = '[[step]]\nplaybook = "outage"\nafter = "confirm"\n' + STEP
    last = '[[step]]\nplaybook = "outage"\n' + STEP.replace('"s"', '"z"')
    steps = [step.id for step in load([written(tmp_path, first + last)]).playbooks["outage"].steps]
    assert steps[:2] == ["confirm", "s"]
    assert steps[-1] == "z"


def test_additions_hold_whatever_file_comes_first(tmp_path: Path) -> None:
    add = written(tmp_path, branch("mine", "dns"), "a.toml")
    node = '[node.mine]\ntitle = "t"\nquestion = "q?"\n[[node.mine.branch]]\nlabel = "l"\nto = "tls"\n'
    base = written(tmp_path, node + branch("start", "mine"), "b.toml")
    assert [option.to for option in load([add, base]).nodes["mine"].branches] == ["dns", "tls"]


def test_a_check_of_ones_own(tmp_path: Path) -> None:
    text = '[check.status]\ntitle = "t"\nreads = "r"\n[[check.status.command]]\ntitle = "t"\nrun = "true"\n'
    found = load([written(tmp_path, text)])
    assert [check.key for check in found.checks] == ["status", "connectivity", "limits"]
    assert found.checks[0].commands[0].text == "true"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (answer("lost"), 'node.lost: unreachable: no branch leads here from "start"'),
        (branch("start", "dsn"), 'node.start.branch[1].to: no node "dsn" (did you mean "dns"?)'),
        (branch("strat", "dns"), 'branch[1].at: no node "strat" (did you mean "start"?)'),
        (branch("dns", "tls"), 'branch[1].at: "dns" is an answer, which has no branches'),
        (branch("start", "start"), "node.start.branch[1].to: leads to itself"),
        (
            branch("start", "dns", """when = 'latency > 3'"""),
            'branch[1].when: no fact "latency"',
        ),
        (
            branch("start", "dns", """when = 'cause == "provider_overload"'"""),
            'branch[1].when: cause is never "provider_overload" (did you mean "provider_overloaded"?)',
        ),
        (branch("fine", "dns", "otherwise = true"), "node.fine: more than one branch is `otherwise`"),
        (
            branch("start", "dns", """when = 'masked'\notherwise = true"""),
            "branch[1].otherwise: cannot be combined with `when`",
        ),
        ('start = "strat"', 'start: no node "strat" (did you mean "start"?)'),
        (
            answer("dns", 'playbook = "netwrok"'),
            'node.dns.playbook: no playbook "netwrok" (did you mean',
        ),
        (
            answer("dns", 'shows = ["tls_days"]'),
            'node.dns.shows: got "tls_days" (did you mean "says"?), expected a list of facts',
        ),
        (answer("dns", 'causes = ["overload"]'), 'node.dns.causes: got "overload", expected some of healthy'),
        (
            answer("dns", 'side = "they"'),
            'node.dns.side: got "they" (did you mean "them"?), expected one of',
        ),
        (answer("dns", "probe = 1"), "node.dns.probe: got 1, expected true or false"),
        (answer("dns", "titel = 1"), 'node.dns.titel: got an unknown key (did you mean "title"?)'),
        (answer("dns", 'question = "q?"'), "node.dns: needs either a question, with branches, or an answer"),
        ('[node.dns]\ntitle = "t"\nquestion = "q?"', "node.dns: a question without branches"),
        (
            answer("dns", '[[node.dns.branch]]\nlabel = "l"\nto = "tls"'),
            "node.dns: an answer has no branches",
        ),
        (
            answer("dns", '[[node.dns.command]]\ntitle = "t"\nrun = "curl {{url}}"'),
            "node.dns.command[1].run: got the placeholder {{url}}",
        ),
        (PLAYBOOK.format(name="x"), "playbook.x: a playbook without steps"),
        (
            PLAYBOOK.format(name="x") + ("[[playbook.x.step]]\n" + STEP) * 2,
            'playbook.x.step: two steps called "s"',
        ),
        (
            '[[step]]\nplaybook = "outtage"\n' + STEP,
            'step[1].playbook: no playbook "outtage" (did you mean',
        ),
        (
            '[[step]]\nplaybook = "outage"\nafter = "confrim"\n' + STEP,
            'step[1].after: "outage" has no step "confrim" (did you mean "confirm"?)',
        ),
        (
            '[[step]]\nplaybook = "outage"\n' + STEP.replace('"s"', '"confirm"'),
            'step[1].id: "outage" has a step "confirm" already',
        ),
        (
            '[check.stat]\ntitle = "t"\nreads = "r"',
            'check.stat: got a check with this name (did you mean "status"?)',
        ),
        ("node = 3", "node: got 3, expected a table"),
        ("node = [", "is not valid TOML"),
    ],
)
def test_a_fault_names_file_place_and_reason(tmp_path: Path, text: str, reason: str) -> None:
    assert refusal(tmp_path, text).startswith(reason)


def test_every_fault_is_named_at_once(tmp_path: Path) -> None:
    one = written(tmp_path, answer("dns", 'side = "they"\nprobe = 1'), "a.toml")
    two = written(tmp_path, '[[branch]]\nat = "start"\n', "b.toml")
    with pytest.raises(RunbookError) as caught:
        load([one, two])
    assert [(problem.file, problem.key) for problem in caught.value.problems] == [
        (str(one), "node.dns.side"),
        (str(one), "node.dns.probe"),
        (str(two), "branch[1].label"),
        (str(two), "branch[1].to"),
    ]


def test_a_cycle_without_exit(tmp_path: Path) -> None:
    loop = "".join(
        f'[node.{one}]\ntitle = "t"\nquestion = "q?"\n[[node.{one}.branch]]\nlabel = "l"\nto = "{other}"\n'
        for one, other in (("a", "b"), ("b", "a"))
    )
    found = refusal(tmp_path, loop + branch("start", "a"))
    assert found == "node.a: a cycle without an exit: a → b → a"


def test_a_cycle_with_an_exit_is_fine(tmp_path: Path) -> None:
    text = '[node.a]\ntitle = "t"\nquestion = "q?"\n'
    text += '[[node.a.branch]]\nlabel = "l"\nto = "start"\n[[node.a.branch]]\nlabel = "m"\nto = "dns"\n'
    assert "a" in load([written(tmp_path, text + branch("start", "a"))]).nodes


def test_a_cause_without_an_answer(tmp_path: Path) -> None:
    path = written(tmp_path, answer("notice"))
    with pytest.raises(RunbookError, match="cause provider_notice: no answer in the tree has it"):
        load([path])


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(RunbookError, match="cannot be read"):
        load([tmp_path / "none.toml"])
    (tmp_path / "latin.toml").write_bytes(b'start = "\xe9"')
    with pytest.raises(RunbookError, match="line 1: is not UTF-8 text"):
        load([tmp_path / "latin.toml"])
    written(tmp_path, "#" * 1_000_001, "big.toml")
    with pytest.raises(RunbookError, match="larger than 1,000,000 bytes"):
        load([tmp_path / "big.toml"])


def test_terminal_escapes_in_a_file_are_shown_not_obeyed(tmp_path: Path) -> None:
    path = written(tmp_path, answer("dns", 'causes = ["network"]\nfirst = "\\u001b[2Jgone"'))
    assert load([path]).nodes["dns"].first == "␛[2Jgone"


def test_a_persons_files_in_order(tmp_path: Path) -> None:
    for name in ("b.toml", "a.toml", "notes.md"):
        written(tmp_path, "", name)
    assert [path.name for path in user_files(tmp_path)] == ["a.toml", "b.toml"]
    assert user_files(tmp_path / "none") == []
    assert user_files(None) == []


def test_an_empty_file_changes_nothing(tmp_path: Path) -> None:
    assert load([written(tmp_path, "")]) == shipped()


def test_a_pipe_in_place_of_a_file_is_named_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "ours.toml")
    with pytest.raises(RunbookError, match=r"ours\.toml.*not a regular file"):
        load(user_files(tmp_path))


def test_a_number_of_thousands_of_digits_is_a_mistake_like_others(tmp_path: Path) -> None:
    (tmp_path / "ours.toml").write_text(f"x = {'9' * 5000}\n")
    with pytest.raises(RunbookError, match="not valid TOML"):
        load(user_files(tmp_path))
