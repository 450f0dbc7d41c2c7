"""A town in which everything has happened once at least, and goes on happening between documents."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Coroutine, Iterator
from contextlib import ExitStack, contextmanager, suppress
from copy import deepcopy
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID

from chuishao.commands import cases, divisions, erasure, grids, policies, whistles
from chuishao.commands.command import Command
from chuishao.commands.execution import Executor
from chuishao.commands.meetings.coordination import OrderCoordination
from chuishao.commands.meetings.deliberations import FailAgreement
from chuishao.commands.meetings.invitations import DeclineInvitation
from chuishao.commands.registers.care import EnrolCare, ExitCare
from chuishao.commands.registers.elements import RetireElement
from chuishao.domain.actor import ANONYMOUS, Actor
from chuishao.domain.erasure import ErasureGround
from chuishao.domain.meetings.terms import UnitKind
from chuishao.domain.refusal import Refusal
from chuishao.domain.registers.terms import CareGroup, DiaryTopic, ElementKind, ExitReason
from chuishao.domain.vocabulary import LinkageMechanism, Role, Tier
from chuishao.eventlog.connection import Pool, open_pool
from chuishao.eventlog.feed import Feed
from chuishao.eventlog.lanes import Lanes
from chuishao.eventlog.log import EventLog
from chuishao.eventlog.sealer import seal
from chuishao.graphql.context import Services
from chuishao.projections.catalogue import PROJECTIONS
from chuishao.projections.engine import Engine
from chuishao.service.keys import seal_key
from tests.compiled.known import Known, look_around
from tests.mechanisms import steps_meetings as meetings
from tests.mechanisms import steps_registers as registers
from tests.mechanisms import steps_street as streets
from tests.mechanisms.steps import LIVES
from tests.town import COMMUNITY, GRID, KEY, OTHER_COMMUNITY, OTHER_GRID, STREET, Town, make_town
from tests.wandering import Wanderer

T = TypeVar("T")
ODD_TEXT = 'say "\\u0041" \\ / 100%_ \t\n\r\x01\x7f \u2028\u2029 é 😀 𠮷 </script>'
"""Every character that somebody may write wrongly in JSON."""
NEIGHBOUR = Actor("resident-2", Role.RESIDENT, "")
LIFE = 900
"""Steps walked before the first document."""


@dataclass
class World:
    """The town, what is known of it, and the loop in which it lives."""

    loop: asyncio.AbstractEventLoop
    town: Town
    wanderer: Wanderer
    services: Services
    known: Known

    def wait(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run something to its end."""
        return self.loop.run_until_complete(coroutine)

    def go_on(self, steps: int) -> None:
        """Let more happen; what documents may name is looked up anew."""
        self.wait(_go_on(self, steps))


@contextmanager
def lived_in(url: str, seed: int) -> Iterator[World]:
    """A town on a fresh database with a past of its own for each seed."""
    loop = asyncio.new_event_loop()
    with ExitStack() as ending:
        ending.callback(loop.close)
        pool = loop.run_until_complete(open_pool(url, size=4))
        ending.callback(lambda: loop.run_until_complete(pool.close()))
        lanes = Lanes(pool)
        ending.callback(lambda: loop.run_until_complete(lanes.close()))
        yield loop.run_until_complete(_made(loop, pool, lanes, seed))


async def _made(loop: asyncio.AbstractEventLoop, pool: Pool, lanes: Lanes, seed: int) -> World:
    chance = random.Random(seed)
    log = EventLog(pool)
    town = await make_town(log, ids=lambda: UUID(int=chance.getrandbits(128), version=4))
    wanderer = Wanderer(town, chance)
    await _oddities(town)
    await wanderer.walk(LIFE)
    feed = Feed(log)
    services = Services(log, feed, Engine(feed, PROJECTIONS), Executor(log, KEY), lanes)
    await _settled(services)
    await _endings(town, wanderer)
    await _settled(services)
    return World(loop, town, wanderer, services, await look_around(services))


async def _go_on(world: World, steps: int) -> None:
    await world.wanderer.walk(steps)
    await _settled(world.services)
    world.known = await look_around(world.services)


async def _settled(services: Services) -> None:
    """Fold and seal whatever is recorded."""
    await services.engine.catch_up()
    await seal(services.log, seal_key(KEY))


async def _oddities(town: Town) -> None:
    """What nobody does by chance: texts and reporters of every kind, joined, split and reopened cases."""
    places = divisions.RegisterDivision, grids.DrawGrid
    since = town.clock.now.date()
    await town.do(places[0](code=f"{STREET}009", name=ODD_TEXT[:40], effective_from=since))
    await town.do(places[1](grid_code=f"{COMMUNITY}-G009", name="空白\"网格'\\", households=1))
    await town.do(grids.RegisterGridWorker(community_code=OTHER_COMMUNITY, label='网格员 "九"', name="名 九"))
    for number, by in enumerate((ANONYMOUS, NEIGHBOUR, town.resident)):
        odd: dict[str, Any] = {"address": ODD_TEXT, "reporter_phone": "022-1"} if number else {}
        text = ODD_TEXT if number != 1 else "长" * 4000
        await town.do(cases.ReportCase(category="01001", text=text, community_code=COMMUNITY, **odd), by)
    joined, merged, kept, split, again = [await town.report() for _ in range(5)]
    staff = town.community_staff
    await town.do(cases.MarkDuplicate(case_id=joined, of_id=kept), staff)
    await town.do(cases.MergeCase(case_id=merged, into_id=kept), staff)
    await town.do(cases.RefuseCase(case_id=again, reason="不属受理范围"), staff)
    await town.do(cases.AcceptCase(case_id=split), staff)
    parts = [cases.SplitPart(text="井盖"), cases.SplitPart(text="路灯", category="01003", grid_code=GRID)]
    await town.do(cases.SplitCase(case_id=split, parts=parts), staff)
    await _closed_and_reopened(town)
    await _met_on_site(town)
    await _met_and_asked(town)
    await _of_the_street(town)
    await _in_registers(town)
    for happen in LIVES:
        with suppress(Refusal):  # some of it has happened already
            await happen(town)


async def _closed_and_reopened(town: Town) -> None:
    for reopened in (False, True):
        case = await town.assigned()
        town.clock.advance(hours=1)
        await town.close(case)
        if reopened:
            await town.do(cases.ReopenCase(case_id=case, reason="没有修好"), town.resident)


async def _met_on_site(town: Town) -> None:
    _, whistle = await town.whistled(LinkageMechanism.LAST_MILE)
    street = town.street_officer
    await town.do(whistles.OpenOnSiteMeeting(whistle_id=whistle, items=["清理路面", ODD_TEXT]), street)
    await town.do(whistles.SettleOnSiteItem(whistle_id=whistle, item=1), street)
    await town.do(
        whistles.SignSummons(whistle_id=whistle, department_id=town.departments[0]), town.officer(0)
    )
    refusal = whistles.RefuseSummons(
        whistle_id=whistle, department_id=town.departments[1], reason="不属本部门职责"
    )
    await town.do(refusal, town.officer(1))
    again = whistles.SummonDepartment(whistle_id=whistle, department_id=town.departments[1])
    await town.do(again, street)
    _, settled = await town.whistled(departments=1)
    of: dict[str, Any] = {"whistle_id": settled, "department_id": town.departments[0]}
    for step in (
        whistles.SignSummons(**of),
        whistles.CheckIn(**of),
        whistles.AnswerSummons(**of, result=ODD_TEXT),
    ):
        await town.do(step, town.officer(0))
    await town.do(whistles.ResolveWhistle(whistle_id=settled, result=ODD_TEXT), street)
    _, needless = await town.whistled()
    await town.do(whistles.WithdrawWhistle(whistle_id=needless, reason="社区可自行处置"), street)


async def _met_and_asked(town: Town) -> None:
    """Meetings, deliberations, orders and invitations in every state, of cases and of places."""
    staff, department = town.community_staff, str(town.departments[0])
    await meetings.all_said(town, ODD_TEXT)
    for opened in (meetings.held, meetings.owed, meetings.convened, meetings.ordered, meetings.sent):
        await opened(town)
    failed = await meetings.convened(town, heard=True)
    await town.do(FailAgreement(deliberation_id=failed, reason=ODD_TEXT), staff)
    case = await town.assigned(Tier.MULTI_UNIT)
    units = ((UnitKind.DEPARTMENT, department), (UnitKind.STREET, STREET), (UnitKind.OTHER_UNIT, '单位 "九"'))
    for kind, unit in units:
        await town.do(OrderCoordination(case_id=case, unit_kind=kind, unit=unit, matter=ODD_TEXT), staff)
    await meetings.sent(town, UnitKind.DEPARTMENT, department)
    await meetings.sent(town, accepted=True)
    declined = await meetings.sent(town)
    await town.do(DeclineInvitation(invitation_id=declined, reason=ODD_TEXT), staff)


async def _in_registers(town: Town) -> None:
    """Elements of every kind, some retired; people in the care ledger, with a household or not, some gone."""
    for kind in ElementKind:
        retired, _ = await registers.registered(town, kind), await registers.registered(town, kind)
        await town.do(RetireElement(element_id=retired, reason=ODD_TEXT), town.community_staff)
    for household in (1, None):
        for gone in (False, True):
            enrol = EnrolCare(
                group=CareGroup.HARDSHIP, grid_code=GRID, whom=ODD_TEXT, household=household, words=ODD_TEXT
            )
            entry = (await town.do(enrol, town.community_staff)).id
            if gone:
                await town.do(ExitCare(care_id=entry, reason=ExitReason.MOVED), town.community_staff)
    for topic in DiaryTopic:
        await registers.noted(town, topic)


async def _of_the_street(town: Town) -> None:
    """Powers, funds, duties, tasks and proposals in every state."""
    await streets.all_said(town, ODD_TEXT)
    await streets.advised(town, advice=ODD_TEXT)
    await streets.advised(town, above=True, advice=ODD_TEXT)
    await streets.admitted(town)
    await streets.catalogued(town)
    await streets.received(town, ODD_TEXT)
    await streets.assigned(town, proposal=ODD_TEXT)
    await streets.answered(town, ODD_TEXT, ODD_TEXT)


async def _endings(town: Town, wanderer: Wanderer) -> None:
    """What ends: people's words, grids, a department, a division, categories of the catalogue."""
    founded = divisions.EstablishDepartment(division_code="120101", name=ODD_TEXT[:30])
    department = (await town.do(founded)).id
    ending: list[Command] = [
        erasure.EraseSubject(subject_id=wanderer.cases[0], reason=ErasureGround.OWN_REQUEST),
        grids.RelieveGridWorker(grid_code=OTHER_GRID, reason="轮岗"),
        grids.RetireGrid(grid_code=f"{COMMUNITY}-G009", reason="并入相邻网格"),
        grids.PublishContact(worker_id=town.workers[GRID], contact="022-00009"),
        divisions.AbolishDepartment(department_id=department, reason="机构改革"),
        divisions.AbolishDivision(code=f"{STREET}009", effective_from=town.clock.now.date()),
        policies.AdoptPolicy(document=_fewer_categories(town)),
        grids.AssignGridWorker(grid_code=GRID, worker_id=town.workers[GRID]),
    ]
    for command in ending:
        with suppress(Refusal):  # the walk may have done it before
            await town.do(command)


def _fewer_categories(town: Town) -> dict[str, Any]:
    """A policy for the past as well, in which categories of older cases are missing."""
    document = deepcopy(policies.default_policy())
    document["findings"] = {}
    document["categories"] = [entry for entry in document["categories"] if entry["code"] < "15"]
    since = (town.clock.now - timedelta(days=30)).date()
    return document | {"version": "fewer", "effectiveFrom": since.isoformat()}
