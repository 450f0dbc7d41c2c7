"""Which campaigns are open, how far has each come in each grid, and what came of each door?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chuishao.domain.rounds import campaign_events as facts
from chuishao.domain.rounds.campaign import screening_id
from chuishao.domain.rounds.terms import VisitOutcome
from chuishao.eventlog.connection import Connection
from chuishao.eventlog.keyring import to_bytes
from chuishao.eventlog.mapper import RecordedEvent
from chuishao.projections.projection import Batch, Projection
from chuishao.projections.table import Table


@dataclass(slots=True)
class CampaignRow:
    """A campaign as it stands; counts are sums over its grids."""

    id: UUID
    place: str
    name: str
    opened_at: datetime
    grid_count: int = 0
    finished_grids: int = 0
    households: int = 0
    settled: int = 0
    persons: int = 0
    closed_at: datetime | None = None


@dataclass(slots=True)
class ScreeningRow:
    """A campaign in one grid: its households by outcome. `settled` are those that have one."""

    id: UUID
    campaign: UUID
    grid: str
    households: int
    begun_at: datetime
    settled: int = 0
    met: int = 0
    refused: int = 0
    vacant: int = 0
    knocks: int = 0
    persons: int = 0
    finished_at: datetime | None = None


@dataclass(slots=True)
class DoorRow:
    """What came of knocking at a household's door; what was found last is sealed."""

    screening: UUID
    household: int
    grid: str
    knocks: int
    knocked_at: datetime
    outcome: str
    finding: bytes | None


@dataclass(slots=True)
class PersonRow:
    """Somebody who was screened; whatever is about them is sealed."""

    screening: UUID
    version: int
    grid: str
    household: int
    screened_at: datetime
    finding: bytes


CAMPAIGNS = Table("campaign", CampaignRow)
SCREENINGS = Table("screening", ScreeningRow)
DOORS = Table("door", DoorRow, key=("screening", "household"))
PERSONS = Table("person", PersonRow, key=("screening", "version"))


@dataclass(slots=True)
class Rows:
    """What a batch of events changes."""

    campaigns: dict[UUID, CampaignRow]
    screenings: dict[UUID, ScreeningRow]
    doors: dict[tuple[UUID, int], DoorRow]
    persons: list[PersonRow]


async def fold(connection: Connection, batch: Batch) -> None:
    """Fold campaigns, and what was done for them in each grid."""
    streams = {each.stream for each in batch.events}
    knocks = {
        (e.stream, e.event.household) for e in batch.events if isinstance(e.event, facts.HouseholdVisited)
    }
    finished = {
        screening_id(each.stream, each.event.grid)
        for each in batch.events
        if isinstance(each.event, facts.CampaignGridFinished)
    }
    screenings = await SCREENINGS.load(connection, streams | finished)
    campaigns = (
        streams
        | {row.campaign for row in screenings.values()}
        | {each.event.campaign for each in batch.events if isinstance(each.event, facts.GridScreeningBegun)}
    )
    rows = Rows(
        await CAMPAIGNS.load(connection, campaigns), screenings, await DOORS.load(connection, knocks), []
    )
    for recorded in batch.events:
        if isinstance(recorded.event, facts.CampaignEvent):
            evolve_campaign(rows, recorded)
        else:
            evolve_screening(rows, recorded)
    await CAMPAIGNS.save(connection, rows.campaigns.values())
    await SCREENINGS.save(connection, rows.screenings.values())
    await DOORS.save(connection, rows.doors.values())
    await PERSONS.save(connection, rows.persons)


def evolve_campaign(rows: Rows, recorded: RecordedEvent) -> None:
    """Fold one event of a campaign as a whole."""
    at = recorded.occurred_at
    match recorded.event:
        case facts.CampaignOpened(place=place, name=name, grids=grids):
            row = CampaignRow(recorded.stream, place, name, at, len(grids))
            rows.campaigns[recorded.stream] = row
        case facts.CampaignExtended(grids=grids):
            rows.campaigns[recorded.stream].grid_count += len(grids)
        case facts.CampaignGridFinished(grid=grid):
            rows.campaigns[recorded.stream].finished_grids += 1
            rows.screenings[screening_id(recorded.stream, grid)].finished_at = at
        case facts.CampaignClosed():
            rows.campaigns[recorded.stream].closed_at = at


def evolve_screening(rows: Rows, recorded: RecordedEvent) -> None:
    """Fold one event of a campaign in a grid."""
    at, event = recorded.occurred_at, recorded.event
    if isinstance(event, facts.GridScreeningBegun):
        begun = ScreeningRow(recorded.stream, event.campaign, event.grid, event.households, at)
        rows.screenings[recorded.stream] = begun
        rows.campaigns[event.campaign].households += event.households
        return
    screening = rows.screenings[recorded.stream]
    campaign = rows.campaigns[screening.campaign]
    match event:
        case facts.HouseholdVisited():
            settled = screening.settled
            _knock(rows, screening, event, at)
            campaign.settled += screening.settled - settled
        case facts.PersonScreened(household=household, finding=finding):
            screening.persons += 1
            campaign.persons += 1
            words = to_bytes(finding) or b""
            rows.persons.append(
                PersonRow(screening.id, recorded.version, screening.grid, household, at, words)
            )


def _knock(rows: Rows, screening: ScreeningRow, event: facts.HouseholdVisited, at: datetime) -> None:
    """Fold a knock; a door that stays shut takes no outcome away."""
    key = (screening.id, event.household)
    absent = VisitOutcome.ABSENT.value
    screening.knocks += 1
    door = rows.doors.get(key)
    if door is None:
        door = DoorRow(*key, screening.grid, 0, at, absent, None)
        rows.doors[key] = door
    door.knocks += 1
    door.knocked_at = at
    door.finding = to_bytes(event.finding) or door.finding
    if event.outcome != absent:
        _count(screening, door.outcome, -1)
        _count(screening, event.outcome, 1)
        door.outcome = event.outcome


def _count(screening: ScreeningRow, outcome: str, by: int) -> None:
    match VisitOutcome(outcome):
        case VisitOutcome.MET:
            screening.met += by
        case VisitOutcome.REFUSED:
            screening.refused += by
        case VisitOutcome.VACANT:
            screening.vacant += by
    screening.settled = screening.met + screening.refused + screening.vacant


PROJECTION = Projection("campaigns", version=1, fold=fold, on=(facts.CampaignEvent, facts.ScreeningEvent))
