"""Enclaves, and who held which place at a moment."""

from datetime import datetime
from typing import Any

import strawberry

from chuishao.domain.territory.terms import EnclaveRemedy
from chuishao.graphql.links import DIVISION, ENCLAVE_BY_ID
from chuishao.graphql.types.fields import column, computed, one
from chuishao.graphql.types.shared import ITS_OWN, DivisionRef, EnclaveRef, Node, identified
from chuishao.projections.enclaves import EnclaveRow


@strawberry.type(
    description="飞地 A place that one division holds although it lies, or lay, in another (插花地)."
)
class Enclave(Node):
    """A row of the enclaves read model."""

    @classmethod
    def is_type_of(cls, obj: Any, _info: Any) -> bool:
        """Rows are their own source."""
        return isinstance(obj, EnclaveRow)

    place: str = column("地点 The code of the grid or community as which it was held when it was identified.")
    name: str = column("名称 What it is called.")
    adjoining: bool = column("是否接壤 Whether it adjoins the division that held it.")
    remedy: EnclaveRemedy = column("治理方式 What is to be done about it, or was done.")
    identified_at: datetime = column("认定时间 When it was identified.")
    settled_at: datetime | None = column("治理时间 When it was settled; null while it is open.")
    basis: str | None = column("依据 The official decision by which it was settled; null while it is open.")
    successor: str | None = column(
        "承接地点 The code of the grid or community as which it is held since; null where the holder stays."
    )

    lies_in: DivisionRef | None = one(
        "行政区划所在地 The division in which it lies now.", DIVISION, "lies_in"
    )
    holder: DivisionRef | None = one("管辖区划 The division that holds it now.", DIVISION, "holder")
    first_holder: DivisionRef | None = one(
        "原管辖区划 The division that held it when it was identified.", DIVISION, "first_holder"
    )


@strawberry.type(description="管辖权 Who held a place at a moment: exactly one division.")
class Jurisdiction:
    """A line of the holdings."""

    @computed(ITS_OWN)
    def id(place: str, at: datetime) -> strawberry.ID:
        """By place and moment."""
        return identified("jurisdiction", place, at.isoformat())

    place: str = column("地点 The code of the place.")
    at: datetime = column("时点 The moment.")

    @computed("管辖区划代码 The code of the division that held it.")
    def holder_code(holder: str) -> str:
        """As the log has it, whether or not the division bears it still."""
        return holder

    holder: DivisionRef | None = one(
        "管辖区划 The division that held it; null for an unknown code.", DIVISION, "holder"
    )
    enclave: EnclaveRef | None = one(
        "飞地 The enclave that the place is or was, if any.", ENCLAVE_BY_ID, "enclave"
    )
