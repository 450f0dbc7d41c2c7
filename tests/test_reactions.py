"""Reactions: each command once, whatever crashes, for every event since the reaction is there."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chuishao.commands import cases, policies
from chuishao.commands.cases import AcceptCase, ReportCase
from chuishao.commands.execution import Envelope, Executor
from chuishao.domain.actor import Actor
from chuishao.domain.case_events import CaseAccepted, CaseReported, SeverityGraded
from chuishao.domain.policy import parse
from chuishao.domain.refusal import BadPolicy
from chuishao.domain.vocabulary import LinkageMechanism, Role, Severity, Tier
from chuishao.eventlog.connection import Unavailable, connected, open_pool
from chuishao.eventlog.feed import Feed
from chuishao.eventlog.log import EventLog
from chuishao.eventlog.mapper import RecordedEvent
from chuishao.projections.catalogue import PROJECTIONS
from chuishao.projections.engine import Engine
from chuishao.projections.rebuild import rebuild
from chuishao.reactions import follower
from chuishao.reactions.catalogue import REACTIONS
from chuishao.reactions.follower import LOCK, Reactions
from chuishao.reactions.reaction import Around, Reaction, Sent, Timed
from chuishao.reactions.standing import go_on, refusals, standings
from tests.conftest import copy_of_template
from tests.served import Process, address, process, start, until
from tests.town import COMMUNITY, GRID, STREET, Town, make_town

DISPUTE = LinkageMechanism.DISPUTE_RESOLUTION
CLERK = Actor("reaction accept", Role.COMMUNITY_STAFF, COMMUNITY)


async def _accept(event: RecordedEvent, _around: Around) -> Sequence[Sent]:
    return (Sent(AcceptCase(case_id=event.stream), CLERK),)


ACCEPT = Reaction("accept", "受理 Every report is accepted.", (CaseReported,), _accept)


@dataclass
class Flaky(Executor):
    """An executor whose process dies, or whose database is away, before or after a command."""

    dies: list[str] = field(default_factory=list)

    async def execute(self, command: Any, envelope: Envelope) -> Any:
        fate = self.dies.pop(0) if self.dies else ""
        if fate == "before":
            raise Crashed
        if fate == "away":
            raise Unavailable("away for a moment")
        outcome = await super().execute(command, envelope)
        if fate == "after":
            raise Crashed
        return outcome


HOLDER = f"""
SELECT pid FROM pg_locks l JOIN pg_database d ON d.oid = l.database
WHERE locktype = 'advisory' AND classid = {LOCK} AND datname = current_database()
"""
"""The connection that holds the lock of whoever reacts."""


class Crashed(BaseException):
    """The process is no more."""


def reacting(
    town: Town, *reactions: Reaction, dies: Sequence[str] = (), timed: Sequence[Timed] = ()
) -> Reactions:
    """Another process that reacts."""
    feed = Feed(town.log)
    executor = Flaky(town.log, town.executor.key, town.clock, dies=list(dies))
    return Reactions(
        feed, Engine(feed, PROJECTIONS), executor, reactions or (() if timed else (ACCEPT,)), timed
    )


async def caught_up(
    town: Town, *reactions: Reaction, dies: Sequence[str] = (), timed: Sequence[Timed] = ()
) -> None:
    """Let everything that follows be over; a process may die on the way."""
    for fates in ([list(dies)] if dies else []) + [[]]:
        with suppress(Crashed):
            await reacting(town, *reactions, dies=fates, timed=timed).catch_up()


async def begin(town: Town, *reactions: Reaction) -> None:
    """Be there from now on."""
    await reacting(town, *reactions).catch_up()


async def recorded(log: EventLog) -> list[RecordedEvent]:
    """Every event."""
    found: list[RecordedEvent] = []
    while page := await log.after(len(found), 2000):
        found += page
    return found


async def accepted(town: Town) -> Counter[UUID]:
    """How often each case was accepted because it was reported."""
    events = await recorded(town.log)
    reported = {event.event_id: event.stream for event in events if isinstance(event.event, CaseReported)}
    return Counter(
        reported[event.meta.causation] for event in events if isinstance(event.event, CaseAccepted)
    )


async def test_what_stays_due_although_it_was_answered_starves_nothing(town: Town) -> None:
    cases = [await town.report() for _ in range(3)]

    async def due(around: Around, now: datetime, skip: int) -> Sequence[tuple[str, Sent]]:
        return [(str(case), Sent(AcceptCase(case_id=case), CLERK)) for case in listed[skip : skip + 1]]

    timed = Timed("accept-one-by-one", "受理 One at a time, and never out of the list.", due)
    listed = cases[:2]
    await caught_up(town, timed=(timed,))
    listed = cases
    await caught_up(town, timed=(timed,))
    events = await recorded(town.log)
    assert [each.stream for each in events if isinstance(each.event, CaseAccepted)] == cases


async def test_nobody_reacts_today_to_what_was_imported(town: Town) -> None:
    await begin(town)
    report = ReportCase(category="01001", text="井盖丢失", grid_code=GRID)
    long_ago = town.clock.now - timedelta(days=900)
    await town.do(report, town.resident, occurred_at=long_ago, imported="hotline-2019")
    case = await town.report()
    await begin(town)
    assert await accepted(town) == {case: 1}


async def test_what_follows_is_sent_once_and_names_the_event_it_is_for(town: Town) -> None:
    await begin(town)
    case = await town.report()
    await begin(town)
    await begin(town)

    assert await accepted(town) == {case: 1}
    (last,) = [event for event in await recorded(town.log) if isinstance(event.event, CaseAccepted)]
    assert (last.meta.actor, last.meta.role) == (CLERK.id, "COMMUNITY_STAFF")
    assert last.correlation == case


async def test_what_happened_before_a_reaction_was_there_is_not_acted_upon(town: Town) -> None:
    await town.report()
    await begin(town)
    new = await town.report()
    await begin(town)
    assert await accepted(town) == {new: 1}


async def test_what_happens_after_its_beginning_is_reacted_to_at_the_next_start(town: Town) -> None:
    await reacting(town).begin()
    await town.report()
    assert await accepted(town) == Counter()

    await reacting(town).catch_up()

    assert list((await accepted(town)).values()) == [1]


@pytest.mark.parametrize("dies", [["before"], ["after"], ["away", "after"], ["", "before"], ["", "after"]])
async def test_a_crash_between_command_and_checkpoint_makes_nothing_twice(
    town: Town, dies: list[str]
) -> None:
    await begin(town)
    reported = [await town.report() for _ in range(3)]
    with pytest.raises(Crashed):
        await reacting(town, dies=dies).catch_up()
    await begin(town)
    assert await accepted(town) == dict.fromkeys(reported, 1)


async def test_only_one_process_reacts_at_a_time_and_another_takes_over(town: Town) -> None:
    await begin(town)
    first = await town.report()
    holding, waiting = reacting(town), reacting(town)
    async with holding._alone() as held:
        assert held is not None
        await waiting.catch_up()
        assert await accepted(town) == {}
    await waiting.catch_up()
    assert await accepted(town) == {first: 1}


async def test_reactions_whose_connection_was_lost_are_stopped_at_once(town: Town) -> None:
    running = reacting(town)
    await running.feed.start()
    running.start()
    await _reacts(town)
    async with connected(town.log.pool) as connection:
        holder = await until(lambda: connection.fetchval(HOLDER))
        await connection.execute("SELECT pg_terminate_backend($1)", holder)

        async def gone() -> bool:
            return await connection.fetchval(HOLDER) is None

        await until(gone)
    async with asyncio.timeout(10):
        await running.stop()
    await running.feed.stop()


async def test_what_time_brings_is_done_while_events_never_cease(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follower, "LOOK", 0.005)
    rounds = ticks = 0

    class Busy(Reactions):
        async def round(self) -> int:
            nonlocal rounds
            rounds += 1
            await asyncio.sleep(0.001)
            return 1

        async def tick(self) -> int:
            nonlocal ticks
            ticks += 1
            if ticks == 3:
                raise Crashed
            return 0

    nothing: Any = SimpleNamespace(log=None, known=SimpleNamespace(reading=None))
    with pytest.raises(Crashed):
        await asyncio.wait_for(Busy(nothing, nothing, nothing, ())._follow(nothing), 30)
    assert rounds > ticks


async def test_two_that_react_at_once_make_nothing_twice(town: Town) -> None:
    await begin(town)
    reported = [await town.report() for _ in range(5)]
    both = reacting(town), reacting(town)
    for one in both:
        await one.feed.refresh()
        await one.engine.catch_up()
    await asyncio.gather(*(one.round() for one in both))
    assert await accepted(town) == dict.fromkeys(reported, 1)


async def test_a_rebuild_and_a_lost_checkpoint_send_nothing_again(town: Town) -> None:
    await begin(town)
    case = await town.report()
    await begin(town)
    for projection in PROJECTIONS:
        await rebuild(town.log, projection)
    async with connected(town.log.pool) as connection:
        await connection.execute("UPDATE reaction SET position = 0")
    head = await town.log.head()
    await begin(town)
    assert await accepted(town) == {case: 1}
    assert [r for r in await refusals(town.log) if r.position > head] == []


async def test_what_is_refused_is_kept_for_somebody_to_see_to(town: Town) -> None:
    await begin(town)
    case = await town.report()
    await town.do(AcceptCase(case_id=case), town.community_staff)
    await begin(town)
    (refused,) = await refusals(town.log)
    assert (refused.reaction, refused.command, refused.type) == ("accept", "acceptCase", "CaseReported")
    assert refused.code == "ILLEGAL_TRANSITION"
    (standing,) = await standings(town.log)
    assert (standing.lag, standing.refused, standing.status) == (0, 1, "live")


async def test_a_reaction_that_fails_stops_alone_until_somebody_lets_it_go_on(town: Town) -> None:
    broken = [True]

    async def decide(event: RecordedEvent, _around: Around) -> Sequence[Sent]:
        if broken[0]:
            raise ValueError("a fault of the code")
        return ()

    fragile = Reaction("fragile", "脆弱 It fails.", (CaseReported,), decide)
    await begin(town, ACCEPT, fragile)
    case = await town.report()
    await begin(town, ACCEPT, fragile)
    assert await accepted(town) == {case: 1}
    by_name = {standing.name: standing for standing in await standings(town.log)}
    assert by_name["accept"].lag == 0
    assert by_name["fragile"].status == "stopped"
    assert by_name["fragile"].error is not None and "ValueError" in by_name["fragile"].error

    assert await go_on(town.log, "fragile")
    await begin(town, ACCEPT, fragile)
    assert {s.name: s.status for s in await standings(town.log)}["fragile"] == "stopped"
    assert await go_on(town.log, "fragile", past=True)
    broken[0] = False
    await begin(town, ACCEPT, fragile)
    assert {s.name: (s.status, s.lag) for s in await standings(town.log)} == {
        "accept": ("live", 0),
        "fragile": ("live", 0),
    }
    assert not await go_on(town.log, "fragile")


STEPS = st.lists(
    st.one_of(
        st.just("report"),
        st.just("react"),
        st.just("rebuild"),
        st.just("forget"),
        st.lists(st.sampled_from(["", "before", "after", "away"]), min_size=1, max_size=4),
    ),
    max_size=12,
)


@given(steps=STEPS)
@settings(max_examples=25)
def test_whatever_happens_every_report_is_accepted_once(template: str, steps: list[Any]) -> None:
    async def run() -> None:
        pool = await open_pool(await copy_of_template(template), size=6)
        town = await make_town(EventLog(pool))
        await begin(town)
        reported = []
        for step in steps:
            if step == "report":
                reported.append(await town.report())
            elif step == "react":
                await begin(town)
            elif step == "rebuild":
                await rebuild(town.log, PROJECTIONS[0])
            elif step == "forget":
                async with connected(pool) as connection:
                    await connection.execute("UPDATE reaction SET position = 0")
            else:
                with suppress(Crashed):
                    await reacting(town, dies=step).catch_up()
        await begin(town)
        assert await accepted(town) == dict.fromkeys(reported, 1)
        pool.terminate()

    asyncio.run(run())


# 重大矛盾纠纷由街镇吹哨


def naming(*departments: UUID, place: str = "120101") -> policies.AdoptPolicy:
    """The default policy, and whom the whistle for a dispute summons."""
    document = policies.default_policy() | {
        "version": "disputes",
        "disputes": {place: [str(department) for department in departments]},
    }
    return policies.AdoptPolicy(document=document)


async def a_dispute(town: Town, severity: Severity = Severity.MAJOR) -> UUID:
    """A case that is assessed as a dispute."""
    case = await town.report(category="16001", text="邻里因漏水起争执")
    await town.do(AcceptCase(case_id=case), town.community_staff)
    assess = cases.AssessCase(case_id=case, severity=severity, linkage=DISPUTE)
    await town.do(assess, town.community_staff)
    return case


async def whistles_on(town: Town, case: UUID) -> list[tuple[Any, ...]]:
    """The whistles on a case as the read model shows them."""
    query = """
        SELECT w.kind, w.linkage, w.street, array_agg(s.department ORDER BY s.department) AS departments
        FROM whistles.whistle w JOIN whistles.summons s ON s.whistle = w.id
        WHERE w.case_id = $1 GROUP BY w.id
    """
    await Engine(Feed(town.log), PROJECTIONS).catch_up()
    async with connected(town.log.pool) as connection:
        return [tuple(row) for row in await connection.fetch(query, case)]


async def test_a_major_dispute_makes_the_street_whistle(town: Town) -> None:
    await town.do(naming(*town.departments))
    await begin(town, *REACTIONS)
    case = await a_dispute(town)
    await begin(town, *REACTIONS)

    assert await whistles_on(town, case) == [
        ("ROUTINE", "DISPUTE_RESOLUTION", STREET, sorted(town.departments))
    ]
    events = await recorded(town.log)
    (graded,) = [event for event in events if isinstance(event.event, SeverityGraded)]
    because = {event.type for event in events if event.meta.causation == graded.event_id}
    assert because == {"CaseAssigned", "CaseWhistled", "WhistleBlown", "DepartmentSummoned"}
    assert await refusals(town.log) == []


async def test_a_critical_dispute_is_an_emergency(town: Town) -> None:
    await town.do(naming(town.departments[0]))
    await begin(town, *REACTIONS)
    case = await a_dispute(town, Severity.CRITICAL)
    await begin(town, *REACTIONS)
    assert [row[0] for row in await whistles_on(town, case)] == ["EMERGENCY"]


async def test_a_dispute_that_somebody_brought_to_the_street_first_is_whistled_once(town: Town) -> None:
    await town.do(naming(town.departments[0]))
    await begin(town, *REACTIONS)
    case = await a_dispute(town)
    await town.do(cases.AssignCase(case_id=case, tier=Tier.MULTI_UNIT), town.community_staff)
    await begin(town, *REACTIONS)
    assert len(await whistles_on(town, case)) == 1
    assert await refusals(town.log) == []


@pytest.mark.parametrize("place", ["110101", None])
async def test_where_no_policy_names_anybody_the_street_blows_itself(town: Town, place: str | None) -> None:
    if place is not None:
        await town.do(naming(town.departments[0], place=place))
    await begin(town, *REACTIONS)
    case = await a_dispute(town)
    await begin(town, *REACTIONS)
    assert await whistles_on(town, case) == []


async def test_a_minor_dispute_makes_nobody_whistle(town: Town) -> None:
    await town.do(naming(town.departments[0]))
    await begin(town, *REACTIONS)
    case = await a_dispute(town, Severity.MINOR)
    await begin(town, *REACTIONS)
    assert await whistles_on(town, case) == []


def test_the_closest_place_names_whom_its_disputes_summon() -> None:
    one, other = UUID(int=1), UUID(int=2)
    document = policies.default_policy() | {"disputes": {"12": [str(one)], STREET: [str(other)]}}
    policy = parse(document)
    assert policy.summoned_to_disputes(STREET) == (other,)
    assert policy.summoned_to_disputes("120102001") == (one,)
    assert policy.summoned_to_disputes("310101001") == ()


@pytest.mark.parametrize("wrong", [["no identifier"], "no list", [7], [str(UUID(int=1))] * 2])
def test_a_policy_that_names_nobody_usable_is_refused(wrong: object) -> None:
    with pytest.raises(BadPolicy):
        parse(policies.default_policy() | {"disputes": {"12": wrong}})


# A server


async def test_a_server_that_is_killed_among_disputes_whistles_once_on_each(
    database: str, tmp_path: Path
) -> None:
    pool = await open_pool(database, size=6)
    town = await make_town(EventLog(pool))
    await town.do(naming(town.departments[0]))
    async with process(tmp_path, "--database-url", address(database)) as server:
        await _reacts(town)
        disputes = []
        for number in range(9):
            disputes.append(await a_dispute(town))
            if number % 3 == 2:
                server.kill()
                await _again(server)
        await _reacts(town)
        for case in disputes:
            assert len(await whistles_on(town, case)) == 1
    await pool.close()


async def _again(server: Process) -> None:
    port = int(server.served.base.rpartition(":")[2])
    server.popen = start(server.log, port, *server.arguments)


async def _reacts(town: Town) -> None:
    """Return once the server's reactions have seen everything there is."""
    async with asyncio.timeout(60):
        while True:
            found = await standings(town.log)
            if found and all(standing.lag == 0 for standing in found):
                return
            await asyncio.sleep(0.05)
