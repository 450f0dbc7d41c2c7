"""How heavy is the load of each community, which tasks make it up, and what was refused?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from chuishao.domain.identity import identify
from chuishao.domain.street import burden as facts
from chuishao.domain.street.terms import TaskState
from chuishao.eventlog.connection import Connection
from chuishao.eventlog.keyring import to_bytes
from chuishao.eventlog.mapper import RecordedEvent
from chuishao.projections.projection import Batch, Projection
from chuishao.projections.table import Table


@dataclass(slots=True)
class BurdenRow:
    """The list of a community; `load` is in hours a month, of the tasks that run."""

    id: UUID
    community: str
    opened_at: datetime
    load: int = 0
    running: int = 0
    admitted: int = 0
    refused: int = 0


@dataclass(slots=True)
class TaskRow:
    """A task that a community was asked to do; `reason` is sealed: of its refusal, or of its end."""

    id: UUID
    burden: UUID
    number: int
    position: int
    community: str
    department: UUID | None
    body: str | None
    name: str
    hours: int
    state: str
    decided_at: datetime
    ended_at: datetime | None = None
    reason: bytes | None = None


BURDENS = Table("burden", BurdenRow)
TASKS = Table("task", TaskRow)


def task_id(burden: UUID, number: int) -> UUID:
    """What a task of a list is called."""
    return identify("burden-task", burden, number)


async def fold(connection: Connection, batch: Batch) -> None:
    """Fold the events of lists of tasks."""
    ended = {
        task_id(recorded.stream, recorded.event.number)
        for recorded in batch.events
        if isinstance(recorded.event, facts.TaskEnded)
    }
    burdens: dict[UUID, BurdenRow] = await BURDENS.load(
        connection, {recorded.stream for recorded in batch.events}
    )
    tasks: dict[UUID, TaskRow] = await TASKS.load(connection, ended)
    for recorded in batch.events:
        evolve(burdens, tasks, recorded)
    await BURDENS.save(connection, burdens.values())
    await TASKS.save(connection, tasks.values())


def evolve(burdens: dict[UUID, BurdenRow], tasks: dict[UUID, TaskRow], recorded: RecordedEvent) -> None:
    """Fold one event."""
    stream, at = recorded.stream, recorded.occurred_at
    match recorded.event:
        case facts.BurdenListOpened(community=community):
            burdens[stream] = BurdenRow(stream, community, at)
        case facts.TaskAdmitted() as admitted:
            row = burdens[stream]
            row.load, row.running, row.admitted = row.load + admitted.hours, row.running + 1, row.admitted + 1
            task = _task(row, admitted, TaskState.RUNNING, recorded)
            tasks[task.id] = task
        case facts.TaskRefused() as refused:
            burdens[stream].refused += 1
            task = _task(burdens[stream], refused, TaskState.REFUSED, recorded)
            task.reason = to_bytes(refused.reason)
            tasks[task.id] = task
        case facts.TaskEnded(number=number, reason=reason):
            row, task = burdens[stream], tasks[task_id(stream, number)]
            row.load, row.running = row.load - task.hours, row.running - 1
            task.state, task.ended_at, task.reason = TaskState.ENDED.value, at, to_bytes(reason)


def _task(
    row: BurdenRow, asked: facts.TaskAdmitted | facts.TaskRefused, state: TaskState, recorded: RecordedEvent
) -> TaskRow:
    return TaskRow(
        id=task_id(row.id, asked.number),
        burden=row.id,
        number=asked.number,
        position=recorded.position,
        community=row.community,
        department=asked.department,
        body=asked.body,
        name=asked.name,
        hours=asked.hours,
        state=state.value,
        decided_at=recorded.occurred_at,
    )


PROJECTION = Projection("burdens", version=1, fold=fold, on=(facts.BurdenEvent,))
