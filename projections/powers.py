"""Which powers has each street exercised, towards whom, on what evidence, and what came of its advice?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chuishao.domain.identity import identify
from chuishao.domain.street import funds
from chuishao.domain.street import powers as facts
from chuishao.domain.street.terms import StreetPower
from chuishao.eventlog.connection import Connection
from chuishao.eventlog.keyring import to_bytes
from chuishao.eventlog.mapper import RecordedEvent
from chuishao.eventlog.sql import statements
from chuishao.projections.projection import Batch, Projection
from chuishao.projections.table import Table

_SQL = statements("chuishao.projections", "powers.sql")


@dataclass(slots=True)
class ExerciseRow:
    """An appraisal, advice or opinion; `words` and `answer` are sealed, `evidence` counts whistles."""

    id: UUID
    number: int
    street: str
    power: str
    exercised_at: datetime
    department: UUID | None = None
    body: str | None = None
    period: str | None = None
    score: int | None = None
    evidence: int = 0
    plan: str | None = None
    words: bytes | None = None
    answered_at: datetime | None = None
    adopted: bool | None = None
    answer: bytes | None = None


@dataclass(slots=True)
class EvidenceRow:
    """A whistle on which an appraisal rests, as they were named."""

    exercise: UUID
    number: int
    whistle: UUID


@dataclass(slots=True)
class EntryRow:
    """A line of the ledger: one exercise of a power, an allocation of money among them."""

    id: UUID
    number: int
    street: str
    power: str
    exercised_at: datetime
    exercise: UUID | None = None
    allocation: UUID | None = None


@dataclass(frozen=True, slots=True)
class PowerCount:
    """How often a power was exercised in a place, by how many streets, and when last."""

    rank: int
    power: str
    exercises: int
    streets: int
    last_at: datetime | None
    place: str


EXERCISES = Table("exercise", ExerciseRow)
EVIDENCE = Table("evidence", EvidenceRow, key=("exercise", "number"))
ENTRIES = Table("entry", EntryRow)


@dataclass(slots=True)
class Rows:
    """What a batch of events changes, and what it adds."""

    exercises: dict[UUID, ExerciseRow]
    evidence: list[EvidenceRow]
    entries: list[EntryRow]


# Fold


async def fold(connection: Connection, batch: Batch) -> None:
    """Fold exercises of powers, and allocations of money."""
    streams = {one.stream for one in batch.events if isinstance(one.event, facts.AdviceAnswered)}
    rows = Rows(await EXERCISES.load(connection, streams), [], [])
    for recorded in batch.events:
        evolve(rows, recorded)
    await EXERCISES.save(connection, rows.exercises.values())
    await EVIDENCE.add(connection, rows.evidence)
    await ENTRIES.add(connection, rows.entries)


def evolve(rows: Rows, recorded: RecordedEvent) -> None:
    """Fold one event."""
    stream = recorded.stream
    match recorded.event:
        case facts.DepartmentAppraised() as appraised:
            row = _begin(rows, recorded, StreetPower.DEPARTMENT_APPRAISAL.value)
            row.department, row.period, row.score = appraised.department, appraised.period, appraised.score
            row.words, row.evidence = to_bytes(appraised.comment), len(appraised.whistles)
            rows.evidence += [
                EvidenceRow(stream, number, whistle)
                for number, whistle in enumerate(appraised.whistles, start=1)
            ]
        case facts.AdviceIssued(street_power=power) as advice:
            row = _begin(rows, recorded, power)
            row.department, row.body, row.words = advice.department, advice.body, to_bytes(advice.advice)
        case facts.PlanOpinionFiled(plan=plan, opinion=opinion):
            row = _begin(rows, recorded, StreetPower.SPATIAL_PLAN_PARTICIPATION.value)
            row.plan, row.words = plan, to_bytes(opinion)
        case facts.AdviceAnswered(adopted=adopted, answer=answer):
            row = rows.exercises[stream]
            row.answered_at, row.adopted, row.answer = recorded.occurred_at, adopted, to_bytes(answer)
        case funds.FundAllocated(number=number):
            entry = _entry(recorded, StreetPower.FUND_COORDINATION.value)
            entry.allocation = funds.allocation_id(stream, number)
            rows.entries.append(entry)


def _begin(rows: Rows, recorded: RecordedEvent, power: str) -> ExerciseRow:
    """A new exercise, and its line of the ledger."""
    id_ = recorded.stream
    row = ExerciseRow(id_, recorded.position, recorded.place, power, recorded.occurred_at)
    rows.exercises[id_] = row
    entry = _entry(recorded, power)
    entry.exercise = id_
    rows.entries.append(entry)
    return row


def _entry(recorded: RecordedEvent, power: str) -> EntryRow:
    id_ = identify("power-entry", recorded.stream, recorded.version)
    return EntryRow(id_, recorded.position, recorded.place, power, recorded.occurred_at)


PROJECTION = Projection("powers", version=1, fold=fold, on=(facts.PowerEvent, funds.FundAllocated))

# Queries

SUMMARY = _SQL["summary"]
"""A line for each power: the beginning of the streets' codes, the powers in order, since and until when."""
