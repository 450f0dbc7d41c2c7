"""网格 ServiceGrid: about 300 households, drawn inside a community, with exactly one worker.

“按照每300户左右为一个网格”, “每个网格配置一名网格员”, “定人、定岗、定责”. Not to be confused with the
urban-management unit cell (单元网格) of about 10,000 square metres.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Self
from uuid import UUID

from eventsourcing.domain import AggregateCreated, BaseAggregate

from chuishao.domain.division import community_of
from chuishao.domain.event import SHORT_TEXT, Event, PersonalText, SealedText, written
from chuishao.domain.identity import grid_id
from chuishao.domain.phrase import Phrase
from chuishao.domain.refusal import BadCode, ForeignGrid, GridOccupied, GridVacant, OutOfRange, RetiredGrid

MAX_HOUSEHOLDS = 100_000


def community_code(grid_code: str, *path: str) -> str:
    """The community that a grid code names; refused when it is not a grid code (community code-Gnnn)."""
    if not re.fullmatch(r"[0-9]{12}-G[0-9]{3}", grid_code):
        reason = Phrase(
            "a grid code is a community code, -G and three digits, as in 120101001001-G003",
            "网格代码由社区代码、-G 和三位数字组成，如 120101001001-G003",
        )
        raise BadCode(*(path or ("gridCode",)), code=grid_code, reason=reason)
    return community_of(grid_code)


class GridDrawn(Event, AggregateCreated):
    """划定网格: a grid was drawn."""

    TOPIC = "GridDrawn"
    code: str
    name: str
    households: int
    synthetic: bool

    def apply(self, grid: ServiceGrid) -> None:
        """Begin as drawn."""
        grid.code = self.code
        grid.name = self.name
        grid.households = self.households
        grid.synthetic = self.synthetic


class GridRedrawn(Event):
    """调整网格: the grid's bounds changed."""

    TOPIC = "GridRedrawn"
    name: str
    households: int

    def apply(self, grid: ServiceGrid) -> None:
        """Be as redrawn."""
        grid.name = self.name
        grid.households = self.households


class GridRetired(Event):
    """撤销网格: the grid ended; its households belong to others."""

    TOPIC = "GridRetired"
    reason: PersonalText | SealedText

    def apply(self, grid: ServiceGrid) -> None:
        """Be active no more."""
        grid.retired_at = self.timestamp


class GridWorkerAssigned(Event):
    """配置网格员: a worker became the grid's one worker."""

    TOPIC = "GridWorkerAssigned"
    worker: UUID

    def apply(self, grid: ServiceGrid) -> None:
        """Have the worker."""
        grid.worker = self.worker


class GridWorkerRelieved(Event):
    """免去网格员: the worker left the grid, which is vacant from then on."""

    TOPIC = "GridWorkerRelieved"
    worker: UUID
    reason: PersonalText | SealedText

    def apply(self, grid: ServiceGrid) -> None:
        """Be vacant."""
        grid.worker = None


class ServiceGrid(BaseAggregate[UUID]):
    """One grid from drawing to retirement."""

    TOPIC = "grid"

    def __init__(self) -> None:
        self.code = ""
        self.name = ""
        self.households = 0
        self.synthetic = False
        self.worker: UUID | None = None
        self.retired_at: datetime | None = None

    @property
    def place(self) -> str:
        """The grid's own code, which begins with its community's."""
        return self.code

    @property
    def correlation(self) -> None:
        """Grids belong to no case."""

    @classmethod
    def draw(cls, code: str, name: str, households: int, at: datetime, *, synthetic: bool = False) -> Self:
        """Draw a grid; `synthetic` marks household counts that are made up for a demonstration."""
        community_code(code)
        return cls._create(
            GridDrawn,
            id=grid_id(code),
            timestamp=at,
            code=code,
            name=written("name", name, SHORT_TEXT),
            households=_households(households),
            synthetic=synthetic,
        )

    def redraw(self, name: str | None, households: int | None, at: datetime) -> None:
        """Change name or households; what is the same already changes nothing."""
        self.require_active()
        said = self.name if name is None else written("name", name, SHORT_TEXT)
        count = self.households if households is None else _households(households)
        if (said, count) != (self.name, self.households):
            self.trigger_event(GridRedrawn, timestamp=at, name=said, households=count)

    def retire(self, reason: str, at: datetime) -> None:
        """End the grid; its worker must have been relieved."""
        self.require_active()
        if self.worker is not None:
            raise GridOccupied("gridCode", code=self.code, worker=self.worker)
        said = PersonalText(self.id, written("reason", reason, SHORT_TEXT))
        self.trigger_event(GridRetired, timestamp=at, reason=said)

    def assign(self, worker: UUID, at: datetime) -> None:
        """Give the vacant grid its one worker."""
        self.require_active()
        if self.worker is not None:
            raise GridOccupied("gridCode", code=self.code, worker=self.worker)
        self.trigger_event(GridWorkerAssigned, timestamp=at, worker=worker)

    def relieve(self, reason: str, at: datetime) -> UUID:
        """Relieve the worker and say who it was."""
        if self.worker is None:
            raise GridVacant("gridCode", code=self.code)
        worker = self.worker
        said = PersonalText(worker, written("reason", reason, SHORT_TEXT))
        self.trigger_event(GridWorkerRelieved, timestamp=at, worker=worker, reason=said)
        return worker

    def require_active(self) -> None:
        """Refuse whatever needs an active grid."""
        if self.retired_at is not None:
            raise RetiredGrid("gridCode", code=self.code, at=self.retired_at.date().isoformat())

    def require_in(self, community: str) -> None:
        """Refuse a grid of another community."""
        if not self.code.startswith(community):
            raise ForeignGrid("gridCode", code=self.code, place=community)


def _households(count: int) -> int:
    if not 1 <= count <= MAX_HOUSEHOLDS:
        raise OutOfRange("households", field="households", value=count, low=1, high=MAX_HOUSEHOLDS)
    return count
