"""Commands about deliberations."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import Annotated
from uuid import UUID

from annotated_doc import Doc

from chuishao.commands.command import Command
from chuishao.commands.meetings.fields import Reason, Topic, place_now
from chuishao.commands.work import Work
from chuishao.domain.authority import MAY_SET_UP, Setup
from chuishao.domain.case import Case
from chuishao.domain.division import Level
from chuishao.domain.meetings.deliberation import Deliberation, deliberation_of_case
from chuishao.domain.meetings.refusals import CaseOrPlace, DeliberationUnderway
from chuishao.domain.meetings.terms import DeliberationState
from chuishao.domain.people.person import Person


@dataclass(frozen=True, kw_only=True)
class ConveneDeliberation(Command):
    """召集协商 Convene a deliberation: on a case at tier DELIBERATION, or on a matter of a community."""

    thing = "deliberation"
    makes = True
    roles = MAY_SET_UP[Setup.DELIBERATE]
    topic: Topic
    case_id: Annotated[UUID | None, Doc("案件 the case; left out, it is a matter of the community")] = None
    community_code: Annotated[str | None, Doc("社区 the community; left out, it is about a case")] = None

    async def decide(self, work: Work) -> Deliberation:
        """Convene; of a case once at a time."""
        if self.case_id is not None and self.community_code is None:
            return work.add(await self._on_a_case(work, self.case_id))
        if self.community_code is None or self.case_id is not None:
            path = "caseId" if self.case_id is None else "communityCode"
            raise CaseOrPlace(path, place="communityCode")
        convened = Deliberation.convene_in(
            work.new_id(), self.community_code, self.topic, work.actor, work.at
        )
        await work.division(self.community_code, Level.COMMUNITY, "communityCode")
        return work.add(convened)

    async def _on_a_case(self, work: Work, case_id: UUID) -> Deliberation:
        """The round that follows the rounds there were."""
        case = await work.get(Case, case_id, "caseId")
        work.require_setup(Setup.DELIBERATE, case.community, "caseId")
        for round_ in count(1):
            known = await work.find(Deliberation, deliberation_of_case(case.id, round_))
            if known is None:
                break
            if known.state is DeliberationState.CONVENED:
                raise DeliberationUnderway("caseId", case=case.id, deliberation=known.id)
        return Deliberation.convene_on(case, round_, self.topic, work.actor, work.at)


@dataclass(frozen=True, kw_only=True)
class DeliberationCommand(Command):
    """A command about one deliberation that was convened."""

    thing = "deliberation"
    roles = MAY_SET_UP[Setup.DELIBERATE]
    deliberation_id: Annotated[UUID, Doc("协商 the deliberation")]

    async def deliberation(self, work: Work) -> tuple[Deliberation, str]:
        """Load the deliberation, and say which community is in charge of it now."""
        found = await work.get(Deliberation, self.deliberation_id, "deliberationId")
        return found, await place_now(work, found.case, found.community)


@dataclass(frozen=True, kw_only=True)
class RecordOpinion(DeliberationCommand):
    """记录意见 Record what somebody said in a deliberation."""

    label: Annotated[str, Doc("称谓 role and number of whoever spoke, as in “居民代表 003”")]
    words: Annotated[str, Doc("意见 what was said; personal text")]
    person_id: Annotated[UUID | None, Doc("人员 the person of the register who spoke, if one did")] = None

    async def decide(self, work: Work) -> Deliberation:
        """Record."""
        deliberation, lies = await self.deliberation(work)
        if self.person_id is not None:
            await work.get(Person, self.person_id, "personId")
        deliberation.record_opinion(self.label, self.words, self.person_id, work.actor, work.at, lies)
        return deliberation


@dataclass(frozen=True, kw_only=True)
class ReachAgreement(DeliberationCommand):
    """达成一致 End a deliberation with what was agreed."""

    agreement: Annotated[str, Doc("协商结果 what was agreed; personal text")]

    async def decide(self, work: Work) -> Deliberation:
        """Agree."""
        deliberation, lies = await self.deliberation(work)
        deliberation.agree(self.agreement, work.actor, work.at, lies)
        return deliberation


@dataclass(frozen=True, kw_only=True)
class FailAgreement(DeliberationCommand):
    """未达成一致 End a deliberation without an agreement."""

    reason: Reason

    async def decide(self, work: Work) -> Deliberation:
        """Fail."""
        deliberation, lies = await self.deliberation(work)
        deliberation.fail(self.reason, work.actor, work.at, lies)
        return deliberation
