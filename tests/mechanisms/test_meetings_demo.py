"""演示 What the demonstration plays of meetings: everything once at least, the same for the same day."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from hypothesis import given as forall
from hypothesis import strategies as st

from chuishao.commands import cases
from chuishao.commands.execution import Envelope
from chuishao.domain.event import EVENT_TYPES
from chuishao.domain.meetings import coordination, deliberation, invitation, work_meeting
from chuishao.eventlog.connection import connected
from chuishao.eventlog.feed import Feed
from chuishao.projections.catalogue import PROJECTIONS
from chuishao.projections.engine import Engine
from chuishao.service.played.meetings import CASES, acts, talked_over, told
from chuishao.service.played.stage import Stage
from chuishao.service.working_day import CLOSES, OPENS, ZONE, Act, Post, plan
from tests.town import GRID, OTHER_GRID, Town

DAY = date(2026, 3, 2)
POSTS = [Post(f"120101001{number:03d}-G001", UUID(int=number)) for number in range(1, 9)]
DEPARTMENTS = [UUID(int=number) for number in range(101, 106)]
BASES = (
    work_meeting.WorkMeetingEvent,
    deliberation.DeliberationEvent,
    coordination.CoordinationEvent,
    invitation.InvitationEvent,
)
OURS = {topic for topic, kind in EVENT_TYPES.items() if issubclass(kind, BASES)}


async def test_every_event_about_meetings_is_played_and_the_boards_tell_it(town: Town) -> None:
    posts = [Post(grid, town.workers[grid]) for grid in (GRID, OTHER_GRID)]
    town.clock.now = datetime(2026, 3, 3, tzinfo=ZONE)
    scripts = [
        *talked_over(list(plan(posts, town.departments, DAY, 60, 1))),
        *acts(Stage("120101", [], posts, town.departments, DAY, 1)),
    ]
    for act in sorted((act for script in scripts for act in script), key=lambda act: act.at):
        await town.executor.execute(act.command, Envelope(act.id, act.actor, occurred_at=act.at))

    recorded = {event.type for event in await town.log.after(0, 10_000)}
    assert recorded >= OURS
    engine = Engine(Feed(town.log), PROJECTIONS)
    await engine.catch_up()
    async with connected(town.log.pool) as connection:
        lines = await told(connection, "120101")
    assert lines[11] == "2 held, 1 of 4 resolutions carried out"
    assert lines[33] == "1 of 2 deliberations on matters of communities agreed"
    assert lines[39] == "1 of 3 invitations cleared, 1 carried over"


@forall(st.integers(0, 10_000), st.integers(1, 120))
def test_what_is_added_to_cases_stands_between_their_steps_and_changes_none(seed: int, number: int) -> None:
    before = list(plan(POSTS, DEPARTMENTS, DAY, number, seed))
    after = list(talked_over(before))

    assert len(after) == len(before)
    assert sum(len(script) > len(plain) for script, plain in zip(after, before, strict=True)) <= 2 * CASES
    for script, plain in zip(after, before, strict=True):
        added = [act for act in script if act not in plain]
        assert [act for act in script if act not in added] == plain
        assert [act.at for act in script] == sorted(act.at for act in script)
        if added:
            first = script[script.index(added[0]) - 1]
            assert isinstance(first.command, cases.AssignCase)


def test_the_same_day_is_planned_alike_and_every_act_has_an_identifier_of_its_own() -> None:
    once, again = (acts(Stage("120101", [], POSTS, DEPARTMENTS, DAY, 1)) for _ in range(2))
    both: list[Act] = [act for script in once for act in script]

    assert once == again
    assert len({act.id for act in both}) == len(both)
    assert all(OPENS <= act.at.time() <= CLOSES for act in both)
