"""The queries of the registers: elements and their coverage, the care ledger, the diary, and who looked."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any

import strawberry

from chuishao.domain.registers.terms import CareGroup, DiaryTopic, ElementKind, LookPurpose, Register
from chuishao.graphql.arguments import After, AtLeast, Before, First, Last, Place, argument
from chuishao.graphql.context import Context, Info
from chuishao.graphql.filters import conditions, require_known
from chuishao.graphql.inputs import read_id
from chuishao.graphql.links import CARE_ENTRY, COVERAGE_OF_GRID, DIARY_ENTRY, ELEMENT, LOOK
from chuishao.graphql.reading import Listing, Single, listed, read_identifier, single
from chuishao.graphql.types.care import CareEntry
from chuishao.graphql.types.diary import DiaryEntry
from chuishao.graphql.types.element import Element, ElementCoverage
from chuishao.graphql.types.fields import SOURCE
from chuishao.graphql.types.register import Look
from chuishao.graphql.types.shared import Connection
from chuishao.projections.paging import Order, Where, Window
from chuishao.projections.sight import register_seen

Given = Mapping[str, Any]

_ID = ("id", "uuid")
_ELEMENTS_BY_GRID = Order("ELEMENTS", (("grid", "text"), _ID))
_COVERAGE_BY_GAPS = Order("COVERAGE", (("kinds", "bigint"), ("grid", "text")))
_CARE_BY_ENROLMENT = Order("CARE", (("enrolled_at", "timestamptz"), _ID), descending=True)
_DIARY_BY_TIME = Order("DIARY", (("written_at", "timestamptz"), _ID), descending=True)
_LOOKS_BY_POSITION = Order("LOOKS", (("position", "bigint"),), descending=True)


def _where(build: Callable[[Given, Where], None], *, withheld: bool) -> Callable[[Context, Given], Where]:
    """The conditions of a list: what is asked for, among what the asker sees."""

    def where_of(context: Context, given: Given) -> Where:
        def built(where: Where) -> None:
            if withheld:
                require_known(context)
                register_seen(where, context.reader, "grid")
            if given["place"] is not None:
                where.within("grid", given["place"])
            build(given, where)

        return conditions(context, built)

    return where_of


def _is(where: Where, name: str, value: Any) -> None:
    if value is not None:
        where.also(f"{name} = {where.add(str(value))}")


def _either(where: Where, wanted: bool | None, condition: str) -> None:
    """Require a condition, or that it does not hold; neither where nothing is said."""
    if wanted is not None:
        where.also(condition if wanted else f"NOT ({condition})")


def _elements(given: Given, where: Where) -> None:
    _is(where, "kind", given["kind"])
    _either(where, given["active"], "retired_at IS NULL")


def _coverage(given: Given, where: Where) -> None:
    where.also("active")
    _either(where, given["complete"], f"kinds = {len(ElementKind)}")


def _care(given: Given, where: Where) -> None:
    _is(where, "care_group", given["group"])
    _either(where, given["enrolled"], "exited_at IS NULL")
    _either(where, given["unmet"], "unmet > 0")


def _looks(given: Given, where: Where) -> None:
    _is(where, "register", given["register"])
    _is(where, "purpose", given["purpose"])
    _is(where, "actor", given["actor"])
    if given["entry_id"] is not None:
        where.also(f"entry = {where.add(read_id(given['entry_id'], 'entryId'))}")


_ONE_ELEMENT = Single(ELEMENT, "id", read_identifier)
_ONE_CARE_ENTRY = Single(CARE_ENTRY, "id", read_identifier)
_ONE_DIARY_ENTRY = Single(DIARY_ENTRY, "id", read_identifier)
_ELEMENTS = Listing(ELEMENT, _where(_elements, withheld=False), lambda _given: _ELEMENTS_BY_GRID)
_COVERAGE = Listing(COVERAGE_OF_GRID, _where(_coverage, withheld=False), lambda _given: _COVERAGE_BY_GAPS)
_CARE = Listing(CARE_ENTRY, _where(_care, withheld=True), lambda _given: _CARE_BY_ENROLMENT)
_DIARY = Listing(
    DIARY_ENTRY,
    _where(lambda given, where: _is(where, "topic", given["topic"]), withheld=True),
    lambda _given: _DIARY_BY_TIME,
)
_LOOKS = Listing(LOOK, _where(_looks, withheld=True), lambda _given: _LOOKS_BY_POSITION)


@strawberry.type
class RegisterQueries:
    """What the query type says about the registers."""

    @strawberry.field(description="要素 An element by its identifier.", metadata={SOURCE: _ONE_ELEMENT})
    async def element(
        self,
        info: Info,
        id: Annotated[strawberry.ID, argument("要素 The element.")],
        at_least: AtLeast = None,
    ) -> Element | None:
        """One element."""
        return await single(info, _ONE_ELEMENT, id, at_least)  # type: ignore[no-any-return]

    @strawberry.field(
        description="要素列表 The elements of grids (人、地、物、事、组织), by grid.",
        metadata={SOURCE: _ELEMENTS},
    )
    async def elements(
        self,
        info: Info,
        place: Place = None,
        kind: Annotated[ElementKind | None, argument("类别 Only of this kind.")] = None,
        active: Annotated[bool | None, argument("现存 Only those that are there, or that are not.")] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        at_least: AtLeast = None,
    ) -> Connection[Element]:
        """A page of elements."""
        given = {"place": place, "kind": kind, "active": active}
        window = Window(first, after, last, before)
        return await listed(info, _ELEMENTS, given, window, at_least)  # type: ignore[no-any-return]

    @strawberry.field(
        description="要素覆盖看板 How far the registry covers the active grids, the widest gaps first.",
        metadata={SOURCE: _COVERAGE},
    )
    async def element_coverage(
        self,
        info: Info,
        place: Place = None,
        complete: Annotated[
            bool | None, argument("全覆盖 Only grids with elements of all five kinds, or only others.")
        ] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        at_least: AtLeast = None,
    ) -> Connection[ElementCoverage]:
        """A page of grids."""
        given = {"place": place, "complete": complete}
        window = Window(first, after, last, before)
        return await listed(info, _COVERAGE, given, window, at_least)  # type: ignore[no-any-return]

    @strawberry.field(
        description="台账记录 An entry of the care ledger with masked words; null where it is not seen.",
        metadata={SOURCE: _ONE_CARE_ENTRY},
    )
    async def care_entry(
        self,
        info: Info,
        id: Annotated[strawberry.ID, argument("台账记录 The entry.")],
        at_least: AtLeast = None,
    ) -> CareEntry | None:
        """One entry."""
        return await single(info, _ONE_CARE_ENTRY, id, at_least)  # type: ignore[no-any-return]

    @strawberry.field(
        description="重点群体工作台账 The care ledger with masked words, the last enrolled first.",
        metadata={SOURCE: _CARE},
    )
    async def care_entries(
        self,
        info: Info,
        place: Place = None,
        group: Annotated[CareGroup | None, argument("群体 Only of this priority group.")] = None,
        enrolled: Annotated[
            bool | None, argument("在册 Only who is in the ledger now, or who has left it.")
        ] = None,
        unmet: Annotated[
            bool | None, argument("未对接 Only with needs that no resource was found for, or without.")
        ] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        at_least: AtLeast = None,
    ) -> Connection[CareEntry]:
        """A page of the ledger."""
        given = {"place": place, "group": group, "enrolled": enrolled, "unmet": unmet}
        window = Window(first, after, last, before)
        return await listed(info, _CARE, given, window, at_least)  # type: ignore[no-any-return]

    @strawberry.field(
        description="日志记录 An entry of the diary with masked words; null where it is not seen.",
        metadata={SOURCE: _ONE_DIARY_ENTRY},
    )
    async def diary_entry(
        self,
        info: Info,
        id: Annotated[strawberry.ID, argument("日志记录 The entry.")],
        at_least: AtLeast = None,
    ) -> DiaryEntry | None:
        """One entry."""
        return await single(info, _ONE_DIARY_ENTRY, id, at_least)  # type: ignore[no-any-return]

    @strawberry.field(
        description="民情日志 The diary with masked words, the last written first.", metadata={SOURCE: _DIARY}
    )
    async def diary_entries(
        self,
        info: Info,
        place: Place = None,
        topic: Annotated[DiaryTopic | None, argument("主题 Only about this.")] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        at_least: AtLeast = None,
    ) -> Connection[DiaryEntry]:
        """A page of the diary."""
        given = {"place": place, "topic": topic}
        window = Window(first, after, last, before)
        return await listed(info, _DIARY, given, window, at_least)  # type: ignore[no-any-return]

    @strawberry.field(
        description="查阅记录 Who looked at the words of the care ledger and the diary, the last first.",
        metadata={SOURCE: _LOOKS},
    )
    async def looks(
        self,
        info: Info,
        place: Place = None,
        register: Annotated[Register | None, argument("专册 Only at this register.")] = None,
        purpose: Annotated[LookPurpose | None, argument("目的 Only for this purpose.")] = None,
        actor: Annotated[str | None, argument("查阅人 Only by this actor.")] = None,
        entry_id: Annotated[strawberry.ID | None, argument("记录 Only at this entry.")] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        at_least: AtLeast = None,
    ) -> Connection[Look]:
        """A page of looks."""
        given = {
            "place": place,
            "register": register,
            "purpose": purpose,
            "actor": actor,
            "entry_id": entry_id,
        }
        window = Window(first, after, last, before)
        return await listed(info, _LOOKS, given, window, at_least)  # type: ignore[no-any-return]
