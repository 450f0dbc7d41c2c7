"""地域 Territory through the real server: each mutation's effect as queries show it, and what is refused."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import uuid4

import pytest

from chuishao.domain.actor import Actor
from chuishao.domain.event import SHORT_TEXT
from chuishao.domain.territory.enclave import Enclave
from chuishao.domain.territory.sector import sector_id
from chuishao.domain.vocabulary import Role
from chuishao.eventlog.connection import connected, open_pool
from chuishao.eventlog.log import EventLog
from chuishao.projections.enclaves import ENCLAVES, EnclaveRow, holdings
from tests.conftest import copy_of_template
from tests.mechanisms import steps_territory as steps
from tests.mechanisms.steps_territory import STEPS
from tests.mechanisms.test_territory_places import holder_of
from tests.served import ADMINISTRATOR, Client, Served, mutation, served
from tests.town import (
    COMMUNITY,
    GRID,
    OTHER_COMMUNITY,
    OTHER_GRID,
    START,
    STREET,
    THIRD_GRID,
    Town,
    make_town,
)

ELSEWHERE = Actor("administrator-9", Role.ADMINISTRATOR, "310101")


@pytest.fixture(scope="module")
async def database(template: str) -> str:
    """A database for all of these tests."""
    return await copy_of_template(template)


@pytest.fixture(scope="module")
async def town(database: str) -> AsyncIterator[Town]:
    """The town in which everything happens."""
    pool = await open_pool(database, size=4)
    yield await make_town(EventLog(pool))
    await pool.close()


@pytest.fixture(scope="module")
async def serving(town: Town, database: str) -> AsyncIterator[Served]:
    """The application on the town."""
    assert town
    async with served(database) as running:
        yield running


@pytest.fixture
def client(serving: Served) -> Client:
    """Somebody who may do everything."""
    return serving.client(ADMINISTRATOR)


async def done(client: Client, town: Town, name: str, thing: str) -> tuple[dict[str, Any], Any]:
    """Send a mutation in a moment in which it is accepted; give its input and the thing as it is then."""
    _, given = await STEPS[name](town)
    payload = await client.do(name, f"{thing} {{ id }}", **given)
    assert payload[thing.split(" ", maxsplit=1)[0]]["id"]
    return given, payload


async def asked(client: Client, payload: Any, query: str) -> Any:
    """What a query says once it includes a mutation; `AT` in it stands for the position."""
    text = query.replace("AT", f"atLeast: {payload['position']}")
    (answer,) = (await client.read(f"{{ {text} }}")).values()
    return answer


# 战区 Zones


ZONE = "name movedAt above { code } division { name } tally { open } overdue"
POWERS = "powers { power devolvedAt withdrawnAt giver { code } }"


async def test_an_established_zone_hangs_in_the_tree(client: Client, town: Town) -> None:
    given, payload = await done(client, town, "establishZone", "zone")
    code = given["zoneCode"]
    zone = await asked(
        client, payload,
        f'zone(code: "{code}", AT) {{ {ZONE} }}',
    )  # fmt: skip
    assert zone == {
        "name": "社区战区", "movedAt": None, "above": {"code": STREET}, "division": {"name": "新社区"},
        "tally": {"open": 0}, "overdue": 0,
    }  # fmt: skip
    below = await asked(
        client, payload, f'zone(code: "{STREET}", AT) {{ above {{ code }} below {{ code }} }}'
    )
    assert below["above"] is None and code in [zone["code"] for zone in below["below"]]
    listed = await asked(client, payload, f'zones(place: "{code}", AT) {{ totalCount nodes {{ code }} }}')
    assert listed == {"totalCount": 1, "nodes": [{"code": code}]}


async def test_a_moved_zone_hangs_elsewhere(client: Client, town: Town) -> None:
    given, payload = await done(client, town, "moveZone", "zone")
    zone = await asked(
        client, payload, f'zone(code: "{given["zoneCode"]}", AT) {{ movedAt above {{ code }} }}'
    )
    assert zone["movedAt"] and zone["above"] == {"code": given["aboveCode"]}


async def test_powers_come_down_and_go_back(client: Client, town: Town) -> None:
    given, payload = await done(client, town, "devolvePower", "zone")
    query = f'zone(code: "{given["zoneCode"]}", AT) {{ {POWERS} }}'
    ((power,),) = (await asked(client, payload, query)).values()
    assert (power["power"], power["giver"]) == ("考核评价权", {"code": STREET})
    assert power["devolvedAt"] and power["withdrawnAt"] is None
    payload = await client.do("withdrawPower", **given)
    assert (await asked(client, payload, query))["powers"][0]["withdrawnAt"]
    payload = await client.do("devolvePower", **given)
    ((power,),) = (await asked(client, payload, query)).values()
    assert power["withdrawnAt"] is None


# 街片 Sectors


SECTOR = "name dissolvedAt street { code } communities { since community { code tally { open } } }"


async def test_a_sector_is_drawn_redrawn_and_dissolved(client: Client, town: Town) -> None:
    given, payload = await done(client, town, "drawSector", "sector")
    query = f'sector(code: "{given["sectorCode"]}", AT) {{ {SECTOR} }}'
    sector = await asked(client, payload, query)
    assert (sector["name"], sector["dissolvedAt"], sector["street"]) == ("新街片", None, {"code": STREET})
    first, second = given["communityCodes"]
    assert [each["community"]["code"] for each in sector["communities"]] == [first, second]
    since = sector["communities"][0]["since"]

    town.clock.advance(days=1)
    other = await steps.a_community(town)
    changed = {"sectorCode": given["sectorCode"], "communityCodes": [first, other], "name": "改名街片"}
    sector = await asked(client, await client.do("redrawSector", **changed), query)
    assert sector["name"] == "改名街片"
    assert [each["community"]["code"] for each in sector["communities"]] == [first, other]
    assert sector["communities"][0]["since"] == since != sector["communities"][1]["since"]

    payload = await client.do("dissolveSector", sectorCode=given["sectorCode"], reason="并入相邻街片")
    sector = await asked(client, payload, query)
    assert sector["dissolvedAt"] and sector["communities"] == []
    for active, found in ((True, 0), (False, 1)):
        arguments = f'place: "{given["sectorCode"]}", active: {str(active).lower()}, AT'
        assert await asked(client, payload, f"sectors({arguments}) {{ totalCount }}") == {"totalCount": found}


async def test_redrawing_and_dissolving_are_accepted_by_the_street(client: Client, town: Town) -> None:
    for name in ("redrawSector", "dissolveSector", "withdrawPower"):
        await done(client, town, name, "zone" if name == "withdrawPower" else "sector")


# 街道机构 Offices


async def test_a_flatter_office_has_fewer_tiers_than_before(client: Client, town: Town) -> None:
    code = f"120101{next(_streets)}"
    await client.do("registerDivision", code=code, name="新街道", effectiveFrom="2024-01-01")
    query = (
        f'streetOffice(street: "{code}", AT) {{ staff tiers formerTiers restructurings restructuredAt '
        "street { name } chart { number name under tier staff } }"
    )
    head, desk = {"name": "综合办公室", "staff": 4}, {"name": "便民服务窗口", "staff": 6}
    tall = await client.do("restructureOffice", streetCode=code, units=[head, desk | {"under": "综合办公室"}])
    office = await asked(client, tall, query)
    assert office == {
        "staff": 10, "tiers": 2, "formerTiers": None, "restructurings": 0, "restructuredAt": None,
        "street": {"name": "新街道"},
        "chart": [
            {"number": 1, "name": "综合办公室", "under": None, "tier": 1, "staff": 4},
            {"number": 2, "name": "便民服务窗口", "under": "综合办公室", "tier": 2, "staff": 6},
        ],
    }  # fmt: skip
    flat = await client.do("restructureOffice", streetCode=code, units=[desk])
    office = await asked(client, flat, query)
    assert (office["staff"], office["tiers"], office["formerTiers"], office["restructurings"]) == (6, 1, 2, 1)
    assert [unit["name"] for unit in office["chart"]] == ["便民服务窗口"]
    listed = await asked(client, flat, f'streetOffices(place: "{code}", AT) {{ nodes {{ tiers }} }}')
    assert listed == {"nodes": [{"tiers": 1}]}


_streets = count(301)


# 两个全覆盖 Coverage


@pytest.mark.parametrize(
    ("name", "remedy"),
    [("foundCommittee", "COMMITTEE_FOUNDED"), ("absorbByNeighbour", "ABSORBED_BY_NEIGHBOUR")],
)
async def test_a_gap_is_on_the_list_until_it_is_closed(
    client: Client, town: Town, name: str, remedy: str
) -> None:
    found_at = town.clock.now.isoformat()
    report = {"streetCode": STREET, "name": "新建小区", "households": 420, "occurredAt": found_at}
    found = await client.do("reportCoverageGap", "gap { id }", **report)
    open_ = f'coverageGaps(place: "{STREET}", open: true, last: 100, AT) {{ nodes {{ id }} }}'
    assert found["gap"] in (await asked(client, found, open_))["nodes"]

    community = await steps.a_community(town)
    closed = await client.do(name, gapId=found["gap"]["id"], communityCode=community)
    assert found["gap"] not in (await asked(client, closed, open_))["nodes"]
    query = (
        f'coverageGap(id: "{found["gap"]["id"]}", AT) '
        "{ name households foundAt remedy closedAt street { code } community { code } }"
    )
    gap = await asked(client, closed, query)
    assert gap.pop("foundAt") and gap.pop("closedAt")
    assert gap == {
        "name": "新建小区", "households": 420, "remedy": remedy, "street": {"code": STREET},
        "community": {"code": community},
    }  # fmt: skip


# 飞地 Enclaves


ENCLAVE = (
    "name adjoining remedy basis successor settledAt liesIn { code } holder { code } firstHolder { code }"
)


def held(place: str, moment: datetime | None = None) -> str:
    """The question who holds a place, now or at a moment."""
    as_of = f', asOf: "{moment.isoformat()}"' if moment else ""
    shown = "place at holderCode holder { code } enclave { id }"
    return f'jurisdiction(places: ["{place}"]{as_of}, AT) {{ {shown} }}'


async def test_jurisdiction_goes_to_where_the_enclave_lies_and_is_told_for_every_moment(
    client: Client, town: Town
) -> None:
    place, successor = await steps.a_grid(town), await steps.a_grid(town, OTHER_COMMUNITY)
    given = {"placeCode": place, "name": "插花地", "liesInCode": OTHER_COMMUNITY, "adjoining": False}
    identified = START + timedelta(hours=1)
    payload = await client.do("identifyEnclave", "enclave { id }", **given, occurredAt=identified.isoformat())
    query = f'enclave(place: "{place}", AT) {{ {ENCLAVE} }}'
    sides = {
        "holder": {"code": COMMUNITY},
        "firstHolder": {"code": COMMUNITY},
        "liesIn": {"code": OTHER_COMMUNITY},
    }
    assert await asked(client, payload, query) == sides | {
        "name": "插花地", "adjoining": False, "remedy": "JURISDICTION_TRANSFER", "basis": None,
        "successor": None, "settledAt": None,
    }  # fmt: skip
    for side in (COMMUNITY, OTHER_COMMUNITY):
        listed = await asked(
            client, payload, f'enclaves(place: "{side}", open: true, AT) {{ nodes {{ place }} }}'
        )
        assert {"place": place} in listed["nodes"]

    moved = identified + timedelta(hours=1)
    settle = {"placeCode": place, "successorCode": successor, "basis": "区政府批复 001 号"}
    settled = await client.do("transferJurisdiction", **settle, occurredAt=moved.isoformat())
    enclave = await asked(client, settled, query)
    assert (enclave["holder"], enclave["firstHolder"]) == ({"code": OTHER_COMMUNITY}, {"code": COMMUNITY})
    assert (enclave["successor"], enclave["basis"]) == (successor, "区政府批复 001 号")
    assert datetime.fromisoformat(enclave["settledAt"]) == moved
    for moment, holder in (
        (None, OTHER_COMMUNITY),
        (moved, OTHER_COMMUNITY),
        (moved - timedelta(microseconds=1), COMMUNITY),
        (START - timedelta(days=400), COMMUNITY),
    ):
        (line,) = await asked(client, settled, held(place, moment))
        assert (line["holderCode"], line["holder"]) == (holder, {"code": holder}), moment
        assert line["enclave"] == payload["enclave"]
        assert moment is None or datetime.fromisoformat(line["at"]) == moment


async def test_a_changed_boundary_leaves_the_holder(client: Client, town: Town) -> None:
    given, payload = await done(client, town, "changeBoundary", "enclave")
    enclave = await asked(client, payload, f'enclave(place: "{given["placeCode"]}", AT) {{ {ENCLAVE} }}')
    assert enclave["liesIn"] == enclave["holder"] == enclave["firstHolder"] == {"code": COMMUNITY}
    assert (enclave["remedy"], enclave["successor"]) == ("BOUNDARY_CHANGE", None)


async def test_a_place_that_is_no_enclave_is_held_by_its_code(client: Client) -> None:
    codes = f'"{THIRD_GRID}", "{GRID}", "{COMMUNITY}", "{GRID}"'
    read = await client.read(f"{{ jurisdiction(places: [{codes}]) {{ place holderCode enclave {{ id }} }} }}")
    assert [tuple(line.values()) for line in read["jurisdiction"]] == [
        (COMMUNITY, STREET, None), (GRID, COMMUNITY, None), (THIRD_GRID, OTHER_COMMUNITY, None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (f'places: ["{STREET}"]', "WRONG_DIVISION_LEVEL"),
        ('places: ["here"]', "BAD_CODE"),
        (f"places: [{', '.join([f'{chr(34)}{GRID}{chr(34)}'] * 51)}]", "OUT_OF_RANGE"),
        (f'places: ["{GRID}"], asOf: "yesterday"', "BAD_TIME"),
    ],
)
async def test_a_question_that_cannot_be_answered_is_refused(
    client: Client, arguments: str, code: str
) -> None:
    assert (await client.fails(f"{{ jurisdiction({arguments}) {{ place }} }}"))["code"] == code


async def test_everything_of_territory_is_fetched_again_by_its_identifier(client: Client, town: Town) -> None:
    for name, thing, kind in (
        ("establishZone", "zone", "CommandZone"),
        ("drawSector", "sector", "Sector"),
        ("restructureOffice", "office", "StreetOffice"),
        ("reportCoverageGap", "gap", "CoverageGap"),
        ("identifyEnclave", "enclave", "Enclave"),
    ):
        _, payload = await done(client, town, name, thing)
        read = await client.read("query ($id: ID!) { node(id: $id) { __typename id } }", **payload[thing])
        assert read["node"] == {"__typename": kind} | payload[thing]


# What is refused


Change = Callable[[Town, dict[str, Any]], Awaitable[dict[str, Any]]]
LONG, UNKNOWN = "长" * (SHORT_TEXT + 1), "120101999999"


def using(**fields: Any) -> Change:
    """The accepted input with other values in some fields."""

    async def changed(_town: Town, given: dict[str, Any]) -> dict[str, Any]:
        return given | fields

    return changed


async def _under_itself(_town: Town, given: dict[str, Any]) -> dict[str, Any]:
    return given | {"aboveCode": given["zoneCode"]}


async def _at_the_top(town: Town, given: dict[str, Any]) -> dict[str, Any]:
    return given | {"zoneCode": await steps.a_zone(town, None)}


async def _known_by_another_name(town: Town, _given: dict[str, Any]) -> dict[str, Any]:
    return {"zoneCode": await steps.a_zone(town), "name": "另一战区"}


async def _of_another_sector(town: Town, given: dict[str, Any]) -> dict[str, Any]:
    drawn = await town.log.aggregates.load(sector_id(await steps.a_sector(town)))
    return given | {"communityCodes": drawn.communities}


async def _adjoining(town: Town, given: dict[str, Any]) -> dict[str, Any]:
    return given | {"placeCode": await steps.an_enclave(town, adjoining=True)}


async def _not_adjoining(town: Town, given: dict[str, Any]) -> dict[str, Any]:
    return given | {"placeCode": await steps.an_enclave(town)}


async def _in_the_wrong_place(town: Town, given: dict[str, Any]) -> dict[str, Any]:
    return given | {"successorCode": await steps.a_grid(town)}


WRONG: dict[str, list[tuple[Change, str]]] = {
    "establishZone": [
        (using(name=" "), "TEXT_EMPTY"),
        (using(zoneCode=UNKNOWN), "UNKNOWN_DIVISION"),
        (using(aboveCode=UNKNOWN), "NOT_FOUND"),
        (using(zoneCode="zone"), "BAD_CODE"),
        (_known_by_another_name, "ALREADY_EXISTS"),
    ],
    "moveZone": [
        (_under_itself, "ZONE_CYCLE"),
        (using(zoneCode=UNKNOWN), "NOT_FOUND"),
        (using(aboveCode=UNKNOWN), "NOT_FOUND"),
    ],
    "devolvePower": [
        (using(power=" "), "TEXT_EMPTY"),
        (using(power=LONG), "TEXT_TOO_LONG"),
        (using(zoneCode=UNKNOWN), "NOT_FOUND"),
        (_at_the_top, "NO_ZONE_ABOVE"),
    ],
    "withdrawPower": [
        (using(power="未下放的权力"), "POWER_NOT_HELD"),
        (using(zoneCode=UNKNOWN), "NOT_FOUND"),
        (using(power=" "), "TEXT_EMPTY"),
    ],
    "drawSector": [
        (using(communityCodes=[]), "OUT_OF_RANGE"),
        (using(communityCodes=[COMMUNITY, OTHER_COMMUNITY, UNKNOWN]), "OUT_OF_RANGE"),
        (using(communityCodes=["120102001001"]), "FOREIGN_COMMUNITY"),
        (using(communityCodes=[f"{STREET}999"]), "UNKNOWN_DIVISION"),
        (using(sectorCode=f"{STREET}-S1"), "BAD_CODE"),
        (_of_another_sector, "COMMUNITY_IN_SECTOR"),
    ],
    "redrawSector": [
        (using(communityCodes=[]), "OUT_OF_RANGE"),
        (using(name=LONG), "TEXT_TOO_LONG"),
        (using(sectorCode=f"{STREET}-S499"), "NOT_FOUND"),
        (_of_another_sector, "COMMUNITY_IN_SECTOR"),
    ],
    "dissolveSector": [
        (using(reason=""), "TEXT_EMPTY"),
        (using(reason="\0"), "BAD_TEXT"),
        (using(sectorCode=f"{STREET}-S499"), "NOT_FOUND"),
    ],
    "restructureOffice": [
        (using(units=[]), "BAD_CHART"),
        (using(units=[{"name": "甲", "staff": 1, "under": "乙"}]), "BAD_CHART"),
        (using(units=[{"name": "甲", "staff": 1, "under": "甲"}]), "BAD_CHART"),
        (using(units=[{"name": "甲", "staff": -1}]), "OUT_OF_RANGE"),
        (using(streetCode=COMMUNITY), "WRONG_DIVISION_LEVEL"),
    ],
    "reportCoverageGap": [
        (using(households=-1), "OUT_OF_RANGE"),
        (using(name=""), "TEXT_EMPTY"),
        (using(streetCode=COMMUNITY), "WRONG_DIVISION_LEVEL"),
    ],
    "foundCommittee": [
        (using(gapId=str(uuid4())), "NOT_FOUND"),
        (using(communityCode=UNKNOWN), "UNKNOWN_DIVISION"),
        (using(communityCode=STREET), "WRONG_DIVISION_LEVEL"),
        (using(gapId="gap"), "BAD_CODE"),
    ],
    "absorbByNeighbour": [
        (using(gapId=str(uuid4())), "NOT_FOUND"),
        (using(communityCode=UNKNOWN), "UNKNOWN_DIVISION"),
        (using(communityCode=""), "BAD_CODE"),
    ],
    "identifyEnclave": [
        (using(liesInCode=COMMUNITY), "NO_ENCLAVE"),
        (using(liesInCode=STREET), "WRONG_DIVISION_LEVEL"),
        (using(placeCode=f"{COMMUNITY}-G999"), "UNKNOWN_GRID"),
        (using(placeCode=STREET), "WRONG_DIVISION_LEVEL"),
        (using(name=""), "TEXT_EMPTY"),
    ],
    "changeBoundary": [
        (using(basis=" "), "TEXT_EMPTY"),
        (using(placeCode=OTHER_GRID), "NOT_FOUND"),
        (_not_adjoining, "WRONG_REMEDY"),
        (using(occurredAt=(START - timedelta(days=1)).isoformat()), "BAD_TIME"),
    ],
    "transferJurisdiction": [
        (using(basis=""), "TEXT_EMPTY"),
        (_in_the_wrong_place, "FOREIGN_SUCCESSOR"),
        (using(successorCode=f"{OTHER_COMMUNITY}-G999"), "UNKNOWN_GRID"),
        (using(placeCode=OTHER_GRID), "NOT_FOUND"),
        (_adjoining, "WRONG_REMEDY"),
    ],
}


def test_every_mutation_of_territory_has_three_wrong_inputs() -> None:
    assert WRONG.keys() == STEPS.keys()
    assert all(len(wrong) >= 3 for wrong in WRONG.values())


@pytest.mark.parametrize(
    ("name", "number"), [(name, number) for name, wrong in WRONG.items() for number in range(len(wrong))]
)
async def test_a_wrong_input_is_refused_and_nothing_is_recorded(
    client: Client, town: Town, name: str, number: int
) -> None:
    change, code = WRONG[name][number]
    _, given = await STEPS[name](town)
    given = await change(town, given)
    head = await town.log.head()
    (error,) = (await client.mutate(name, **given))["errors"]
    assert error["code"] == code, error
    assert error["message"]
    assert await town.log.head() == head


@pytest.mark.parametrize("name", STEPS)
async def test_nobody_acts_elsewhere(serving: Served, town: Town, name: str) -> None:
    _, given = await STEPS[name](town)
    head = await town.log.head()
    document = mutation(name)
    answer = await serving.client(ELSEWHERE).read(document, input={"commandId": str(uuid4())} | given)
    assert [error["code"] for error in answer[name]["errors"]] == ["OUT_OF_SCOPE"]
    assert await town.log.head() == head


# What the read model says of jurisdiction is what the domain says


PLACES = {GRID: OTHER_COMMUNITY, THIRD_GRID: COMMUNITY, COMMUNITY: "120101002"}


async def test_the_read_model_and_the_domain_tell_the_same_holder_for_every_moment(log: EventLog) -> None:
    """Enclaves of every kind, asked for at every hour: one line each, with the holder of the domain."""
    successors = {GRID: THIRD_GRID, THIRD_GRID: OTHER_GRID, COMMUNITY: "120101002001"}
    for settled in (None, 0, 2):
        known = {}
        for place, lies_in in PLACES.items():
            enclave = Enclave.identify(place, "插花地", lies_in, START, adjoining=False)
            if settled is not None:
                enclave.transfer(successors[place], "批复", START + timedelta(hours=settled))
            known[place] = enclave
        async with connected(log.pool) as connection:
            await connection.execute("TRUNCATE enclaves.enclave")
            await connection.execute("SET search_path TO enclaves")
            await ENCLAVES.save(connection, [_row(enclave) for enclave in known.values()])
            await connection.execute("RESET search_path")
            for hour in range(-2, 5):
                moment = START + timedelta(hours=hour)
                lines = await holdings(connection, [*PLACES, OTHER_GRID], moment)
                assert {line.place: line.holder for line in lines} == {
                    place: holder_of(place, moment, known.get(place)) for place in (*PLACES, OTHER_GRID)
                }
                assert len(lines) == len(PLACES) + 1


def _row(enclave: Enclave) -> EnclaveRow:
    return EnclaveRow(
        id=enclave.id,
        place=enclave.place,
        name=enclave.name,
        lies_in=enclave.lies_in,
        holder=enclave.holder,
        first_holder=enclave.first_holder,
        adjoining=enclave.adjoining,
        remedy=enclave.remedy.value,
        identified_at=enclave.created_on,
        settled_at=enclave.settled_at,
    )
