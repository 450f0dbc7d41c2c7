"""The command that erases what is kept about a person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from annotated_doc import Doc

from chuishao.commands.command import Command
from chuishao.commands.work import Work
from chuishao.domain.authority import MAY_SET_UP, Setup
from chuishao.domain.erasure import Erasure, ErasureGround
from chuishao.domain.identity import erasure_id
from chuishao.domain.refusal import NothingKept
from chuishao.eventlog.log import EventLog


@dataclass(frozen=True, kw_only=True)
class EraseSubject(Command):
    """删除个人信息 Erase every word that is kept about a person, in all their cases, for good."""

    thing = "erasure"
    makes = True
    roles = MAY_SET_UP[Setup.ERASE]
    subject_id: Annotated[
        UUID, Doc("信息主体 a case or whistle, for whoever reported it; a grid worker; or a subject itself")
    ]
    reason: Annotated[
        ErasureGround, Doc("删除事由 the ground in law; it stays in plain, so there is no free text")
    ]

    async def decide(self, work: Work) -> Erasure:
        """Erase what is there; where all of it is erased already, nothing happens."""
        work.require_setup(Setup.ERASE, "")
        subject = await subject_of(work.log, self.subject_id)
        identities, kept = await identities_of(work.log, subject)
        if not kept and len(identities) == 1:
            raise NothingKept("subjectId", id=self.subject_id)
        identity = identities[-1] if kept else identities[-2]
        done = await work.find(Erasure, erasure_id(identity))
        if done is not None:
            return done
        work.erases.append(identity)
        return work.add(Erasure.record(subject, identity, self.reason, work.at))


async def identities_of(log: EventLog, subject: UUID) -> tuple[list[UUID], bool]:
    """The identities of a subject, and whether words are kept under the last one.

    Where nothing is kept they are asked for again: the last one may have been erased between both questions.
    """
    identities = await log.identities.all(subject)
    while not await log.keeps(identities[-1]):
        before, identities = identities, await log.identities.all(subject)
        if identities == before:
            return identities, False
    return identities, True


async def subject_of(log: EventLog, identifier: UUID) -> UUID:
    """Whom an identifier leads to: a case or whistle names its subject as it begins, others are their own."""
    begun = await log.begun(identifier)
    subject: UUID = getattr(begun.event, "subject", identifier) if begun else identifier
    return subject
