"""The command of the alley stewards (小巷管家)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from annotated_doc import Doc

from chuishao.commands.command import Command
from chuishao.commands.work import Work
from chuishao.domain.authority import MAY_SET_UP, Setup
from chuishao.domain.people.person import Person
from chuishao.domain.people.post import Post, post_id
from chuishao.domain.people.terms import PostKind
from chuishao.domain.rounds.steward import DutyEntry
from chuishao.domain.rounds.terms import StewardDuty
from chuishao.domain.vocabulary import Role


@dataclass(frozen=True, kw_only=True)
class LogDuty(Command):
    """履职记录 Log what an alley steward did: one of the five duties, on the local day it was done."""

    thing = "stewardDuty"
    makes = True
    roles = MAY_SET_UP[Setup.LOG_DUTY]
    place_code: Annotated[str, Doc("岗位所在 the community or grid of which they are the steward")]
    person_id: Annotated[UUID, Doc("管家 the person who holds the post of a steward there")]
    duty: Annotated[StewardDuty, Doc("职责 which of the five duties")]
    note: Annotated[str, Doc("内容 what was done; personal text")]

    async def decide(self, work: Work) -> DutyEntry:
        """Log, for who holds the post when it was done."""
        if work.actor.role is not Role.RESIDENT:
            work.require_setup(Setup.LOG_DUTY, self.place_code, "placeCode")
        await work.place(self.place_code)
        steward = await work.get(Person, self.person_id, "personId")
        post = await work.find(Post, post_id(PostKind.ALLEY_STEWARD, self.place_code, None, steward.id))
        day = (await work.policy()).day(work.at)
        entry = DutyEntry.log(
            work.new_id(), steward.id, self.place_code, post, self.duty, day, self.note, work.actor, work.at
        )
        return work.add(entry)
