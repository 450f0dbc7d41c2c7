"""户 Household: a number from 1 within its grid, and the subject of what is said about those inside."""

from uuid import UUID

from chuishao.domain.identity import identify
from chuishao.domain.refusal import OutOfRange


def household_subject(grid: str, household: int) -> UUID:
    """The subject under whose key words about a household are sealed, so that they can be erased."""
    return identify("household", grid, household)


def require_household(household: int | None, households: int) -> None:
    """Refuse a number that no household of a grid of so many has."""
    if household is not None and not 1 <= household <= households:
        raise OutOfRange("household", field="household", value=household, low=1, high=households)
