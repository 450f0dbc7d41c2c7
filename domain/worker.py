"""网格员 GridWorker: the one worker of a grid, whose contact the community publishes.

“在社区公示网格员信息和联系方式”. A worker serves one grid at a time.
"""

from __future__ import annotations

from datetime import datetime
from typing import Self
from uuid import UUID

from eventsourcing.domain import AggregateCreated, BaseAggregate

from chuishao.domain.event import SHORT_TEXT, Event, PersonalText, SealedText, about, written
from chuishao.domain.refusal import WorkerOccupied


class GridWorkerRegistered(Event, AggregateCreated):
    """登记网格员: somebody entered the roster of a community."""

    TOPIC = "GridWorkerRegistered"
    community: str
    label: str
    name: PersonalText | SealedText | None

    def apply(self, worker: GridWorker) -> None:
        """Belong to the community."""
        worker.community = self.community
        worker.label = self.label


class GridPostTaken(Event):
    """到岗: the worker took up a grid."""

    TOPIC = "GridPostTaken"
    grid: str

    def apply(self, worker: GridWorker) -> None:
        """Serve the grid."""
        worker.grid = self.grid


class GridPostLeft(Event):
    """离岗: the worker left the grid."""

    TOPIC = "GridPostLeft"
    grid: str

    def apply(self, worker: GridWorker) -> None:
        """Serve no grid."""
        worker.grid = None


class GridWorkerTransferred(Event):
    """调入: the worker went over to the roster of another community."""

    TOPIC = "GridWorkerTransferred"
    community: str

    def apply(self, worker: GridWorker) -> None:
        """Belong to that community."""
        worker.community = self.community


class ContactPublished(Event):
    """公示: how residents reach the worker."""

    TOPIC = "ContactPublished"
    contact: PersonalText | SealedText

    def apply(self, worker: GridWorker) -> None:
        """Have a published contact."""
        worker.contact_published = True


class GridWorker(BaseAggregate[UUID]):
    """One worker on the roster. `label` is role and number, the only name shown without need."""

    TOPIC = "worker"

    def __init__(self) -> None:
        self.community = ""
        self.label = ""
        self.grid: str | None = None
        self.contact_published = False

    @property
    def place(self) -> str:
        """The grid served, or the community of the roster."""
        return self.grid or self.community

    @property
    def correlation(self) -> None:
        """Workers belong to no case."""

    @classmethod
    def register(cls, worker: UUID, community: str, label: str, name: str | None, at: datetime) -> Self:
        """Enter the roster of a community."""
        return cls._create(
            GridWorkerRegistered,
            id=worker,
            timestamp=at,
            community=community,
            label=written("label", label, SHORT_TEXT),
            name=about(worker, "name", name, SHORT_TEXT),
        )

    def take(self, grid: str, at: datetime) -> None:
        """Take up a grid; one at a time."""
        if self.grid is not None:
            raise WorkerOccupied("workerId", worker=self.label, grid=self.grid)
        self.trigger_event(GridPostTaken, timestamp=at, grid=grid)

    def leave(self, at: datetime) -> None:
        """Leave the grid served."""
        if self.grid is not None:
            self.trigger_event(GridPostLeft, timestamp=at, grid=self.grid)

    def transfer(self, community: str, at: datetime) -> None:
        """Go over to the roster of another community, while no grid is served."""
        if self.grid is not None:
            raise WorkerOccupied("workerId", worker=self.label, grid=self.grid)
        if community != self.community:
            self.trigger_event(GridWorkerTransferred, timestamp=at, community=community)

    def publish(self, contact: str, at: datetime) -> None:
        """Publish how residents reach the worker."""
        said = PersonalText(self.id, written("contact", contact, SHORT_TEXT))
        self.trigger_event(ContactPublished, timestamp=at, contact=said)
