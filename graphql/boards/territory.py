"""The queries of territory: zones, sectors, street offices, coverage gaps, enclaves, and who holds what."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Any, TypeAlias

import strawberry

from chuishao.domain.event import not_too_many
from chuishao.domain.refusal import Refusal, within
from chuishao.domain.territory.enclave import held_by_code
from chuishao.domain.territory.terms import SplitState
from chuishao.graphql.arguments import After, AtLeast, Before, First, Last, Place, argument, in_place
from chuishao.graphql.context import Context, Info
from chuishao.graphql.filters import conditions
from chuishao.graphql.inputs import read_moment
from chuishao.graphql.links import ENCLAVE, GAP, HOLDING, OFFICE, SECTOR, SPLIT, ZONE
from chuishao.graphql.reading import (
    Listing,
    Rows,
    Single,
    derived,
    listed,
    read_code,
    read_identifier,
    single,
)
from chuishao.graphql.types.enclave import Enclave, Jurisdiction
from chuishao.graphql.types.fields import SOURCE
from chuishao.graphql.types.gap import CoverageGap
from chuishao.graphql.types.office import StreetOffice
from chuishao.graphql.types.sector import Sector
from chuishao.graphql.types.shared import Connection
from chuishao.graphql.types.split import CommunitySplit
from chuishao.graphql.types.zone import CommandZone
from chuishao.projections.enclaves import holdings
from chuishao.projections.paging import Order, Where, Window

Given = Mapping[str, Any]
Open: TypeAlias = Annotated[
    bool | None, argument("未办结 Only those that are open, or only those that are settled; all if left out.")
]

_ZONES_BY_CODE = Order("ZONES", (("code", "text"),))
_SECTORS_BY_CODE = Order("SECTORS", (("code", "text"),))
_OFFICES_BY_STREET = Order("STREET_OFFICES", (("street", "text"),))
_GAPS_BY_TIME = Order("COVERAGE_GAPS", (("found_at", "timestamptz"), ("id", "uuid")))
_SPLITS_BY_COMMUNITY = Order("COMMUNITY_SPLITS", (("community", "text"),))
_ENCLAVES_BY_PLACE = Order("ENCLAVES", (("place", "text"),))


def _where(
    place: Callable[[str, Where], None], flag: str, condition: str
) -> Callable[[Context, Given], Where]:
    """What lies in the place that is asked for, and for which a condition holds or not, as a flag says."""

    def where_of(context: Context, given: Given) -> Where:
        def built(where: Where) -> None:
            if given["place"]:
                place(given["place"], where)
            if given[flag] is not None:
                where.also(condition if given[flag] else f"NOT ({condition})")

        return conditions(context, built)

    return where_of


def _splits(context: Context, given: Given) -> Where:
    def built(where: Where) -> None:
        if given["place"]:
            where.within("community", given["place"])
        if given["state"] is not None:
            where.also(f"state = {where.add(given['state'].value)}")

    return conditions(context, built)


def _of_either_side(place: str, where: Where) -> None:
    """An enclave concerns the place that it is and the one in which it lies."""
    begin, end = where.add(place), where.add(place + "~")
    where.also(f"place >= {begin} AND place < {end} OR lies_in >= {begin} AND lies_in < {end}")


_ONE_ZONE = Single(ZONE, "code", read_code)
_ONE_SECTOR = Single(SECTOR, "code", read_code)
_ONE_OFFICE = Single(OFFICE, "street", read_code)
_ONE_GAP = Single(GAP, "id", read_identifier)
_ONE_ENCLAVE = Single(ENCLAVE, "place", read_code)
_ONE_SPLIT = Single(SPLIT, "community", read_code)
_SPLITS = Listing(SPLIT, _splits, lambda _given: _SPLITS_BY_COMMUNITY)
_ZONES = Listing(ZONE, in_place("code"), lambda _given: _ZONES_BY_CODE)
_SECTORS = Listing(
    SECTOR,
    _where(lambda place, where: where.within("code", place), "active", "dissolved_at IS NULL"),
    lambda _given: _SECTORS_BY_CODE,
)
_OFFICES = Listing(OFFICE, in_place("street"), lambda _given: _OFFICES_BY_STREET)
_GAPS = Listing(
    GAP,
    _where(lambda place, where: where.within("street", place), "open", "closed_at IS NULL"),
    lambda _given: _GAPS_BY_TIME,
)
_ENCLAVES = Listing(
    ENCLAVE, _where(_of_either_side, "open", "settled_at IS NULL"), lambda _given: _ENCLAVES_BY_PLACE
)


def _asked(context: Context, given: Given) -> list[Any]:
    """The places whose holder is asked for, and the moment; refused where one is no grid or community."""
    try:
        not_too_many("places", len(given["places"]))
        for number, place in enumerate(given["places"]):
            with within("places", str(number)):
                held_by_code(place)
        moment: datetime = read_moment(given["as_of"], "asOf") or context.now
    except Refusal as refusal:
        raise context.error(refusal) from refusal
    return [list(given["places"]), moment]


_HOLDINGS = Rows(HOLDING, _asked)


@strawberry.type
class TerritoryQueries:
    """What the query type says about territory."""

    @strawberry.field(
        description="战区 A zone of command by its division's code; walk the tree by `below`.",
        metadata={SOURCE: _ONE_ZONE},
    )
    async def zone(
        self, info: Info, code: Annotated[str, argument("区划代码 The code.")], at_least: AtLeast = None
    ) -> CommandZone | None:
        """One zone."""
        return await single(info, _ONE_ZONE, code, at_least)  # type: ignore[no-any-return]

    @strawberry.field(description="战区列表 Zones of command by code.", metadata={SOURCE: _ZONES})
    async def zones(
        self,
        info: Info,
        place: Place = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        at_least: AtLeast = None,
    ) -> Connection[CommandZone]:
        """A page of zones."""
        window = Window(first, after, last, before)
        return await listed(info, _ZONES, {"place": place}, window, at_least)  # type: ignore[no-any-return]

    @strawberry.field(description="街片 A sector by its code.", metadata={SOURCE: _ONE_SECTOR})
    async def sector(
        self, info: Info, code: Annotated[str, argument("街片代码 The code.")], at_least: AtLeast = None
    ) -> Sector | None:
        """One sector."""
        return await single(info, _ONE_SECTOR, code, at_least)  # type: ignore[no-any-return]

    @strawberry.field(
        description="街片列表 Sectors by code, with the counts of their communities.",
        metadata={SOURCE: _SECTORS},
    )
    async def sectors(
        self,
        info: Info,
        place: Place = None,
        active: Annotated[
            bool | None, argument("现行 Only those that exist, or only dissolved ones; all if left out.")
        ] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        at_least: AtLeast = None,
    ) -> Connection[Sector]:
        """A page of sectors."""
        given = {"place": place, "active": active}
        window = Window(first, after, last, before)
        return await listed(info, _SECTORS, given, window, at_least)  # type: ignore[no-any-return]

    @strawberry.field(description="街道机构 The office of a street or town.", metadata={SOURCE: _ONE_OFFICE})
    async def street_office(
        self, info: Info, street: Annotated[str, argument("街道代码 The code.")], at_least: AtLeast = None
    ) -> StreetOffice | None:
        """One office."""
        return await single(info, _ONE_OFFICE, street, at_least)  # type: ignore[no-any-return]

    @strawberry.field(
        description="街道机构列表 The offices of streets and towns, by street.", metadata={SOURCE: _OFFICES}
    )
    async def street_offices(
        self,
        info: Info,
        place: Place = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        at_least: AtLeast = None,
    ) -> Connection[StreetOffice]:
        """A page of offices."""
        window = Window(first, after, last, before)
        return await listed(info, _OFFICES, {"place": place}, window, at_least)  # type: ignore[no-any-return]

    @strawberry.field(
        description="社区拆分 The split of a community, by the community's code.",
        metadata={SOURCE: _ONE_SPLIT},
    )
    async def community_split(
        self, info: Info, community: Annotated[str, argument("社区代码 The code.")], at_least: AtLeast = None
    ) -> CommunitySplit | None:
        """One split."""
        return await single(info, _ONE_SPLIT, community, at_least)  # type: ignore[no-any-return]

    @strawberry.field(
        description="社区拆分列表 The splits of communities, by code.",
        metadata={SOURCE: _SPLITS},
    )
    async def community_splits(
        self,
        info: Info,
        place: Place = None,
        state: Annotated[SplitState | None, argument("状态 Only those; all if left out.")] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        at_least: AtLeast = None,
    ) -> Connection[CommunitySplit]:
        """A page of splits."""
        given = {"place": place, "state": state}
        window = Window(first, after, last, before)
        return await listed(info, _SPLITS, given, window, at_least)  # type: ignore[no-any-return]

    @strawberry.field(description="覆盖空白 A coverage gap by its identifier.", metadata={SOURCE: _ONE_GAP})
    async def coverage_gap(
        self, info: Info, id: Annotated[strawberry.ID, argument("空白 The gap.")], at_least: AtLeast = None
    ) -> CoverageGap | None:
        """One gap."""
        return await single(info, _ONE_GAP, id, at_least)  # type: ignore[no-any-return]

    @strawberry.field(
        description="覆盖空白列表 Areas without a residents' committee (两个全覆盖), the first found first: "
        "the target is none open.",
        metadata={SOURCE: _GAPS},
    )
    async def coverage_gaps(
        self,
        info: Info,
        place: Place = None,
        open: Open = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        at_least: AtLeast = None,
    ) -> Connection[CoverageGap]:
        """A page of gaps."""
        given = {"place": place, "open": open}
        window = Window(first, after, last, before)
        return await listed(info, _GAPS, given, window, at_least)  # type: ignore[no-any-return]

    @strawberry.field(
        description="飞地 The enclave that a grid or community is, by its code.",
        metadata={SOURCE: _ONE_ENCLAVE},
    )
    async def enclave(
        self, info: Info, place: Annotated[str, argument("地点代码 The code.")], at_least: AtLeast = None
    ) -> Enclave | None:
        """One enclave."""
        return await single(info, _ONE_ENCLAVE, place, at_least)  # type: ignore[no-any-return]

    @strawberry.field(
        description="飞地列表 Enclaves of which either side lies in the place, by code.",
        metadata={SOURCE: _ENCLAVES},
    )
    async def enclaves(
        self,
        info: Info,
        place: Place = None,
        open: Open = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        at_least: AtLeast = None,
    ) -> Connection[Enclave]:
        """A page of enclaves."""
        given = {"place": place, "open": open}
        window = Window(first, after, last, before)
        return await listed(info, _ENCLAVES, given, window, at_least)  # type: ignore[no-any-return]

    @strawberry.field(
        description="管辖权 Which division holds, or held at an earlier moment, each of these grids and "
        "communities: exactly one each, by code.",
        metadata={SOURCE: _HOLDINGS},
    )
    async def jurisdiction(
        self,
        info: Info,
        places: Annotated[list[str], argument("地点 The codes of grids and communities.")],
        as_of: Annotated[datetime | None, argument("时点 The moment; now if left out.")] = None,
        at_least: AtLeast = None,
    ) -> list[Jurisdiction]:
        """A line for each place."""
        asked, moment = _asked(info.context, {"places": places, "as_of": as_of})
        read = derived(info, lambda connection: holdings(connection, asked, moment), at_least)
        return await read  # type: ignore[no-any-return]
