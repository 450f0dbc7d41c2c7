"""工单 Cases that a day of others does not bring: one of the last mile, one of a major dispute.

Nobody is released from the last mile while an item is open (事不完、人不走). For the dispute nobody blows:
the policy of the day names departments, and the reaction to its grading makes the street whistle.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any
from uuid import UUID

from chuishao.commands import cases, whistles
from chuishao.commands.command import Command
from chuishao.domain.actor import Actor
from chuishao.domain.division import Level, community_of, street_of
from chuishao.domain.vocabulary import LinkageMechanism, Role, Severity, Tier, WhistleKind
from chuishao.eventlog.connection import Connection
from chuishao.eventlog.sql import statements
from chuishao.service.played.stage import Played, Stage, made_by, officer
from chuishao.service.working_day import Act

ITEMS = ("拆除违建围挡（模拟）", "恢复便道通行（模拟）")
AT = 150
"""Minutes after seven when they are reported."""
_SQL = statements("chuishao.service.played", "cases.sql")

Done = Iterator[tuple[Actor, Command]]


def acts(stage: Stage) -> list[list[Act]]:
    """A chain for each of the two, both in the first grid."""
    grid = stage.posts[0].grid
    chains = []
    for name, done in (("last mile", _last_mile), ("dispute", _dispute)):
        case, whistle = made_by(grid, name, 0), made_by(grid, name, 4)
        steps = zip(count(), done(stage, grid, case, whistle), strict=False)
        chains.append(
            [stage.act(AT + 5 * number, by, command, grid, name, number) for number, (by, command) in steps]
        )
    return chains


async def told(connection: Connection, district: str) -> dict[int, str]:
    """What the boards say of cases, whistles, grids and their workers in a district."""
    row = await connection.fetchrow(_SQL["told"], district)
    assert row is not None
    tiers = await connection.fetch(_SQL["tiers"], district, [tier.value for tier in Tier])
    linkages = await connection.fetch(_SQL["linkages"], district, [each.value for each in LinkageMechanism])
    return {
        7: f"{row['whistles']} whistles, {row['summoned']} summonses: {row['signed']} signed,"
        f" {row['checked_in']} checked in, {row['answered']} answered, {row['refused']} refused",
        10: ", ".join(f"{LinkageMechanism(each['name']).zh} {each['count']}" for each in linkages),
        14: f"{row['grids']:,} grids of {row['households'] / max(row['grids'], 1):.0f} households on average",
        15: f"{row['seated']:,} of {row['grids']:,} grids with their one worker,"
        f" {row['published']:,} contacts published",
        19: "; ".join(f"{Tier(each['name']).zh} {each['open']} of {each['count']} open" for each in tiers),
    }


def _begun(grid: str, case: UUID, category: str, text: str, linkage: LinkageMechanism) -> Done:
    """From the report to the grading."""
    community = community_of(grid)
    staff = Actor(f"community-staff-{community}", Role.COMMUNITY_STAFF, community)
    report = cases.ReportCase(category=category, text=f"{text}（模拟数据）", grid_code=grid)
    yield Actor(f"resident-{grid}", Role.RESIDENT, ""), report
    yield staff, cases.AcceptCase(case_id=case)
    yield staff, cases.AssessCase(case_id=case, severity=Severity.MAJOR, linkage=linkage)


def _dispute(_stage: Stage, grid: str, case: UUID, _whistle: UUID) -> Done:
    """A major dispute; what comes next follows by itself."""
    yield from _begun(grid, case, "16001", "邻里因漏水起争执", LinkageMechanism.DISPUTE_RESOLUTION)


def _last_mile(stage: Stage, grid: str, case: UUID, whistle: UUID) -> Done:
    """Whistled for, met about on site, settled item by item, closed."""
    linkage, by = LinkageMechanism.LAST_MILE, officer(street_of(grid))
    department = stage.departments[0]
    district = grid[: Level.DISTRICT.digits]
    summoned = Actor(f"officer-{department}", Role.DEPARTMENT_OFFICER, district, department)
    inspector = Actor(f"street-inspector-{street_of(grid)}", Role.STREET_OFFICER, street_of(grid))
    named: dict[str, Any] = {"whistle_id": whistle, "department_id": department}
    yield from _begun(grid, case, "11004", "疑似私搭乱建", linkage)
    yield by, cases.AssignCase(case_id=case, tier=Tier.MULTI_UNIT)
    yield (
        by,
        whistles.BlowWhistle(
            case_id=case,
            kind=WhistleKind.TACKLING,
            linkage=linkage,
            grounds="重点工作“最后一公里”落实（模拟）",
            department_ids=[department],
        ),
    )
    yield by, whistles.OpenOnSiteMeeting(whistle_id=whistle, items=list(ITEMS))
    yield summoned, whistles.SignSummons(**named)
    yield summoned, whistles.CheckIn(**named)
    for number in range(1, len(ITEMS) + 1):
        yield by, whistles.SettleOnSiteItem(whistle_id=whistle, item=number)
    yield summoned, whistles.AnswerSummons(**named, result="已到场处置（模拟）")
    yield by, whistles.CloseOnSiteMeeting(whistle_id=whistle)
    yield by, whistles.ResolveWhistle(whistle_id=whistle, result="联动办结（模拟）")
    yield by, whistles.RateDepartment(**named, score=5)
    yield inspector, cases.VerifyCase(case_id=case, passed=True)
    yield inspector, cases.CloseCase(case_id=case)


PLAYED = Played("Cases of their own kind 工单", acts, told)
