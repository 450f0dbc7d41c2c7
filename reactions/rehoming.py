"""随迁 rehoming: open cases follow jurisdiction, when a community is split or an enclave transferred.

So do those that come to be open there later: reported or transferred under a code that somebody still knows,
reopened, or taken out of the case that carried them. A whistle that cannot be withdrawn yet (事不完、人不走)
keeps its case in the street, and the case follows once the whistle is over. Closed cases stay traceable
where they were closed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from uuid import UUID

from chuishao.commands.rehoming import RehomeCase, home_of
from chuishao.commands.whistles import WithdrawWhistle
from chuishao.domain.case import Case
from chuishao.domain.case_events import (
    CaseAssigned,
    CaseReopened,
    CaseReported,
    CaseResolved,
    CaseSplitOff,
    CaseTransferred,
    CaseWhistleWithdrawn,
    MergeUndone,
)
from chuishao.domain.division import street_of
from chuishao.domain.lifecycle import TRANSITIONS, Status, Step
from chuishao.domain.territory.enclave import JurisdictionTransferred
from chuishao.domain.territory.split import CommunityDivided
from chuishao.domain.vocabulary import Role
from chuishao.eventlog.log import Filter
from chuishao.eventlog.mapper import RecordedEvent
from chuishao.reactions.around import finding
from chuishao.reactions.reaction import Around, Reaction, Sent, acting

NAME = "rehome-cases"
MOVED = "管辖权移交，由承接街镇另行吹哨"
_LYING = """
SELECT id FROM cases.case_row WHERE (community = $1 OR grid = $1) AND status = ANY($2) ORDER BY number
"""
MOVES = (CommunityDivided, JurisdictionTransferred)
_MOVES = Filter(types=frozenset(kind.TOPIC for kind in MOVES))
_MOVABLE = sorted(status.value for status in TRANSITIONS[Step.REHOME].sources)


async def decide(event: RecordedEvent, around: Around) -> Sequence[Sent]:
    """Send every open case that lies where jurisdiction went away, or the one that the event is of."""
    if isinstance(event.event, MOVES):
        cases = await _lying(around, _left(event.event))
        return [sent for case in cases for sent in await _sent(around, case)]
    sent = list(await _sent(around, event.stream))
    return sent if sent and not await _follows_later(around, event) else ()


def _left(event: CommunityDivided | JurisdictionTransferred) -> str:
    """The place from which jurisdiction goes away."""
    return event.community if isinstance(event, CommunityDivided) else event.enclave


async def _follows_later(around: Around, event: RecordedEvent) -> bool:
    """Whether jurisdiction went away after the event only, so that the case follows because of that."""
    case = await around.log.aggregates.load(event.stream)
    later = await around.log.matching(_MOVES, event.position, await around.log.head())
    places = [_left(each.event) for each in later if isinstance(each.event, MOVES)]
    return any(place in (case.community, case.grid) for place in places)


async def _lying(around: Around, place: str) -> list[UUID]:
    async with around.reading() as connection:
        return [row["id"] for row in await connection.fetch(_LYING, place, _MOVABLE)]


async def _sent(around: Around, id_: UUID) -> Iterator[Sent]:
    """What lets a case follow; nothing where it lies where it belongs."""
    case = await around.log.aggregates.load(id_)
    if not isinstance(case, Case) or case.status not in TRANSITIONS[Step.REHOME].sources:
        return iter(())
    community, grid = await home_of(finding(around), case.community, case.grid)
    if (community, grid) == (case.community, case.grid):
        return iter(())
    return _commands(case, street_of(community))


def _commands(case: Case, street: str) -> Iterator[Sent]:
    former = street_of(case.community)
    if case.status is Status.WHISTLED and case.whistle is not None and former != street:
        by = acting(NAME, Role.STREET_OFFICER, former)
        yield Sent(WithdrawWhistle(whistle_id=case.whistle, reason=MOVED), by, case.id)
    yield Sent(RehomeCase(case_id=case.id), acting(NAME), case.id)


REACTION = Reaction(
    NAME,
    "案件随迁 Open cases follow jurisdiction to the parts of a split community or to whom an enclave went.",
    (
        *MOVES,
        CaseReported,
        CaseReopened,
        CaseSplitOff,
        MergeUndone,
        CaseAssigned,
        CaseTransferred,
        CaseWhistleWithdrawn,
        CaseResolved,
    ),
    decide,
)
