"""任职 What follows for posts outside of the committee from who holds its seats.

The director so elected is the only one who may hold the post of director (一肩挑: “通过法定程序担任”), and
the members are those whose cross-appointment (交叉任职) is counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from chuishao.domain.election.terms import Office


@dataclass(frozen=True, slots=True)
class Mandate:
    """任职 Somebody's seat in a committee."""

    person: UUID
    office: Office


def mandates(seats: Sequence[tuple[Office, UUID | None]]) -> list[Mandate]:
    """Who has a seat, in the order of the seats."""
    return [Mandate(person, office) for office, person in seats if person is not None]
