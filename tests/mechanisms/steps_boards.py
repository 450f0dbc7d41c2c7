"""What the boards and pages tell the general tests about themselves; they have no mutations of their own."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from chuishao.commands.cases import AcceptCase, ReportCase
from chuishao.commands.people import persons, posts
from chuishao.commands.stewards import LogDuty
from chuishao.domain.people.terms import PostKind, Rung, TrainingTier
from chuishao.domain.rounds.terms import StewardDuty
from tests.mechanisms.elected import a_community, the_call, the_steps
from tests.mechanisms.elections import PEOPLE
from tests.mechanisms.kinds import Prepare
from tests.mechanisms.steps_people import person
from tests.town import COMMUNITY, GRID, SAID, STREET, Town

STEPS: dict[str, Prepare] = {}
PERIOD = 'since: "2026-01-01", until: "2026-12-31"'
"""A year in which the towns of the tests live."""


async def all_on_one_page(town: Town) -> None:
    """A case that stayed overnight, and somebody of whom the page of a worker has everything to show."""
    report = ReportCase(category="01001", text=SAID, grid_code=GRID)
    case = (await town.do(report, town.resident, occurred_at=town.clock.now - timedelta(days=1))).id
    await town.do(AcceptCase(case_id=case), town.community_staff)
    somebody = await person(town)
    given: dict[str, Any] = {"person_id": somebody}
    for command in (
        persons.RecordLevel(**given, rung=Rung.CITY_SOCIAL_WORKER),
        persons.RecordTraining(**given, tier=TrainingTier.STREET, course="走访", hours=4),
        persons.RecordAppraisal(**given, period="2025", points=90, comment=SAID),
        persons.GrantIncentive(**given, period="2025", incentive=SAID),
    ):
        await town.do(command)
    await town.do(posts.FillPost(**given, kind=PostKind.ALLEY_STEWARD, place_code=COMMUNITY))
    log = LogDuty(person_id=somebody, place_code=COMMUNITY, duty=StewardDuty.PATROL, note=SAID)
    await town.do(log, town.community_staff)
    await elected(town, somebody)


async def elected(town: Town, somebody: UUID) -> None:
    """Somebody of a roster becomes the director of a committee."""
    community = await a_community(town)
    called = (await town.do(the_call(community), town.street_officer)).id
    for step in the_steps(called, people=[somebody, *PEOPLE[1:]]):
        await town.do(step, town.street_officer)


LIVES: list[Callable[[Town], Awaitable[object]]] = [all_on_one_page]
SINGLES: dict[str, str] = {
    "person": "SELECT d.steward FROM duties.duty d JOIN committees.membership m ON m.person = d.steward"
    " JOIN people.incentive i ON true JOIN people.appraisal a ON a.id = i.appraisal AND a.person = d.steward"
    " LIMIT 1"
}
OPERATIONS: dict[str, Callable[[dict[str, str]], dict[str, Any]]] = {
    "frontend_command_board": lambda _: {"place": STREET},
    "frontend_community_page": lambda _: {"code": COMMUNITY},
    "frontend_street_page": lambda _: {"code": STREET},
    "frontend_worker_page": lambda ids: {"worker": ids["worker"], "person": ids["person"]},
}
ROOTS: dict[str, str] = {
    "containment": f'containment(place: "{STREET}", {PERIOD})',
    "issueLoop": f'issueLoop(place: "{STREET}", {PERIOD})',
    "gridLoop": f'gridLoop(place: "{STREET}", {PERIOD})',
    "overnight": f'overnight(place: "{STREET}", {PERIOD})',
    "measures": f'measures(place: "{STREET}", {PERIOD})',
    "commandBoard": f'commandBoard(place: "{STREET}")',
    "careCounts": f'careCounts(place: "{STREET}")',
}
WITHHELD = frozenset({"careCounts"})
