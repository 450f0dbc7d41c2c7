"""换届 CommitteeElection: called, voters registered, candidates screened, ballot held, counted, certified.

“做好社区居委会换届工作，严把换届程序”. One table says which step follows which; none is skipped, repeated or
taken early, and any election that is not certified may be voided. What a voter did is known to nobody: see
docs/decisions/ballots.md.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Self
from uuid import UUID

from eventsourcing.domain import BaseAggregate

from chuishao.domain.election import election_events as facts
from chuishao.domain.election.candidates import require_candidates
from chuishao.domain.election.electorate import Electorate
from chuishao.domain.election.paper import require_hash
from chuishao.domain.election.refusals import (
    BallotTooEarly,
    NobodyElected,
    OtherRegime,
    ProposalMismatch,
    QuorumNotReached,
    VoidGroundUntrue,
)
from chuishao.domain.election.regime import (
    REGIME_OF,
    Proposal,
    Regime,
    counted,
    day_of,
    regime_on,
)
from chuishao.domain.election.steps import require_step
from chuishao.domain.election.tally import Count, outcome, require_consistent
from chuishao.domain.election.terms import (
    CallGround,
    ElectionStatus,
    ElectionStep,
    LegalRegime,
    Office,
    VoidGround,
    VotingMode,
)
from chuishao.domain.event import not_before
from chuishao.domain.identity import identify
from chuishao.domain.phrase import Phrase
from chuishao.domain.refusal import BadTime, OutOfRange

MOST_NOMINATED = 200
"""More nominations than the election of any committee has."""
BEFORE = Phrase("the step before", "上一步")


def election_id(community: str, ballot_on: date) -> UUID:
    """The stream of a community's election on a day: there is one."""
    return identify("election", community, ballot_on.isoformat())


class Election(BaseAggregate[UUID]):
    """One election of one community, of a whole committee or (`term`) of what is missing in one."""

    TOPIC = "election"

    def __init__(self) -> None:
        self.status = ElectionStatus.CALLED
        self.community = ""
        self.mode = VotingMode.ALL_VOTERS
        self.seats: list[Office] = []
        self.ballot_on = date.min
        self.regime_name = LegalRegime.LAW_2018
        self.term: UUID | None = None
        self.electors = 0
        self.candidates: list[tuple[UUID, Office]] = []
        self.held_at: datetime | None = None
        self.present = 0
        self.elected: list[UUID] = []

    @property
    def place(self) -> str:
        """The community."""
        return self.community

    @property
    def correlation(self) -> None:
        """Elections belong to no case."""

    @property
    def regime(self) -> Regime:
        """The law that it is held under."""
        return REGIME_OF[self.regime_name]

    @property
    def held_on(self) -> date:
        """The day of the ballot, as far as it is known."""
        return day_of(self.held_at) if self.held_at else self.ballot_on

    @property
    def result(self) -> list[tuple[UUID, Office]]:
        """Who is elected to which office, in the order of the ballot paper."""
        return [(person, office) for person, office in self.candidates if person in self.elected]

    # Decisions

    @classmethod
    def call(
        cls,
        community: str,
        mode: VotingMode,
        seats: list[Office],
        ballot_on: date,
        ground: CallGround,
        proposal: Proposal | None,
        at: datetime,
    ) -> Self:
        """启动选举: call the election of a whole committee."""
        regime = _regime_of_ballot(ballot_on, at)
        regime.require_seats(seats)
        if (proposal is not None) is not (ground is CallGround.PROPOSAL):
            raise ProposalMismatch("proposal", ground=ground)
        if proposal is not None:
            regime.require_proposal(proposal, "proposal")
        return cls._create(
            facts.ElectionCalled,
            id=election_id(community, ballot_on),
            timestamp=at,
            community=community,
            mode=mode.value,
            seats=[office.value for office in seats],
            ballot_on=ballot_on.isoformat(),
            regime=regime.name.value,
            call_ground=ground.value,
            proposers=proposal.proposers.value if proposal else None,
            supporters=proposal.supporters if proposal else None,
            entitled=proposal.entitled if proposal else None,
        )

    @classmethod
    def call_by_election(
        cls, community: str, mode: VotingMode, vacant: list[Office], ballot_on: date, term: UUID, at: datetime
    ) -> Self:
        """启动补选: call an election to the seats that are vacant."""
        regime = _regime_of_ballot(ballot_on, at)
        return cls._create(
            facts.ByElectionCalled,
            id=election_id(community, ballot_on),
            timestamp=at,
            community=community,
            mode=mode.value,
            seats=[office.value for office in vacant],
            ballot_on=ballot_on.isoformat(),
            regime=regime.name.value,
            term=term,
        )

    def register_voters(self, electorate: Electorate, roll_hash: str, at: datetime) -> None:
        """选民登记: close the roll."""
        self._require(ElectionStep.REGISTER_VOTERS, at)
        self.trigger_event(
            facts.VotersRegistered,
            timestamp=at,
            voters=electorate.voters,
            households=electorate.households,
            groups=electorate.groups,
            electors=electorate.electors(self.mode, self.regime),
            roll_hash=require_hash(roll_hash, "rollHash"),
        )

    def screen_candidates(self, nominated: int, candidates: list[tuple[UUID, Office]], at: datetime) -> None:
        """候选人审查: settle who stands for which office, in the order of the ballot paper."""
        self._require(ElectionStep.SCREEN_CANDIDATES, at)
        counted(nominated, "nominated", MOST_NOMINATED)
        require_candidates(candidates, self.seats, nominated)
        self.trigger_event(
            facts.CandidatesScreened,
            timestamp=at,
            nominated=nominated,
            candidates=[person for person, _ in candidates],
            offices=[office.value for _, office in candidates],
        )

    def hold_ballot(self, present: int, at: datetime) -> None:
        """投票: close the ballot, and say how many papers were given out in all."""
        self._require(ElectionStep.HOLD_BALLOT, at)
        day = day_of(at)
        if day < self.ballot_on:
            raise BallotTooEarly("occurredAt", ballot_on=self.ballot_on, day=day)
        now = regime_on(day)
        if now.name is not self.regime_name:
            raise OtherRegime("occurredAt", called=self.regime_name, now=now.name, day=day)
        if not 0 <= present <= self.electors:
            raise OutOfRange("present", field="present", value=present, low=0, high=self.electors)
        self.trigger_event(facts.BallotHeld, timestamp=at, present=present)

    def count_ballots(self, count: Count, protocol_hash: str, at: datetime) -> None:
        """计票: judge the totals, and publish as much of them as tells nobody's vote."""
        self._require(ElectionStep.COUNT_BALLOTS, at)
        if not self.regime.quorate(self.present, self.electors):
            raise QuorumNotReached(present=self.present, electors=self.electors)
        standing = [office for _, office in self.candidates]
        require_consistent(count, self.present, standing, self.seats)
        shown, elected = outcome(count, self.present, standing, self.seats, self.regime)
        self.trigger_event(
            facts.BallotsCounted,
            timestamp=at,
            at_least=[each.at_least for each in shown],
            at_most=[each.at_most for each in shown],
            elected=[person for (person, _), won in zip(self.candidates, elected, strict=True) if won],
            protocol_hash=require_hash(protocol_hash, "protocolHash"),
        )

    def certify(self, at: datetime) -> None:
        """确认结果: certify the result."""
        self._require(ElectionStep.CERTIFY_RESULT, at)
        if not self.elected:
            raise NobodyElected()
        self.trigger_event(
            facts.ResultCertified,
            timestamp=at,
            elected=[person for person, _ in self.result],
            offices=[office.value for _, office in self.result],
        )

    def void(self, ground: VoidGround, at: datetime) -> None:
        """宣布无效: void the election, on a ground that holds."""
        self._require(ElectionStep.VOID, at)
        quorate = self.regime.quorate(self.present, self.electors)
        holds = {
            VoidGround.QUORUM_NOT_REACHED: self.status is ElectionStatus.HELD and not quorate,
            VoidGround.MORE_PAPERS_THAN_ISSUED: self.status is ElectionStatus.HELD and quorate,
            VoidGround.NOBODY_ELECTED: self.status is ElectionStatus.COUNTED and not self.elected,
            VoidGround.CALLED_OFF: self.held_at is None,
            VoidGround.PROCEDURE_BROKEN: True,
        }
        if not holds[ground]:
            raise VoidGroundUntrue("ground", ground=ground)
        self.trigger_event(facts.ElectionVoided, timestamp=at, void_ground=ground.value)

    def _require(self, step: ElectionStep, at: datetime) -> None:
        require_step(step, self.status)
        not_before(at, self.modified_on, BEFORE)


def _regime_of_ballot(ballot_on: date, at: datetime) -> Regime:
    """The law on the day of the ballot, which does not lie before the call."""
    if ballot_on < day_of(at):
        reason = Phrase("the election is called after it", "早于启动选举之日")
        raise BadTime("ballotOn", field="ballotOn", at=ballot_on.isoformat(), reason=reason)
    return regime_on(ballot_on, "ballotOn")
