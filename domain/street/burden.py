"""社区减负增效 BurdenList: which tasks a community was asked to do, which were admitted, and their load.

A department around the community asks, or the office of its street or of what lies above. Whoever asks does
not decide. A task is on the list once at a time; its load is in hours a month.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Self
from uuid import UUID

from eventsourcing.domain import AggregateCreated, BaseAggregate

from chuishao.domain.actor import Actor
from chuishao.domain.authority import Setup, require_setup
from chuishao.domain.event import SHORT_TEXT, Event, PersonalText, SealedText, not_before, written
from chuishao.domain.identity import identify
from chuishao.domain.phrase import Phrase
from chuishao.domain.refusal import NotFound, OutOfRange
from chuishao.domain.street.refusals import OwnRequest, TaskNotRunning, TaskOnList
from chuishao.domain.street.terms import TaskState
from chuishao.domain.street.unit import PublicUnit

Text = PersonalText | SealedText
MOST_HOURS = 2000
"""Hours a month of one task."""
ADMITTED = Phrase("its admission", "准入")


def burden_id(community: str) -> UUID:
    """The stream of a community's list: a community has one."""
    return identify("burden", community)


class BurdenEvent(Event):
    """A fact of a community's list of tasks."""


class BurdenListOpened(BurdenEvent, AggregateCreated):
    """建立准入清单: a community's list began."""

    TOPIC = "BurdenListOpened"
    community: str

    def apply(self, burden: BurdenList) -> None:
        """Begin."""
        burden.community = self.community


class TaskAdmitted(BurdenEvent):
    """事项准入: the community does what it was asked to do."""

    TOPIC = "TaskAdmitted"
    number: int
    department: UUID | None
    body: str | None
    name: str
    hours: int

    def apply(self, burden: BurdenList) -> None:
        """Have one task more to do."""
        burden.tasks[self.number] = Task(self.name, self.hours, self.timestamp, TaskState.RUNNING)


class TaskRefused(BurdenEvent):
    """不予准入: the community does not do what it was asked to do."""

    TOPIC = "TaskRefused"
    number: int
    department: UUID | None
    body: str | None
    name: str
    hours: int
    reason: Text

    def apply(self, burden: BurdenList) -> None:
        """Know that it was asked for."""
        burden.tasks[self.number] = Task(self.name, self.hours, self.timestamp, TaskState.REFUSED)


class TaskEnded(BurdenEvent):
    """终止事项: the community does it no more."""

    TOPIC = "TaskEnded"
    number: int
    reason: Text

    def apply(self, burden: BurdenList) -> None:
        """Have one task less to do."""
        burden.tasks[self.number].state = TaskState.ENDED


@dataclass(slots=True)
class Task:
    """What a community was asked to do, hours a month, and since when it stands where."""

    name: str
    hours: int
    at: datetime
    state: TaskState


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of a community: by whom, which task, how many hours a month."""

    unit: PublicUnit
    name: str
    hours: int


class BurdenList(BaseAggregate[UUID]):
    """The tasks that one community was asked to do, by number from 1."""

    TOPIC = "burden"

    def __init__(self) -> None:
        self.community = ""
        self.tasks: dict[int, Task] = {}

    @property
    def place(self) -> str:
        """The community."""
        return self.community

    @property
    def correlation(self) -> None:
        """Lists of tasks belong to no case."""

    @property
    def load(self) -> int:
        """Hours a month of what is being done."""
        return sum(task.hours for task in self.tasks.values() if task.state is TaskState.RUNNING)

    @classmethod
    def begin(cls, community: str, at: datetime) -> Self:
        """建立准入清单: open a community's list, with nothing on it."""
        return cls._create(BurdenListOpened, id=burden_id(community), timestamp=at, community=community)

    def admit(self, asked: Asked, by: Actor, at: datetime) -> None:
        """事项准入: let the community do what is asked for, unless it does so already."""
        name, hours = self._decidable(asked, by)
        for number, task in self.tasks.items():
            if task.name == name and task.state is TaskState.RUNNING:
                raise TaskOnList("name", name=name, community=self.community, number=number)
        self.trigger_event(
            TaskAdmitted,
            timestamp=at,
            number=len(self.tasks) + 1,
            department=asked.unit.department,
            body=asked.unit.body,
            name=name,
            hours=hours,
        )

    def refuse(self, asked: Asked, reason: str, by: Actor, at: datetime) -> None:
        """不予准入: refuse what is asked for, with a reason."""
        name, hours = self._decidable(asked, by)
        self.trigger_event(
            TaskRefused,
            timestamp=at,
            number=len(self.tasks) + 1,
            department=asked.unit.department,
            body=asked.unit.body,
            name=name,
            hours=hours,
            reason=PersonalText(self.id, written("reason", reason)),
        )

    def end(self, number: int, reason: str, by: Actor, at: datetime) -> None:
        """终止事项: let the community do it no more."""
        require_setup(by, Setup.KEEP_BURDEN, self.community)
        task = self.tasks.get(number)
        if task is None:
            raise NotFound("number", kind=Phrase("task", "事项"), id=number)
        if task.state is not TaskState.RUNNING:
            raise TaskNotRunning("number", number=number, state=task.state)
        not_before(at, task.at, ADMITTED)
        said = PersonalText(self.id, written("reason", reason))
        self.trigger_event(TaskEnded, timestamp=at, number=number, reason=said)

    def _decidable(self, asked: Asked, by: Actor) -> tuple[str, int]:
        """The task as it is kept; refused where it cannot be one, or where the actor asks for it."""
        require_setup(by, Setup.KEEP_BURDEN, self.community, "communityCode")
        asked.unit.require_above(self.community)
        if asked.unit.speaks(by):
            raise OwnRequest("bodyCode", body=asked.unit.described)
        if not 1 <= asked.hours <= MOST_HOURS:
            raise OutOfRange("hours", field="hours", value=asked.hours, low=1, high=MOST_HOURS)
        return written("name", asked.name, SHORT_TEXT), asked.hours
