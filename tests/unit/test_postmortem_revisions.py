"""Revisions: nothing is silently overwritten, however two people's edits interleave."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from claude_tui.incident.postmortem import Computed, Draft, FieldState, revised
from claude_tui.incident.postmortem.revisions import UNSETTLED, field_of, heads_of
from claude_tui.model.postmortem import FieldRevision
from tests.postmortem_values import Writing, known_incident, wrote

RECORD = Computed("what the record says")
WORDS = st.text(alphabet="abc \n", max_size=6)


def test_edits_of_different_fields_merge() -> None:
    writing, form = Writing(), known_incident().form()
    ana = wrote(form, "impact", "checkout was down", writing)
    ben = wrote(form, "root_cause", "theirs; no fallback on our side", writing, by="ben")
    for order in ((ana, ben), (ben, ana)):
        merged = known_incident().form(*order)
        assert merged.field("impact").text == "checkout was down"
        assert merged.field("root_cause").text == "theirs; no fallback on our side"
        assert all(merged.field(key).state is FieldState.PERSON for key in ("impact", "root_cause"))


def test_two_edits_of_one_field_show_both_texts_until_the_next_edit_settles_them() -> None:
    writing, form = Writing(), known_incident().form()
    ana = wrote(form, "impact", "checkout was down", writing)
    ben = wrote(form, "impact", "search was slow", writing, by="ben")
    both = known_incident().form(ana, ben)
    field = both.field("impact")
    assert field.state is FieldState.CONFLICT
    assert "checkout was down" in field.text
    assert "search was slow" in field.text
    assert "ana 12:16:41" in field.text
    assert "ben 12:16:42" in field.text
    assert "impact: two versions" in both.to_do

    settled = wrote(both, "impact", "checkout was down, search was slow", writing)
    after = known_incident().form(ana, ben, settled).field("impact")
    assert (after.state, after.text) == (FieldState.PERSON, "checkout was down, search was slow")


def test_who_settles_a_conflict_does_not_settle_what_they_have_not_seen() -> None:
    writing, form = Writing(), known_incident().form()
    ana = wrote(form, "impact", "one", writing)
    ben = wrote(form, "impact", "two", writing, by="ben")
    settled = wrote(known_incident().form(ana, ben), "impact", "one and two", writing)
    more = wrote(known_incident().form(ben), "impact", "two, and more", writing, by="ben")
    field = known_incident().form(ana, ben, settled, more).field("impact")
    assert field.state is FieldState.CONFLICT
    assert [head.text for head in field.heads] == ["one and two", "two, and more"]


def test_the_same_text_from_two_people_is_no_conflict_and_the_next_edit_replaces_both() -> None:
    writing, form = Writing(), known_incident().form()
    ana = wrote(form, "impact", "the same", writing)
    ben = wrote(form, "impact", "the same\n", writing, by="ben")
    field = known_incident().form(ana, ben).field("impact")
    assert (field.state, field.text) == (FieldState.PERSON, "the same")
    later = wrote(known_incident().form(ana, ben), "impact", "another", writing)
    assert known_incident().form(ana, ben, later).field("impact").text == "another"


def test_a_session_of_typing_is_a_chain_and_leaves_one_text() -> None:
    writing = Writing()
    draft = Draft(writing.writer(), known_incident().form().field("root_cause"))
    made = []
    for typed in ("t", "the", "theirs"):
        draft.text = typed
        made.append(draft.revision())
    assert draft.is_saved
    assert draft.revision() is None
    assert all(made)
    assert known_incident().form(*made).field("root_cause").text == "theirs"  # type: ignore[arg-type]


def test_typing_goes_on_beside_what_somebody_else_writes_meanwhile() -> None:
    writing, form = Writing(), known_incident().form()
    draft = Draft(writing.writer(), form.field("impact"))
    draft.text = "checkout"
    first = draft.revision()
    ben = wrote(form, "impact", "search was slow", writing, by="ben")
    draft.text = "checkout was down"
    second = draft.revision()
    field = known_incident().form(first, ben, second).field("impact")  # type: ignore[arg-type]
    assert field.state is FieldState.CONFLICT
    assert {head.text for head in field.heads} == {"search was slow", "checkout was down"}


def test_nothing_is_recorded_for_what_was_not_changed() -> None:
    writing, form = Writing(), known_incident().form()
    draft = Draft(writing.writer(), form.field("impact"))
    assert draft.revision() is None
    draft.text += "\n "
    assert draft.revision() is None
    assert revised(writing.writer(), form.field("impact"), form.field("impact").text) is None


def test_a_circle_of_a_damaged_file_hides_nothing() -> None:
    writing, form = Writing(), known_incident().form()
    one = wrote(form, "impact", "one", writing)
    two = FieldRevision(one.at, "e" * 32, one.incident, "impact", "two", "ben", base=one.id)
    one = FieldRevision(one.at, one.id, one.incident, "impact", "one", "ana", base=two.id)
    assert {head.text for head in heads_of((one, two))} == {"one", "two"}


# -- any interleaving ---------------------------------------------------------------------


@dataclass
class Person:
    """Somebody who sees only what has reached them."""

    name: str
    seen: list[FieldRevision] = field(default_factory=list)
    draft: Draft | None = None
    on_screen: set[str] = field(default_factory=set)
    """The revisions whose texts were shown when they began to type."""


@dataclass
class Room:
    """Several people at one field, and by what each of them saw which revisions were replaced knowingly."""

    writing: Writing = field(default_factory=Writing)
    people: tuple[Person, ...] = ()
    all: list[FieldRevision] = field(default_factory=list)
    replaced: set[str] = field(default_factory=set)

    def sync(self, person: Person) -> None:
        person.seen = list(self.all)

    def begin(self, person: Person) -> None:
        shown = field_of("impact", person.seen, RECORD)
        person.on_screen = {
            revision.id
            for revision in person.seen
            if revision in shown.heads and revision.text.strip("\n ") in shown.text
        }
        person.draft = Draft(self.writing.writer(person.name), shown)

    def type(self, person: Person, text: str) -> None:
        if person.draft is None:
            self.begin(person)
        assert person.draft is not None
        person.draft.text = text
        made = person.draft.revision()
        if made is not None:
            self.replaced |= person.on_screen
            person.on_screen = {made.id}
            self.all.append(made)
            person.seen.append(made)

    def leave(self, person: Person) -> None:
        person.draft = None


STEPS = st.lists(
    st.tuples(st.integers(0, 2), st.sampled_from(("sync", "type", "type", "leave")), WORDS), max_size=30
)


def played(steps: list[tuple[int, str, str]]) -> Room:
    room = Room(people=tuple(Person(name) for name in ("ana", "ben", "cas")))
    for who, what, text in steps:
        person = room.people[who]
        if what == "sync":
            room.sync(person)
        elif what == "type":
            room.type(person, text)
        else:
            room.leave(person)
    return room


@given(STEPS)
def test_whatever_nobody_replaced_knowingly_is_shown(steps: list[tuple[int, str, str]]) -> None:
    room = played(steps)
    shown = field_of("impact", room.all, RECORD)
    standing = [revision for revision in room.all if revision.id not in room.replaced]
    assert {head.id for head in shown.heads} == {revision.id for revision in standing}
    for revision in standing:
        assert revision.text in shown.text
    if len({revision.text for revision in standing}) > 1:
        assert shown.state is FieldState.CONFLICT
        assert UNSETTLED in shown.text


@given(STEPS, st.randoms(use_true_random=False))
def test_the_order_in_which_revisions_arrive_does_not_matter(
    steps: list[tuple[int, str, str]], random: object
) -> None:
    room = played(steps)
    arrived = list(room.all)
    random.shuffle(arrived)  # type: ignore[attr-defined]
    twice = [*arrived, *arrived[:3]]
    assert field_of("impact", twice, RECORD) == field_of("impact", room.all, RECORD)


@given(STEPS, WORDS)
def test_an_edit_by_somebody_who_sees_everything_leaves_one_text(
    steps: list[tuple[int, str, str]], text: str
) -> None:
    room = played(steps)
    seen = field_of("impact", room.all, RECORD)
    last = revised(room.writing.writer(), seen, text)
    field = field_of("impact", [*room.all, *([last] if last else [])], RECORD)
    assert field.state is not FieldState.CONFLICT
    assert len({head.text for head in field.heads}) <= 1
