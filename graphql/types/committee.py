"""Residents' committees: seats, terms, who holds them and who did."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import strawberry

from chuishao.domain.election.regime import day_of
from chuishao.domain.election.terms import MembershipEnd, Office, Proposers
from chuishao.graphql.context import Context
from chuishao.graphql.links import (
    COMMITTEE_BY_ID,
    DIVISION,
    ELECTION,
    MEMBERSHIPS_OF_COMMITTEE,
    PERSON,
    RECALLS_OF_COMMITTEE,
    SEATS_OF_COMMITTEE,
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
from chuishao.projections.committees import CommitteeRow


@strawberry.type(description="席位 A seat of a residents' committee.")
class CommitteeSeat:
    """A row of the seats."""

    @computed(ITS_OWN)
    def id(committee: UUID | str, number: int) -> strawberry.ID:
        """The seat by its number."""
        return identified("seat", committee, number)

    number: int = column("序号 Its number, from 1; the director's is the first.")
    office: Office = column("职务 Its office.")
    since: datetime = column("起始 Since when it is held so, or vacant.")

    @computed("人员标识 Who has it, by the identifier; null while it is vacant.")
    def person_id(person: UUID | str | None) -> strawberry.ID | None:
        """By identifier."""
        return None if person is None else strawberry.ID(str(person))

    person: PersonRef | None = one("人员 Who has it, if a roster has them.", PERSON, "person")


@strawberry.type(description="任职记录 Somebody's time in a seat.")
class CommitteeMembership:
    """A row of the memberships."""

    @computed(ITS_OWN)
    def id(committee: UUID | str, number: int) -> strawberry.ID:
        """The membership by its number."""
        return identified("membership", committee, number)

    office: Office = column("职务 In which office.")
    since: datetime = column("任职时间 Since when.")
    until: datetime | None = column("离任时间 Until when; null while it lasts.")
    ended: MembershipEnd | None = column("离任方式 How it ended; null while it lasts.")

    @computed("人员标识 Whose, by the identifier.")
    def person_id(person: UUID | str) -> strawberry.ID:
        """By identifier."""
        return strawberry.ID(str(person))

    person: PersonRef | None = one("人员 Whose, if a roster has them.", PERSON, "person")

    election: ElectionRef | None = one("选举 The election that gave the seat.", ELECTION, "election")
    committee: CommitteeRef | None = one("居民委员会 Whose seat it is.", COMMITTEE_BY_ID, "committee")


@strawberry.type(description="罢免 A recall by a residents' meeting; votes are a range, as in elections.")
class MemberRecall:
    """A row of the recalls."""

    @computed(ITS_OWN)
    def id(committee: UUID | str, number: int) -> strawberry.ID:
        """The recall by where the log has it."""
        return identified("recall", committee, number)

    office: Office = column("职务 From which office.")
    proposers: Proposers = column("提议主体 Who proposed it.")
    supporters: int = column("提议数 How many proposed it.")
    entitled: int = column("提议主体数 Out of how many.")
    electors: int = column("应到人数 How many could vote.")
    present: int = column("出席人数 How many were present.")
    at_least: int = column("赞成票下限 How many were for it at least.")
    at_most: int = column("赞成票上限 How many were for it at most; the same where it is exact.")
    recalled_at: datetime = column("罢免时间 When.")

    @computed("人员标识 Who was recalled, by the identifier.")
    def person_id(person: UUID | str) -> strawberry.ID:
        """By identifier."""
        return strawberry.ID(str(person))

    person: PersonRef | None = one("人员 Who was recalled, if a roster has them.", PERSON, "person")


@strawberry.type(description="居民委员会 A residents' committee in its present term.")
class ResidentsCommittee(Node):
    """A row of the committees read model."""

    @classmethod
    def is_type_of(cls, obj: Any, _info: Any) -> bool:
        """Rows are their own source."""
        return isinstance(obj, CommitteeRow)

    elected_on: date = column("选出日期 The day of the ballot that elected it.")
    term_from: date = column("任期起始 The first day of its term.")
    term_until: date = column("任期届满 The day on which its term is over: five years later.")
    terms: int = column("届数 How many terms are known, this one included.")
    seat_count: int = column("职数 How many seats it has.")
    vacant: int = column("缺额 How many of them are vacant.")

    @computed("超期 Whether its term is over and no other committee was elected.")
    def overdue(term_until: date, context: Context) -> bool:
        """By the day in Beijing."""
        return day_of(context.now) >= term_until

    seats: list[CommitteeSeat] = many("席位 Its seats.", SEATS_OF_COMMITTEE, "id")
    memberships: list[CommitteeMembership] = many(
        "任职记录 Who has and had its seats, in the order of taking them.", MEMBERSHIPS_OF_COMMITTEE, "id"
    )
    recalls: list[MemberRecall] = many("罢免 Its recalls.", RECALLS_OF_COMMITTEE, "id")
    division: DivisionRef | None = one("社区 Its community.", DIVISION, "community")
    election: ElectionRef | None = one("选举 The election that began its term.", ELECTION, "election")
