"""Elections of residents' committees: how they stand, who stands, and the result as it is published."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import strawberry

from chuishao.domain.election.regime import REGIME_OF
from chuishao.domain.election.steps import possible
from chuishao.domain.election.terms import (
    CallGround,
    ElectionStatus,
    ElectionStep,
    LegalRegime,
    Office,
    Proposers,
    SizeFit,
    VoidGround,
    VotingMode,
)
from chuishao.graphql.links import (
    CANDIDATES_OF_ELECTION,
    COMMITTEE,
    CONTESTS_OF_ELECTION,
    DIVISION,
    ELECTION,
    PERSON,
)
from chuishao.graphql.types.fields import column, computed, many, one
from chuishao.graphql.types.shared import (
    ITS_OWN,
    CommitteeRef,
    DivisionRef,
    ElectionRef,
    Node,
    PersonRef,
    identified,
)
from chuishao.projections.elections import ElectionRow


@strawberry.type(description="应选名额 For how many seats of an office is elected.")
class ElectionContest:
    """A row of the contests."""

    @computed(ITS_OWN)
    def id(election: UUID | str, number: int) -> strawberry.ID:
        """The contest by its number."""
        return identified("contest", election, number)

    office: Office = column("职务 The office.")
    seats: int = column("名额 How many seats.")


@strawberry.type(
    description="候选人 Somebody who stands for one office. Votes are a range: exact where at least five are "
    "for them and as many are not, else so far that nobody's vote follows."
)
class ElectionCandidate:
    """A row of the candidates."""

    @computed(ITS_OWN)
    def id(election: UUID | str, number: int) -> strawberry.ID:
        """The candidate by the number on the paper."""
        return identified("candidate", election, number)

    number: int = column("序号 Their number on the ballot paper, from 1.")
    office: Office = column("职务 The office that they stand for.")
    at_least: int | None = column("得票下限 How many votes at least; null before the count.")
    at_most: int | None = column("得票上限 How many votes at most; the same as `atLeast` where it is exact.")
    elected: bool | None = column("当选 Whether they are elected; null before the count.")

    @computed("人员标识 Who stands, by the identifier.")
    def person_id(person: UUID | str) -> strawberry.ID:
        """By identifier."""
        return strawberry.ID(str(person))

    person: PersonRef | None = one("人员 Who stands, if a roster has them.", PERSON, "person")


@strawberry.type(
    description="换届选举 An election of a residents' committee: voters registered, candidates screened, "
    "ballot held, counted, certified, or void. Nothing here is about a voter."
)
class Election(Node):
    """A row of the elections read model."""

    @classmethod
    def is_type_of(cls, obj: Any, _info: Any) -> bool:
        """Rows are their own source."""
        return isinstance(obj, ElectionRow)

    status: ElectionStatus = column("状态 Where it stands.")
    mode: VotingMode = column("选举方式 Who votes.")
    ballot_on: date = column("选举日 The day of the ballot.")
    regime: LegalRegime = column("适用法律 The law in force on that day.")
    ground: CallGround | None = column("选举事由 Why it was called; null for a by-election.")
    proposers: Proposers | None = column("提议主体 Who proposed it; null where nobody did.")
    supporters: int | None = column("提议数 How many proposed it.")
    entitled: int | None = column("提议主体数 Out of how many.")
    voters: int | None = column("选民数 Residents of 18 or older with a vote; null before the registration.")
    households: int | None = column("户数 Households.")
    groups: int | None = column("居民小组数 Residents' groups.")
    electors: int | None = column("选举人数 How many vote in the way chosen.")
    nominated: int | None = column("提名人数 How many were nominated; null before the screening.")
    present: int | None = column("参加人数 How many took part; null before the close of the ballot.")
    roll_hash: str | None = column("选民名册校验值 The salted hash of the roll, which stays on paper.")
    protocol_hash: str | None = column(
        "计票记录校验值 The salted hash of the protocol with the exact figures."
    )
    void_ground: VoidGround | None = column("无效事由 Why it is void; null where it is not.")
    called_at: datetime = column("启动时间 When it was called.")
    held_at: datetime | None = column("投票结束 When the ballot was closed.")
    ended_at: datetime | None = column("结束时间 When it was certified or voided.")

    @computed("补选 Whether it is to vacant seats only.")
    def by_election(term: UUID | str | None) -> bool:
        """By the term that it completes."""
        return term is not None

    @computed("参选率 present / electors; null before the close of the ballot.")
    def turnout(present: int | None, electors: int | None) -> float | None:
        """Numerator over denominator."""
        return round(present / electors, 4) if present is not None and electors else None

    @computed("法定人数 Whether more than half took part; null before the close of the ballot.")
    def quorate(present: int | None, electors: int | None, regime: str) -> bool | None:
        """By the law."""
        if present is None or electors is None:
            return None
        return REGIME_OF[LegalRegime(regime)].quorate(present, electors)

    @computed("规模 How its households compare with what the law generally wants for a committee.")
    def size_fit(households: int | None, regime: str) -> SizeFit | None:
        """By the law."""
        return None if households is None else REGIME_OF[LegalRegime(regime)].fit(households)

    @computed("可执行步骤 Which steps may be taken next.")
    def possible_steps(status: str) -> list[ElectionStep]:
        """By the table."""
        return possible(ElectionStatus(status))

    contests: list[ElectionContest] = many("应选名额 The seats by office.", CONTESTS_OF_ELECTION, "id")
    candidates: list[ElectionCandidate] = many(
        "候选人 Who stands, in the order of the ballot paper.", CANDIDATES_OF_ELECTION, "id"
    )
    division: DivisionRef | None = one("社区 The community.", DIVISION, "community")
    committee: CommitteeRef | None = one(
        "居民委员会 The committee of the community; null while it has none.", COMMITTEE, "community"
    )
    completes: ElectionRef | None = one(
        "所属届次 Of a by-election: the election whose term it completes.", ELECTION, "term"
    )


@strawberry.type(description="参选率 How many took part in the elections of a year in a place.")
class ElectionTurnout:
    """Counts of elections by the year of their ballot."""

    @computed(ITS_OWN)
    def id(place: str, year: int) -> strawberry.ID:
        """The year in a place."""
        return identified("turnout", place, year)

    year: int = column("年份 The year of the ballots.")
    elections: int = column("选举数 How many elections were called for it.")
    certified: int = column("已确认 How many of them are certified.")
    voided: int = column("无效 How many of them are void.")
    held: int = column("已投票 How many ballots were held: the sample of the figures below.")
    electors: int = column("选举人数 How many could vote in them: the denominator.")
    present: int = column("参加人数 How many took part in them: the numerator.")

    @computed("参选率 present / electors; null without a ballot.")
    def turnout(present: int, electors: int) -> float | None:
        """Numerator over denominator."""
        return round(present / electors, 4) if electors else None
