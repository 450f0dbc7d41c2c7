"""投票秘密 No vote is linkable to a voter: docs/decisions/ballots.md, held by whoever tries to find out."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from datetime import date
from itertools import product
from random import Random
from typing import Any, get_args, get_type_hints

import pytest
from hypothesis import given as forall
from hypothesis import settings
from hypothesis import strategies as st

from chuishao.commands import committee as committee_commands
from chuishao.commands import election as election_commands
from chuishao.commands.command import Command
from chuishao.domain.catalogue import EVENT_TYPES
from chuishao.domain.election.electorate import Electorate
from chuishao.domain.election.paper import salted_hash
from chuishao.domain.election.regime import REGIMES
from chuishao.domain.election.secrecy import (
    SMALLEST_BALLOT,
    SMALLEST_CELL,
    SMALLEST_ELECTORATE,
    Range,
    published,
)
from chuishao.domain.election.steps import possible
from chuishao.domain.election.tally import winners
from chuishao.domain.election.terms import ElectionStatus, ElectionStep, Office
from chuishao.domain.event import Event
from chuishao.domain.event_fields import fields_of
from chuishao.domain.term import Term
from chuishao.eventlog.keyring import Keyring
from chuishao.eventlog.mapper import make_mapper
from tests.given import decided_by
from tests.mechanisms.elections import (
    CANDIDATES,
    SEATS,
    VOTES,
    a_call,
    an_election,
    certify,
    count,
    hold,
    register,
    screen,
)

OURS = [kind for kind in EVENT_TYPES.values() if kind.__module__.startswith("chuishao.domain.election.")]
CONTESTS = [(1, 1), (2, 1), (2, 2), (3, 1), (3, 2), (3, 3)]
"""Candidates and seats for one office."""


# The adversary: knows who took part, who is elected, what is published, and by which rules


def guesses(present: int, candidates: int, seats: int) -> list[list[set[int]]]:
    """For each view of a result: for each candidate, every number of votes that would look like that."""
    views: dict[Any, list[tuple[int, ...]]] = defaultdict(list)
    for votes in product(range(present + 1), repeat=candidates):
        if sum(votes) <= present * seats:
            shown = tuple(published(votes, present, seats))
            views[shown, tuple(winners(votes, seats, present, REGIMES[-1]))].append(votes)
    return [[set(column) for column in zip(*votes, strict=True)] for votes in views.values()]


SMALLEST_QUORUM = SMALLEST_ELECTORATE // 2 + 1


@pytest.mark.parametrize(("candidates", "seats"), CONTESTS)
@pytest.mark.parametrize("present", [SMALLEST_QUORUM, 7, 8, 9, 10, 13, 19, 20, 21, 22, 25])
def test_nobody_can_conclude_how_everybody_voted(present: int, candidates: int, seats: int) -> None:
    """Of a small cell at least three sizes stay possible: an adversary who is in it learns of nobody else."""
    for view in guesses(present, candidates, seats):
        for counts in view:
            assert counts not in ({0}, {present}), "all, or none, voted for somebody"
            small = max(counts) < SMALLEST_CELL or min(counts) > present - SMALLEST_CELL
            assert not small or len(counts) >= 3


@forall(st.integers(1, 2000), st.integers(1, 5), st.data())
def test_what_is_published_is_true_and_never_a_small_cell(
    present: int, seats: int, data: st.DataObject
) -> None:
    votes = data.draw(st.lists(st.integers(0, present), min_size=1, max_size=8))
    for given, shown in zip(votes, published(votes, present, seats), strict=True):
        assert shown.at_least <= given <= shown.at_most
        if shown.at_least == shown.at_most:
            assert SMALLEST_CELL <= given <= present - SMALLEST_CELL
        else:
            assert shown in (
                Range(0, present),
                Range(0, SMALLEST_CELL - 1),
                Range(present - SMALLEST_CELL + 1, present),
            )


@forall(st.integers(SMALLEST_BALLOT, 2000), st.integers(0, SMALLEST_CELL - 1))
def test_a_unanimous_ballot_looks_like_one_with_a_few_who_dissent(present: int, dissenters: int) -> None:
    assert published([present - dissenters], present, 1) == published([present], present, 1)
    assert published([dissenters], present, 1) == published([0], present, 1)


@forall(st.integers(1, SMALLEST_BALLOT - 1), st.data())
def test_of_a_small_ballot_only_the_outcome_is_published(present: int, data: st.DataObject) -> None:
    votes = data.draw(st.lists(st.integers(0, present), min_size=1, max_size=5))
    assert set(published(votes, present, len(votes))) == {Range(0, present)}


def test_the_others_of_an_office_do_not_give_away_that_nobody_voted_for_somebody() -> None:
    assert published([600, 400, 0], 1000, 1) == [Range(0, 1000)] * 3, "600 and 400 would leave nothing"
    assert published([600, 380, 0], 1000, 1) == [Range(600, 600), Range(380, 380), Range(0, 4)]


# What is recorded: totals, and nothing of how they came about


def a_paper(chance: Random) -> set[int]:
    """Whom somebody names: for each office at most as many as there are seats."""
    named = set()
    for office in dict.fromkeys(SEATS):
        standing = [number for number, (_, stood) in enumerate(CANDIDATES) if stood is office]
        named |= set(chance.sample(standing, chance.randint(0, min(len(standing), SEATS.count(office)))))
    return named


def totals(papers: list[set[int]]) -> tuple[int, ...]:
    return tuple(sum(number in paper for paper in papers) for number in range(len(CANDIDATES)))


def counted(papers: list[set[int]]) -> list[Event]:
    """What is recorded of a ballot in which these papers were given."""
    election = an_election(register(Electorate(60, 40, 14)), screen(), hold(len(papers)))
    count(totals(papers), len(papers), 0)(election)
    return decided_by(election)


def of_offices(paper: set[int], *, members: bool) -> set[int]:
    return {number for number in paper if (CANDIDATES[number][1] is Office.MEMBER) is members}


@settings(max_examples=30)
@forall(st.randoms(use_true_random=False), st.integers(31, 60))
def test_the_record_is_the_same_whoever_gave_which_paper_in_whatever_order(
    chance: Random, present: int
) -> None:
    """Papers change hands, and two change halves: it is all one to the record."""
    papers = [a_paper(chance) for _ in range(present)]
    told = counted(papers)
    first, second = papers[0], papers[1]
    papers[0] = of_offices(first, members=False) | of_offices(second, members=True)
    papers[1] = of_offices(second, members=False) | of_offices(first, members=True)
    chance.shuffle(papers)
    assert counted(papers) == told


def stored(electorate: Electorate, present: int, votes: tuple[int, ...]) -> list[bytes]:
    """The events of a whole election as the log keeps them."""
    election = a_call()
    for decision in (register(electorate), screen(), hold(present), count(votes, present, 0), certify()):
        decision(election)
    mapper = make_mapper(Keyring(0))
    return [mapper.to_stored_event(happened).state for happened in decided_by(election)]


@pytest.mark.parametrize("times", [1, 10, 100])
def test_an_election_is_as_light_with_a_hundred_thousand_voters(times: int) -> None:
    small = stored(Electorate(1000, 420, 14), 800, VOTES)
    large = stored(
        Electorate(1000 * times, 420 * times, 14 * times), 800 * times, tuple(n * times for n in VOTES)
    )
    assert len(small) == len(large) == 6
    digits = 4 * (len(VOTES) + 4) * (times > 1)
    assert sum(map(len, large)) <= sum(map(len, small)) + digits


def test_nothing_can_be_recorded_while_the_ballot_is_open() -> None:
    """No turnout of the hour, no box that is opened before the others: one figure, after the close."""
    assert possible(ElectionStatus.SCREENED) == [ElectionStep.HOLD_BALLOT, ElectionStep.VOID]
    assert {kind.__name__ for kind in OURS if "present" in fields_of(kind)} == {
        "BallotHeld",
        "MemberRecalled",
    }
    assert {kind.__name__ for kind in OURS if "at_least" in fields_of(kind)} == {"BallotsCounted"}


# What there is no room for


KNOWN_PEOPLE = {"candidates", "elected", "person"}
"""Fields that name people: who stands, who is elected, who has a seat. All of them are put up in public."""
ELECTIONS = {"election", "term"}
PLAIN_TEXTS = {
    "ballot_on", "call_ground", "community", "elected_on", "mode", "office", "offices", "proposers",
    "protocol_hash", "regime", "roll_hash", "seats", "term_from", "term_until", "vacancy_ground",
    "void_ground",
}  # fmt: skip
"""Codes, days, words of closed lists and salted hashes: nothing that somebody writes freely."""


@pytest.mark.parametrize("kind", OURS, ids=lambda kind: kind.__name__)
def test_no_event_has_room_for_a_voter_or_for_words(kind: type[Event]) -> None:
    for name, type_ in fields_of(kind).items():
        match type_.removesuffix(" or null").removeprefix("list of "):
            case "identifier":
                assert name in KNOWN_PEOPLE | ELECTIONS
            case "text":
                assert name in PLAIN_TEXTS
            case other:
                assert other == "integer", f"{kind.__name__}.{name} may hold anything"


def leaves(hint: Any) -> set[Any]:
    """The plain types that a field of a command is made of."""
    if dataclasses.is_dataclass(hint):
        return {leaf for part in get_type_hints(hint).values() for leaf in leaves(part)}
    inside = get_args(hint)
    return {leaf for part in inside for leaf in leaves(part)} if inside else {hint}


COMMANDS = [
    command
    for module in (election_commands, committee_commands)
    for command in vars(module).values()
    if isinstance(command, type) and issubclass(command, Command) and "decide" in vars(command)
    and command.__module__ == module.__name__
]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.__name__)
def test_no_command_takes_words_or_names_a_voter(command: type[Command]) -> None:
    for field in dataclasses.fields(command):
        if field.name in ("community_code", "roll_hash", "protocol_hash", "election_id"):
            continue
        for leaf in leaves(get_type_hints(command)[field.name]):
            if field.name not in ("candidates", "person_id"):
                assert leaf in (int, date, type(None)) or issubclass(leaf, Term), (field.name, leaf)


# The papers that stay outside


@forall(st.binary(min_size=16, max_size=40), st.lists(st.text(max_size=8), max_size=6), st.data())
def test_a_salted_hash_tells_one_paper_from_every_other(
    salt: bytes, lines: list[str], data: st.DataObject
) -> None:
    lines = [line.replace("\n", " ") for line in lines]
    others = data.draw(st.lists(st.text(max_size=8).map(lambda text: text.replace("\n", " ")), max_size=6))
    assert (salted_hash(salt, lines) == salted_hash(salt, others)) is (lines == others)
    assert salted_hash(salt, lines) != salted_hash(salt + b"1", lines), "without the salt nothing is told"


def test_a_salt_that_can_be_tried_out_is_none() -> None:
    with pytest.raises(ValueError, match="at least 16 bytes"):
        salted_hash(b"short", ["选民 0001"])
