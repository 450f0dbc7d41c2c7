"""拆分方案 How an oversize community is to be split: which households go to which grid of which part.

A plan is a matrix of households from the grids of today to the grids of the parts. It conserves: the shares
of every grid add up to its households, and every share goes to one grid of one part. So every household is in
exactly one part and one grid afterwards, without anybody being listed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chuishao.domain.division import Level, community_of, level_of, street_of
from chuishao.domain.event import SHORT_TEXT, not_too_many, written
from chuishao.domain.grid import MAX_HOUSEHOLDS, community_code
from chuishao.domain.phrase import Phrase
from chuishao.domain.refusal import OutOfRange, TooFewParts, WrongDivisionLevel, within
from chuishao.domain.territory.refusals import (
    BadSplit,
    ForeignCommunity,
    HouseholdsNotConserved,
    NoSuchPart,
)


@dataclass(frozen=True, slots=True)
class Share:
    """户数划转 How many households of a grid of today go to a grid of a part."""

    grid: str
    households: int


@dataclass(frozen=True, slots=True)
class PlannedGrid:
    """新网格 A grid of a part, and where its households come from."""

    code: str
    name: str
    shares: tuple[Share, ...]

    @property
    def households(self) -> int:
        """How many it will have."""
        return sum(share.households for share in self.shares)


@dataclass(frozen=True, slots=True)
class Part:
    """新社区 A community that the split makes."""

    code: str
    name: str
    grids: tuple[PlannedGrid, ...]

    @property
    def households(self) -> int:
        """How many it will have."""
        return sum(grid.households for grid in self.grids)


@dataclass(frozen=True, slots=True)
class SplitPlan:
    """拆分方案 The parts of a community; `heir` is the one that takes over what names no grid."""

    community: str
    heir: str
    parts: tuple[Part, ...]

    def part(self, code: str, *path: str) -> Part:
        """The part of that code; refused when there is none."""
        for part in self.parts:
            if part.code == code:
                return part
        raise NoSuchPart(*path, community=self.community, part=code)

    def grids(self) -> Iterator[PlannedGrid]:
        """The grids of all parts, in order."""
        for part in self.parts:
            yield from part.grids

    def taken(self) -> Counter[str]:
        """How many households it takes of each grid of today."""
        counted: Counter[str] = Counter()
        for grid in self.grids():
            for share in grid.shares:
                counted[share.grid] += share.households
        return counted

    def require_conserves(self, households: Mapping[str, int]) -> None:
        """Refuse a plan that does not share out exactly the households of every active grid of today."""
        taken = self.taken()
        for grid in sorted({*taken, *households}):
            if taken[grid] != households.get(grid, 0):
                raise HouseholdsNotConserved(
                    "parts", grid=grid, planned=taken[grid], present=households.get(grid, 0)
                )

    def home(self, grid: str | None) -> tuple[str, str | None]:
        """Where what lay in a grid of today lies afterwards: one part, and one grid where that is certain.

        A grid that is cut goes where most of its households go, of equals to the first code; which of several
        new grids it is then, somebody on the spot has to say.
        """
        into: dict[str, list[PlannedGrid]] = {}
        households: Counter[str] = Counter()
        for planned, share in self._from(grid):
            part = community_of(planned.code)
            into.setdefault(part, []).append(planned)
            households[part] += share.households
        if not into:
            return self.heir, None
        part = min(into, key=lambda code: (-households[code], code))
        certain = len(into) == 1 and len(into[part]) == 1
        return part, into[part][0].code if certain else None

    def worker_goes(self, grid: str) -> str | None:
        """The new grid to which the worker of a grid of today goes along: what is mostly the old one.

        It takes most of the old grid's households, and none gives it more; None where no grid is that.
        """
        taking = sorted(self._from(grid), key=lambda each: (-each[1].households, each[0].code))
        for planned, _ in taking[:1]:
            giving = min(planned.shares, key=lambda share: (-share.households, share.grid))
            if giving.grid == grid:
                return planned.code
        return None

    def _from(self, grid: str | None) -> Iterator[tuple[PlannedGrid, Share]]:
        for planned in self.grids():
            for share in planned.shares:
                if share.grid == grid:
                    yield planned, share

    def checked(self) -> SplitPlan:
        """The plan as it is kept; refused where it contradicts itself."""
        street = street_of(self.community)
        if len(self.parts) < 2:  # noqa: PLR2004 one part is no split
            raise TooFewParts("parts", count=len(self.parts))
        not_too_many("parts", len(self.parts))
        parts = []
        for number, part in enumerate(self.parts):
            with within("parts", str(number)):
                parts.append(self._checked(part, street))
        _require_once("part", "社区", [part.code for part in parts])
        self.part(self.heir, "heirCode")
        return SplitPlan(self.community, self.heir, tuple(parts))

    def _checked(self, part: Part, street: str) -> Part:
        if (level := level_of(part.code)) is not Level.COMMUNITY:
            raise WrongDivisionLevel("code", code=part.code, level=level, needed=Level.COMMUNITY)
        if street_of(part.code) != street:
            raise ForeignCommunity("code", community=part.code, street=street)
        if part.code == self.community:
            reason = Phrase(f"{part.code} is the community that ends", f"{part.code} 即被拆分的社区")
            raise BadSplit("code", reason=reason)
        name = written("name", part.name, SHORT_TEXT)
        not_too_many("grids", len(part.grids))
        if not part.grids:
            raise BadSplit("grids", reason=Phrase(f"{part.code} has no grid", f"{part.code} 没有网格"))
        grids = []
        for number, grid in enumerate(part.grids):
            with within("grids", str(number)):
                grids.append(self._checked_grid(grid, part.code))
        _require_once("grid", "网格", [grid.code for grid in grids])
        return Part(part.code, name, tuple(grids))

    def _checked_grid(self, grid: PlannedGrid, part: str) -> PlannedGrid:
        if community_code(grid.code, "code") != part:
            reason = Phrase(f"{grid.code} is no grid of {part}", f"{grid.code} 不是 {part} 的网格")
            raise BadSplit("code", reason=reason)
        name = written("name", grid.name, SHORT_TEXT)
        not_too_many("shares", len(grid.shares))
        for number, share in enumerate(grid.shares):
            with within("shares", str(number)):
                self._require(share)
        _require_once("grid", "网格", [share.grid for share in grid.shares])
        if not 1 <= grid.households <= MAX_HOUSEHOLDS:
            raise OutOfRange("shares", field="households", value=grid.households, low=1, high=MAX_HOUSEHOLDS)
        return PlannedGrid(grid.code, name, grid.shares)

    def _require(self, share: Share) -> None:
        if community_code(share.grid, "grid") != self.community:
            reason = Phrase(
                f"{share.grid} is no grid of {self.community}", f"{share.grid} 不是 {self.community} 的网格"
            )
            raise BadSplit("grid", reason=reason)
        if not 1 <= share.households <= MAX_HOUSEHOLDS:
            raise OutOfRange(
                "households", field="households", value=share.households, low=1, high=MAX_HOUSEHOLDS
            )

    def stored(self) -> list[dict[str, Any]]:
        """The parts as the event has them."""
        return [
            {
                "code": part.code,
                "name": part.name,
                "grids": [
                    {
                        "code": grid.code,
                        "name": grid.name,
                        "from": [{"grid": each.grid, "households": each.households} for each in grid.shares],
                    }
                    for grid in part.grids
                ],
            }
            for part in self.parts
        ]


def plan_of(community: str, heir: str, stored: Sequence[Mapping[str, Any]]) -> SplitPlan:
    """The plan that an event has."""
    parts = (Part(part["code"], part["name"], tuple(map(_grid, part["grids"]))) for part in stored)
    return SplitPlan(community, heir, tuple(parts))


def _grid(stored: Mapping[str, Any]) -> PlannedGrid:
    shares = tuple(Share(share["grid"], share["households"]) for share in stored["from"])
    return PlannedGrid(stored["code"], stored["name"], shares)


def _require_once(en: str, zh: str, codes: Sequence[str]) -> None:
    for code, count in Counter(codes).items():
        if count > 1:
            raise BadSplit(reason=Phrase(f"{en} {code} stands there twice", f"{zh} {code} 重复"))
