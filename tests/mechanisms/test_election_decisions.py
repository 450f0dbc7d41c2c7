"""换届 Elections: the law by date, the steps in their order, who is elected."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given as forall
from hypothesis import strategies as st

from chuishao.domain.election import election_events as facts
from chuishao.domain.election.election import election_id
from chuishao.domain.election.electorate import Electorate
from chuishao.domain.election.refusals import (
    BadHash,
    BallotTooEarly,
    DelegatesMismatch,
    ElectorateTooSmall,
    MorePapersThanIssued,
    NobodyElected,
    NoRegime,
    NotEnoughProposers,
    OtherRegime,
    ProposalMismatch,
    QuorumNotReached,
    VoidGroundUntrue,
    WrongCandidates,
    WrongCount,
    WrongSeats,
)
from chuishao.domain.election.regime import REGIMES, Proposal, day_of, regime_on
from chuishao.domain.election.steps import OPEN, STEPS, possible
from chuishao.domain.election.tally import winners
from chuishao.domain.election.terms import (
    CallGround,
    ElectionStatus,
    ElectionStep,
    LegalRegime,
    Proposers,
    SizeFit,
    VoidGround,
    VotingMode,
)
from chuishao.domain.event import Event, fold
from chuishao.domain.refusal import BadTime, IllegalTransition, OutOfRange, Refusal
from tests.given import event, given, later, when_made
from tests.mechanisms.elections import (
    A_FIFTH,
    BALLOT,
    BALLOT_ON,
    CANDIDATES,
    DEPUTY,
    DIRECTOR,
    MEMBER,
    PEOPLE,
    PROTOCOL,
    ROLL,
    SEATS,
    STATES,
    VOTES,
    Decision,
    a_call,
    an_election,
    certify,
    count,
    hold,
    register,
    screen,
    void,
    way_to,
)
from tests.town import COMMUNITY, START

LAST_OF_2025, FIRST_OF_2026 = date(2025, 12, 31), date(2026, 1, 1)

# 适用法律 The law by date


@pytest.mark.parametrize(
    ("day", "name", "households"),
    [
        (date(2018, 12, 29), LegalRegime.LAW_2018, (100, 700)),
        (date(2021, 6, 1), LegalRegime.LAW_2018, (100, 700)),
        (LAST_OF_2025, LegalRegime.LAW_2018, (100, 700)),
        (FIRST_OF_2026, LegalRegime.LAW_2025, (1000, 3000)),
    ],
)
def test_the_law_of_a_day(day: date, name: LegalRegime, households: tuple[int, int]) -> None:
    regime = regime_on(day)
    assert (regime.name, regime.households) == (name, households)
    assert (regime.seats, regime.term_years) == ((5, 9), 5)


def test_there_is_no_known_law_before_the_first() -> None:
    with pytest.raises(NoRegime):
        regime_on(date(2018, 12, 28))


def test_the_states_of_the_law_follow_each_other() -> None:
    assert all(before.since < after.since for before, after in pairwise(REGIMES))
    assert {regime.name for regime in REGIMES} == set(LegalRegime)


@forall(st.dates(date(2018, 12, 29), date(2100, 1, 1)))
def test_a_day_has_the_law_that_was_put_in_force_last(day: date) -> None:
    assert regime_on(day).since == max(regime.since for regime in REGIMES if regime.since <= day)


def test_a_day_is_one_of_beijing() -> None:
    assert day_of(datetime.fromisoformat("2025-12-31T16:00:00+00:00")) == FIRST_OF_2026
    assert day_of(datetime.fromisoformat("2025-12-31T15:59:59+00:00")) == LAST_OF_2025


@pytest.mark.parametrize(
    ("day", "households", "fit"),
    [
        (LAST_OF_2025, 99, SizeFit.BELOW),
        (LAST_OF_2025, 100, SizeFit.WITHIN),
        (LAST_OF_2025, 700, SizeFit.WITHIN),
        (LAST_OF_2025, 701, SizeFit.ABOVE),
        (FIRST_OF_2026, 999, SizeFit.BELOW),
        (FIRST_OF_2026, 1000, SizeFit.WITHIN),
        (FIRST_OF_2026, 3000, SizeFit.WITHIN),
        (FIRST_OF_2026, 3001, SizeFit.ABOVE),
    ],
)
def test_the_households_of_a_committee_by_the_law_of_the_day(
    day: date, households: int, fit: SizeFit
) -> None:
    assert regime_on(day).fit(households) is fit


@pytest.mark.parametrize(
    ("begins", "ends"),
    [(date(2026, 4, 1), date(2031, 4, 1)), (date(2028, 2, 29), date(2033, 3, 1))],
)
def test_a_term_is_five_years(begins: date, ends: date) -> None:
    assert regime_on(begins).term_end(begins) == ends


@forall(st.integers(0, 3000), st.integers(0, 3000))
def test_more_than_half_is_never_half(present: int, electors: int) -> None:
    regime = REGIMES[-1]
    assert regime.quorate(present, electors) is (present > electors - present)
    assert regime.carried(present, electors) is (present > electors - present)


@forall(st.sampled_from(Proposers), st.integers(1, 10_000), st.data())
def test_a_fifth_of_residents_or_households_or_a_third_of_groups_propose(
    proposers: Proposers, entitled: int, data: st.DataObject
) -> None:
    supporters = data.draw(st.integers(1, entitled))
    enough = supporters * (3 if proposers is Proposers.GROUPS else 5) >= entitled
    made = when_made(
        lambda: a_call(ground=CallGround.PROPOSAL, proposal=Proposal(proposers, supporters, entitled))
    )
    if enough:
        made.then(event(facts.ElectionCalled, proposers=proposers.value, supporters=supporters))
    else:
        made.refused(NotEnoughProposers, supporters=supporters, entitled=entitled)


# 启动选举 The call


def test_an_election_is_called_under_the_law_of_the_day_of_its_ballot() -> None:
    called = when_made(a_call).then(
        event(
            facts.ElectionCalled,
            community=COMMUNITY,
            mode="ALL_VOTERS",
            seats=[office.value for office in SEATS],
            ballot_on="2026-03-30",
            regime="LAW_2025",
            call_ground="TERM_ENDS",
            proposers=None,
        )
    )
    assert (called.id, called.place) == (election_id(COMMUNITY, BALLOT_ON), COMMUNITY)
    in_2025 = datetime.fromisoformat("2025-12-01T09:00:00+08:00")
    assert a_call(ballot_on=LAST_OF_2025, at=in_2025).regime_name is LegalRegime.LAW_2018
    assert a_call(ballot_on=FIRST_OF_2026, at=in_2025).regime_name is LegalRegime.LAW_2025


@forall(st.lists(st.sampled_from([DIRECTOR, DEPUTY, MEMBER]), max_size=12))
def test_a_committee_has_five_to_nine_seats_with_one_director(seats: list[str]) -> None:
    made = when_made(lambda: a_call(seats=seats))  # type: ignore[arg-type]
    if 5 <= len(seats) <= 9 and seats.count(DIRECTOR) == 1:
        made.then(event(facts.ElectionCalled))
    else:
        made.refused(WrongSeats, low=5, high=9)


def test_a_ballot_does_not_lie_before_its_call_or_before_the_law() -> None:
    when_made(lambda: a_call(ballot_on=date(2026, 3, 1))).refused(BadTime, field="ballotOn")
    long_ago = datetime(2010, 1, 1, tzinfo=START.tzinfo)
    when_made(lambda: a_call(ballot_on=date(2010, 2, 1), at=long_ago)).refused(NoRegime, day=date(2010, 2, 1))


def test_a_proposal_goes_with_its_ground() -> None:
    when_made(lambda: a_call(ground=CallGround.PROPOSAL)).refused(ProposalMismatch)
    when_made(lambda: a_call(proposal=A_FIFTH)).refused(ProposalMismatch, ground=CallGround.TERM_ENDS)
    nobody = Proposal(Proposers.GROUPS, 0, 10)
    too_many = Proposal(Proposers.GROUPS, 11, 10)
    for impossible in (nobody, too_many, Proposal(Proposers.ADULTS, 1, 0)):
        refused = when_made(lambda p=impossible: a_call(ground=CallGround.PROPOSAL, proposal=p))  # type: ignore[misc]
        assert refused.refused(OutOfRange).path[0] == "proposal"


# 选举步骤 The steps

TAKE: dict[ElectionStep, Decision] = {
    ElectionStep.REGISTER_VOTERS: register(),
    ElectionStep.SCREEN_CANDIDATES: screen(),
    ElectionStep.HOLD_BALLOT: lambda election: election.hold_ballot(800, max(BALLOT, later(election))),
    ElectionStep.COUNT_BALLOTS: count(),
    ElectionStep.CERTIFY_RESULT: certify(),
    ElectionStep.VOID: void(),
}
ORDER = list(ElectionStep)[:-1]


@forall(st.lists(st.sampled_from(ElectionStep), max_size=12))
def test_no_step_is_skipped_repeated_or_taken_out_of_order_in_any_sequence(steps: list[ElectionStep]) -> None:
    election, taken, voided = a_call(), 0, False
    history = list(election.collect_events())
    for step in steps:
        over = voided or taken == len(ORDER)
        allowed = not over and (step is ElectionStep.VOID or step is ORDER[taken])
        before = election.status
        try:
            TAKE[step](election)
        except Refusal as refused:
            assert not allowed
            assert isinstance(refused, IllegalTransition)
            assert election.pending_events == []
            assert refused.facts["possible"] == possible(before)
            continue
        assert allowed
        assert election.status is STEPS[step][1]
        taken, voided = taken + (step is not ElectionStep.VOID), step is ElectionStep.VOID
        history += election.collect_events()
    assert len(history) == 1 + taken + voided
    assert fold(event for event in history if isinstance(event, Event)) == election


def test_the_table_leads_from_the_call_to_the_end_in_one_line() -> None:
    for before, after, step in zip(STATES, STATES[1:], ORDER, strict=False):
        assert STEPS[step] == (frozenset({before}), after)
    assert frozenset(STATES) - {ElectionStatus.CERTIFIED} == OPEN
    assert possible(ElectionStatus.CERTIFIED) == possible(ElectionStatus.VOIDED) == []


@pytest.mark.parametrize("step", ElectionStep)
@pytest.mark.parametrize("status", ElectionStatus)
def test_every_step_in_every_state(status: ElectionStatus, step: ElectionStep) -> None:
    when = given(a_call(), *way_to(status)).when(TAKE[step])
    if step in possible(status):
        assert when.aggregate.status is STEPS[step][1]
    else:
        when.refused(IllegalTransition, state=status, asked=step)


@pytest.mark.parametrize("status", sorted(OPEN))
def test_no_step_happens_before_the_last_one(status: ElectionStatus) -> None:
    early = START - timedelta(hours=1)
    step = next(step for step in possible(status))
    late: dict[ElectionStep, Decision] = {
        ElectionStep.REGISTER_VOTERS: register(at=early),
        ElectionStep.SCREEN_CANDIDATES: screen(at=early),
        ElectionStep.HOLD_BALLOT: hold(at=early),
        ElectionStep.COUNT_BALLOTS: count(at=early),
        ElectionStep.CERTIFY_RESULT: certify(at=early),
    }
    given(a_call(), *way_to(status)).when(late[step]).refused(BadTime)
    given(a_call(), *way_to(status)).when(void(at=early)).refused(BadTime)


def test_a_whole_election() -> None:
    (registered,) = given(a_call()).when(register()).events
    assert vars(registered)["electors"] == 1000
    given(a_call(), *way_to(ElectionStatus.REGISTERED)).when(screen()).then(
        event(facts.CandidatesScreened, nominated=12, candidates=PEOPLE)
    )
    given(a_call(), *way_to(ElectionStatus.SCREENED)).when(hold()).then(event(facts.BallotHeld, present=800))
    elected = [person for number, person in enumerate(PEOPLE) if number in (0, 2, 3, 4, 5)]
    given(a_call(), *way_to(ElectionStatus.HELD)).when(count()).then(
        event(
            facts.BallotsCounted,
            at_least=list(VOTES),
            at_most=list(VOTES),
            elected=elected,
            protocol_hash=PROTOCOL,
        )
    )
    given(a_call(), *way_to(ElectionStatus.COUNTED)).when(certify()).then(
        event(
            facts.ResultCertified,
            elected=elected,
            offices=["DIRECTOR", "DEPUTY_DIRECTOR", "MEMBER", "MEMBER", "MEMBER"],
        )
    )


# 选民登记 The roll


@pytest.mark.parametrize(
    ("mode", "delegates", "electors"),
    [
        (VotingMode.ALL_VOTERS, None, 1000),
        (VotingMode.ONE_A_HOUSEHOLD, None, 420),
        (VotingMode.GROUP_DELEGATES, 28, 28),
        (VotingMode.GROUP_DELEGATES, 42, 42),
    ],
)
def test_who_votes_in_each_of_the_three_ways(mode: VotingMode, delegates: int | None, electors: int) -> None:
    electorate = Electorate(1000, 420, 14, delegates)
    given(a_call(mode)).when(register(electorate)).then(
        event(facts.VotersRegistered, voters=1000, households=420, groups=14, electors=electors)
    )


@forall(st.integers(1, 200), st.integers(-5, 700))
def test_a_group_has_two_or_three_delegates(groups: int, delegates: int) -> None:
    when = given(a_call(VotingMode.GROUP_DELEGATES)).when(register(Electorate(1000, 420, groups, delegates)))
    if not 2 * groups <= delegates <= 3 * groups:
        when.refused(OutOfRange, field="delegates", low=2 * groups, high=3 * groups)
    elif delegates < 10:
        when.refused(ElectorateTooSmall, electors=delegates)
    else:
        when.then(event(facts.VotersRegistered, electors=delegates))


def test_delegates_are_given_where_they_vote_and_nowhere_else() -> None:
    given(a_call()).when(register(Electorate(1000, 420, 14, 30))).refused(DelegatesMismatch)
    given(a_call(VotingMode.GROUP_DELEGATES)).when(register()).refused(DelegatesMismatch)


@pytest.mark.parametrize("name", ["voters", "households", "groups"])
def test_a_roll_has_people_on_it(name: str) -> None:
    for number in (0, -1, 1_000_001):
        figures = {"voters": 1000, "households": 420, "groups": 14} | {name: number}
        given(a_call()).when(register(Electorate(**figures))).refused(OutOfRange, field=name)


def test_a_roll_of_nine_is_too_small_for_a_secret_ballot() -> None:
    given(a_call()).when(register(Electorate(9, 9, 3))).refused(ElectorateTooSmall, electors=9, needed=10)
    given(a_call()).when(register(Electorate(10, 9, 3))).then(event(facts.VotersRegistered))


@pytest.mark.parametrize("given_hash", ["", "选民 0001", ROLL[:-1], ROLL.upper(), ROLL + "\n"])
def test_what_is_no_hash_is_refused(given_hash: str) -> None:
    given(a_call()).when(register(roll=given_hash)).refused(BadHash, field="rollHash")
    given(a_call(), *way_to(ElectionStatus.HELD)).when(count(protocol=given_hash)).refused(
        BadHash, field="protocolHash"
    )


# 候选人审查 The candidates


@pytest.mark.parametrize(
    ("candidates", "nominated", "reason"),
    [
        ([], 12, "0 stand for 1 seats as DIRECTOR"),
        (CANDIDATES[:2], 12, "0 stand for 1 seats as DEPUTY_DIRECTOR"),
        (CANDIDATES[:5], 12, "2 stand for 3 seats as MEMBER"),
        ([*CANDIDATES, (PEOPLE[0], MEMBER)], 12, "somebody stands twice"),
        (CANDIDATES, 6, "more stand than were nominated"),
    ],
)
def test_candidates_who_do_not_fit(candidates: list[tuple], nominated: int, reason: str) -> None:  # type: ignore[type-arg]
    given(a_call(), register()).when(screen(candidates, nominated)).refused(WrongCandidates, reason=reason)


def test_nobody_stands_for_an_office_without_a_seat() -> None:
    without_deputy = [DIRECTOR, MEMBER, MEMBER, MEMBER, MEMBER]
    given(a_call(seats=without_deputy), register()).when(screen()).refused(WrongCandidates)
    given(a_call(), register()).when(screen(nominated=0)).refused(OutOfRange, field="nominated")


# 投票 The ballot


def test_a_ballot_is_not_held_before_its_day() -> None:
    evening_before = datetime.fromisoformat("2026-03-29T23:59:00+08:00")
    screened = given(a_call(), register(), screen())
    screened.when(hold(at=evening_before)).refused(BallotTooEarly, day=date(2026, 3, 29))
    screened.when(hold(at=evening_before + timedelta(minutes=1))).then(event(facts.BallotHeld))


def test_a_ballot_is_not_held_under_another_law_than_it_was_called_under() -> None:
    in_2025 = datetime.fromisoformat("2025-12-01T09:00:00+08:00")
    called = a_call(ballot_on=LAST_OF_2025, at=in_2025)
    new_year = datetime.fromisoformat("2026-01-01T00:00:00+08:00")
    given(called, register(), screen()).when(hold(at=new_year)).refused(
        OtherRegime, called=LegalRegime.LAW_2018, now=LegalRegime.LAW_2025
    )


@pytest.mark.parametrize("present", [-1, 1001])
def test_nobody_takes_part_who_has_no_vote(present: int) -> None:
    given(a_call(), register(), screen()).when(hold(present)).refused(OutOfRange, low=0, high=1000)


@forall(st.integers(0, 1000))
def test_ballots_are_counted_where_more_than_half_took_part(present: int) -> None:
    held = given(a_call(), register(), screen(), hold(present))
    none = (0,) * len(CANDIDATES)
    when = held.when(count(none, collected=0, invalid=0))
    if present > 500:
        when.then(event(facts.BallotsCounted, elected=[]))
    else:
        when.refused(QuorumNotReached, present=present, electors=1000)


# 计票 The count


@pytest.mark.parametrize(
    ("votes", "collected", "invalid", "code"),
    [
        (VOTES, 801, 0, MorePapersThanIssued),
        (VOTES, 790, 791, WrongCount),
        (VOTES, 790, -1, OutOfRange),
        (VOTES[:-1], 790, 10, WrongCount),
        ((*VOTES, 1), 790, 10, WrongCount),
        ((781, *VOTES[1:]), 790, 10, WrongCount),
        ((-1, *VOTES[1:]), 790, 10, WrongCount),
        ((500, 281, *VOTES[2:]), 790, 10, WrongCount),
        ((*VOTES[:3], 650, 640, 640, 411), 790, 10, WrongCount),
    ],
)
def test_figures_that_no_ballot_gives(
    votes: tuple[int, ...], collected: int, invalid: int, code: type[Refusal]
) -> None:
    given(a_call(), *way_to(ElectionStatus.HELD)).when(count(votes, collected, invalid)).refused(code)


@forall(st.lists(st.integers(0, 60), min_size=1, max_size=8), st.integers(1, 5), st.integers(1, 60))
def test_those_with_the_most_votes_are_elected_if_more_than_half_are_for_them(
    votes: list[int], seats: int, present: int
) -> None:
    won = winners(votes, seats, present, REGIMES[-1])
    elected = [given for given, wins in zip(votes, won, strict=True) if wins]
    others = [given for given, wins in zip(votes, won, strict=True) if not wins]
    assert len(elected) <= seats
    assert all(2 * most > present for most in elected)
    assert all(before > after for before in elected for after in others)
    for passed_over in (some for some in others if 2 * some > present):
        as_many = sum(some >= passed_over for some in votes)
        assert as_many > seats, "whoever carried has a free seat, unless others have as many votes"


@forall(st.permutations(range(7)))
def test_who_is_elected_does_not_hang_on_the_order_of_the_paper(order: list[int]) -> None:
    counted = an_election(register(), screen([CANDIDATES[n] for n in order]), hold())
    count(tuple(VOTES[n] for n in order))(counted)
    assert set(counted.elected) == {PEOPLE[n] for n in (0, 2, 3, 4, 5)}
    assert counted.elected == [CANDIDATES[n][0] for n in order if n in (0, 2, 3, 4, 5)], "by the paper"


def test_where_two_have_as_many_votes_for_one_seat_it_stays_vacant() -> None:
    tied = (500, 210, 600, 650, 420, 420, 420)
    election = an_election(register(), screen(), hold(), count(tied))
    assert [office for _, office in election.result] == [DIRECTOR, DEPUTY, MEMBER]


def test_without_anybody_elected_there_is_nothing_to_certify() -> None:
    nobody = (300, 300, 400, 100, 100, 100, 100)
    counted = given(a_call(), register(), screen(), hold(), count(nobody))
    counted.when(certify()).refused(NobodyElected)
    counted.when(void(VoidGround.NOBODY_ELECTED)).then(
        event(facts.ElectionVoided, void_ground="NOBODY_ELECTED")
    )


# 宣布无效 Void


@pytest.mark.parametrize(
    ("ground", "way", "holds"),
    [
        (VoidGround.CALLED_OFF, [], True),
        (VoidGround.CALLED_OFF, [register(), screen()], True),
        (VoidGround.CALLED_OFF, [register(), screen(), hold()], False),
        (VoidGround.QUORUM_NOT_REACHED, [register(), screen()], False),
        (VoidGround.QUORUM_NOT_REACHED, [register(), screen(), hold(500)], True),
        (VoidGround.QUORUM_NOT_REACHED, [register(), screen(), hold(501)], False),
        (VoidGround.MORE_PAPERS_THAN_ISSUED, [register(), screen(), hold()], True),
        (VoidGround.MORE_PAPERS_THAN_ISSUED, [register(), screen(), hold(), count()], False),
        (VoidGround.NOBODY_ELECTED, [register(), screen(), hold()], False),
        (VoidGround.NOBODY_ELECTED, [register(), screen(), hold(), count()], False),
        (VoidGround.PROCEDURE_BROKEN, [register(), screen(), hold(), count()], True),
    ],
)
def test_an_election_is_void_on_a_ground_that_holds(
    ground: VoidGround, way: list[Decision], holds: bool
) -> None:
    when = given(a_call(), *way).when(void(ground))
    if holds:
        when.then(event(facts.ElectionVoided, void_ground=ground.value))
    else:
        when.refused(VoidGroundUntrue, ground=ground)


def test_an_election_is_the_only_one_of_its_community_on_its_day() -> None:
    assert a_call().id == a_call(VotingMode.ONE_A_HOUSEHOLD, ground=CallGround.NEW_COMMITTEE).id
    assert a_call().id != a_call(ballot_on=date(2026, 3, 31)).id
