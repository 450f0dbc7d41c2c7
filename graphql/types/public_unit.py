"""Who reads the words between a place and a public unit: those who handle cases there, and the unit."""

from uuid import UUID

from chuishao.domain.sight import Reading, shown_of_place
from chuishao.domain.street.unit import PublicUnit
from chuishao.graphql.context import Context


def may_read(context: Context, place: str, department: UUID | str | None, body: str | None) -> bool:
    """Whether the asker reads what a place and a unit say to each other."""
    unit = PublicUnit(UUID(str(department)) if department is not None else None, body)
    return unit.speaks(context.actor) or shown_of_place(context.actor, Reading.WORDS, place)
