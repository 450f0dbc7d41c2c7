"""Commands about coverage gaps and enclaves: which division answers for a place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from annotated_doc import Doc

from chuishao.commands.command import Command
from chuishao.commands.rehoming import require_held
from chuishao.commands.work import Work
from chuishao.domain.authority import MAY_SET_UP, Setup
from chuishao.domain.catalogue import AGGREGATES
from chuishao.domain.division import Division, Level
from chuishao.domain.refusal import AlreadyExists, NotFound, leading_to
from chuishao.domain.territory.enclave import Enclave, enclave_id, held_by_code
from chuishao.domain.territory.gap import CoverageGap

GapId = Annotated[UUID, Doc("空白 the gap")]
PlaceCode = Annotated[str, Doc("地点 the code of the place: the grid or community as which it is held")]
Basis = Annotated[str, Doc("依据 the official decision it rests on, such as its number")]


@dataclass(frozen=True, kw_only=True)
class ReportCoverageGap(Command):
    """登记覆盖空白 Record an area of a street that has no residents' committee."""

    thing = "gap"
    makes = True
    roles = MAY_SET_UP[Setup.KEEP_TERRITORY]
    street_code: Annotated[str, Doc("街道 the code of the street or town")]
    name: Annotated[str, Doc("名称 what the area is called")]
    households: Annotated[int, Doc("户数 how many households live there")]

    async def decide(self, work: Work) -> CoverageGap:
        """Record."""
        work.require_setup(Setup.KEEP_TERRITORY, self.street_code, "streetCode")
        await work.division(self.street_code, Level.STREET, "streetCode")
        return work.add(
            CoverageGap.find(work.new_id(), self.street_code, self.name, self.households, work.at)
        )


@dataclass(frozen=True, kw_only=True)
class FoundCommittee(Command):
    """新建居委会 Close a gap by a new community of its street, which is registered as a division first."""

    thing = "gap"
    roles = MAY_SET_UP[Setup.KEEP_TERRITORY]
    gap_id: GapId
    community_code: Annotated[str, Doc("社区 the code of the new community")]

    async def decide(self, work: Work) -> CoverageGap:
        """Close."""
        gap, community = await _gap(work, self.gap_id, self.community_code)
        gap.found_committee(self.community_code, community.created_on, work.at)
        return gap


@dataclass(frozen=True, kw_only=True)
class AbsorbByNeighbour(Command):
    """纳入临近社区管理 Close a gap by a community of its street that takes the area in."""

    thing = "gap"
    roles = MAY_SET_UP[Setup.KEEP_TERRITORY]
    gap_id: GapId
    community_code: Annotated[str, Doc("社区 the code of the neighbouring community")]

    async def decide(self, work: Work) -> CoverageGap:
        """Close."""
        gap, _ = await _gap(work, self.gap_id, self.community_code)
        gap.absorb(self.community_code, work.at)
        return gap


async def _gap(work: Work, gap_id: UUID, community: str) -> tuple[CoverageGap, Division]:
    gap = await work.get(CoverageGap, gap_id, "gapId")
    work.require_setup(Setup.KEEP_TERRITORY, gap.place, "gapId")
    return gap, await work.division(community, Level.COMMUNITY, "communityCode")


@dataclass(frozen=True, kw_only=True)
class IdentifyEnclave(Command):
    """认定飞地 Record that a place lies in another division than the one that holds it."""

    thing = "enclave"
    makes = True
    roles = MAY_SET_UP[Setup.KEEP_TERRITORY]
    place_code: PlaceCode
    name: Annotated[str, Doc("名称 what the place is called")]
    lies_in_code: Annotated[
        str, Doc("行政区划所在地 where it lies: of a grid, a community; of a community, a street")
    ]
    adjoining: Annotated[bool, Doc("是否接壤 whether it adjoins the division that holds it")]

    async def decide(self, work: Work) -> Enclave:
        """Identify once, from either side; the same enclave again changes nothing."""
        side = self.place_code if work.actor.reaches(self.place_code) else self.lies_in_code
        work.require_setup(Setup.KEEP_TERRITORY, side, "placeCode")
        await _require_place(work, self.place_code, "placeCode")
        await work.division(self.lies_in_code, path="liesInCode")
        known = await work.find(Enclave, enclave_id(self.place_code))
        found = Enclave.identify(
            self.place_code, self.name, self.lies_in_code, work.at, adjoining=self.adjoining
        )
        if known is None:
            return work.add(found)
        if (known.name, known.lies_in, known.adjoining) != (found.name, found.lies_in, found.adjoining):
            raise AlreadyExists(
                "placeCode", kind=AGGREGATES[Enclave], id=self.place_code, existing=known.name
            )
        return known


@dataclass(frozen=True, kw_only=True)
class ChangeBoundary(Command):
    """变更行政区域界线 Let an adjoining enclave lie in the division that holds it."""

    thing = "enclave"
    roles = MAY_SET_UP[Setup.SETTLE_ENCLAVES]
    place_code: PlaceCode
    basis: Basis

    async def decide(self, work: Work) -> Enclave:
        """Settle."""
        enclave = await _enclave(work, self.place_code)
        enclave.change_boundary(self.basis, work.at)
        return enclave


@dataclass(frozen=True, kw_only=True)
class TransferJurisdiction(Command):
    """移交管辖权 Give an enclave that does not adjoin its holder to the division in which it lies."""

    thing = "enclave"
    roles = MAY_SET_UP[Setup.SETTLE_ENCLAVES]
    place_code: PlaceCode
    successor_code: Annotated[
        str, Doc("承接地点 the grid or community of that division as which it is held from now on")
    ]
    basis: Basis

    async def decide(self, work: Work) -> Enclave:
        """Settle; what was given away itself takes nothing over, or nobody would hold either in the end."""
        enclave = await _enclave(work, self.place_code)
        await _require_place(work, self.place_code, "placeCode")
        await _require_place(work, self.successor_code, "successorCode")
        await require_held(work, self.successor_code, "successorCode")
        enclave.transfer(self.successor_code, self.basis, work.at)
        return enclave


async def _enclave(work: Work, place: str) -> Enclave:
    """The enclave that a place is, with both of its sides within the actor's scope: neither decides alone."""
    work.require_setup(Setup.SETTLE_ENCLAVES, place, "placeCode")
    held_by_code(place, "placeCode")
    enclave = await work.find(Enclave, enclave_id(place))
    if enclave is None:
        raise NotFound("placeCode", kind=AGGREGATES[Enclave], id=place)
    work.require_setup(Setup.SETTLE_ENCLAVES, enclave.lies_in, "placeCode")
    return enclave


async def _require_place(work: Work, code: str, path: str) -> None:
    """Refuse a code that is not that of a grid or a community of the present."""
    held_by_code(code, path)
    if "-" not in code:
        await work.division(code, Level.COMMUNITY, path)
        return
    with leading_to(path):
        await work.grid(code)
