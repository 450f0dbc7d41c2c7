"""重大矛盾纠纷由街镇吹哨: a major dispute makes the street whistle.

“矛盾问题排查化解” is the first of the five linkage mechanisms. Whom the whistle summons is policy: where the
policy in force names nobody for the place, the case waits for somebody at the street to blow.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from chuishao.commands.cases import AssignCase
from chuishao.commands.whistles import BlowWhistle
from chuishao.domain.case import Case
from chuishao.domain.case_events import CaseAssigned, SeverityGraded
from chuishao.domain.division import street_of
from chuishao.domain.lifecycle import Status
from chuishao.domain.vocabulary import LinkageMechanism, Role, Severity, Tier, WhistleKind
from chuishao.eventlog.mapper import RecordedEvent
from chuishao.reactions.around import policy_at
from chuishao.reactions.reaction import Around, Reaction, Sent, acting

NAME = "whistle-on-dispute"
GROUNDS = "重大矛盾纠纷，依政策吹哨"


async def decide(event: RecordedEvent, around: Around) -> Sequence[Sent]:
    """Take the case to the street where it is only assessed yet, and blow."""
    case = await around.log.aggregates.load(event.stream)
    if not isinstance(case, Case) or not case.must_whistle:
        return ()
    street = street_of(case.community)
    departments = await _summoned(around, street, event)
    if not departments:
        return ()
    by = acting(NAME, Role.STREET_OFFICER, street)
    blow = BlowWhistle(
        case_id=case.id,
        kind=WhistleKind.EMERGENCY if case.severity is Severity.CRITICAL else WhistleKind.ROUTINE,
        linkage=LinkageMechanism.DISPUTE_RESOLUTION,
        grounds=GROUNDS,
        department_ids=list(departments),
    )
    if case.status is Status.ASSESSED:
        return Sent(AssignCase(case_id=case.id, tier=Tier.MULTI_UNIT), by), Sent(blow, by)
    if case.status is Status.ASSIGNED and case.tier is Tier.MULTI_UNIT:
        return (Sent(blow, by),)
    return ()


async def _summoned(around: Around, place: str, event: RecordedEvent) -> Sequence[UUID]:
    policy = await policy_at(around, event.occurred_at)
    return policy.summoned_to_disputes(place) if policy else ()


REACTION = Reaction(
    NAME,
    "重大矛盾纠纷吹哨 A major dispute makes the street whistle.",
    (SeverityGraded, CaseAssigned),
    decide,
)
