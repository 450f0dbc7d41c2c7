"""部门 Department: a government department within a division, which a street may summon."""

from __future__ import annotations

from datetime import datetime
from typing import Self
from uuid import UUID

from eventsourcing.domain import AggregateCreated, BaseAggregate

from chuishao.domain.event import SHORT_TEXT, Event, PersonalText, SealedText, written
from chuishao.domain.phrase import Phrase
from chuishao.domain.refusal import AlreadyExists, NotFound


class DepartmentEstablished(Event, AggregateCreated):
    """设立部门: a department began its work in a division."""

    TOPIC = "DepartmentEstablished"
    division: str
    name: str

    def apply(self, department: Department) -> None:
        """Begin."""
        department.division = self.division
        department.name = self.name


class DepartmentRenamed(Event):
    """部门更名: the department bears another name."""

    TOPIC = "DepartmentRenamed"
    name: str

    def apply(self, department: Department) -> None:
        """Bear the name."""
        department.name = self.name


class DepartmentAbolished(Event):
    """撤销部门: the department ended."""

    TOPIC = "DepartmentAbolished"
    reason: PersonalText | SealedText

    def apply(self, department: Department) -> None:
        """Be no more."""
        department.abolished = True


class Department(BaseAggregate[UUID]):
    """One department of one division."""

    TOPIC = "department"

    def __init__(self) -> None:
        self.division = ""
        self.name = ""
        self.abolished = False

    @property
    def place(self) -> str:
        """The division it belongs to."""
        return self.division

    @property
    def correlation(self) -> None:
        """Departments belong to no case."""

    @classmethod
    def establish(cls, department: UUID, division: str, name: str, at: datetime) -> Self:
        """Begin a department in a division."""
        said = written("name", name, SHORT_TEXT)
        return cls._create(DepartmentEstablished, id=department, timestamp=at, division=division, name=said)

    def rename(self, name: str, at: datetime) -> None:
        """Give it another name; the same name again changes nothing."""
        self.require_active()
        said = written("name", name, SHORT_TEXT)
        if said != self.name:
            self.trigger_event(DepartmentRenamed, timestamp=at, name=said)

    def abolish(self, reason: str, at: datetime) -> None:
        """End it; once."""
        if self.abolished:
            kind, existing = Phrase("abolition", "撤销"), Phrase("abolished", "已撤销")
            raise AlreadyExists("departmentId", kind=kind, id=self.name, existing=existing)
        said = PersonalText(self.id, written("reason", reason, SHORT_TEXT))
        self.trigger_event(DepartmentAbolished, timestamp=at, reason=said)

    def require_active(self) -> None:
        """Refuse whatever needs a department that still exists."""
        if self.abolished:
            raise NotFound("departmentId", kind=Phrase("active department", "现存部门"), id=self.id)
