"""Commands about posts: who holds which, and since when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from annotated_doc import Doc

from chuishao.commands.command import Command
from chuishao.commands.people import ground
from chuishao.commands.people.units import require_there
from chuishao.commands.work import Work
from chuishao.domain.authority import MAY_SET_UP, Setup
from chuishao.domain.people.person import Person
from chuishao.domain.people.post import (
    CHARTERS,
    Post,
    post_id,
    require_place,
    require_unit,
)
from chuishao.domain.people.refusals import ElectionNotCertified
from chuishao.domain.people.terms import ChiefStanding, PostKind

FILLERS = MAY_SET_UP[Setup.FILL_POSTS] | MAY_SET_UP[Setup.FILL_GRID_POSTS]


@dataclass(frozen=True, kw_only=True)
class FillPost(Command):
    """任职 Give a vacant post to somebody: appointed, or elected where the post is an elected one."""

    thing = "post"
    roles = FILLERS
    kind: Annotated[PostKind, Doc("岗位 which post")]
    place_code: Annotated[str, Doc("岗位所在 the division or grid that it lies in")]
    person_id: Annotated[UUID, Doc("人员 who holds it from now on")]
    unit_id: Annotated[
        UUID | None, Doc("所属单元 the sector, or unit of the office, for its chief or head")
    ] = None
    election_id: Annotated[
        UUID | None, Doc("选举 the certified election, for the director and members of the committee alone")
    ] = None
    standing: Annotated[
        ChiefStanding | None, Doc("街片长身份 what a sector's chief is besides, for them alone")
    ] = None

    async def decide(self, work: Work) -> Post:
        """Fill, and establish the post where it was never filled before."""
        work.require_setup(CHARTERS[self.kind].setup, self.place_code, "placeCode")
        require_place(self.kind, self.place_code)
        await work.place(self.place_code)
        require_unit(self.kind, self.unit_id)
        await require_there(work, self.kind, self.place_code, self.unit_id)
        person = await work.get(Person, self.person_id, "personId")
        await self._require_elected(work, person)
        post = await work.find(Post, post_id(self.kind, self.place_code, self.unit_id, person.id))
        if post is None:
            made = Post.establish(self.kind, self.place_code, self.unit_id, person.id, work.at)
            post = work.add(made)
        post.fill(person.id, self.election_id, self.standing, work.at)
        return post

    async def _require_elected(self, work: Work, person: Person) -> None:
        """Refuse an elected post without an election that is certified to have given it to this person."""
        election = self.election_id
        if election is None or not CHARTERS[self.kind].elected:
            return
        if not await ground.elected(work, election, self.kind, self.place_code, person.id):
            raise ElectionNotCertified(
                "electionId", election=election, person=person.label, post=self.kind, place=self.place_code
            )


@dataclass(frozen=True, kw_only=True)
class VacatePost(Command):
    """离任 Let whoever holds a post hold it no more."""

    thing = "post"
    roles = FILLERS
    post_id: Annotated[UUID, Doc("岗位 the post")]
    reason: Annotated[str, Doc("原因 why; personal text")]

    async def decide(self, work: Work) -> Post:
        """Vacate."""
        post = await work.get(Post, self.post_id, "postId")
        work.require_setup(CHARTERS[post.kind].setup, post.place, "postId")
        post.vacate(self.reason, work.at)
        return post
