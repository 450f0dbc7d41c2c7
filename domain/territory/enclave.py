"""飞地、插花地 Enclave: a place that one division holds although it lies in another, until they are the same.

“对接壤‘插花地’变更行政区域界线”: where it adjoins its holder, the boundary moves and the holder stays.
“推进管辖权落在行政区划所在地”: where it does not, jurisdiction goes to where it lies, and open cases follow.
A place is a grid or a community; it is held by a division one level up, by one at every moment.
"""

from __future__ import annotations

from datetime import datetime
from typing import Self
from uuid import UUID

from eventsourcing.domain import AggregateCreated, BaseAggregate

from chuishao.domain.division import Level, level_of, street_of
from chuishao.domain.event import SHORT_TEXT, Event, not_before, written
from chuishao.domain.grid import community_code
from chuishao.domain.identity import identify
from chuishao.domain.phrase import Phrase
from chuishao.domain.refusal import WrongDivisionLevel
from chuishao.domain.territory.refusals import EnclaveSettled, ForeignSuccessor, NoEnclave, WrongRemedy
from chuishao.domain.territory.terms import EnclaveRemedy


def enclave_id(place: str) -> UUID:
    """The stream of the enclave that a place is: a place is one at most."""
    return identify("enclave", place)


def held_by_code(place: str, *path: str) -> str:
    """The division one level up that holds a place if nothing else is said: the one its code begins with."""
    if "-" in place:
        return community_code(place, *path)
    level = level_of(place, *path)
    if level is not Level.COMMUNITY:
        needed = Phrase("grid or community", "网格或社区")
        raise WrongDivisionLevel(*path, code=place, level=level, needed=needed)
    return street_of(place)


class EnclaveIdentified(Event, AggregateCreated):
    """认定飞地: a place lies in another division than the one that holds it."""

    TOPIC = "EnclaveIdentified"
    enclave: str
    name: str
    holder: str
    lies_in: str
    adjoining: bool

    def apply(self, enclave: Enclave) -> None:
        """Be an enclave."""
        enclave.place_code = self.enclave
        enclave.name = self.name
        enclave.holder = enclave.first_holder = self.holder
        enclave.lies_in = self.lies_in
        enclave.adjoining = self.adjoining


class BoundaryChanged(Event):
    """变更行政区域界线: the place lies in its holder from now on."""

    TOPIC = "BoundaryChanged"
    enclave: str
    lies_in: str
    basis: str

    def apply(self, enclave: Enclave) -> None:
        """Lie there."""
        enclave.lies_in = self.lies_in
        enclave.settled_at = self.timestamp


class JurisdictionTransferred(Event):
    """移交管辖权: the division in which the place lies holds it from now on, under a code of its own."""

    TOPIC = "JurisdictionTransferred"
    enclave: str
    former_holder: str
    holder: str
    successor: str
    basis: str

    def apply(self, enclave: Enclave) -> None:
        """Be held there."""
        enclave.holder = self.holder
        enclave.successor = self.successor
        enclave.settled_at = self.timestamp


class Enclave(BaseAggregate[UUID]):
    """One enclave: where it lies, who holds it, and who held it first."""

    TOPIC = "enclave"

    def __init__(self) -> None:
        self.place_code = ""
        self.name = ""
        self.lies_in = ""
        self.holder = ""
        self.first_holder = ""
        self.adjoining = False
        self.successor: str | None = None
        self.settled_at: datetime | None = None

    @property
    def place(self) -> str:
        """The code of the place."""
        return self.place_code

    @property
    def correlation(self) -> None:
        """Enclaves belong to no case."""

    @property
    def remedy(self) -> EnclaveRemedy:
        """What is to be done about it."""
        return EnclaveRemedy.BOUNDARY_CHANGE if self.adjoining else EnclaveRemedy.JURISDICTION_TRANSFER

    def holder_at(self, moment: datetime) -> str:
        """Who held it at a moment: the first holder until jurisdiction was transferred."""
        settled = self.settled_at is not None and moment >= self.settled_at
        return self.holder if settled else self.first_holder

    @classmethod
    def identify(cls, place: str, name: str, lies_in: str, at: datetime, *, adjoining: bool) -> Self:
        """Find that a place lies elsewhere; `lies_in` is of the level of its holder."""
        holder = held_by_code(place, "placeCode")
        level = level_of(lies_in, "liesInCode")
        if level is not level_of(holder):
            raise WrongDivisionLevel("liesInCode", code=lies_in, level=level, needed=level_of(holder))
        if lies_in == holder:
            raise NoEnclave("liesInCode", place=place, holder=holder)
        return cls._create(
            EnclaveIdentified,
            id=enclave_id(place),
            timestamp=at,
            enclave=place,
            name=written("name", name, SHORT_TEXT),
            holder=holder,
            lies_in=lies_in,
            adjoining=adjoining,
        )

    def change_boundary(self, basis: str, at: datetime) -> None:
        """Let the place lie in its holder; `basis` is the official decision."""
        self._require(EnclaveRemedy.BOUNDARY_CHANGE, at)
        said = written("basis", basis, SHORT_TEXT)
        self.trigger_event(BoundaryChanged, timestamp=at, enclave=self.place, lies_in=self.holder, basis=said)

    def transfer(self, successor: str, basis: str, at: datetime) -> None:
        """Let the division in which it lies hold it, as its grid or community `successor`."""
        self._require(EnclaveRemedy.JURISDICTION_TRANSFER, at)
        receiver = held_by_code(successor, "successorCode")
        if receiver != self.lies_in:
            facts = {"successor": successor, "lies_in": self.lies_in, "place": self.place}
            raise ForeignSuccessor("successorCode", **facts)
        self.trigger_event(
            JurisdictionTransferred,
            timestamp=at,
            enclave=self.place,
            former_holder=self.holder,
            holder=self.lies_in,
            successor=successor,
            basis=written("basis", basis, SHORT_TEXT),
        )

    def _require(self, asked: EnclaveRemedy, at: datetime) -> None:
        if self.settled_at is not None:
            when = self.settled_at.date().isoformat()
            raise EnclaveSettled("placeCode", place=self.place, at=when, remedy=self.remedy)
        if asked is not self.remedy:
            raise WrongRemedy("placeCode", place=self.place, needed=self.remedy, asked=asked)
        not_before(at, self.created_on, Phrase("the identification", "认定"))
