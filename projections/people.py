"""Who is on the rosters, on which rung, with which trainings, appraisals and incentives?"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from chuishao.domain.identity import identify
from chuishao.domain.people import person as facts
from chuishao.eventlog.connection import Connection
from chuishao.eventlog.keyring import to_bytes
from chuishao.eventlog.mapper import RecordedEvent
from chuishao.eventlog.sql import statements
from chuishao.projections.projection import Batch, Projection
from chuishao.projections.table import Table

_SQL = statements("chuishao.projections", "people.sql")
_EVENTS = (
    facts.PersonRegistered,
    facts.LevelAttained,
    facts.TrainingCompleted,
    facts.AppraisalRecorded,
    facts.IncentiveGranted,
)


@dataclass(slots=True)
class PersonRow:
    """A person on a roster; the name is sealed."""

    id: UUID
    place: str
    label: str
    name: bytes | None
    registered_at: datetime
    rung: str | None = None
    rung_at: datetime | None = None
    trainings_completed: int = 0
    training_hours: int = 0


@dataclass(slots=True)
class TrainingRow:
    """A training that somebody completed; `number` counts theirs."""

    id: UUID
    person: UUID
    number: int
    place: str
    tier: str
    course: str
    hours: int
    completed_at: datetime


@dataclass(slots=True)
class AppraisalRow:
    """An appraisal of somebody for a period; the remark is sealed."""

    id: UUID
    person: UUID
    place: str
    period: str
    points: int
    comment: bytes | None
    appraised_at: datetime


@dataclass(slots=True)
class IncentiveRow:
    """What was granted after an appraisal; sealed. `position` is where the log has it."""

    id: UUID
    appraisal: UUID
    position: int
    place: str
    incentive: bytes
    granted_at: datetime


@dataclass(frozen=True, slots=True)
class RungCount:
    """How many on the rosters of a place stand on a rung; `rung` is None for those on none."""

    rank: int
    rung: str | None
    persons: int
    place: str


@dataclass(frozen=True, slots=True)
class TierHours:
    """How much training of a tier those on the rosters of a place completed."""

    rank: int
    tier: str
    trainings: int
    persons: int
    hours: int
    place: str


PERSONS = Table("person", PersonRow)
TRAININGS = Table("training", TrainingRow)
APPRAISALS = Table("appraisal", AppraisalRow)
INCENTIVES = Table("incentive", IncentiveRow)


@dataclass(slots=True)
class Rows:
    """What a batch changes: persons, and what is new of them."""

    persons: dict[UUID, PersonRow]
    trainings: list[TrainingRow] = field(default_factory=list)
    appraisals: list[AppraisalRow] = field(default_factory=list)
    incentives: list[IncentiveRow] = field(default_factory=list)


# Fold


async def fold(connection: Connection, batch: Batch) -> None:
    """Fold the events of persons."""
    wanted = [recorded for recorded in batch.events if isinstance(recorded.event, _EVENTS)]
    rows = Rows(await PERSONS.load(connection, {recorded.stream for recorded in wanted}))
    for recorded in wanted:
        evolve(rows, recorded)
    await PERSONS.save(connection, rows.persons.values())
    await TRAININGS.save(connection, rows.trainings)
    await APPRAISALS.save(connection, rows.appraisals)
    await INCENTIVES.save(connection, rows.incentives)


def evolve(rows: Rows, recorded: RecordedEvent) -> None:
    """Fold one event."""
    id_, at, event = recorded.stream, recorded.occurred_at, recorded.event
    if isinstance(event, facts.PersonRegistered):
        rows.persons[id_] = PersonRow(id_, event.place, event.label, to_bytes(event.name), at)
        return
    person = rows.persons[id_]
    match event:
        case facts.LevelAttained(rung=rung):
            person.rung, person.rung_at = rung, at
        case facts.TrainingCompleted(training_tier=tier, course=course, hours=hours):
            person.trainings_completed += 1
            person.training_hours += hours
            key = identify("training", id_, person.trainings_completed)
            rows.trainings.append(
                TrainingRow(key, id_, person.trainings_completed, person.place, tier, course, hours, at)
            )
        case facts.AppraisalRecorded(period=period, points=points, comment=comment):
            key = appraisal_id(id_, period)
            rows.appraisals.append(
                AppraisalRow(key, id_, person.place, period, points, to_bytes(comment), at)
            )
        case facts.IncentiveGranted(period=period, incentive=incentive):
            key = identify("incentive", id_, recorded.version)
            words = to_bytes(incentive) or b""
            rows.incentives.append(
                IncentiveRow(key, appraisal_id(id_, period), recorded.position, person.place, words, at)
            )


def appraisal_id(person: UUID, period: str) -> UUID:
    """The row of somebody's appraisal for a period."""
    return identify("appraisal", person, period)


PROJECTION = Projection("people", version=1, fold=fold, on=_EVENTS)


# Queries

LADDER = _SQL["ladder"]
"""A line for no rung and for each rung: the beginning of the rosters' codes, and the rungs in order."""
HOURS = _SQL["hours"]
"""A line for each tier: the beginning of the rosters' codes, the tiers in order, from when and until when."""
